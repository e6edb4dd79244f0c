"""Tells those who asked for it that an answer came to their letter: one mail for each."""

from __future__ import annotations

from django.db.models import CharField, Min, QuerySet, Value
from django.db.models.functions import Cast, Concat

from letters.mail import batches, links, messages
from letters.models import Letter, MailKind, OutgoingMail, Reply
from letters.models.locks import delete_locked


def queue_batch() -> int:
    """Queue the next mails, and return how many letters were looked at."""
    due = Reply.objects.to_tell().defer("text", "picture", "shown_text")
    return batches.queue(due, "told_letter", _queue_some)


def _queue_some(reply: Reply, most: int) -> list[int]:
    letters = list(_asked(reply)[:most])
    about = [links.about(letter) for letter in letters]
    earlier = OutgoingMail.objects.filter(about__in=about, kind=MailKind.REPLY_CAME)
    delete_locked(earlier.exclude(sent_at=None, given_up_at=None))  # of an answer before
    mails = [messages.of_reply(letter) for letter in letters]
    OutgoingMail.objects.bulk_create(mails, ignore_conflicts=True)
    return [letter.pk for letter in letters]


def first_not_told(reply: Reply) -> int | None:
    """Of those for whom a mail waits, the first letter."""
    waiting = OutgoingMail.objects.waiting().filter(kind=MailKind.REPLY_CAME)
    letters = reply.letters().filter(pk__lte=reply.told_letter)
    return _with_mails(letters, waiting).aggregate(first=Min("pk"))["first"]


def _with_mails(letters: QuerySet[Letter], mails: QuerySet[OutgoingMail]) -> QuerySet[Letter]:
    """Those that one of the mails is about: see links.about."""
    named = letters.alias(about=Concat(Value("letter:"), Cast("pk", CharField())))
    return named.filter(about__in=mails.values("about"))


def _asked(reply: Reply) -> QuerySet[Letter]:
    """Those whose writers want to know, behind the last that was looked at."""
    wanting = reply.letters().filter(wants_news=True, erased_on=None, pk__gt=reply.told_letter)
    wanting = wanting.exclude(email_hash="")
    if reply.told_since:
        told = OutgoingMail.objects.filter(kind=MailKind.REPLY_CAME)
        told = told.filter(sent_at__gte=reply.told_since)
        wanting = wanting.exclude(pk__in=_with_mails(wanting, told).values("pk"))
    return wanting.defer("subject", "body", "name", "place").order_by("pk")
