"""Staff leave something out of a letter, with a mark and a reason, or put it back."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction

from cases.models import ErasureAct, ErasureEntry, SafetyRule, WordList
from letters.actions.transitions import change, lock_as_read
from letters.models import HandIn, HandInItem, Letter, LetterState, Redaction, RedactionReason
from letters.text import redactions
from letters.text.checks import Problem

# We deliver or show it. What its writer sends themselves is theirs alone, and what waits for their
# change is not ready.
REDACTABLE = [LetterState.SUBMITTED, LetterState.APPROVED, LetterState.IN_HAND_IN]


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
        HandIn.objects.lock_that_of(letter)
        if not change(letter):
            return False
        rows = [
            Redaction(letter=letter, field=field, start=start, end=end, reason=reason, by=by)
            for field, start, end in places
        ]
        Redaction.objects.bulk_create(rows, ignore_conflicts=True)
        ErasureEntry.objects.note(ErasureAct.REREAD, Letter, [letter.pk])
        HandInItem.objects.make_paper_anew(letter)
    return True


def put_back(letter: Letter, redaction: int) -> bool:
    """What was left out stands there again; False if it does, or the letter was changed since."""
    if not may_be_redacted(letter):
        return False
    with transaction.atomic():
        HandIn.objects.lock_that_of(letter)
        # The letter first, as whoever writes it anew does.
        if not lock_as_read(letter):
            return False
        gone, _by_model = letter.redactions.filter(pk=redaction).delete()
        if not gone:
            return False
        HandInItem.objects.make_paper_anew(letter)
        return change(letter)


def suggested(letter: Letter, problems: Iterable[Problem]) -> dict[str, str]:
    """The first words that the check found a reason to leave out, if they still stand there."""
    for problem in problems:
        reason = _reason(problem)
        if reason and problem.words in redactions.text_of(letter, problem.field):
            return {"words": problem.words, "why": reason}
    return {}


def _reason(problem: Problem) -> str:
    match problem.source:
        case SafetyRule():
            return RedactionReason.RULE
        case WordList():
            return RedactionReason.INSULT
        case None:
            return ""
    return RedactionReason.PRIVATE
