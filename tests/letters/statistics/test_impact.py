"""What everybody may see of what was done: the page, its files, and what they never tell."""

import csv
import datetime
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from django.utils.formats import date_format

from cases.models import Case, Freeze, YearlyFigure
from letters.models import ActionKind, PublishedFigure, TallyKey, TallySource
from letters.statistics import impact, ledger, spreadsheets, totals
from letters.statistics.world_map import countries
from tests.factories import make_case, make_edition, make_letter, make_outcome
from tests.letters.sending import publish
from tests.reading import Page, page, weight, words

pytestmark = pytest.mark.django_db

NAMES = [figure.name for figure in impact.FIGURES]
DAY = datetime.date(2025, 12, 10)
SVG = "{http://www.w3.org/2000/svg}"


def place_of(case: Case, **where) -> TallyKey:
    place = {
        "kind": ActionKind.APPEAL.value,
        "source": TallySource.ONLINE.value,
        "day": DAY,
        "country": "",
    } | where
    return TallyKey(case.pk, **place)


def count(case: Case, number: int, **where) -> None:
    """So many actions that count, all in one place of the ledger, and published."""
    ledger.count(place_of(case, **where), number)
    PublishedFigure.objects.all().delete()  # as if all had been there on the first day
    publish()


def shown(client) -> Page:
    response = client.get("/impact/")
    assert response.status_code == 200
    return page(response)


def rows(client, name: str) -> list[list[str]]:
    """What the file of a figure holds under its heads."""
    response = client.get(f"/impact/{name}.csv")
    assert response.status_code == 200
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))[1:]


def figures_on(shown_page: Page) -> list[str]:
    return [chart.get("id") for chart in charts_on(shown_page)]


def charts_on(shown_page: Page) -> list:
    return shown_page.all("div", **{"class": "chart"})


# A new site


def test_new_site_invites_to_the_first_action_and_shows_what_is_known(client):
    make_outcome()
    YearlyFigure.objects.create(year=2019, actions=6_609_837, qualifier="exact")

    new = shown(client)

    assert "Nothing has been counted yet" in new.texts("h2")
    assert figures_on(new) == ["years", "outcomes", "outcome-years"]


def test_site_with_nothing_at_all_has_the_page_too(client):
    assert figures_on(shown(client)) == []
    assert [rows(client, name) for name in NAMES if name != "kinds"] == [[]] * (len(NAMES) - 1)


def test_fewer_than_five_are_counted_by_case_alone(client):
    case = make_case()
    count(case, 4, country="NO")

    few = shown(client)

    assert figures_on(few) == ["cases"]
    assert rows(client, "kinds")[0] == ["appeal", "Letters", "0"]
    assert rows(client, "countries") == rows(client, "days") == rows(client, "regions") == []
    assert "NO" not in client.get("/impact/").content.decode()


# What was done


def test_actions_are_counted_by_kind(client):
    case = make_case()
    for number, kind in enumerate(ActionKind, start=10):
        count(case, number, kind=kind.value)

    assert rows(client, "kinds") == [
        ["appeal", "Letters", "10"],
        ["solidarity", "Messages of support", "10"],
        ["signature", "Signatures", "10"],
        ["social", "Posts", "10"],
    ]
    assert "46 times somebody wrote, signed or posted" in words(shown(client).one("main"))
    assert f"They are of {date_format(timezone.localdate())}." in words(shown(client).one("main"))


def test_a_letter_is_among_them_from_the_moment_in_which_it_counts(client):
    make_letter(state="drafting")
    make_letter(make_case(slug="test-person"), state="posted")

    address = "http://testserver/cases/test-person/"
    assert ["test-person", Case.objects.get(slug="test-person").display_name, "1", address] in (
        rows(client, "cases")
    )


def test_paper_and_screen_are_counted_together(client):
    case = make_case()
    count(case, 20)
    count(case, 30, source=TallySource.STAFF.value)

    assert rows(client, "kinds")[0] == ["appeal", "Letters", "50"]
    assert "About 30 of them were counted on paper." in words(shown(client).one("main"))


