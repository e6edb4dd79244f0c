"""How much of a text goes on a page, estimated: to set it in type takes too long while somebody
writes. Measured; a test compares it with the real sheets."""

from __future__ import annotations

import re
from typing import NamedTuple


class Script(NamedTuple):
    """What goes on a sheet in these letters when subject, salutation, close and name are on it."""

    letters: re.Pattern[str]
    in_a_line: int  # of A4, the narrower
    a4: float  # lines
    us_letter: float


LATIN = Script(re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"), 77, a4=20, us_letter=17)
SCRIPTS = [
    LATIN,  # static/js/fit.js has the same numbers
    Script(re.compile("[\u0370-\u052f]"), 67, a4=20, us_letter=17),  # Greek, Cyrillic
    Script(re.compile("[\u0590-\u08ff]"), 86, a4=13, us_letter=11),  # Arabic
    Script(re.compile("[\u1000-\u109f]"), 81, a4=16.7, us_letter=14.7),  # Burmese
    Script(re.compile("[\u1780-\u17ff]"), 101, a4=16.7, us_letter=14.7),  # Khmer
]
BREAK = 0.42  # the space between two paragraphs, in lines


def fits_one_page(text: str, paper: str = "a4") -> bool:
    """Whether a letter's body does; `paper` is "a4" or "letter"."""
    script = max(SCRIPTS, key=lambda script: len(script.letters.findall(text)))
    paragraphs = re.split(r"\n\s*\n", text.strip())
    lines = sum(
        max(1, -(-len(line.strip()) // script.in_a_line))
        for paragraph in paragraphs
        for line in paragraph.split("\n")
    )
    room = script.us_letter if paper == "letter" else script.a4
    return lines + BREAK * (len(paragraphs) - 1) <= room
