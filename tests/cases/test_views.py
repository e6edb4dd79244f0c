"""Readers' pages, asked for as a browser does."""

import datetime
from urllib.parse import quote

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cases.models import (
    Case,
    Demand,
    Edition,
    Freeze,
    Outcome,
    Quote,
    Source,
    Stage,
    YearlyFigure,
)
from cases.printing import sheets
from cases.publishing.content_version import touch
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_edition,
    make_full_case,
    make_letter,
    make_outcome,
    make_portrait,
    make_theme,
)
from tests.letters.sending import publish, yesterday
from tests.reading import page, words

pytestmark = pytest.mark.django_db

PLAIN_PAGES = [
    "/",
    "/cases/",
    "/good-news/",
    "/editions/",
    "/how-it-works/",
    "/impact/",
    "/how-we-count/",
    "/writing-safely/",
    "/about/",
    "/privacy/",
]
HTML_PAGES = [*PLAIN_PAGES, "/editions/2025/", "/cases/anne-testlund/", "/check/CODE/"]
OTHER_FILES = [
    "/good-news/feed.atom",
    "/cases/anne-testlund/sheet.pdf",
    "/cases/anne-testlund/card.jpg",
]
ONCE = ["/robots.txt", "/sitemap.xml"]
FRENCH = [f"/fr{path}" for path in [*HTML_PAGES, *OTHER_FILES]]
READER_URLS = [*HTML_PAGES, *OTHER_FILES, *ONCE, *FRENCH]
NOT_VISIBLE = [Freeze.HIDDEN, Freeze.WITHDRAWN]


@pytest.fixture
def case() -> Case:
    case = make_full_case(slug="anne-testlund", display_name="Ánne Testlund", short_name="Ánne")
    make_outcome(case, headline="Free after two years")
    return case


@pytest.fixture
def pictured(case, settings, tmp_path) -> Case:
    settings.MEDIA_ROOT = tmp_path
    make_portrait(case)
    return case


def freeze(case: Case, how: str) -> None:
    Case.objects.filter(pk=case.pk).update(freeze=how, freeze_reason="A test says so.")


def everywhere(client) -> dict[str, str]:
    """All that lists and feeds say, by address."""
    paths = ["/", "/cases/", "/cases/?q=testlund", "/cases/?order=need", "/good-news/"]
    paths += ["/good-news/feed.atom", "/sitemap.xml", "/editions/2025/", "/editions/"]
    return {path: client.get(path).content.decode() for path in paths}


# What caches may do with them


@pytest.mark.parametrize("url", READER_URLS)
def test_reader_page_is_the_same_for_everybody(client, case, url):
    response = client.get(url.replace("CODE", sheets.code(case)))

    assert response.status_code == 200
    assert not response.cookies
    assert response.headers.get("Vary", "Accept-Encoding") == "Accept-Encoding"
    said = set(response["Cache-Control"].split(", "))
    assert said == {"public", "max-age=4", "stale-while-revalidate=3"}
    assert not hasattr(response.wsgi_request, "session")


@pytest.mark.parametrize("url", READER_URLS)
def test_reader_page_says_its_length_so_that_it_can_be_kept(client, case, url):
    response = client.get(url.replace("CODE", sheets.code(case)))

    assert int(response["Content-Length"]) == len(response.content)


@pytest.mark.parametrize("url", READER_URLS)
def test_unknown_name_in_the_query_leads_to_the_page_without_it(
    client, case, url, django_assert_num_queries
):
    url = url.replace("CODE", sheets.code(case))

    with django_assert_num_queries(0):
        response = client.get(url, {"utm_source": "a-mail"})

    assert (response.status_code, response.url) == (302, url)
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies


@pytest.mark.parametrize(
    "url",
    [
        "/cases/?country=NO&region=europe-central-asia&year=2025&state=open&order=need&page=1",
        "/good-news/?page=1",
        "/cases/anne-testlund/sheet.pdf?paper=letter&size=large",
    ],
)
def test_what_a_page_offers_is_kept(client, case, url):
    response = client.get(url)

    assert response.status_code == 200
    assert "public" in response["Cache-Control"]


