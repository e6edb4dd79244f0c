from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from django import forms
from django.core.signing import BadSignature, Signer
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases.models import AppliesTo, Case, ModelLetter, Target
from cases.printing import fonts
from letters.actions.letters import LetterFields
from letters.forms.consent import ConsentForm
from letters.forms.fields import (
    LineField,
    PlainTextField,
    Radios,
    country_field,
    email_field,
    follow_field,
    follow_label,
    name_field,
    set_choices,
    taken,
    town_field,
)
from letters.forms.names import (
    PARTS,
    Appearance,
    appearance,
    boxes_on_paper,
    first_name_field,
    name_form_field,
    question,
    sent_appearance,
    told_field,
    which_part,
)
from letters.models import Letter, NameForm, Pledge, names
from letters.models.email_spelling import email_hash
from letters.privacy import consent
from letters.text import checks, composing, pictures

MAX_LETTER_CHARACTERS = 6_000  # about two and a half pages


class WritingForm(ConsentForm):
    """What who writes a letter or a message is asked beside the words: how the name stands."""

    ties = forms.ChoiceField(
        choices=[("no", _("No")), ("yes", _("Yes, or I would rather not say"))],
        widget=Radios,
        help_text=_("We do not keep your answer. It only decides what we advise you."),
        error_messages={"required": _("Answer yes or no. We do not keep the answer.")},
    )
    name_form = name_form_field()
    first_name = first_name_field()
    under_18 = forms.BooleanField(
        label=_("I am under 18"),
        required=False,
        help_text=_("Then we keep no name and no e-mail address, whatever you type below."),
    )
    name = name_field()
    country = country_field(label=_("The country you write from"))
    follow = follow_field()
    told = told_field()
    # The characters of the text that can't be printed, once the page has said so.
    told_of_boxes = told_field()
    # Set once the advice to people with ties was shown: then they may decide against it.
    advised = forms.BooleanField(required=False, widget=forms.HiddenInput)

    # The fields that each step of the page asks for; the others go along in hidden ones.
    STEPS: tuple[tuple[str, ...], ...]
    chosen_target: Target | None = None
    CONSENT = "letter"
    ABOUT: str = AppliesTo.APPEAL  # whose safety rules are asked
    ADVICE: str | Promise  # for who has ties to the country and signs with the full name
    ADVICE_IF_POSTED: str | Promise  # the same where we hand nothing in

    def __init__(
        self,
        data=None,
        *,
        case: Case,
        editing: Letter | None = None,
        at_once: bool = False,
        **kwargs,
    ) -> None:
        """With `at_once` it is sent with the form, and no page shows it before."""
        self.VERSION = consent.version_for(case, editing)
        super().__init__(data, **kwargs)
        self.case, self.at_once = case, at_once
        if not self.is_bound:
            self.initial["told"] = self.appears.told
        self.fields["ties"].label = _(
            "Do you, or people close to you, live in %(country)s or come from there?"
        ) % {"country": case.country_name}
        self.fields["follow"].label = follow_label(case)
        if self.is_bound and data.get("under_18"):
            self.data["name"] = self.data["email"] = self.data["follow"] = ""

    @property
    def appears(self) -> Appearance:
        """How the name will stand, as far as the form is filled in."""
        return sent_appearance(self.data if self.is_bound else self.initial)

    def clean(self) -> dict:
        cleaned = super().clean()
        name, name_form = cleaned.get("name", ""), cleaned.get("name_form")
        if name_form and (cleaned.get("under_18") or not (name or "name" in self.errors)):
            name_form = cleaned["name_form"] = NameForm.NONE
        part = cleaned.pop("first_name", "")
        appears = appearance(name, name_form or NameForm.NONE, part)
        is_whole = names.is_whole(appears.name, name)
        if cleaned.get("ties") == "yes" and is_whole and not cleaned["advised"]:
            self.data["advised"] = "on"
            advice = self.ADVICE if self.case.offers_delivery else self.ADVICE_IF_POSTED
            self.add_error("name_form", str(advice))
        self._ask_how_it_appears(appears, name_form, cleaned)
        if self.at_once:
            self._tell_of_boxes(cleaned)
        if appears.parts and appears.name:  # no more of the name is kept than appears
            cleaned["name"], cleaned["name_form"] = appears.name, NameForm.FULL
        if cleaned.get("follow") and "email" not in self.errors and not cleaned.get("email"):
            self.add_error("email", _("Type your e-mail address, or untick the box for news."))
        if cleaned.get("body"):
            self._stop_at_words(cleaned)
        return cleaned

    def _ask_how_it_appears(
        self, appears: Appearance, name_form: str | None, cleaned: dict
    ) -> None:
        """Where it can't be known; and once, if nobody would see it before it is handed in."""
        if appears.parts and not appears.name:
            self.add_error("first_name", which_part())
        elif cleaned.get("told") != appears.told:
            is_told = name_form == NameForm.INITIALS and names.tells_a_word(appears.typed)
            is_unseen = self.at_once and name_form in PARTS and not appears.parts
            if appears.name and (is_told or is_unseen):
                self.add_error("name_form", question(appears))
            if self.at_once and appears.boxes:
                self.add_error("name", boxes_on_paper(appears.lacks))
        self.data["told"] = appears.told

    def _tell_of_boxes(self, cleaned: dict) -> None:
        """Once, for characters of the text that can't be printed."""
        lacking = {name: fonts.missing(cleaned.get(name, "")) for name in ("subject", "body")}
        told = " ".join(chain(*lacking.values()))
        for name, characters in lacking.items():
            if characters and cleaned.get("told_of_boxes") != told:
                self.add_error(name, boxes_on_paper(fonts.in_words(characters)))
        self.data["told_of_boxes"] = told

    def _stop_at_words(self, cleaned: dict) -> None:
        """An error beside the field for each word with which a text can't go."""
        for found in checks.blocking_problems(
            cleaned["body"],
            self.case,
            target=self.chosen_target,
            about=self.ABOUT,
            subject=cleaned.get("subject", ""),
            language=cleaned.get("language") or "en",
        ):
            self.add_error(found.field, f"{found.sentence} {found.why}")

    def first_wrong_step(self) -> int:
        """0 if nothing is wrong in any."""
        wrong = self.errors.keys()
        steps = enumerate(self.STEPS, 1)
        return next((step for step, asked in steps if not wrong.isdisjoint(asked)), 0)

    def forget_errors_after(self, step: int) -> None:
        """They are told on their own page, once somebody is there."""
        later = self.errors.keys() & set(chain(*self.STEPS[step:]))
        if "name_form" in later and not self.cleaned_data.get("advised"):
            self.data["advised"] = ""  # nobody has seen the advice yet
        for name in later:
            del self.errors[name]

    def hidden_in(self, step: int) -> Iterator[forms.BoundField]:
        """What was filled in on the pages of the other steps goes along on this one."""
        known = self.data if self.is_bound else self.initial
        for field in self.visible_fields():
            if field.name not in self.STEPS[step - 1] and known.get(field.name):
                field.help_text = ""  # it stands on another page: nothing is described by it
                yield field

    @property
    def pledge_id(self) -> int | None:
        """Which pledge it is for."""
        return None

    @property
    def drawing(self) -> pictures.Drawing | bool | None:
        """The new picture, False to take the old one out, None to leave it."""
        return None

    def letter_fields(self) -> LetterFields:
        """What the letter keeps: not the answer about ties, nor an age."""
        cleaned = self.cleaned_data
        own = {"email_hash": email_hash(cleaned["email"]), "consent_version": self.consent_version}
        return taken(LetterFields, cleaned | own)


