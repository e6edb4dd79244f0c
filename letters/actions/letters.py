"""The life of a letter, from its first draft until it is sent.

Each act takes the letter as it was read, and changes it only if nobody changed its state in
between (another tab, a double click): then it returns False and nothing has happened.
"""

import datetime
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.utils import timezone

from cases.models import Case, ErasureAct, ErasureEntry, Freeze
from letters.actions import email_addresses, follows
from letters.actions.transitions import lock_as_read, move
from letters.mail import messages, thanks
from letters.models import (
    READ_STATES,
    UNTOLD,
    EmbassyPart,
    HandInItem,
    LeftBecause,
    Letter,
    LetterState,
    Pledge,
    Redaction,
    Route,
)
from letters.models.locks import lock
from letters.privacy import consent
from letters.privacy.antispam import DOUBLE_CLICK, keys_of
from letters.statistics import ledger
from letters.text import checks, pictures, routes

DRAFTING, READY, POSTED = LetterState.DRAFTING, LetterState.READY, LetterState.POSTED
SUBMITTED, APPROVED = LetterState.SUBMITTED, LetterState.APPROVED
IN_HAND_IN, PRINTED = LetterState.IN_HAND_IN, LetterState.PRINTED
DELIVERED, RETURNED = LetterState.DELIVERED, LetterState.RETURNED
CHANGE_ASKED, REJECTED = LetterState.CHANGE_ASKED, LetterState.REJECTED
WITHDRAWN = LetterState.WITHDRAWN

# What a writer may do in a state: act → (new state, new route or None for the same).
WRITER_ACTS: dict[str, dict[str, tuple[str, str | None]]] = {
    DRAFTING: {
        "post": (READY, Route.POST),
        "embassy": (READY, Route.POST),
        "email": (READY, Route.EMAIL),
        "deliver": (SUBMITTED, Route.DELIVER),
        "withdraw": (WITHDRAWN, None),
    },
    READY: {
        "posted": (POSTED, None),
        "undo": (DRAFTING, Route.UNDECIDED),
        "withdraw": (WITHDRAWN, None),
    },
    POSTED: {"undo": (READY, None)},
    SUBMITTED: {"undo": (DRAFTING, Route.UNDECIDED), "withdraw": (WITHDRAWN, None)},
    CHANGE_ASKED: {
        "answer": (SUBMITTED, None),
        "undo": (DRAFTING, Route.UNDECIDED),
        "withdraw": (WITHDRAWN, None),
    },
    APPROVED: {"withdraw": (WITHDRAWN, None)},
    IN_HAND_IN: {"withdraw": (WITHDRAWN, None)},
    PRINTED: {},  # on paper, it is beyond recall
    DELIVERED: {},
    RETURNED: {},
    REJECTED: {
        "deliver": (SUBMITTED, Route.DELIVER),
        "undo": (DRAFTING, Route.UNDECIDED),  # only where we can't hand it in any more
        "withdraw": (WITHDRAWN, None),
    },
    WITHDRAWN: {"undo": (DRAFTING, Route.UNDECIDED)},
}
# These send a letter on its way; a case that takes no actions stops them.
SENDING = {"post", "embassy", "email", "deliver", "posted"}
# These let it leave as it is; posted is what has left already.
LEAVING = SENDING - {"posted"}
# These are not done with a word in it that a rule of the case stops.
CHECKED = LEAVING | {"answer"}


class LetterFields(TypedDict, total=False):
    """What its writer fills in, as the letter keeps it. Those of a letter and a message differ."""

    kind: str
    form: str
    target_id: int | None
    language: str
    subject: str
    body: str
    name_form: str
    name: str
    place: str
    country: str
    email: str
    email_hash: str
    consent_version: str
    may_be_shown: bool


