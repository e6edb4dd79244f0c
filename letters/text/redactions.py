"""What staff leave out of a letter: a layer over its words, which stay as they are.

Whatever we print, show to readers or export has the mark where something is left out. The writer's
own page and PDF have all of their words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from django.db.models import prefetch_related_objects

from letters.models import READ_STATES, WITH_US, Letter, LetterState, RedactedField, Redaction
from letters.text.checks import Piece

MARK = "[…]"
# It is with us, or was: see letters.delivery.redactions for when staff may leave something out.
REDACTED_STATES = [*WITH_US, *READ_STATES, LetterState.REJECTED]

Place = tuple[int, int]


class RedactedTexts(NamedTuple):
    """What we print or show of a letter."""

    subject: str
    body: str


class LeftOut(NamedTuple):
    """Words that are left out, and why."""

    redaction: Redaction
    words: str

    @property
    def reason(self) -> str:
        return self.redaction.get_reason_display()


def redacted(letter: Letter) -> RedactedTexts:
    """Its subject and body with a mark for each place that is left out.

    A list of letters asks for their `redactions` together, with prefetch_related.
    """
    return RedactedTexts(*(text_of(letter, field) for field in RedactedTexts._fields))


def text_of(letter: Letter, field: str) -> str:
    """The same of one of the two."""
    return without(getattr(letter, field), places_in(letter, field))


def without(text: str, places: Iterable[Place]) -> str:
    """The text with a mark instead of each place."""
    kept, at = [], 0
    for start, end in merged(places):
        kept += [text[at:start], MARK]
        at = end
    return "".join([*kept, text[at:]])


def places_in(letter: Letter, field: str) -> list[Place]:
    """What is left out of its subject or body, in order, none touching another."""
    return merged((one.start, one.end) for one in in_force(letter) if one.field == field)


def load(letter: Letter) -> None:
    """Ask for them once, for a page that shows them in several places."""
    if letter.state in REDACTED_STATES:
        prefetch_related_objects([letter], "redactions")


def in_force(letter: Letter) -> list[Redaction]:
    """Not while its writer may still send it another way: then nothing is left out of it. If they
    hand the same words to us again, it is."""
    return list(letter.redactions.all()) if letter.state in REDACTED_STATES else []


def merged(places: Iterable[Place]) -> list[Place]:
    found: list[Place] = []
    for start, end in sorted(places):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def left_out(letter: Letter) -> list[LeftOut]:
    """For its writer and for staff: each place with its words and its reason."""
    return [
        LeftOut(one, getattr(letter, one.field)[one.start : one.end]) for one in in_force(letter)
    ]


def places_of(text: str, words: str) -> list[Place]:
    """Where the words stand in a text, however its lines are broken."""
    terms = words.split()
    if not terms:
        return []
    pattern = r"\s+".join(map(re.escape, terms))
    return [match.span() for match in re.finditer(pattern, text)]


def places_in_letter(letter: Letter, words: str) -> list[tuple[str, int, int]]:
    """The same for the whole letter: the subject comes first."""
    return [
        (field, start, end)
        for field in RedactedTexts._fields
        for start, end in places_of(getattr(letter, field), words)
    ]


def leaves_nothing(letter: Letter, places: Iterable[tuple[str, int, int]]) -> bool:
    """Whether no word of its body would be left."""
    body = RedactedField.BODY
    new = [(start, end) for field, start, end in places if field == body]
    text = without(letter.body, [*places_in(letter, body), *new])
    return not re.search(r"\w", text.replace(MARK, ""))


def pieces_without(pieces: Iterable[Piece], places: Iterable[Place]) -> list[Piece]:
    """The pieces of a text, cut where something is left out, which is said of each."""
    cuts = merged(places)
    found, at = [], 0
    for piece in pieces:
        begins, ends = at, at + len(piece.text)
        edges = {begins, ends, *(edge for cut in cuts for edge in cut if begins < edge < ends)}
        steps = sorted(edges)
        for start, end in pairwise(steps):
            is_out = any(cut[0] <= start and end <= cut[1] for cut in cuts)
            found.append(Piece(piece.text[start - begins : end - begins], piece.marked, is_out))
        at = ends
    return found
