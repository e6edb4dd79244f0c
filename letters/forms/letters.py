from __future__ import annotations

from django import forms
from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext_lazy as _

from cases.models import AppliesTo, Case, ModelLetter
from letters import checking, starting
from letters.encryption import email_hash
from letters.fields import (
    LineField,
    PlainTextField,
    country_field,
    email_field,
    follow_field,
    follow_label,
)
from letters.guarding import GuardedForm
from letters.models import NameForm, Pledge

LONGEST_LETTER = 6_000  # characters: about two and a half pages


class WritingForm(GuardedForm):
    """What who writes a letter or a message is asked beside the words: how the name stands."""

    ties = forms.ChoiceField(
        choices=[("no", _("No")), ("yes", _("Yes, or I would rather not say"))],
        widget=forms.RadioSelect,
        help_text=_("We do not keep your answer. It only decides what we advise you."),
        error_messages={"required": _("Answer yes or no. We do not keep the answer.")},
    )
    name_form = forms.ChoiceField(
        choices=NameForm.choices, initial=NameForm.FULL, widget=forms.RadioSelect
    )
    under_18 = forms.BooleanField(
        label=_("I am under 18"),
        required=False,
        help_text=_("Then no name and no e-mail address are kept, whatever is typed below."),
    )
    name = LineField(
        label=_("Your name"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    country = country_field(label=_("The country you write from"))
    follow = follow_field()
    # Set once the advice to people with ties was shown: then they may decide against it.
    advised = forms.BooleanField(required=False, widget=forms.HiddenInput)

    ABOUT: str = AppliesTo.APPEAL  # whose safety rules are asked
    WORDS: tuple[str, ...]
    ADVICE: str  # for who has ties to the country and signs with the full name

    def __init__(self, data=None, *, case: Case, **kwargs) -> None:
        super().__init__(data, **kwargs)
        self.case = case
        self.fields["ties"].label = _(
            "Do you, or people close to you, live in %(country)s or come from there?"
        ) % {"country": case.country_name}
        self.fields["follow"].label = follow_label(case)
        if self.is_bound and data.get("under_18"):
            self.data["name"] = self.data["email"] = self.data["follow"] = ""

    def clean(self) -> dict:
        cleaned = super().clean()
        name_form = cleaned.get("name_form")
        if cleaned.get("under_18"):
            name_form = cleaned["name_form"] = NameForm.NONE
        if name_form not in (None, NameForm.NONE) and not cleaned.get("name"):
            self.add_error("name", _("Type your name, or choose above that no name shall stand."))
        if cleaned.get("ties") == "yes" and name_form == NameForm.FULL and not cleaned["advised"]:
            self.data["advised"] = "on"
            self.add_error("name_form", self.ADVICE)
        if cleaned.get("follow") and "email" not in self.errors and not cleaned.get("email"):
            self.add_error(
                "email", _("Type your e-mail address, or take the tick off the box for news.")
            )
        if cleaned.get("body"):
            self._stop_at_words(cleaned)
        return cleaned

    def _stop_at_words(self, cleaned: dict) -> None:
        """An error beside the field for each word with which a text can't go."""
        texts = {name: cleaned[name] for name in ("subject", "language") if cleaned.get(name)}
        for found in checking.stopping(cleaned["body"], self.case, about=self.ABOUT, **texts):
            self.add_error(found.field, f"{found.sentence} {found.why}")

    def words(self) -> dict:
        """What `writing.write` keeps: not the answer about ties, nor anybody's age."""
        words = {name: self.cleaned_data[name] for name in self.WORDS}
        return words | {"email_hash": email_hash(words["email"])}


class LetterForm(WritingForm):
    """A letter to the target of a case, in one of the languages it can be written in."""

    language = forms.ChoiceField(widget=forms.HiddenInput)
    subject = LineField(label=_("Subject"), max_length=150)
    body = PlainTextField(
        label=_("Your letter"),
        max_length=LONGEST_LETTER,
        min_length=40,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "true"}),
        error_messages={
            "required": _("The sheet is empty. Write a sentence, or start from the model letter."),
            "min_length": _("This is too short for a letter. Write a sentence or two."),
        },
    )
    place = LineField(
        label=_("Town"),
        required=False,
        max_length=80,
        help_text=_("Stands above the date. Leave it out if you like."),
    )
    email = email_field(
        help_text=_("We send you the private link to your letter, and nothing else. Not needed.")
    )
    pledge = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    # As the page asks: the list of errors above it follows this order.
    field_order = ("ties", "subject", "body", "name_form", "under_18", "name", "place", "country")
    WORDS = ("language", "subject", "body", "name_form", "name", "place", "country", "email")
    ADVICE = _(
        "The authorities will read this name. With ties to the country, we advise you to choose "
        "initials, a first name or no name, and to let us deliver the letter. If you want your "
        "full name to stand, send the form once more."
    )

    def __init__(self, data=None, *, case: Case, **kwargs) -> None:
        super().__init__(data, case=case, **kwargs)
        self.makes = f"letter for {case.slug}"
        languages = starting.languages(case)
        self.fields["language"].choices = languages
        self.fields["language"].initial = languages[0][0]
        self.fields["name_form"].label = _("How shall your name stand under the letter?")

    @staticmethod
    def sign_pledge(pledge: Pledge) -> str:
        """For the form's hidden field: which pledge the letter is for, without asking again."""
        return Signer(salt="letters.pledge").sign(str(pledge.pk))

    @property
    def pledge_id(self) -> int | None:
        try:
            return int(Signer(salt="letters.pledge").unsign(self.cleaned_data["pledge"]))
        except BadSignature:
            return None


class StartForm(forms.Form):
    """What a letter starts from: ?start=model&language=es or ?start=points&point=1&point=2."""

    MODEL, POINTS, BLANK = "model", "points", "blank"

    start = forms.ChoiceField(choices=[(s, s) for s in (MODEL, POINTS, BLANK)], required=False)
    language = forms.ChoiceField(required=False)
    point = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, data, *, languages: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["language"].choices = languages
        self.fields["point"].valid_value = str.isdigit
        self.default_language = languages[0][0]
        self.full_clean()

    @property
    def chosen(self) -> str:
        return self.cleaned_data.get("start") or self.BLANK

    @property
    def chosen_language(self) -> str:
        return self.cleaned_data.get("language") or self.default_language

    @property
    def points(self) -> set[int]:
        return set(self.cleaned_data.get("point") or [])

    def first_words(self, model: ModelLetter | None) -> dict:
        """What stands in the form at first."""
        if model is None:
            return {"language": self.chosen_language}
        body = {
            self.MODEL: model.body,
            self.POINTS: starting.body_from_points(model, self.points),
            self.BLANK: "",
        }[self.chosen]
        return {"language": self.chosen_language, "subject": model.subject, "body": body}