def write(
    *,
    key: str,
    case: Case,
    pledge_id: int | None,
    needs_review: bool,
    page_language: str,
    go_along: bool,
    sender: str,
    follow: bool,
    drawing: pictures.Drawing | bool | None,
    **fields: Unpack[LetterFields],
) -> Letter:
    """Keep a letter as a draft, and mail its private link if there is an address.

    With `follow` the same mail asks its writer to confirm that they want news of the case; then
    there must be an address. The same form sent again with the same words finds the letter it made;
    with others, or when that letter has left, it makes a new one: nobody writes over another's.
    With `go_along` the link waits for what else its writer does: one mail has all links.
    """
    keys = keys_of(key)
    each = next(keys)
    while True:
        now = timezone.now()
        letter = Letter(
            key=each,
            case=case,
            pledge_id=pledge_id,
            needs_review=needs_review,
            page_language=page_language,
            created_at=now,
            changed_at=now,
            supporter_changed_at=now,
            **fields,
        )
        try:
            with transaction.atomic():
                if pledge_id and not lock(Pledge.objects.filter(pk=pledge_id)):
                    letter.pledge_id = None  # it was erased in between
                letter.save(force_insert=True)
                pictures.keep(letter, drawing)
                if follow:
                    follows.follow(
                        email=letter.email, case=case, is_suspect=needs_review, sender=sender
                    )
                messages.queue_letter_link(letter, sender=sender, go_along=go_along)
            return letter
        except IntegrityError:
            there = Letter.objects.by_key(each).first()
            if there and _is_the_same(there, fields, drawing, now):
                return there
            if there:
                each = next(keys)
            else:
                raise


def _is_the_same(
    letter: Letter,
    fields: LetterFields,
    drawing: pictures.Drawing | bool | None,
    now: datetime.datetime,
) -> bool:
    """Whether a form that is sent again has made just this letter, and it has not left since."""
    same = all(getattr(letter, name) == value for name, value in fields.items())
    if not same or letter.erased_on or not pictures.is_kept(letter, drawing):
        return False
    return letter.state == DRAFTING or now - letter.created_at < DOUBLE_CLICK


def revise(
    letter: Letter,
    *,
    drawing: pictures.Drawing | bool | None = None,
    follow: bool = False,
    sender: str = "",
    **fields: Unpack[LetterFields],
) -> bool:
    """Change the words of a letter that has not left; an approved one is read again, and
    leaves the hand-in that it may be in."""
    wanted = consent.version_for(letter.case, letter)
    if consent.covers(letter.consent_version, wanted):  # they were not asked again
        fields.pop("consent_version", None)
    for name, value in fields.items():
        setattr(letter, name, value)
    letter.changed_at = letter.supporter_changed_at = timezone.now()
    with transaction.atomic():
        current = Letter.objects.select_for_update().filter(pk=letter.pk).first()
        if current is None or not current.is_editable:
            return False
        letter.state, letter.counted_on = current.state, current.counted_on
        letter.shown_on, letter.waiting_since = current.shown_on, current.waiting_since
        was, now = current.tally_key, letter.tally_key
        letter.is_answer = current.is_answer
        letter.email_proven_on = current.email_proven_on
        if current.email != letter.email:
            letter.email_proven_on = None
        if current.state in (APPROVED, IN_HAND_IN):
            letter.state, letter.shown_on, letter.is_answer = SUBMITTED, None, False
            letter.waiting_since = letter.changed_at
        changed = ["changed_at", "supporter_changed_at", "state", "shown_on", "waiting_since"]
        changed += ["is_answer", "email_proven_on"]
        letter.save(update_fields=[*fields, *changed])
        if (current.subject, current.body) != (letter.subject, letter.body):
            Redaction.objects.filter(letter=letter).delete()
        if current.shown_on and not letter.shown_on:
            ErasureEntry.objects.note(ErasureAct.HIDDEN, Letter, [letter.pk])
        if current.state in (APPROVED, IN_HAND_IN):
            ErasureEntry.objects.note(ErasureAct.REREAD, Letter, [letter.pk])
        pictures.keep(letter, drawing)
        # The same whether it was asked for before: nobody learns of it.
        email_address = email_addresses.get_or_create_locked(letter.email) if follow else None
        if email_address:
            follows.request_follow(email_address, letter.case)
        if (was_of := current.email_hash) != letter.email_hash:
            if was_of:
                ErasureEntry.objects.note(
                    ErasureAct.ADDRESS, Letter, [letter.pk], email_hash=was_of
                )
            messages.forget_other_addresses(letter)
        messages.queue_letter_link(letter, sender=sender)
        if email_address:
            messages.queue_confirm(
                email_address, letter.email, trapped=letter.needs_review, sender=sender
            )
        if current.state == IN_HAND_IN:
            HandInItem.objects.leave(LeftBecause.CHANGED, letters=[letter.pk])
        ledger.shift(was, now)
    return True