@pytest.mark.parametrize("paper", [(48, 2), (2, 48)])
def test_a_few_on_paper_or_on_screen_are_not_told_apart(client, paper):
    case = make_case()
    for number, source in zip(paper, [TallySource.ONLINE, TallySource.STAFF], strict=True):
        count(case, number, source=source.value)

    assert "counted on paper" not in words(shown(client).all("header")[0])
    assert "of them were counted on paper" not in words(shown(client).one("main"))


def test_one_live_act_tells_nothing_of_what_is_counted_on_paper(client):
    case = make_case()
    count(case, 101, source=TallySource.STAFF.value)
    count(case, 4)
    before = words(shown(client).one("main"))

    ledger.count(place_of(case), 1)

    assert "of them were counted on paper" not in before
    assert "of them were counted on paper" not in words(shown(client).one("main"))


def test_what_people_only_say_stands_beside_what_we_know(client):
    case = make_case()
    for source, number in {"online": 31, "said": 57, "by-hand": 22, "staff": 12}.items():
        count(case, number, source=source)

    assert rows(client, "sources") == [
        ["online", "Received here or confirmed", "30"],
        ["said", "People say they sent or posted it", "55"],
        ["by-hand", "People say they wrote it by hand", "20"],
        ["staff", "On paper, entered by staff", "10"],
    ]
    assert "People say they sent or posted it, 55 of 115." in words(shown(client).one("main"))


def test_a_few_by_hand_are_told_as_if_they_were_of_the_largest_part(client):
    case = make_case()
    for source, number in {"online": 31, "said": 57, "by-hand": 2}.items():
        count(case, number, source=source)

    assert rows(client, "sources") == [
        ["online", "Received here or confirmed", "30"],
        ["said", "People say they sent or posted it", "55"],
    ]


def test_only_the_current_edition_is_counted(client):
    count(make_case(edition=make_edition(2024)), 50)
    count(make_case(edition=make_edition(2025)), 10)

    assert rows(client, "kinds")[0] == ["appeal", "Letters", "10"]
    assert len(rows(client, "cases")) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "fields",
    [
        {"freeze": Freeze.HIDDEN, "freeze_reason": "A test says so."},
        {"freeze": Freeze.WITHDRAWN, "freeze_reason": "A test says so."},
        {"listed": False},
        {"stage": "in-review"},
    ],
)
def test_case_that_is_taken_down_leaves_every_figure(client, fields):
    """At once what names it; what is broken down by day and country with the next publication."""
    count(make_case(slug="stays"), 10, country="NO")
    case = make_case(slug="goes", display_name="Ana Test")
    count(case, 100, country="KE", day=datetime.date(2025, 12, 1))
    make_outcome(case, headline="Ana is free", date="2019-05-01")
    assert "Ana Test" in client.get("/impact/").content.decode()

    Case.objects.filter(pk=case.pk).update(**fields)

    assert "Ana Test" not in client.get("/impact/").content.decode()
    assert rows(client, "kinds")[0] == ["appeal", "Letters", "10"]
    publish()
    assert {name: [row[0] for row in rows(client, name)] for name in NAMES} == {
        "kinds": ["appeal", "solidarity", "signature", "social"],
        "sources": ["online"],
        "cases": ["stays"],
        "days": ["2025-12-10"],
        "countries": ["NO"],
        "regions": ["europe-central-asia"],
        "years": [],
        "outcomes": [],
        "outcome-years": [],
    }
    assert rows(client, "kinds")[0] == ["appeal", "Letters", "10"]


def test_case_that_is_paused_stays_counted(client):
    case = make_case(slug="paused", freeze=Freeze.PAUSED, freeze_reason="A test says so.")
    count(case, 10)

    assert [row[0] for row in rows(client, "cases")] == ["paused"]


