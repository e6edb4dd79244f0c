from __future__ import annotations

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from letters import checking
from letters.fields import LineField, country_field, email_field, follow_field, follow_label
from letters.guarding import GuardedForm
from letters.models import Signature

# Letters of any script with their marks, and what joins the parts of a name.
NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0600-\u109f'’.-]){0,29}")


class SignForm(GuardedForm):
    """A name under the petition of a case, as the text stood on the page."""

    name = LineField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Type your name: it is what signs.")},
    )
    country = country_field(label=_("The country you sign from"))
    email = email_field(
        required=True,
        help_text=_("We mail you a link. Your name counts once you have opened it and said yes."),
        error_messages={"required": _("Type your e-mail address: without it nobody can confirm.")},
    )
    shows_name = forms.BooleanField(
        label=_("Show my first name and country below the petition"), required=False
    )
    follow = follow_field()
    digest = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    field_order = ("name", "country", "email", "shows_name", "follow")
    WORDS = ("name", "country", "shows_name")

    def __init__(self, data=None, *, case: Case, **kwargs) -> None:
        super().__init__(data, **kwargs)
        self.petition = case.petition
        self.makes = f"signature for {case.slug}"
        self.fields["digest"].initial = self.petition.digest
        self.fields["follow"].label = follow_label(case)
        if not self.petition.shows_signers:
            del self.fields["shows_name"]

    def clean(self) -> dict:
        cleaned = super().clean()
        cleaned.setdefault("shows_name", False)
        first = Signature(name=cleaned.get("name", "")).first_name
        if cleaned["shows_name"] and first and not self._may_stand_in_public(first):
            self.add_error(
                "shows_name",
                _("“%(name)s” can’t be shown here. Take the tick off to sign all the same.")
                % {"name": first},
            )
        if cleaned.get("digest") != self.petition.digest:
            self.data["digest"] = self.petition.digest
            raise ValidationError(
                _(
                    "The text of the petition is another one than when you opened this page. Read "
                    "it once more; what you typed is still here."
                ),
                code="changed",
            )
        return cleaned

    def _may_stand_in_public(self, first_name: str) -> bool:
        """Nobody reads it before: so it is a name, and no word of the lists."""
        return bool(NAME.fullmatch(first_name)) and not checking.is_rude(first_name)

    def words(self) -> dict:
        """What `signing.sign` keeps with the name."""
        return {name: self.cleaned_data[name] for name in self.WORDS}
