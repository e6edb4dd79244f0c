"""Thanks whoever agreed to it: for all that was done with an address on one day, one mail, which
leaves on the next morning.

By then it may be undone, erased or of a frozen case; then it is not said: see `letters.mail.parts`.
"""

from __future__ import annotations

import datetime

from django.utils import timezone, translation

from letters.mail import links
from letters.mail.pace import domain_of
from letters.models import EmailAddress, Letter, MailKind, OutgoingMail, Priority, Signature
from letters.models.locks import delete_locked
from letters.models.mail import THANKS

AT = datetime.time(8)


def queue_for_letter(letter: Letter) -> None:
    """That a letter was posted, in the transaction in which it is; at most once."""
    _queue(MailKind.THANKS_POSTED, letter, letter, letter.page_language)


def queue_for_signature(signature: Signature) -> None:
    """That a signature was confirmed, as above."""
    address = signature.email_address
    if address is not None:
        _queue(MailKind.THANKS_SIGNED, signature, address, address.language)


def forget(to_hash: str) -> None:
    """No thanks that wait leave any more: their owner wants none."""
    delete_locked(OutgoingMail.objects.waiting().filter(to_hash=to_hash, kind__in=THANKS))


def _queue(
    kind: MailKind, thing: Letter | Signature, owner: Letter | EmailAddress, language: str
) -> None:
    if not owner.email:
        return
    with translation.override(language):
        stop = links.to_end_thanks(owner)
    mail = OutgoingMail(
        kind=kind,
        about=links.about(thing),
        to=owner.email,
        to_hash=owner.email_hash,
        language=language,
        priority=Priority.NEWS,
        domain=domain_of(owner.email),
        unsubscribe_url=stop,
        created_at=timezone.now(),
        not_before=_next_morning(),
    )
    OutgoingMail.objects.bulk_create([mail], ignore_conflicts=True)


def _next_morning() -> datetime.datetime:
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    return timezone.make_aware(datetime.datetime.combine(tomorrow, AT))