def test_days_stand_in_their_order_and_small_ones_together(client):
    case = make_case()
    for day, number in [(1, 30), (2, 4), (5, 3), (6, 3), (9, 12)]:
        count(case, number, day=datetime.date(2025, 12, day))

    assert rows(client, "days") == [
        ["2025-12-01", "1 December 2025", "30"],
        ["2025-12-09", "9 December 2025", "10"],
        ["", "Other days together", "10"],
    ]


def test_human_rights_day_is_marked_also_while_it_lies_ahead(client):
    count(make_case(), 30, day=datetime.date(2025, 11, 20))

    drawing = shown(client).one(f"{SVG}svg", **{"class": "columns"})

    assert "10 December" in words(drawing)


def test_days_of_long_ago_have_no_column_of_their_own(client):
    case = make_case()
    count(case, 30)
    count(case, 50, day=datetime.date(2019, 1, 1))
    count(case, 6, day=datetime.date(2018, 1, 1))

    assert rows(client, "days") == [
        ["2025-12-10", "10 December 2025", "30"],
        ["", "Other days together", "55"],
    ]


# From where


def test_countries_are_counted_within_their_regions(client):
    case = make_case()
    for country, number in {"NO": 20, "FI": 14, "KE": 30, "TZ": 6, "UG": 4, "": 50}.items():
        count(case, number, country=country)

    assert rows(client, "countries") == [
        ["KE", "Kenya", "30"],
        ["NO", "Norway", "20"],
        ["FI", "Finland", "10"],
        ["", "Other countries: Africa", "10"],
        ["", "Not said", "50"],
    ]
    assert rows(client, "regions") == [
        ["", "Not said", "50"],
        ["africa", "Africa", "40"],
        ["europe-central-asia", "Europe and Central Asia", "30"],
    ]


def test_a_few_actions_from_elsewhere_take_no_country_from_the_map(client):
    case = make_case()
    for country, number in {"GB": 420, "US": 2, "KE": 1, "": 1}.items():
        count(case, number, country=country)

    assert rows(client, "countries") == [["GB", "United Kingdom", "420"]]
    assert rows(client, "regions") == [
        ["europe-central-asia", "Europe and Central Asia", "420"],
    ]
    assert "countries" in figures_on(shown(client))


def test_a_small_region_does_not_show_by_what_its_countries_leave(client):
    case = make_case()
    for country, number in {"NO": 91, "KE": 3, "NP": 22, "LK": 13}.items():
        count(case, number, country=country)

    assert rows(client, "countries") == [
        ["NO", "Norway", "90"],
        ["NP", "Nepal", "20"],
        ["LK", "Sri Lanka", "10"],
    ]
    assert rows(client, "regions") == [
        ["europe-central-asia", "Europe and Central Asia", "90"],
        ["asia-pacific", "Asia-Pacific", "30"],
    ]


def test_small_regions_that_are_enough_together_are_told_as_one(client):
    case = make_case()
    for country, number in {"NO": 90, "KE": 6, "NP": 4}.items():
        count(case, number, country=country)

    assert rows(client, "countries") == [
        ["NO", "Norway", "90"],
        ["", "Other countries, or not said", "10"],
    ]
    assert rows(client, "regions") == [
        ["europe-central-asia", "Europe and Central Asia", "90"],
        ["", "Elsewhere, or not said", "10"],
    ]


def test_a_country_that_is_in_no_region_counts_as_not_said(client):
    count(make_case(), 12, country="AQ")

    assert rows(client, "countries") == [["", "Not said", "10"]]
    assert "countries" not in figures_on(shown(client))


