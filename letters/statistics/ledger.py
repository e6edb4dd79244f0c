"""The tally: every number shown is a sum over it, and it changes with the thing counted.

What counts says where: `tally_key`. Call these inside the transaction that changes it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from django.db import connection, models, transaction
from django.db.models import Count, F, Q, Sum, Value
from django.db.models.expressions import Combinable

from cases.models import ActionCount, Case
from letters.models import (
    ActionKind,
    Letter,
    LetterState,
    PaperCount,
    PaperState,
    Post,
    Route,
    Signature,
    Tally,
    TallyKey,
    TallySource,
)

STAFF = TallySource.STAFF.value
# See also letters.models.letter_source
LETTER_SOURCE = models.Case(
    models.When(~Q(state=LetterState.POSTED), then=Value(TallySource.ONLINE.value)),
    models.When(route=Route.BY_HAND, then=Value(TallySource.BY_HAND.value)),
    default=Value(TallySource.SAID.value),
)
# Which running total of a case a kind is added to.
TOTALS = {
    ActionKind.APPEAL.value: "letters",
    ActionKind.SOLIDARITY.value: "messages",
    ActionKind.SIGNATURE.value: "signatures",
    ActionKind.SOCIAL.value: "posts",
}
ADD_TO_TALLY = """
    INSERT INTO letters_tally (case_id, kind, source, day, country, number)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (case_id, kind, source, day, country)
    DO UPDATE SET number = letters_tally.number + excluded.number
"""
TAKE_FROM_TALLY = """
    UPDATE letters_tally SET number = number - %s
    WHERE case_id = %s AND kind = %s AND source = %s AND day = %s AND country = %s
"""
# A row has all four columns, of which one is added to and the others begin at zero.
ADD_TO_TOTAL = """
    INSERT INTO cases_actioncount (case_id, letters, messages, signatures, posts)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (case_id) DO UPDATE SET {0} = cases_actioncount.{0} + excluded.{0}
"""
TAKE_FROM_TOTAL = "UPDATE cases_actioncount SET {0} = {0} - %s WHERE case_id = %s"


def count(key: TallyKey, number: int = 1) -> None:
    """Add actions under a key."""
    with connection.cursor() as cursor:
        cursor.execute(ADD_TO_TALLY, [*_stored(key), number])
        cursor.execute(*_added_to_total(key.case_id, key.kind, number))


def uncount(key: TallyKey) -> None:
    """Take an action out again where it counted."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_FROM_TALLY, [1, *_stored(key)])
        cursor.execute(*_taken_from_total(key.case_id, key.kind, 1))


def shift(before: TallyKey | None, after: TallyKey | None) -> None:
    """What counted under one key counts under another now; None is where it does not count."""
    if before == after:
        return
    if before and after:
        add_many({before: -1, after: 1})
    elif after:
        count(after)
    elif before:
        uncount(before)


def add_many(numbers: Mapping[TallyKey, int]) -> None:
    """Add to many keys at once (take out, if a number is negative), and to their totals.

    Always in the same order, first the tallies and then the totals, so that two who change some of
    the same do not wait for each other: whoever counts under several keys does it by one call.
    """
    totals: Counter[tuple[int, str]] = Counter()
    for key, number in numbers.items():
        totals[key.case_id, key.kind] += number
    changes = [(key, number) for key, number in sorted(numbers.items()) if number]
    with connection.cursor() as cursor:
        for adds, run in groupby(changes, key=lambda change: change[1] > 0):
            if adds:
                cursor.executemany(ADD_TO_TALLY, [[*_stored(key), n] for key, n in run])
            else:
                cursor.executemany(TAKE_FROM_TALLY, [[-n, *_stored(key)] for key, n in run])
        for (case_id, kind), number in sorted(totals.items()):
            if number > 0:
                cursor.execute(*_added_to_total(case_id, kind, number))
            elif number < 0:
                cursor.execute(*_taken_from_total(case_id, kind, -number))


def _stored(key: TallyKey) -> list:
    """The key as the columns of the tally hold it."""
    day = connection.ops.adapt_datefield_value(key.day)
    return [key.case_id, str(key.kind), str(key.source), day, key.country]


