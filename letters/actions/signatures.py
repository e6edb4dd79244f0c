"""Names under a petition, from the form to the count.

No name counts before the owner of the address has pressed the button on the page that a mail links
to. Each act takes the signature as it was read, and changes it only if nobody changed it in between
(another tab, a double click): then it returns False and nothing has happened.
"""

from typing import TypedDict, Unpack

from django.db import transaction
from django.utils import timezone

from cases.models import Petition, PetitionText
from letters.actions import email_addresses, follows
from letters.actions.transitions import lock_as_read, move
from letters.mail import messages, thanks
from letters.models import Signature, SignatureState

UNCONFIRMED, CONFIRMED = SignatureState.UNCONFIRMED, SignatureState.CONFIRMED
WITHDRAWN, INVALID = SignatureState.WITHDRAWN, SignatureState.INVALID


class SignatureFields(TypedDict):
    """What is filled in by whoever signs, as the signature keeps it."""

    name: str
    country: str
    shown_name: str
    wants_thanks: bool
    consent_version: str


def sign(
    *,
    petition: Petition,
    email: str,
    follow: bool,
    needs_review: bool,
    sender: str = "",
    **fields: Unpack[SignatureFields],
) -> None:
    """Keep a name under the petition as this page shows it, and mail the link to confirm it.

    What was typed before and not confirmed is written over. What was confirmed or withdrawn stays
    as it is: a typed address proves nothing, and its owner finds it on the page that the mail links
    to. `follow` asks for news of the case as well.
    """
    with transaction.atomic():
        text, now = keep_text(petition), timezone.now()
        email_address = email_addresses.get_or_create_locked(email)
        typed = {"text": text, "needs_review": needs_review, **fields}
        signature = Signature(email_address=email_address, petition=petition, **typed)
        Signature.objects.bulk_create([signature], ignore_conflicts=True)
        Signature.objects.filter(
            email_address=email_address, petition=petition, state=UNCONFIRMED
        ).update(changed_at=now, supporter_changed_at=now, **typed)
        if follow:
            follows.request_follow(email_address, petition.case)
        messages.queue_confirm(email_address, email, trapped=needs_review, sender=sender)


def keep_text(petition: Petition) -> PetitionText:
    """The text that is signed, kept as it is now whatever happens to the petition."""
    return PetitionText.objects.get_or_create(
        petition=petition,
        digest=petition.digest,
        language=petition.language,
        defaults={"title": petition.title_i18n, "text": petition.text_i18n},
    )[0]


def may_confirm(signature: Signature) -> bool:
    """Whether it can begin to count: it waits, or was withdrawn, and its case takes actions.

    Whoever signed before the petition's last day was over may confirm it afterwards.
    """
    return (
        signature.state in (UNCONFIRMED, WITHDRAWN)
        and signature.erased_on is None
        and signature.petition.case.takes_actions
    )


def confirm(signature: Signature) -> bool:
    """The owner of the address says yes: it counts, unless it needs review. They are thanked if
    they asked for that."""
    if signature.state != UNCONFIRMED or not may_confirm(signature):
        return False
    with transaction.atomic():
        if signature.wants_thanks and lock_as_read(signature):
            thanks.queue_for_signature(signature)
        return _move_by_owner(signature, CONFIRMED)


def withdraw(signature: Signature) -> bool:
    """Its owner takes it back, or does not want what waits."""
    is_there = signature.state in (UNCONFIRMED, CONFIRMED)
    return is_there and _move_by_owner(signature, WITHDRAWN)


def restore(signature: Signature) -> bool:
    """Its owner wants it after all."""
    is_withdrawn = signature.state == WITHDRAWN and may_confirm(signature)
    return is_withdrawn and _move_by_owner(signature, CONFIRMED)


def _move_by_owner(signature: Signature, state: str) -> bool:
    return move(signature, state, supporter_changed_at=timezone.now())


def clear_review(signature: Signature) -> bool:
    """A moderator looked at what a trap or a limit caught: once confirmed, it counts."""
    return signature.needs_review and move(signature, signature.state, needs_review=False)


def invalidate(signature: Signature) -> bool:
    """A moderator found that nobody of that name signed. It is kept, and does not count."""
    return signature.state != INVALID and move(signature, INVALID)


def revalidate(signature: Signature) -> bool:
    """A moderator was wrong about it: its owner is asked for their yes once more."""
    if signature.state != INVALID or signature.email_address is None:
        return False
    with transaction.atomic():
        # It has its time anew: what waits is erased by when it began to.
        moved = move(signature, UNCONFIRMED, created_at=timezone.now())
        if moved and signature.email_address.email:
            messages.queue_confirm(signature.email_address, signature.email_address.email)
    return moved
