"""The tally from before it told apart what people only say, and what it is made into."""

from importlib import import_module
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import Sum

import letters.migrations
from cases.models import ActionCount
from letters.models import PublishedFigure, Tally
from letters.statistics import ledger as tally_ledger
from tests.factories import (
    make_case,
    make_edition,
    make_letter,
    make_message,
    make_paper_count,
    make_post,
    make_signature,
)

pytestmark = pytest.mark.usefixtures("counts_hold")

[FILE] = Path(letters.migrations.__path__[0]).glob("*_tell_apart_what_is_only_said.py")
MIGRATION = import_module(f"letters.migrations.{FILE.stem}")


THEN = MigrationLoader(None).project_state(("letters", FILE.stem)).apps  # models of that time


def forwards() -> None:
    MIGRATION.tell_apart(THEN, connection.schema_editor())


def backwards() -> None:
    MIGRATION.put_together(THEN, connection.schema_editor())


@pytest.fixture
def done() -> None:
    """Something of every kind, state and way, in two cases and from two countries."""
    for case in [make_case(), make_case()]:
        for country in ["NO", ""]:
            for state in ["posted", "submitted", "approved", "drafting", "withdrawn"]:
                make_letter(case, state=state, country=country)
                make_message(case, state=state, country=country)
            for _nr in range(3):
                make_letter(case, state="posted", route="by-hand", country=country)
            make_letter(case, state="posted", needs_review=True, country=country)
            make_post(case, country=country)
        make_post(case, state="withdrawn")
        make_paper_count(case)
    make_signature()


def ledger() -> dict:
    return {row.tally_key: row.number for row in Tally.objects.exclude(number=0)}


def sources() -> dict[str, int]:
    return dict(Tally.objects.order_by().values_list("source").annotate(Sum("number")))


def test_the_ledger_is_the_rows_before_and_after(done):
    anew, totals = ledger(), list(ActionCount.objects.order_by("pk").values())
    assert sources() == {"online": 17, "said": 12, "by-hand": 12, "staff": 24}

    backwards()
    assert sources() == {"online": 41, "staff": 24}
    for _again in range(2):
        forwards()

    assert ledger() == anew
    assert list(ActionCount.objects.order_by("pk").values()) == totals


def test_a_place_where_nothing_counts_any_more_does_no_harm(done):
    Tally.objects.create(
        case=make_case(), kind="appeal", source="online", day="2025-12-10", country="FI"
    )

    backwards()
    forwards()

    assert tally_ledger.differences() == []


def test_a_ledger_that_was_wrong_stays_to_be_found(done):
    backwards()
    Tally.objects.filter(kind="appeal", source="online", country="NO").delete()
    ActionCount.objects.update(letters=99)

    forwards()

    found = [difference.what for difference in tally_ledger.differences()]
    assert [what.rpartition(" ")[0] for what in found] == ["All appeal of"] * len(found) != []
    tally_ledger.rebuild()


def test_what_was_published_of_sources_is_not_shown_as_what_it_was_not(done):
    """Until the next day: what is said to have been posted was among what we have ourselves."""
    edition = make_edition()
    for table, key in [("source", "online"), ("source", "staff"), ("day", "2025-12-10")]:
        PublishedFigure.objects.create(edition=edition, table=table, key=key, number=50)

    forwards()

    assert [row.table for row in PublishedFigure.objects.all()] == ["day"]
