"""The pages that say what went wrong."""

import json
import logging
import xml.etree.ElementTree as ET
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.template.loader import get_template
from django.test import Client
from django.utils import timezone

from tests.factories import make_case_to_write_for, make_edition, make_letter
from tests.reading import page, words
from write4rights.logs import JSONFormatter


def test_broken_page_says_so_without_a_database(client, monkeypatch):
    # No database is allowed in this test: asking it raises, for the page and for its error page.
    client.raise_request_exception = False

    for url, language in [("/", "en"), ("/fr/", "fr")]:
        response = client.get(url)

        assert response.status_code == 500
        shown = page(response)
        assert len(shown.all("h1")) == 1
        assert shown.one("html").get("lang") == language
        assert shown.meta("robots") == "noindex"
        assert "public" not in response.headers.get("Cache-Control", "")
        assert "/" in shown.links


def test_broken_page_shows_nothing_of_what_broke(client, monkeypatch):
    client.raise_request_exception = False

    text = client.get("/").content.decode()

    for word in ["Traceback", "django", "Database", "cases_", "/templates"]:
        assert word not in text


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.django_db
def test_whoever_asks_while_the_database_is_away_reads_that_they_may_come_again(client, method):
    client.raise_request_exception = False

    def away(*_query):
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(away):
        response = getattr(client, method)("/cases/a/write/")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "60"
    assert "public" not in response.headers.get("Cache-Control", "")
    assert "go back: your browser should still have your words" in words(page(response).one("body"))


def test_error_page_needs_no_context():
    assert "<h1>" in get_template("500.html").render()


WORDS = "Dear Minister,\n\nI write about <b>Ánne</b> & the pastures.\n\nSam Tester"


@pytest.fixture
def refused(db):
    case = make_case_to_write_for()
    strict = Client(enforce_csrf_checks=True)
    return strict.post(
        f"/cases/{case.slug}/write/",
        {"body": WORDS, "name": "Sam Tester", "email": "sam@a.example"},
    )


def test_form_that_stood_open_too_long_shows_what_was_written(refused):
    assert refused.status_code == 403
    shown = page(refused)
    assert shown.texts("h1") == ["The form could not be accepted"]
    assert "I write about <b>Ánne</b> & the pastures." in words(shown.one("main"))


def test_page_with_somebodys_words_is_kept_by_nobody(refused):
    assert "no-store" in refused["Cache-Control"]


def test_refused_form_without_words_is_a_page_too(db):
    case = make_case_to_write_for()

    response = Client(enforce_csrf_checks=True).post(f"/cases/{case.slug}/pledge/")

    assert response.status_code == 403
    assert "What you wrote" not in page(response).texts("h2")


def test_robots_are_kept_from_private_pages_in_every_language(client, db):
    lines = client.get("/robots.txt").content.decode().splitlines()

    for place in ["letters", "pledges", "mailboxes", "posts"]:
        assert f"Disallow: /{place}/" in lines
        assert f"Disallow: /fr/{place}/" in lines
    assert lines[-1] == "Sitemap: http://testserver/sitemap.xml"


def test_sitemap_names_every_page_in_every_language(client, db):
    case = make_case_to_write_for(slug="anne-testlund")
    names = {
        "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
        "x": "http://www.w3.org/1999/xhtml",
    }

    root = ET.fromstring(client.get("/sitemap.xml").content)  # noqa: S314 - our own

    places = [url.findtext("s:loc", namespaces=names) for url in root]
    assert len(places) == len(set(places))
    for path in [
        "/",
        "/cases/",
        "/cases/anne-testlund/",
        "/good-news/",
        "/privacy/",
        f"/editions/{case.edition.year}/",
    ]:
        assert f"http://testserver{path}" in places
        assert f"http://testserver/fr{path}" in places
    [entry] = [
        u
        for u in root
        if u.findtext("s:loc", namespaces=names).endswith("testserver/cases/anne-testlund/")
    ]
    assert entry.findtext("s:lastmod", namespaces=names)
    assert {link.get("hreflang"): link.get("href") for link in entry.findall("x:link", names)} == {
        "en": "http://testserver/cases/anne-testlund/",
        "fr": "http://testserver/fr/cases/anne-testlund/",
        "x-default": "http://testserver/cases/anne-testlund/",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"listed": False},
        {"stage": "draft"},
        {"stage": "in-review"},
        {"freeze": "hidden", "freeze_reason": "A test"},
        {"freeze": "withdrawn", "freeze_reason": "A test"},
    ],
    ids=lambda fields: next(iter(fields.values())),
)
def test_sitemap_names_no_case_that_stands_in_no_list(client, db, fields):
    make_case_to_write_for(slug="anne-testlund")
    make_case_to_write_for(slug="jon-testberg", **fields)

    shown = client.get("/sitemap.xml").content.decode()

    assert "/cases/anne-testlund/" in shown
    assert "jon-testberg" not in shown