def _added_to_total(case_id: int, kind: str, number: int) -> tuple[str, list]:
    column = TOTALS[str(kind)]
    values = [number if name == column else 0 for name in TOTALS.values()]
    return ADD_TO_TOTAL.format(column), [case_id, *values]


def _taken_from_total(case_id: int, kind: str, number: int) -> tuple[str, list]:
    return TAKE_FROM_TOTAL.format(TOTALS[str(kind)]), [number, case_id]


def by_key(rows: models.QuerySet) -> dict[TallyKey, int]:
    """How many of these letters, signatures or posts count, and where in the tally."""
    # See also tally_key of each of them.
    columns: dict[type[models.Model], tuple[str | Combinable, ...]] = {
        Letter: ("case_id", F("kind"), LETTER_SOURCE),
        Signature: (
            "petition__case_id",
            Value(ActionKind.SIGNATURE.value),
            Value(TallySource.ONLINE.value),
        ),
        Post: (
            "case_id",
            Value(ActionKind.SOCIAL.value),
            Value(TallySource.SAID.value),
        ),
    }
    counted = rows.filter(counted_on__isnull=False).order_by()
    found = counted.values_list(*columns[rows.model], "counted_on", "country").annotate(Count("pk"))
    return {TallyKey(*where): number for *where, number in found}


def on_paper() -> dict[TallyKey, int]:
    """What staff entered that counts, and where."""
    counted = PaperCount.objects.filter(state=PaperState.COUNTED).order_by()
    rows = counted.values_list("case_id", "kind", "day", "country").annotate(sum=Sum("number"))
    return {
        TallyKey(case, kind, STAFF, day, country): sum for case, kind, day, country, sum in rows
    }


def all_rows() -> dict[TallyKey, int]:
    """Everything that counts, added up from the rows themselves."""
    found: dict[TallyKey, int] = {}
    for model in (Letter, Signature, Post):
        found |= by_key(model.objects.all())
    return found | on_paper()


@dataclass(frozen=True)
class Difference:
    """A key under which the ledger and the rows disagree."""

    what: str
    ledger: int
    rows: int

    def __str__(self) -> str:
        return f"{self.what}: the count says {self.ledger}, the rows are {self.rows}."


def differences() -> list[Difference]:
    """Where the tally and the running totals differ from the rows themselves.

    All is read at one moment, so that a letter that is posted meanwhile makes no difference.
    """
    begins = not connection.in_atomic_block
    with transaction.atomic():
        if begins and connection.vendor == "postgresql":  # SQLite reads so anyway
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        rows = all_rows()
        ledger = {row.tally_key: row.number for row in Tally.objects.exclude(number=0)}
        slugs = dict(Case.objects.values_list("pk", "slug"))
        sums = _sums()
        totals = _totals()
    found = [
        Difference(key.sentence(slugs), ledger.get(key, 0), rows.get(key, 0))
        for key in sorted(rows.keys() | ledger.keys())
        if rows.get(key, 0) != ledger.get(key, 0)
    ]
    return found + [
        Difference(f"All {kind} of {slugs[case]}", totals.get((case, kind), 0), sums[case, kind])
        for case, kind in sorted(sums.keys() | totals.keys())
        if sums[case, kind] != totals.get((case, kind), 0)
    ]


def rebuild() -> None:
    """Make the ledger anew from the rows, while nobody can change one."""
    with transaction.atomic():
        if connection.vendor == "postgresql":  # SQLite lets one write at a time anyway
            tables = ", ".join(
                model._meta.db_table for model in (Letter, Signature, Post, PaperCount)
            )
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")
        Tally.objects.all().delete()
        ActionCount.objects.update(**dict.fromkeys(TOTALS.values(), 0))
        add_many(all_rows())


def _sums() -> Counter[tuple[int, str]]:
    rows = Tally.objects.order_by().values_list("case_id", "kind").annotate(sum=Sum("number"))
    return Counter({(case, kind): number for case, kind, number in rows})


def _totals() -> dict[tuple[int, str], int]:
    rows = ActionCount.objects.values_list("case_id", *TOTALS.values())
    return {
        (case, kind): number
        for case, *numbers in rows
        for kind, number in zip(TOTALS, numbers, strict=True)
    }
