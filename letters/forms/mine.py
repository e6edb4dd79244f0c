from collections.abc import Iterator
from typing import cast

from django import forms
from django.conf import settings
from django.forms.boundfield import BoundWidget
from django.utils.translation import gettext_lazy as _

from letters.actions.mine import Mine, Things
from letters.forms.consent import Checkbox
from letters.forms.fields import email_field
from letters.models import Letter, Pledge
from letters.privacy import consent
from letters.privacy.antispam import SpamProtectedForm
from letters.privacy.personal_data import named


class ByMailForm(SpamProtectedForm):
    purpose = "data"

    email = email_field(
        required=True,
        help_text=_("We mail you a link. It opens all that we hold under this address."),
        error_messages={"required": _("Type your e-mail address: the link goes there.")},
    )


class LanguageForm(forms.Form):
    language = forms.ChoiceField(label=_("Language of our mails"), choices=settings.LANGUAGES)


class UnderAddressForm(forms.Form):
    """Whoever puts what is theirs under their address agrees that we keep it."""

    consent = forms.BooleanField(
        label=consent.LABEL, error_messages={"required": _("Tick this, or leave it as it is.")}
    )

    what = forms.MultipleChoiceField(
        label=_("What is yours"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Tick what is yours."),
            "invalid_choice": _("Some of it has changed in the meantime: please look again."),
        },
    )

    field_order = ["what", "consent"]

    def __init__(self, data=None, *, things: Things, mine: Mine) -> None:
        super().__init__(data)
        both: list[Letter | Pledge] = [*things.pledges, *things.letters]
        self.things = {named(thing): thing for thing in both}
        what = cast(forms.MultipleChoiceField, self.fields["what"])
        what.choices = [(name, name) for name in self.things]
        # What was kept from a link may be of who gave it, and they would read the address.
        self.made_here = [name for name, one in self.things.items() if mine.was_made_here(one)]
        self.initial["what"] = self.made_here
        versions = {consent.version_for(letter.case, letter) for letter in things.letters}
        self.version = consent.VERSION if consent.VERSION in versions else consent.POSTED_ONLY
        purposes = [("letter", things.letters), ("pledge", things.pledges)]
        told = [consent.purpose_of(self.version, what) for what, there in purposes if there]
        self.fields["consent"].help_text = " ".join(told)
        self.fields["consent"].widget = Checkbox(self.version)

    @property
    def rows(self) -> Iterator[tuple[BoundWidget, Letter | Pledge, bool]]:
        """Each checkbox with what it is for, and whether that was made on this device."""
        for box in self["what"].subwidgets:
            name = box.data["value"]
            yield box, self.things[name], name in self.made_here

    @property
    def chosen(self) -> list[Letter | Pledge]:
        return [self.things[name] for name in self.cleaned_data["what"]]