@pytest.mark.parametrize(
    "url",
    [
        "/cases/?q=anne",
        "/cases/?country=XX",
        "/cases/?year=1999",
        "/cases/?order=random",
        "/cases/?page=9999",
        "/cases/?page=01",
        "/cases/?page=%EF%BC%91",
        "/good-news/?kind=nonsense",
        "/good-news/?page=two",
        "/oembed?url=http://testserver/cases/anne-testlund/&maxwidth=321",
    ],
)
def test_what_nobody_offers_is_answered_and_kept_by_nobody(client, case, url):
    response = client.get(url, follow=True)

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "query", ["paper=a3", "paper=a4", "paper=../../etc", "size=huge", "size=large&paper=x", "x=1"]
)
def test_paper_that_nobody_offers_is_not_set_in_type(client, case, monkeypatch, query):
    monkeypatch.setattr("cases.views.sheets", None)

    response = client.get(f"/cases/anne-testlund/sheet.pdf?{query}")

    left = "?size=large" if query.startswith("size=large") else ""
    assert response.url == f"/cases/anne-testlund/sheet.pdf{left}"


@pytest.mark.parametrize("url", READER_URLS)
def test_reader_page_can_only_be_read(client, case, url):
    url = url.replace("CODE", sheets.code(case))

    for method in [client.post, client.put, client.delete, client.patch, client.options]:
        response = method(url)

        assert response.status_code == 405
        assert response["Allow"] == "GET, HEAD"
        assert not response.cookies


@pytest.mark.parametrize("url", [*HTML_PAGES, *ONCE])
def test_head_says_what_get_says_without_the_page(client, case, url):
    url = url.replace("CODE", sheets.code(case))

    head, get = client.head(url), client.get(url)

    assert head.content == b""
    assert head.headers == get.headers


# What is not published does not leak


@pytest.mark.parametrize("stage", [Stage.DRAFT, Stage.IN_REVIEW])
def test_draft_shows_nowhere(client, case, stage):
    make_case(display_name="Everybody’s Case", stage=Stage.PUBLISHED)
    Case.objects.filter(pk=case.pk).update(stage=stage)

    for path, text in everywhere(client).items():
        assert "Testlund" not in text, path
        assert "anne-testlund" not in text, path


@pytest.mark.slow
@pytest.mark.parametrize("stage", [Stage.DRAFT, Stage.IN_REVIEW])
@pytest.mark.parametrize(
    "path", ["", "sheet.pdf", "card.jpg", "write/", "pledge/", "picture", "check"]
)
def test_draft_has_no_address(client, pictured, stage, path):
    url = address(pictured, path)
    Case.objects.update(stage=stage)

    response = client.get(url)

    if path == "check":
        assert page(response).texts("h1") == ["We do not know this code"]
    else:
        assert response.status_code == 404
    assert b"Testlund" not in response.content


def test_draft_is_not_among_the_other_cases(client, case):
    make_case(display_name="Secret Draft", stage=Stage.DRAFT)
    make_case(display_name="Open Neighbour")

    others = list(client.get("/cases/anne-testlund/").context["others"])

    assert [other.display_name for other in others] == ["Open Neighbour"]


def test_quote_without_consent_is_left_out(client, case):
    Quote.objects.create(case=case, text="Said in confidence.", speaker="A test")

    text = client.get("/cases/anne-testlund/").content.decode()

    assert "We belong to this land." in text
    assert "Said in confidence." not in text


def test_address_of_a_person_shows_only_if_it_is_public(client, case):
    shown = client.get("/cases/anne-testlund/").content.decode()
    case.solidarity_action.address_visibility = "staff-only"
    case.solidarity_action.save()
    touch(Case.objects.all())

    kept_back = client.get("/cases/anne-testlund/").content.decode()

    assert "2 Invented Street" in shown
    assert "2 Invented Street" not in kept_back


def test_notes_of_staff_show_nowhere(client, case):
    Case.objects.update(staff_note="Uncertain: the date.", freeze_reason="Asked by the family.")

    text = client.get("/cases/anne-testlund/").content.decode()

    assert "Uncertain" not in text
    assert "Asked by the family" not in text


