import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cases.dates import earliest_today, next_human_rights_day
from cases.models import Case
from letters.actions.pledges import PledgeFields
from letters.forms.consent import ConsentForm
from letters.forms.fields import (
    LineField,
    country_field,
    email_field,
    name_field,
    set_choices,
    taken,
)
from letters.models.email_spelling import email_hash
from letters.models.pledges import MAX_LETTERS_PROMISED, Pledge
from letters.privacy.antispam import SpamProtectedForm

MAX_PLEDGE_DURATION = datetime.timedelta(days=366)
HOW_MANY = {
    "min_value": _("Type a number: 1 or more."),
    "max_value": _("Type a number: %(limit_value)s at most."),
}


class PledgeForm(ConsentForm):
    purpose = "pledge"
    CONSENT = "pledge"
    PERSONAL = ("name", "group", "email")
    IS_NEEDED = _("Tick this, or leave out your name, your group and your e-mail address.")

    number = forms.IntegerField(
        label=_("How many letters?"),
        min_value=1,
        max_value=MAX_LETTERS_PROMISED,
        initial=1,
        error_messages=HOW_MANY,
    )
    due_on = forms.DateField(
        label=_("By when?"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
    )
    name = name_field(
        help_text=_("Only you see it, on your private page. Leave it out if you are under 18.")
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
        day = self.cleaned_data["due_on"]
        if day < earliest_today():
            raise ValidationError(_("This day has passed. Choose today or a later one."))
        if day > timezone.localdate() + MAX_PLEDGE_DURATION:
            raise ValidationError(_("Choose a day within a year."))
        return day

    def pledge_fields(self) -> PledgeFields:
        cleaned = self.cleaned_data
        own = {"email_hash": email_hash(cleaned["email"]), "consent_version": self.consent_version}
        return taken(PledgeFields, cleaned | own)


class HandwrittenForm(SpamProtectedForm):
    """Letters written on paper for a pledge."""

    case = forms.ChoiceField(label=_("For whom"))
    number = forms.IntegerField(
        label=_("How many have you posted?"),
        min_value=1,
        initial=1,
        error_messages=HOW_MANY,
    )

    def __init__(self, data=None, *, pledge: Pledge, cases: list[Case], remaining: int) -> None:
        super().__init__(data)
        self.purpose = f"letters by hand for pledge {pledge.pk}"
        self.cases = {case.slug: case for case in cases}
        set_choices(self, "case", [(case.slug, case.display_name) for case in cases])
        if len(cases) == 1:
            self.fields["case"].widget = forms.HiddenInput()
            self.fields["case"].initial = cases[0].slug
        number = self.fields["number"]
        number.validators.append(MaxValueValidator(remaining))
        number.error_messages["max_value"] = ngettext(
            "Only %(limit_value)s letter of this promise is left. "
            "If you have posted more, make another promise for them.",
            "Only %(limit_value)s letters of this promise are left. "
            "If you have posted more, make another promise for them.",
            remaining,
        )

    def clean_case(self) -> Case:
        return self.cases[self.cleaned_data["case"]]

    def counts_as(self) -> int:
        return self.cleaned_data["number"]
