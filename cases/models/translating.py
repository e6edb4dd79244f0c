from django.conf import settings
from django.utils.translation import get_language


def shown_language(i18n: dict | None, field: str) -> str:
    """The page's language if the field is translated into it, else the default one."""
    language = get_language() or settings.LANGUAGE_CODE
    return language if (i18n or {}).get(f"{field}_{language}") else settings.LANGUAGE_CODE
