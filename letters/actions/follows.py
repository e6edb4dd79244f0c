"""Wishes to be told what becomes of a case, or of all good news. None is heard unconfirmed.

Each act takes the follow as it was read, and changes it only if nobody changed it in between: then
it returns False and nothing has happened.
"""

from django.db import transaction
from django.utils import timezone, translation

from cases.models import Case, Edition, ErasureAct, ErasureEntry
from letters.actions import email_addresses
from letters.actions.transitions import change
from letters.mail import messages
from letters.models import EmailAddress, Follow, FollowState, YearLetter
from letters.models.locks import lock
from letters.privacy import consent

UNCONFIRMED, CONFIRMED, ENDED = FollowState.UNCONFIRMED, FollowState.CONFIRMED, FollowState.ENDED


def follow(*, email: str, case: Case | None, is_suspect: bool = False, sender: str = "") -> None:
    """Keep the wish, without a case for all good news, and mail the link to confirm it.

    What a robot seems to have sent is mailed later, behind the others.
    """
    with transaction.atomic():
        email_address = email_addresses.get_or_create_locked(email)
        request_follow(email_address, case)
        messages.queue_confirm(email_address, email, trapped=is_suspect, sender=sender)


def request_follow(email_address: EmailAddress, case: Case | None) -> None:
    """Let it wait to be confirmed, unless the owner of the address has confirmed or ended it.

    A typed address proves nothing, and who ended it takes it up again on their page. Whoever calls
    this mails the link to confirm it.
    """
    requested = Follow(email_address=email_address, case=case, consent_version=consent.VERSION)
    Follow.objects.bulk_create([requested], ignore_conflicts=True)


def may_want_year_letter(edition: Edition | None) -> bool:
    """Whether its letter can still be promised: one that is approved is on its way."""
    approved = YearLetter.objects.filter(edition=edition, approved_at__isnull=False)
    return edition is not None and not approved.exists()


def want_year_letter(email: str, edition: Edition) -> None:
    """Whoever reads mail at the address wants one letter about the year, at its end; if that has
    gone, nothing is kept.

    Call it only for somebody who came by a link that was mailed to the address.
    """
    if not may_want_year_letter(edition):
        return
    with transaction.atomic():
        email_address = email_addresses.get_or_create_locked(email)
        if email_address.blocked_on:
            return
        wanted = Follow(
            email_address=email_address,
            edition=edition,
            state=CONFIRMED,
            consent_version=consent.VERSION,
        )
        Follow.objects.bulk_create([wanted], ignore_conflicts=True)
        ended = email_address.follows.filter(edition=edition).exclude(state=CONFIRMED)
        keys = lock(ended)
        _note_again(keys)
        Follow.objects.filter(pk__in=keys).update(state=CONFIRMED, changed_at=timezone.now())


def _note_again(keys: list[int]) -> None:
    """So that no restored backup ends what was ended before."""
    ErasureEntry.objects.note(ErasureAct.AGAIN, Follow, keys, value=ErasureAct.WITHDRAWN)


def may_confirm(follow: Follow) -> bool:
    return follow.state != CONFIRMED and (follow.case is None or follow.case.is_visible)


def confirm(follow: Follow) -> bool:
    """The owner of the address wants it; also once more, after it was ended.

    News comes in the language of the page on which they said so.
    """
    was_ended = follow.state == ENDED
    with transaction.atomic():
        if not (may_confirm(follow) and change(follow, state=CONFIRMED)):
            return False
        if was_ended:
            _note_again([follow.pk])
    language = translation.get_language() or follow.email_address.language
    EmailAddress.objects.filter(pk=follow.email_address_id).update(language=language)
    return True


def end(follow: Follow) -> bool:
    if follow.state == ENDED:
        return False
    with transaction.atomic():
        if not change(follow, state=ENDED):
            return False
        ErasureEntry.objects.note(ErasureAct.WITHDRAWN, Follow, [follow.pk])
    return True


def end_all(email_address: EmailAddress) -> None:
    """No more news to this address. Its page can take each up again."""
    with transaction.atomic():
        keys = lock(email_address.follows.exclude(state=ENDED))
        ErasureEntry.objects.note(ErasureAct.WITHDRAWN, Follow, keys)
        Follow.objects.filter(pk__in=keys).update(state=ENDED, changed_at=timezone.now())
