"""Posts about a case that somebody says they made: they count until they are taken back.

Each act takes the post as it was read, and changes it only if nobody changed it in between (another
tab, a double click): then it returns False and nothing has happened.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone

from cases.models import Case
from letters import counting
from letters.models import SocialAction, SocialActionState

POSTED, WITHDRAWN = SocialActionState.POSTED, SocialActionState.WITHDRAWN


def post(*, key: str, case: Case, network: str, country: str, held: bool) -> None:
    """Keep that somebody posted, and count it. The same form sent again makes no second one."""
    made = SocialAction(
        key=key,
        case=case,
        network=network,
        country=country,
        held=held,
        counted_on=None if held else timezone.localdate(),
        created_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            if made.counts_at:
                counting.count(made.counts_at)
    except IntegrityError:
        pass  # this very form has made it


def may_post_again(action: SocialAction) -> bool:
    return action.state == WITHDRAWN and action.case.may_be_shared and action.case.takes_actions


def take_back(action: SocialAction) -> bool:
    """It was not posted after all, or is deleted: it no longer counts."""
    return action.state == POSTED and _move(action, WITHDRAWN, held=action.held)


def post_again(action: SocialAction) -> bool:
    return may_post_again(action) and _move(action, POSTED, held=action.held)


def release_hold(action: SocialAction) -> bool:
    """Somebody looked at what a trap or a limit caught: it is a post, and counts as one."""
    return action.held and _move(action, action.state, held=False)


def _move(action: SocialAction, state: str, *, held: bool) -> bool:
    """Put it into a state, and the tally in step with it, in one transaction."""
    before = {"state": action.state, "held": action.held, "counted_on": action.counted_on}
    counts = state == POSTED and not held
    counted_on = (action.counted_on or timezone.localdate()) if counts else None
    with transaction.atomic():
        moved = SocialAction.objects.filter(pk=action.pk, **before).update(
            state=state, held=held, counted_on=counted_on
        )
        if not moved:
            return False
        was = action.counts_at
        action.state, action.held, action.counted_on = state, held, counted_on
        counting.move(was, action.counts_at)
    return True
