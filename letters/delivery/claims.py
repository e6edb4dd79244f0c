"""Who reads what: a letter on somebody's desk is nobody else's for ten minutes."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from letters.models import Claim, Decision, DeskAct, DeskThing, Letter

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
    Claim.objects.filter(thing=thing, row__in=rows).free_for(by).update(by=by, until=until)
    mine = Claim.objects.in_force().filter(thing=thing, row__in=rows, by=by)
    return set(mine.values_list("row", flat=True))


def release(thing: str, rows: Iterable[int], by: User) -> None:
    Claim.objects.filter(thing=thing, row__in=list(rows), by=by).delete()


def claim_of(thing: str, row: int) -> Claim | None:
    """Who has it now."""
    claims = Claim.objects.in_force().filter(thing=thing, row=row)
    return claims.select_related("by").first()


def next_for(by: User, parts: list[QuerySet[Letter]]) -> int | None:
    """Claim the first letter of the queue that is free, and return its number.

    What they have on their desk already comes first; what they skipped does not come now.
    """
    claims = Claim.objects.in_force().filter(thing=DeskThing.LETTER)
    mine = list(claims.filter(by=by).values_list("row", flat=True))
    taken = list(claims.exclude(by=by).values_list("row", flat=True))
    not_now = taken + skipped_by(by, DeskThing.LETTER)
    for part in parts:
        free = part.exclude(pk__in=not_now)
        for rows in [free.filter(pk__in=mine), free]:
            while tried := list(rows.values_list("pk", flat=True)[:TRIES]):
                for row in tried:
                    if not claim(DeskThing.LETTER, row, by):
                        continue
                    # Asked once more: somebody may have decided about it just before.
                    if part.filter(pk=row).exists():
                        return row
                    release(DeskThing.LETTER, [row], by)
                rows = rows.exclude(pk__in=tried)
    return None


def skipped_by(person: User, thing: str) -> list[int]:
    """What they left to others a moment ago."""
    skipped = Decision.objects.standing().filter(
        by=person, thing=thing, act=DeskAct.SKIP, at__gt=timezone.now() - SKIPPED_FOR
    )
    return list(skipped.values_list("row", flat=True))
