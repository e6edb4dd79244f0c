"""What is mailed. A form only notes that a mail is to leave; it is written when it leaves, by
`letters/mail/writing.py`.

So nothing of a mail is kept, what several forms asked for leaves as one, and a case that was frozen
meanwhile is not named, or its mail waits. Nothing that a visitor typed goes in, but for what staff
want changed. The subject names the campaign and whom the mail is about, and never who took part or
what they did.
"""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db.models import Q
from django.utils import timezone, translation

from letters.mail import links
from letters.mail.pace import PAUSE, SENDER, domain_of
from letters.models import (
    DataRequest,
    EmailAddress,
    Letter,
    LetterState,
    MailedLink,
    MailKind,
    OutgoingMail,
    Pledge,
    Priority,
)
from letters.models.locks import delete_locked, lock
from letters.models.mail import TELLS_OF_DECISION
from letters.models.mailed_links import STOPS
from letters.privacy import addresses

WAIT_IF_TRAPPED = datetime.timedelta(hours=1)
# What each says of a letter has to be so when it leaves.
OF_DELIVERY: dict[str, str] = {
    MailKind.LETTER_HANDED_IN: LetterState.DELIVERED,
    MailKind.LETTER_RETURNED: LetterState.RETURNED,
}


def queue_letter_link(letter: Letter, *, sender: str = "", go_along: bool = False) -> None:
    """The private link to a letter, for its writer; at most once.

    With `go_along` it waits for what else its writer does, so that one mail has all links.
    """
    _queue(
        MailKind.LETTER_LINK,
        letter,
        letter.email,
        letter.page_language,
        trapped=letter.needs_review,
        sender=sender,
        wait=PAUSE if go_along else None,
    )


def queue_confirm(
    email_address: EmailAddress, typed: str, *, trapped: bool = False, sender: str = ""
) -> None:
    """The link to the page where all that waits for an address is confirmed, in the language now.

    `trapped` for what a robot seems to have sent: it leaves after an hour, behind the others, and
    gives way to the mail that somebody else asks for meanwhile. So does one that waits because who
    asked for it has used up their share.

    One mail waits at most; after it was sent, whoever asks again gets it again. An address that is
    blocked has no address left: the mail is made all the same, and the worker drops it.
    """
    gives_way = Q(sent_at__isnull=False) | Q(given_up_at__isnull=False)
    if not trapped:
        gives_way |= _held_up_by_others(sender)
    earlier = OutgoingMail.objects.filter(about=links.about(email_address), kind=MailKind.CONFIRM)
    earlier.filter(gives_way).delete()
    language = translation.get_language() or email_address.language
    _queue(
        MailKind.CONFIRM,
        email_address,
        email_address.email or typed,
        language,
        trapped=trapped,
        sender=sender,
    )


def queue_data_link(
    request: DataRequest, key: str, email: str, *, trapped: bool = False, sender: str = ""
) -> None:
    """The link to all that hangs on an address, in the language now. `key` stands nowhere else, and
    here only until the mail has left.

    One waits at most: whoever asks meanwhile is not kept waiting by who asked before.
    """
    waiting = OutgoingMail.objects.waiting().filter(
        to_hash=request.email_hash, kind=MailKind.DATA_LINK
    )
    if waiting.exists():
        if not trapped:
            keys = lock(waiting.filter(_held_up_by_others(sender), attempts=0))
            OutgoingMail.objects.filter(pk__in=keys).update(
                not_before=timezone.now(), priority=Priority.LINK, sender=sender, held_up_by=""
            )
        return
    language = translation.get_language() or settings.LANGUAGE_CODE
    with translation.override(language):
        link = settings.SITE_URL + request.url(key)
    _queue(MailKind.DATA_LINK, request, email, language, trapped=trapped, sender=sender, link=link)


def _held_up_by_others(sender: str) -> Q:
    """Mails that wait because a robot, or somebody with many addresses, asked for them first."""
    return Q(priority=Priority.TRAPPED) | (Q(held_up_by=SENDER) & ~Q(sender=sender))


def queue_pledge_link(pledge: Pledge, *, is_suspect: bool = False, sender: str = "") -> None:
    """The private link to a pledge, for who gave it; at most once."""
    _queue(
        MailKind.PLEDGE_LINK,
        pledge,
        pledge.email,
        pledge.language,
        trapped=pledge.needs_review or is_suspect,
        sender=sender,
    )


def queue_pledge_answer(pledge: Pledge) -> None:
    """What staff answered who promised many letters. It waits while their case is frozen: the
    answer may say of whom it is. Who only typed an address reads it on their page."""
    if pledge.email_proven_on is None:
        return
    _queue(MailKind.PLEDGE_ANSWERED, pledge, pledge.email, pledge.language, case=pledge.case_id)


