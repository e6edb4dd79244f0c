"""What is mailed. A form only notes that a mail is to leave; it is written when it leaves.

So nothing of a mail is kept, what several forms asked for leaves as one, and a case that was frozen
meanwhile is not named, or its mail waits. Nothing that a visitor typed goes in, but for what staff
want changed. The subject names the campaign, and never what somebody did.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.models import Case, Freeze
from letters.mail import links
from letters.mail.pace import PAUSE, SENDER, domain_of
from letters.models import (
    DataRequest,
    Delivery,
    EmailAddress,
    Follow,
    FollowState,
    HandInItem,
    Letter,
    LetterState,
    MailedLink,
    MailKind,
    OutgoingMail,
    Pledge,
    Priority,
    Reply,
    ReplyState,
    Signature,
    SignatureState,
)
from letters.models.locks import delete_locked, lock
from letters.models.mail import TELLS_OF_DECISION
from letters.statistics.disclosure import SMALLEST_SHOWN

WAIT_IF_TRAPPED = datetime.timedelta(hours=1)
# What each says of a letter has to be so when it leaves.
OF_DELIVERY: dict[str, str] = {
    MailKind.LETTER_HANDED_IN: LetterState.DELIVERED,
    MailKind.LETTER_RETURNED: LetterState.RETURNED,
}


class WrittenMail(NamedTuple):
    subject: str
    body: str


class Part(NamedTuple):
    """What a mail says of one thing: `case` is None if it is for none or may not be named."""

    kind: str
    link: str
    case: Case | None
    is_message: bool = False
    waiting: list[Signature | Follow] | None = None
    not_me: str = ""
    change_wanted: str = ""
    delivery: Delivery | None = None
    returned_on: datetime.date | None = None

    @property
    def is_few(self) -> bool:
        """Whether so few were handed in that their number is not told."""
        number = self.delivery and self.delivery.number
        return (number or 0) < SMALLEST_SHOWN


# --- to be sent


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


def queue_pledge_link(pledge: Pledge, *, sender: str = "") -> None:
    """The private link to a pledge, for who gave it; at most once."""
    _queue(
        MailKind.PLEDGE_LINK,
        pledge,
        pledge.email,
        pledge.language,
        trapped=pledge.needs_review,
        sender=sender,
    )


def forget_other_addresses(thing: Letter | Pledge) -> None:
    """After its address was changed: the old one is kept in no mail, and no link that was mailed
    to it opens anything; the new one gets the link."""
    for model in (MailedLink, OutgoingMail):
        rows = model.objects.filter(about=links.about(thing))
        delete_locked(rows.exclude(to_hash=thing.email_hash))


def queue_rejection(letter: Letter) -> None:
    """That a letter can't be delivered as it is; the reason stands on the private page.

    It waits a little: whoever rejected it may have pressed the wrong button.
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
    return _in_a_batch(
        next(kind for kind, state in OF_DELIVERY.items() if state == letter.state), letter
    )


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
        created_at=now,
        not_before=now,
    )


def of_reply(letter: Letter) -> OutgoingMail:
    """That an answer came to a letter, to be put into the outbox with many others, as above."""
    return _in_a_batch(MailKind.REPLY_CAME, letter)


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


# --- as it leaves


def written(mails: list[OutgoingMail]) -> WrittenMail | None:
    """One mail for all rows that leave together; None if what they are about is gone.

    News is as it was approved.
    """
    first = mails[0]
    if first.is_news:
        return WrittenMail(first.subject, first.body)
    with translation.override(first.language):
        parts = [part for mail in mails if (part := _part(mail))]
        if not parts:
            return None
        confirm = next((part for part in parts if part.kind == MailKind.CONFIRM), None)
        context = {
            "confirm": confirm,
            "letters": [part for part in parts if part.kind == MailKind.LETTER_LINK],
            "pledges": [part for part in parts if part.kind == MailKind.PLEDGE_LINK],
            "data": [part for part in parts if part.kind == MailKind.DATA_LINK],
            "rejected": [part for part in parts if part.kind == MailKind.LETTER_REJECTED],
            "asked": [part for part in parts if part.kind == MailKind.CHANGE_ASKED],
            "delivered": [part for part in parts if part.kind == MailKind.LETTER_HANDED_IN],
            "returned": [part for part in parts if part.kind == MailKind.LETTER_RETURNED],
            "replies": [part for part in parts if part.kind == MailKind.REPLY_CAME],
            "site": urlsplit(settings.SITE_URL).netloc,
            "organisation": settings.ORGANISATION,
            "contact_email": settings.CONTACT_EMAIL,
        }
        about = {"organisation": settings.ORGANISATION}
        if confirm and confirm.waiting:
            subject = _("%(organisation)s: please confirm") % about
        else:
            subject = _("%(organisation)s: your link") % about
        body = render_to_string("letters/mail/links.txt", context).strip() + "\n"
    return WrittenMail(subject, body)


