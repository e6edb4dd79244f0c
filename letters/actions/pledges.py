"""Promises to write, kept or given back. A pledge never counts; only letters do."""

import datetime
import secrets
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation

from cases.models import Case, Edition, ErasureAct, ErasureEntry
from letters.actions.reminders import change
from letters.mail import messages, reminders
from letters.models import COUNTED, Letter, LetterState, Pledge, PledgeState, Route
from letters.models.locks import lock
from letters.privacy.antispam import DOUBLE_CLICK, keys_of
from letters.statistics import ledger, surges
from letters.text import routes

# What is written at a kitchen table. More are of a class, or of a robot: somebody looks first.
MAX_UNREVIEWED = 5


class PledgeFields(TypedDict):
    """What is filled in by whoever promises, as the pledge keeps it."""

    number: int
    due_on: datetime.date
    name: str
    group: str
    country: str
    email: str
    email_hash: str
    consent_version: str
    wants_reminders: bool


def pledge(
    *,
    key: str,
    edition: Edition,
    case: Case | None,
    needs_review: bool = False,
    sender: str = "",
    **fields: Unpack[PledgeFields],
) -> Pledge:
    """Record a promise, and mail its private link if there is an address.

    The same form sent again finds the promise it made; with another number or name, or once that
    promise was begun or given back, it makes a new one: nobody writes over another's.
    """
    language = translation.get_language() or "en"
    for each in keys_of(key):
        now = timezone.now()
        made = Pledge(
            key=each,
            edition=edition,
            case=case,
            needs_review=needs_review,
            created_at=now,
            language=language,
            **fields,
        )
        made.next_reminder_on = reminders.next_day(made)
        try:
            with transaction.atomic():
                made.save(force_insert=True)
                messages.queue_pledge_link(made, sender=sender)
            return made
        except IntegrityError:
            there = Pledge.objects.by_key(each).first()
            if there is None:
                raise
            if _is_the_same(there, fields, now):
                return there
    raise AssertionError("keys never end")


def _is_the_same(pledge: Pledge, fields: PledgeFields, now: datetime.datetime) -> bool:
    """Whether a form that is sent again has made just this promise, and nothing came of it yet."""
    if any(getattr(pledge, name) != value for name, value in fields.items()):
        return False
    is_untouched = pledge.state == PledgeState.OPEN and not pledge.letters.exists()
    return is_untouched or now - pledge.created_at < DOUBLE_CLICK


def done(pledge: Pledge) -> int:
    """How many of its letters count."""
    return pledge.letters.filter(counted_on__isnull=False).count()


def room_left(pledge: Pledge, letters: Iterable[Letter]) -> int:
    """How many more can be entered: what waits for a look, or was not valid, fills it too."""
    # See also LetterQuerySet.for_pledges
    entered = sum(letter.counts or letter.route == Route.BY_HAND for letter in letters)
    return max(0, pledge.number - entered)


def stages(pledge: Pledge, letters: Iterable[Letter]) -> dict[str, int]:
    """How many letters of the promise are how far: each is in one of them."""
    numbers = dict.fromkeys(["to_begin", "writing", "ready", "posted", "counted"], 0)
    for letter in letters:
        if letter.is_valid and letter.state != LetterState.WITHDRAWN:
            numbers[_stage(letter)] += 1
    numbers["to_begin"] = max(0, pledge.number - begun(letters))
    return numbers


def _stage(letter: Letter) -> str:
    if letter.counts:
        return "counted"
    if letter.state == LetterState.READY:
        return "ready"
    return "posted" if letter.state in COUNTED else "writing"  # one that is posted waits for a look


def begun(letters: Iterable[Letter]) -> int:
    """How many are begun, or written: so many stay promised."""
    return sum(letter.state != LetterState.WITHDRAWN for letter in letters)


class Stopped(StrEnum):
    """Why no letter can be written for a promise."""

    HIDDEN = "hidden"  # nothing of its case may be told
    PAUSED = "paused"
    CLOSED = "closed"
    TOO_LATE = "too-late"  # its last day is over for every target
    EDITION_OVER = "edition-over"  # it is for any case, and none takes letters


