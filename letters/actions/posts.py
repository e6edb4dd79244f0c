"""Posts about a case that somebody says they made: they count until they are taken back.

Each act takes the post as it was read, and changes it only if nobody changed it in between (another
tab, a double click): then it returns False and nothing has happened.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone

from cases.models import Case
from letters.actions.transitions import move
from letters.models import Post, PostState
from letters.statistics import ledger, surges

POSTED, WITHDRAWN = PostState.POSTED, PostState.WITHDRAWN


def post(*, key: str, case: Case, network: str, country: str, needs_review: bool) -> Post:
    """Keep that somebody posted, and count it. The same form sent again makes no second one."""
    made = Post(
        key=key,
        case=case,
        network=network,
        country=country,
        needs_review=needs_review,
        counted_on=None if needs_review else timezone.localdate(),
        created_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            if changes := surges.watch(made, None):
                Post.objects.filter(pk=made.pk).update(**changes)
            if made.tally_key:
                ledger.count(made.tally_key)
    except IntegrityError:  # this very form has made it
        return Post.objects.by_key(key).get()
    return made


def may_post_again(post: Post) -> bool:
    case = post.case
    return post.state == WITHDRAWN and post.is_valid and case.may_be_shared and case.takes_actions


def take_back(post: Post) -> bool:
    """It was not posted after all, or is deleted: it no longer counts."""
    return post.state == POSTED and move(post, WITHDRAWN)


def post_again(post: Post) -> bool:
    return may_post_again(post) and move(post, POSTED)


def clear_review(post: Post) -> bool:
    """Somebody looked at what a trap or a limit caught: it is a post, and counts as one."""
    return post.needs_review and move(post, post.state, needs_review=False)
