"""What people erase of their own, one thing or all of it, or staff for them.

What only grows old is erased by `letters.privacy.erasure`.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet

from cases.models import ErasureAct, ErasureEntry, Stage
from letters.mail import pace
from letters.models import (
    BounceKind,
    DataRequest,
    EmailAddress,
    Follow,
    HandInItem,
    LeftBecause,
    Letter,
    MailedLink,
    MailKind,
    OutgoingMail,
    Pledge,
    Reply,
    Signature,
    Undeliverable,
)
from letters.models.locks import lock
from letters.privacy import erasure, personal_data
from letters.statistics import ledger, surges


def erase_own_signatures(signatures: QuerySet[Signature]) -> int:
    """Take out names and addresses, as their owners want it; what counted stays as a number.

    Not so under a petition that can still be signed: without the address nobody could tell
    whether it signs a second time, so the signature ceases to count.
    """
    with transaction.atomic():
        chosen = Signature.objects.filter(pk__in=lock(signatures))
        can_be_signed = [
            signature.pk
            for signature in chosen.filter(counted_on__isnull=False).select_related(
                "petition__case"
            )
            if signature.petition.is_open and signature.petition.case.stage == Stage.PUBLISHED
        ]
        cease_to_count = chosen.filter(pk__in=can_be_signed)
        for done in (ErasureAct.WITHDRAWN, ErasureAct.ERASED):
            ErasureEntry.objects.note(done, Signature, can_be_signed)
        counted = ledger.by_key(cease_to_count)
        HandInItem.objects.leave(LeftBecause.WITHDRAWN, signatures=can_be_signed)
        number = cease_to_count.delete()[0] + erasure.erase_signatures(chosen)
        for key in sorted(counted):
            surges.give_back(key, counted[key])
        ledger.add_many({key: -count for key, count in counted.items()})
    return number


def erase_email_addresses(email_addresses: QuerySet[EmailAddress]) -> int:
    """Take out addresses with all that hangs on them; what counted stays as a number.

    Not so under a petition that can still be signed: without the address nobody could tell
    whether it signs a second time, so the signature ceases to count.

    A block stays as the hash that it is, or the next who types the address could have us write to
    it. Returns how many.
    """
    with transaction.atomic():
        keys = lock(email_addresses)  # nothing new hangs on one meanwhile
        ErasureEntry.objects.note(ErasureAct.ERASED, EmailAddress, keys)
        signatures = Signature.objects.filter(email_address__in=keys)
        lock(signatures)
        follows = lock(Follow.objects.filter(email_address__in=keys))
        ErasureEntry.objects.note(ErasureAct.ERASED, Follow, follows)
        Follow.objects.filter(pk__in=follows).delete()
        chosen = EmailAddress.objects.filter(pk__in=keys)
        of_what_hung_on_it = [MailKind.CONFIRM, MailKind.NEWS, MailKind.THANKS_SIGNED]
        hashes = chosen.values("email_hash")
        erasure.erase_mails_of(chosen, Q(kind__in=of_what_hung_on_it, to_hash__in=hashes))
        erase_own_signatures(signatures)
        chosen.filter(blocked_on=None).delete()
    return len(keys)


def erase_one(thing: Letter | Pledge | Signature | Follow | EmailAddress) -> None:
    match thing:
        case Letter():
            erasure.erase_letters(Letter.objects.filter(pk=thing.pk))
        case Pledge():
            erasure.erase_pledges(Pledge.objects.filter(pk=thing.pk))
        case Signature():
            erase_own_signatures(Signature.objects.filter(pk=thing.pk))
        case Follow():
            with transaction.atomic():
                keys = lock(Follow.objects.filter(pk=thing.pk))
                ErasureEntry.objects.note(ErasureAct.ERASED, Follow, keys)
                Follow.objects.filter(pk__in=keys).delete()
        case EmailAddress():
            erase_email_addresses(EmailAddress.objects.filter(pk=thing.pk))


def erase_person(of: str) -> dict[str, int]:
    """Erase all of one person; what counted stays as a number. Returns how many of what.

    A block stays as the hash that it is: see `erase_email_addresses`. So does a report of spam.
    """
    if not of:  # rows without an address would all be meant
        raise ValueError("There is no address.")
    with transaction.atomic():
        ErasureEntry.objects.note(ErasureAct.PERSON, email_hash=of)
        before = personal_data.numbers(of)
        pledges = Pledge.objects.filter(pk__in=lock(Pledge.objects.filter(email_hash=of)))
        letters = Letter.objects.filter(email_hash=of, erased_on=None)
        # All that is locked below, in the order of docs/architecture.md.
        lock(Letter.objects.filter(Q(pledge__in=pledges) | Q(pk__in=letters.values("pk"))))
        lock(Reply.objects.filter(letter__in=letters.values("pk")))
        email_addresses = EmailAddress.objects.filter(email_hash=of)
        signatures = Signature.objects.filter(email_address__in=email_addresses)
        handed_in = Q(letter__in=letters.values("pk")) | Q(signature__in=signatures.values("pk"))
        for rows in (
            email_addresses,
            signatures,
            Follow.objects.filter(email_address__in=email_addresses),
            DataRequest.objects.filter(email_hash=of),
            MailedLink.objects.filter(to_hash=of),
            OutgoingMail.objects.filter(to_hash=of),
            Undeliverable.objects.filter(email_hash=of),
        ):
            lock(rows)
        pace.forget(of)
        lock(HandInItem.objects.filter(handed_in))
        erasure.erase_letters(letters)
        erasure.erase_pledges(pledges)
        # Of the link nothing stays but that it has done its work: two clicks get one answer.
        DataRequest.objects.filter(email_hash=of).update(email="", email_hash="")
        MailedLink.objects.filter(to_hash=of).delete()
        OutgoingMail.objects.filter(to_hash=of).delete()
        came_back = Undeliverable.objects.filter(email_hash=of)
        came_back.exclude(kind=BounceKind.COMPLAINT).delete()
        erase_email_addresses(email_addresses)
    return before