def test_map_shades_only_countries_that_have_a_number(client):
    case = make_case()
    for country, number in {"NO": 1200, "MT": 40, "FI": 8, "SE": 2, "KE": 14}.items():
        count(case, number, country=country)

    drawing = shown(client).one(f"{SVG}svg", **{"class": "world"})
    land, *drawn = drawing.findall(f"{SVG}use")

    assert land.get("href") == "/static/img/world.svg#land"
    assert {use.get("href")[-2:]: (use.get("class"), words(use)) for use in drawn} == {
        "NO": ("shade-4", "Norway: 1,200"),
        "KE": ("shade-2", "Kenya: 10"),
        "MT": ("dot shade-2", "Malta: 40"),
    }
    assert [use.get("href")[-2:] for use in drawn][-1] == "MT"  # on top of the shapes


def test_every_country_can_be_drawn(client):
    case = make_case()
    for number, country in enumerate(countries(), start=10):
        ledger.count(place_of(case, country=country), number)
    publish()

    drawn = shown(client).one(f"{SVG}svg", **{"class": "world"}).findall(f"{SVG}use")

    assert len(drawn) == 1 + len(countries())


# Earlier years, and what came after


def test_figures_of_earlier_years_keep_their_words(client):
    YearlyFigure.objects.create(year=2019, actions=6_609_837, qualifier="exact")
    YearlyFigure.objects.create(
        year=2022, actions=5_000_000, qualifier="more than", source_url="https://example.org/a"
    )
    YearlyFigure.objects.create(year=2009, actions=733_120, qualifier="one source", note="A blog.")
    YearlyFigure.objects.create(
        year=2006, countries=40, countries_qualifier="more than", countries_note="others say 37"
    )

    drawing = words(shown(client).one(f"{SVG}svg", **{"class": "bars"}))

    assert drawing == (
        "2022 more than 5,000,000 2019 6,609,837 2009 one source says 733,120 "
        "2006 no total was found"
    )
    note = "Countries and territories: others say 37"
    assert rows(client, "years") == [
        ["2022", "2022", "more than", "5000000", "", "", "", "https://example.org/a"],
        ["2019", "2019", "exactly", "6609837", "", "", "", ""],
        ["2009", "2009", "one source says", "733120", "", "", "A blog.", ""],
        ["2006", "2006", "", "", "more than", "40", note, ""],
    ]
    *_others, told = client.get("/api/v1/totals/").json()["totals"]["years"]
    assert (told["countries"], told["countries_qualifier"], told["countries_note"]) == (
        40, "more than", "others say 37"
    )  # fmt: skip


def test_outcomes_are_counted_by_kind_and_year(client):
    case = make_case()
    make_outcome(case, kind="released", date="2024-05-01", date_precision="year")
    make_outcome(case, kind="released", date="2025-02-28")
    make_outcome(case, kind="worse", date="2025-03-01")
    make_outcome(case, kind="law-changed", date=None)

    assert rows(client, "outcomes")[0] == ["released", "Released", "2"]
    assert rows(client, "outcome-years") == [
        ["2025", "2025", "1", "1"],
        ["2024", "2024", "1", "0"],
        ["", "Year not known", "1", "0"],
    ]


# The page and its files


@pytest.fixture
def busy() -> Case:
    """Something in every figure."""
    case = make_case(display_name="Ana Test")
    for number, country in enumerate(["NO", "FI", "KE", "TZ", "MT", ""], start=4):
        count(case, 3 * number, country=country, day=DAY - datetime.timedelta(days=number))
    make_outcome(case)
    YearlyFigure.objects.create(year=2019, actions=6_609_837, qualifier="exact")
    return case


def test_beside_every_drawing_stands_a_table_that_says_the_same(client, busy):
    full = shown(client)

    assert figures_on(full) == NAMES
    for chart in charts_on(full):
        body = [[words(cell) for cell in row] for row in next(chart.iter("tbody"))]
        filed = [row[1:] for row in rows(client, chart.get("id"))]
        if chart.get("id") == "years":
            assert (body, filed) == (
                [["2019", "6,609,837", "not known"]],
                [["2019", "exactly", "6609837", "", ""]],
            )
        else:
            numbers = [[cell.replace(",", "") for cell in row] for row in body]
            assert numbers == [row[: len(body[0])] for row in filed if set(row[1:2]) != {"0"}]


