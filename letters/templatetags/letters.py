"""`{% load letters %}`: what pages show of letters."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from letters.models.demo_data import demo_data_exists
from letters.text.checks import Piece

register = template.Library()


@register.inclusion_tag("includes/_sample_notice.html")
def sample_notice() -> dict:
    """A line at the top of every page, as long as invented activity is in the database."""
    return {"is_sample": demo_data_exists()}


@register.inclusion_tag("includes/_post_button.html")
def post_button(
    act: str,
    label: str,
    *,
    icon: str = "",
    look: str = "button-link",
    kind: str = "",
    pk: int | None = None,
) -> dict:
    """A form of one button, that posts an act: done to the row of that kind, if a page has many."""
    what = f"{kind}-{pk}" if kind else ""
    return {"act": act, "label": label, "icon": icon, "look": look, "what": what}


@register.simple_tag
def with_marks(pieces: list[Piece]) -> SafeString:
    """The text as it is, to the last space, with its problems marked."""
    shown = (format_html("<mark>{}</mark>", text) if marked else text for text, marked in pieces)
    return format_html_join("", "{}", ((each,) for each in shown))
