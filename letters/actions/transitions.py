"""Changes of a row that somebody decided on by what they read: made only if it is still so."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from cases.models import ErasureAct, ErasureEntry
from cases.models.erasure_list import BY_STAFF_INVALID, BY_STAFF_REJECTED
from letters.models import (
    COUNTED,
    STARTS_WAITING,
    Follow,
    HandInItem,
    LeftBecause,
    Letter,
    LetterState,
    Post,
    PostState,
    Signature,
    SignatureState,
)
from letters.models.locks import lock
from letters.statistics import ledger, surges

CountedRow = Letter | Signature | Post

# The words of a letter too, by `changed_at`: nobody approves what its writer has just changed.
AS_READ = ["state", "needs_review", "counted_on", "changed_at"]
NOT_SINCE = ["invalid_on", "erased_on"]

COUNTED_STATES: dict[type[CountedRow], list] = {
    Letter: COUNTED,
    Signature: [SignatureState.CONFIRMED],
    Post: [PostState.POSTED],
}

# Read, and on no paper yet; and with us, to be read.
TO_BE_PRINTED = [LetterState.APPROVED, LetterState.IN_HAND_IN]
UNREAD = [LetterState.SUBMITTED, LetterState.CHANGE_ASKED]

# What has this state now is in no hand-in any more, unless that is printed.
LEAVES_FOR: dict[str, LeftBecause] = {
    LetterState.WITHDRAWN: LeftBecause.WITHDRAWN,
    LetterState.REJECTED: LeftBecause.REJECTED,
    LetterState.CHANGE_ASKED: LeftBecause.ASKED,
    SignatureState.INVALID: LeftBecause.INVALID,
}


def change(row: CountedRow | Follow, **changes) -> bool:
    """Change the row, unless somebody did since it was read: another tab, a double click."""
    if hasattr(row, "changed_at"):
        changes["changed_at"] = timezone.now()
    if not _as_read(row).update(**changes):
        return False
    for name, value in changes.items():
        setattr(row, name, value)
    return True


def lock_as_read(row: CountedRow) -> bool:
    """Lock the row until the transaction ends, unless somebody changed it since it was read."""
    return bool(lock(_as_read(row)))


def _as_read(row: CountedRow | Follow) -> QuerySet:
    before = {name: getattr(row, name) for name in AS_READ if hasattr(row, name)}
    before |= {name: None for name in NOT_SINCE if hasattr(row, name)}
    return type(row).objects.filter(pk=row.pk, **before)


def move(
    row: CountedRow, state: str, *, was_counted_on: datetime.date | None = None, **changes
) -> bool:
    """Change the row, and the tally in step with it, in one transaction. The row is written once.

    `was_counted_on` is the day that it counts on again, if it does: else that is today.

    Whoever says whether it `needs_review` is staff, and has looked: no alarm flags it again.
    """
    if isinstance(row, Letter) and state in STARTS_WAITING and state != row.state:
        changes.setdefault("waiting_since", timezone.now())
    was, state_before = row.tally_key, row.state
    counts = state in COUNTED_STATES[type(row)] and not changes.get(
        "needs_review", row.needs_review
    )
    day = row.counted_on or was_counted_on or timezone.localdate()
    counted_on = day if counts else None
    with transaction.atomic():
        if not lock_as_read(row):
            return False
        _note(row, state_before, state, changes)
        if state_before != state and state in LEAVES_FOR:
            _leave_hand_in(row, state_before, LEAVES_FOR[state])
        changed = {"state": state, "counted_on": counted_on, **changes}
        if hasattr(row, "changed_at"):
            changed["changed_at"] = timezone.now()
        for name, value in changed.items():
            setattr(row, name, value)
        if "needs_review" not in changes:
            changed |= surges.watch(row, was)
        type(row).objects.filter(pk=row.pk).update(**changed)
        ledger.shift(was, row.tally_key)
    return True


def _note(row: CountedRow, before: str, state: str, changes: dict) -> None:
    """What was taken back, or is shown no more, is not brought back by a backup; and what was
    approved is not handed in as it was then, if it is not so now."""
    model, sent, note = type(row), COUNTED_STATES[type(row)], ErasureEntry.objects.note
    if before in sent and state not in sent:
        note(ErasureAct.WITHDRAWN, model, [row.pk], value=_by_whom(state, changes))
    elif before not in sent and _was_taken_back(row, before, state):
        note(ErasureAct.AGAIN, model, [row.pk], value=ErasureAct.WITHDRAWN)
        if model is Letter:  # perhaps with other words
            note(ErasureAct.REREAD, model, [row.pk])
    elif before in TO_BE_PRINTED and state in UNREAD:
        note(ErasureAct.REREAD, model, [row.pk])
    elif getattr(row, "shown_on", None) and changes.get("shown_on", row) is None:
        note(ErasureAct.HIDDEN, model, [row.pk])
    elif changes.get("shown_on"):
        note(ErasureAct.AGAIN, model, [row.pk], value=ErasureAct.HIDDEN)


def _by_whom(state: str, changes: dict) -> str:
    """Nothing if its owner has done it."""
    if state == LetterState.REJECTED:
        return f"{BY_STAFF_REJECTED} {changes.get('rejection_code', '')}".strip()
    return BY_STAFF_INVALID if state == SignatureState.INVALID else ""


def _was_taken_back(row: CountedRow, before: str, state: str) -> bool:
    """Whether it counted once, and does again, or may again."""
    if isinstance(row, Letter):
        return state in COUNTED and row.waiting_since is not None
    if before == SignatureState.INVALID:
        return True
    return before == SignatureState.WITHDRAWN and state in COUNTED_STATES[type(row)]


def _leave_hand_in(row: CountedRow, state_before: str, because: LeftBecause) -> None:
    if state_before == LetterState.IN_HAND_IN:
        HandInItem.objects.leave(because, letters=[row.pk])
    elif isinstance(row, Signature) and state_before == SignatureState.CONFIRMED:
        HandInItem.objects.leave(because, signatures=[row.pk])
