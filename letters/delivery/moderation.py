"""What staff decide about many letters, messages and posts at once; none is ever deleted.

Each act takes the rows as the database has them, locked, and moves the tally in the same
transaction. It returns the keys of the rows it changed, so that whoever called can log them; a
second press changes none. At most `MAX_ROWS_AT_ONCE` are changed: press again for the rest.
"""

from __future__ import annotations

from django.db import models, transaction
from django.db.models import Case, F, Q, QuerySet, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from cases.models import ErasureAct, ErasureEntry
from cases.models.erasure_list import BY_STAFF_INVALID
from letters.models import (
    COUNTED,
    OUT_OF_HAND_IN,
    HandInItem,
    LeftBecause,
    Letter,
    Post,
    PostState,
    Signature,
    SignatureState,
)
from letters.models.locks import lock
from letters.statistics import ledger

MAX_ROWS_AT_ONCE = 5_000  # a request that changes more lasts longer than a server lets it

# It was sent, so that it counts unless something is against it.
SENT: dict[type[models.Model], Q] = {
    Letter: Q(state__in=COUNTED),
    Post: Q(state=PostState.POSTED),
    Signature: Q(state=SignatureState.CONFIRMED),
}


def may_be_invalidated(rows: QuerySet) -> QuerySet:
    """Those that count, or wait for a look. Erased ones too: their number is still there."""
    return _valid(rows).filter(SENT[rows.model])


def reviewable(rows: QuerySet) -> QuerySet:
    """Those that wait for a look; what was written by hand for a big pledge only after that."""
    waiting = _valid(rows).filter(needs_review=True)
    if rows.model is Letter:
        too_early = Letter.objects.without_a_look_at_their_pledge()
        waiting = waiting.exclude(pk__in=too_early.values("pk"))
    return waiting


def invalidate(rows: QuerySet) -> list[int]:
    """Take letters or posts out of the count: nobody can stand for them. They stay, marked."""
    with transaction.atomic():
        chosen = _locked(may_be_invalidated(rows))
        counted, keys = ledger.by_key(chosen), _keys(chosen)
        ErasureEntry.objects.note(ErasureAct.WITHDRAWN, chosen.model, keys, value=BY_STAFF_INVALID)
        if (
            chosen.model is Signature
        ):  # revalidated by its owner, one by one: `signatures.revalidate`
            chosen.update(state=SignatureState.INVALID, counted_on=None, changed_at=timezone.now())
            HandInItem.objects.leave(LeftBecause.INVALID, signatures=keys)
        else:
            changes = {"shown_on": None, "state": OUT_OF_HAND_IN} if chosen.model is Letter else {}
            chosen.update(
                invalid_on=timezone.localdate(),
                was_counted_on=F("counted_on"),
                counted_on=None,
                **changes,
            )
        if chosen.model is Letter:
            HandInItem.objects.leave(LeftBecause.INVALID, letters=keys)
        ledger.add_many({key: -number for key, number in counted.items()})
    return keys


def revalidate(rows: QuerySet) -> list[int]:
    """They are real after all: each counts again on the day it counted on, or waits as before."""
    with transaction.atomic():
        chosen = _locked(rows.exclude(invalid_on=None))
        keys = _keys(chosen)
        ErasureEntry.objects.note(ErasureAct.AGAIN, chosen.model, keys, value=ErasureAct.WITHDRAWN)
        counts = SENT[chosen.model] & Q(needs_review=False)
        day = Case(When(counts, then=Coalesce("was_counted_on", timezone.localdate())))
        chosen.update(invalid_on=None, counted_on=day, was_counted_on=None)
        ledger.add_many(ledger.by_key(chosen))
    return keys


def clear_review(rows: QuerySet) -> list[int]:
    """Somebody looked at what a trap or a limit caught: it is real, and counts once it is sent."""
    with transaction.atomic():
        chosen = _locked(reviewable(rows))
        keys = _keys(chosen)
        day = Case(When(SENT[chosen.model], then=timezone.localdate()))
        chosen.update(needs_review=False, counted_on=day)
        ledger.add_many(ledger.by_key(chosen))
    return keys


def _valid(rows: QuerySet) -> QuerySet:
    if rows.model is Signature:
        return rows.exclude(state=SignatureState.INVALID)
    return rows.filter(invalid_on=None)


def _locked(rows: QuerySet) -> QuerySet:
    """The first of the rows by their keys."""
    return rows.model.objects.filter(pk__in=lock(rows, MAX_ROWS_AT_ONCE))


def _keys(chosen: QuerySet) -> list[int]:
    return list(chosen.order_by("pk").values_list("pk", flat=True))
