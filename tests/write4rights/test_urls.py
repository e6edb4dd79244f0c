"""Every page that can be reached from the front page, as a strict reader sees it."""

from __future__ import annotations

import io
from collections import Counter
from itertools import pairwise
from urllib.parse import urldefrag, urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.utils.translation import gettext, override
from html5lib.html5parser import ParseError

from cases.models import Case, Stage, YearlyFigure
from letters.models import PostState
from tests.factories import (
    make_edition,
    make_full_case,
    make_letter,
    make_outcome,
    make_pledge,
    make_portrait,
    make_post,
    png,
)
from tests.reading import Page, page, weight

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

SITE = "http://testserver"
LOADED = {"link": "href", "script": "src", "img": "src", "source": "src", "use": "href"}
LOADED |= {"iframe": "src", "object": "data", "video": "src", "audio": "src", "embed": "src"}


def crawl(client, *starts: str) -> tuple[dict[str, Page], list[str]]:
    """All pages that links lead to from there, by address; and what is wrong with any of them."""
    waiting, seen, pages, faults = list(starts), set(starts), {}, []
    anchors: list[tuple[str, str, str]] = []
    while waiting:
        url = waiting.pop()
        response = client.get(url)
        if response.status_code != 200:
            faults.append(f"{url}: {response.status_code}")
            continue
        if not response["Content-Type"].startswith("text/html"):
            continue
        try:
            shown = pages[url] = page(response)
        except ParseError as error:
            faults.append(f"{url}: {error}")
            continue
        faults += [f"{url}: {fault}" for fault in faults_of(url, shown)]
        for link in shown.links:
            target, anchor = urldefrag(link)
            target = target or url
            if target.startswith("?"):
                target = urlsplit(url).path + target
            if anchor:
                anchors.append((url, target, anchor))
            if target.startswith("/") and target not in seen:
                seen.add(target)
                waiting.append(target)
    for url, target, anchor in anchors:
        if target in pages and not any(e.get("id") == anchor for e in pages[target].root.iter()):
            faults.append(f"{url}: #{anchor} is not on {target}")
    return pages, faults


def faults_of(url: str, shown: Page) -> list[str]:
    path = urlsplit(url).path
    language = "fr" if path.startswith("/fr/") else "en"
    bare = path.removeprefix("/fr")
    found = []

    def expect(what: str, is_so: bool) -> None:
        if not is_so:
            found.append(what)

    html = shown.one("html")
    expect("language", (html.get("lang"), html.get("dir")) == (language, "ltr"))
    expect("one h1", len(shown.all("h1")) == 1)
    expect("one main", len(shown.all("main")) == 1)
    expect("title", shown.title.endswith(" · " + shown_name(language)))
    expect("description", bool((shown.meta("description") or "").strip()))
    expect("viewport", shown.meta("viewport") == "width=device-width, initial-scale=1")
    expect(
        "canonical", [e.get("href") for e in shown.all("link", rel="canonical")] == [SITE + path]
    )
    others = {
        e.get("hreflang"): e.get("href")
        for e in shown.all("link", rel="alternate")
        if e.get("hreflang")
    }
    expect("hreflang", others == {"en": SITE + bare, "fr": f"{SITE}/fr{bare}"})

    sheets = [e for e in shown.all("link", rel="stylesheet") if e.get("media") != "print"]
    expect("one style sheet", len(sheets) == 1)
    ids = Counter(e.get("id") for e in shown.root.iter() if e.get("id") is not None)
    expect(
        f"ids {ids.most_common(1)}", all(number == 1 for number in ids.values()) and "" not in ids
    )
    levels = [int(e.tag[1]) for e in shown.root.iter() if e.tag in ("h1", "h2", "h3", "h4")]
    expect(
        f"headings {levels}",
        all(after - before <= 1 for before, after in pairwise(levels)),
    )
    found += list(inline_code(shown))
    found += list(foreign(shown))
    for label in shown.all("label"):
        expect(f"label for {label.get('for')}", label.get("for") in (None, *ids))
    for element in shown.root.iter():
        for name in ("aria-describedby", "aria-labelledby"):
            for one in (element.get(name) or "").split():
                expect(f"{name} {one}", one in ids)
    for image in shown.all("img"):
        expect(f"alt of {image.get('src')}", image.get("alt") is not None)
    return found


def shown_name(language: str) -> str:
    with override(language):
        return gettext("Write for Rights")


def inline_code(shown: Page):
    """What the content security policy would stop."""
    for element in shown.root.iter():
        if element.tag == "style":
            yield "a style element"
        is_data = element.get("type") == "application/ld+json"
        if element.tag == "script" and not element.get("src") and not is_data:
            yield "an inline script"
        for name in element.attrib:
            if str(name) == "style" or str(name).startswith("on"):
                yield f"{name} on {element.tag}"


def foreign(shown: Page):
    """What a browser would load from somewhere else, or not find here."""
    for element in shown.root.iter():
        if element.tag in LOADED and element.get("rel") not in ("canonical", "alternate"):
            urls = [element.get(LOADED[element.tag]) or ""]
            urls += [one.split()[0] for one in (element.get("srcset") or "").split(",") if one]
            for url in filter(None, urls):
                if url.startswith("/static/"):
                    name = urldefrag(url)[0].removeprefix("/static/")
                    if not finders.find(name):
                        yield f"no file for {url}"
                elif not url.startswith("/media/"):
                    yield f"loads {url}"
        leads_away = element.get("href", "").startswith(("http:", "https:", "//"))
        if element.tag == "a" and leads_away and element.get("rel") != "noopener noreferrer":
            yield f"link to {element.get('href')} without rel"


