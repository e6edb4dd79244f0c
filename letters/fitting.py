"""How much of a text goes on a page, estimated: to set it in type takes too long while somebody
writes. Measured; a test compares it with real sheets and cards."""

from __future__ import annotations

import re
from typing import NamedTuple


class Room(NamedTuple):
    """What goes on a page: letters in a line, and lines."""

    in_a_line: int
    lines: float


class Script(NamedTuple):
    """In these letters, on a sheet with subject, salutation, close and name, or on a card of A5."""

    letters: re.Pattern[str]
    a4: Room
    us_letter: Room
    card: Room


LATIN = Script(
    re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
    a4=Room(77, 20),  # static/js/fit.js has the same numbers
    us_letter=Room(77, 17),
    card=Room(133, 23),
)
GREEK_AND_CYRILLIC = Script(
    re.compile("[\u0370-\u052f]"), a4=Room(67, 20), us_letter=Room(67, 17), card=Room(115, 23)
)
ARABIC = Script(
    re.compile("[\u0590-\u08ff]"), a4=Room(86, 13), us_letter=Room(86, 11), card=Room(135, 17)
)
BURMESE = Script(
    re.compile("[\u1000-\u109f]"), a4=Room(81, 16.7), us_letter=Room(81, 14.7), card=Room(155, 17.5)
)
KHMER = Script(
    re.compile("[\u1780-\u17ff]"),
    a4=Room(101, 16.7),
    us_letter=Room(101, 14.7),
    card=Room(190, 17.5),
)
SCRIPTS = [LATIN, GREEK_AND_CYRILLIC, ARABIC, BURMESE, KHMER]
BREAK = 0.42  # the space between two paragraphs, in lines


def fits_one_page(text: str, on: str = "a4") -> bool:
    """`on` is "a4", "us_letter" or "card"."""
    script = max(SCRIPTS, key=lambda script: len(script.letters.findall(text)))
    room: Room = getattr(script, on)
    paragraphs = re.split(r"\n\s*\n", text.strip())
    lines = sum(
        max(1, -(-len(line.strip()) // room.in_a_line))
        for paragraph in paragraphs
        for line in paragraph.split("\n")
    )
    return lines + BREAK * (len(paragraphs) - 1) <= room.lines
