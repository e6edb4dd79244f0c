"""Everything that ships is told as the facts have it: nothing invented, nothing finer."""

import tomllib
from functools import cache

import pytest
from django.conf import settings

from tests import facts

CONTENT = settings.BASE_DIR / "content"


@cache
def files() -> dict[str, dict]:
    """Each case's file as it is written, by its name."""
    return {
        path.stem: tomllib.loads(path.read_text())
        for path in sorted(CONTENT.glob("[0-9]*/*.toml"))
        if path.stem not in {"edition", "rules"}
    }


RECORDS = facts.of_each_case()
NAMES = sorted(files())


def rows(file: dict) -> list[dict]:
    return [*file.get("milestones", []), *file.get("outcomes", [])]


def test_every_record_of_the_facts_has_its_case_and_every_case_its_records():
    assert set(RECORDS) - {"nouns", "edition-2025"} == set(files())


@pytest.mark.parametrize("name", NAMES)
def test_every_source_of_a_case_is_one_of_the_facts(name):
    assert facts.addresses(files()[name]) - facts.addresses(RECORDS[name]) == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_line_of_a_timeline_names_its_source(name):
    assert [row for row in rows(files()[name]) if not row.get("source_url")] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_date_is_finer_than_the_facts_know_it(name):
    known = facts.dates(RECORDS[name])

    told = {row["date"] for row in rows(files()[name]) if "date" in row}

    assert {date for date in told if not any(fact.startswith(date) for fact in known)} == set()


CONDITIONAL_KINDS = {"conditionally-released", "released-into-exile"}
OUTCOMES = facts.read("outcomes")["outcomes"]


@pytest.mark.parametrize("record", OUTCOMES, ids=lambda record: record["id"])
def test_what_was_on_conditions_is_told_so_and_numbers_are_the_sources_own(record):
    told = files()[facts.file_of(record["id"])]["outcomes"]

    if record["conditional"]:
        assert [
            row for row in told if row.get("conditional") or row["kind"] in CONDITIONAL_KINDS
        ] != []
    if record["actions_count"]:
        counted = [row for row in told if row.get("actions_count") == record["actions_count"]]
        assert counted != []
        assert all(row.get("actions_note") for row in counted) or not record["actions_note"]
    if record["outcome_date"]:
        days = [row.get("date", "?") for row in told]
        assert any(
            record["outcome_date"].startswith(day) or day.startswith(record["outcome_date"])
            for day in days
        ), days


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_told_as_released_after_a_death(name):
    told = [row for row in files()[name]["outcomes"] if "date" in row]
    kinds = [row["kind"] for row in sorted(told, key=lambda row: row["date"])]

    if "died" in kinds:
        assert "released" not in kinds[kinds.index("died") :]


@pytest.mark.parametrize("name", NAMES)
def test_no_note_for_staff_waits_to_be_told(name):
    note = files()[name].get("staff_note", "").lower()

    assert "found while writing" not in note
    assert "check and add" not in note
    assert "not in the facts; check" not in note


@pytest.mark.parametrize("name", NAMES)
def test_every_case_says_as_of_when_it_is_told_and_when_to_look_again(name):
    file = files()[name]

    assert file["facts_as_of"]
    assert len(file["review_by"]) == len("2026-12-01")
    newest = max((row["date"] for row in file["outcomes"] if "date" in row), default="")
    assert newest[:7] <= file["facts_as_of"] or newest.startswith(file["facts_as_of"])


def test_yearly_figures_are_the_sources_own_with_what_they_say_of_them():
    told = {
        row["year"]: row for row in tomllib.loads((CONTENT / "figures.toml").read_text())["years"]
    }
    known = {row["year"]: row for row in facts.read("campaign")["actions_per_year"]}
    newer = {row["year"]: row for row in facts.read("updates-2026")["figures"] if "year" in row}

    assert {year: row.get("actions") for year, row in told.items()} == {
        year: (newer.get(year) or row)["actions"] for year, row in known.items()
    }
    assert {year: row.get("countries") for year, row in told.items()} == {
        year: row["countries_territories"] for year, row in known.items()
    }
    for year, row in known.items():
        if row["countries_note"] not in (None, "countries and territories"):
            assert told[year].get("countries_qualifier") or told[year].get("countries_note"), year
        if row["actions"]:
            assert told[year]["qualifier"], year


def test_the_launch_is_told_with_the_day_name_and_source_of_the_facts():
    launch = tomllib.loads((CONTENT / "2025" / "edition.toml").read_text())["launch"]
    known = facts.read("campaign")

    assert launch["date"] == known["edition_2025"]["launch_statement_date"]
    assert "Secretary General, " + known["secretary_general"]["name"] in launch["text"]
    assert launch["source_url"] in [one["url"] for one in known["edition_2025"]["sources"]]
    assert f"{known['total_actions']['qualifier']} 50 million actions" in launch["text"]


def test_addresses_for_messages_are_the_facts_letter_by_letter():
    known = {
        facts.file_of(case["id"]): case["solidarity"]["lines"]
        for case in facts.read("cases-2025")["cases"]
        if case["solidarity"] and case["solidarity"]["lines"]
    }
    told = {
        name: file["solidarity"]["postal"]
        for name, file in files().items()
        if file.get("solidarity", {}).get("postal")
    }

    assert told == {name: lines[:-1] for name, lines in known.items()}


def test_embassies_are_the_facts_letter_by_letter_and_offered_as_these_say():
    told = tomllib.loads((CONTENT / "post" / "embassies.toml").read_text())["embassies"]
    known = {
        (row["of"], row["in"], row["city"]): row
        for row in facts.read("embassies")["embassies"]
        if row["lines"] and row["use"] != "no address: do not print"
    }

    assert {(row["of"], row["in"], row["city"]): row["lines"] for row in told} == {
        place: row["lines"] for place, row in known.items()
    }
    assert {(row["of"], row["in"], row["city"]) for row in told if row["use"] == "yes"} == {
        place for place, row in known.items() if row["use"] == "yes"
    }


def test_prices_of_stamps_are_the_facts_own_with_their_date():
    told = tomllib.loads((CONTENT / "post" / "postage.toml").read_text())["prices"]
    known = {
        (row["country"], zone["price"]): (row["currency"], row["as_of"], row["current"])
        for row in facts.read("post")["origin_prices"]
        for zone in row["zones"]
    }

    assert {
        (row["country"], row["price"]): (row["currency"], row["as_of"], row.get("current", False))
        for row in told
        if "price" in row
    } == known


def test_addresses_of_officials_are_the_facts_letter_by_letter():
    known = [office["lines"] for office in facts.read("offices")["offices"] if office["lines"]]
    known += [
        case["target_postal"]["lines"]
        for case in facts.read("cases-2025")["cases"]
        if case["target_postal"]
    ]
    known = [lines[:-1] for lines in known]
    told = [
        target["postal"]
        for file in files().values()
        for target in file.get("targets", [])
        if target.get("postal")
    ]

    assert [postal for postal in told if postal not in known] == []
    assert len(told) >= 8


def test_every_case_that_is_written_for_has_an_address():
    missing = [
        name
        for name, file in files().items()
        if file["stage"] == "published"
        and not any(target.get("postal") for target in file["targets"])
    ]

    assert missing == []