def test_each_figure_says_its_name_once(client, busy):
    full = shown(client)

    for chart in charts_on(full):
        [heading] = chart.iter("h3")
        assert all(svg.get("aria-hidden") == "true" for svg in chart.iter(f"{SVG}svg"))
        assert not [each for each in chart.iter() if each.get("role") or each.get("aria-label")]
        assert not [*chart.iter("caption"), *chart.iter("figcaption")]
        said = [words(each) for each in chart.iter() if each.tag in {"summary", "th", "p"}]
        assert words(heading) not in said
    summaries = [words(each) for each in full.all("summary")]
    assert len(summaries) == len(set(summaries))


def test_the_page_opens_with_one_number_and_one_sentence(client):
    make_outcome(make_case())

    assert words(shown(client).one("p", **{"class": "impact-number"})) == (
        "1 time there was good news about somebody people wrote for."
    )


def test_kinds_of_which_there_is_nothing_have_no_line(client):
    count(make_case(), 10)

    [kinds] = [chart for chart in charts_on(shown(client)) if chart.get("id") == "kinds"]

    assert [words(row) for row in next(kinds.iter("tbody"))] == ["Letters 10"]


def test_page_asks_six_things_of_the_database_however_much_there_is(client, busy):
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            totals.load()
        return len(queries)

    few = asked()
    for number in range(6):
        case = make_case()
        make_outcome(case, date=f"201{number}-01-01")
        count(case, 60 + number, country="ES", day=DAY - datetime.timedelta(days=30 + number))
        YearlyFigure.objects.create(year=2010 + number, actions=1000, qualifier="about")

    assert few == asked() == 6


def test_page_and_files_ask_no_more_than_that(client, busy, django_assert_num_queries):
    client.get("/impact/")  # whether sample letters are there is asked every few seconds

    with django_assert_num_queries(7):  # and what was handed in
        client.get("/impact/")
    with django_assert_num_queries(6):
        client.get("/impact/countries.csv")


def test_page_is_light(client, busy):
    whole, code = weight(client.get("/impact/"))

    assert code < 30_000
    assert whole < 45_000


@pytest.mark.parametrize("name", NAMES)
def test_file_is_the_same_for_everybody_and_opens_in_a_spreadsheet(client, busy, name):
    response = client.get(f"/impact/{name}.csv")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="impact-{name}.csv"'
    assert response["X-Robots-Tag"] == "noindex"
    assert "public" in response["Cache-Control"]
    assert not response.cookies
    assert response.content.startswith("\ufeffCode,".encode())
    assert rows(client, name)


def test_there_is_no_file_of_another_name(client, busy):
    assert client.get("/impact/writers.csv").status_code == 404


def test_name_of_a_case_is_no_formula(client):
    count(make_case(display_name="=1+1"), 9)

    assert rows(client, "cases")[0][1] == "'=1+1"


@pytest.mark.parametrize("text", ["=a", "+a", "-a", "@a", "\ta", "\ra"])
def test_no_text_is_worked_out_by_a_spreadsheet(text):
    assert f"'{text[0]}" in spreadsheets.as_csv([[text]])


def test_numbers_and_plain_texts_stay_as_they_are():
    assert spreadsheets.as_csv([[-5, "a = b", None]]) == "\ufeff-5,a = b,\r\n"


def test_how_we_count_says_of_each_figure_what_the_page_says(client, busy):
    said = page(client.get("/how-we-count/")).texts("p")

    for figure in charts_on(shown(client)):
        how = next(words(p) for p in figure.iter("p") if p.get("class") == "small soft")
        assert how in said


def test_files_are_in_the_language_of_the_page(client, busy):
    with translation.override("fr"):
        norway = client.get("/fr/impact/countries.csv").content.decode()

    assert "Norvège" in norway
