"""What `make cluster` says of a break is what people met; the breaks themselves need root."""

from __future__ import annotations

import pytest
from django.conf import settings as site_settings

from bench.cluster.table import HEAD, Window, table
from bench.rehearse.plan import FILE, FORM, POST

pytestmark = pytest.mark.any_database

BREAK = Window("a host: killed", "by itself", began=10, healing=30, healed=34, ended=40)


def cells(*requests: tuple[float, str, float, int], window: Window = BREAK) -> list[str]:
    """Of the one row: requests are second, kind, milliseconds and status."""
    head, _rule, row = table([window], [list(request) for request in requests]).splitlines()
    assert head == f"| {' | '.join(HEAD)} |"
    return row.strip("| ").split(" | ")


def test_errors_are_told_by_kind_and_for_whom_they_were():
    _what, readers, writers, *_rest = cells(
        (5, "case", 100, 502),  # before
        (11, "case", 100, 200),
        (12, "case", 100, 502),
        (13, "home", 30_000, 0),
        (14, FILE, 100, 502),
        (15, FORM, 100, 200),
        (16, POST, 2_000, 302),
        (41, "case", 100, 502),  # after
    )

    assert readers.startswith("1 × 502, 1 × no answer, 1 × 502 for a file of 3 pages;")
    assert writers.startswith("no error of 2 pages;")
    assert writers.endswith("the slowest 2.0 s")


def test_longest_time_without_a_good_answer_counts_from_the_break_to_the_end_of_its_row():
    *_, writers, _errors, _lost, _how, _healed = cells((29, FORM, 1_000, 200), (31, POST, 0, 500))

    assert "; 20.0 s without a good answer" in writers


def test_request_that_began_before_the_break_and_waited_through_it_is_one_of_it():
    row = cells((9, "case", 40_000, 504))

    assert "1 × 504 of 1 pages" in row[1]
    assert row[3] == "39 s"


def test_what_still_failed_after_it_was_said_to_be_well_was_not_healed():
    assert cells()[-1] == "4 s"
    assert cells((35, "case", 2_000, 502))[-1] == "7 s"


def test_docs_have_the_table_as_it_is_printed():
    docs = (site_settings.BASE_DIR / "docs/operations.md").read_text()

    assert table([], []) in docs
