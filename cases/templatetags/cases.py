"""`{% load cases %}`: how cases show on pages."""

from django import template
from django.utils.safestring import SafeString

from cases.text import as_html

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """The Markdown as safe HTML."""
    return as_html(text or "")
