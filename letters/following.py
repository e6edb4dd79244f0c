"""Wishes to be told what becomes of a case, or of all good news. None is heard unconfirmed.

Each act takes the follow as it was read, and changes it only if nobody changed it in between: then
it returns False and nothing has happened.
"""

from django.db import transaction
from django.utils import timezone

from cases.models import Case
from letters import emails, mailboxes
from letters.models import Follow, FollowState, Mailbox

UNCONFIRMED, CONFIRMED, ENDED = FollowState.UNCONFIRMED, FollowState.CONFIRMED, FollowState.ENDED


def follow(*, email: str, case: Case | None) -> None:
    """Keep the wish, without a case for all good news, and mail the link to confirm it."""
    with transaction.atomic():
        mailbox = mailboxes.ask_for(email)
        wish(mailbox, case)
        emails.queue_confirm(mailbox, email)


def wish(mailbox: Mailbox, case: Case | None) -> None:
    """Let the wish wait in the mailbox, unless it is confirmed there already."""
    wished = Follow(mailbox=mailbox, case=case)
    Follow.objects.bulk_create([wished], ignore_conflicts=True)
    Follow.objects.filter(mailbox=mailbox, case=case, state=ENDED).update(
        state=UNCONFIRMED, changed_at=timezone.now()
    )


def may_confirm(follow: Follow) -> bool:
    return follow.state != CONFIRMED and (follow.case is None or follow.case.is_told)


def confirm(follow: Follow) -> bool:
    """The owner of the address wants it; also once more, after it was ended."""
    return may_confirm(follow) and _move(follow, CONFIRMED)


def end(follow: Follow) -> bool:
    return follow.state != ENDED and _move(follow, ENDED)


def end_all(mailbox: Mailbox) -> None:
    """No more news to this address. Its page can take each up again."""
    Follow.objects.filter(mailbox=mailbox).exclude(state=ENDED).update(
        state=ENDED, changed_at=timezone.now()
    )


def _move(follow: Follow, state: FollowState) -> bool:
    before = {"state": follow.state, "changed_at": follow.changed_at}
    now = timezone.now()
    if not Follow.objects.filter(pk=follow.pk, **before).update(state=state, changed_at=now):
        return False
    follow.state, follow.changed_at = state, now
    return True
