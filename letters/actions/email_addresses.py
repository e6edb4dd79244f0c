"""Addresses that somebody typed. What was asked for with one waits for its owner's yes.

A new, a known, a confirmed and a blocked address cost the same statements and look the same from
outside: nobody learns from a form who has signed, or follows whom.
"""

import secrets

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone, translation

from cases.models import ErasureAct, ErasureEntry
from letters.mail import bounces, links, messages, thanks
from letters.models import (
    EmailAddress,
    Follow,
    FollowState,
    Letter,
    MailKind,
    OutgoingMail,
    Pledge,
    Signature,
    SignatureState,
)
from letters.models.email_spelling import email_hash, is_plain
from letters.models.locks import lock


def get_or_create_locked(email: str) -> EmailAddress:
    """The row of an address, made if there is none, and locked: call it in a transaction.

    It keeps the address that was typed first, whatever tag or capital another one has: its mail
    goes to nobody who only typed something like it. Only the plain spelling takes the place of one
    with a tag, as long as nothing was confirmed: so nobody can keep the owner from their mail by
    typing `sam+nobody@` before they type `sam@`.
    """
    typed = EmailAddress(
        email=email,
        email_hash=email_hash(email),
        key=secrets.token_urlsafe(16),
        created_at=timezone.now(),
        language=translation.get_language() or "en",
    )
    typed.set_key_hash()
    # A row that is there is written over with its own hash: so it is locked, and can't be erased
    # before what is asked for hangs on it.
    [stored] = EmailAddress.objects.bulk_create(
        [typed],
        update_conflicts=True,
        unique_fields=["email_hash"],
        update_fields=["email_hash"],
    )
    confirmed = [
        Exists(
            Signature.objects.filter(email_address=OuterRef("pk"), state=SignatureState.CONFIRMED)
        ),
        Exists(Follow.objects.filter(email_address=OuterRef("pk"), state=FollowState.CONFIRMED)),
    ]
    email_addresses = QuerySet(EmailAddress).annotate(is_proven=confirmed[0] | confirmed[1])
    email_address = email_addresses.get(pk=stored.pk)
    if email_address.blocked_on is None and (
        not email_address.email  # its owner blocked it once, and then let mails come again
        or (not email_address.is_proven and is_plain(email) and not is_plain(email_address.email))
    ):
        email_address.email = email
    # Written in any case, so that it costs the same.
    EmailAddress.objects.filter(pk=email_address.pk).update(email=email_address.email)
    return email_address


def not_me(email_address: EmailAddress, *, block: bool) -> None:
    """Somebody else typed the address: what waits goes, what was confirmed stays."""
    with transaction.atomic():
        lock(EmailAddress.objects.filter(pk=email_address.pk))
        signatures = email_address.signatures.filter(state=SignatureState.UNCONFIRMED)
        unsigned = lock(signatures)
        lock(email_address.follows.all())
        follows = email_address.follows.filter(state=FollowState.UNCONFIRMED)
        for model, keys in [(Signature, unsigned), (Follow, follows.values_list("pk", flat=True))]:
            ErasureEntry.objects.note(ErasureAct.ERASED, model, keys)
        follows.delete()
        if block:
            _block(email_address)
        OutgoingMail.objects.filter(
            about=links.about(email_address), kind=MailKind.CONFIRM, sent_at=None
        ).delete()
        signatures.delete()


def prove_address(thing: Letter | Pledge) -> None:
    """Whoever reads mail at the address says that it is theirs."""
    things = type(thing).objects.filter(pk=thing.pk, email_hash=thing.email_hash)
    unproven = things.filter(email_proven_on=None).exclude(email_hash="")
    unproven.update(email_proven_on=timezone.localdate())
    bounces.arrives(thing.email_hash)


def take_address_off(thing: Letter | Pledge) -> None:
    """Whoever reads mail at the address says that they wrote nothing: somebody mistyped theirs.

    The letter or promise stays its writer's, who has its page, and is not mailed about any more.
    """
    is_pledge = isinstance(thing, Pledge)
    no_reminders = {"wants_reminders": False, "next_reminder_on": None} if is_pledge else {}
    with transaction.atomic():
        was = thing.email_hash
        ErasureEntry.objects.note(ErasureAct.ADDRESS, type(thing), [thing.pk], email_hash=was)
        type(thing).objects.filter(pk=thing.pk, email_hash=was).update(
            email="", email_hash="", email_proven_on=None, **no_reminders
        )
        thing.email = thing.email_hash = ""
        messages.forget_other_addresses(thing)


def _block(email_address: EmailAddress) -> None:
    """No mail of ours goes there again, whoever types the address. Only its hash is kept."""
    of = email_address.email_hash
    ErasureEntry.objects.note(ErasureAct.STOPPED, email_hash=of, value="all")
    EmailAddress.objects.filter(pk=email_address.pk, blocked_on=None).update(
        blocked_on=timezone.localdate(), email=""
    )
    email_address.follows.exclude(state=FollowState.ENDED).update(
        state=FollowState.ENDED, changed_at=timezone.now()
    )


def unblock(email_address: EmailAddress) -> None:
    """Let mails come again. The address itself is known anew when somebody types it."""
    with transaction.atomic():
        EmailAddress.objects.filter(pk=email_address.pk).update(blocked_on=None)
        of = email_address.email_hash
        ErasureEntry.objects.note(ErasureAct.AGAIN, email_hash=of, value="all")


def wants_thanks(of: str) -> bool:
    """Whether anybody is to be thanked at the address, or told what becomes of their letters."""
    letters, signatures = _thanked(of)
    return letters.exists() or signatures.exists()


def end_thanks(of: str) -> None:
    """Its owner wants neither, for all that they have done so far."""
    letters, signatures = _thanked(of)
    with transaction.atomic():
        written, signed = lock(letters), lock(signatures)
        for model, keys in [(Letter, written), (Signature, signed)]:
            ErasureEntry.objects.note(ErasureAct.STOPPED, model, keys)
        Letter.objects.filter(pk__in=written).update(wants_news=False)
        Signature.objects.filter(pk__in=signed).update(wants_thanks=False)
        thanks.forget(of)


def _thanked(of: str) -> tuple[QuerySet[Letter], QuerySet[Signature]]:
    return (
        Letter.objects.filter(email_hash=of, wants_news=True),
        Signature.objects.filter(email_address__email_hash=of, wants_thanks=True),
    )