def why_stopped(pledge: Pledge, cases: Iterable[Case]) -> Stopped | None:
    """`cases` are those of a promise for any case that take actions; see also Case.takes_letters"""
    case = pledge.case
    if case is None:
        return None if any(one.takes_letters for one in cases) else Stopped.EDITION_OVER
    if not case.is_visible:
        return Stopped.HIDDEN
    if case.takes_letters:
        return None
    if case.is_paused:
        return Stopped.PAUSED
    return Stopped.TOO_LATE if case.takes_actions else Stopped.CLOSED


def next_first(
    cases: Iterable[Case], letters: Iterable[Letter], ways: dict[int, routes.Ways]
) -> list[Case]:
    """Cases by need, as `cases` are, in the order in which they are offered: whom no letter of the
    promise is for yet, and those whom one can post to from its country, before others."""
    written = Counter(letter.case_id for letter in letters)
    return sorted(
        cases,
        key=lambda case: (ways[case.pk].are_none, written[case.pk], not ways[case.pk].by_post),
    )


def waits_for_letters(pledge: Pledge) -> bool:
    """Whether some are still to be written for it."""
    return not pledge.is_released and pledge.letters_left() > 0


def post_by_hand(
    pledge: Pledge, case: Case, number: int, *, key: str, needs_review: bool = False
) -> int:
    """Keep that letters were written on paper for the pledge, at most those still promised.

    A handful counts at once, more after somebody had a look: one entry is worth as much as five
    hundred letters. `key` is of the form: sent twice, it enters them once. Returns how many were
    entered.
    """
    try:
        with transaction.atomic():
            return _post_by_hand(pledge, case, number, key=key, needs_review=needs_review)
    except IntegrityError:
        return 0  # this very form has entered them


def _post_by_hand(pledge: Pledge, case: Case, number: int, *, key: str, needs_review: bool) -> int:
    try:
        pledge = Pledge.objects.select_for_update().get(pk=pledge.pk)
    except Pledge.DoesNotExist:  # erased this moment
        return 0
    there = list(pledge.letters.only("route", "counted_on", "pledge"))
    number = min(number, room_left(pledge, there))
    if number <= 0 or pledge.state == PledgeState.RELEASED or not case.takes_actions:
        return 0
    by_hand = number + sum(letter.route == Route.BY_HAND for letter in there)
    needs_review = needs_review or pledge.needs_review or pledge.waits_for_look
    needs_review = needs_review or by_hand > MAX_UNREVIEWED
    now, today = timezone.now(), timezone.localdate()
    letters = []
    for nr in range(number):
        letter = Letter(
            key=secrets.token_urlsafe(16) if nr else key,
            case=case,
            pledge=pledge,
            route=Route.BY_HAND,
            state=LetterState.POSTED,
            country=pledge.country,
            needs_review=needs_review,
            counted_on=None if needs_review else today,
            created_at=now,
            changed_at=now,
            waiting_since=now,
            is_sample=pledge.is_sample,
        )
        letter.set_key_hash()
        letters.append(letter)
    Letter.objects.bulk_create(letters)
    if tally_key := letters[0].tally_key:
        if alarm := surges.alarm_of(tally_key, number):
            flagged = Letter.objects.filter(pk__in=[letter.pk for letter in letters])
            flagged.update(needs_review=True, counted_on=None, alarm=alarm)
        else:
            ledger.count(tally_key, number)
    return number


def take_back_by_hand(pledge: Pledge, *, seen: int | None = None) -> bool:
    """Take the newest letter written on paper out again: it was not posted after all.

    `seen` is how many there were on the page with the button: a second click takes out no other.
    """
    with transaction.atomic():
        if not lock(Pledge.objects.filter(pk=pledge.pk)):  # erased this moment
            return False
        # All of them: to lock the newest first is another order than that of who judges many.
        keys = lock(_by_hand(pledge))
        if not keys or seen not in (None, len(keys)):
            return False
        letter = Letter.objects.get(pk=keys[-1])
        _note_taken_back([letter.pk])
        letter.delete()
        if tally_key := letter.tally_key:
            surges.give_back(tally_key)
            ledger.uncount(tally_key)
    return True


