import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from letters.forms.fields import LineField, country_field
from letters.models import Network
from letters.privacy.antispam import SpamProtectedForm

HOST = re.compile(
    r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
)


class PostedForm(SpamProtectedForm):
    """Where somebody posted about a case. What, and under which name, nobody asks."""

    network = forms.ChoiceField(
        label=_("Where did you post?"),
        choices=Network.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose where you posted.")},
    )
    country = country_field(label=_("The country you post from"))

    def __init__(self, data=None, *, case: Case, **kwargs) -> None:
        super().__init__(data, **kwargs)
        self.case = case

    def clean(self) -> dict:
        # Whoever goes back and says that they posted elsewhere too has posted twice.
        network = self.cleaned_data.get("network", "")
        self.purpose = f"post about {self.case.slug} on {network}"
        return super().clean()


class MastodonForm(forms.Form):
    """On which of the many Mastodon servers somebody has their account."""

    server = LineField(
        label=_("Your Mastodon server"),
        max_length=300,
        help_text=_("As in the address of your account: mastodon.social, for example."),
        widget=forms.TextInput(
            attrs={
                "autocapitalize": "none",
                "autocomplete": "off",
                "inputmode": "url",
                "spellcheck": "false",
            }
        ),
        error_messages={"required": _("Type the name of your server.")},
    )

    def clean_server(self) -> str:
        """Its host name, also out of an address of a page or an account."""
        typed = self.cleaned_data["server"].lower().removeprefix("https://").removeprefix("http://")
        name = typed.partition("/")[0].rpartition("@")[2].rstrip(".")
        try:
            host = name.encode("idna").decode()
        except UnicodeError:
            host = ""
        if not HOST.fullmatch(host):
            raise ValidationError(
                _("This is not the name of a server. It should look like mastodon.social."),
                code="server",
            )
        return host


class OEmbedForm(forms.Form):
    """What a site asks that wants to show a case: https://oembed.com/#section2.2."""

    url = forms.CharField(max_length=500)
    format = forms.CharField(max_length=20, required=False)
    maxwidth = forms.IntegerField(min_value=1, required=False)
    maxheight = forms.IntegerField(min_value=1, required=False)
