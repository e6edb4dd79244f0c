import datetime
from collections.abc import Collection

from django import forms

from letters.forms.fields import set_choices


class ActForm(forms.Form):
    """What the owner of an address does on its page: with one thing, or with all that wait."""

    ACTS = ("confirm", "withdraw", "restore", "end", "renew", "end-all", "unblock")

    act = forms.ChoiceField(choices=[(name, name) for name in ACTS])
    what = forms.ChoiceField(required=False)  # "signature-17"
    year = forms.BooleanField(required=False)  # one letter about the year, too
    # When the newest of what the page showed was typed: nobody says yes to what came since.
    seen = forms.CharField(required=False, max_length=40)

    def __init__(self, data, *, things: Collection[str]) -> None:
        super().__init__(data)
        set_choices(self, "what", [(name, name) for name in things])

    def clean_seen(self) -> datetime.datetime | None:
        try:
            seen = datetime.datetime.fromisoformat(self.cleaned_data["seen"])
        except ValueError:
            return None
        return seen if seen.tzinfo else None
