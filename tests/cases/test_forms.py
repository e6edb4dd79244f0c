"""The filters above the lists, asked through the pages."""

import datetime

import pytest

from cases.models import Case, Stage
from cases.views import CARDS_A_PAGE, OUTCOMES_A_PAGE
from tests.factories import make_case, make_edition, make_letter, make_outcome, make_theme
from tests.letters.sending import publish, yesterday
from tests.reading import page, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def cases() -> dict[str, Case]:
    land, protest = make_theme("land-rights", "Land rights"), make_theme("protest", "Protest")
    old = make_edition(2020)
    cases = {
        "Anna": make_case(display_name="Anna", country="NO", themes=[land], position=3),
        "Bilal": make_case(
            display_name="Bilal",
            country="TN",
            region="middle-east-north-africa",
            themes=[protest, land],
            position=1,
        ),
        "Carla": make_case(
            display_name="Carla", country="HN", region="americas", themes=[protest], position=2
        ),
        "Daw": make_case(
            display_name="Daw",
            country="MM",
            region="asia-pacific",
            stage=Stage.CLOSED,
            edition=old,
            themes=[protest],
        ),
    }
    make_outcome(cases["Daw"], kind="released", date="2022-11-17")
    make_outcome(cases["Daw"], kind="court-step", date="2023-01-01", headline="A hearing")
    make_outcome(cases["Bilal"], kind="no-change-yet", date="2023-01-01", headline="Nothing")
    make_outcome(cases["Carla"], kind="released", date="2023-01-01")
    make_outcome(cases["Carla"], kind="worse", date="2024-01-01", headline="Arrested again")
    make_case(display_name="Draft", country="US", stage=Stage.DRAFT, themes=[make_theme("x", "X")])
    return cases


def names(client, **query) -> list[str]:
    return [case.display_name for case in client.get("/cases/", query).context["cases"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Bilal", "Carla", "Anna", "Daw"]),
        ({"country": "NO"}, ["Anna"]),
        ({"region": "americas"}, ["Carla"]),
        ({"theme": "protest"}, ["Bilal", "Carla", "Daw"]),
        ({"theme": "land-rights"}, ["Bilal", "Anna"]),
        ({"year": "2020"}, ["Daw"]),
        ({"state": "open"}, ["Bilal", "Carla", "Anna"]),
        ({"state": "better"}, ["Daw"]),
        ({"state": "waiting"}, ["Bilal", "Carla", "Anna"]),
        ({"order": "name"}, ["Anna", "Bilal", "Carla", "Daw"]),
        ({"q": "bilal"}, ["Bilal"]),
        ({"theme": "protest", "year": "2025"}, ["Bilal", "Carla"]),
        ({"theme": "protest", "country": "TN", "state": "open", "q": "bil"}, ["Bilal"]),
        ({"country": "NO", "year": "2020"}, []),
        ({"theme": "land-rights", "order": "name"}, ["Anna", "Bilal"]),
    ],
)
def test_filter_finds(client, cases, query, expected):
    assert names(client, **query) == expected


def test_those_who_need_letters_most_come_first(client, cases):
    for name, number in [("Bilal", 11), ("Anna", 5)]:
        for _ in range(number):
            make_letter(cases[name], state="posted", counted_on=yesterday())
    publish()

    assert names(client, order="need") == ["Carla", "Anna", "Bilal", "Daw"]


def test_every_case_is_found_once_however_many_themes_and_outcomes_it_has(client, cases):
    for at in range(5):
        cases["Anna"].themes.add(make_theme(f"more-{at}", f"More {at}"))
        make_outcome(cases["Anna"])

    assert names(client, order="name") == ["Anna", "Bilal", "Carla", "Daw"]
    assert names(client, state="better") == ["Anna", "Daw"]


def test_choices_are_what_there_is_to_find(client, cases):
    form = client.get("/cases/").context["form"]

    assert [value for value, _label in form.fields["country"].choices] == [
        "",
        "HN",
        "MM",
        "NO",
        "TN",
    ]
    assert [value for value, _label in form.fields["theme"].choices] == [
        "",
        "land-rights",
        "protest",
    ]
    assert [value for value, _label in form.fields["year"].choices] == ["", "2025", "2020"]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (f"/cases/?{name}=nonsense", name)
        for name in ["country", "region", "theme", "year", "state", "order"]
    ]
    + [(f"/good-news/?{name}=nonsense", name) for name in ["kind", "country", "year"]],
)
def test_wrong_value_is_told_beside_its_field_and_ignored(client, cases, url, name):
    response = client.get(url)

    shown = page(response)
    [error] = shown.all("p", id=f"id_{name}_error")
    assert "nonsense" in words(error)
    field = next(one for one in shown.root.iter() if one.get("id") == f"id_{name}")
    assert field.get("aria-invalid") == "true"
    assert field.get("aria-describedby") == f"id_{name}_error"
    assert response.context["is_filtered"] is False
    assert response.context["found"] > 0


