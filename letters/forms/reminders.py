from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cases.models import Case
from letters.forms.fields import set_choices
from letters.forms.pledges import HOW_MANY, HandwrittenForm
from letters.models import Letter, LetterState, Pledge
from letters.text.composing import date_line


class PostedForm(HandwrittenForm):
    """What was posted of a pledge: letters from this site, and others written by hand."""

    letters = forms.MultipleChoiceField(
        label=_("Which of these letters have you sent?"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    number = forms.IntegerField(
        label=_("How many have you written by hand and posted?"),
        min_value=0,
        initial=0,
        error_messages=HOW_MANY
        | dict.fromkeys(["required", "min_value"], _("Type a number: 0 or more.")),
    )
    field_order = ["letters", "case", "number"]

    def __init__(
        self, data=None, *, pledge: Pledge, cases: list[Case], letters: list[Letter]
    ) -> None:
        """`letters` are those from this site that are ready or posted."""
        self.remaining = pledge.letters_left()
        super().__init__(data, pledge=pledge, cases=cases, remaining=self.remaining)
        self.by_number = {str(letter.pk): letter for letter in letters}
        ready = [letter for letter in letters if letter.state == LetterState.READY]
        # Sent twice, the form names what it has posted.
        offered = letters if self.is_bound else ready
        if offered:
            set_choices(self, "letters", [(str(one.pk), _named(one)) for one in offered])
        else:
            del self.fields["letters"]
            self.fields["number"].initial = self.remaining

    @property
    def is_sent_again(self) -> bool:
        """Whether this very form has entered what it says: a double click, a bad line."""
        key = getattr(self, "key", "") if self.errors else ""
        return bool(key) and Letter.objects.by_key(key).exists()

    def clean(self) -> dict:
        cleaned = super().clean()
        chosen = [self.by_number[pk] for pk in cleaned.get("letters", [])]
        cleaned["letters"] = [one for one in chosen if one.state == LetterState.READY]
        if self.errors:
            return cleaned
        if not chosen and not cleaned["number"]:
            self.add_error("number", _("Type how many you have posted."))
        elif len(cleaned["letters"]) + cleaned["number"] > self.remaining:
            error = ngettext(
                "Only %(number)s letter of this pledge is left.",
                "Only %(number)s letters of this pledge are left.",
                self.remaining,
            )
            self.add_error("number", ValidationError(error, params={"number": self.remaining}))
        return cleaned

    def counts_as(self) -> int:
        return self.cleaned_data["number"] + len(self.cleaned_data["letters"])


def _named(letter: Letter) -> str:
    """“For Ana Test, 3 December 2025”, as the letter is dated."""
    return _("For %(name)s, %(date)s") % {
        "name": letter.case.display_name,
        "date": date_line(letter),
    }
