from __future__ import annotations

import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.dates import next_human_rights_day
from cases.models import Case
from letters.encryption import email_hash
from letters.fields import LineField, country_field, email_field
from letters.guarding import GuardedForm
from letters.models.pledges import MOST_LETTERS

LONGEST_PLEDGE = datetime.timedelta(days=366)


class PledgeForm(GuardedForm):
    makes = "pledge"

    number = forms.IntegerField(
        label=_("How many letters?"), min_value=1, max_value=MOST_LETTERS, initial=1
    )
    due_on = forms.DateField(
        label=_("By when?"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
    )
    name = LineField(
        label=_("Your name"),
        required=False,
        max_length=120,
        help_text=_("Only you see it, on your private page. Leave it out if you are under 18."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    group = LineField(label=_("Group or class"), required=False, max_length=120)
    country = country_field(label=_("The country you write from"))
    email = email_field(
        help_text=_("We send you the link to your pledge, and nothing else. Not needed.")
    )

    def __init__(self, data=None, **kwargs) -> None:
        super().__init__(data, **kwargs)
        self.fields["due_on"].initial = lambda: next_human_rights_day(timezone.localdate())

    def clean_due_on(self) -> datetime.date:
        day, today = self.cleaned_data["due_on"], timezone.localdate()
        if day < today:
            raise ValidationError(_("This day has passed. Choose today or a later one."))
        if day > today + LONGEST_PLEDGE:
            raise ValidationError(_("Choose a day within a year."))
        return day

    def promise(self) -> dict:
        """What `pledging.pledge` keeps."""
        return self.cleaned_data | {"email_hash": email_hash(self.cleaned_data["email"])}


class HandwrittenForm(forms.Form):
    """Letters written on paper for a pledge."""

    case = forms.ChoiceField(label=_("For whom"))
    number = forms.IntegerField(
        label=_("How many have you posted?"), min_value=1, max_value=MOST_LETTERS, initial=1
    )

    def __init__(self, data=None, *, cases: list[Case], remaining: int) -> None:
        super().__init__(data)
        self.cases = {case.slug: case for case in cases}
        self.fields["case"].choices = [(case.slug, case.display_name) for case in cases]
        if len(cases) == 1:
            self.fields["case"].widget = forms.HiddenInput()
            self.fields["case"].initial = cases[0].slug
        self.fields["number"].validators.append(MaxValueValidator(remaining))

    def clean_case(self) -> Case:
        return self.cases[self.cleaned_data["case"]]
