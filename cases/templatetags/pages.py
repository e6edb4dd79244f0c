"""`{% load pages %}`: where this page is, in which languages."""

from urllib.parse import quote

from django import template
from django.conf import settings
from django.utils.translation import get_language_info

register = template.Library()


def _unprefixed(path: str) -> str:
    first, _, rest = path.lstrip("/").partition("/")
    others = {code for code, _name in settings.LANGUAGES} - {settings.LANGUAGE_CODE}
    return f"/{rest}" if first in others else path


@register.simple_tag(takes_context=True)
def language_links(context) -> list[dict]:
    """This page in each language: code, name in the language itself, url, is_current."""
    request = context.get("request")
    if request is None:
        return []
    path = _unprefixed(quote(request.path))
    return [
        {
            "code": code,
            "name": get_language_info(code)["name_local"].capitalize(),
            "url": path if code == settings.LANGUAGE_CODE else f"/{code}{path}",
            "is_current": code == getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE),
        }
        for code, _name in settings.LANGUAGES
    ]


@register.simple_tag(takes_context=True)
def canonical(context) -> str:
    """The page's own address, without the query string."""
    request = context.get("request")
    return settings.SITE_URL + (quote(request.path) if request else "/")
