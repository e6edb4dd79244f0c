"""Who reads what: a letter on somebody's desk is nobody else's for ten minutes."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from letters.models import Claim, Decision, DeskAct
from letters.models.locks import lock

CLAIM_FOR = datetime.timedelta(minutes=10)
# What somebody left to others does not come back to them for so long.
SKIPPED_FOR = datetime.timedelta(hours=1)
TRIES = 20  # rows that others may be taking at this moment, before the next are looked for


def claim(thing: str, row: int, by: User) -> bool:
    """Take it for ten minutes from now, unless somebody else has it."""
    until = timezone.now() + CLAIM_FOR
    Claim.objects.bulk_create(
        [Claim(thing=thing, row=row, by=by, until=until)], ignore_conflicts=True
    )
    free = Claim.objects.filter(thing=thing, row=row).free_for(by)
    return bool(free.update(by=by, until=until))


def claim_many(thing: str, rows: Iterable[int], by: User) -> set[int]:
    """The same for several: those that they have now."""
    rows, until = list(rows), timezone.now() + CLAIM_FOR
    Claim.objects.bulk_create(
        [Claim(thing=thing, row=row, by=by, until=until) for row in sorted(rows)],
        ignore_conflicts=True,
    )
    with transaction.atomic():
        free = lock(Claim.objects.filter(thing=thing, row__in=rows).free_for(by))
        Claim.objects.filter(pk__in=free).update(by=by, until=until)
    mine = Claim.objects.in_force().filter(thing=thing, row__in=rows, by=by)
    return set(mine.values_list("row", flat=True))


def release(thing: str, rows: Iterable[int], by: User) -> None:
    Claim.objects.filter(thing=thing, row__in=list(rows), by=by).delete()


def claim_of(thing: str, row: int) -> Claim | None:
    """Who has it now."""
    claims = Claim.objects.in_force().filter(thing=thing, row=row)
    return claims.select_related("by").first()


def next_rows(thing: str, by: User, parts: list[QuerySet], number: int = 1) -> list[int]:
    """Claim the first so many of a queue that are free, and return their numbers.

    What they have on their desk already comes first; what they skipped does not come now.
    """
    mine = rows_of(thing, by)
    not_now = taken_by_others(thing, by) + skipped_by(by, thing)
    got: list[int] = []
    for part in parts:
        free = part.exclude(pk__in=not_now)
        for rows in [free.filter(pk__in=mine), free.exclude(pk__in=mine)]:
            for row in _in_turn(rows):
                if len(got) == number:
                    return got
                if not claim(thing, row, by):
                    continue
                # Asked once more: somebody may have decided about it just before.
                if part.filter(pk=row).exists():
                    got.append(row)
                else:
                    release(thing, [row], by)
    return got


def rows_of(thing: str, person: User) -> list[int]:
    """What they have on their desk."""
    claims = Claim.objects.in_force().filter(thing=thing, by=person)
    return list(claims.values_list("row", flat=True))


def taken_by_others(thing: str, person: User) -> list[int]:
    claims = Claim.objects.in_force().filter(thing=thing).exclude(by=person)
    return list(claims.values_list("row", flat=True))


def _in_turn(rows: QuerySet) -> Iterator[int]:
    """Their numbers, asked for some at a time: mostly the first is free."""
    tried: list[int] = []
    while some := list(rows.exclude(pk__in=tried).values_list("pk", flat=True)[:TRIES]):
        yield from some
        tried += some


def skip(thing: str, row: int, by: User) -> None:
    """Leave it to others: it is free again, and does not come back to who skipped it at once."""
    with transaction.atomic():
        Decision.objects.create(thing=thing, row=row, act=DeskAct.SKIP, by=by)
        release(thing, [row], by)


def skipped_by(person: User, thing: str) -> list[int]:
    """What they left to others a moment ago."""
    skipped = Decision.objects.standing().filter(
        by=person, thing=thing, act=DeskAct.SKIP, at__gt=timezone.now() - SKIPPED_FOR
    )
    return list(skipped.values_list("row", flat=True))
