from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from letters.models.actions import ActionKind


class AlarmQuerySet(models.QuerySet["Alarm"]):
    def open(self) -> AlarmQuerySet:
        return self.filter(settled_at=None)


class Alarm(models.Model):
    """Actions came so fast that somebody has to look before more of them count.

    Of one kind, for one case; without a case, those of one sender or network, whatever they are
    for. What came since needs review and names its alarm. `letters.statistics.surges` raises it,
    and `letters.delivery.alarms` settles it.
    """

    case = models.ForeignKey(
        Case, models.PROTECT, null=True, related_name="alarms", verbose_name=_("case")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=ActionKind.choices, blank=True)
    raised_at = models.DateTimeField(_("raised"))
    # In the hour in which it was raised, until then.
    number = models.PositiveIntegerField(_("in that hour"))
    settled_at = models.DateTimeField(_("settled"), null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("settled by"),
    )
    is_genuine = models.BooleanField(_("real people"), null=True)

    objects = AlarmQuerySet.as_manager()

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="alarm_one_open_per_case_and_kind",
                fields=["case", "kind"],
                condition=Q(settled_at=None),
            ),
            models.UniqueConstraint(
                name="alarm_one_open_of_networks",
                fields=["kind"],
                condition=Q(settled_at=None, case=None),
            ),
        ]

    def __str__(self) -> str:
        if self.case is None:
            return str(_("One sender or network, too much in an hour"))
        return f"{self.case}: {self.get_kind_display()}"


class Pace(models.Model):
    """How many actions of a kind began to count for a case in this hour and on this day.

    One row is changed with each action, so that no table is counted. What was taken back in the
    same hour is taken out of it again.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="paces")
    kind = models.CharField(max_length=10, choices=ActionKind.choices)
    hour = models.DateTimeField()
    day = models.DateField()
    of_hour = models.PositiveIntegerField(default=0)
    of_day = models.PositiveIntegerField(default=0)
    # More raise an alarm.
    most_an_hour = models.PositiveIntegerField()
    most_a_day = models.PositiveIntegerField()
    # Staff expect more, until then: so many a day are no alarm.
    raised_to = models.PositiveIntegerField(default=0)
    raised_until = models.DateTimeField(null=True)
    # As long as it is open, all that would begin to count needs review instead.
    alarm = models.ForeignKey(Alarm, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="pace_one_per_case_and_kind", fields=["case", "kind"])
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}: {self.of_hour}, {self.of_day}"
