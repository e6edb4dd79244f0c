"""Tells those who asked for it that an answer came to their letter: one mail for each.

As in `letters.mail.deliveries`, the worker puts the mails into the outbox some at a time, and each
is written when it leaves.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from letters.mail import links, messages
from letters.mail.deliveries import MAILS_A_BATCH
from letters.models import Letter, MailKind, OutgoingMail, Reply
from letters.models.locks import delete_locked


def queue_batch() -> int:
    """Queue the next mails, and return how many letters were looked at."""
    with transaction.atomic():
        due = Reply.objects.to_tell().select_for_update(of=["self"], skip_locked=True)
        reply = due.defer("text", "picture", "shown_text").first()
        if reply is None:
            return 0
        letters = list(_asked(reply)[:MAILS_A_BATCH])
        about = [links.about(letter) for letter in letters]
        earlier = OutgoingMail.objects.filter(about__in=about, kind=MailKind.REPLY_CAME)
        delete_locked(earlier.exclude(sent_at=None, given_up_at=None))  # of an answer before
        mails = [messages.of_reply(letter) for letter in letters]
        OutgoingMail.objects.bulk_create(mails, ignore_conflicts=True)
        if letters:
            reply.told_letter = letters[-1].pk
        if len(letters) < MAILS_A_BATCH:
            reply.tell_after = None
        reply.save(update_fields=["told_letter", "tell_after"])
    return len(letters)


def _asked(reply: Reply) -> QuerySet[Letter]:
    """Those whose writers want to know, behind the last that was looked at."""
    wanting = reply.letters().filter(wants_news=True, erased_on=None, pk__gt=reply.told_letter)
    wanting = wanting.exclude(email_hash="")
    return wanting.defer("subject", "body", "name", "place").order_by("pk")
