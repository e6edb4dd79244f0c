from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models import Case, Edition
from letters.models.email_addresses import EmailAddress


class FollowState(models.TextChoices):
    UNCONFIRMED = "unconfirmed", _("not confirmed yet")
    CONFIRMED = "confirmed", _("confirmed")
    ENDED = "ended", _("ended")


class FollowQuerySet(models.QuerySet["Follow"]):
    def confirmed(self) -> FollowQuerySet:
        return self.filter(state=FollowState.CONFIRMED)


class Follow(models.Model):
    """A wish to be told what becomes of a case, of all good news, or at its end of an edition.

    Without a case and an edition it is of all good news.
    """

    email_address = models.ForeignKey(
        EmailAddress, models.CASCADE, related_name="follows", db_column="mailbox_id"
    )
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, blank=True, related_name="follows", verbose_name=_("case")
    )
    # One letter, after the campaign of a year: see letters.mail.year_letters.
    edition = models.ForeignKey(
        Edition,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="follows",
        verbose_name=_("edition"),
    )
    state = models.CharField(
        _("state"), max_length=11, choices=FollowState.choices, default=FollowState.UNCONFIRMED
    )
    # To which text its writer agreed: see letters.privacy.consent. Empty if it names nobody.
    consent_version = models.CharField(
        _("agreed to version"), max_length=10, blank=True, default="", editable=False
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    changed_at = models.DateTimeField(_("last changed"), default=timezone.now, editable=False)

    objects = FollowQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow")
        verbose_name_plural = _("follows")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="follow_one_per_case_and_address", fields=["email_address", "case"]
            ),
            models.UniqueConstraint(
                name="follow_all_good_news_once_per_address",
                fields=["email_address"],
                condition=Q(case__isnull=True, edition__isnull=True),
            ),
            models.UniqueConstraint(
                name="follow_one_per_edition_and_address", fields=["email_address", "edition"]
            ),
            models.CheckConstraint(
                name="follow_of_a_case_or_an_edition",
                condition=Q(case__isnull=True) | Q(edition__isnull=True),
            ),
        ]
        indexes = [
            models.Index(name="follow_by_state_and_age", fields=["state", "changed_at"]),
        ]

    def __str__(self) -> str:
        return _("follow %(number)s") % {"number": self.pk}
