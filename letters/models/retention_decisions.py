from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from letters.models.actions import ActionKind


class RetentionDecision(models.Model):
    """What staff decided about the letters, messages or signatures for a case that were handed to
    us and are not delivered. `letters.privacy.retention` writes it.

    To keep them takes one person, to let them go two: one asks, another approves.
    """

    case = models.ForeignKey(
        Case, models.CASCADE, related_name="retention_decisions", verbose_name=_("case")
    )
    kind = models.CharField(_("what"), max_length=10, choices=ActionKind.choices)
    # Staff are not asked again before this day draws near.
    keep_until = models.DateField(_("kept until"), null=True, blank=True)
    # Two people let go what its writer last changed before this moment: it is erased at its limit.
    erase_before = models.DateTimeField(null=True, blank=True)
    # The same, as one person asks for it.
    asked_before = models.DateTimeField(null=True, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked for by"),
    )
    asked_at = models.DateTimeField(_("asked for"), null=True, blank=True)

    class Meta:
        verbose_name = _("decision about what was handed to us")
        verbose_name_plural = _("what was handed to us")
        constraints = [
            models.UniqueConstraint(
                name="retention_decision_one_per_case_and_kind", fields=["case", "kind"]
            ),
            models.CheckConstraint(
                name="retention_decision_asked_for_by_somebody",
                condition=Q(asked_before=None, asked_by=None, asked_at=None)
                | Q(asked_before__isnull=False, asked_by__isnull=False, asked_at__isnull=False),
            ),
        ]
        permissions = [
            ("decide_retentiondecision", _("Can decide how long what was handed to us is kept"))
        ]

    def __str__(self) -> str:
        return f"{self.case}: {self.get_kind_display()}"
