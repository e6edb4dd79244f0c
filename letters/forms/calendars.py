import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.dates import earliest_today
from letters.forms.pledges import MAX_PLEDGE_DURATION
from letters.models import Pledge

SOON = datetime.timedelta(days=3)


class EveningForm(forms.Form):
    """When somebody means to write. The time is that of wherever they are."""

    on = forms.DateField(
        label=_("On which day?"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
        error_messages={"required": _("Choose a day.")},
    )
    at = forms.TimeField(
        label=_("At what time?"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        initial=datetime.time(19, 0),
        error_messages={
            "required": _("Choose a time."),
            "invalid": _("Type the time like this: 19:00."),
        },
    )

    def __init__(self, data=None, *, pledge: Pledge) -> None:
        super().__init__(data)
        today = timezone.localdate()
        self.fields["on"].initial = max(today, min(today + SOON, pledge.due_on))

    def clean_on(self) -> datetime.date:
        day = self.cleaned_data["on"]
        if day < earliest_today():
            raise ValidationError(_("This day has passed. Choose today or a later one."))
        if day > timezone.localdate() + MAX_PLEDGE_DURATION:
            raise ValidationError(_("Choose a day within a year."))
        return day

    @property
    def begins(self) -> datetime.datetime:
        return datetime.datetime.combine(self.cleaned_data["on"], self.cleaned_data["at"])
