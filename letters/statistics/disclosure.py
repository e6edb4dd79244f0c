"""What the public may be told of a number: docs/safety.md G and 19.

A public number never tells of one action. Live is only how many there are for a case, of all kinds
together. Everything that is broken down (by kind, country, region, day, source) is published once
a day, without parts under five, and in fives: so whatever is subtracted from whatever, on one page
or on two days, is nothing or five and more. letters/statistics/published.py does it.
"""

from collections.abc import Hashable, Mapping
from typing import Generic, NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)

SMALLEST_SHOWN = 5  # actions that may be shown by themselves


def in_steps(number: int, shown: int = 0) -> int:
    """The number as it is published, rounded down to a multiple of SMALLEST_SHOWN.

    `shown` is what was published before: it stays until the number is a whole step away from it, so
    that a single action that comes and goes does not show as five.
    """
    if abs(number - shown) < SMALLEST_SHOWN:
        return shown
    return number - number % SMALLEST_SHOWN


class Breakdown(NamedTuple, Generic[Key]):
    parts: dict[Key, int]  # the largest first, each at least SMALLEST_SHOWN
    suppressed: int  # the sum of all others


class Group(NamedTuple):
    name: str | None  # None: all groups that are suppressed
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


def suppress_in_groups(numbers: Mapping[str, Mapping[str, int]]) -> list[Group]:
    """Groups with their parts; what is hidden of the one can't be worked out from the other.

    Groups that are suppressed are one group, and their parts are broken down together.
    """
    sums = suppress_small_cells({name: sum(parts.values()) for name, parts in numbers.items()})
    groups = [
        Group(name, number, suppress_small_cells(numbers[name]))
        for name, number in sums.parts.items()
    ]
    if sums.suppressed:
        in_rest = [parts for name, parts in numbers.items() if name not in sums.parts]
        pooled = {key: number for parts in in_rest for key, number in parts.items()}
        groups.append(Group(None, sums.suppressed, suppress_small_cells(pooled)))
    return groups


def _hides(hidden: list[int]) -> bool:
    return len(hidden) >= 2 and sum(hidden) >= SMALLEST_SHOWN