def allowed_acts(letter: Letter) -> set[str]:
    """What its writer may do with the letter now."""
    acts = _acts_now(letter)
    return acts if consent.covers_delivery(letter) else acts - {"deliver"}


def waits_for_consent(letter: Letter) -> bool:
    """Whether it could be handed to us if its writer agreed to that too: the page on which they
    change it asks them."""
    return not consent.covers_delivery(letter) and "deliver" in _acts_now(letter)


def _acts_now(letter: Letter) -> set[str]:
    """What can be done with it, whatever its writer has agreed to."""
    if letter.erased_on or letter.route == Route.BY_HAND or not letter.is_valid:
        return set()
    case, target = letter.case, letter.target
    acts = set(WRITER_ACTS[letter.state])
    if target is None or not target.checked_email:
        acts.discard("email")
    if target is not None and not target.is_open:
        acts -= LEAVING
    if case.freeze != Freeze.NONE:  # one that was closed since still takes an answer
        acts.discard("answer")
    if target is None or not case.state_of(target):
        acts.discard("embassy")
    if letter.is_message and not _has_address_for_writers(case):
        acts.discard("post")
    if not case.offers_delivery:  # what is with us already stays with us
        acts.discard("deliver")
    elif letter.state == REJECTED:
        acts.discard("undo")
    takes = case.takes_messages if letter.is_message else case.takes_actions
    return acts if takes else acts - SENDING


def _has_address_for_writers(case: Case) -> bool:
    return case.solidarity_action is not None and case.solidarity_action.has_address_for_writers


def act(
    letter: Letter,
    name: str,
    *,
    posted_from: str = "",
    copy: bool = False,
    wants_news: bool = False,
) -> bool:
    """Do what the writer asked for, if it is allowed in the letter's state.

    `posted_from` and `copy`, whether an embassy there gets one, are of a letter that they post.
    """
    if name in ("news", "no-news"):
        return set_news(letter, name == "news")
    if name not in allowed_acts(letter) or (name in CHECKED and checks.is_blocked(letter)):
        return False
    state, route = WRITER_ACTS[letter.state][name]
    is_answer, now = name == "answer", timezone.now()
    if name == "posted":
        return _post(letter)
    if letter.state == REJECTED and name in ("undo", "withdraw"):
        # Staff said no: they look before it counts. What is withdrawn can be taken up again.
        return move(
            letter,
            state,
            route=letter.route if route is None else route,
            needs_review=True,
            is_answer=False,
            supporter_changed_at=now,
        )
    if route is None:
        return move(letter, state, shown_on=None, is_answer=is_answer, supporter_changed_at=now)
    part = EmbassyPart.VIA if name == "embassy" else EmbassyPart.COPY if copy else ""
    origin = posted_from if route == Route.POST else ""
    embassy = routes.embassy_for(letter, origin) if part else None
    if name == "embassy" and embassy is None:
        return False
    return move(
        letter,
        state,
        shown_on=None,
        is_answer=is_answer,
        supporter_changed_at=now,
        route=route,
        wants_news=bool(letter.email_hash) and (wants_news or letter.wants_news),
        posted_from=origin,
        embassy=embassy,
        embassy_part=part if embassy else "",
    )


