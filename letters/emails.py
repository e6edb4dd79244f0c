"""What is mailed. Nothing that a visitor typed goes in, and the subject tells nobody anything."""

from datetime import timedelta

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from letters.encryption import email_hash
from letters.models import Letter, Mailbox, MailKind, OutgoingMail, Pledge

WAIT_IF_SUSPECT = timedelta(hours=1)


def queue_letter_link(letter: Letter) -> None:
    """The private link to a letter, for its writer; at most once."""
    _queue(MailKind.LETTER_LINK, f"letter:{letter.pk}", letter, letter.page_language)


def queue_confirm(mailbox: Mailbox, typed: str, *, later: bool = False) -> None:
    """The link to the page where all that waits for an address is confirmed, in the language now.

    `later` for what a robot seems to have sent: it leaves after an hour, behind the others.

    One mail waits at most; after it was sent, whoever asks again gets it again. A mailbox that is
    blocked has no address left: the mail is made all the same, and the worker drops it.
    """
    about = f"mailbox:{mailbox.pk}"
    earlier = OutgoingMail.objects.filter(about=about, kind=MailKind.CONFIRM)
    earlier.exclude(sent_at=None, given_up_at=None).delete()
    language = translation.get_language() or mailbox.language
    _queue(
        MailKind.CONFIRM,
        about,
        mailbox,
        language,
        to=mailbox.email or typed,
        later=later,
        mailbox=mailbox,
    )


def queue_pledge_link(pledge: Pledge) -> None:
    """The private link to a pledge, for who gave it; at most once."""
    _queue(MailKind.PLEDGE_LINK, f"pledge:{pledge.pk}", pledge, pledge.language)


def forget_other_addresses(thing: Letter | Pledge) -> None:
    """After its address was changed: the old one is kept in no mail, the new one gets the link."""
    about = f"{thing._meta.model_name}:{thing.pk}"
    OutgoingMail.objects.filter(about=about).exclude(to_hash=thing.email_hash).delete()


def queue_rejection(letter: Letter) -> None:
    """That a letter can't be delivered as it is; the reason stands on the private page."""
    about = f"letter:{letter.pk}"
    sent = OutgoingMail.objects.filter(about=about, kind=MailKind.LETTER_REJECTED)
    sent.exclude(sent_at=None).delete()  # of an earlier rejection; one that still waits will do
    _queue(MailKind.LETTER_REJECTED, about, letter, letter.page_language)


def _queue(
    kind: MailKind,
    about: str,
    thing: Letter | Pledge | Mailbox,
    language: str,
    *,
    to: str = "",
    later: bool = False,
    **context,
) -> None:
    """Put a mail in the outbox, in the transaction of what it tells of; nothing without address."""
    to = to or thing.email
    if not to:
        return
    with translation.override(language):
        context |= {
            "site_url": settings.SITE_URL,
            "link": settings.SITE_URL + thing.get_absolute_url(),
            "organisation": settings.ORGANISATION,
            "contact_email": settings.CONTACT_EMAIL,
        }
        mail = OutgoingMail(
            kind=kind,
            about=about,
            to=to,
            to_hash=email_hash(to),
            subject=_("Your private link"),
            body=render_to_string(f"letters/mail/{kind}.txt", context).strip() + "\n",
            language=language,
            created_at=timezone.now(),
            not_before=timezone.now() + (WAIT_IF_SUSPECT if later else timedelta()),
        )
    OutgoingMail.objects.bulk_create([mail], ignore_conflicts=True)
