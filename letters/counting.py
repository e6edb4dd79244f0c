"""The tally: every number shown is a sum over it, and it changes with the thing counted.

Call these inside the transaction that changes the letter.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, F, Sum

from cases.models import ActionCount
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


def count(letter: Letter, number: int = 1) -> None:
    """Add letters like this one, on the day and from the country it says."""
    day = connection.ops.adapt_datefield_value(letter.counted_on)
    where = [letter.case_id, letter.kind, TallySource.ONLINE, day, letter.country]
    with connection.cursor() as cursor:
        cursor.execute(ADD_TO_TALLY, [*where, number])
        cursor.execute(ADD_TO_TOTAL, [letter.case_id, number])


def uncount(letter: Letter, counted_on: datetime.date) -> None:
    """Take one letter out again of the day it counted on."""
    Tally.objects.filter(
        case_id=letter.case_id,
        kind=letter.kind,
        source=TallySource.ONLINE,
        day=counted_on,
        country=letter.country,
    ).update(number=F("number") - 1)
    ActionCount.objects.filter(case_id=letter.case_id).update(letters=F("letters") - 1)


def letters_in(edition) -> int:
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
        return f"{self.what}: the ledger says {self.ledger}, the letters are {self.rows}"


def differences() -> Iterator[Difference]:
    """Where the tally and the running totals differ from the letters themselves."""
    place = ("case_id", "kind", "counted_on", "country")
    rows = {
        tuple(row[name] for name in place): row["number"]
        for row in Letter.objects.counted().order_by().values(*place).annotate(number=Count("pk"))
    }
    ledger = {
        (row.case_id, row.kind, row.day, row.country): row.number
        for row in Tally.objects.filter(source=TallySource.ONLINE).exclude(number=0)
    }
    for key in sorted(rows.keys() | ledger.keys(), key=str):
        if rows.get(key, 0) != ledger.get(key, 0):
            yield Difference(" ".join(map(str, key)), ledger.get(key, 0), rows.get(key, 0))
    sums = dict(Tally.objects.order_by().values_list("case_id").annotate(Sum("number")))
    totals = dict(ActionCount.objects.values_list("case_id", "letters"))
    for case in sorted(sums.keys() | totals.keys()):
        if sums.get(case, 0) != totals.get(case, 0):
            yield Difference(f"total of case {case}", totals.get(case, 0), sums.get(case, 0))


def rebuild() -> None:
    """Make the ledger anew from the letters. Call it in a transaction, with nobody writing."""
    Tally.objects.filter(source=TallySource.ONLINE).delete()
    rows = Letter.objects.counted().order_by().values("case_id", "kind", "counted_on", "country")
    Tally.objects.bulk_create(
        [
            Tally(
                case_id=row["case_id"],
                kind=row["kind"],
                source=TallySource.ONLINE,
                day=row["counted_on"],
                country=row["country"],
                number=row["number"],
            )
            for row in rows.annotate(number=Count("pk"))
        ],
        batch_size=1_000,
    )
    ActionCount.objects.all().delete()
    sums = Tally.objects.order_by().values_list("case_id").annotate(Sum("number"))
    ActionCount.objects.bulk_create(
        ActionCount(case_id=case, letters=number) for case, number in sums
    )
