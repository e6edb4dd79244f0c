"""Staff leave something out of a letter, with a mark and a reason, or put it back."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction

from letters.actions.transitions import change, lock_as_read
from letters.models import Letter, LetterState, Redaction

# We deliver or show it. What its writer sends themselves is theirs alone, and what waits for their
# change is not ready.
REDACTABLE = [LetterState.SUBMITTED, LetterState.APPROVED]


def may_be_redacted(letter: Letter) -> bool:
    return letter.state in REDACTABLE and letter.erased_on is None and letter.is_valid


def redact(
    letter: Letter, places: Iterable[tuple[str, int, int]], *, reason: str, by: User
) -> bool:
    """Leave out these places; False if somebody changed the letter since it was read.

    Whoever reads it at the same moment has to read it again: `changed_at` moves.
    """
    if not may_be_redacted(letter):
        return False
    with transaction.atomic():
        if not change(letter):
            return False
        rows = [
            Redaction(letter=letter, field=field, start=start, end=end, reason=reason, by=by)
            for field, start, end in places
        ]
        Redaction.objects.bulk_create(rows, ignore_conflicts=True)
    return True


def put_back(letter: Letter, redaction: int) -> bool:
    """What was left out stands there again; False if it does, or the letter was changed since."""
    if not may_be_redacted(letter):
        return False
    with transaction.atomic():
        # The letter first, as whoever writes it anew does.
        if not lock_as_read(letter):
            return False
        gone, _by_model = letter.redactions.filter(pk=redaction).delete()
        return bool(gone) and change(letter)
