"""What the reading desk asks: which letters, why not, and who reads which language."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from operator import itemgetter

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from cases.admin.forms import CaseField
from cases.countries import language_name
from cases.models import Case, Freeze, SolidarityPhrase, Target
from letters.admin.filters import cases_with_letters
from letters.delivery import changes, similar_texts
from letters.forms.fields import set_choices, set_queryset
from letters.forms.messages import ANOTHER_LANGUAGE
from letters.models import (
    UNTOLD,
    Letter,
    LetterKind,
    LetterState,
    ReadingLanguages,
    RedactionReason,
    RejectionCode,
)
from letters.models.letters import LetterQuerySet
from letters.text import redactions
from letters.text.checks import Problem

WANTED = Letter._meta.get_field("change_wanted")
OWN_WORDS = "own"
DAYS = [1, 3, 7, 14, 30]  # a letter can be asked for that waits longer


def languages_of_letters() -> list[tuple[str, str]]:
    """Those that letters and messages can be in. No table of letters is read for them."""
    targets, phrases = Target.objects.order_by(), SolidarityPhrase.objects.order_by()
    codes = {"en", *dict(settings.LANGUAGES)}
    for field in ["language", "local_language"]:
        codes |= set(targets.values_list(field, flat=True).distinct())
    codes |= set(phrases.values_list("language", flat=True).distinct())
    named = [(code, language_label(code)) for code in codes if code]
    return [*sorted(named, key=itemgetter(1)), (ANOTHER_LANGUAGE, language_label(ANOTHER_LANGUAGE))]


def language_label(code: str) -> str:
    if code == ANOTHER_LANGUAGE:
        return gettext("another language")
    return language_name(code, get_language() or "en")


class QueueForm(forms.Form):
    """Which of the letters that wait: nothing chosen is all of them."""

    case = CaseField(Case.objects.none(), label=_("Case"), required=False, empty_label=_("all"))
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("all")), *LetterKind.choices]
    )
    language = forms.ChoiceField(label=_("Language"), required=False)
    flag = forms.ChoiceField(
        label=_("Flag"),
        required=False,
        choices=[
            ("", _("all")),
            ("is_answer", _("handed in again")),
            ("needs_review", _("a trap or a limit caught it")),
            ("alike", _("same text as others")),
            ("none", _("none")),
        ],
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("all")),
            (LetterState.SUBMITTED.value, LetterState.SUBMITTED.label),
            (LetterState.POSTED.value, LetterState.POSTED.label),
        ],
    )
    days = forms.TypedChoiceField(
        label=_("Waits for more than"), required=False, coerce=int, empty_value=None
    )

    def __init__(self, data=None) -> None:
        super().__init__(data, label_suffix="")
        set_queryset(self, "case", cases_with_letters())
        set_choices(self, "language", [("", _("all")), *languages_of_letters()])
        days = [(str(one), gettext("%(number)s days") % {"number": one}) for one in DAYS]
        set_choices(self, "days", [("", _("any time")), *days])

    def queue(self) -> LetterQuerySet:
        """What waits and was asked for. What can't be asked is not: then it is all."""
        letters = Letter.objects.queued()
        asked = self.cleaned_data if self.is_valid() else {}
        for name in ["case", "kind", "language", "state"]:
            if asked.get(name):
                letters = letters.filter(**{name: asked[name]})
        if asked.get("state") == LetterState.POSTED:
            letters = letters.filter(needs_review=True)  # all of them are: said for the index
        match asked.get("flag"):
            case "none":
                letters = letters.filter(needs_review=False, is_answer=False)
            case "alike":
                letters = letters.filter(similar_texts.is_alike())
            case "needs_review" | "is_answer" as flag:
                letters = letters.filter(**{flag: True})
        if days := asked.get("days"):
            before = timezone.now() - datetime.timedelta(days=days)
            letters = letters.filter(waiting_since__lt=before)
        return letters

    @property
    def query(self) -> str:
        """What was asked, for the address of the next page."""
        if not self.is_valid():
            return ""
        asked = {name: self.data.get(name, "") for name in self.fields}
        return "&".join(f"{name}={value}" for name, value in asked.items() if value)


