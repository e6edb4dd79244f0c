"""What the public may be told of a number: docs/safety.md G and 19.

A public number never tells of fewer than five. Live is only how many there are for a case, of all
kinds together. Everything that is broken down (by kind, country, region, day, source) is published
once a day, in fives. letters/statistics/published.py does it.

Two ways to leave out what is small. In what is published, a part has a number of its own from
SMALLEST_PART on, and smaller ones are counted with the largest (`absorb_small_cells`): no other
part loses its number. It is twice five because a part that appears or vanishes beside the exact
live total tells its number to whoever looks every day: nine or ten, and not four or five. Where
numbers must be exact, as on the cover of a hand-in, what is under five takes other parts with it
(`suppress_small_cells`).
"""

from collections.abc import Hashable, Mapping
from typing import Generic, NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)

SMALLEST_SHOWN = 5  # actions that may be shown by themselves
SMALLEST_PART = 2 * SMALLEST_SHOWN  # the same where numbers of each day stand beside a live total


def in_steps(number: int, shown: int = 0) -> int:
    """The number as it is published: a multiple of SMALLEST_SHOWN, never more than there are.

    `shown` is what was published before. It falls as soon as it is too many, and rises only when
    there are nearly two steps more: a single action that goes and comes again shows once at most.
    """
    if shown and shown <= number < shown + 2 * SMALLEST_SHOWN - 1:
        return shown
    return number - number % SMALLEST_SHOWN


class Breakdown(NamedTuple, Generic[Key]):
    parts: dict[Key, int]  # the largest first
    suppressed: int  # the sum of all others


class Group(NamedTuple):
    name: str | None  # None: all groups without a name
    number: int
    within: Breakdown[str]


def suppress_small_cells(numbers: Mapping[Key, int]) -> Breakdown[Key]:
    """The parts that may be shown, and the sum of all others.

    The sum is nothing, or two parts or more that are together no fewer than SMALLEST_SHOWN: so
    none of them can be worked out from the sum. (A sum below SMALLEST_SHOWN is suppressed whole.)
    """
    left = sorted((item for item in numbers.items() if item[1]), key=lambda item: item[1])
    hidden: list[int] = []
    while left and (left[0][1] < SMALLEST_SHOWN or (hidden and not _hides(hidden))):
        hidden.append(left.pop(0)[1])
    return Breakdown(dict(reversed(left)), sum(hidden))


def absorb_small_cells(numbers: Mapping[Key, int]) -> Breakdown[Key]:
    """The parts that may be shown, each with a number of its own, and the sum of all others.

    Where all others are fewer than SMALLEST_PART, their sum is nothing and they are counted with
    the largest part. What is shown is then the same as if they had been actions of that part: so
    nobody can tell whether there are any. (If there is no such part, nothing may be shown.)
    """
    small = {key: number for key, number in numbers.items() if 0 < number < SMALLEST_PART}
    parts = {key: number for key, number in numbers.items() if number >= SMALLEST_PART}
    others = sum(small.values())
    if parts and others < SMALLEST_PART:
        parts[max(parts, key=parts.__getitem__)] += others
        others = 0
    in_order = sorted(parts.items(), key=lambda item: -item[1])
    return Breakdown(dict(in_order), others)


def absorb_small_groups(numbers: Mapping[str, Mapping[str, int]]) -> list[Group]:
    """Groups with their parts; what is too few of the one can't be worked out from the other.

    Groups that are too small are one group without a name; where they are fewer than SMALLEST_PART
    together, their parts are among those of the largest group.
    """
    sums = {name: sum(parts.values()) for name, parts in numbers.items()}
    small = [name for name, number in sums.items() if 0 < number < SMALLEST_PART]
    large = [name for name, number in sums.items() if number >= SMALLEST_PART]
    others = {key: number for name in small for key, number in numbers[name].items()}
    within = {name: dict(numbers[name]) for name in large}
    if large and sum(others.values()) < SMALLEST_PART:
        within[max(large, key=sums.__getitem__)].update(others)
        others = {}
    groups = [
        Group(name, sum(parts.values()), absorb_small_cells(parts))
        for name, parts in within.items()
    ]
    groups.sort(key=lambda group: -group.number)
    if others:
        groups.append(Group(None, sum(others.values()), absorb_small_cells(others)))
    return groups


def _hides(hidden: list[int]) -> bool:
    return len(hidden) >= 2 and sum(hidden) >= SMALLEST_SHOWN
