"""Sends what waits in the outbox. No mail is lost; one may arrive twice, with the same Message-ID.

A worker claims rows in one transaction that moves `not_before` behind a lease. If it is killed,
they wait until the lease is over and are then anybody's again. So any number of workers may run.
With a row go all others that the same address waits for: they get its number as their `batch`, stay
together, and leave as one mail. Only what is of a case that was frozen meanwhile stays behind.

A mail is marked as sent at once when the server has said 250, before anything else is done. A
second copy leaves only if a server took the words and that answer never reached the mark: the
connection broke before it, or the worker was killed or lost its database in between. SMTP cannot be
asked whether it has a mail, and to lose one would be worse.
"""

import datetime
import logging
from collections.abc import Callable
from contextlib import suppress
from email.message import Message
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from cases.encryption import Unreadable, keyed_hash
from letters.mail import announcements, bounces, parts, writing
from letters.mail.pace import (
    DOMAIN,
    HAND_INS,
    HOUR,
    LINKS,
    NEWS,
    REMIND,
    SENDER,
    SHARED,
    SITE,
    TRAPPED,
    USUAL,
    MailPace,
    keep_to,
)
from letters.models import BounceKind, EmailAddress, MailKind, OutgoingMail, Priority
from letters.models.locks import delete_locked, lock
from letters.models.mail import REMINDERS, TELLS_OF_DECISION, THANKS, OutgoingMailQuerySet
from letters.privacy import throttle

logger = logging.getLogger(__name__)

MAX_TRIES = 8
WORDS = ["to", "subject", "body", "unsubscribe_url"]  # encrypted: read when it leaves
MAILS_A_CONNECTION = 50  # mails that share a connection to the server
MAX_HEADER_CHARACTERS = (
    998  # RFC 5322: a line; folded, a link in it is broken for some mail programs
)


class FlowedMessage(EmailMessage):
    """A mail whose headers with links are not folded, and whose lines a mail program may set anew.

    A long subject is folded, as Django and RFC 2047 have it.
    """

    def message(self) -> Message:
        message = super().message()
        message.set_param("format", "flowed")
        message.policy = message.policy.clone(max_line_length=MAX_HEADER_CHARACTERS)
        return message


def send_due(pace: MailPace = USUAL, stopping: Callable[[], bool] = lambda: False) -> int:
    """Send the mails that are due, what must be confirmed first and news last, and return how many
    were sent."""
    due = list(OutgoingMail.objects.due().defer(*WORDS)[:MAILS_A_CONNECTION])
    if not due:
        return 0
    sent = 0
    post = get_connection()
    try:
        post.open()
    except OSError as error:  # no mail is to blame: all wait, and none uses up a try
        _close(post)
        _alarm("no-server", "The mail server can't be used, all mails wait: %s", _named(error))
        return 0
    try:
        for mail in due:
            if stopping():
                break
            try:
                if batch := _claim(mail, pace):
                    sent += _send(batch, post, pace)
            except throttle.TooOften as wait:
                _hold_up(mail, wait, pace)
    finally:
        _close(post)
    return sent


def is_behind() -> datetime.datetime | None:
    """When what is asked for now can leave, if the whole site has used up its hour; else None.

    The same for everybody: it tells nothing of an address.
    """
    waiting = OutgoingMail.objects.waiting().filter(held_up_by=SITE, not_before__gt=timezone.now())
    return waiting.order_by("not_before").values_list("not_before", flat=True).first()


def message_id(mails: list[OutgoingMail]) -> str:
    """The same for every try of these as one mail, so that a second copy is known as one."""
    return message_id_of([mail.pk for mail in mails], mails[0].to_hash)


def message_id_of(keys: list[int], to_hash: str) -> str:
    """Of the mail that these rows left as."""
    told = "|".join(str(key) for key in sorted(keys))
    return f"<{keyed_hash(f'{told}|{to_hash}', 'message-id')}@{_domain()}>"


