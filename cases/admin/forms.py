"""The forms of pages between a button and its act."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.models import Case, Edition, Freeze

MIN_REMOVED_LENGTH = 3  # characters: fewer would stand in half of all words
FREEZES = [choice for choice in Freeze.choices if choice[0] != Freeze.NONE]


class _WithYear:
    def label_from_instance(self, case: Case) -> str:
        return case.name_and_year


class CaseField(_WithYear, forms.ModelChoiceField):
    """One case; its rows come with their edition."""


class CasesField(_WithYear, forms.ModelMultipleChoiceField):
    """Several of them."""


class FreezeForm(forms.Form):
    cases = CasesField(
        label=_("Which case?"),
        # Those that readers can see first, the newest campaign on top.
        queryset=Case.objects.select_related("edition").order_by(
            "-edition__year", "position", "display_name"
        ),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose the case to freeze.")},
    )
    how_far = forms.ChoiceField(
        label=_("How far?"),
        choices=FREEZES,
        initial=Freeze.HIDDEN,
        widget=forms.RadioSelect,
        help_text=_("It is everywhere within seconds. One person freezes; unfreezing takes two."),
    )
    reason = forms.CharField(
        label=_("Why?"),
        max_length=Case._meta.get_field("freeze_reason").max_length,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For staff only. Do not name who is in danger more exactly than needed."),
        error_messages={"required": _("Say why, for whoever decides on unfreezing.")},
    )


class CloneForm(forms.Form):
    edition = forms.ModelChoiceField(
        label=_("Into which edition?"),
        queryset=Edition.objects.all(),
        empty_label=None,
        help_text=_("It becomes a draft; letters, outcomes and freezes stay where they are."),
    )


class RemoveWordsForm(forms.Form):
    words = forms.CharField(
        label=_("Which words?"),
        min_length=MIN_REMOVED_LENGTH,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "Copy them exactly, and no more than has to go. They are found however the "
            "lines are broken, in capitals or not."
        ),
        error_messages={"required": _("Say which words are to be removed.")},
    )
    reason = forms.CharField(
        label=_("Why?"),
        max_length=200,
        help_text=_("Shown in their place, with your name and the day."),
        error_messages={"required": _("Say why: others have to understand it later.")},
    )

    def clean(self) -> None:
        super().clean()
        words, reason = (self.cleaned_data.get(name, "") for name in ("words", "reason"))
        if words and " ".join(words.split()).casefold() in reason.casefold():
            self.add_error("reason", _("Do not repeat the words here: the reason stays."))
