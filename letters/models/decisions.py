from __future__ import annotations

import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from letters.models.claims import DeskThing

UNDO_OWN_WITHIN = datetime.timedelta(hours=1)  # then somebody who leads the moderators
LAST_SHOWN = 20


class DeskAct(models.TextChoices):
    """What somebody at the desk decided."""

    APPROVE = "approve", _("approved")
    ASK = "ask", _("asked to change")
    CLEAR_REVIEW = "clear_review", _("not spam")
    REJECT = "reject", _("rejected")
    INVALIDATE = "invalidate", _("not valid")
    READ = "read", _("read")
    SHARE = "share", _("shared")
    SKIP = "skip", _("left to others")


class DecisionQuerySet(models.QuerySet["Decision"]):
    def standing(self) -> DecisionQuerySet:
        """Those that were not undone."""
        return self.filter(undone_at=None)

    def undoable_by(self, person) -> DecisionQuerySet:
        """What they may undo, by who they are; whether the row still can be, `undo` asks."""
        # See also Decision.may_be_undone_by
        decided = self.standing().exclude(act=DeskAct.SKIP)
        if person.has_perm("letters.lead_moderation"):
            return decided
        return decided.filter(by=person, at__gt=timezone.now() - UNDO_OWN_WITHIN)

    def last_by(self, person, thing: str) -> list[Decision]:
        """What they decided last and can still undo, the newest first."""
        return list(self.filter(thing=thing, by=person).undoable_by(person)[:LAST_SHOWN])


class Decision(models.Model):
    """What somebody decided about one row at the desk, and how to undo it: nobody's words."""

    thing = models.CharField(_("what"), max_length=9, choices=DeskThing.choices)
    row = models.BigIntegerField(_("number"))
    act = models.CharField(_("decision"), max_length=12, choices=DeskAct.choices)
    reason_code = models.CharField(max_length=12, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="decisions",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("when"), default=timezone.now)
    # Its state before, as plain values; empty once it was erased.
    before = models.JSONField(default=dict)
    # When the row was changed by this; whoever changed it later decided or wrote something new.
    after_changed_at = models.DateTimeField(null=True)
    # The same for what was read once and decided together.
    group = models.CharField(max_length=22, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-pk"]
        indexes = [
            models.Index(name="decision_of_person", fields=["by", "-id"]),
            models.Index(name="decision_of_row", fields=["thing", "row"]),
            models.Index(name="decision_by_age", fields=["at"]),
            models.Index(name="decision_of_group", fields=["group"], condition=~Q(group="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_thing_display()} {self.row}: {self.get_act_display()}"

    def may_be_undone_by(self, person) -> bool:
        # See also DecisionQuerySet.undoable_by
        if self.undone_at or self.act == DeskAct.SKIP:
            return False
        is_own = self.by_id == person.pk and self.at > timezone.now() - UNDO_OWN_WITHIN
        return is_own or person.has_perm("letters.lead_moderation")
