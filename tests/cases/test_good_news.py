"""Good news is told with what came later, wherever it is told."""

import re

import pytest

from cases.models import Case, Outcome
from tests.factories import make_case, make_edition, make_outcome, make_theme
from tests.reading import page, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Case:
    return make_case(display_name="Ana Test", stage="closed")


def later(client, url: str = "/good-news/") -> dict[str, list[str]]:
    """What stands beside each outcome, by its headline."""
    return {
        words(item.find(".//span[@class='news-headline']")): [
            words(line) for line in item.findall(".//p[@class='news-later']")
        ]
        for item in page(client.get(url)).all("li")
        if item.find(".//span[@class='news-headline']") is not None
    }


@pytest.mark.parametrize("url", ["/good-news/", "/"])
def test_who_died_since_never_stands_as_plain_good_news(client, case, url):
    make_outcome(case, headline="Freed by pardon", date="2019-03-16")
    make_outcome(
        case, kind="died", headline="Died abroad", date="2021-05-01", date_precision="month"
    )

    assert later(client, url) == {"Freed by pardon": ["Later: Died abroad (May 2021) Died"]}
    # What is latest, its line in the timeline, and the box beside the story.
    assert client.get(case.get_absolute_url()).content.decode().count('data-tone="bad"') == 3


def test_the_row_leads_to_where_it_is_told(client, case):
    make_outcome(case, headline="Acquitted", date="2023-02-01")
    make_outcome(case, kind="convicted", headline="Sentenced again", date="2025-04-01")

    [row] = [row for row in page(client.get("/good-news/")).all("p") if "Later" in words(row)]

    assert row.find(".//a").get("href") == f"{case.get_absolute_url()}#timeline"


def test_each_setback_and_the_newest_state_stand_in_the_row(client, case):
    make_outcome(case, headline="Freed", date="2014-06-21")
    make_outcome(case, kind="arrested-again", headline="Held again", date="2021-07-14")
    make_outcome(case, kind="transferred", headline="Moved", date="2022-01-01")
    make_outcome(case, kind="convicted", headline="Sentenced", date="2023-03-03")
    make_outcome(
        case,
        kind="released-into-exile",
        headline="Freed and sent away",
        conditional=True,
        date="2025-12-13",
    )

    found = later(client)

    assert found == {
        "Freed": [
            "Later: Held again (14 July 2021) Arrested again",
            "Later: Sentenced (3 March 2023) Convicted",
            "Later: Freed and sent away (13 December 2025) Freed, and forced into exile",
        ],
        "Freed and sent away": [],
    }


def test_what_was_over_before_is_no_setback(client, case):
    make_outcome(case, kind="convicted", headline="Sentenced", date="2018-01-01")
    make_outcome(case, kind="worse", headline="Beaten", date="2019-01-01", date_precision="month")
    make_outcome(case, headline="Freed", date="2019-02-01")

    assert later(client) == {"Freed": []}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"date": "2019-01-01", "date_precision": "year"}, "Died (2019)"),
        ({"date": "2019-06-01", "date_precision": "month"}, "Died (June 2019)"),
        ({"date": None}, "Died (date not known)"),
    ],
)
def test_a_setback_that_may_have_come_later_is_told_and_not_said_to_be_later(
    client, case, fields, said
):
    make_outcome(case, headline="Freed", date="2019-06-20")
    make_outcome(case, kind="died", headline="Died", **fields)

    assert later(client) == {"Freed": [f"In the same case: {said} Died"]}


def test_what_is_told_of_the_same_person_in_a_later_edition_counts(client, case):
    again = make_case(edition=make_edition(2026), earlier=case, display_name="Ana Test")
    make_outcome(case, headline="Freed", date="2025-03-01")
    make_outcome(again, kind="arrested-again", headline="Held again", date="2026-04-01")
    beside = "Later: Held again (1 April 2026) Arrested again"

    assert later(client) == {"Freed": [beside]}
    Case.objects.filter(pk=again.pk).update(listed=False)
    assert later(client) == {"Freed": []}