def test_right_values_count_beside_wrong_ones(client, cases):
    assert names(client, country="NO", year="nonsense") == ["Anna"]


@pytest.mark.parametrize("number", ["0", "-1", "two", "1.5", "10001", "9" * 5000, "", "%00"])
def test_page_that_is_no_number_is_the_first(client, cases, number):
    assert client.get("/cases/", {"page": number}, follow=True).context["page"].number == 1


def test_page_beyond_the_end_is_the_last(client):
    edition = make_edition()
    for at in range(CARDS_A_PAGE + 1):
        make_case(display_name=f"Case {at:02}", position=at, edition=edition)

    first, last = client.get("/cases/"), client.get("/cases/?page=9999")

    assert len(first.context["cases"]) == CARDS_A_PAGE
    assert [case.display_name for case in last.context["cases"]] == [f"Case {CARDS_A_PAGE:02}"]
    assert last.context["page"].number == 2


def test_links_to_other_pages_keep_the_filters(client):
    for _ in range(CARDS_A_PAGE + 1):
        make_case(country="NO")

    links = page(client.get("/cases/?country=NO&q=test+person&page=1")).links

    assert "?country=NO&q=test+person&page=2#found" in links


def test_filter_that_was_chosen_stays_chosen(client, cases):
    shown = page(client.get("/cases/?country=NO&q=anna"))

    chosen = [one.get("value") for one in shown.all("option") if "selected" in one.attrib]
    assert "NO" in chosen
    assert shown.one("input", name="q").get("value") == "anna"
    assert "/cases/" in shown.links  # clears them


def test_name_given_twice_is_the_last(client, cases):
    response = client.get("/cases/?country=NO&country=TN", follow=True)

    assert [case.display_name for case in response.context["cases"]] == ["Bilal"]


# Good news


def headlines(client, **query) -> list[str]:
    return [one.headline for one in client.get("/good-news/", query).context["outcomes"]]


@pytest.fixture
def outcomes() -> None:
    norway, tunisia = make_case(country="NO"), make_case(country="TN")
    make_outcome(norway, headline="Free", date="2025-02-28")
    make_outcome(norway, headline="Law", kind="law-changed", date="2024-06-01")
    make_outcome(tunisia, headline="Bail", kind="conditionally-released", date="2024-05-01")
    make_outcome(tunisia, headline="Some day", date=None)
    for kind in ["worse", "died", "no-change-yet"]:
        make_outcome(tunisia, headline=f"Not good: {kind}", kind=kind)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Free", "Law", "Bail", "Some day"]),
        ({"kind": "released"}, ["Free", "Some day"]),
        ({"country": "TN"}, ["Bail", "Some day"]),
        ({"year": "2024"}, ["Law", "Bail"]),
        ({"kind": "law-changed", "country": "NO", "year": "2024"}, ["Law"]),
        ({"kind": "law-changed", "country": "TN"}, []),
        ({"kind": "died"}, ["Free", "Law", "Bail", "Some day"]),
    ],
)
def test_good_news_is_found_by_kind_country_and_year(client, outcomes, query, expected):
    assert headlines(client, **query) == expected


def test_good_news_has_pages(client):
    case = make_case()
    for at in range(OUTCOMES_A_PAGE + 1):
        day = datetime.date(2020, 1, 1) + datetime.timedelta(days=at)
        make_outcome(case, headline=f"News {at}", date=day)

    assert len(headlines(client)) == OUTCOMES_A_PAGE
    assert headlines(client, page=2) == ["News 0"]


def test_who_is_called_as_typed_comes_before_who_is_called_like_it(client):
    make_case(display_name="Flores de la Amazonía", position=1)
    make_case(display_name="Sonia Testlund", position=2)

    cases = client.get("/cases/?q=sonia").context["cases"]

    assert [case.display_name for case in cases] == ["Sonia Testlund", "Flores de la Amazonía"]
