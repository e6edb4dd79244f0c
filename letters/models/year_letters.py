from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models import Edition
from cases.models.fields import OneToOneOrNoneField
from letters.models.approvals import AskedAndApproved


class YearLetterQuerySet(models.QuerySet["YearLetter"]):
    def awaiting_approval(self) -> YearLetterQuerySet:
        return self.filter(approved_at=None)

    def to_tell(self) -> YearLetterQuerySet:
        """Approved, and not all of its mails are in the outbox."""
        return self.filter(tell_after__lte=timezone.now()).order_by("tell_after", "pk")


class YearLetter(AskedAndApproved):
    """The one letter about the year, to those who asked for it: one person of staff asks for it,
    another approves it.

    What its reader did and what all did is looked up when it leaves. All else is as both saw it,
    whatever changes meanwhile.
    """

    edition = OneToOneOrNoneField(Edition, models.PROTECT, related_name="year_letter")
    # {"en": {"words": {text of mails: [subject, body]}, "after": [what came after]}, "fr": …}
    texts = models.JSONField(default=dict, editable=False)
    # From when on its mails are put into the outbox, and how far that is; empty once all are.
    tell_after = models.DateTimeField(null=True, editable=False)
    told_follow = models.BigIntegerField(default=0, editable=False)

    objects = YearLetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter about a year")
        verbose_name_plural = _("letters about a year")
        ordering = ["-edition__year"]
        constraints = [
            models.CheckConstraint(
                name="year_letter_approved_by_somebody_else",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="year_letter_told_only_if_approved",
                condition=Q(tell_after__isnull=True) | Q(approved_at__isnull=False),
            ),
        ]
        permissions = [("approve_yearletter", _("Can ask for and approve the letter about a year"))]

    def __str__(self) -> str:
        return _("the letter about %(year)s") % {"year": self.edition}