class LetterForm(WritingForm):
    """A letter to a target of a case, in one of the languages it can be written in."""

    target = forms.ChoiceField(
        label=_("Who are you writing to?"),
        widget=Radios,
        error_messages={"required": _("Choose who you are writing to.")},
    )
    # Whose sheet is on the page: somebody may tick another target and send the form at once.
    shown_target = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    language = forms.ChoiceField(widget=forms.HiddenInput)
    subject = LineField(
        label=_("Subject"),
        max_length=150,
        widget=forms.Textarea(attrs={"rows": 1, "translate": "no"}),  # it wraps on a phone
        error_messages={"required": _("Type a subject: in a few words, what you write about.")},
    )
    body = PlainTextField(
        label=_("Your letter"),
        max_length=MAX_LETTER_CHARACTERS,
        min_length=40,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "true", "translate": "no"}),
        error_messages={
            "required": _("The sheet is empty. Write a sentence, or start with our letter."),
            "min_length": _("This is too short for a letter. Write a sentence or two."),
        },
    )
    place = town_field(
        label=_("Town"),
        help_text=_("It goes above the date. Leave it empty if you like."),
    )
    email = email_field(
        help_text=_("We send you the private link to your letter, and nothing else. Not needed.")
    )
    pledge = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    chose_one_that_closed = False
    # As the page asks in its two steps: the list of errors above it follows this order.
    STEPS = (
        ("target", "subject", "body", "ties"),
        (
            *("under_18", "name", "name_form", "first_name", "consent"),
            *("email", "place", "country", "follow"),
        ),
    )
    field_order = STEPS[0] + STEPS[1]
    ADVICE = _(
        "The authorities will read this name. As you have ties to the country, we advise "
        "you to choose initials, a first name or no name, and to hand the letter to us. "
        "If you want your full name to appear, send the form once more."
    )
    ADVICE_IF_POSTED = _(
        "The authorities will read this name. As you have ties to the country, we advise "
        "you to choose initials, a first name or no name. If you want your full name to "
        "appear, send the form once more."
    )

    def __init__(self, data=None, *, case: Case, targets: list[Target], **kwargs) -> None:
        """`targets` are those that can be chosen; without any the letter is to nobody by name."""
        super().__init__(data, case=case, **kwargs)
        self.purpose = f"letter for {case.slug}"
        sent = self.data if self.is_bound else self.initial
        self.chosen_target = composing.chosen_target(targets, sent.get("target", ""))
        self._offer(targets)
        languages = composing.languages(self.chosen_target)
        set_choices(self, "language", languages)
        self.fields["language"].initial = languages[0][0]
        self.fields["name_form"].label = _("How should your name appear under the letter?")

    def _offer(self, targets: list[Target]) -> None:
        set_choices(self, "target", [(target.key, target.office) for target in targets])
        if len(targets) < 2:
            field = self.fields["target"]
            field.required, field.widget = False, forms.HiddenInput()
        key = self.chosen_target.key if self.chosen_target else ""
        if not self.is_bound:
            self.initial.update(target=key, shown_target=key)
        elif self.data.get("target") not in [None, "", key]:
            self.chose_one_that_closed = self.chosen_target is not None
            self.data["target"] = self.data["shown_target"] = key

    def clean(self) -> dict:
        cleaned = super().clean()
        if self.chose_one_that_closed:
            self.add_error(
                None,
                _(
                    "The last day to write to the person you chose has passed. Your "
                    "words are still here: change them for the person they go to now."
                ),
            )
        return cleaned

    @property
    def is_wrong_in_first_step(self) -> bool:
        return self.chose_one_that_closed or self.first_wrong_step() == 1

    def letter_fields(self) -> LetterFields:
        target = self.chosen_target.pk if self.chosen_target else None
        return super().letter_fields() | {"target_id": target}

    @staticmethod
    def sign_pledge(pledge: Pledge) -> str:
        """For links and the form's hidden field: which pledge a letter is for, without its key.

        It opens nothing, so that it may stand in a query string.
        """
        return Signer(salt="letters.pledge").sign(str(pledge.pk))

    @staticmethod
    def read_pledge(signed: str) -> int | None:
        try:
            return int(Signer(salt="letters.pledge").unsign(signed))
        except BadSignature:
            return None

    @property
    def pledge_id(self) -> int | None:
        return self.read_pledge(self.cleaned_data["pledge"])


