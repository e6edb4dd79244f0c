"""The faces for print, and which letters they have.

Typst says nothing of a letter that no face has: it prints an empty box, and refuses to make an
accessible PDF. So it is known here beforehand: `missing` tells a writer, `printable` puts a box
that we do have in its place.
"""

import re
import struct
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FONTS = Path(__file__).resolve().parent.parent / "templates" / "print" / "fonts"

BOX = "□"  # stands where a letter can't be printed

# Never seen, but needed: they join and part letters, allow a break, and keep directions apart.
JOINERS = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2067\u2068\u2069\ufeff")

# A run without a space that is longer than a line would leave the sheet, so it may break here.
# Latin only: Khmer and Burmese are written without spaces and broken between words.
TOO_LONG = re.compile(r"[!-~\u00a1-\u024f]{40}(?=[!-~\u00a1-\u024f])")


@cache
def letters() -> frozenset[str]:
    """Every character that at least one of the faces can show."""
    return frozenset(
        chr(code) for path in FONTS.glob("*.ttf") for code in _character_map(path.read_bytes())
    )


def missing(text: str) -> list[str]:
    """The letters of a text that will stand as a box on paper, each once, in their order."""
    shown = (letter for letter in _clean(text) if not letter.isspace())
    return list(dict.fromkeys(letter for letter in shown if not _can_stand(letter)))


def printable(text: str) -> str:
    """The text as it can be printed: nothing invisible that misleads, a box for what is missing."""
    shown = "".join(
        letter if letter.isspace() or _can_stand(letter) else BOX for letter in _clean(text)
    )
    return TOO_LONG.sub("\\g<0>\u200b", shown)


def _can_stand(letter: str) -> bool:
    return letter in letters() or letter in JOINERS


def _clean(text: str) -> Iterator[str]:
    """Composed letters, plain line ends and spaces; no controls, no overridden directions."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub("\r\n?|[\u0085\u2028\u2029\v\f]", "\n", text).replace("\t", " ")
    for letter in text:
        if letter == "\n" or letter in JOINERS:
            yield letter
            continue
        match unicodedata.category(letter):
            case "Cc" | "Cf" | "Cs":
                continue
            case "Mn" | "Me" if letter not in letters():
                continue  # a mark of a letter that is a box already
            case "Co" | "Cn":
                yield "\ufffd"  # a face may have it, but nobody knows as what
            case "Zs" if letter not in letters():
                yield " "
            case _:
                yield letter


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
