"""Where the marks of a chart stand: from numbers to plain shapes that templates draw as SVG.

What goes along is in percent of the drawing and what goes up in CSS pixels, both as text for an
attribute: a chart fills the width it is given, and its words keep their size.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

DAY = datetime.timedelta(days=1)

# A line of a bar chart: its words, and the bar under them.
LINE = 42
WORDS = 16
BAR_TOP = 22
BAR_HEIGHT = 12


@dataclass(frozen=True)
class Bar:
    words_y: int
    y: int
    solid: str  # how wide
    hatched: str
    hatched_x: str  # it goes on where the solid part ends


@dataclass(frozen=True)
class Bars:
    """Bars from the start to the end, one a line; the longest fills the width."""

    height: int
    bar_height: int
    bars: list[Bar]


def bars(numbers: Iterable[tuple[int, int]]) -> Bars:
    """Each line has a solid and a hatched number, one after the other."""
    numbers = list(numbers)
    longest = max((solid + hatched for solid, hatched in numbers), default=0) or 1
    return Bars(
        height=LINE * len(numbers),
        bar_height=BAR_HEIGHT,
        bars=[
            Bar(
                words_y=LINE * line + WORDS,
                y=LINE * line + BAR_TOP,
                solid=percent(solid / longest),
                hatched=percent(hatched / longest),
                hatched_x=percent(solid / longest),
            )
            for line, (solid, hatched) in enumerate(numbers)
        ],
    )


# A chart over time: room for words above and below the columns.
PLOT_TOP = 44
PLOT_HEIGHT = 180
COLUMNS_HEIGHT = PLOT_TOP + PLOT_HEIGHT + 28
GAP = 0.2  # of a column's width


@dataclass(frozen=True)
class Column:
    x: str
    y: str
    height: str


@dataclass(frozen=True)
class Mark:
    """A day that the chart names; `anchor` keeps its words inside."""

    day: datetime.date
    x: str
    anchor: str


@dataclass(frozen=True)
class GridLine:
    number: int
    y: str


@dataclass(frozen=True)
class Columns:
    """Days side by side from the first to the last, those without a number left empty."""

    height: int
    top: int
    bottom: int
    width: str
    columns: list[Column]
    grid: list[GridLine]
    ends: list[Mark]
    marks: list[Mark]


def columns(numbers: Mapping[datetime.date, int], marked: Iterable[datetime.date] = ()) -> Columns:
    """A column a day; days that are marked are looked for from the first to the last."""
    first, last = min(numbers), max(numbers)
    days = (last - first).days + 1
    top = round_above(max(numbers.values()))
    ends = [Mark(first, "0%", "start")]
    if days > 1:
        ends.append(Mark(last, "100%", "end"))

    def along(day: datetime.date, within: float) -> float:
        return ((day - first).days + within) / days

    return Columns(
        height=COLUMNS_HEIGHT,
        top=PLOT_TOP,
        bottom=PLOT_TOP + PLOT_HEIGHT,
        width=percent((1 - GAP) / days),
        columns=[
            Column(percent(along(day, GAP / 2)), _up(number, top), _pixels(number, top))
            for day, number in sorted(numbers.items())
        ],
        grid=[GridLine(number, _up(number, top)) for number in (top, top // 2) if number],
        ends=ends,
        marks=[
            Mark(day, percent(along(day, 0.5)), _anchor(along(day, 0.5)))
            for day in marked
            if first <= day <= last
        ],
    )


def round_above(number: int) -> int:
    """A round number that is not below it, and half of which is a whole one."""
    power = 10 ** max(1, len(str(number)) - 1)
    return next(power * digit for digit in (1, 2, 3, 4, 6, 8, 10) if power * digit >= number)


def _up(number: int, top: int) -> str:
    return f"{PLOT_TOP + PLOT_HEIGHT * (1 - number / top):.1f}"


def _pixels(number: int, top: int) -> str:
    return f"{PLOT_HEIGHT * number / top:.1f}"


def _anchor(along: float) -> str:
    return "start" if along < 0.2 else "end" if along > 0.8 else "middle"


def percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


SHADES = 4


@dataclass(frozen=True)
class Shade:
    """The numbers that have one shade on the map; the deepest has no end."""

    depth: int
    at_least: int
    at_most: int | None


def shades(numbers: Iterable[int], *, fewest: int) -> list[Shade]:
    """A shade for each power of ten, the deepest first; what is below the last joins it."""
    power = 10 ** (len(str(max(numbers, default=0))) - 1)
    starts = sorted({max(power // 10**step, fewest) for step in range(SHADES)}, reverse=True)
    starts[-1] = fewest
    ends = [None, *(start - 1 for start in starts[:-1])]
    return [
        Shade(SHADES - step, start, end)
        for step, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def depth(number: int, scale: list[Shade]) -> int:
    """How deep the shade of a number is."""
    return next(shade.depth for shade in scale if number >= shade.at_least)
