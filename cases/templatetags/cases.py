"""`{% load cases %}`: how cases show on pages."""

from django import template
from django.utils.safestring import SafeString

from cases import pictures
from cases.models import Portrait
from cases.text import as_html

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """The Markdown as safe HTML."""
    return as_html(text or "")


@register.inclusion_tag("cases/_picture.html")
def picture(
    portrait: Portrait, sizes: str = "100vw", *, eager: bool = False, decorative: bool = False
) -> dict:
    """A `<picture>` in the sizes shown, cut around the focal point by the style sheet.

    `eager` for the one that is seen first, `decorative` where the words beside it say enough.
    """
    return {
        "avif": pictures.srcset(portrait, "avif"),
        "webp": pictures.srcset(portrait, "webp"),
        "src": pictures.url(portrait),
        "sizes": sizes,
        "alt": "" if decorative else portrait.alt_i18n,
        "width": portrait.width,
        "height": portrait.height,
        "eager": eager,
        "focal_x": round(portrait.focal_x * 10) * 10,
        "focal_y": round(portrait.focal_y * 10) * 10,
    }
