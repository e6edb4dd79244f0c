"""Tells those who asked for it that their letter was handed in, or came back: one mail for each,
an hour after staff said so."""

from __future__ import annotations

from django.db.models import F

from letters.mail import batches, messages
from letters.models import Delivery, HandInItem, OutgoingMail
from letters.models.hand_ins import HandInItemQuerySet
from letters.models.locks import delete_locked, lock


def queue_batch() -> int:
    """Queue the next mails, and return how many letters were looked at."""
    return batches.queue(Delivery.objects.to_tell(), "told_number", _queue_some)


def _queue_some(delivery: Delivery, most: int) -> list[int]:
    items = list(_asked(delivery)[:most])
    mails = [messages.of_delivery(item.letter) for item in items if item.letter]
    about = [mail.about for mail in mails]
    earlier = OutgoingMail.objects.filter(about__in=about, kind__in=messages.OF_DELIVERY)
    delete_locked(earlier.exclude(sent_at=None, given_up_at=None))  # of a hand-in before
    OutgoingMail.objects.bulk_create(mails, ignore_conflicts=True)
    _note_told(items)
    return [item.number for item in items]


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
