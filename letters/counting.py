"""The tally: every number shown is a sum over it, and it changes with the thing counted.

Call these inside the transaction that changes the letter.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Count, F, QuerySet, Sum

from cases.countries import country_name
from cases.models import ActionCount, Case, Edition
from letters.models import Letter, Tally, TallySource

ADD_TO_TALLY = """
    INSERT INTO letters_tally (case_id, kind, source, day, country, number)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (case_id, kind, source, day, country)
    DO UPDATE SET number = letters_tally.number + excluded.number
"""
ADD_TO_TOTAL = """
    INSERT INTO cases_actioncount (case_id, letters) VALUES (%s, %s)
    ON CONFLICT (case_id) DO UPDATE SET letters = cases_actioncount.letters + excluded.letters
"""
TAKE_FROM_TALLY = """
    UPDATE letters_tally SET number = number - %s
    WHERE case_id = %s AND kind = %s AND source = %s AND day = %s AND country = %s
"""
TAKE_FROM_TOTAL = "UPDATE cases_actioncount SET letters = letters - %s WHERE case_id = %s"


class Place(NamedTuple):
    """Where in the tally a letter counts."""

    case_id: int
    kind: str
    day: datetime.date
    country: str

    def sentence(self, slugs: dict[int, str]) -> str:
        country = country_name(self.country, "en") if self.country else "no country"
        return f"{slugs[self.case_id]}, {self.kind}, {self.day:%d.%m.%Y}, {country}"


def count(letter: Letter, number: int = 1) -> None:
    """Add letters like this one, on the day and from the country it says."""
    day = connection.ops.adapt_datefield_value(letter.counted_on)
    where = [letter.case_id, letter.kind, TallySource.ONLINE.value, day, letter.country]
    with connection.cursor() as cursor:
        cursor.execute(ADD_TO_TALLY, [*where, number])
        cursor.execute(ADD_TO_TOTAL, [letter.case_id, number])


def uncount(letter: Letter, counted_on: datetime.date) -> None:
    """Take one letter out again of the day it counted on."""
    _take_from_tally(letter, counted_on)
    ActionCount.objects.filter(case_id=letter.case_id).update(letters=F("letters") - 1)


def move(letter: Letter, from_country: str) -> None:
    """A letter that counts is from another country after all; the total stays as it is."""
    day = connection.ops.adapt_datefield_value(letter.counted_on)
    where = [letter.case_id, letter.kind, TallySource.ONLINE.value, day, letter.country]
    before = copy(letter)
    before.country = from_country
    # Always in the same order, so that two letters that change places do not wait for each other.
    with connection.cursor() as cursor:
        if from_country < letter.country:
            _take_from_tally(before, letter.counted_on)
            cursor.execute(ADD_TO_TALLY, [*where, 1])
        else:
            cursor.execute(ADD_TO_TALLY, [*where, 1])
            _take_from_tally(before, letter.counted_on)


def _take_from_tally(letter: Letter, counted_on: datetime.date) -> None:
    Tally.objects.filter(
        case_id=letter.case_id,
        kind=letter.kind,
        source=TallySource.ONLINE,
        day=counted_on,
        country=letter.country,
    ).update(number=F("number") - 1)


def add_many(numbers: Mapping[Place, int]) -> None:
    """Add to many places at once (take out, if a number is negative), and to their totals."""
    totals: Counter[int] = Counter()
    add, take = [], []
    for place, number in sorted(numbers.items()):
        totals[place.case_id] += number
        day = connection.ops.adapt_datefield_value(place.day)
        where = [place.case_id, place.kind, TallySource.ONLINE.value, day, place.country]
        if number > 0:
            add.append([*where, number])
        elif number < 0:
            take.append([-number, *where])
    with connection.cursor() as cursor:
        cursor.executemany(ADD_TO_TALLY, add)
        cursor.executemany(TAKE_FROM_TALLY, take)
        cursor.executemany(ADD_TO_TOTAL, [item for item in totals.items() if item[1] > 0])
        cursor.executemany(
            TAKE_FROM_TOTAL, [(-number, case) for case, number in totals.items() if number < 0]
        )


def by_place(letters: QuerySet[Letter]) -> dict[Place, int]:
    """How many of the letters count, and where in the tally."""
    names = ["case_id", "kind", "counted_on", "country"]
    counted = letters.filter(counted_on__isnull=False).order_by().values_list(*names)
    return {Place(*row[:4]): row[4] for row in counted.annotate(number=Count("pk"))}


def letters_in(edition: Edition) -> int:
    """All letters that count in an edition."""
    counts = ActionCount.objects.filter(case__edition=edition)
    return counts.aggregate(sum=Sum("letters"))["sum"] or 0


@dataclass(frozen=True)
class Difference:
    """A place where the ledger and the rows disagree."""

    what: str
    ledger: int
    rows: int

    def __str__(self) -> str:
        return f"{self.what}: the count says {self.ledger}, the letters are {self.rows}."


def differences() -> list[Difference]:
    """Where the tally and the running totals differ from the letters themselves.

    All is read at one moment, so that a letter that is posted meanwhile makes no difference.
    """
    begins = not connection.in_atomic_block
    with transaction.atomic():
        if begins and connection.vendor == "postgresql":  # SQLite reads so anyway
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        rows = by_place(Letter.objects.all())
        tally = Tally.objects.filter(source=TallySource.ONLINE).exclude(number=0)
        ledger = {Place(row.case_id, row.kind, row.day, row.country): row.number for row in tally}
        slugs = dict(Case.objects.values_list("pk", "slug"))
        sums = dict(Tally.objects.order_by().values_list("case_id").annotate(Sum("number")))
        totals = dict(ActionCount.objects.values_list("case_id", "letters"))
    found = [
        Difference(place.sentence(slugs), ledger.get(place, 0), rows.get(place, 0))
        for place in sorted(rows.keys() | ledger.keys())
        if rows.get(place, 0) != ledger.get(place, 0)
    ]
    return found + [
        Difference(f"All of {slugs[case]}", totals.get(case, 0), sums.get(case, 0))
        for case in sorted(sums.keys() | totals.keys())
        if sums.get(case, 0) != totals.get(case, 0)
    ]


def rebuild() -> None:
    """Make the ledger anew from the letters, while nobody can change one."""
    with transaction.atomic():
        if connection.vendor == "postgresql":  # SQLite lets one write at a time anyway
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE letters_letter IN SHARE ROW EXCLUSIVE MODE")
        Tally.objects.filter(source=TallySource.ONLINE).delete()
        add_many(by_place(Letter.objects.all()))
        ActionCount.objects.all().delete()
        sums = Tally.objects.order_by().values_list("case_id").annotate(Sum("number"))
        ActionCount.objects.bulk_create(
            ActionCount(case_id=case, letters=number) for case, number in sums
        )
