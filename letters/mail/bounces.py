"""Mails that come back. Where there is no mailbox, or somebody reported a mail as spam, no more are
sent; where one can't be delivered day after day, they wait for a week.

Told by the mail provider (`letters.views.mail_events`), by reports in a mailbox
(`letters.mail.bounce_mailbox`), or by the server as it refuses one (`letters.mail.outbox`).
"""

import re
from collections.abc import Iterable
from smtplib import SMTPRecipientsRefused

from django.db import transaction
from django.utils import timezone

from cases.models import ErasureAct, ErasureEntry
from letters.mail.pace import DAY, large_domain
from letters.models import (
    BounceKind,
    EmailAddress,
    Letter,
    MailKind,
    OutgoingMail,
    Pledge,
    Undeliverable,
)
from letters.privacy import throttle

# Somebody asks for these with a form. After a hard bounce one a day is tried: perhaps the mailbox
# is there again, and whoever typed the address waits for it.
TRIED_AGAIN = [MailKind.CONFIRM, MailKind.DATA_LINK, MailKind.LETTER_LINK, MailKind.PLEDGE_LINK]

# What RFC 3463 and large providers say of a mailbox that is not there, or not any more.
NO_MAILBOX = {"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
# These stand for many things: the words beside them decide.
UNCLEAR = {"", "5.0.0", "5.0.1", "5.4.1", "5.5.0", "5.5.1", "5.5.4"}
STATUS = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")
SAYS_NO_MAILBOX = re.compile(
    r"\b(no such|unknown|invalid|non-?existent) (local )?(user|mailbox|recipient|account|address)|"
    r"\b(user|mailbox|recipient|account|address)\b[^.;:\n]{0,50}"
    r"\b(unknown|unavailable|disabled|inactive|not found|not exist|n.t (have|exist)|"
    r"no longer (active|available))|"
    r"recipient address rejected: access denied|RecipientNotFound",
    re.IGNORECASE,
)


def note(email_hash: str, kind: BounceKind, domain: str = "") -> None:
    """A mail to the address came back; `domain` as `pace.domain_of` names it."""
    today = timezone.localdate()
    new = Undeliverable(email_hash=email_hash, kind=kind, first_on=today, last_on=today)
    new.domain = large_domain(domain)
    with transaction.atomic():
        # One that is there is written over with its own hash, and so is locked.
        [stored] = Undeliverable.objects.bulk_create(
            [new], update_conflicts=True, unique_fields=["email_hash"], update_fields=["email_hash"]
        )
        row = Undeliverable.objects.get(pk=stored.pk)
        row.came_back(kind)
        row.save()
        if kind == BounceKind.COMPLAINT:
            ErasureEntry.objects.note(ErasureAct.STOPPED, email_hash=email_hash, value="spam")


def is_ours(email_hash: str) -> bool:
    """Whether we write to the address: another system may send through the same account."""
    return (
        OutgoingMail.objects.filter(to_hash=email_hash).exists()
        or EmailAddress.objects.filter(email_hash=email_hash).exists()
        or Pledge.objects.filter(email_hash=email_hash).exists()
        or Letter.objects.filter(email_hash=email_hash).exists()
    )


def arrives(email_hash: str) -> None:
    """Whoever reads mail at the address has used a link in one: mails arrive again.

    A report of spam stays: it says that none is wanted.
    """
    rows = Undeliverable.objects.filter(email_hash=email_hash)  # one, or none
    rows.exclude(kind=BounceKind.COMPLAINT).delete()


def allow(email_hash: str) -> None:
    """The owner says that mails may come again, whatever came back."""
    Undeliverable.objects.filter(email_hash=email_hash).delete()


def stop_of(email_hash: str) -> Undeliverable | None:
    return Undeliverable.objects.stopped().filter(email_hash=email_hash).first()


def lets_through(stop: Undeliverable | None, kind: str) -> bool:
    """Whether a mail of this kind may leave, now or later."""
    if stop is None or stop.kind == BounceKind.SOFT:
        return True
    return stop.kind == BounceKind.HARD and kind in TRIED_AGAIN


def keep_to(stop: Undeliverable | None, *, taker: int) -> None:
    """Raise TooOften if what the stop lets through has to wait. See also `pace.keep_to`.

    In a transaction that is rolled back by the exception.
    """
    if stop is None:
        return
    if stop.stopped_until is not None:
        raise throttle.TooOften("came-back", stop.stopped_until)
    Undeliverable.objects.filter(pk=stop.pk).update(tried_on=timezone.localdate())
    throttle.take(f"tried-again|{stop.email_hash}", most=1, every=DAY, taker=taker)


def told_of(things: Iterable[Letter | Pledge | EmailAddress]) -> dict[str, Undeliverable]:
    """By hash, the addresses of which the pages of these things say that mails come back.

    Only what came back after the address was given there: so nobody learns, by typing somebody's
    address, what became of mails that others asked for. That somebody reported a mail as spam is
    told to who has proven that the address is theirs.
    """
    by_hash: dict[str, list[Letter | Pledge | EmailAddress]] = {}
    for thing in things:
        by_hash.setdefault(thing.email_hash, []).append(thing)
    by_hash.pop("", None)
    rows = Undeliverable.objects.stopped().filter(email_hash__in=by_hash)
    return {
        row.email_hash: row
        for row in rows
        if any(_is_told(row, thing) for thing in by_hash[row.email_hash])
    }


def _is_told(row: Undeliverable, thing: Letter | Pledge | EmailAddress) -> bool:
    # The page of an address is reached by a mail to it alone.
    is_proven = isinstance(thing, EmailAddress) or thing.email_proven_on is not None
    is_own = row.kind != BounceKind.COMPLAINT or is_proven
    return is_own and row.last_on >= timezone.localtime(thing.created_at).date()


def kind_of(text: str) -> BounceKind:
    """What it means that a mail is not delivered for good, by what its server said of it."""
    statuses = STATUS.findall(text) or [""]
    if NO_MAILBOX.intersection(statuses):
        return BounceKind.HARD
    if UNCLEAR.issuperset(statuses) and SAYS_NO_MAILBOX.search(text):
        return BounceKind.HARD
    return BounceKind.SOFT


def is_refused(error: Exception) -> bool:
    """Whether a server says, as it is offered a mail, that there is no such mailbox."""
    if not isinstance(error, SMTPRecipientsRefused):
        return False
    [(code, words)] = list(error.recipients.values())[:1] or [(0, b"")]
    said = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    return 500 <= code < 600 and kind_of(said) == BounceKind.HARD
