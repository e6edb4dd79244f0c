from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.models import Petition
from letters.actions.signatures import SignatureFields
from letters.forms.consent import ConsentForm
from letters.forms.fields import (
    country_field,
    email_field,
    follow_field,
    follow_label,
    name_field,
    taken,
)
from letters.forms.names import (
    Appearance,
    first_name_field,
    sent_signature,
    told_field,
    which_part,
)
from letters.models import names
from letters.text import checks


class SignForm(ConsentForm):
    """A name under the petition of a case, as the text stood on the page."""

    name = name_field(
        required=True, error_messages={"required": _("Type your name: a signature needs one.")}
    )
    country = country_field(label=_("The country you sign from"))
    email = email_field(
        required=True,
        help_text=_("We mail you a link. Your name counts once you have opened it and said yes."),
        error_messages={"required": _("Type your e-mail address: you need it to confirm.")},
    )
    shows_name = forms.BooleanField(
        label=_("Show my first name and country below the petition"), required=False
    )
    first_name = first_name_field()
    follow = follow_field()
    wants_thanks = forms.BooleanField(
        label=_("Mail me a thank-you"),
        required=False,
        help_text=_("One mail, the day after you confirm. A link in it stops these mails."),
    )
    told = told_field()  # how the first name will be shown, once the page has said it
    digest = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    CONSENT = "signature"
    IS_NEEDED = _("Tick this to sign: without it we are not allowed to keep your name.")
    field_order = (
        *("name", "country", "email", "consent"),
        *("shows_name", "first_name", "follow", "wants_thanks"),
    )

    def __init__(self, data=None, *, petition: Petition, **kwargs) -> None:
        super().__init__(data, **kwargs)
        self.petition = petition
        self.purpose = f"signature for {petition.case.slug}"
        self.fields["digest"].initial = petition.digest
        self.fields["follow"].label = follow_label(petition.case)
        if not petition.shows_signers:
            del self.fields["shows_name"], self.fields["first_name"]

    @property
    def appears(self) -> Appearance:
        """How the name will stand below the petition, as far as the form is filled in."""
        return sent_signature(self.data if self.is_bound else self.initial)

    def clean(self) -> dict:
        cleaned = super().clean()
        cleaned["shown_name"] = self._shown_name(cleaned)
        if cleaned.get("digest") != self.petition.digest:
            self.data["digest"] = self.petition.digest
            raise ValidationError(
                _(
                    "The text of the petition has changed since you opened this page. "
                    "Please read it again; what you typed is still here."
                ),
                code="changed",
            )
        return cleaned

    def _shown_name(self, cleaned: dict) -> str:
        """The part of the name that others will see: chosen, or shown once before it goes."""
        if not cleaned.get("shows_name") or "name" in self.errors:
            return ""
        appears = self.appears
        if appears.parts and not appears.name:
            self.add_error("first_name", which_part())
        elif not self._may_stand_in_public(appears.name):
            self.add_error(
                "shows_name",
                _("“%(name)s” can’t be shown here. Untick this box to sign all the same.")
                % {"name": appears.name or appears.typed},
            )
        elif not appears.parts and cleaned.get("told") != appears.told:
            self.add_error(
                "shows_name",
                _(
                    "It will be shown as “%(name)s”. If that is right, send the form "
                    "once more. If not, untick this box to sign all the same."
                )
                % {"name": appears.name},
            )
        self.data["told"] = appears.told
        return appears.name

    def _may_stand_in_public(self, name: str) -> bool:
        """Nobody reads it before: so it is a name, and no word of the lists."""
        return names.may_be_a_name(name) and not checks.is_rude(name)

    def signature_fields(self) -> SignatureFields:
        own = {"consent_version": self.consent_version}
        return taken(SignatureFields, self.cleaned_data | own)
