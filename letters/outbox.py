"""Sends what waits in the outbox. No mail is lost; one may arrive twice, with the same Message-ID.

A worker claims a row by one conditional UPDATE that moves `not_before` behind a lease. If it is
killed, the row waits until the lease is over and is then anybody's again. So any number of
workers may run.

A mail is marked as sent at once when the server has said 250, before anything else is done. A
second copy leaves only if a server took the words and that answer never reached the mark: the
connection broke before it, or the worker was killed or lost its database in between. SMTP cannot be
asked whether it has a mail, and to lose one would be worse.
"""

import datetime
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import DatabaseError, transaction
from django.utils import timezone

from letters import telling, throttle
from letters.encryption import keyed_hash
from letters.models import Mailbox, OutgoingMail

logger = logging.getLogger(__name__)

MOST_TRIES = 8
AT_ONCE = 50  # mails that share a connection to the server

HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
WHOLE_SITE, NEWS = "mails-of-the-site", "news-of-the-site"

# To one address, in normal form: nobody's mailbox is to be filled, by our forms or by us.
PAUSE = datetime.timedelta(minutes=10)
MOST_A_DAY = 3
MOST_NEWS_A_DAY = 2  # of these: one place is left for what somebody waits for


@dataclass(frozen=True)
class Pace:
    """How fast the outbox is emptied; `manage.py work` can be told otherwise."""

    lease: datetime.timedelta = datetime.timedelta(minutes=5)  # one sending ends far sooner
    # Doubled each time: ten hours in all, a bad night.
    first_wait: datetime.timedelta = datetime.timedelta(minutes=5)
    most_an_hour: int = 2_000  # for the whole site: more is a flood, or the 10th of December
    # News comes by the thousand, and providers slow down who sends more. It is counted by itself,
    # so that it never takes the place of what somebody waits for.
    most_news_an_hour: int = 5_000


USUAL = Pace()


def send_due(pace: Pace = USUAL, stopping: Callable[[], bool] = lambda: False) -> int:
    """Send the mails that are due, news last and else the oldest first, and return how many were
    sent."""
    needed = OutgoingMail.objects.due().only(
        "about", "is_news", "attempts", "not_before", "to_hash"
    )
    due = list(needed[:AT_ONCE])
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
                if _claim(mail, pace):
                    sent += _send(mail, post, pace)
            except throttle.TooOften as wait:
                _postpone(mail, wait.until)
                if wait.what == WHOLE_SITE:
                    words = "%d mails left in this hour, the others wait. Is it a flood?"
                    _alarm(WHOLE_SITE, words, pace.most_an_hour)
    finally:
        _close(post)
    return sent


def message_id(mail: OutgoingMail) -> str:
    """The same for every try of a mail, so that a second copy is known as one."""
    domain = urlsplit(settings.SITE_URL).hostname or "localhost"
    return f"<{keyed_hash(f'{mail.pk}|{mail.created_at.isoformat()}', 'message-id')}@{domain}>"


def _claim(mail: OutgoingMail, pace: Pace) -> bool:
    """Whether this worker, and no other, may try the mail now.

    Raises TooOften if its address or the whole site had enough; then nothing is claimed.
    """
    until = timezone.now() + pace.lease
    with transaction.atomic():
        # Two workers that read the same row know the same `attempts`: one of them changes it. Due
        # is asked once more: the case may have been frozen since.
        as_read = {"pk": mail.pk, "attempts": mail.attempts, "not_before": mail.not_before}
        due = OutgoingMail.objects.due().filter(**as_read)
        if not due.update(attempts=mail.attempts + 1, not_before=until):
            return False
        mail.attempts += 1
        if not _is_wanted(mail):
            OutgoingMail.objects.filter(pk=mail.pk).delete()
            return False
        if mail.attempts > MOST_TRIES:  # the one who tried last was killed every time
            _give_up(mail, "the worker was stopped while it tried")
            return False
        _keep_to_limits(mail, pace)
    return True