def waits_for_confirmation(mail: OutgoingMail) -> bool:
    """Whether something was asked for with the address that nobody has said yes to."""
    email_address = _number(mail)
    return (
        Signature.objects.filter(
            email_address=email_address, state=SignatureState.UNCONFIRMED
        ).exists()
        or Follow.objects.filter(
            email_address=email_address, state=FollowState.UNCONFIRMED
        ).exists()
    )


def _part(mail: OutgoingMail) -> Part | None:
    """What the mail says of its thing; None if that is gone, or has another address now."""
    number = _number(mail)
    if mail.kind == MailKind.CONFIRM:
        email_address = EmailAddress.objects.filter(pk=number, email_hash=mail.to_hash).first()
        return _confirm_part(email_address) if email_address else None
    if mail.kind == MailKind.DATA_LINK:
        asked = DataRequest.objects.filter(pk=number, email_hash=mail.to_hash)
        return Part(mail.kind, mail.body, None) if asked.exists() else None
    model = Pledge if mail.kind == MailKind.PLEDGE_LINK else Letter
    things = model.objects.select_related("case__edition").defer("name")
    thing = things.filter(pk=number, email_hash=mail.to_hash).first()
    if thing is None or (
        mail.kind == MailKind.LETTER_REJECTED and thing.state != LetterState.REJECTED
    ):
        return None
    if mail.kind in OF_DELIVERY and isinstance(thing, Letter):
        return _delivery_part(mail, thing)
    if mail.kind == MailKind.REPLY_CAME and isinstance(thing, Letter):
        return _reply_part(mail, thing)
    wanted = ""
    if mail.kind == MailKind.CHANGE_ASKED:
        if not (isinstance(thing, Letter) and _is_asked(thing)):
            return None
        wanted = thing.change_wanted
    case = thing.case if thing.case and thing.case.is_visible else None
    is_message = isinstance(thing, Letter) and thing.is_message
    return Part(mail.kind, links.to_thing(thing), case, is_message, change_wanted=wanted)


def _delivery_part(mail: OutgoingMail, letter: Letter) -> Part | None:
    """Of a letter that was handed in or came back; None if that is not so any more, or its writer
    does not want to know. While the case is frozen it waits."""
    items = HandInItem.objects.open().select_related("hand_in__delivery")
    item = items.filter(letter=letter, hand_in__delivery__in=Delivery.objects.handed_in()).first()
    is_so = letter.state == OF_DELIVERY[mail.kind] and letter.is_valid and not letter.erased_on
    if item is None or not (is_so and letter.wants_news) or letter.case.freeze != Freeze.NONE:
        return None
    return Part(
        mail.kind,
        links.to_thing(letter),
        letter.case,
        letter.is_message,
        delivery=item.hand_in.delivery,
        returned_on=item.returned_on,
    )


def _reply_part(mail: OutgoingMail, letter: Letter) -> Part | None:
    """Of an answer to a letter; None if it is not shared any more, or its writer does not want to
    know. While the case is frozen it waits."""
    shared = Reply.objects.of_letter(letter).filter(state=ReplyState.SHARED)
    if not (letter.wants_news and letter.case.freeze == Freeze.NONE and shared.exists()):
        return None
    return Part(mail.kind, links.to_thing(letter), letter.case, letter.is_message)


def _is_asked(letter: Letter) -> bool:
    """Whether its writer still has to change it. While its case is frozen the mail waits: what is
    asked for may say of whom it is."""
    is_asked = letter.state == LetterState.CHANGE_ASKED and letter.is_valid
    return is_asked and letter.case.freeze == Freeze.NONE


def _number(mail: OutgoingMail) -> int:
    return int(mail.about.partition(":")[2])


def _confirm_part(email_address: EmailAddress) -> Part:
    signatures = email_address.signatures.filter(state=SignatureState.UNCONFIRMED)
    follows = email_address.follows.filter(state=FollowState.UNCONFIRMED)
    waiting = [
        *signatures.select_related("petition__case__edition").defer("name").order_by("pk"),
        *follows.select_related("case__edition").order_by("pk"),
    ]
    link = links.to_thing(email_address)
    return Part(MailKind.CONFIRM, link, None, waiting=waiting, not_me=f"{link}not-me/")
