import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cases.dates import earliest_today, next_human_rights_day
from cases.models import Case, Edition
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
NEAR = datetime.timedelta(days=90)  # Human Rights Day, for who promises in the season before it
TWO_WEEKS = datetime.timedelta(days=14)
HOW_MANY = {
    "required": _("Type a number: 1 or more."),
    "min_value": _("Type a number: 1 or more."),
    "max_value": _("Type a number: %(limit_value)s at most."),
}


class DueDayField(forms.DateField):
    """Until when somebody wants to write: today or a day within a year."""

    def __init__(self, **options) -> None:
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
            error_messages={"required": _("Choose a day.")},
            **options,
        )

    def validate(self, value: datetime.date | None) -> None:
        super().validate(value)
        if value is None:
            return
        if value < earliest_today():
            raise ValidationError(_("This day has passed. Choose today or a later one."))
        if value > timezone.localdate() + MAX_PLEDGE_DURATION:
            raise ValidationError(_("Choose a day within a year."))


class PledgeForm(ConsentForm):
    purpose = "pledge"
    CONSENT = "pledge"
    PERSONAL = ("name", "group", "email")
    field_order = ("number", "due_on", "name", "group", "country", "email", "wants_reminders")
    IS_NEEDED = _("Tick this, or leave your name, your group and your e-mail address empty.")

    number = forms.IntegerField(
        label=_("How many letters?"),
        min_value=1,
        max_value=MAX_LETTERS_PROMISED,
        initial=1,
        error_messages=HOW_MANY,
    )
    due_on = DueDayField(label=_("By when?"))
    name = name_field(
        help_text=_("Only you see it, on your private page. Leave it empty if you are under 18.")
    )
    group = LineField(label=_("Group or class"), required=False, max_length=120)
    country = country_field(label=_("The country you write from"))
    email = email_field(
        help_text=_(
            "We send you the link to your pledge, and reminders if you want them: nothing else."
        )
    )
    wants_reminders = forms.BooleanField(
        label=_("Remind me by e-mail"),
        required=False,
        help_text=_(
            "Three mails at most: halfway, four days before the last safe day to post, "
            "and two days after your day. Two more, once, if you choose a later day. "
            "Fewer if you have already written; you can stop them with one click."
        ),
    )

    def __init__(self, data=None, *, edition: Edition) -> None:
        super().__init__(data)
        self.fields["due_on"].initial = _usual_day(edition)

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.get("wants_reminders") and cleaned.get("email") == "":
            self.add_error("email", _("Type the address for the reminders."))
        return cleaned

    def pledge_fields(self) -> PledgeFields:
        cleaned = self.cleaned_data
        own = {"email_hash": email_hash(cleaned["email"]), "consent_version": self.consent_version}
        return taken(PledgeFields, cleaned | own)


def _usual_day(edition: Edition) -> datetime.date:
    """Human Rights Day, or in two weeks once that is a year away: nobody promises for a year who
    leaves a field as it is. Not after the day to report."""
    today = timezone.localdate()
    human_rights_day = next_human_rights_day(today)
    day = human_rights_day if human_rights_day - today <= NEAR else today + TWO_WEEKS
    return min(day, edition.reports_until or day)


class HandwrittenForm(SpamProtectedForm):
    """Letters written on paper for a pledge."""

    case = forms.ChoiceField(label=_("Who for"))
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
            "Only %(limit_value)s letter of this pledge is left. If you have posted "
            "more, make another pledge for them.",
            "Only %(limit_value)s letters of this pledge are left. If you have posted "
            "more, make another pledge for them.",
            remaining,
        )

    def clean_case(self) -> Case:
        return self.cases[self.cleaned_data["case"]]

    def counts_as(self) -> int:
        return self.cleaned_data["number"]


class SmallerForm(forms.Form):
    """Give a part of a promise back: how many letters are still promised."""

    number = forms.IntegerField(label=_("How many letters do you want to pledge now, in total?"))

    def __init__(self, data=None, *, pledge: Pledge, begun: int) -> None:
        super().__init__(data, auto_id="id_smaller_%s")
        self.least, self.most = max(1, begun), pledge.number - 1
        field = self.fields["number"]
        field.initial = self.least
        field.widget.attrs |= {"min": self.least, "max": self.most}
        too_few = ngettext(
            "You have already started %(limit_value)s letter: you can’t pledge fewer.",
            "You have already started %(limit_value)s letters: you can’t pledge fewer.",
            self.least,
        )
        field.error_messages |= {
            "required": HOW_MANY["required"],
            "min_value": too_few if begun else HOW_MANY["min_value"],
            "max_value": _(
                "Type a number: %(limit_value)s at most. For more letters, make another pledge."
            ),
        }
        field.validators += [
            MinValueValidator(self.least, field.error_messages["min_value"]),
            MaxValueValidator(self.most, field.error_messages["max_value"]),
        ]


class DayForm(forms.Form):
    """Another day for a promise."""

    due_on = DueDayField(label=_("Which day instead?"))

    def __init__(self, data=None, *, pledge: Pledge) -> None:
        super().__init__(data, auto_id="id_day_%s", initial={"due_on": pledge.due_on})


class AddressForm(ConsentForm):
    """The address that the private link of a promise is mailed to."""

    purpose = "address of a pledge"
    CONSENT = "pledge"
    PERSONAL = ("email",)
    field_order = ("email", "consent")
    IS_NEEDED = _("Tick this: without it we are not allowed to keep your address.")

    email = email_field(required=True)

    def __init__(self, data=None, *, pledge: Pledge) -> None:
        super().__init__(data, auto_id="id_address_%s")
        self.agreed = bool(pledge.consent_version)
        if self.agreed:  # to the same, when the promise was made
            del self.fields["consent"]

    def clean(self) -> dict:
        if not self.agreed:
            return super().clean()
        cleaned = SpamProtectedForm.clean(self)
        self.consent_version = ""
        return cleaned
