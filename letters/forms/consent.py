"""Asks whoever gives a name or an address whether we may keep it: a political opinion needs a yes.

General Data Protection Regulation, articles 7 and 9 (2) (a). The box is never ticked beforehand,
says for what and for how long, and stands only for what tells who somebody is: a letter without
name and address needs no yes. Who asks for news alone says it by the button and again by mail.
"""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from letters.privacy import consent
from letters.privacy.antispam import SpamProtectedForm


class Checkbox(forms.CheckboxInput):
    """Sends the version of the text beside it: a yes to less than stands there by now is none.

    templates/django/forms/field.html knows a checkbox by its name, and puts it before its label.
    """

    def __init__(self, version: str) -> None:
        super().__init__(check_test=lambda sent: consent.covers(sent, version))
        self.version = version

    def format_value(self, value) -> str:
        return self.version

    def value_from_datadict(self, data, files, name: str) -> str:
        sent = data.get(name, "")
        return sent if self.check_test(sent) else ""


class ConsentForm(SpamProtectedForm):
    """A form whose rows keep who wrote them."""

    CONSENT = ""  # to what, in `consent.PURPOSES`
    PERSONAL: tuple[str, ...] = ("name", "email")
    IS_NEEDED = _("Tick this, or leave your name and your e-mail address empty.")

    VERSION = consent.VERSION

    consent = forms.BooleanField(required=False, label=consent.LABEL)

    def __init__(self, data=None, **kwargs) -> None:
        super().__init__(data, **kwargs)
        field = self.fields["consent"]
        field.help_text = consent.purpose_of(self.VERSION, self.CONSENT)
        field.widget = Checkbox(self.VERSION)
        if not self.is_bound and self.initial.get("consent") is True:  # given before, for all cases
            field.widget, self.initial["consent"] = forms.HiddenInput(), self.VERSION

    def clean(self) -> dict:
        cleaned = super().clean()
        agrees = cleaned.pop("consent", False)
        self.consent_version = self.VERSION if agrees else ""
        # Along with what is wrong with them: nobody has to send the form twice for it.
        if not agrees and any(name in self.errors or cleaned.get(name) for name in self.PERSONAL):
            self.add_error("consent", self.IS_NEEDED)
        return cleaned