def test_unlisted_case_is_found_by_its_link_only(client, case):
    Case.objects.filter(pk=case.pk).update(listed=False)

    response = client.get("/cases/anne-testlund/")

    assert page(response).texts("h1") == ["Ánne Testlund"]
    assert page(response).meta("robots") == "noindex"
    for path, text in everywhere(client).items():
        assert "Testlund" not in text, path


def test_unlisted_case_is_not_among_the_other_cases(client, case):
    make_case(listed=False)

    assert list(client.get("/cases/anne-testlund/").context["others"]) == []


# A frozen case


def address(case: Case, path: str) -> str:
    if path == "check":
        return reverse("cases:check", args=[sheets.code(case)])
    if path == "picture":
        return f"/media/{case.portrait.renditions['webp']['400']}"
    return f"/cases/{case.slug}/{path}"


def test_paused_case_is_told_but_takes_no_letters(client, pictured):
    check = address(pictured, "check")
    freeze(pictured, Freeze.PAUSED)

    response = client.get("/cases/anne-testlund/")

    assert response.status_code == 200
    assert "Letters are paused" in response.content.decode()
    assert [link for link in page(response).links if link.endswith(("/write/", "/pledge/"))] == []
    assert client.get("/cases/anne-testlund/write/").url == "/cases/anne-testlund/"
    assert client.get("/cases/anne-testlund/pledge/").url == "/cases/anne-testlund/"
    assert page(client.get(check)).texts("h1") == ["Please do not send this letter"]
    assert "Testlund" not in client.get(check).content.decode()
    for path, status in {"sheet.pdf": 404, "card.jpg": 200, "picture": 200}.items():
        assert client.get(address(pictured, path)).status_code == status


def test_paused_case_stays_in_lists_and_is_not_asked_letters_for(client, case):
    freeze(case, Freeze.PAUSED)

    text = client.get("/cases/").content.decode()
    taking = client.get("/cases/?state=open").content.decode()

    assert "Testlund" in text
    assert "Testlund" not in taking


def test_hidden_case_is_a_neutral_page_that_search_engines_forget(client, case):
    freeze(case, Freeze.HIDDEN)

    response = client.get("/cases/anne-testlund/")

    assert response.status_code == 200
    assert page(response).meta("robots") == "noindex"
    assert page(response).texts("h1") == ["This page is not shown at the moment"]
    assert "Testlund" not in response.content.decode()
    assert "og:image" not in response.content.decode()


def test_withdrawn_case_is_gone_and_nobody_keeps_that(client, case):
    freeze(case, Freeze.WITHDRAWN)

    response = client.get("/cases/anne-testlund/")

    assert response.status_code == 410
    assert response["Cache-Control"] == "no-store"
    assert page(response).texts("h1") == ["This page has been taken down"]
    assert "Testlund" not in response.content.decode()


@pytest.mark.parametrize("how", NOT_VISIBLE)
def test_hidden_or_withdrawn_case_shows_nowhere(client, case, how):
    make_case(display_name="Everybody’s Case")
    freeze(case, how)

    for path, text in everywhere(client).items():
        assert "Testlund" not in text, path
        assert "anne-testlund" not in text, path


@pytest.mark.parametrize(
    ("how", "status"), [(Freeze.HIDDEN, 404), (Freeze.WITHDRAWN, 410)], ids=["hidden", "withdrawn"]
)
@pytest.mark.parametrize("path", ["sheet.pdf", "card.jpg", "picture"])
def test_files_of_a_hidden_or_withdrawn_case_go_with_it(client, pictured, how, status, path):
    url = address(pictured, path)
    assert client.get(url).status_code == 200
    freeze(pictured, how)

    response = client.get(url)

    assert response.status_code == status
    assert "public" not in response.headers.get("Cache-Control", "")


