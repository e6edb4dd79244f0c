"""Tells those who asked for it that their letter was handed in, or came back: one mail for each.

The worker puts the mails into the outbox some at a time, an hour after staff said so; how far it
came commits with them. What each says is written when it leaves, and nothing leaves of a case that
is frozen by then, nor of a letter that was erased.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from letters.mail import messages
from letters.models import Delivery, HandInItem, OutgoingMail
from letters.models.hand_ins import HandInItemQuerySet
from letters.models.locks import lock

MAILS_A_BATCH = 500  # mails a transaction: a confirmation asked for meanwhile waits no longer


def queue_batch() -> int:
    """Queue the next mails, and return how many letters were looked at."""
    with transaction.atomic():
        due = Delivery.objects.to_tell().select_for_update(of=["self"], skip_locked=True)
        delivery = due.first()
        if delivery is None:
            return 0
        items = list(_asked(delivery)[:MAILS_A_BATCH])
        mails = [messages.of_delivery(item.letter) for item in items if item.letter]
        OutgoingMail.objects.bulk_create(mails, ignore_conflicts=True)
        _note_told(items)
        if items:
            delivery.told_number = items[-1].number
        if len(items) < MAILS_A_BATCH:
            delivery.tell_after = None
        delivery.save(update_fields=["told_number", "tell_after"])
    return len(items)


def _asked(delivery: Delivery) -> HandInItemQuerySet:
    """Who wants to know and was not told yet, behind the last that was looked at."""
    return (
        HandInItem.objects.open()
        .filter(
            hand_in=delivery.hand_in_id,
            number__gt=delivery.told_number,
            letter__state__in=messages.OF_DELIVERY.values(),
            letter__wants_news=True,
            letter__erased_on=None,
            letter__invalid_on=None,
        )
        .exclude(letter__email_hash="")
        .exclude(letter__state=F("told"))
        .select_related("letter")
        .defer("letter__subject", "letter__body", "letter__name", "letter__place")
        .order_by("number")
    )


def _note_told(items: list[HandInItem]) -> None:
    """What each is told of. It stays when the mail is erased, so that nobody is told twice."""
    for state in messages.OF_DELIVERY.values():
        of_state = [item.pk for item in items if item.letter and item.letter.state == state]
        told = lock(HandInItem.objects.filter(pk__in=of_state))
        HandInItem.objects.filter(pk__in=told).update(told=state)
