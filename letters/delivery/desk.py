"""What somebody at the reading desk decides about a letter, and undoes again.

Each decision is a row of its own, written in the same transaction as what it does. It is undone by
who made it within an hour, later by somebody who leads the moderators, and only as long as nothing
has happened to the letter since.
"""

from __future__ import annotations

import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.publishing.acts import Refused
from letters.actions import letters as letter_actions
from letters.actions.transitions import move
from letters.mail import messages
from letters.models import (
    READ_STATES,
    Decision,
    DeskAct,
    DeskThing,
    Letter,
    LetterState,
    RejectionCode,
)

LETTER = DeskThing.LETTER
LEADS_TO = {
    DeskAct.APPROVE: LetterState.APPROVED,
    DeskAct.ASK: LetterState.CHANGE_ASKED,
    DeskAct.REJECT: LetterState.REJECTED,
}
# It is on its way, or beyond.
IN_HAND_INS = [state for state in READ_STATES if state != LetterState.APPROVED]


def acts_for(letter: Letter) -> list[str]:
    """What can be decided about it now."""
    acts: list[str] = []
    if letter.may_be_approved:
        acts.append(DeskAct.APPROVE)
    elif letter_actions.may_be_cleared(letter) and letter.erased_on is None:
        acts.append(DeskAct.CLEAR_REVIEW)
    if letter_actions.may_be_asked_to_change(letter) and letter.erased_on is None:
        acts.append(DeskAct.ASK)
    if letter.may_be_rejected and letter.erased_on is None:
        acts.append(DeskAct.REJECT)
    return acts


def decide(
    letter: Letter,
    act: str,
    *,
    by: User,
    code: str = "",
    reason: str = "",
    wanted: str = "",
    group: str = "",
) -> bool:
    """Do it as the letter was read. False if it was changed since: then nothing has happened.

    `code` and `reason` say why it is rejected, `wanted` what its writer is asked to change; `group`
    is the same for those that were read together.
    """
    if act not in acts_for(letter):
        return False
    before = _as_it_is(letter)
    with transaction.atomic():
        if not _do(letter, act, code, reason, wanted):
            return False
        Decision.objects.create(
            thing=LETTER,
            row=letter.pk,
            act=act,
            reason_code=code,
            by=by,
            before=before,
            after_changed_at=letter.changed_at,
            group=group,
        )
    return True


def undo(decision: Decision, *, by: User) -> Letter:
    """Put the letter back as it was, the tally with it. Raises Refused with the reason why not."""
    if not decision.may_be_undone_by(by):
        raise Refused(
            _("Only the person who decided it can undo it within an hour, or whoever leads.")
        )
    with transaction.atomic():
        letters = Letter.objects.select_for_update(of=("self",)).select_related("case")
        letter = letters.filter(pk=decision.row).first()
        if letter is None or letter.erased_on:
            raise Refused(_("It can’t be undone: it was erased since."))
        if letter.shown_on:
            raise Refused(_("It can’t be undone while it is shown on the site."))
        if letter.state in IN_HAND_INS:
            raise Refused(_("It can’t be undone: it goes with a hand-in, or has gone."))
        undone = {"undone_at": timezone.now(), "undone_by": by}
        standing = Decision.objects.standing().filter(pk=decision.pk)
        as_decided = _is_as_decided(letter, decision)
        messages.forget_decision(letter)
        if not (as_decided and _put_back(letter, decision) and standing.update(**undone)):
            raise Refused(_("It can’t be undone: it was changed since."))
    return letter


def _do(letter: Letter, act: str, code: str, reason: str, wanted: str) -> bool:
    match act:
        case DeskAct.APPROVE:
            return letter_actions.approve(letter)
        case DeskAct.CLEAR_REVIEW:
            return letter_actions.clear_review(letter)
        case DeskAct.ASK:
            return letter_actions.ask_for_change(letter, wanted)
        case DeskAct.REJECT:
            return letter_actions.reject(letter, code or RejectionCode.OTHER, reason)
    return False


def _as_it_is(letter: Letter) -> dict:
    """What `_put_back` needs: plain values, none of them anybody's words."""
    return {
        "state": str(letter.state),
        "needs_review": letter.needs_review,
        "is_answer": letter.is_answer,
        "shown_on": letter.shown_on and letter.shown_on.isoformat(),
        "counted_on": letter.counted_on and letter.counted_on.isoformat(),
        "decided_on": letter.decided_on and letter.decided_on.isoformat(),
        "waiting_since": letter.waiting_since and letter.waiting_since.isoformat(),
    }


def _is_as_decided(letter: Letter, decision: Decision) -> bool:
    """Nobody has written, decided or done anything with it since."""
    state = LEADS_TO.get(DeskAct(decision.act), decision.before.get("state"))
    is_same = letter.changed_at == decision.after_changed_at and letter.state == state
    return is_same and letter.is_valid


def _put_back(letter: Letter, decision: Decision) -> bool:
    before = decision.before
    changes = {name: before[name] for name in ["needs_review", "is_answer"]}
    if since := before["waiting_since"]:
        changes["waiting_since"] = datetime.datetime.fromisoformat(since)
    if letter.state == LetterState.REJECTED:
        changes |= {"rejection_code": "", "rejection_reason": ""}
    elif letter.state == LetterState.CHANGE_ASKED:
        changes["change_wanted"] = ""
    # What was in a hand-in has left it, and waits for another.
    state = before["state"] if before["state"] != LetterState.IN_HAND_IN else LetterState.APPROVED
    changes["shown_on"] = _day(before["shown_on"])
    changes["decided_on"] = _day(before.get("decided_on"))  # decisions of before do not say it
    return move(
        letter,
        state,
        was_counted_on=_day(before["counted_on"]),
        **changes,
    )


def _day(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None