class NumbersField(forms.TypedMultipleChoiceField):
    """Any numbers: those of points that there are not choose none."""

    def valid_value(self, value: str) -> bool:
        return value.isdigit()


class StartForm(forms.Form):
    """What a letter starts from: ?start=model&language=es or ?start=points&point=1&point=2.

    To whom it is written is beside it: ?target=prosecutor.
    """

    MODEL, POINTS, BLANK = "model", "points", "blank"
    default = BLANK  # of who has chosen nothing

    start = forms.ChoiceField(choices=[(s, s) for s in (MODEL, POINTS, BLANK)], required=False)
    language = forms.ChoiceField(required=False)
    point = NumbersField(coerce=int, required=False)

    def __init__(self, data, *, languages: list[tuple[str, str]]) -> None:
        super().__init__(data)
        set_choices(self, "language", languages)
        # The page's language, if a letter can be written in it.
        page_language = get_language()
        is_offered = page_language in dict(languages)
        self.default_language = page_language if is_offered else languages[0][0]
        self.full_clean()

    @property
    def chosen(self) -> str:
        return self.cleaned_data.get("start") or self.default

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
            self.POINTS: composing.body_from_points(model, self.points),
            self.BLANK: "",
        }[self.chosen]
        return {"language": self.chosen_language, "subject": model.subject, "body": body}