def _is_wanted(mail: OutgoingMail) -> bool:
    """Whether the mail may go to its address: nothing does once its owner blocked it."""
    if mail.is_news:
        return telling.is_wanted(mail)
    blocked = Mailbox.objects.filter(email_hash=mail.to_hash, blocked_on__isnull=False)
    return not blocked.exists()


def _keep_to_limits(mail: OutgoingMail, pace: Pace) -> None:
    """Take what the mail uses up of the site's allowance and its address's, or raise TooOften.

    News shares the places of its address with what was asked for by a form, and leaves one free.
    """
    what, most_an_hour, most_a_day = (
        (NEWS, pace.most_news_an_hour, MOST_NEWS_A_DAY)
        if mail.is_news
        else (WHOLE_SITE, pace.most_an_hour, MOST_A_DAY)
    )
    next_hour = throttle.start_of_hour() + HOUR
    if throttle.count(f"{what}|{next_hour:%Y-%m-%dT%H}", next_hour) > most_an_hour:
        raise throttle.TooOften(what, next_hour)
    # A later try of the same mail takes again what an earlier one took.
    throttle.take(f"mail-to|{mail.to_hash}", most=1, every=PAUSE, taker=mail.pk)
    throttle.take(f"mail-to-a-day|{mail.to_hash}", most=most_a_day, every=DAY, taker=mail.pk)


def _send(mail: OutgoingMail, post, pace: Pace) -> bool:
    """Try a claimed mail, and note how it went."""
    try:
        mail = OutgoingMail.objects.get(pk=mail.pk)  # whole: of what is due only a part was read
        message = EmailMessage(
            subject=mail.subject, body=mail.body, to=[mail.to], headers=_headers(mail)
        )
        post.open()  # if it broke; else nothing happens
        post.send_messages([message])
    except OutgoingMail.DoesNotExist:  # its writer erased it a moment ago
        return False
    except DatabaseError:
        raise
    except Exception as error:
        _close(post)  # whatever state it is in, the next mail begins anew
        _note_failure(mail, error, pace)
        return False
    OutgoingMail.objects.filter(pk=mail.pk).update(sent_at=timezone.now())
    return True


def _headers(mail: OutgoingMail) -> dict[str, str]:
    headers = {
        "Message-ID": message_id(mail),
        "Auto-Submitted": "auto-generated",
        "Content-Language": mail.language,
    }
    if mail.unsubscribe_url:  # RFC 8058: mail programs show a button of their own, which posts
        headers["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _close(post) -> None:
    with suppress(OSError):  # it was broken, which is why we close it
        post.close()


def _note_failure(mail: OutgoingMail, error: Exception, pace: Pace) -> None:
    what = _named(error)
    if mail.attempts >= MOST_TRIES:
        _give_up(mail, what)
        return
    logger.warning("Mail %d failed, try %d of %d: %s", mail.pk, mail.attempts, MOST_TRIES, what)
    _postpone(mail, timezone.now() + pace.first_wait * 2 ** (mail.attempts - 1))


def _give_up(mail: OutgoingMail, what: str) -> None:
    logger.error("Mail %d was given up after %d tries: %s", mail.pk, MOST_TRIES, what)
    OutgoingMail.objects.filter(pk=mail.pk).update(given_up_at=timezone.now())


def _postpone(mail: OutgoingMail, until: datetime.datetime) -> None:
    OutgoingMail.objects.filter(pk=mail.pk, sent_at=None).update(not_before=until)


def _named(error: Exception) -> str:
    """Its kind and the server's code; the error's own text often names the address."""
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def _alarm(what: str, words: str, *values) -> None:
    """Say it once an hour, however many workers there are and mails wait."""
    try:
        throttle.take(f"{what}|alarm", most=1, every=HOUR)
    except throttle.TooOften:
        return
    logger.error(words, *values)
