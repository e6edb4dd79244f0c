"""Sums broken down so far that nobody is found in them: DESIGN.md §6, rule 7.

No number under five is broken down. A part that is smaller goes into the rest; so does the next
smallest, as long as the rest would still tell what is in it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import NamedTuple

FEWEST = 5  # actions that may be shown by themselves


class Breakdown(NamedTuple):
    parts: dict[Hashable, int]  # the largest first, each at least FEWEST
    rest: int  # the sum of all others


class Group(NamedTuple):
    name: Hashable | None  # None: all groups that are in the rest
    number: int
    within: Breakdown


def broken_down(numbers: Mapping[Hashable, int]) -> Breakdown:
    """The parts that may be shown, and the sum of all others.

    The rest is nothing, or two parts or more that are together no fewer than FEWEST: so none of
    them can be worked out from the sum. (A sum below FEWEST is all rest.)
    """
    left = sorted((item for item in numbers.items() if item[1]), key=lambda item: item[1])
    hidden: list[int] = []
    while left and (left[0][1] < FEWEST or (hidden and not _hides(hidden))):
        hidden.append(left.pop(0)[1])
    return Breakdown(dict(reversed(left)), sum(hidden))


def broken_down_twice(numbers: Mapping[Hashable, Mapping[Hashable, int]]) -> list[Group]:
    """Groups with their parts; what is hidden of the one can't be worked out from the other.

    Groups that are in the rest are one group, and their parts are broken down together.
    """
    sums = broken_down({name: sum(parts.values()) for name, parts in numbers.items()})
    groups = [
        Group(name, number, broken_down(numbers[name])) for name, number in sums.parts.items()
    ]
    if sums.rest:
        in_rest = [parts for name, parts in numbers.items() if name not in sums.parts]
        pooled = {key: number for parts in in_rest for key, number in parts.items()}
        groups.append(Group(None, sums.rest, broken_down(pooled)))
    return groups


def _hides(hidden: list[int]) -> bool:
    return len(hidden) >= 2 and sum(hidden) >= FEWEST
