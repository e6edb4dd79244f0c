"""What people erase of their own, one thing or all of it, or staff for them.

What only grows old is erased by `letters.privacy.erasure`.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from cases.models import Stage
from letters.actions import signatures as signature_actions
from letters.models import (
    DataRequest,
    EmailAddress,
    Follow,
    Letter,
    LinkPurpose,
    MailedLink,
    MailKind,
    OutgoingMail,
    Pledge,
    Signature,
)
from letters.privacy import erasure, personal_data


def erase_own_signatures(signatures: QuerySet[Signature]) -> int:
    """Take out names and addresses, as their owners want it; what counted stays as a number.

    Not so under a petition that can still be signed: without the address nobody could tell
    whether it signs a second time, so the signature ceases to count.
    """
    with transaction.atomic():
        counted = signatures.filter(counted_on__isnull=False).select_related("petition__case")
        # By case, so that two who erase at once do not wait for each other.
        for signature in counted.order_by("petition__case_id"):
            petition = signature.petition
            if petition.is_open and petition.case.stage == Stage.PUBLISHED:
                signature_actions.withdraw(signature)
        return erasure.erase_signatures(signatures)


def erase_email_addresses(email_addresses: QuerySet[EmailAddress]) -> int:
    """Take out addresses with all that hangs on them; what counted stays as a number.

    Not so under a petition that can still be signed: without the address nobody could tell
    whether it signs a second time, so the signature ceases to count.

    A block stays as the hash that it is, or the next who types the address could have us write to
    it. Returns how many.
    """
    with transaction.atomic():
        # Locked, so that nothing new hangs on one meanwhile.
        rows = list(
            email_addresses.order_by("pk").select_for_update().values_list("pk", "email_hash")
        )
        keys = [key for key, _hash in rows]
        erase_own_signatures(Signature.objects.filter(email_address__in=keys))
        Follow.objects.filter(email_address__in=keys).delete()
        MailedLink.objects.filter(
            about__in=[f"{LinkPurpose.EMAIL_ADDRESS}:{key}" for key in keys]
        ).delete()
        OutgoingMail.objects.filter(
            to_hash__in=[email_hash for _key, email_hash in rows],
            kind__in=[MailKind.CONFIRM, MailKind.NEWS],
        ).delete()
        EmailAddress.objects.filter(pk__in=keys, blocked_on=None).delete()
    return len(rows)


def erase_one(thing: Letter | Pledge | Signature | Follow | EmailAddress) -> None:
    match thing:
        case Letter():
            erasure.erase_letters(Letter.objects.filter(pk=thing.pk))
        case Pledge():
            erasure.erase_pledges(Pledge.objects.filter(pk=thing.pk))
        case Signature():
            erase_own_signatures(Signature.objects.filter(pk=thing.pk))
        case Follow():
            thing.delete()
        case EmailAddress():
            erase_email_addresses(EmailAddress.objects.filter(pk=thing.pk))


def erase_person(of: str) -> dict[str, int]:
    """Erase all of one person; what counted stays as a number. Returns how many of what.

    A block stays as the hash that it is: see `erase_email_addresses`.
    """
    if not of:  # rows without an address would all be meant
        raise ValueError("There is no address.")
    with transaction.atomic():
        before = personal_data.numbers(of)
        rows = personal_data.stored_rows(of)
        erasure.erase_letters(rows["letters"].select_related(None))
        erasure.erase_pledges(rows["pledges"].select_related(None))
        erase_email_addresses(rows["email_addresses"])
        OutgoingMail.objects.filter(to_hash=of).delete()
        # Of the link nothing stays but that it has done its work: two clicks get one answer.
        DataRequest.objects.filter(email_hash=of).update(email_hash="")
        MailedLink.objects.filter(to_hash=of).delete()
    return before