def _domain() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def _claim(mail: OutgoingMail, pace: MailPace) -> list[OutgoingMail]:
    """The mail and what leaves with it, if this worker, and no other, may try them now.

    Raises TooOften if its address, its share or the whole site had enough; then nothing is claimed.
    """
    with transaction.atomic():
        # All that waits for the address, in one order: two workers never wait for each other.
        together = {"pk": mail.pk} if mail.is_news else {"to_hash": mail.to_hash, "is_news": False}
        waiting = OutgoingMail.objects.waiting().may_be_told().filter(**together).defer(*WORDS)
        locked = {row.pk: row for row in waiting.order_by("pk").select_for_update(skip_locked=True)}
        # Two workers that read the same row know the same `attempts`: one of them changes it. Due
        # is asked once more: the case may have been frozen since.
        as_read = {"pk": mail.pk, "attempts": mail.attempts, "not_before": mail.not_before}
        if mail.pk not in locked or not OutgoingMail.objects.due().filter(**as_read).exists():
            return []
        first = locked[mail.pk]
        batch = [first, *(row for row in locked.values() if _leaves_with(row, first))]
        stop = bounces.stop_of(first.to_hash)
        unwanted = [
            row for row in batch if not (bounces.lets_through(stop, row.kind) and _is_wanted(row))
        ]
        if unwanted:
            OutgoingMail.objects.filter(pk__in=[row.pk for row in unwanted]).delete()
            batch = [row for row in batch if row not in unwanted]
            if first in unwanted:
                return []
        if first.attempts >= MAX_TRIES:  # the one who tried last was killed every time
            _give_up(batch, "the worker was stopped while it tried")
            return []
        number = first.batch or first.pk
        _rows(batch).update(
            attempts=F("attempts") + 1,
            not_before=timezone.now() + pace.lease,
            batch=number,
            held_up_by="",
        )
        for row in batch:
            row.attempts, row.batch = row.attempts + 1, number
        bounces.keep_to(stop, taker=number)
        keep_to(pace, first, taker=number)
    return batch


def _leaves_with(row: OutgoingMail, first: OutgoingMail) -> bool:
    """Whether another row for the same address goes into the mail that is about to leave.

    What was tried together stays together, and nothing else joins it: a second copy says the same.
    """
    if row.pk == first.pk:
        return False
    if first.batch:
        return row.batch == first.batch
    # One click ends them; what thanks keeps nothing else waiting until the next day.
    for alone in (REMINDERS, THANKS, [MailKind.LETTER_HANDED_IN], [MailKind.YEAR]):
        if (row.kind in alone) != (first.kind in alone):
            return False
    may_be_undone = row.kind in TELLS_OF_DECISION or row.kind in THANKS
    if may_be_undone and row.not_before > timezone.now():
        return False
    is_free = row.batch is None and row.attempts == 0
    is_trapped = Priority.TRAPPED in (row.priority, first.priority)
    return (
        is_free
        and row.language == first.language
        and (row.priority == first.priority or not is_trapped)
        and _have_one_address(row, first)
    )


def _have_one_address(*mails: OutgoingMail) -> bool:
    """sam+somebody@ and sam@ have one hash, and are perhaps not read by the same person."""
    try:
        return len({mail.to for mail in mails}) == 1
    except Unreadable:  # it fails by itself, when its turn comes
        return False


def _is_wanted(mail: OutgoingMail) -> bool:
    """Whether the mail may go to its address: nothing does once its owner blocked it.

    A second mail to confirm, asked for while the first had just left, is not needed any more if
    its owner has said yes to everything meanwhile.
    """
    if mail.is_news:
        return announcements.is_wanted(mail)
    if EmailAddress.objects.filter(email_hash=mail.to_hash, blocked_on__isnull=False).exists():
        return False
    has_waited = mail.kind == MailKind.CONFIRM and mail.not_before > mail.created_at
    return not has_waited or parts.waits_for_confirmation(mail)


def _send(batch: list[OutgoingMail], post: BaseEmailBackend, pace: MailPace) -> bool:
    """Try the rows that were claimed as one mail, and note how it went."""
    try:
        # Whole, and anew: one may have been erased a moment ago.
        rows = sorted(_rows(batch), key=lambda row: row.pk != batch[0].pk)
        message = writing.written(rows) if rows else None
        if message is None:
            with transaction.atomic():  # of a case that was frozen just now it waits
                delete_locked(_rows(batch).may_be_told())
            return False
        mail = FlowedMessage(
            message.subject,
            message.body,
            from_email=settings.BOUNCE_ADDRESS or settings.DEFAULT_FROM_EMAIL,  # of the envelope
            to=[rows[0].to],
            headers=_headers(message.told, message.stop),
        )
        post.open()  # if it broke; else nothing happens
        post.send_messages([mail])
    except DatabaseError:
        raise
    except Exception as error:
        _close(post)  # whatever state it is in, the next mail begins anew
        if bounces.is_refused(error):
            _forget_refused(batch)
        else:
            _note_failure(batch, error, pace)
        return False
    done = {"sent_at": timezone.now(), "sender": ""}
    if not rows[0].is_news:
        done["body"] = ""  # a link, if anything
    _update(_rows(message.told), **done)  # the others are looked at again
    late = [row for row in rows if row not in message.told and row.kind in THANKS]
    if late:  # but for thanks: there is one mail of them a day
        with transaction.atomic():
            delete_locked(_rows(late))
    return True


