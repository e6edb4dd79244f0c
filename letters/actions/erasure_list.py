"""What people erased, took back and stopped, replayed over a restored backup: nobody is brought
back. See `cases.models.ErasureEntry`.

It does what was done then with the rows as the backup has them; what is not there any more, or is
done already, changes nothing. Each goes through the act that did it, and so is noted anew.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.apps import apps
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from cases.models import ErasureAct, ErasureEntry
from letters.actions import email_addresses, erasure, reminders
from letters.actions.transitions import COUNTED_STATES
from letters.mail import bounces
from letters.models import (
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
    Reply,
    Signature,
    SignatureState,
)
from letters.models.locks import lock
from letters.privacy import erasure as old_age
from letters.statistics import ledger

# How rows are erased of which something stays; all others are deleted.
ERASE: dict[type, Callable[[QuerySet], int]] = {
    Letter: old_age.erase_letters,
    Pledge: old_age.erase_pledges,
    Signature: old_age.erase_signatures,
    Post: old_age.erase_posts,
    Reply: old_age.erase_replies,
    Delivery: old_age.erase_deliveries,
    EmailAddress: erasure.erase_email_addresses,
}
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
                _replay_for_rows(entry.act, rows, entry.email_hash)


def _replay_for_address(act: str, of: str, value: str) -> None:
    match act, value:
        case ErasureAct.PERSON, _value:
            erasure.erase_person(of)
        case ErasureAct.STOPPED, "thanks":
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


def _replay_for_rows(act: str, rows: QuerySet, of: str) -> None:
    model = rows.model
    match act:
        case ErasureAct.ERASED if model in ERASE:
            ERASE[model](rows)
        case ErasureAct.ERASED:
            rows.delete()
        case ErasureAct.ADDRESS:
            for thing in rows.filter(email_hash=of):
                email_addresses.take_address_off(thing)
        case ErasureAct.WITHDRAWN if model in TAKEN_BACK:
            _take_back(rows)
        case ErasureAct.WITHDRAWN if model is Follow:
            rows.update(state=FollowState.ENDED, changed_at=timezone.now())
        case ErasureAct.WITHDRAWN if model is Reply:
            rows.delete()
        case ErasureAct.WITHDRAWN if model is Pledge:
            for pledge in rows:
                reminders.change(Pledge.objects.filter(pk=pledge.pk), state=PledgeState.RELEASED)
        case ErasureAct.STOPPED if model is Pledge:
            for pledge in rows:
                reminders.change(Pledge.objects.filter(pk=pledge.pk), wants_reminders=False)
        case ErasureAct.STOPPED:
            rows.update(wants_news=False)
        case ErasureAct.HIDDEN:
            rows.update(shown_on=None)


def _take_back(rows: QuerySet) -> None:
    """Whatever has become of them since: they count no more, and leave what is not printed."""
    model = rows.model
    keys = lock(rows.filter(state__in=COUNTED_STATES[model]))
    chosen = model._default_manager.filter(pk__in=keys)
    counted = ledger.by_key(chosen)
    if model is not Post:
        HandInItem.objects.leave(
            LeftBecause.WITHDRAWN,
            letters=keys if model is Letter else None,
            signatures=keys if model is Signature else None,
        )
    changes: dict = {"shown_on": None} if model is Letter else {}
    if model is not Post:
        changes["changed_at"] = timezone.now()
    chosen.update(state=TAKEN_BACK[model], counted_on=None, **changes)
    ledger.add_many({key: -number for key, number in counted.items()})
