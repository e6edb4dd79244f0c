"""Sends what waits in the outbox. No mail is lost; one may arrive twice, with the same Message-ID.

A worker claims a row by one conditional UPDATE that moves `not_before` behind a lease. If it is
killed, the row waits until the lease is over and is then anybody's again. So any number of
workers may run.
"""

import datetime
import logging
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import DatabaseError, transaction
from django.utils import timezone

from letters import throttle
from letters.encryption import keyed_hash
from letters.models import OutgoingMail

logger = logging.getLogger(__name__)

LEASE = datetime.timedelta(minutes=5)  # far longer than EMAIL_TIMEOUT lets one sending last
MOST_TRIES = 8
FIRST_WAIT = datetime.timedelta(minutes=5)  # doubled each time: ten hours in all, a bad night
MOST_AN_HOUR = 2_000  # for the whole site: more is a flood, or the 10th of December
AT_ONCE = 50

HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
WHOLE_SITE = "mails-of-the-site"

# To one address, in normal form: nobody's mailbox is to be filled from our forms.
PAUSE = datetime.timedelta(minutes=10)
MOST_A_DAY = 3


def send_due(
    *,
    lease: datetime.timedelta = LEASE,
    most_an_hour: int = MOST_AN_HOUR,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Send the mails that are due, the oldest first, and return how many were sent."""
    due = list(OutgoingMail.objects.due().only("attempts", "not_before", "to_hash")[:AT_ONCE])
    if not due:
        return 0
    sent = 0
    post = get_connection()
    try:
        for mail in due:
            if stopping():
                break
            try:
                if _claim(mail, lease, most_an_hour):
                    sent += _send(mail, post)
            except throttle.TooOften as wait:
                _postpone(mail, wait.until)
                if wait.what == WHOLE_SITE:
                    _alarm(most_an_hour)
    finally:
        post.close()
    return sent


def message_id(mail: OutgoingMail) -> str:
    """The same for every try of a mail, so that a second copy is known as one."""
    domain = urlsplit(settings.SITE_URL).hostname or "localhost"
    return f"<{keyed_hash(f'{mail.pk}|{mail.created_at.isoformat()}', 'message-id')}@{domain}>"


def _claim(mail: OutgoingMail, lease: datetime.timedelta, most_an_hour: int) -> bool:
    """Whether this worker, and no other, may try the mail now.

    Raises TooOften if its address or the whole site had enough; then nothing is claimed.
    """
    now = timezone.now()
    with transaction.atomic():
        # Two workers that read the same row know the same `attempts`: one of them changes it.
        claimed = OutgoingMail.objects.filter(
            pk=mail.pk,
            attempts=mail.attempts,
            not_before=mail.not_before,
            sent_at=None,
            given_up_at=None,
        ).update(attempts=mail.attempts + 1, not_before=now + lease)
        if not claimed:
            return False
        mail.attempts += 1
        if mail.attempts > MOST_TRIES:  # the one who tried last was killed every time
            _give_up(mail, "the worker was stopped while it tried")
            return False
        _keep_to_limits(mail, most_an_hour)
    return True


def _keep_to_limits(mail: OutgoingMail, most_an_hour: int) -> None:
    """Take what the mail uses up of the site's allowance and its address's, or raise TooOften."""
    next_hour = throttle.start_of_hour() + HOUR
    if throttle.count(f"{WHOLE_SITE}|{next_hour:%Y-%m-%dT%H}", next_hour) > most_an_hour:
        raise throttle.TooOften(WHOLE_SITE, next_hour)
    # A later try of the same mail takes again what an earlier one took.
    throttle.take(f"mail-to|{mail.to_hash}", most=1, every=PAUSE, taker=mail.pk)
    throttle.take(f"mail-to-a-day|{mail.to_hash}", most=MOST_A_DAY, every=DAY, taker=mail.pk)


def _send(mail: OutgoingMail, post) -> bool:
    """Try a claimed mail, and note how it went."""
    try:
        mail.refresh_from_db()
        EmailMessage(
            subject=mail.subject,
            body=mail.body,
            to=[mail.to],
            headers={
                "Message-ID": message_id(mail),
                "Auto-Submitted": "auto-generated",
                "Content-Language": mail.language,
            },
            connection=post,
        ).send()
    except OutgoingMail.DoesNotExist:  # its writer erased it a moment ago
        return False
    except DatabaseError:
        raise
    except Exception as error:
        post.close()  # whatever state it is in, the next mail begins anew
        _note_failure(mail, error)
        return False
    OutgoingMail.objects.filter(pk=mail.pk).update(sent_at=timezone.now())
    return True


def _note_failure(mail: OutgoingMail, error: Exception) -> None:
    # The error's own text often names the address: its kind and the server's code do not.
    what = type(error).__name__
    if code := getattr(error, "smtp_code", None):
        what = f"{what} {code}"
    if mail.attempts >= MOST_TRIES:
        _give_up(mail, what)
        return
    logger.warning("Mail %d failed, try %d of %d: %s", mail.pk, mail.attempts, MOST_TRIES, what)
    _postpone(mail, timezone.now() + FIRST_WAIT * 2 ** (mail.attempts - 1))


def _give_up(mail: OutgoingMail, what: str) -> None:
    logger.error("Mail %d was given up after %d tries: %s", mail.pk, MOST_TRIES, what)
    OutgoingMail.objects.filter(pk=mail.pk).update(given_up_at=timezone.now())


def _postpone(mail: OutgoingMail, until: datetime.datetime) -> None:
    OutgoingMail.objects.filter(pk=mail.pk, sent_at=None).update(not_before=until)


def _alarm(most_an_hour: int) -> None:
    """Say it once an hour, however many workers there are and mails wait."""
    try:
        throttle.take(f"{WHOLE_SITE}|alarm", most=1, every=HOUR)
    except throttle.TooOften:
        return
    logger.error("%d mails left in this hour, the others wait. Is it a flood?", most_an_hour)
