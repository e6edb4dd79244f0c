from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.countries import CountryField
from letters.models.alarms import Alarm


class CountedAction(models.Model):
    """What somebody did that counts in the tally, from a day on and unless staff have to look."""

    # A trap or a limit caught it: it counts only after somebody has looked.
    needs_review = models.BooleanField(_("needs review"), default=False, db_column="held")
    # It came so fast with others that it waits until somebody has looked at them all.
    alarm = models.ForeignKey(
        Alarm, models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    # The day it counts on in the tally; empty while it does not count.
    counted_on = models.DateField(_("counted on"), null=True, blank=True, editable=False)
    country = CountryField(_("country"), blank=True)
    is_sample = models.BooleanField(default=False, editable=False)

    class Meta:
        abstract = True

    @property
    def counts(self) -> bool:
        # See also LetterQuerySet.counted
        return self.counted_on is not None
