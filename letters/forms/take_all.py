"""Sign on the way through all cases: what is typed for the first stands in those that follow."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.countries import country_name
from letters.actions.take_all import TakeAll
from letters.forms.signatures import SignForm
from letters.privacy.antispam import renewed_token


class TakeAllSignForm(SignForm):
    """Name, country and address, as on the petition's own page; news and thanks are asked there."""

    keep = forms.BooleanField(
        label=_("Remember this on my device for 30 days"),
        required=False,
        help_text=_("If not, until you close the browser. Do not tick it on a shared computer."),
    )

    def __init__(self, data=None, *, take_all: TakeAll, **kwargs) -> None:
        known = take_all.initial_for("signature", self.VERSION) | {"keep": take_all.keep}
        super().__init__(data, initial=known, **kwargs)
        for name in ("shows_name", "first_name", "told", "follow", "wants_thanks"):
            self.fields.pop(name, None)
        self.needs_nothing = all(known.get(name) for name in ("name", "email", "consent"))
        if self.needs_nothing:  # only a button is left: nobody is too quick for it
            self.fields["token"].initial = renewed_token

    @property
    def country_name(self) -> str:
        return country_name(self["country"].value() or "")

    def clean(self) -> dict:
        return super().clean() | {"follow": False, "wants_thanks": False}
