"""Addresses that somebody typed. What was asked for with one waits for its owner's yes.

A new, a known, a confirmed and a blocked address cost the same statements and look the same from
outside: nobody learns from a form who has signed, or follows whom.
"""

import secrets

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone, translation

from letters.encryption import email_hash, normalised_email
from letters.models import (
    Follow,
    FollowState,
    Mailbox,
    MailKind,
    OutgoingMail,
    Signature,
    SignatureState,
)


def ask_for(email: str) -> Mailbox:
    """The mailbox of an address, made if there is none, and locked: call it in a transaction.

    It keeps the address that was typed first, whatever tag or capital another one has: mail about
    a mailbox goes to nobody who only typed something like it. Only the plain spelling takes the
    place of one with a tag, as long as nothing was confirmed: so nobody can keep the owner from
    their mail by typing `sam+nobody@` before they type `sam@`.
    """
    typed = Mailbox(
        email=email,
        email_hash=email_hash(email),
        key=secrets.token_urlsafe(16),
        created_at=timezone.now(),
        language=translation.get_language() or "en",
    )
    typed.set_key_hash()
    # A row that is there is written over with its own hash: so it is locked, and can't be erased
    # before what is asked for hangs on it.
    [stored] = Mailbox.objects.bulk_create(
        [typed],
        update_conflicts=True,
        unique_fields=["email_hash"],
        update_fields=["email_hash"],
    )
    confirmed = [
        Exists(Signature.objects.filter(mailbox=OuterRef("pk"), state=SignatureState.CONFIRMED)),
        Exists(Follow.objects.filter(mailbox=OuterRef("pk"), state=FollowState.CONFIRMED)),
    ]
    mailbox = Mailbox.objects.annotate(is_proven=confirmed[0] | confirmed[1]).get(pk=stored.pk)
    if mailbox.blocked_on is None and (
        not mailbox.email  # its owner blocked it once, and then let mails come again
        or (not mailbox.is_proven and _is_plain(email) and not _is_plain(mailbox.email))
    ):
        mailbox.email = email
    # Written in any case, so that it costs the same.
    Mailbox.objects.filter(pk=mailbox.pk).update(email=mailbox.email)
    return mailbox


def _is_plain(email: str) -> bool:
    """Whether the address is typed as it is compared: without a tag."""
    return email.casefold() == normalised_email(email)


def not_me(mailbox: Mailbox, *, block: bool) -> None:
    """Somebody else typed the address: what waits goes, what was confirmed stays."""
    with transaction.atomic():
        Signature.objects.filter(mailbox=mailbox, state=SignatureState.UNCONFIRMED).delete()
        Follow.objects.filter(mailbox=mailbox, state=FollowState.UNCONFIRMED).delete()
        OutgoingMail.objects.filter(
            about=f"mailbox:{mailbox.pk}", kind=MailKind.CONFIRM, sent_at=None
        ).delete()
        if block:
            _block(mailbox)


def _block(mailbox: Mailbox) -> None:
    """No mail of ours goes there again, whoever types the address. Only its hash is kept."""
    Mailbox.objects.filter(pk=mailbox.pk, blocked_on=None).update(
        blocked_on=timezone.localdate(), email=""
    )
    Follow.objects.filter(mailbox=mailbox).exclude(state=FollowState.ENDED).update(
        state=FollowState.ENDED, changed_at=timezone.now()
    )


def unblock(mailbox: Mailbox) -> None:
    """Let mails come again. The address itself is known anew when somebody types it."""
    Mailbox.objects.filter(pk=mailbox.pk).update(blocked_on=None)