def _post(letter: Letter) -> bool:
    with transaction.atomic():
        if letter.wants_news and lock_as_read(letter):
            thanks.queue_for_letter(letter)
        return move(
            letter, POSTED, shown_on=None, is_answer=False, supporter_changed_at=timezone.now()
        )


def set_news(letter: Letter, wants_news: bool) -> bool:
    """Whether its writer wants to be thanked, and told what happened."""
    if not letter.may_want_news:
        return False
    letter.wants_news = wants_news
    with transaction.atomic():
        chosen = lock(Letter.objects.filter(pk=letter.pk, erased_on=None))
        done = bool(Letter.objects.filter(pk__in=chosen).update(wants_news=wants_news))
        if wants_news:
            ErasureEntry.objects.note(ErasureAct.AGAIN, Letter, chosen, value=ErasureAct.STOPPED)
        else:
            ErasureEntry.objects.note(ErasureAct.STOPPED, Letter, chosen)
        if done and wants_news and letter.state == POSTED:
            thanks.queue_for_letter(letter)
    return done


def approve(letter: Letter) -> bool:
    """A moderator read it: it may be handed in, and counts if it waited for that."""
    today = timezone.localdate()
    return letter.may_be_approved and move(letter, APPROVED, needs_review=False, decided_on=today)


def reject(letter: Letter, code: str, reason: str = "") -> bool:
    """A moderator read it: it can't be handed in, or counted, as it is.

    Its writer reads what the code says to them, and the reason; of an `UNTOLD` code, neither.
    While its case is frozen nothing can be told.
    """
    if not letter.may_be_rejected or (code not in UNTOLD and letter.case.freeze != Freeze.NONE):
        return False
    with transaction.atomic():
        if not lock_as_read(letter):
            return False
        if code in UNTOLD:
            messages.forget_decision(letter)  # nor is an earlier one told
        else:
            messages.queue_rejection(letter)
        return move(
            letter,
            REJECTED,
            shown_on=None,
            decided_on=timezone.localdate(),
            rejection_code=code,
            rejection_reason=reason,
        )


def may_be_asked_to_change(letter: Letter) -> bool:
    """Not while its case is frozen: nothing may be mailed, and no answer can come."""
    return letter.may_be_asked_to_change and letter.case.freeze == Freeze.NONE


def ask_for_change(letter: Letter, wanted: str) -> bool:
    """A moderator read it: it can be handed in once its writer has changed something.

    `wanted` must not be empty; the writer reads it, in a mail too. The words stay as they are, and
    the letter counts on, or from now on if it waited for somebody to look at it.
    """
    if not may_be_asked_to_change(letter):
        return False
    with transaction.atomic():
        if not lock_as_read(letter):
            return False
        messages.queue_change_asked(letter)
        return move(
            letter,
            CHANGE_ASKED,
            needs_review=False,
            shown_on=None,
            is_answer=False,
            decided_on=timezone.localdate(),
            change_wanted=wanted,
        )


def may_be_cleared(letter: Letter) -> bool:
    return letter.needs_review and letter.is_valid and not letter.lacks_a_look_at_its_pledge


def clear_review(letter: Letter) -> bool:
    """A moderator looked at what a trap or a limit caught: it is a letter, and counts as one."""
    return may_be_cleared(letter) and move(letter, letter.state, needs_review=False)


def may_be_shown(letter: Letter) -> bool:
    """A message that was approved, whose writer agrees, and whose case shows messages."""
    return (
        letter.is_message
        and letter.may_be_shown
        and letter.state in READ_STATES
        and letter.erased_on is None
        and letter.case.solidarity_action is not None
        and letter.case.solidarity_action.shows_messages
    )


def show(letter: Letter) -> bool:
    """A moderator chose it: readers may read the message on the page of its case."""
    return may_be_shown(letter) and move(letter, letter.state, shown_on=timezone.localdate())


def hide(letter: Letter) -> bool:
    """Readers see it no more; it stays approved, and is handed in."""
    return letter.shown_on is not None and move(letter, letter.state, shown_on=None)