def test_what_is_told_two_editions_later_counts_as_well(client, case):
    between = make_case(edition=make_edition(2026), earlier=case)
    last = make_case(edition=make_edition(2027, opens_on="2026-01-01"), earlier=between)
    make_outcome(case, headline="Freed", date="2025-03-01")
    make_outcome(last, kind="died", headline="Has died", date="2026-04-01")

    assert later(client) == {"Freed": ["Later: Has died (1 April 2026) Died"]}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"actions_count": 253000}, "Actions before it, as the source counts: 253,000"),
        (
            {"actions_count": 765000, "actions_note": "more than 765,000"},
            "Actions before it, as the source counts: 765,000 (more than 765,000)",
        ),
        (
            {"actions_note": "hundreds of thousands"},
            "Actions before it, as the source counts: hundreds of thousands",
        ),
    ],
)
def test_how_many_acted_is_said_as_the_source_counts(client, case, fields, said):
    make_outcome(case, **fields)

    for url in ["/good-news/", "/", case.get_absolute_url()]:
        assert said in page(client.get(url)).texts("p", **{"class": "soft small"})
    [told] = client.get(f"/api/v1{case.get_absolute_url()}").json()["case"]["outcomes"]
    assert {name: told[name] for name in fields} == fields


def test_each_outcome_says_on_its_page_what_kind_it_is_and_with_which_conditions(client, case):
    make_outcome(case, kind="released", conditional=True, date="2024-01-01")
    make_outcome(case, kind="conditionally-released", conditional=True, date="2025-01-01")

    kinds = page(client.get(case.get_absolute_url())).texts("span", **{"class": "kind"})

    assert kinds == ["Released, with conditions", "Conditionally released"]


def test_the_feed_says_it_too_and_its_entry_is_updated(client, case):
    make_outcome(case, headline="Freed", date="2019-03-16", text="After two years.")
    make_outcome(
        case, kind="died", headline="Died abroad", date="2021-05-01", date_precision="month"
    )
    Outcome.objects.filter(kind="released").update(recorded_at="2020-01-01T00:00Z")
    Outcome.history.filter(kind="released").update(history_date="2020-01-01T00:00Z")

    told = client.get("/good-news/feed.atom").content.decode()

    assert "Later: Died abroad (May 2021)" in told
    assert not re.search("<updated>2020", told)
    assert (
        "Later: Died abroad (May 2021)"
        in client.get(f"{case.get_absolute_url()}feed.atom").content.decode()
    )


def test_the_news_is_a_heading_with_the_name(client, case):
    make_outcome(case, headline="Freed by pardon", date="2019-03-16")

    [heading] = page(client.get("/good-news/")).all("h4")

    assert words(heading) == "Ana Test: Freed by pardon"
    assert heading.find("a").get("href") == case.get_absolute_url()


def test_it_is_told_by_years_in_each_the_great_stories_first(client, case):
    make_outcome(case, headline="Freed", date="2019-03-16", is_featured=True)
    make_outcome(case, headline="Acquitted", date="2019-05-01")
    make_outcome(case, headline="Charges dropped", date="2020-01-01")
    make_outcome(case, headline="Guarded", date=None)

    main = page(client.get("/good-news/")).one("main")
    told = [words(each) for each in main.iter() if each.tag in {"h3", "h4"}]

    assert told == [
        "2020",
        "Ana Test: Charges dropped",
        "2019",
        "Ana Test: Freed",
        "Ana Test: Acquitted",
        "Date not known",
        "Ana Test: Guarded",
    ]
    [large] = [item for item in main.iter("li") if "news-item-large" in item.get("class", "")]
    assert "Freed" in words(large)


def test_great_stories_are_first_in_a_year_of_several_pages(client, case):
    make_outcome(case, headline="Freed", date="2019-01-01", is_featured=True)
    for day in range(1, 21):
        make_outcome(case, headline="Acquitted", date=f"2019-05-{day:02}")

    first, *_rest = [words(each) for each in page(client.get("/good-news/")).one("main").iter("h4")]

    assert first == "Ana Test: Freed"


def test_who_has_no_picture_is_shown_with_the_drawing_of_a_theme(client, case):
    make_outcome(case)
    case.themes.set([make_theme(slug="land-rights"), make_theme(slug="lgbti-rights")])
    make_outcome(make_case(stage="closed"))

    pictures = {image.get("src") for image in page(client.get("/good-news/")).all("img")}

    drawn = {url for url in pictures if "/themes/" in url}
    assert drawn == {"/static/img/themes/lgbti-rights.svg", "/static/img/themes/letter.svg"}


def test_filters_are_folded_until_one_is_chosen(client, case):
    make_outcome(case)

    def fold(url: str):
        return page(client.get(url)).one("details", **{"class": "filters"})

    assert fold("/good-news/").get("open") is None
    assert fold("/good-news/?year=2025").get("open") is not None
