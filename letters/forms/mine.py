from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from letters.actions.mine import Things
from letters.forms.fields import email_field
from letters.privacy import consent
from letters.privacy.antispam import SpamProtectedForm


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

    def __init__(self, data=None, *, things: Things) -> None:
        super().__init__(data)
        offers_delivery = any(letter.case.offers_delivery for letter in things.letters)
        letter = "letter" if offers_delivery else "letter-posted-only"
        self.version = consent.VERSION if offers_delivery else consent.POSTED_ONLY
        purposes = [(letter, things.letters), ("pledge", things.pledges)]
        told = [str(consent.PURPOSES[what]) for what, there in purposes if there]
        self.fields["consent"].help_text = " ".join(told)
