"""Form fields that several forms share."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases.countries import country_choices, country_names
from cases.models import Case, CaseKind
from cases.typed_text import LineField as LineField
from cases.typed_text import PlainTextField as PlainTextField
from letters.models.email_spelling import NotAnAddress, deliverable

Fields = TypeVar("Fields")


class Radios(forms.RadioSelect):
    """Radio buttons of which one has to be chosen: their group says so. A button that does is told
    as wrong by a browser before anything was done."""

    def use_required_attribute(self, initial: object) -> bool:
        return False


class CountrySelect(forms.Select):
    """As `Select`, but its 250 options are written once a language: they took a fifth of a page."""

    template_name = "letters/forms/country_select.html"

    def __init__(self, empty: str | Promise, attrs: dict[str, str]) -> None:
        super().__init__(attrs)
        self.empty = empty

    def get_context(self, name: str, value: object, attrs: dict | None) -> dict:
        context = forms.Widget.get_context(self, name, value, attrs)
        [chosen] = self.format_value(value)
        attribute = format_html('value="{}"', chosen)
        options = _options(str(self.empty), get_language())
        options = options.replace(attribute, f"{attribute} selected", 1)
        context["widget"]["options"] = mark_safe(options)  # noqa: S308 - escaped in both parts
        return context


@lru_cache(maxsize=32)
def _options(empty: str, _language: str | None) -> str:
    choices = [("", empty), *country_choices()]
    return format_html_join("", '<option value="{}">{}</option>', choices)


class CountryField(forms.ChoiceField):
    """The code of a country, or nothing: as `empty` says it."""

    def __init__(self, *, empty: str | Promise, autocomplete: str = "", **options) -> None:
        widget = CountrySelect(empty, {"autocomplete": autocomplete} if autocomplete else {})
        super().__init__(
            choices=lambda: [("", empty), *country_choices()],
            widget=widget,
            required=False,
            **options,
        )

    def valid_value(self, value: str) -> bool:
        """As for every choice, without going through all 250: they took a tenth of a form sent."""
        return value in country_names(get_language() or "en")


def country_field(**options) -> CountryField:
    return CountryField(empty=_("Rather not say"), autocomplete="country", **options)


def set_choices(form: forms.BaseForm, name: str, choices: Iterable[tuple[str, Any]]) -> None:
    """What a field offers this time."""
    cast(forms.ChoiceField, form.fields[name]).choices = list(choices)


def set_queryset(form: forms.BaseForm, name: str, rows: QuerySet) -> None:
    """The same of a field that offers rows."""
    cast(forms.ModelChoiceField, form.fields[name]).queryset = rows


def taken(fields: type[Fields], values: Mapping[str, Any]) -> Fields:
    """What a row takes of the values of its form: those that its TypedDict names."""
    names = fields.__annotations__
    return cast(Fields, {name: value for name, value in values.items() if name in names})


def name_field(*, required: bool = False, **options) -> LineField:
    return LineField(
        label=_("Your name"),
        required=required,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        **options,
    )


def town_field(**options) -> LineField:
    return LineField(
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
        **options,
    )


class AddressField(forms.EmailField):
    """An e-mail address in the form in which it is stored, compared and mailed to."""

    def to_python(self, value) -> str:
        typed = super().to_python(value)
        if not typed:
            return ""
        try:
            return deliverable(typed)
        except NotAnAddress as error:
            local = typed.rpartition("@")[0]
            # Mail servers without SMTPUTF8 do not take it, and much only looks like a letter: “ſ”.
            if error.part == "local" and not local.isascii():
                raise ValidationError(
                    _("Use only plain letters, digits and signs before the @, without accents."),
                    code="local_part",
                ) from None
            if error.part == "local" and '"' in local:
                raise ValidationError(
                    _("Type the address without quotation marks."), code="quoted"
                ) from None
            if error.part == "domain":
                raise ValidationError(
                    _("No mail can be sent to what you typed after the @. Please check it."),
                    code="domain",
                ) from None
            raise ValidationError(EmailValidator.message, code="invalid") from None


def email_field(*, required: bool = False, **options) -> AddressField:
    return AddressField(
        label=_("E-mail"),
        required=required,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        **options,
    )


def follow_field() -> forms.BooleanField:
    """The box for news, never ticked beforehand; `follow_label` says of whom."""
    return forms.BooleanField(
        required=False,
        help_text=_(
            "One mail when something changes, and nothing else, until you stop it with a "
            "click. First we mail you a link to confirm."
        ),
    )


def follow_label(case: Case) -> str:
    if case.kind == CaseKind.IN_MEMORY:
        return _("Send me news of the case of %(name)s") % {"name": case.short_name_or_full}
    return _("Tell me what happens to %(name)s") % {"name": case.short_name_or_full}
