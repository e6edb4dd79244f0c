from __future__ import annotations

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from letters.forms.consent import ConsentForm
from letters.forms.fields import country_field, email_field, name_field, set_choices, town_field
from letters.forms.names import (
    PARTS,
    Appearance,
    appearance,
    boxes_on_paper,
    first_name_field,
    name_form_field,
    question,
    sent_appearance,
    told_field,
    which_part,
)
from letters.models import NameForm
from letters.privacy import consent


class DetailsForm(forms.Form):
    """What is asked once for all cases. Nothing of it is stored: it goes back to the device."""

    name = name_field()
    name_form = name_form_field(
        label=_("How should your name appear under letters?"),
        help_text=_("You can choose otherwise under each of them."),
    )
    first_name = first_name_field()
    under_18 = forms.BooleanField(
        label=_("I am under 18"),
        required=False,
        help_text=_("Then no name and no e-mail address are kept, whatever is typed here."),
    )
    place = town_field(label=_("Your town"))
    country = country_field(label=_("The country you write from"))
    email = email_field(
        help_text=_("Needed only to sign petitions: one mail is enough to confirm them all.")
    )
    ties = forms.MultipleChoiceField(
        label=_("Do you, or people close to you, live in one of these countries?"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Or come from there. It only decides what we advise you."),
    )
    told = told_field()
    # Asked once: the forms of all cases take it along.
    consent = forms.BooleanField(required=False, label=consent.LABEL)
    keep = forms.BooleanField(
        label=_("Remember this on my device for 30 days"),
        required=False,
        help_text=_("If not, until you close the browser. Do not tick it on a shared computer."),
    )

    data: QueryDict  # our own copy

    def __init__(self, data: QueryDict | None = None, *, cases: list[Case], **kwargs) -> None:
        super().__init__(None if data is None else data.copy(), **kwargs)
        is_delivered = any(case.offers_delivery for case in cases)
        purposes = ("letter" if is_delivered else "letter-posted-only", "signature")
        self.fields["consent"].help_text = " ".join(
            str(consent.PURPOSES[what]) for what in purposes
        )
        countries = {case.country: case.country_name for case in cases}
        set_choices(self, "ties", sorted(countries.items(), key=lambda pair: pair[1]))
        if not self.is_bound:
            self.initial["told"] = self.appears.told
        elif self.data.get("under_18"):
            self.data["name"] = self.data["email"] = ""

    @property
    def appears(self) -> Appearance:
        """How the name will stand, as far as the form is filled in."""
        return sent_appearance(self.data if self.is_bound else self.initial)

    def clean(self) -> None:
        cleaned = self.cleaned_data
        if cleaned.get("under_18"):
            cleaned["name_form"] = NameForm.NONE
        if not cleaned.get("consent") and (cleaned.get("name") or cleaned.get("email")):
            self.add_error("consent", ConsentForm.IS_NEEDED)
        name_form = cleaned.get("name_form") or NameForm.NONE
        appears = appearance(cleaned.get("name", ""), name_form, cleaned.get("first_name", ""))
        if appears.parts and not appears.name:
            self.add_error("first_name", which_part())
        elif cleaned.get("told") != appears.told:
            if appears.name and name_form in PARTS and not appears.parts:
                self.add_error("name_form", question(appears))
            if appears.boxes:
                self.add_error("name", boxes_on_paper(appears.lacks))
        self.data["told"] = appears.told

    def details(self) -> dict:
        """Initial values for the forms of all cases."""
        own = ("ties", "keep", "told")
        return {name: value for name, value in self.cleaned_data.items() if name not in own}