def _headers(mails: list[OutgoingMail], stop: str = "") -> dict[str, str]:
    mail = mails[0]
    headers = {
        "From": settings.DEFAULT_FROM_EMAIL,
        "Message-ID": message_id(mails),
        "Auto-Submitted": "auto-generated",
        "Content-Language": mail.language,
    }
    if settings.CONTACT_EMAIL:
        headers["Reply-To"] = settings.CONTACT_EMAIL
    if mail.is_news or mail.kind == MailKind.YEAR:
        headers["List-Id"] = f"<news.{_domain()}>"
    if stop := mail.unsubscribe_url or stop:
        # RFC 8058: mail programs show a button of their own, which posts
        headers["List-Unsubscribe"] = f"<{stop}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _close(post: BaseEmailBackend) -> None:
    with suppress(OSError):  # it was broken, which is why we close it
        post.close()


def _note_failure(batch: list[OutgoingMail], error: Exception, pace: MailPace) -> None:
    what, first = _named(error), batch[0]
    if first.attempts >= MAX_TRIES:
        _give_up(batch, what)
        return
    logger.warning("Mail %d failed, try %d of %d: %s", first.pk, first.attempts, MAX_TRIES, what)
    until = timezone.now() + pace.first_wait * 2 ** (first.attempts - 1)
    _update(_rows(batch).filter(sent_at=None), not_before=until)


def _forget_refused(batch: list[OutgoingMail]) -> None:
    """There is no such mailbox: to try once more would tell nothing new."""
    first = batch[0]
    logger.info("Mail %d has an address that does not exist.", first.pk)
    with transaction.atomic():
        delete_locked(_rows(batch))
        bounces.note(first.to_hash, BounceKind.HARD, first.domain)


def _give_up(batch: list[OutgoingMail], what: str) -> None:
    logger.error("Mail %d was given up after %d tries: %s", batch[0].pk, MAX_TRIES, what)
    _update(_rows(batch), given_up_at=timezone.now(), sender="")


def _hold_up(mail: OutgoingMail, wait: throttle.TooOften, pace: MailPace) -> None:
    """Let the mail wait, and with it at once all that share the allowance that is used up: so a
    flood is put aside in one go, and the next mail is looked at."""
    if wait.what not in SHARED:  # it is its own mailbox that had enough
        _rows([mail]).filter(sent_at=None).update(not_before=wait.until)
        return
    shared = {
        SITE: Q(is_news=False),
        LINKS: Q(priority=Priority.LINK),
        TRAPPED: Q(priority=Priority.TRAPPED),
        # What is more urgent may have room where this has none.
        SENDER: Q(is_news=False, sender=mail.sender, priority__gte=mail.priority),
        DOMAIN: Q(is_news=False, domain=mail.domain, priority__gte=mail.priority),
        NEWS: Q(is_news=True),
        HAND_INS: Q(is_news=False, priority=Priority.NEWS) & ~Q(kind__in=REMINDERS),
        REMIND: Q(kind__in=REMINDERS),
    }
    due = OutgoingMail.objects.waiting().filter(shared[wait.what], not_before__lte=timezone.now())
    held = _update(due, not_before=wait.until, held_up_by=wait.what)
    if wait.what == SITE:
        message = "%d mails left in this hour, the others wait. Is it a flood?"
        _alarm(SITE, message, pace.most_an_hour)
    elif wait.what in (SENDER, DOMAIN):
        message = "One %s has used up its share of this hour, and %d mails wait. Is it a flood?"
        _alarm(wait.what, message, wait.what, held)


def _update(rows: QuerySet[OutgoingMail], **changes) -> int:
    with transaction.atomic():
        lock(rows)
        return rows.update(**changes)


def _rows(batch: list[OutgoingMail]) -> OutgoingMailQuerySet:
    return OutgoingMail.objects.filter(pk__in=[mail.pk for mail in batch])


def _named(error: Exception) -> str:
    """Its kind and the server's code; the error's own text often names the address."""
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def _alarm(what: str, message: str, *values) -> None:
    """Say it once an hour, however many workers there are and mails wait."""
    try:
        throttle.take(f"{what}|alarm", most=1, every=HOUR)
    except throttle.TooOften:
        return
    logger.error(message, *values)
