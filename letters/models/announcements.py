from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models import Case, Outcome
from cases.models.fields import OneToOneOrNoneField
from letters.models.approvals import AskedAndApproved


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def awaiting_approval(self) -> AnnouncementQuerySet:
        return self.filter(approved_at=None)

    def to_be_queued(self) -> AnnouncementQuerySet:
        """Approved, and not all of its mails are in the outbox. A case that is frozen so far that
        nothing is told of it waits."""
        told = Case.objects.visible().values("pk")
        return self.filter(
            approved_at__isnull=False, finished_at=None, outcome__case__in=told
        ).order_by("approved_at", "pk")


class Announcement(AskedAndApproved):
    """The one mail that tells all who wanted to know of an outcome.

    One person asks for it, another approves it; then the worker puts a mail for each address into
    the outbox. `texts` is what both saw: what is sent is that, whatever changes meanwhile.
    """

    outcome = OneToOneOrNoneField(Outcome, models.PROTECT, related_name="announcement")
    # {"en": {"subject": …, "body": …}, "fr": …}
    texts = models.JSONField(editable=False)
    # The last address that has its mail in the outbox; they are gone through by their keys.
    last_email_address_id = models.BigIntegerField(default=0, editable=False, db_column="reached")
    finished_at = models.DateTimeField(_("all mails are in the outbox"), null=True, editable=False)

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        db_table = "letters_telling"  # as it was called first
        verbose_name = _("news to followers")
        verbose_name_plural = _("news to followers")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="announcement_approved_by_somebody_else",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="announcement_finished_only_if_approved",
                condition=Q(finished_at__isnull=True) | Q(approved_at__isnull=False),
            ),
        ]
        permissions = [("approve_announcement", _("Can ask for and approve news to followers"))]

    def __str__(self) -> str:
        return str(self.outcome)