class RejectForm(forms.Form):
    """Why a letter can't be passed on."""

    code = forms.ChoiceField(
        label=_("Why can it not be passed on?"),
        widget=forms.RadioSelect,
        choices=[
            (
                _("The writer is told"),
                [(one.value, one.label) for one in RejectionCode if one not in UNTOLD],
            ),
            (_("The writer is not told why"), [(one.value, one.label) for one in UNTOLD]),
        ],
        error_messages={"required": _("Choose why.")},
    )
    reason = forms.CharField(
        label=_("What would have to change?"),
        required=False,
        max_length=Letter._meta.get_field("rejection_reason").max_length,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "If the writer is told, they read this on their page, after the reason you choose, and "
            "may change the letter. Name the sentence and the rule; we do not rewrite it."
        ),
    )

    def __init__(self, data=None, *, letter: Letter) -> None:
        super().__init__(data)
        if letter.case.freeze != Freeze.NONE:
            code = self.fields["code"]
            set_choices(self, "code", [(one.value, one.label) for one in UNTOLD])
            code.help_text = gettext("The case is frozen: its writer can’t be told why now.")
            code.error_messages["invalid_choice"] = code.help_text

    def clean(self) -> dict:
        cleaned = super().clean() or self.cleaned_data
        code = cleaned.get("code")
        if code in UNTOLD:
            cleaned["reason"] = ""
        elif code == RejectionCode.OTHER and not cleaned.get("reason"):
            self.add_error("reason", ValidationError(_("Tell the writer why.")))
        return cleaned


class AskForm(forms.Form):
    """What its writer is asked to change: a sentence that is ready, own words, or both."""

    sentence = forms.ChoiceField(
        label=_("What do you ask its writer to change?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Tell the writer what to change.")},
    )
    wanted = forms.CharField(
        label=_("In your own words"),
        required=False,
        max_length=WANTED.max_length,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "The writer reads this in a mail and on their page. Name the rule and where it is "
            "broken, without a name, address or anything else that a mail should not say."
        ),
    )

    def __init__(self, data=None, *, letter: Letter, problems: Iterable[Problem]) -> None:
        super().__init__(data, initial={"sentence": OWN_WORDS})
        self.letter, self.problems = letter, list(problems)
        ready = changes.sentences(letter, self.problems)
        own = OWN_WORDS, gettext("Something else, which you write")
        set_choices(self, "sentence", [*ready.items(), own])

    def clean(self) -> dict:
        key, words = self.cleaned_data.get("sentence"), self.cleaned_data.get("wanted", "")
        if key == OWN_WORDS and not words and "wanted" not in self.errors:
            self.add_error("wanted", ValidationError(_("Tell the writer what to change.")))
        elif key and key != OWN_WORDS:
            sentence = changes.for_its_writer(self.letter, key, self.problems)
            words = f"{sentence}\n{words}".strip()
        try:
            WANTED.run_validators(words)
        except ValidationError as too_long:
            self.add_error("wanted", too_long)
        return {"wanted": words}


class RedactForm(forms.Form):
    """Words of a letter to leave out; `places` are where they stand, once it is valid."""

    words = forms.CharField(
        label=_("The words to leave out"),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Exactly as they are in the subject or the letter."),
        error_messages={"required": _("Give the words to leave out.")},
    )
    which = forms.IntegerField(
        label=_("Which of them?"),
        min_value=1,
        max_value=1_000,
        required=False,
        help_text=_("1 for the first, 2 for the second. Empty: everywhere."),
    )
    why = forms.ChoiceField(
        label=_("Why?"),
        choices=RedactionReason.choices,
        help_text=_("The writer sees on their page what is left out, and why."),
    )

    def __init__(self, data=None, *, letter: Letter, initial: dict | None = None) -> None:
        super().__init__(data, initial=initial)
        self.letter = letter
        self.places: list[tuple[str, int, int]] = []

    def clean(self) -> None:
        words, which = self.cleaned_data.get("words", ""), self.cleaned_data.get("which")
        if not words or "which" in self.errors:
            return
        found = redactions.places_in_letter(self.letter, words)
        if not found:
            self.add_error("words", _("These words are not in the letter."))
        elif which and which > len(found):
            error = ngettext(
                "They are there only once.", "They are there only %(number)s times.", len(found)
            )
            self.add_error("which", error % {"number": len(found)})
        elif redactions.leaves_nothing(self.letter, found):
            self.add_error("words", _("Nothing would be left: reject the letter instead."))
        else:
            self.places = [found[which - 1]] if which else found


class LanguagesForm(forms.Form):
    """The languages that somebody reads."""

    codes = forms.MultipleChoiceField(
        label=_("Which languages do you read well enough to decide about a letter?"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("These letters come to you first. With none ticked, the oldest does."),
    )

    def __init__(self, data=None, *, person) -> None:
        super().__init__(data, initial={"codes": ReadingLanguages.objects.of(person)})
        set_choices(self, "codes", languages_of_letters())
        self.person = person

    def save(self) -> None:
        ReadingLanguages.objects.update_or_create(
            person=self.person, defaults={"codes": self.cleaned_data["codes"]}
        )
