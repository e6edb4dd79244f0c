"""What happened to a letter or message, and what comes next, in words: for its private page."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from letters.models import Letter, LetterState, Route

# What the title and the first heading of its page say.
LETTER_TITLES = {
    "too_late": _("Too late to send: your letter for %(name)s"),
    "drafting": _("Written: your letter for %(name)s"),
    "ready": _("Ready to post: your letter for %(name)s"),
    "ready_email": _("Ready to e-mail: your letter for %(name)s"),
    "in_review": _("Waiting for a look: your letter for %(name)s"),
    "posted": _("Posted: your letter for %(name)s"),
    "posted_email": _("Sent: your letter for %(name)s"),
    "submitted": _("Handed to us: your letter for %(name)s"),
    "approved": _("Read by us: your letter for %(name)s"),
    "in_hand_in": _("Soon to be printed: your letter for %(name)s"),
    "printed": _("Printed: your letter for %(name)s"),
    "delivered": _("Handed in: your letter for %(name)s"),
    "returned": _("Came back: your letter for %(name)s"),
    "asked": _("Please change: your letter for %(name)s"),
    "rejected": _("Not passed on: your letter for %(name)s"),
    "withdrawn": _("Withdrawn: your letter for %(name)s"),
    "invalid": _("Does not count: your letter for %(name)s"),
}
MESSAGE_TITLES = {
    "drafting": _("Written: your message for %(name)s"),
    "ready": _("Ready to post: your message for %(name)s"),
    "in_review": _("Waiting for a look: your message for %(name)s"),
    "posted": _("Posted: your message for %(name)s"),
    "submitted": _("Handed to us: your message for %(name)s"),
    "approved": _("Read by us: your message for %(name)s"),
    "in_hand_in": _("Soon to be printed: your message for %(name)s"),
    "printed": _("Printed: your message for %(name)s"),
    "delivered": _("Handed over: your message for %(name)s"),
    "returned": _("Came back: your message for %(name)s"),
    "asked": _("Please change: your message for %(name)s"),
    "rejected": _("Not passed on: your message for %(name)s"),
    "withdrawn": _("Withdrawn: your message for %(name)s"),
    "invalid": _("Does not count: your message for %(name)s"),
}


def title(letter: Letter) -> str:
    """With a place for the name: “Posted: your letter for %(name)s”."""
    state = letter.page_state
    if state in ("open", "counted"):
        state = letter.state
    if state in (LetterState.DRAFTING, LetterState.READY) and _is_too_late(letter):
        state = "too_late"
    elif letter.route == Route.EMAIL and state in (LetterState.READY, LetterState.POSTED):
        state += "_email"
    return str((MESSAGE_TITLES if letter.is_message else LETTER_TITLES)[state])


def _is_too_late(letter: Letter) -> bool:
    return letter.target is not None and not letter.target.is_open


class StepState(StrEnum):
    DONE = "done"
    NEXT = "next"
    NOT_YET = "not-yet"


class Step(NamedTuple):
    state: StepState
    words: str


# Staff, or its writer, took it off its way.
OFF_ITS_WAY = {"withdrawn", "rejected", "invalid"}


def steps(letter: Letter) -> list[Step]:
    """What is done, what is next and what is not yet; nothing of what is off its way."""
    if letter.page_state in OFF_ITS_WAY or (_is_too_late(letter) and not letter.counts):
        return []
    todo = _handed_to_us(letter) if letter.route == Route.DELIVER else _sent_by_its_writer(letter)
    states = [StepState.DONE if done else StepState.NOT_YET for done, _words in todo]
    if StepState.NOT_YET in states:
        states[states.index(StepState.NOT_YET)] = StepState.NEXT
    return [Step(state, words) for state, (_done, words) in zip(states, todo, strict=True)]


def _sent_by_its_writer(letter: Letter) -> list[tuple[bool, str]]:
    has_left = letter.state == LetterState.POSTED
    if letter.route == Route.EMAIL:
        send = gettext("E-mailed") if has_left else gettext("E-mail it")
    elif letter.route:
        send = gettext("Posted") if has_left else gettext("Print it and post it")
    else:
        send = gettext("Send it")
    chosen = (
        gettext("You chose how to send it") if letter.route else gettext("Choose how to send it")
    )
    found = [(True, gettext("Written")), (bool(letter.route), chosen), (has_left, send)]
    if has_left and letter.needs_review:
        found.append((False, gettext("We look at it")))
    return [*found, (letter.counts, gettext("Counted"))]


def _handed_to_us(letter: Letter) -> list[tuple[bool, str]]:
    state = letter.state
    counted = (letter.counts, gettext("Counted"))
    read = [(True, gettext("Read by us"))] if letter.is_read else [(False, gettext("We read it"))]
    if state == LetterState.CHANGE_ASKED:
        read = [
            (True, gettext("Read by us")),
            (False, gettext("You change it, and hand it in again")),
        ]
    on_paper = state in (LetterState.PRINTED, LetterState.DELIVERED, LetterState.RETURNED)
    is_there = state in (LetterState.DELIVERED, LetterState.RETURNED)
    found = [(True, gettext("Written")), (True, gettext("Handed to us"))]
    # What a trap or a limit caught counts only once it is read.
    found += [*read, counted] if letter.needs_review else [counted, *read]
    found.append((on_paper, gettext("Printed by us") if on_paper else gettext("We print it")))
    found.append((is_there, gettext("Handed in") if is_there else gettext("We hand it in")))
    if state == LetterState.RETURNED:
        found.append((True, gettext("Came back to us")))
    return found
