"""Who is met first: on the home page, and in the list of cases."""

import re

import pytest

from cases.models import ActionCount, Edition
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_edition,
    make_full_case,
    make_outcome,
    make_portrait,
    make_target,
    make_theme,
)
from tests.reading import Page, page, words

pytestmark = pytest.mark.django_db


def home(client) -> Page:
    return page(client.get("/"))


def headings(shown: Page) -> list[str]:
    """The headings of the page's own part, each with its level: “2 Anne Testlund”."""
    found = [one for one in shown.one("main").iter() if re.fullmatch("h[1-6]", str(one.tag))]
    return [f"{one.tag[1]} {words(one)}" for one in found]


def test_home_begins_with_somebody_whom_one_can_write_to_today(client):
    make_case(position=1, no_target_reason="Nobody is to be written to.")
    case = make_case_to_write_for(position=2, display_name="Anne Testlund")

    shown = home(client)

    assert headings(shown)[:2] == ["1 A letter goes where you cannot", "2 Anne Testlund"]
    [button] = [
        one
        for one in shown.one("article", **{"class": "front-case"}).iter("a")
        if one.get("class") == "button"
    ]
    assert button.get("href") == f"/cases/{case.slug}/write/"
    assert words(button) == "Write a letter: Anne Testlund"


def test_home_begins_with_who_has_the_fewest_letters(client):
    many = make_case_to_write_for(position=1)
    few = make_case_to_write_for(position=2)
    ActionCount.objects.create(case=many, letters=9, shown_letters=9)

    assert client.get("/").context["lead"] == few


def test_home_leads_to_the_story_of_who_has_no_address(client):
    case = make_case()
    make_target(case, postal="")

    links = home(client).links

    assert f"/cases/{case.slug}/write/" not in links
    assert case.get_absolute_url() in links


def test_home_leads_with_the_news_of_a_closed_case(client):
    case = make_case(stage="closed", headline="On death row since 1994")
    make_outcome(case, headline="Sentence commuted", date="2025-02-28")

    lead = words(home(client).one("article", **{"class": "front-case"}))

    assert "Sentence commuted In 2025: On death row since 1994" in lead


def test_home_asks_for_no_letters_where_there_is_nobody_to_write_to(client):
    Edition.objects.all().delete()
    edition = make_edition(year=2024)
    for _ in range(2):
        make_case(edition=edition, no_target_reason="Nobody is to be written to.")

    shown = home(client)

    assert "2 Who you can act for" in headings(shown)
    assert "You can still act for them." in words(shown.one("main"))
    assert "need letters" not in words(shown.one("main"))
    assert "/take-all/" in shown.links


def test_who_leads_without_a_picture_is_shown_with_the_drawing_of_a_theme(client):
    case = make_case()
    case.themes.add(make_theme("land-rights", "Land rights"))

    [drawing] = home(client).one("article", **{"class": "front-case"}).iter("img")

    assert drawing.get("src") == "/static/img/themes/land-rights.svg"
    assert (drawing.get("width"), drawing.get("height")) == ("240", "180")


def test_home_tells_of_the_campaign_after_its_people(client):
    make_case_to_write_for(display_name="Anne Testlund")
    make_case_to_write_for(display_name="Bo Testlund")
    Edition.objects.update(title="Write 2025", introduction="Two cases of a test.")

    told = headings(home(client))

    assert told.index("2 Write 2025") > told.index("3 Bo Testlund")


def test_pictures_on_cards_are_not_described_beside_the_name(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    cases = [make_case_to_write_for(), make_case_to_write_for()]
    for case in cases:
        make_portrait(case, alt="A landscape of a test")

    for url in ["/", "/cases/", "/editions/2025/"]:
        assert "A landscape of a test" not in client.get(url).content.decode()
    told = page(client.get(cases[0].get_absolute_url())).all("img")
    assert [one.get("alt") for one in told if one.get("alt")] == ["A landscape of a test"]


def test_list_shows_people_and_its_filters_fold(client):
    make_case(country="NO")

    [fold] = page(client.get("/cases/")).all("details")
    [asked] = page(client.get("/cases/?country=NO")).all("details")

    assert "open" not in fold.attrib
    assert "open" in asked.attrib


def test_list_says_what_is_filtered_in_its_title_and_over_what_is_found(client):
    theme = make_theme("press-freedom", "Press freedom")
    for _ in range(2):
        make_case(country="MM").themes.add(theme)
    make_case(country="NO")

    shown = page(client.get("/cases/?country=MM&theme=press-freedom&order=name"))

    assert shown.title.startswith("Cases: Myanmar, Press freedom, 2 ")
    assert words(shown.one("h2", id="found")) == "2 cases: Myanmar, Press freedom"
    assert page(client.get("/cases/")).title.startswith("Cases ·")
    assert words(page(client.get("/cases/?q=test")).one("h2", id="found")) == "3 cases: “test”"
    assert "3 cas\u202f: «" in client.get("/fr/cases/?q=test").content.decode()


def test_what_was_asked_for_is_what_one_meets(client):
    make_case()

    shown = page(client.get("/cases/"))

    assert shown.one("form", role="search").get("action") == "/cases/#found"
    assert shown.one("h2", id="found").get("tabindex") == "-1"
    assert shown.all("p", role="status") == []


def test_headings_of_a_case_page_stand_once_and_over_what_one_can_do(client):
    case = make_full_case(story="It happened.\n\n## What is asked\n\nThat it ends.")

    told = headings(page(client.get(case.get_absolute_url())))

    assert told[1] == "2 What you can do"
    assert len(told) == len(set(told))


def test_links_to_files_say_what_they_are_of(client):
    case = make_full_case()

    shown = page(client.get(case.get_absolute_url()))

    sheets = [words(one) for one in shown.all("a") if "sheet.pdf" in one.get("href", "")]
    assert sheets == [
        "Case sheet A4 (PDF)",
        "Case sheet US Letter (PDF)",
        "Case sheet large print (PDF)",
    ]
    assert "Source" not in shown.texts("a")


def test_sources_are_named_by_who_published_them(client):
    case = make_full_case()
    case.sources.update(url="https://www.amnesty.ca/urgent-actions/a-test")
    case.milestones.update(source_url="https://news.mongabay.com/a-test")

    shown = page(client.get(case.get_absolute_url()))

    assert words(shown.one("ol", **{"class": "sources"})).startswith("Amnesty International Canada")
    assert any(text.startswith("Source: Mongabay") for text in shown.texts("a"))


def test_a_publisher_that_staff_named_is_shown_wherever_its_page_is_a_source(client):
    case = make_full_case()
    case.sources.update(url="https://paper.example/ana", publisher="The Test Paper")
    case.milestones.update(source_url="https://paper.example/ana")

    shown = page(client.get(case.get_absolute_url()))

    assert words(shown.one("ol", **{"class": "sources"})).startswith("The Test Paper")
    assert any(text.startswith("Source: The Test Paper") for text in shown.texts("a"))


def test_sources_are_named_in_the_language_of_the_page(client):
    case = make_full_case()
    case.sources.update(url="https://www.amnesty.ch/a-test")
    case.milestones.update(source_url="https://www.regjeringen.no/a-test")

    shown = page(client.get("/fr" + case.get_absolute_url()))

    assert words(shown.one("ol", **{"class": "sources"})).startswith("Amnesty International Suisse")
    assert any("Gouvernement norvégien" in text for text in shown.texts("a"))
