"""`{% load cases %}`: how cases show on pages."""

from collections.abc import Iterable

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from cases import pictures, theme_marks
from cases.dates import partial_date_text
from cases.models import Case, Portrait
from cases.text import as_html

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """The Markdown as safe HTML."""
    return as_html(text or "")


register.filter("partial_date", partial_date_text)


@register.simple_tag
def with_changes(spans: Iterable[tuple[str, str]]) -> SafeString:
    """Spans of a text in a row, what was taken out in a `<del>` and what is new in an `<ins>`."""
    shown = (
        format_html("<{0}>{1}</{0}>", kind, text) if kind in {"del", "ins"} else text
        for kind, text in spans
    )
    return format_html_join(" ", "{}", ((each,) for each in shown))


@register.simple_tag
def theme_mark(case: Case) -> SafeString:
    """The drawing for what a case is about, in place of a picture; its themes are loaded with it.

    It says nothing that the words beside it do not say.
    """
    drawing = static(theme_marks.path(theme.slug for theme in case.themes.all()))
    return format_html(
        '<img src="{}" alt="" width="240" height="180" loading="lazy" decoding="async">', drawing
    )


@register.inclusion_tag("cases/_picture.html")
def picture(
    portrait: Portrait, sizes: str = "100vw", *, eager: bool = False, decorative: bool = False
) -> dict:
    """A `<picture>` in the sizes shown, cut around the focal point by the style sheet.

    `eager` for the one that is seen first, `decorative` where the words beside it say enough. The
    last of the `sizes` is that on a phone.
    """
    return {
        "avif": pictures.srcset(portrait, "avif"),
        "webp": pictures.srcset(portrait, "webp"),
        "src": pictures.url(portrait),
        "sizes": _two_pixels_to_one(sizes),
        "alt": "" if decorative else portrait.alt_i18n,
        "width": portrait.width,
        "height": portrait.height,
        "eager": eager,
        "focal_x": round(portrait.focal_x * 10) * 10,
        "focal_y": round(portrait.focal_y * 10) * 10,
    }


def _two_pixels_to_one(sizes: str) -> str:
    """A browser takes the next larger picture than the size times its own pixels. On a phone nearly
    two of them to one of the page are enough, not three or four: nobody sees more, and it would be
    twice the bytes. So 640 of `pictures.WIDTHS` are across phones of 360 to 412."""
    *wider, on_a_phone = sizes.split(", ")
    unit = on_a_phone.lstrip("0123456789.")
    size = float(on_a_phone.removesuffix(unit))
    smaller = [
        f"(min-resolution: {density}dppx) {size * part:.4g}{unit}"
        for density, part in [(2.5, 0.54), (1.5, 0.88)]
    ]
    return ", ".join([*wider, *smaller, on_a_phone])
