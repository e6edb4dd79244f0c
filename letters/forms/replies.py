from __future__ import annotations

import datetime
from base64 import b64encode

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.admin.forms import CaseField
from cases.admin.row_numbers import row_number
from cases.dates import latest_today
from cases.models import Case
from letters.forms.fields import PlainTextField, set_choices, set_queryset
from letters.models import ActionKind, HandIn, HandInItem, HandInState, Letter, ReplyFrom
from letters.models.replies import MAX_CHARACTERS
from letters.privacy.antispam import SpamProtectedForm
from letters.text import pictures


def day_field(label, help_text="") -> forms.DateField:
    """A day that has begun somewhere, typed or picked."""
    return forms.DateField(
        label=label,
        help_text=help_text,
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Give the day."),
            "invalid": _("This is not a date. Type year-month-day, for example 2026-01-31."),
        },
    )


def past_day(day: datetime.date) -> datetime.date:
    if day > latest_today():
        raise ValidationError(_("This day has not come yet."), code="future")
    return day


def jpeg_field(label, help_text="") -> forms.FileField:
    return forms.FileField(
        label=label,
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=help_text,
    )


def says_something(form: forms.Form) -> None:
    """There are words or a picture, or an error beside one of them."""
    is_empty = not form.cleaned_data.get("text") and not form.cleaned_data.get("picture")
    if is_empty and not {"text", "picture"} & form.errors.keys():
        form.add_error("text", _("Write what it says, or add a photo of it."))


class ReplyForm(SpamProtectedForm):
    """What came back to a letter: a photo of it, or lines, or both."""

    received_on = day_field(_("When did it arrive?"))
    text = PlainTextField(
        label=_("What does it say?"),
        required=False,
        max_length=MAX_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "true"}),
        help_text=_("Type the words, or say what it is about. A photo alone is enough, too."),
    )
    picture = jpeg_field(
        _("A photo of it"), _("JPEG, PNG or WebP. Cover your own address if it can be seen.")
    )

    def __init__(self, data=None, *, letter: Letter, **kwargs) -> None:
        super().__init__(data, **kwargs)
        self.purpose = f"reply to {letter.pk}"

    def clean_received_on(self) -> datetime.date:
        return past_day(self.cleaned_data["received_on"])

    def clean_picture(self) -> pictures.Drawing | None:
        upload: File | None = self.cleaned_data["picture"]
        return pictures.clean(upload) if upload else None

    def clean(self) -> dict:
        cleaned = super().clean()
        says_something(self)
        return cleaned


class EnterReplyForm(forms.Form):
    """An answer that came to the campaign."""

    case = CaseField(
        Case.objects.none(),
        label=_("Case"),
        empty_label="",
        error_messages={"required": _("Choose the case.")},
    )
    sender = forms.ChoiceField(
        label=_("Who replied?"), choices=ReplyFrom.choices, widget=forms.RadioSelect
    )
    letter = forms.CharField(
        label=_("Number of the letter"),
        required=False,
        max_length=20,
        help_text=_(
            "If it is a reply to one letter that we have. If we handed that in, type the numbers "
            "in its margin, such as 12 / 3. Otherwise leave it empty."
        ),
    )
    hand_in = forms.CharField(
        label=_("Number of the hand-in"),
        required=False,
        max_length=20,
        help_text=_(
            "If it is a reply to letters that we handed in together. Otherwise leave it empty."
        ),
    )
    received_on = day_field(_("Came on"))
    number = forms.IntegerField(
        label=_("How many came?"),
        min_value=1,
        max_value=1_000_000,
        initial=1,
        help_text=_("If the same reply came to many people: how many we know of."),
    )
    language = forms.ChoiceField(label=_("Language of the reply"))
    text = PlainTextField(
        label=_("As it came"),
        required=False,
        max_length=MAX_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("Only staff read this. What writers may read is asked on the reply’s page."),
    )
    picture = jpeg_field(_("A scan or photo of it"))

    def __init__(self, data=None, files=None) -> None:
        super().__init__(data, files)
        cases = Case.objects.visible().order_by("-edition__year", "position", "pk")
        set_queryset(self, "case", cases.select_related("edition"))
        set_choices(self, "language", [*settings.LANGUAGES, ("und", _("another language"))])

    def clean_received_on(self) -> datetime.date:
        return past_day(self.cleaned_data["received_on"])

    def clean_picture(self) -> str:
        upload = self.cleaned_data["picture"]
        return b64encode(pictures.clean(upload).jpeg).decode() if upload else ""

    def clean_letter(self) -> Letter | None:
        typed = self.cleaned_data["letter"].strip().lstrip("#")
        if not typed:
            return None
        hand_in, is_of_margin, number = map(str.strip, typed.partition("/"))
        if is_of_margin:
            items = HandInItem.objects.taken_there().filter(
                hand_in=row_number(hand_in), number=row_number(number) or 0
            )
            letters = Letter.objects.filter(hand_in_items__in=items)
        else:
            letters = Letter.objects.filter(pk=row_number(typed) or 0)
        letter = letters.filter(erased_on=None).first()
        if letter is None or not letter.has_left:
            raise ValidationError(_("There is no letter with this number that has been sent."))
        return letter

    def clean_hand_in(self) -> HandIn | None:
        if not (typed := self.cleaned_data["hand_in"].strip().lstrip("#")):
            return None
        number = row_number(typed)
        done = HandIn.objects.filter(state=HandInState.HANDED_IN)
        hand_in = done.filter(pk=number).first() if number else None
        if hand_in is None:
            raise ValidationError(_("There is no hand-in with this number that was handed in."))
        return hand_in

    def clean(self) -> None:
        letter, case = self.cleaned_data.get("letter"), self.cleaned_data.get("case")
        if letter and case and letter.case_id != case.pk:
            self.add_error("letter", _("This letter is for another case."))
        hand_in = self.cleaned_data.get("hand_in")
        if hand_in and case and hand_in.case_id != case.pk:
            self.add_error("hand_in", _("This hand-in is for another case."))
        if hand_in and letter:
            self.add_error("hand_in", _("Give the number of the letter or of the hand-in alone."))
        self._says_who_answers(letter or hand_in)
        says_something(self)

    def _says_who_answers(self, answered: Letter | HandIn | None) -> None:
        """Else it would be shared with nobody."""
        sender = self.cleaned_data.get("sender")
        if not answered or not sender:
            return
        is_to_person = answered.kind == ActionKind.SOLIDARITY
        if is_to_person and sender == ReplyFrom.TARGET:
            self.add_error("sender", _("That was for the person: an official does not answer it."))
        elif not is_to_person and sender == ReplyFrom.PERSON:
            self.add_error("sender", _("That was for an official: the person does not answer it."))


class ShareReplyForm(forms.Form):
    """What writers may read of it."""

    shown_text = PlainTextField(
        label=_("What writers may read"),
        max_length=MAX_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "In words that they understand, translated if need be. Leave out names, "
            "places and anything else that could hurt somebody, and mark what you left "
            "out with […]."
        ),
        error_messages={"required": _("Write what they may read.")},
    )
    shown_language = forms.ChoiceField(label=_("Its language"))

    def __init__(self, data=None, **kwargs) -> None:
        super().__init__(data, **kwargs)
        set_choices(self, "shown_language", settings.LANGUAGES)
