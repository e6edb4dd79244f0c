"""What somebody at the desk does with an answer that a writer told us of, and undoes again.

What staff enter they have read: it waits for nobody. See also `letters.delivery.desk`.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.publishing.acts import Refused
from letters.delivery import replies
from letters.models import Decision, DeskAct, DeskThing, Reply, ReplyState

REPLY = DeskThing.REPLY


def acts_for(reply: Reply) -> list[str]:
    """What can be done with it now. Nothing is shared of a case that readers do not see."""
    if reply.state != ReplyState.UNREAD or reply.erased_on:
        return []
    return [DeskAct.READ, DeskAct.SHARE] if reply.case.is_visible else [DeskAct.READ]


def decide(
    reply: Reply, act: str, *, by: User, shown_text: str = "", shown_language: str = ""
) -> bool:
    """Do it as the answer was read. False if it was changed since: then nothing has happened."""
    if act not in acts_for(reply):
        return False
    with transaction.atomic():
        if act == DeskAct.SHARE:
            done = replies.share(reply, shown_text, shown_language)
        else:
            done = replies.mark_read(reply)
        if done:
            reply.refresh_from_db(fields=["state", "changed_at"])
            Decision.objects.create(
                thing=REPLY, row=reply.pk, act=act, by=by, after_changed_at=reply.changed_at
            )
    return done


def undo(decision: Decision, *, by: User) -> Reply:
    """It waits to be read again, and its writer reads nothing of it; the words that they could read
    stay with it. Raises Refused with the reason why not."""
    if not decision.may_be_undone_by(by):
        raise Refused(
            _("Only the person who decided it can undo it within an hour, or whoever leads.")
        )
    with transaction.atomic():
        replies_left = Reply.objects.select_for_update(of=("self",)).select_related("case")
        reply = replies_left.filter(pk=decision.row).first()
        if reply is None or reply.erased_on:
            raise Refused(_("It can’t be undone: it was erased since."))
        undone = {"undone_at": timezone.now(), "undone_by": by}
        standing = Decision.objects.standing().filter(pk=decision.pk)
        if reply.changed_at != decision.after_changed_at or not standing.update(**undone):
            raise Refused(_("It can’t be undone: it was changed since."))
        replies.mark_unread(reply)
    return reply
