"""What the values in an answer of the API look like, in the words of JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
NUMBER: Shape = {"type": "integer"}
COUNT: Shape = {"type": "integer", "minimum": 0}
YES_OR_NO: Shape = {"type": "boolean"}
URL: Shape = {"type": "string", "format": "uri"}
DAY: Shape = {"type": "string", "format": "date"}
MOMENT: Shape = {"type": "string", "format": "date-time"}
# 2025, 2025-02 or 2025-02-28, as finely as it is known; empty if it is not.
PARTIAL_DATE: Shape = {"type": "string", "pattern": r"^([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?$"}
COUNTRY: Shape = {"type": "string", "pattern": "^[A-Z]{2}$"}
SLUG: Shape = {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}


def one_of(codes: Iterable[str]) -> Shape:
    return {"type": "string", "enum": list(codes)}


def or_null(shape: Shape) -> Shape:
    return {"anyOf": [shape, {"type": "null"}]}


def list_of(shape: Shape) -> Shape:
    return {"type": "array", "items": shape}


def record(**shapes: Shape) -> Shape:
    """All of these are always there; others may be added one day."""
    return {"type": "object", "properties": shapes, "required": list(shapes)}


PICTURE = record(url=URL, alt=TEXT, credit=TEXT, licence=TEXT)
COUNTS = record(all=COUNT, letters=COUNT, messages=COUNT, signatures=COUNT, posts=COUNT)
PETITION = record(
    title=TEXT, text=TEXT, goal=or_null(COUNT), closes_on=or_null(DAY), takes_signatures=YES_OR_NO
)
TARGET = record(name=TEXT, office=TEXT)
OPEN_TARGET = record(
    key=TEXT,
    name=TEXT,
    office=TEXT,
    as_of=PARTIAL_DATE,
    asked=TEXT,
    write_until=or_null(DAY),
    takes_letters=YES_OR_NO,
)
WAYS = record(post=YES_OR_NO, email=YES_OR_NO, deliver=YES_OR_NO, embassies=list_of(COUNTRY))
QUOTE = record(text=TEXT, speaker=TEXT, source=TEXT)
MILESTONE = record(date=PARTIAL_DATE, text=TEXT, source=TEXT)
SOURCE = record(url=TEXT, supports=TEXT)
# A row of a figure: what is together in one has no code.
ROW = record(code=or_null(TEXT), label=TEXT, actions=COUNT)
HANDED_IN = record(letters=COUNT, signatures=COUNT, last_on=or_null(DAY))
REPLIES = record(officials=COUNT, people=COUNT)
YEAR = record(
    year=NUMBER,
    actions=or_null(COUNT),
    qualifier=TEXT,
    countries=or_null(COUNT),
    countries_qualifier=TEXT,
    countries_note=TEXT,
    note=TEXT,
    source=TEXT,
)
