"""`{% load icons %}`: the drawings of static/img/icons.svg."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

DRAWING = '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>'


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon before words that say the same: readers who cannot see it miss nothing."""
    return format_html(DRAWING, "icon", static("img/icons.svg"), name)


@register.simple_tag
def candle(is_lit: object) -> SafeString:
    """The candle of the campaign: lit where something has been done, unlit where it waits."""
    name = "candle-lit" if is_lit else "candle-unlit"
    return format_html(DRAWING, "candle", static("img/icons.svg"), name)
