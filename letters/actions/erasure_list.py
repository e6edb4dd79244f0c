"""What people erased, took back and stopped, replayed over a restored backup: nobody is brought
back. See `cases.models.ErasureEntry`.

It does what was done then with the rows as the backup has them; what is not there any more, or is
done already, changes nothing. Each goes through the act that did it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.apps import apps
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.models import ErasureAct, ErasureEntry
from cases.models.erasure_list import BY_STAFF_REJECTED, STAYS_PLEDGED
from letters.actions import email_addresses, erasure, reminders
from letters.actions.transitions import COUNTED_STATES, TO_BE_PRINTED
from letters.mail import announcements, bounces, year_letters
from letters.models import (
    Announcement,
    BounceKind,
    Delivery,
    EmailAddress,
    Follow,
    FollowState,
    HandInItem,
    LeftBecause,
    Letter,
    LetterState,
    Pledge,
    PledgeState,
    Post,
    PostState,
    RejectionCode,
    Reply,
    Signature,
    SignatureState,
    YearLetter,
)
from letters.models.locks import lock
from letters.privacy import erasure as old_age
from letters.statistics import ledger

# How rows are erased of which something stays; all others are deleted.
ERASE: dict[type, Callable[[QuerySet], int]] = {
    Pledge: old_age.erase_pledges,
    Signature: old_age.erase_signatures,
    Post: old_age.erase_posts,
    Reply: old_age.erase_replies,
    Delivery: old_age.erase_deliveries,
    EmailAddress: erasure.erase_email_addresses,
}
STOP: dict[type, Callable] = {Announcement: announcements.stop, YearLetter: year_letters.stop}
TAKEN_BACK = {
    Letter: LetterState.WITHDRAWN,
    Signature: SignatureState.WITHDRAWN,
    Post: PostState.WITHDRAWN,
}


def replay(entry: ErasureEntry) -> None:
    with transaction.atomic():
        model = apps.get_model(entry.model) if entry.model else None
        if model is None:
            _replay_for_address(entry.act, entry.email_hash, entry.value)
        else:
            keys, part = entry.keys, 500
            for start in range(0, len(keys), part):
                rows = model._default_manager.filter(pk__in=keys[start : start + part])
                _replay_for_rows(entry.act, rows, entry.email_hash, entry.value)


def _replay_for_address(act: str, of: str, value: str) -> None:
    match act, value:
        case ErasureAct.PERSON, _value:
            erasure.erase_person(of)
        case ErasureAct.STOPPED, "thanks":  # noted so before 28 November 2026, as reminders were
            email_addresses.end_thanks(of)
        case ErasureAct.STOPPED, "reminders":
            reminders.stop(of)
        case ErasureAct.STOPPED, "spam":
            bounces.note(of, BounceKind.COMPLAINT)
        case ErasureAct.STOPPED, "all":
            unknown = EmailAddress(email="", email_hash=of, key=secrets.token_urlsafe(16))
            unknown.created_at = timezone.now()
            unknown.set_key_hash()
            EmailAddress.objects.bulk_create([unknown], ignore_conflicts=True)
            email_addresses.not_me(EmailAddress.objects.get(email_hash=of), block=True)


def _replay_for_rows(act: str, rows: QuerySet, of: str, value: str) -> None:
    model = rows.model
    match act:
        case ErasureAct.ERASED if model is Letter:
            old_age.erase_letters(rows, keeps_pledge=value == STAYS_PLEDGED)
        case ErasureAct.ERASED if model in ERASE:
            ERASE[model](rows)
        case ErasureAct.ERASED:
            rows.delete()
        case ErasureAct.ADDRESS:
            for thing in rows.filter(email_hash=of):
                email_addresses.take_address_off(thing)
        case ErasureAct.WITHDRAWN if value.startswith(BY_STAFF_REJECTED):
            _reject(rows, value.removeprefix(BY_STAFF_REJECTED).strip())
        case ErasureAct.WITHDRAWN if model in TAKEN_BACK:
            _take_back(rows, LeftBecause.WITHDRAWN, state=TAKEN_BACK[model])
        case ErasureAct.REREAD:
            _let_be_read_again(rows)
        case ErasureAct.WITHDRAWN if model is Follow:
            rows.update(state=FollowState.ENDED, changed_at=timezone.now())
        case ErasureAct.WITHDRAWN if model is Reply:
            rows.delete()
        case ErasureAct.WITHDRAWN if model is Pledge:
            for pledge in rows:
                reminders.change(Pledge.objects.filter(pk=pledge.pk), state=PledgeState.RELEASED)
        case ErasureAct.STOPPED if model in (Announcement, YearLetter):
            for news in rows:
                STOP[model](news)
        case ErasureAct.STOPPED if model is Pledge:
            for pledge in rows:
                reminders.change(Pledge.objects.filter(pk=pledge.pk), wants_reminders=False)
        case ErasureAct.STOPPED if model is Signature:
            rows.update(wants_thanks=False)
        case ErasureAct.STOPPED:
            rows.update(wants_news=False)
        case ErasureAct.HIDDEN:
            rows.update(shown_on=None)


def _reject(letters: QuerySet, code: str) -> None:
    """Staff said no; the words with which they said it are not on the list."""
    today = timezone.localdate()
    changes = {"state": LetterState.REJECTED, "rejection_code": code, "decided_on": today}
    if code not in ("", RejectionCode.OTHER):
        _take_back(letters, LeftBecause.REJECTED, **changes)
        return
    for letter in letters:
        with translation.override(letter.page_language):
            reason = _("We have lost our reason with a computer. Ask us if you want to know it.")
        this = letters.filter(pk=letter.pk)
        _take_back(this, LeftBecause.REJECTED, rejection_reason=reason, **changes)


def _let_be_read_again(letters: QuerySet[Letter]) -> None:
    """It was approved as the backup has it, and is not so any more: its writer has changed it, or
    staff left something out or asked for a change. Nothing of it leaves before it is read."""
    now = timezone.now()
    keys = lock(letters.filter(state__in=TO_BE_PRINTED, erased_on=None))
    HandInItem.objects.leave(LeftBecause.CHANGED, letters=keys)
    Letter.objects.filter(pk__in=keys).update(
        state=LetterState.SUBMITTED, shown_on=None, waiting_since=now, changed_at=now
    )


def _take_back(rows: QuerySet, because: LeftBecause, **changes) -> None:
    """Whatever has become of them since: they count no more, and leave what is not printed."""
    model = rows.model
    keys = lock(rows.filter(state__in=COUNTED_STATES[model]))
    chosen = model._default_manager.filter(pk__in=keys)
    counted = ledger.by_key(chosen)
    if model is not Post:
        HandInItem.objects.leave(
            because,
            letters=keys if model is Letter else None,
            signatures=keys if model is Signature else None,
        )
    if model is Letter:
        changes["shown_on"] = None
    if model is not Post:
        changes["changed_at"] = timezone.now()
    chosen.update(counted_on=None, **changes)
    ledger.add_many({key: -number for key, number in counted.items()})