def take_back_waiting(pledge: Pledge) -> int:
    """Take out all that were written on paper and wait for a look. Returns how many they were."""
    with transaction.atomic():
        if not lock(Pledge.objects.filter(pk=pledge.pk)):
            return 0
        keys = lock(_by_hand(pledge).filter(needs_review=True))
        _note_taken_back(keys)
        return Letter.objects.filter(pk__in=keys).delete()[0]


def _note_taken_back(keys: list[int]) -> None:
    for done in (ErasureAct.WITHDRAWN, ErasureAct.ERASED):
        ErasureEntry.objects.note(done, Letter, keys)


def _by_hand(pledge: Pledge) -> QuerySet[Letter]:
    """What its writer may still take out: what staff found not to be valid stays."""
    return pledge.letters.filter(route=Route.BY_HAND, invalid_on=None)


def flag_for_review(pledges: QuerySet[Pledge], *, needs_review: bool) -> None:
    """Staff looked at what was written by hand: does what comes for it later wait for a look?"""
    chosen = Pledge.objects.filter(pk__in=pledges.values("pk"))
    with transaction.atomic():
        Pledge.objects.filter(pk__in=lock(chosen)).update(needs_review=needs_review)


def make_smaller(pledge: Pledge, number: int) -> bool:
    """Give a part of the promise back: what is begun stays promised."""
    with transaction.atomic():
        if not lock(_open(pledge)):
            return False
        least = max(1, begun(pledge.letters.only("state", "pledge")))
        return number >= least and bool(
            _open(pledge).filter(number__gt=number).update(number=number)
        )


def move_day(pledge: Pledge, day: datetime.date) -> bool:
    return change(_open(pledge), due_on=day)


def edition_to_write_in(pledge: Pledge) -> Edition | None:
    """The one whose cases its letters can be for: its own as long as one takes letters, else the
    current one; None if there is nobody to write for."""
    for edition in (pledge.edition, Edition.objects.current()):
        if edition and Case.objects.to_write_for(edition).taking_letters().exists():
            return edition
    return None


def write_for_others(pledge: Pledge) -> bool:
    """Let the promise be for any case: its own, or its edition, takes no letters any more. What
    staff answered goes: it may say of whom it was."""
    edition = edition_to_write_in(pledge)
    is_stopped = not pledge.case.takes_letters if pledge.case else edition != pledge.edition
    if edition is None or not is_stopped:
        return False
    return change(_open(pledge), case=None, edition=edition, answer="")


def change_address(
    pledge: Pledge,
    *,
    email: str,
    email_hash: str,
    consent_version: str,
    is_suspect: bool = False,
    sender: str = "",
) -> None:
    """Mail the private link there from now on, or nowhere if it is empty. Nobody has proven yet
    that it is theirs; what was mailed to the one before opens nothing any more."""
    with transaction.atomic():
        current = Pledge.objects.select_for_update().filter(pk=pledge.pk).first()
        if current is None or current.email == email:
            return
        was = current.email_hash
        if was and was != email_hash:
            ErasureEntry.objects.note(ErasureAct.ADDRESS, Pledge, [pledge.pk], email_hash=was)
        current.email, current.email_hash, current.email_proven_on = email, email_hash, None
        current.consent_version = current.consent_version or consent_version
        current.language = translation.get_language() or current.language
        current.wants_reminders = current.wants_reminders and bool(email)
        current.next_reminder_on = reminders.next_day(current)
        changed = ["email", "email_hash", "email_proven_on", "consent_version", "language"]
        current.save(update_fields=[*changed, "wants_reminders", "next_reminder_on"])
        messages.forget_other_addresses(current)
        messages.queue_pledge_link(current, is_suspect=is_suspect, sender=sender)


def release(pledge: Pledge) -> None:
    """Give the promise back: nobody has to write."""
    change(Pledge.objects.filter(pk=pledge.pk), state=PledgeState.RELEASED)


def reopen(pledge: Pledge) -> bool:
    """Take up again what was given back."""
    return change(Pledge.objects.filter(pk=pledge.pk), state=PledgeState.OPEN)


def _open(pledge: Pledge) -> QuerySet[Pledge]:
    return Pledge.objects.filter(pk=pledge.pk, state=PledgeState.OPEN)
