from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DeskThing(models.TextChoices):
    """What staff read and decide about at the desk."""

    LETTER = "letter", _("letter")
    SIGNATURE = "signature", _("signature")
    POST = "post", _("post")
    REPLY = "reply", _("reply")


class ClaimQuerySet(models.QuerySet["Claim"]):
    def in_force(self) -> ClaimQuerySet:
        # See also Claim.is_in_force
        return self.filter(until__gt=timezone.now())

    def by_row(self, thing: str, rows: list[int]) -> dict[int, Claim]:
        """Who has which of these now."""
        found = self.in_force().filter(thing=thing, row__in=rows).select_related("by")
        return {claim.row: claim for claim in found}

    def free_for(self, person) -> ClaimQuerySet:
        """Those that the person may take: their own, and what nobody reads any more."""
        return self.filter(Q(by=person) | Q(until__lte=timezone.now()))


class Claim(models.Model):
    """Somebody of the staff has it on their desk: until then nobody else gets it to read."""

    thing = models.CharField(max_length=9, choices=DeskThing.choices)
    row = models.BigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="claims")
    until = models.DateTimeField(db_index=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(name="claim_one_a_row", fields=["thing", "row"])]

    def __str__(self) -> str:
        return f"{self.get_thing_display()} {self.row}"

    @property
    def is_in_force(self) -> bool:
        # See also ClaimQuerySet.in_force
        return self.until > timezone.now()
