from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.countries import country_choices
from letters.forms.fields import CountrySelect


class PostForm(forms.Form):
    """Where somebody posts their letter. Asked by GET to look, and sent along with the choice."""

    posted_from = forms.ChoiceField(
        label=_("The country you post it from"),
        choices=lambda: [("", _("Choose a country")), *country_choices()],
        required=False,
        widget=CountrySelect,
    )
    copy = forms.BooleanField(required=False)

    @classmethod
    def chosen(cls, data) -> dict:
        """What was sent, for `letters.actions.letters.act`; an unknown country counts as none."""
        form = cls(data)
        form.is_valid()
        return {"posted_from": "", "copy": False} | form.cleaned_data
