from django import forms
from django.utils.translation import gettext_lazy as _

from letters.forms.fields import CountryField


class PostForm(forms.Form):
    """Where somebody posts their letter, or whether they want to know when we have handed it in.
    Asked by GET to look, and sent along with the choice."""

    posted_from = CountryField(label=_("The country you post it from"), empty=_("Choose a country"))
    copy = forms.BooleanField(required=False)
    wants_news = forms.BooleanField(required=False)

    @classmethod
    def chosen(cls, data) -> dict:
        """What was sent, for `letters.actions.letters.act`; an unknown country counts as none."""
        form = cls(data)
        form.is_valid()
        return {"posted_from": "", "copy": False, "wants_news": False} | form.cleaned_data