@pytest.mark.parametrize("how", NOT_VISIBLE)
@pytest.mark.parametrize("path", ["write/", "pledge/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_hidden_or_withdrawn_case_takes_no_letters(client, case, how, path, method):
    freeze(case, how)

    response = getattr(client, method)(f"/cases/anne-testlund/{path}")

    assert response.status_code in (404, 409, 410)
    assert "Testlund" not in response.content.decode()


@pytest.mark.parametrize("how", NOT_VISIBLE)
def test_printed_sheet_of_a_hidden_or_withdrawn_case_says_stop_and_no_name(client, case, how):
    url = address(case, "check")
    freeze(case, how)

    response = client.get(url)

    assert page(response).texts("h1") == ["Please do not send this letter"]
    assert "Testlund" not in response.content.decode()


@pytest.mark.parametrize("how", [Freeze.PAUSED, *NOT_VISIBLE])
def test_frozen_case_is_not_among_the_other_cases(client, case, how):
    freeze(make_case(), how)

    assert list(client.get("/cases/anne-testlund/").context["others"]) == []


def test_closed_case_is_told_with_what_became_of_it(client, case):
    Case.objects.update(stage=Stage.CLOSED)

    response = client.get("/cases/anne-testlund/")

    assert response.status_code == 200
    assert "We collect no more letters for it." in response.content.decode()
    assert "Free after two years" in response.content.decode()
    assert client.get("/cases/anne-testlund/write/").url == "/cases/anne-testlund/"


def test_card_of_a_case_that_may_not_be_shared_does_not_exist(client, case):
    Case.objects.update(sharing_allowed=False)

    response = client.get("/cases/anne-testlund/")

    assert page(response).meta("og:image") is None
    assert client.get("/cases/anne-testlund/card.jpg").status_code == 404


# What a page costs


@pytest.fixture
def _no_sample(monkeypatch):
    """It is asked for every few seconds, whatever the page."""
    monkeypatch.setattr("letters.templatetags.letters.demo_data_exists", lambda: False)


def queries(client, url: str) -> int:
    client.get(url)  # what a process does once, or every few seconds, is done
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def fill(number: int) -> None:
    """So many cases with an outcome each, made in few statements."""
    edition = make_edition()
    Case.objects.bulk_create(
        Case(
            slug=f"many-{at}",
            display_name=f"One of Many {at}",
            country=["NO", "HN", "TN"][at % 3],
            region="africa",
            headline="A headline",
            summary="A summary",
            story="A story",
            stage=Stage.PUBLISHED if at % 2 else Stage.CLOSED,
            edition=edition,
        )
        for at in range(number)
    )
    cases = list(Case.objects.filter(slug__startswith="many-"))
    themes = [make_theme("land-rights", "Land rights"), make_theme("protest", "Protest")]
    for theme in themes:
        theme.cases.set(cases)
    Outcome.objects.bulk_create(
        Outcome(case=case, kind="released", headline="Free", date=datetime.date(2025, 1, 1))
        for case in cases
    )


LISTS = [
    "/",
    "/cases/",
    "/cases/?country=NO",
    "/cases/?region=africa",
    "/cases/?theme=protest",
    "/cases/?year=2025",
    "/cases/?state=open",
    "/cases/?state=better",
    "/cases/?state=waiting",
    "/cases/?order=need",
    "/cases/?order=name",
    "/cases/?q=many",
    "/cases/?q=many&country=NO&theme=protest&year=2025&state=open&order=need",
    "/editions/2025/",
    "/editions/",
    "/good-news/",
    "/good-news/?kind=released&country=NO&year=2025",
    "/good-news/feed.atom",
    "/sitemap.xml",
]


@pytest.mark.slow
@pytest.mark.usefixtures("_no_sample")
def test_page_asks_as_often_with_many_cases_as_with_few(client):
    fill(9)
    few = {url: queries(client, url) for url in LISTS}
    Case.objects.all().delete()
    fill(300)

    many = {url: queries(client, url) for url in LISTS}

    assert many == few
    assert max(many.values()) <= 4


@pytest.mark.usefixtures("_no_sample")
def test_case_page_asks_as_often_with_long_lists_as_with_short_ones(client, case):
    make_case_to_write_for()
    short = queries(client, "/cases/anne-testlund/")
    for at in range(30):
        Demand.objects.create(case=case, text=f"Demand {at}")
        Quote.objects.create(case=case, text=f"Quote {at}", speaker="A test", may_be_shown=True)
        Source.objects.create(case=case, url=f"https://example.org/{at}", supports="A fact")
        make_outcome(case, headline=f"Outcome {at}")
        make_case_to_write_for()
    case.themes.set(make_theme(f"theme-{at}", f"Theme {at}") for at in range(30))

    long = queries(client, "/cases/anne-testlund/")

    assert long == short
    assert long <= 3


# The day of the year


def test_edition_without_cases_is_current_from_the_day_it_opens_until_the_next_opens(client):
    make_edition(2025, opens_on=datetime.date(2025, 11, 1))
    make_edition(2026, opens_on=datetime.date(2026, 11, 1))
    current = {}

    for today in ["2025-10-31", "2025-11-01", "2026-10-31", "2026-11-01", "2031-01-01"]:
        with time_machine.travel(f"{today} 12:00 +0000", tick=False):
            edition = client.get("/").context["edition"]
            current[today] = edition and edition.year

    assert current == {
        "2025-10-31": None,
        "2025-11-01": 2025,
        "2026-10-31": 2025,
        "2026-11-01": 2026,
        "2031-01-01": 2026,
    }


def test_edition_that_has_not_opened_shows_nowhere(client):
    make_edition(2025)
    coming = make_edition(2026, opens_on=datetime.date(2026, 12, 1), title="Not yet")
    make_case(edition=coming, display_name="Coming Case")

    with time_machine.travel("2026-11-30 12:00 +0000", tick=False):
        assert client.get("/editions/2026/").status_code == 404
        for path in ["/editions/", "/", "/sitemap.xml"]:
            text = client.get(path).content.decode()
            assert "Not yet" not in text
            assert "/editions/2026/" not in text


@pytest.mark.parametrize("url", PLAIN_PAGES)
def test_page_stands_on_an_empty_database(client, url):
    response = client.get(url)

    assert response.status_code == 200
    assert len(page(response).all("h1")) == 1


def test_empty_home_says_that_the_next_cases_are_being_prepared(client):
    response = client.get("/")

    assert Edition.objects.count() == 0
    assert "The next cases are being prepared" in page(response).texts("h2")
    assert "No letter has been written here yet." in response.content.decode()


def test_home_shows_the_cases_of_its_edition_in_their_order(client):
    old = make_edition(2024)
    make_case(edition=old)
    second = make_case(position=2)
    first = make_case(position=1)

    assert client.get("/").context["cases"] == [first, second]


LAUNCH = {
    "launch_text": "The *head* of the organisation asks people to write.",
    "launch_source_url": "https://organiser.example/launch",
    "launched_on": datetime.date(2025, 12, 10),
}


@pytest.mark.parametrize("address", ["/", "/editions/2025/"])
def test_what_was_said_at_the_launch_is_told_from_its_day_on(client, address):
    make_edition(2025, **LAUNCH)

    with time_machine.travel("2025-12-09 12:00 +0000", tick=False):
        assert page(client.get(address)).all("section", id="launch") == []
    with time_machine.travel("2025-12-11 12:00 +0000", tick=False):
        shown = page(client.get(address)).one("section", id="launch")

    assert words(shown) == (
        "What the campaign asks Launched on 10 December 2025 Source: What the campaign asks "
        "The head of the organisation asks people to write."
    )


def test_home_names_first_what_staff_chose_but_never_what_is_taken_down(client):
    old = make_outcome(make_case(), date="2020-01-01", on_front_page=True)
    taken_down = make_case(freeze=Freeze.HIDDEN, freeze_reason="a test")
    make_outcome(taken_down, date="2024-01-01", on_front_page=True)
    new = make_outcome(make_case(), date="2024-01-01")

    assert list(client.get("/").context["good_news"]) == [old, new]


def test_home_adds_up_the_letters_of_its_cases(client):
    case = make_case_to_write_for()
    for _ in range(3):
        make_letter(case, state="posted")
    make_letter(case, state="drafting")

    response = client.get("/")

    assert response.context["total"] == 3
    assert "3 actions have been counted so far" in words(page(response).one("main"))


# The page of a case


def test_case_page_tells_everything_that_hangs_on_the_case(client, pictured):
    text = words(page(client.get("/cases/anne-testlund/")).one("main"))

    for said in [
        "Norway · 2025",
        "A herder whose pastures are to be built over",
        "It tells of a lost court case.",
        "A plainly invented story of a test.",
        "We belong to this land.",
        "Land rights",
        "Stop building on the pastures.",
        "Minister of Tests",
        "May 2024",
        "The permit was given.",
        "28 February 2025",
        "Free after two years",
        "You are not forgotten.",
        "2 Invented Street",
        "example.org",
        "The building permit.",
        "Illustration: a test",
    ]:
        assert said in text


def test_timeline_never_shows_a_date_finer_than_it_is_known(client, case):
    make_outcome(case, headline="In that year", date="2023-01-01", date_precision="year")
    make_outcome(case, headline="Some day", date=None)

    shown = page(client.get("/cases/anne-testlund/"))
    times = {element.get("datetime"): words(element) for element in shown.all("time")}

    assert times == {"2023": "2023", "2024-05": "May 2024", "2025-02-28": "28 February 2025"}


def test_case_page_says_how_far_the_letters_are(client, case):
    for _ in range(12):
        make_letter(case, state="posted", counted_on=yesterday())
    publish()

    response = client.get("/cases/anne-testlund/")

    assert (response.context["letters"], response.context["percent"]) == (10, 10)
    assert page(response).one("progress").get("value") == "10"
    assert "12 actions so far" in words(page(response).one("main"))


def test_goal_that_is_passed_is_full_and_not_more(client, case):
    Case.objects.update(letter_goal=2)
    for _ in range(10):
        make_letter(case, state="posted", counted_on=yesterday())
    publish()

    assert client.get("/cases/anne-testlund/").context["percent"] == 100


def test_case_without_a_target_says_why_and_offers_no_letter(client):
    case = make_case(no_target_reason="Nobody is in office at the moment.")

    response = client.get(case.get_absolute_url())

    assert "Nobody is in office at the moment." in response.content.decode()
    assert f"/cases/{case.slug}/write/" not in page(response).links


def test_the_emptiest_case_has_a_page(client):
    case = make_case(story="", summary="", headline="")

    response = client.get(case.get_absolute_url())

    assert response.status_code == 200
    assert page(response).texts("h1") == [case.display_name]


@pytest.mark.parametrize(
    "name",
    ["စိုင်းဇော်သိုက်", "ម្តាយធម្មជាតិ", "سنية الدهماني", "Œuvre O’Brien-Đặng", "<b>&\"'", "W" * 120],
)
def test_name_in_any_script_stands_as_it_is_written(client, name):
    case = make_case(display_name=name)

    shown = page(client.get(case.get_absolute_url()))

    assert shown.texts("h1") == [name]
    assert shown.title == f"{name} · Write for Rights"


def test_other_cases_are_those_with_the_fewest_letters(client, case):
    much, little, nothing, more = (make_case(position=at) for at in range(4))
    for neighbour, number in [(much, 20), (little, 10), (more, 15)]:
        for _ in range(number):
            make_letter(neighbour, state="posted", counted_on=yesterday())
    publish()

    assert list(client.get("/cases/anne-testlund/").context["others"]) == [nothing, little, more]


def test_text_that_is_not_translated_says_so_and_is_marked_as_english(client, case):
    response = client.get("/fr/cases/anne-testlund/")

    assert page(response).one("html").get("lang") == "fr"
    assert page(response).one("div", **{"class": "prose story"}).get("lang") == "en"
    assert "n’est pas encore traduit" in words(page(response).one("main"))


def test_text_that_is_translated_is_shown_in_the_language_of_the_page(client, case):
    case.headline_fr = "Une bergère de rennes"
    case.story_fr = "Une histoire inventée."
    case.save()

    shown = client.get("/fr/cases/anne-testlund/").content.decode()
    default = client.get("/cases/anne-testlund/").content.decode()

    assert "Une bergère de rennes" in shown
    assert "Une histoire inventée." in shown
    assert "Une bergère de rennes" not in default


# Years


def test_year_shows_its_cases_and_its_figure_with_the_qualifier(client, case):
    YearlyFigure.objects.create(year=2025, actions=4_500_000, qualifier="more than")

    text = words(page(client.get("/editions/2025/")).one("main"))

    assert "Ánne Testlund" in text
    assert "More than 4,500,000 actions were counted" in text


def test_numbers_of_a_year_keep_their_qualifiers_and_notes(client):
    YearlyFigure.objects.create(
        year=2013,
        actions=2_373_422,
        qualifier="one source",
        countries=143,
        countries_qualifier="one source",
        countries_note="others speak of 80",
        note="A blog.",
    )
    YearlyFigure.objects.create(year=2012, countries_note="nearly 70 to over 100")

    shown = page(client.get("/editions/"))
    french = page(client.get("/fr/editions/"))

    assert shown.texts("p")[2:9] == [
        "one source says 2,373,422 actions",
        "one source says 143 countries and territories (others speak of 80)",
        "A blog.",
        "",
        "No total was found.",
        "Countries and territories: nearly 70 to over 100",
        "",
    ]
    assert "selon une source, 143 pays et territoires (others speak of 80)" in french.texts("p")
    assert "(others speak of 80)" in map(words, french.all("span", lang="en"))


def test_year_of_which_only_the_figure_is_known_is_listed_without_a_link(client):
    YearlyFigure.objects.create(year=2001, actions=None)
    make_edition(2025)

    shown = page(client.get("/editions/"))

    assert shown.texts("h2") == ["2025", "2001"]
    assert "/editions/2001/" not in shown.links
    assert client.get("/editions/2001/").status_code == 404


# Nothing asked breaks anything

FUZZED = ["/", "/cases/", "/good-news/", "/editions/2025/", "/how-it-works/", "/robots.txt"]
FUZZED += ["/cases/anne-testlund/", "/cases/anne-testlund/sheet.pdf", "/good-news/feed.atom"]
NAMES = st.sampled_from(
    ["q", "country", "region", "theme", "year", "state", "order", "page", "kind", "paper", "size"]
)
ODD = st.sampled_from(
    ["%00", "%ED%A0%80", "%FF", "9" * 5000, "-1", "1e9", "%E2%80%AE", "'", "[]", "NO", "2025", "&&"]
)
TEXT = st.text(max_size=40).map(lambda text: quote(text.encode("utf-8", "surrogatepass")))
PAIR = st.tuples(NAMES | TEXT, ODD | TEXT).map("=".join)
QUERY = st.lists(PAIR | TEXT, max_size=8).map("&".join)
often = hypothesis_settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.slow
@pytest.mark.parametrize("url", FUZZED)
@often
@given(query=QUERY)
def test_no_query_string_breaks_a_page(client, url, query):
    if not Case.objects.exists():
        make_full_case(slug="anne-testlund")

    response = client.get(url, QUERY_STRING=query)
    if response.status_code == 302:  # to what is known of it, and that is all
        response = client.get(response.url)

    assert response.status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    "form",
    [
        "/{}",
        "/cases/{}/",
        "/cases/{}/sheet.pdf",
        "/check/{}/",
        "/editions/{}/",
        "/media/{}",
        "/fr/{}",
        "/cases/{}/card.jpg",
        "/media/portraits/{}",
    ],
)
@often
@given(odd=TEXT | ODD)
def test_no_path_breaks_the_site(client, form, odd):
    response = client.get(form.format(odd))

    assert response.status_code in (200, 301, 404)


@pytest.mark.parametrize(
    "url",
    [
        "/nothing/",
        "/cases/nobody/",
        "/cases/Nobody%00/",
        "/editions/99999/",
        "/editions/0000/",
        "/editions/1999/",
        "/media/../settings.py",
        "/media/portraits/1/x.webp",
        "/fr/nothing/",
        "/de/",
        "/cases//",
        "/check/a.b/",
        "/outcomes/1",
    ],
)
def test_odd_path_is_not_found_in_the_same_look(client, case, url):
    response = client.get(url)

    assert response.status_code == 404
    assert page(response).one("h1") is not None
    assert page(response).meta("robots") == "noindex"
    assert "/cases/" in " ".join(page(response).links)


@pytest.mark.parametrize("path", ["/fr/cases/", "/fr/good-news/"])
def test_the_countries_of_a_filter_are_sorted_as_people_look_for_them(client, path):
    for country in ["ZW", "EG", "SV"]:
        make_outcome(make_case(country=country), kind="released")

    choices = client.get(path).context["form"].fields["country"].choices

    assert [name for code, name in choices if code] == ["Égypte", "Salvador", "Zimbabwe"]
