"""Wishes to be told what becomes of a case, or of all good news. None is heard unconfirmed.

Each act takes the follow as it was read, and changes it only if nobody changed it in between: then
it returns False and nothing has happened.
"""

from django.db import transaction
from django.utils import timezone, translation

from cases.models import Case
from letters import emails, mailboxes
from letters.models import Follow, FollowState, Mailbox

UNCONFIRMED, CONFIRMED, ENDED = FollowState.UNCONFIRMED, FollowState.CONFIRMED, FollowState.ENDED


def follow(*, email: str, case: Case | None, suspect: bool = False) -> None:
    """Keep the wish, without a case for all good news, and mail the link to confirm it.

    What a robot seems to have sent is mailed later, behind the others.
    """
    with transaction.atomic():
        emails.queue_confirm(let_wait(email=email, case=case), email, later=suspect)


def let_wait(*, email: str, case: Case | None) -> Mailbox:
    """Keep the wish until it is confirmed; whoever calls this mails the link to do so."""
    mailbox = mailboxes.ask_for(email)
    wish(mailbox, case)
    return mailbox


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
    """The owner of the address wants it; also once more, after it was ended.

    News comes in the language of the page on which they said so.
    """
    if not (may_confirm(follow) and _move(follow, CONFIRMED)):
        return False
    language = translation.get_language() or follow.mailbox.language
    Mailbox.objects.filter(pk=follow.mailbox_id).update(language=language)
    return True


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