def test_sitemap_names_no_edition_before_it_opens(client, db):
    soon = timezone.localdate() + timedelta(days=3)
    make_case_to_write_for(edition=make_edition(2025))
    make_case_to_write_for(edition=make_edition(2026, opens_on=soon))

    shown = client.get("/sitemap.xml").content.decode()

    assert "/editions/2025/" in shown
    assert "/editions/2026/" not in shown


def test_every_page_of_the_sitemap_is_there(client, db):
    make_case_to_write_for()
    make_edition(2020)
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    root = ET.fromstring(client.get("/sitemap.xml").content)  # noqa: S314 - our own

    for place in [url.findtext("s:loc", namespaces=names) for url in root]:
        assert client.get(place.removeprefix("http://testserver")).status_code == 200, place


# Logs


@pytest.fixture
def log():
    """What would stand on standard error, line by line."""
    lines = []

    class Lines(logging.Handler):
        def emit(self, record):
            lines.append(self.format(record))

    handler = Lines()
    handler.setFormatter(JSONFormatter())
    for name in ["", "django"]:
        logging.getLogger(name).addHandler(handler)
    yield lines
    for name in ["", "django"]:
        logging.getLogger(name).removeHandler(handler)


PERSONAL = ["Samira Persson", "samira@mail.example", "I beg you", "Testville", "192.0.2.77"]


@pytest.mark.parametrize("breaks", ["actions.letters.write", "forms.letters.LetterForm.is_valid"])
def test_log_of_a_letter_that_failed_holds_nothing_of_its_writer(
    client, db, log, monkeypatch, breaks
):
    def fail(*args, **kwargs):
        raise ValueError("quotes what was typed", *PERSONAL, args, kwargs)

    client.raise_request_exception = False
    monkeypatch.setattr("letters.privacy.antispam.FASTEST", -1)
    url = f"/cases/{make_case_to_write_for().slug}/write/"
    token = client.get(url).context["form"]["token"].value()
    monkeypatch.setattr(f"letters.{breaks}", fail)

    response = client.post(
        url,
        {
            "token": token,
            "ties": "no",
            "language": "en",
            "name_form": "full",
            "name": "Samira Persson",
            "email": "samira@mail.example",
            "subject": "The pastures",
            "body": "I beg you to stop building on the pastures of the herders.",
            "place": "Testville",
            "consent": "on",
        },
        REMOTE_ADDR="192.0.2.77",
    )

    assert response.status_code == 500
    [line] = log
    assert json.loads(line)["level"] == "ERROR"
    assert "in fail" in json.loads(line)["traceback"]
    for said in PERSONAL:
        assert said not in line


def test_log_holds_no_key_that_opens_a_letter(client, db, log):
    letter = make_letter()

    client.get(f"{letter.get_absolute_url()}nothing/")
    client.get("/pledges/AAAABBBBCCCCDDDDEEEEFF/")

    assert len(log) == 2
    assert letter.key not in log[0]
    assert "AAAABBBB" not in log[1]
    assert "/letters/…" in log[0]


def test_error_of_the_machine_is_logged_with_its_words(client, db, log, monkeypatch):
    def fail():
        raise OperationalError("disk I/O error")

    client.raise_request_exception = False
    monkeypatch.setattr("cases.views.Edition.objects.opened", fail)

    client.get("/editions/")

    assert json.loads(log[0])["traceback"].endswith(
        "django.db.utils.OperationalError: disk I/O error"
    )


def test_log_of_a_bad_request_holds_no_query_string(client, db, log):
    client.get("/nothing/?email=samira@mail.example")
    client.get("/cases/?q=Samira+Persson")
    Client(enforce_csrf_checks=True).post("/pledge/", {"name": "Samira Persson"})

    assert log
    for said in PERSONAL:
        assert said not in "\n".join(log)


def test_line_of_the_log_is_one_json_object():
    record = logging.LogRecord("a", logging.ERROR, "x.py", 1, "two\nlines “%s”", ("é",), None)

    line = JSONFormatter().format(record)

    assert "\n" not in line
    assert json.loads(line) | {"at": ""} == {
        "at": "",
        "level": "ERROR",
        "logger": "a",
        "message": "two\nlines “é”",
    }
