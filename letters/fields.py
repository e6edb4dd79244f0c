"""Form fields that refuse what no person types."""

import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.countries import country_choices
from cases.models import Case, CaseKind

# Marks that turn the direction of the text around them, to show something else than is there.
BIDI_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Control characters, lone surrogates: nothing that is typed.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class PlainTextField(forms.CharField):
    """Text in composed Unicode (NFC) with plain line ends, without tricks."""

    def to_python(self, value) -> str:
        text = super().to_python(value)
        if UNPRINTABLE.search(text) or BIDI_OVERRIDES.search(text):
            raise ValidationError(
                _("This has invisible signs in it that can't be printed. Please type it anew."),
                code="unprintable",
            )
        return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


class LineField(PlainTextField):
    """One line of such text."""

    def to_python(self, value) -> str:
        return " ".join(super().to_python(value).split())


def country_field(**options) -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=lambda: [("", _("Rather not say")), *country_choices()], required=False, **options
    )


def validate_plain_local_part(email: str) -> None:
    """Refuse what mail servers without SMTPUTF8 do not take, and what only looks like a letter:
    “ſ” folds to “s”, so that another's address would be typed with it."""
    if not email.rpartition("@")[0].isascii():
        raise ValidationError(
            _("Before the @ only plain letters, digits and signs can stand, without accents."),
            code="local_part",
        )


def email_field(*, required: bool = False, **options) -> forms.EmailField:
    return forms.EmailField(
        label=_("E-mail"),
        required=required,
        max_length=254,
        validators=[validate_plain_local_part],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        **options,
    )


def follow_field() -> forms.BooleanField:
    """The box for news, never ticked beforehand; `follow_label` says of whom."""
    return forms.BooleanField(
        required=False,
        help_text=_(
            "One mail when something changes, nothing else, until you end it by a click. First we "
            "mail you a link to confirm it."
        ),
    )


def follow_label(case: Case) -> str:
    if case.kind == CaseKind.IN_MEMORY:
        return _("Tell me what comes of the case of %(name)s") % {"name": case.called}
    return _("Tell me what becomes of %(name)s") % {"name": case.called}
