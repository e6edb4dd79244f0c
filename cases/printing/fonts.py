"""The faces for print, and which characters they have.

Typst says nothing of a character that no face has: it prints an empty box, and refuses to make an
accessible PDF. So it is known here beforehand: `missing` and `in_words` tell writers and staff,
`printable` puts a box that we do have in its place. All that is set in type goes through here.
"""

import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

from cases.countries import language_name
from cases.typed_text import plain

FONTS = Path(__file__).resolve().parents[2] / "templates" / "print" / "fonts"

BOX = "□"  # stands where a character can't be printed

# Never seen, but needed: they join and part letters, allow a break, and keep directions apart.
JOINERS = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060")

# Languages that are written in a script, by the first word of its characters' Unicode names: those
# of more people first. Of scripts that our faces have there is no need to speak.
LANGUAGES = {
    "ARMENIAN": ["hy"],
    "BENGALI": ["bn"],
    "CJK": ["zh", "ja"],
    "DEVANAGARI": ["hi", "ne"],
    "ETHIOPIC": ["am", "ti"],
    "GEORGIAN": ["ka"],
    "GUJARATI": ["gu"],
    "GURMUKHI": ["pa"],
    "HANGUL": ["ko"],
    "HEBREW": ["he"],
    "HIRAGANA": ["ja"],
    "KANNADA": ["kn"],
    "KATAKANA": ["ja"],
    "LAO": ["lo"],
    "MALAYALAM": ["ml"],
    "ORIYA": ["or"],
    "SINHALA": ["si"],
    "SYRIAC": ["syr"],
    "TAMIL": ["ta"],
    "TELUGU": ["te"],
    "THAANA": ["dv"],
    "THAI": ["th"],
    "TIBETAN": ["bo"],
    "TIFINAGH": ["zgh"],
}
MAX_NAMED = 12  # of one script: more of them say nothing new

# A run without a space that is longer than a line would leave the sheet, so it may break here.
# Latin only: Khmer and Burmese are written without spaces and broken between words.
TOO_LONG = re.compile(r"[!-~\u00a1-\u024f]{40}(?=[!-~\u00a1-\u024f])")


@cache
def characters() -> frozenset[str]:
    """Every character that at least one of the faces can show."""
    return frozenset(
        chr(code) for path in FONTS.glob("*.ttf") for code in _character_map(path.read_bytes())
    )


def missing(text: str) -> list[str]:
    """The characters of a text that will stand as a box on paper, each once, in their order."""
    each = dict.fromkeys(plain(text))
    shown = (character for character in _clean(each) if not character.isspace())
    return list(dict.fromkeys(character for character in shown if not _can_stand(character)))


def in_words(lacking: Iterable[str]) -> str:
    """What `missing` found, with its languages, for a sentence: “ש ר ה (Hebrew)”."""
    by_languages: dict[str, list[str]] = {}
    for character in lacking:
        script = unicodedata.name(character, "").partition(" ")[0]
        codes = LANGUAGES.get(script, [])
        names = ", ".join(language_name(code, get_language() or "en") for code in codes)
        by_languages.setdefault(names, []).append(character)
    return ", ".join(
        " ".join(
            [
                *characters[:MAX_NAMED],
                *(["…"] if characters[MAX_NAMED:] else []),
            ]
        )
        + (f" ({names})" if names else "")
        for names, characters in by_languages.items()
    )


def printable(text: str) -> str:
    """The text as it can be printed: nothing invisible that misleads, a box for what is missing."""
    shown = "".join(
        character if character.isspace() or _can_stand(character) else BOX
        for character in _clean(plain(text))
    )
    return TOO_LONG.sub("\\g<0>\u200b", shown)


def _can_stand(character: str) -> bool:
    return character in characters() or character in JOINERS


def _clean(characters_typed: Iterable[str]) -> Iterator[str]:
    """Plain spaces; no controls, no overridden directions. It looks at one after the other."""
    for character in characters_typed:
        if character == "\t":
            yield " "
            continue
        if character == "\n" or character in JOINERS:
            yield character
            continue
        match unicodedata.category(character):
            case "Cc" | "Cf" | "Cs":
                continue
            case "Mn" | "Me" if character not in characters():
                continue  # a mark of a character that is a box already
            case "Co" | "Cn":
                yield "\ufffd"  # a face may have it, but nobody knows as what
            case "Zs" if character not in characters():
                yield " "
            case _:
                yield character


def _character_map(font: bytes) -> Iterator[int]:
    """The characters in a TrueType file's `cmap`, from its tables of format 4 and 12."""
    (tables,) = struct.unpack_from(">H", font, 4)
    records = (struct.unpack_from(">4sLLL", font, 12 + 16 * index) for index in range(tables))
    start = next(offset for tag, _sum, offset, _length in records if tag == b"cmap")
    (subtables,) = struct.unpack_from(">H", font, start + 2)
    for index in range(subtables):
        _platform, _encoding, offset = struct.unpack_from(">HHL", font, start + 4 + 8 * index)
        (form,) = struct.unpack_from(">H", font, start + offset)
        if form == 4:
            yield from _segments(font, start + offset)
        elif form == 12:
            yield from _groups(font, start + offset)


def _segments(font: bytes, at: int) -> Iterator[int]:
    (twice,) = struct.unpack_from(">H", font, at + 6)
    count = twice // 2

    def column(number: int, kind: str = "H") -> tuple[int, ...]:
        padding = 2 if number else 0  # one unused number after the first column
        return struct.unpack_from(f">{count}{kind}", font, at + 14 + number * twice + padding)

    ends, starts, deltas, offsets = column(0), column(1), column(2, "h"), column(3)
    for index, (first, last) in enumerate(zip(starts, ends, strict=True)):
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code
            if offsets[index]:
                place = at + 16 + 3 * twice + 2 * index + offsets[index] + 2 * (code - first)
                (glyph,) = struct.unpack_from(">H", font, place)
                if not glyph:
                    continue
            if (glyph + deltas[index]) & 0xFFFF:
                yield code


def _groups(font: bytes, at: int) -> Iterator[int]:
    (count,) = struct.unpack_from(">L", font, at + 12)
    for index in range(count):
        first, last, glyph = struct.unpack_from(">LLL", font, at + 16 + 12 * index)
        yield from range(first if glyph else first + 1, last + 1)
