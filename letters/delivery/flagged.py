"""Signatures and posts that a trap or a limit caught, as somebody at the desk decides about them.

They are short, so many stand on one page; whoever has them there has them alone for ten minutes,
and each is one decision that can be undone. See also `letters.delivery.desk`.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.publishing.acts import Refused
from letters.actions import posts as post_actions
from letters.actions import signatures as signature_actions
from letters.actions.transitions import move
from letters.delivery import claims, moderation
from letters.models import Decision, DeskAct, DeskThing, HandInItem, Post, PostState, Signature

AT_ONCE = 20  # rows on one desk

Flagged = Signature | Post


def waiting(thing: str) -> QuerySet:
    """The longest waiting first, with what their page shows."""
    if thing == DeskThing.SIGNATURE:
        signatures = Signature.objects.needing_review().order_by("pk")
        return signatures.select_related("petition__case")
    posts = Post.objects.needing_review().filter(state=PostState.POSTED).order_by("pk")
    return posts.select_related("case")


def take(thing: str, by: User) -> list[int]:
    """Put the next ones on somebody's desk."""
    return claims.next_rows(thing, by, [waiting(thing)], AT_ONCE)


def take_back(thing: str, rows: Iterable[int], by: User) -> None:
    """Of what they had on a page, and perhaps too long: theirs again, unless others have it now."""
    there = waiting(thing).filter(pk__in=list(rows)).values_list("pk", flat=True)
    claims.claim_many(thing, there[:AT_ONCE], by)


def on_desk(thing: str, of: User) -> list[Flagged]:
    """What somebody has on their desk and has not decided."""
    return list(waiting(thing).filter(pk__in=claims.rows_of(thing, of)))


def decide(row: Flagged, act: str, *, by: User) -> bool:
    """Do it as the row was read. False if somebody changed it since: then nothing has happened."""
    thing = DeskThing.SIGNATURE if isinstance(row, Signature) else DeskThing.POST
    before = {"state": str(row.state)}
    with transaction.atomic():
        if not _do(row, act):
            return False
        Decision.objects.create(
            thing=thing,
            row=row.pk,
            act=act,
            by=by,
            before=before,
            after_changed_at=getattr(row, "changed_at", None),
        )
        claims.release(thing, [row.pk], by)
    return True


def undo(decision: Decision, *, by: User) -> Flagged:
    """It waits for a look again. Raises Refused if it can't be."""
    if not decision.may_be_undone_by(by):
        raise Refused(
            _("Only the person who decided it can undo it within an hour, or whoever leads.")
        )
    model = Signature if decision.thing == DeskThing.SIGNATURE else Post
    with transaction.atomic():
        row = model._default_manager.select_for_update(of=("self",)).filter(pk=decision.row).first()
        undone = {"undone_at": timezone.now(), "undone_by": by}
        standing = Decision.objects.standing().filter(pk=decision.pk)
        if isinstance(row, Signature) and HandInItem.objects.open().filter(signature=row).exists():
            raise Refused(_("It can’t be undone: it goes with a hand-in, or has gone."))
        if row is None or not decision.before or not _is_as_decided(row, decision):
            raise Refused(_("It can’t be undone: it was changed or erased since."))
        if not _put_back(row, decision) or not standing.update(**undone):
            raise Refused(_("It can’t be undone: it was changed or erased since."))
    return row


def _do(row: Flagged, act: str) -> bool:
    if act == DeskAct.CLEAR_REVIEW:
        actions = signature_actions if isinstance(row, Signature) else post_actions
        return actions.clear_review(row)
    if isinstance(row, Signature):
        return row.needs_review and signature_actions.invalidate(row)
    return bool(moderation.invalidate(Post.objects.needing_review().filter(pk=row.pk)))


def _is_as_decided(row: Flagged, decision: Decision) -> bool:
    """Nobody has done anything with it since."""
    is_out = decision.act == DeskAct.INVALIDATE
    if isinstance(row, Signature):
        return row.changed_at == decision.after_changed_at and row.erased_on is None
    is_same = row.state == decision.before["state"] and bool(row.invalid_on) == is_out
    return is_same and row.needs_review == is_out and row.key != ""


def _put_back(row: Flagged, decision: Decision) -> bool:
    if isinstance(row, Signature) or decision.act == DeskAct.CLEAR_REVIEW:
        return move(row, decision.before["state"], needs_review=True)
    return bool(moderation.revalidate(Post.objects.filter(pk=row.pk)))
