from __future__ import annotations

from django import forms
from django.conf import settings
from django.core.files import File
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from cases.countries import language_name
from cases.models import AppliesTo, Case, Topic
from cases.printing.rendering import Busy
from letters.actions.letters import LetterFields
from letters.forms.fields import PlainTextField, Radios, email_field, set_choices
from letters.forms.letters import MAX_LETTER_CHARACTERS, WritingForm
from letters.models import Format, Letter, LetterKind, LetterPicture
from letters.text import pictures, printing

ANOTHER_LANGUAGE = "und"  # as BCP 47 calls what nobody has told


class MessageForm(WritingForm):
    """A message of support, on a card or a letter; with a picture where the case takes one."""

    body = PlainTextField(
        label=_("Your message"),
        max_length=MAX_LETTER_CHARACTERS,
        min_length=5,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "true", "translate": "no"}),
        error_messages={
            "required": _("The card is empty. Write a sentence, or start with one of ours."),
            "min_length": _("This is very short. Please write a few more words."),
        },
    )
    form = forms.ChoiceField(
        label=_("A card or a letter?"),
        choices=[
            (Format.CARD, _("A card, to print in A6 or A5")),
            (Format.LETTER, _("A letter, to print on A4 or US Letter")),
        ],
        initial=Format.CARD,
        widget=Radios,
    )
    language = forms.ChoiceField(label=_("The language you write in"))
    picture = forms.FileField(
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    without_picture = forms.BooleanField(label=_("Take my picture out"), required=False)
    email = email_field(
        help_text=_("We send you the private link to your message, and nothing else.")
    )
    may_be_shown = forms.BooleanField(
        label=_("My message may be shown on this site"),
        required=False,
        help_text=_(
            "With your name as you choose it here, and after somebody from the campaign "
            "has read it. Never with your picture, country or e-mail address. You can "
            "take this back."
        ),
    )

    # As the page asks in its steps: the list of errors above it follows this order. A browser does
    # not keep a file while something else is mended: so the drawing comes last, alone.
    STEPS = (
        ("body", "form", "language", "ties"),
        (
            *("under_18", "name", "name_form", "first_name", "consent"),
            *("email", "country", "follow", "may_be_shown"),
        ),
        ("picture", "without_picture"),
    )
    field_order = STEPS[0] + STEPS[1] + STEPS[2]
    ABOUT = AppliesTo.SOLIDARITY
    ADVICE = _(
        "Whoever opens the post there will read this name. With ties to the country, we advise you "
        "to choose initials, a first name or no name, and to hand the message to us. If you "
        "want your full name to appear, send the form once more."
    )
    ADVICE_IF_POSTED = _(
        "Whoever opens the post there will read this name. With ties to the country, we advise you "
        "to choose initials, a first name or no name. If you want your full name to appear, send "
        "the form once more."
    )

    def __init__(self, data=None, *, case: Case, editing: Letter | None = None, **kwargs) -> None:
        super().__init__(data, case=case, editing=editing, **kwargs)
        self.purpose = f"message for {case.slug}"
        self.fields["name_form"].label = _("How should your name appear under the message?")
        set_choices(self, "language", _languages(case))
        self.fields["language"].initial = get_language()
        self.fields["picture"].label, self.fields["picture"].help_text = _about_pictures(case)
        solidarity = case.solidarity_action
        if not (solidarity and solidarity.takes_drawings):
            del self.fields["picture"]
        if editing is None or not LetterPicture.objects.filter(letter=editing).exists():
            del self.fields["without_picture"]
        if not (solidarity and solidarity.shows_messages):
            del self.fields["may_be_shown"]

    def clean_picture(self) -> pictures.Drawing | None:
        upload: File | None = self.cleaned_data["picture"]
        return pictures.clean(upload) if upload else None

    def clean(self) -> dict:
        cleaned = super().clean()
        cleaned.setdefault("may_be_shown", False)
        return cleaned

    @property
    def steps(self) -> int:
        """How many steps the page has: the last is for a drawing, where one is welcome."""
        return 3 if self.drawing_fields else 2

    @property
    def drawing_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.STEPS[2] if name in self.fields]

    def goes_on_its_paper(self) -> bool:
        """Ask it of a valid form. It sets a card in type, so count who asks before."""
        if self.cleaned_data["form"] != Format.CARD:
            return True
        try:
            fits = printing.fits(Letter(**self.letter_fields()), printing.POSTCARD_SIZES[-1])
        except Busy:
            self.add_error(
                None,
                _(
                    "Many people are printing right now, so we could not check whether "
                    "your words fit on a card. What you typed is still here: send it "
                    "again in a moment."
                ),
            )
            return False
        if fits:
            return True
        self.add_error(
            "form", _("Your words don’t fit on a card. Choose a letter, or shorten them.")
        )
        return False

    def letter_fields(self) -> LetterFields:
        return super().letter_fields() | {"kind": LetterKind.SOLIDARITY}

    @property
    def drawing(self) -> pictures.Drawing | bool | None:
        if self.cleaned_data.get("without_picture") and not self.cleaned_data.get("picture"):
            return False
        return self.cleaned_data.get("picture")


def _languages(case: Case) -> list[tuple[str, str]]:
    """Those of the sample sentences, then those of the site: nobody has to find theirs."""
    codes = [phrase.language for phrase in case.solidarity_phrases.all()]
    codes += [code for code, _name in settings.LANGUAGES]
    named = [(code, language_name(code)) for code in dict.fromkeys(codes)]
    return [*named, (ANOTHER_LANGUAGE, gettext("another language"))]


def _about_pictures(case: Case) -> tuple[str, str]:
    """Label and hint of the file field. A photo is welcome only if the rules say so: yes."""
    if any(
        rule.topic == Topic.PHOTOS and rule.applies_to == AppliesTo.SOLIDARITY and rule.allows
        for rule in case.safety_rules.all()
    ):
        return gettext("A drawing or a photo"), gettext(
            "JPEG, PNG or WebP. On a photo, only people who agreed to it, and no children."
        )
    return gettext("A drawing"), gettext(
        "JPEG, PNG or WebP. A drawing only: no photo of yourself or others."
    )
