"""Pages of a list that stay what they are while rows are added: a cursor names the row before them.

What orders the rows, made of numbers, is what a cursor holds. It is signed, so that nobody can
make up addresses for the page cache to keep.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from django.core.signing import BadSignature, Signer

ROWS_A_PAGE = 50

Position = tuple[int, ...]  # its last number is the key of the row, as it is or negative


class NoSuchPage(Exception):
    pass


class Page(NamedTuple):
    keys: list[int]
    number: int  # of rows in the whole list
    pages: int
    next: str | None  # a cursor; None at the end
    previous: str | None  # a cursor, empty for the first page; None there


def page_of(name: str, found: Iterable[Position], *, cursor: str | None, page: int | None) -> Page:
    """The page with this number, counted from the row of the cursor or from the start."""
    positions = sorted(found)
    start = bisect_right(positions, _read(name, cursor)) if cursor else 0
    if page and page > 1:
        start += (page - 1) * ROWS_A_PAGE
        if start >= len(positions):
            raise NoSuchPage
    end = start + ROWS_A_PAGE
    return Page(
        keys=[abs(position[-1]) for position in positions[start:end]],
        number=len(positions),
        pages=max(1, math.ceil(len(positions) / ROWS_A_PAGE)),
        next=_cursor(name, positions[end - 1]) if end < len(positions) else None,
        previous=_previous(name, positions, start),
    )


def _previous(name: str, positions: list[Position], start: int) -> str | None:
    if start == 0:
        return None
    before = start - ROWS_A_PAGE
    return _cursor(name, positions[before - 1]) if before > 0 else ""


def _signer(name: str) -> Signer:
    return Signer(salt=f"API cursor of {name}", sep=".")


def _cursor(name: str, position: Position) -> str:
    return _signer(name).sign_object(position)


def _read(name: str, cursor: str) -> Position:
    try:
        return tuple(_signer(name).unsign_object(cursor))
    except BadSignature:
        raise NoSuchPage from None
