"""Names under a petition, from the form to the count.

No name counts before the owner of the address has pressed the button on the page that a mail links
to. Each act takes the signature as it was read, and changes it only if nobody changed it in between
(another tab, a double click): then it returns False and nothing has happened.
"""

from django.db import transaction
from django.utils import timezone

from cases.models import Petition, PetitionText
from letters import counting, emails, following, mailboxes
from letters.models import Mailbox, Signature, SignatureState

UNCONFIRMED, CONFIRMED = SignatureState.UNCONFIRMED, SignatureState.CONFIRMED
WITHDRAWN, INVALID = SignatureState.WITHDRAWN, SignatureState.INVALID


def sign(*, petition: Petition, email: str, follow: bool, **words) -> None:
    """Keep a name under the petition as this page shows it, and mail the link to confirm it.

    What was typed before and not confirmed is written over. What was confirmed stays as it is: a
    typed address proves nothing. `follow` asks for news of the case as well.
    """
    with transaction.atomic():
        text = keep_text(petition)
        mailbox = mailboxes.ask_for(email)
        _let_wait(mailbox, petition=petition, text=text, **words)
        if follow:
            following.wish(mailbox, petition.case)
        emails.queue_confirm(mailbox, email, later=words["held"])


def keep_text(petition: Petition) -> PetitionText:
    """The text that is signed, kept as it is now whatever becomes of the petition."""
    return PetitionText.objects.get_or_create(
        petition=petition,
        digest=petition.digest,
        language=petition.language,
        defaults={"title": petition.title_i18n, "text": petition.text_i18n},
    )[0]


def _let_wait(mailbox: Mailbox, *, petition: Petition, **words) -> None:
    signature = Signature(mailbox=mailbox, petition=petition, **words)
    Signature.objects.bulk_create([signature], ignore_conflicts=True)
    Signature.objects.filter(
        mailbox=mailbox, petition=petition, state__in=[UNCONFIRMED, WITHDRAWN]
    ).update(state=UNCONFIRMED, changed_at=timezone.now(), **words)


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
    """The owner of the address says yes: it counts, unless it is held for a look."""
    return signature.state == UNCONFIRMED and may_confirm(signature) and _move(signature, CONFIRMED)


def withdraw(signature: Signature) -> bool:
    """Its owner takes it back, or does not want what waits."""
    return signature.state in (UNCONFIRMED, CONFIRMED) and _move(signature, WITHDRAWN)


def restore(signature: Signature) -> bool:
    """Its owner wants it after all."""
    return signature.state == WITHDRAWN and may_confirm(signature) and _move(signature, CONFIRMED)


def release_hold(signature: Signature) -> bool:
    """A moderator looked at what a trap or a limit caught: once confirmed, it counts."""
    return signature.held and _move(signature, signature.state, held=False)


def invalidate(signature: Signature) -> bool:
    """A moderator found that nobody of that name signed. It is kept, and does not count."""
    return signature.state != INVALID and _move(signature, INVALID)


def revalidate(signature: Signature) -> bool:
    """A moderator was wrong about it: its owner is asked for their yes once more."""
    if signature.state != INVALID or signature.mailbox is None:
        return False
    with transaction.atomic():
        moved = _move(signature, UNCONFIRMED)
        if moved and signature.mailbox.email:
            emails.queue_confirm(signature.mailbox, signature.mailbox.email)
    return moved


def _move(signature: Signature, state: str, *, held: bool | None = None) -> bool:
    """Put it into a state, and the tally in step with it, in one transaction."""
    before = {
        "state": signature.state,
        "held": signature.held,
        "counted_on": signature.counted_on,
        "changed_at": signature.changed_at,
        "erased_on": None,
    }
    held = signature.held if held is None else held
    counts = state == CONFIRMED and not held
    after = {
        "state": state,
        "held": held,
        "counted_on": (signature.counted_on or timezone.localdate()) if counts else None,
        "changed_at": timezone.now(),
    }
    with transaction.atomic():
        if not Signature.objects.filter(pk=signature.pk, **before).update(**after):
            return False
        was = signature.counts_at
        for name, value in after.items():
            setattr(signature, name, value)
        counting.move(was, signature.counts_at)
    return True