def titles_told_twice(pages: dict[str, Page]) -> dict[str, list[str]]:
    titles: dict[str, set[str]] = {}
    for url, shown in pages.items():
        path = urlsplit(url).path
        if path.endswith("/take-all/"):
            continue  # it is the page of the first person
        language = "fr" if path.startswith("/fr/") else "en"
        titles.setdefault((language, shown.title), set()).add(path)
    return {title: sorted(paths) for title, paths in titles.items() if len(paths) > 1}


@pytest.fixture
def _quick_files(monkeypatch):
    """Setting type is tested elsewhere; here it is enough that the address answers."""
    monkeypatch.setattr("cases.printing.sheets.typesetting.pdf", lambda *args, **kwargs: b"%PDF-")
    monkeypatch.setattr("cases.printing.sheets.typesetting.png", lambda *args, **kwargs: png())
    monkeypatch.setattr("letters.text.printing.pdf", lambda *args, **kwargs: b"%PDF-")


@pytest.fixture
def campaign(settings, tmp_path) -> Case:
    """A case of each sort, with everything on it."""
    settings.MEDIA_ROOT = tmp_path
    settings.CONTACT_EMAIL = "letters@example.org"
    old = make_edition(2019)
    YearlyFigure.objects.create(
        year=2019, actions=5, qualifier="about", source_url="https://example.org/f"
    )
    case = make_full_case(slug="anne-testlund")
    make_portrait(case)
    for at in range(25):
        closed = make_full_case(
            slug=f"closed-{at}", display_name=f"Closed {at}", stage=Stage.CLOSED, edition=old
        )
        make_outcome(closed, conditional=True)
    make_full_case(slug="paused", display_name="Paused", freeze="paused", freeze_reason="A test")
    return case


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("_quick_files")
def test_every_page_and_link_of_a_campaign_is_sound(client, campaign):
    pages, faults = crawl(client, "/")

    assert faults == []
    assert titles_told_twice(pages) == {}
    for path in ["/cases/anne-testlund/", "/cases/?page=2", "/fr/cases/closed-3/", "/privacy/"]:
        assert path in pages


@pytest.mark.slow
@pytest.mark.usefixtures("_quick_files")
def test_every_page_of_a_letter_and_a_pledge_is_sound(client, campaign):
    letters = [make_letter(campaign, state=state) for state in ["drafting", "ready", "posted"]]
    letters.append(make_letter(campaign, state="submitted"))
    private = [letter.get_absolute_url() for letter in letters]
    private += [make_pledge(campaign).get_absolute_url(), "/erased/"]
    private += [make_post(campaign, state=state).get_absolute_url() for state in PostState]
    found = []

    for path in private:
        for url in [path, f"/fr{path}"]:
            shown = page(client.get(url))
            found += [f"{url}: {fault}" for fault in faults_of(url, shown)]

    assert found == []


def test_page_that_is_not_there_is_sound_but_for_its_address(client, campaign):
    Case.objects.filter(slug="paused").update(freeze="withdrawn")

    for url in ["/nothing/", "/fr/nothing/", "/cases/paused/"]:
        assert faults_of(url, page(client.get(url))) == []


@pytest.mark.slow
def test_case_page_tells_those_who_share_it_what_it_is(client, campaign):
    shown = page(client.get("/cases/anne-testlund/"))

    assert shown.meta("og:type") == "article"
    assert shown.meta("og:title") == f"{campaign.display_name}: {campaign.headline}"
    assert shown.meta("og:description") == shown.meta("description") == campaign.summary
    assert shown.meta("og:url") == "http://testserver/cases/anne-testlund/"
    assert shown.meta("og:image") == "http://testserver/cases/anne-testlund/card.jpg"
    assert shown.meta("twitter:card") == "summary_large_image"


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "/cases/", "/fr/", "/fr/cases/"])
def test_home_and_list_tell_those_who_share_them_what_they_are(client, campaign, path):
    shown = page(client.get(path))

    assert shown.meta("og:type") == "website"
    assert shown.meta("og:title") in shown.title
    assert shown.meta("og:description") == shown.meta("description")
    assert shown.meta("og:url") == f"{SITE}{path}"
    picture = client.get(shown.meta("og:image").removeprefix(SITE))
    assert picture["Content-Type"] in ("image/jpeg", "image/png")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("_quick_files")
def test_every_page_of_the_campaign_that_ships_is_sound(client, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    quick = {"webp": ("WEBP", {}, [400]), "jpeg": ("JPEG", {}, [400])}
    monkeypatch.setattr("cases.pictures.KINDS", quick)
    call_command("load_campaign", stdout=io.StringIO())

    pages, faults = crawl(client, "/", "/cases/?page=2", "/cases/?page=3")

    assert faults == []
    assert titles_told_twice(pages) == {}
    for path in ["/", "/cases/", "/cases/ellinor-guttorm-utsi/", "/fr/cases/sonia-dahmani/"]:
        everything, code = weight(client.get(path))
        assert everything < 60_000, path
        assert code < 30_000, path
    told = {case.get_absolute_url() for case in Case.objects.listed()}
    assert len(told) >= 8 + 57
    assert told <= pages.keys()
    assert {f"/fr{path}" for path in told} <= pages.keys()
