from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models import Edition


class FigureTable(models.TextChoices):
    """What is broken down; `group` and `key` say which part of it."""

    COUNTRY = "country", _("country")  # within its region; without a key: all others of it
    DAY = "day", _("day")  # without a key: all other days
    STATE = "state", _("state")  # of what is handed to us; without a key: all other states
    SOURCE = "source", _("source")  # without a key: all other sources


class PublishedFigure(models.Model):
    """A number that is broken down as readers are told it until the next day.

    Only `letters.statistics.published` writes it.
    """

    ELSEWHERE = "*"  # the group of regions that are too small to be told apart

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="+")
    table = models.CharField(max_length=8, choices=FigureTable.choices)
    group = models.CharField(max_length=24, blank=True)
    key = models.CharField(max_length=10, blank=True)
    number = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("published figure")
        verbose_name_plural = _("published figures")
        constraints = [
            models.UniqueConstraint(
                name="published_figure_one_per_edition_table_group_and_key",
                fields=["edition", "table", "group", "key"],
                violation_error_message=_("This figure is published already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.group} {self.key}: {self.number}"


class Publication(models.Model):
    """That the figures of a day were published: once, whoever tries."""

    day = models.DateField(_("day"), unique=True)

    class Meta:
        verbose_name = _("publication of figures")
        verbose_name_plural = _("publications of figures")

    def __str__(self) -> str:
        return str(self.day)
