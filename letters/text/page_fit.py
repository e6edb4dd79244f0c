"""How much of a text goes on a page, estimated: to set it in type takes too long while somebody
writes. Measured; a test compares it with real sheets and cards."""

import re
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.printing import fonts


class Capacity(NamedTuple):
    """What goes on a page: characters in a line, and lines."""

    in_a_line: int
    lines: float


class Script(NamedTuple):
    """In these characters, on a sheet with subject, greeting, close and name, or a card of A5."""

    characters: re.Pattern[str]
    a4: Capacity
    us_letter: Capacity
    card: Capacity


LATIN = Script(
    re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
    a4=Capacity(77, 20),
    us_letter=Capacity(77, 17),
    card=Capacity(133, 23),
)
GREEK_AND_CYRILLIC = Script(
    re.compile("[\u0370-\u052f]"),
    a4=Capacity(67, 20),
    us_letter=Capacity(67, 17),
    card=Capacity(115, 23),
)
ARABIC = Script(
    re.compile("[\u0590-\u08ff]"),
    a4=Capacity(86, 13),
    us_letter=Capacity(86, 11),
    card=Capacity(135, 17),
)
BURMESE = Script(
    re.compile("[\u1000-\u109f]"),
    a4=Capacity(81, 16.7),
    us_letter=Capacity(81, 14.7),
    card=Capacity(155, 17.5),
)
KHMER = Script(
    re.compile("[\u1780-\u17ff]"),
    a4=Capacity(101, 16.7),
    us_letter=Capacity(101, 14.7),
    card=Capacity(190, 17.5),
)
SCRIPTS = [LATIN, GREEK_AND_CYRILLIC, ARABIC, BURMESE, KHMER]
# Thai, Lao, Burmese, Khmer, kana, Han: written without spaces between words.
NO_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
LETTER = re.compile(r"\w|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
BREAK = 0.42  # the space between two paragraphs, in lines


class Fit(str):
    """What is said of it."""

    is_over = False


def describe(text: str, on: str = "a4") -> Fit:
    """How much stands there, and whether it fits: what the check says too. Empty of no words."""
    if not text.strip():
        return Fit()
    characters = len(NO_SPACES.findall(text))
    if 2 * characters > len(LETTER.findall(text)):  # nobody sees from outside where a word ends
        counted = ngettext("%(number)s character", "%(number)s characters", characters)
        counted %= {"number": intcomma(characters)}
    else:
        number = len(text.split())
        counted = ngettext("%(number)s word", "%(number)s words", number)
        counted %= {"number": intcomma(number)}
    letters = [sign for sign in text if sign.isalpha()]
    lacking = set(fonts.missing(text))
    if 2 * sum(sign in lacking for sign in letters) > len(letters):
        return Fit(counted)  # boxes would stand on paper: the check says so
    fits = fits_one_page(text, on)
    if on == "card":
        sentence = _("%(count)s, one card") if fits else _("%(count)s, more than a card")
    else:
        sentence = _("%(count)s, one page") if fits else _("%(count)s, more than a page")
    said = Fit(sentence % {"count": counted})
    said.is_over = not fits
    return said


def fits_one_page(text: str, on: str = "a4") -> bool:
    """`on` is "a4", "us_letter" or "card"."""
    script = max(SCRIPTS, key=lambda script: len(script.characters.findall(text)))
    room: Capacity = getattr(script, on)
    paragraphs = re.split(r"\n\s*\n", text.strip())
    lines = BREAK * (len(paragraphs) - 1)
    for paragraph in paragraphs:
        for line in paragraph.split("\n"):
            if lines > room.lines:  # somebody sent a hundred thousand lines: these are enough
                return False
            lines += max(1, ceil(_width(line.strip(), room, on)))
    return lines <= room.lines


def _width(line: str, room: Capacity, on: str) -> Fraction:
    """In lines of the page: letters of each script are as wide as theirs, all else as `room` is."""
    width, rest = Fraction(), len(line)
    for script in SCRIPTS:
        number = len(script.characters.findall(line))
        width += Fraction(number, getattr(script, on).in_a_line)
        rest -= number
    return width + Fraction(rest, room.in_a_line)
