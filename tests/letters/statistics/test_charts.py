import datetime
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.statistics import charts

numbers = st.integers(0, 10**9)
days = st.dictionaries(
    st.dates(datetime.date(2025, 1, 1), datetime.date(2026, 12, 31)),
    st.integers(1, 10**7),
    min_size=1,
    max_size=40,
)


def share(percent: str) -> float:
    assert percent.endswith("%")
    return float(percent[:-1])


def test_the_longest_bar_fills_the_width():
    drawn = charts.bars([(50, 0), (100, 100), (0, 0)])

    assert [(bar.solid, bar.hatched, bar.hatched_x) for bar in drawn.bars] == [
        ("25%", "0%", "25%"),
        ("50%", "50%", "50%"),
        ("0%", "0%", "0%"),
    ]


def test_bars_of_nothing_but_zeros_have_no_width():
    assert [bar.solid for bar in charts.bars([(0, 0)]).bars] == ["0%"]
    assert charts.bars([]).height == 0


@given(st.lists(st.tuples(numbers, numbers), max_size=30))
def test_bars_stay_inside_and_in_proportion(lines):
    drawn = charts.bars(lines)
    longest = max((sum(line) for line in lines), default=0)

    for bar, (solid, hatched) in zip(drawn.bars, lines, strict=True):
        assert share(bar.hatched_x) + share(bar.hatched) <= 100.01
        assert bar.y + drawn.bar_height <= drawn.height
        if longest:
            assert share(bar.solid) == pytest.approx(100 * solid / longest, abs=0.01)
            assert share(bar.hatched) == pytest.approx(100 * hatched / longest, abs=0.01)


def test_columns_stand_on_their_days():
    first, last = datetime.date(2025, 12, 8), datetime.date(2025, 12, 11)
    marked = [datetime.date(2025, 12, 10), datetime.date(2026, 12, 10)]

    drawn = charts.columns({first: 10, last: 5}, marked)

    assert drawn.width == "20%"
    assert [column.x for column in drawn.columns] == ["2.5%", "77.5%"]
    assert [column.height for column in drawn.columns] == ["180.0", "90.0"]
    assert [(mark.day.year, mark.x, mark.anchor) for mark in drawn.marks] == [
        (2025, "62.5%", "middle")
    ]
    assert [mark.day for mark in drawn.ends] == [first, last]


def test_one_day_alone_is_named_once():
    drawn = charts.columns({datetime.date(2025, 12, 10): 7})

    assert [mark.x for mark in drawn.ends] == ["0%"]
    assert [line.number for line in drawn.grid] == [10, 5]


@given(days)
def test_columns_stay_inside_and_do_not_overlap(numbers):
    drawn = charts.columns(numbers)
    width = share(drawn.width)
    places = [share(column.x) for column in drawn.columns]

    assert places[0] >= 0
    assert places[-1] + width <= 100.02
    assert all(b - a >= width - 0.02 for a, b in itertools.pairwise(places))
    for column in drawn.columns:
        assert float(column.y) >= drawn.top
        assert float(column.y) + float(column.height) == pytest.approx(drawn.bottom, abs=0.2)


@given(st.integers(0, 10**9))
def test_the_grid_ends_at_a_round_number_that_is_not_far(number):
    top = charts.round_above(number)

    assert top >= number
    assert str(top).rstrip("0") in {"1", "2", "3", "4", "6", "8"}
    assert top == 10 or top <= 2 * number


def test_shades_go_by_powers_of_ten():
    scale = charts.shades([7, 31, 2400], fewest=5)

    assert [(shade.depth, shade.at_least, shade.at_most) for shade in scale] == [
        (4, 1000, None),
        (3, 100, 999),
        (2, 10, 99),
        (1, 5, 9),
    ]
    assert [charts.depth(number, scale) for number in [7, 31, 2400]] == [1, 2, 4]


@given(st.lists(st.integers(5, 10**9), min_size=1, max_size=20))
def test_every_number_has_one_shade(numbers):
    scale = charts.shades(numbers, fewest=5)

    assert len(scale) <= charts.SHADES
    assert scale[-1].at_least == 5
    assert charts.depth(max(numbers), scale) == charts.SHADES
    for number in numbers:
        fitting = [
            shade
            for shade in scale
            if shade.at_least <= number <= (number if shade.at_most is None else shade.at_most)
        ]
        assert [shade.depth for shade in fitting] == [charts.depth(number, scale)]
