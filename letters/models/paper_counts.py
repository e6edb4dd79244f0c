from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.countries import CountryField
from cases.models import Case
from cases.models.history import History
from letters.models.actions import ActionKind
from letters.models.tallies import TallyKey, TallySource


class PaperState(models.TextChoices):
    COUNTED = "counted", _("counted")
    NEEDS_REVIEW = "held", _("needs review: somebody else has to look at it")
    TAKEN_OUT = "taken-out", _("taken out")


class PaperCount(models.Model):
    """Actions that were counted on paper or elsewhere, as staff entered them.

    `letters.statistics.paper_counts` enters and corrects it, and keeps the tally in step; its
    history is the trail. It names no writer.
    """

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="paper_counts", verbose_name=_("case")
    )
    kind = models.CharField(_("what"), max_length=10, choices=ActionKind.choices)
    number = models.PositiveIntegerField(_("number"))
    country = CountryField(
        _("country"),
        blank=True,
        help_text=_("Where they were written; empty if that is not known."),
    )
    day = models.DateField(
        _("day"), help_text=_("When they were written, or the last day of the event.")
    )
    source = models.CharField(
        _("source"),
        max_length=200,
        help_text=_("Who counted: a group, an office. Name no private person."),
    )
    evidence = models.CharField(
        _("evidence"),
        max_length=300,
        help_text=_("What shows it and where it lies: “scan in folder 12”, “boxes at the office”."),
    )
    state = models.CharField(
        _("state"), max_length=9, choices=PaperState.choices, default=PaperState.COUNTED
    )
    reason = models.CharField(
        _("reason of the last change"),
        max_length=300,
        blank=True,
        help_text=_("Needed to correct or take out what was entered."),
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("entered by"),
    )
    entered_at = models.DateTimeField(_("entered"), default=timezone.now, editable=False)

    history = History()
    _history_user: models.Model  # who changes it

    class Meta:
        verbose_name = _("count on paper")
        verbose_name_plural = _("counts on paper")
        ordering = ["-pk"]
        indexes = [
            models.Index(
                name="paper_count_held", fields=["-id"], condition=Q(state=PaperState.NEEDS_REVIEW)
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="paper_count_is_not_zero",
                condition=Q(number__gt=0),
                violation_error_code="number",
                violation_error_message=_("Give a number, 1 or more."),
            )
        ]
        permissions = [("review_papercount", _("Can review counts on paper"))]

    def __str__(self) -> str:
        return _("%(number)s %(kind)s") % {
            "number": intcomma(self.number),
            "kind": self.get_kind_display(),
        }

    @property
    def tally_key(self) -> TallyKey | None:
        """Where it counts in the tally, if it does."""
        if self.state != PaperState.COUNTED:
            return None
        return TallyKey(self.case_id, self.kind, TallySource.STAFF.value, self.day, self.country)
