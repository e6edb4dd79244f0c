"""The texts of a row in the site's other languages, as modeltrans names and stores them."""

from django.conf import settings
from django.utils.translation import get_language
from modeltrans.utils import build_localized_fieldname

OTHER_LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def translations_of(field: str) -> list[str]:
    """The field's names in the other languages, in their order: of `headline`, `headline_fr`."""
    return [build_localized_fieldname(field, code) for code in OTHER_LANGUAGES]


def field_and_language(name: str) -> tuple[str, str]:
    """`headline_fr` taken apart; of a language that the site no longer has too."""
    for code in OTHER_LANGUAGES:
        suffix = build_localized_fieldname("", code)
        if name.endswith(suffix):
            return name.removesuffix(suffix), code
    field, _underscore, code = name.rpartition("_")
    return field, code


def shown_language(i18n: dict | None, field: str) -> str:
    """The page's language if the field is translated into it, else the default one."""
    language = get_language() or settings.LANGUAGE_CODE
    name = build_localized_fieldname(field, language)
    return language if (i18n or {}).get(name) else settings.LANGUAGE_CODE


def marked_text(row, field: str) -> str:
    """The text where nothing but words can say in which language it is: “[en] …” if not translated.

    A mail has no `lang`. Each paragraph of a text is marked.
    """
    text = getattr(row, f"{field}_i18n")
    language = shown_language(row.i18n, field)
    if language == (get_language() or settings.LANGUAGE_CODE):
        return text
    return "\n".join(f"[{language}] {line}" if line.strip() else line for line in text.splitlines())
