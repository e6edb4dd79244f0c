"""Countries and languages by their codes, named by CLDR in the language of the page."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases.text import folded

# Ours over CLDR's, by language of the page: names the campaign itself uses.
OUR_NAMES = {
    "en": {"MM": "Myanmar", "TR": "Türkiye", "PS": "Palestine", "HK": "Hong Kong", "MO": "Macao"},
    "fr": {"MM": "Myanmar", "PS": "Palestine", "HK": "Hong Kong", "MO": "Macao"},
}
# CLDR also names places that nobody writes from: groupings, unknown and fictitious ones.
NOT_COUNTRIES = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"}


# en, zh-Hans, pt-BR, es-419: what a language code of BCP 47 may have that people write with.
LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?")
# CLDR also has codes for no language, for several, and for one that nobody knows.
NOT_LANGUAGES = {"mul", "und", "zxx"}


@lru_cache(maxsize=32)
def country_names(language: str) -> dict[str, str]:
    """Names by ISO 3166-1 alpha-2 code (and XK, Kosovo), sorted as the language reads them."""
    territories = _locale(language).territories
    names = {
        code: name
        for code, name in territories.items()
        if len(code) == 2 and code.isalpha() and code not in NOT_COUNTRIES
    }
    names |= OUR_NAMES.get(language.split("-")[0], {})
    return dict(sorted(names.items(), key=lambda item: folded(item[1])))


def choices_among(codes: Iterable[str]) -> list[tuple[str, str]]:
    """These countries to choose from, named and sorted as the language of the page reads them."""
    named = ((code, country_name(code)) for code in codes)
    return sorted(named, key=lambda choice: folded(choice[1]))


def country_name(code: str, language: str = "") -> str:
    """The country's name in a language (by default the page's), or the code if it has none."""
    return country_names(language or get_language() or "en").get(code, code)


@lru_cache(maxsize=512)
def language_name(code: str, in_language: str = "") -> str:
    """The language's name in a language (by default in itself), or the code."""
    try:
        locale = Locale.parse(code.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return code
    name = locale.get_language_name(in_language.replace("-", "_") or None)
    return name or code


def country_choices() -> list[tuple[str, str]]:
    """For fields: a callable, so that the names are in the language of each page."""
    return list(country_names(get_language() or "en").items())


def validate_country(code: str) -> None:
    """Raise ValidationError unless the code is a country's."""
    if code not in country_names("en"):
        raise ValidationError(_("“%(code)s” is not a country code."), params={"code": code})


def validate_language(code: str) -> None:
    """Raise ValidationError unless HTML's `lang` takes the code, and CLDR knows its language."""
    names = _locale("en").languages
    bare = code.split("-")[0]
    if LANGUAGE_CODE.fullmatch(code) and bare in names and bare not in NOT_LANGUAGES:
        return
    by_name = {folded(name): known for known, name in names.items()}
    meant = bare.lower() if bare.lower() in names else by_name.get(folded(code), "")
    if meant and meant != code:
        sentence = _("“%(code)s” is not a language code: write “%(meant)s”.")
    else:
        sentence = _(
            "“%(code)s” is not a language code. It is two or three small letters: “en” for "
            "English, “my” for Burmese."
        )
    raise ValidationError(sentence, params={"code": code, "meant": meant})


class CodeField(models.CharField):
    """A text with options of its own; migrations see the CharField that it is."""

    own: dict[str, Any] = {}

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **self.own | options)

    def deconstruct(self) -> tuple:
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options


class CountryField(CodeField):
    """The code of a country."""

    own = {"max_length": 2, "choices": country_choices, "validators": [validate_country]}


class LanguageField(CodeField):
    """The code of a language that people write in."""

    own = {
        "max_length": 12,
        "validators": [validate_language],
        "help_text": _("A language code: en, es, fr, ar, my, km …"),
    }


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")