def forget_other_addresses(thing: Letter | Pledge) -> None:
    """After its address was changed: the old one is kept in no mail, and no link that was mailed
    to it opens anything; the new one gets the link. What stops mails to the old one goes on doing
    so, as long as something else is kept under it."""
    about_it = MailedLink.objects.filter(about=links.about(thing)).exclude(to_hash=thing.email_hash)
    kept = addresses.still_used(set(about_it.values_list("to_hash", flat=True)))
    delete_locked(about_it.exclude(purpose__in=STOPS, to_hash__in=kept))
    mails = OutgoingMail.objects.filter(about=links.about(thing))
    delete_locked(mails.exclude(to_hash=thing.email_hash))


def queue_rejection(letter: Letter) -> None:
    """That a letter can't be delivered as it is; the reason stands on the private page.

    It waits a little: whoever rejected it may have pressed the wrong button. It also waits while
    the case is frozen.
    """
    OutgoingMail.objects.filter(
        about=links.about(letter), kind=MailKind.LETTER_REJECTED
    ).delete()  # of an earlier rejection
    _queue(
        MailKind.LETTER_REJECTED,
        letter,
        letter.email,
        letter.page_language,
        wait=PAUSE,
        case=letter.case_id,
    )


def forget_decision(letter: Letter) -> None:
    """What was decided is undone: the mail that tells of it does not leave, if it has not."""
    mails = OutgoingMail.objects.waiting().filter(about=links.about(letter))
    delete_locked(mails.filter(kind__in=TELLS_OF_DECISION))


def queue_change_asked(letter: Letter) -> None:
    """What staff ask its writer to change. It waits as long as what goes along with others: whoever
    asked may think better of it. One that still waits says what is asked for when it leaves."""
    mails = OutgoingMail.objects.filter(about=links.about(letter), kind=MailKind.CHANGE_ASKED)
    mails.exclude(sent_at=None, given_up_at=None).delete()
    _queue(
        MailKind.CHANGE_ASKED,
        letter,
        letter.email,
        letter.page_language,
        wait=PAUSE,
        case=letter.case_id,
    )


def of_delivery(letter: Letter) -> OutgoingMail:
    """That a letter was handed in, or came back, to be put into the outbox with many others. It
    leaves behind all that somebody waits for."""
    mail = _in_a_batch(
        next(kind for kind, state in OF_DELIVERY.items() if state == letter.state), letter
    )
    # Until those of other hand-ins that are told of now are there too: one mail tells of all.
    mail.not_before += PAUSE
    return mail


def _in_a_batch(kind: str, letter: Letter) -> OutgoingMail:
    now = timezone.now()
    return OutgoingMail(
        kind=kind,
        about=links.about(letter),
        to=letter.email,
        to_hash=letter.email_hash,
        language=letter.page_language,
        case_id=letter.case_id,
        priority=Priority.NEWS,
        domain=domain_of(letter.email),
        created_at=now,
        not_before=now,
    )


def of_reply(letter: Letter) -> OutgoingMail:
    """That an answer came to a letter, to be put into the outbox with many others, as above."""
    return _in_a_batch(MailKind.REPLY_CAME, letter)


def of_year(email_address: EmailAddress, *, stop: str) -> OutgoingMail:
    """The letter about the year, to be put into the outbox with many others. `stop` is the link
    that ends what comes to the address."""
    now = timezone.now()
    return OutgoingMail(
        kind=MailKind.YEAR,
        about=links.about(email_address),
        to=email_address.email,
        to_hash=email_address.email_hash,
        language=email_address.language,
        priority=Priority.NEWS,
        domain=domain_of(email_address.email),
        unsubscribe_url=stop,
        created_at=now,
        not_before=now,
    )


def _queue(
    kind: MailKind,
    thing: Letter | Pledge | EmailAddress | DataRequest,
    to: str,
    language: str,
    *,
    trapped: bool = False,
    sender: str = "",
    wait: datetime.timedelta | None = None,
    link: str = "",
    case: int | None = None,
) -> None:
    """Put a mail in the outbox, in the transaction of what it tells of; nothing without address.

    With a `case` it waits while that is frozen.
    """
    if not to:
        return
    now = timezone.now()
    priority = Priority.CONFIRM if kind == MailKind.CONFIRM else Priority.LINK
    if trapped:
        priority, wait = Priority.TRAPPED, WAIT_IF_TRAPPED
    mail = OutgoingMail(
        kind=kind,
        about=links.about(thing),
        to=to,
        to_hash=thing.email_hash,
        body=link,
        language=language,
        case_id=case,
        priority=priority,
        domain=domain_of(to),
        sender=sender,
        created_at=now,
        not_before=now + wait if wait else now,
    )
    OutgoingMail.objects.bulk_create([mail], ignore_conflicts=True)
