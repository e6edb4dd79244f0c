from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from letters.fields import LineField, country_field, email_field
from letters.models import NameForm


class DetailsForm(forms.Form):
    """What is asked once for all cases. Nothing of it is stored: it goes back to the device."""

    name = LineField(
        label=_("Your name"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    name_form = forms.ChoiceField(
        label=_("How shall your name stand under letters?"),
        choices=NameForm.choices,
        initial=NameForm.FULL,
        widget=forms.RadioSelect,
        help_text=_("You can choose otherwise under each of them."),
    )
    under_18 = forms.BooleanField(
        label=_("I am under 18"),
        required=False,
        help_text=_("Then no name and no e-mail address are kept, whatever is typed here."),
    )
    place = LineField(label=_("Your town"), required=False, max_length=80)
    country = country_field(label=_("The country you write from"))
    email = email_field(
        help_text=_("Needed to sign petitions: you confirm all of them by one mail. Else not.")
    )
    ties = forms.MultipleChoiceField(
        label=_("Do you, or people close to you, live in one of these countries?"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Or come from there. It only decides what we advise you."),
    )
    keep = forms.BooleanField(
        label=_("Remember this on my device for 30 days"),
        required=False,
        help_text=_("Else until the browser is closed. Not for a computer that others use."),
    )

    def __init__(self, data=None, *, cases: list[Case], **kwargs) -> None:
        super().__init__(data, **kwargs)
        countries = {case.country: case.country_name for case in cases}
        self.fields["ties"].choices = sorted(countries.items(), key=lambda pair: pair[1])
        if self.is_bound and data.get("under_18"):
            self.data = data.copy()
            self.data["name"] = self.data["email"] = ""

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.get("under_18"):
            cleaned["name_form"] = NameForm.NONE
        if cleaned.get("name_form") not in (None, NameForm.NONE) and not cleaned.get("name"):
            self.add_error("name", _("Type your name, or choose below that no name shall stand."))
        return cleaned

    def details(self) -> dict:
        """Initial values for the forms of all cases."""
        return {
            name: value for name, value in self.cleaned_data.items() if name not in ("ties", "keep")
        }
