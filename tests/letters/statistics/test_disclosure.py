"""That nobody can be found in a sum that is broken down."""

from hypothesis import example, given
from hypothesis import strategies as st

from letters.statistics.disclosure import SMALLEST_SHOWN, suppress_in_groups, suppress_small_cells

parts = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.integers(0, 12))
groups = st.dictionaries(
    st.integers(0, 5), st.dictionaries(st.integers(0, 99), st.integers(0, 12), max_size=6)
)


def distinct(numbers: dict) -> dict:
    """The same groups; no two have a part of the same name, as no country is in two regions."""
    return {
        name: {(name, key): number for key, number in parts.items()}
        for name, parts in numbers.items()
    }


def test_large_parts_are_shown_the_largest_first():
    assert suppress_small_cells({"NO": 5, "FI": 80}) == ({"FI": 80, "NO": 5}, 0)


def test_small_parts_are_together_in_the_rest():
    assert suppress_small_cells({"FI": 80, "NO": 4, "SE": 2}) == ({"FI": 80}, 6)


def test_one_small_part_takes_the_next_smallest_with_it():
    assert suppress_small_cells({"FI": 80, "NO": 7, "SE": 4}) == ({"FI": 80}, 11)


def test_small_parts_that_are_few_together_take_the_next_smallest_with_them():
    assert suppress_small_cells({"FI": 80, "NO": 7, "SE": 2, "DK": 1}) == ({"FI": 80}, 10)


def test_what_is_few_in_all_is_not_suppress_small_cells():
    assert suppress_small_cells({"FI": 2, "NO": 2}) == ({}, 4)


def test_nothing_is_suppress_small_cells_into_nothing():
    assert suppress_small_cells({}) == ({}, 0)
    assert suppress_small_cells({"NO": 0}) == ({}, 0)


@given(parts)
@example({"a": 4, "b": 5})
@example({"a": 1, "b": 1, "c": 5})
def test_no_small_part_is_shown_or_can_be_worked_out(numbers):
    shown, suppressed = suppress_small_cells(numbers)
    hidden = [number for key, number in numbers.items() if number and key not in shown]

    assert all(number >= SMALLEST_SHOWN and numbers[key] == number for key, number in shown.items())
    assert sum(shown.values()) + suppressed == sum(numbers.values())
    assert suppressed == sum(hidden)
    if shown and hidden:
        assert len(hidden) >= 2
        assert suppressed >= SMALLEST_SHOWN


@given(parts)
def test_no_more_is_hidden_than_needed(numbers):
    shown, _rest = suppress_small_cells(numbers)
    hidden = sorted(number for key, number in numbers.items() if number and key not in shown)
    small = [number for number in hidden if number < SMALLEST_SHOWN]

    assert not hidden or small
    if len(small) >= 2 and sum(small) >= SMALLEST_SHOWN:
        assert hidden == small
    assert all(number <= min(shown.values(), default=number) for number in hidden)


def test_groups_are_suppress_small_cells_each_by_itself():
    found = suppress_in_groups({"africa": {"KE": 20, "TZ": 3, "UG": 3}, "asia": {"NP": 9}})

    assert found == [("africa", 26, ({"KE": 20}, 6)), ("asia", 9, ({"NP": 9}, 0))]


def test_small_groups_are_suppress_small_cells_together():
    found = suppress_in_groups(
        {"africa": {"KE": 3}, "asia": {"NP": 12, "LK": 8}, "europe": {"NO": 90}}
    )

    # Nepal may be shown; were Sri Lanka too, Kenya's 3 would be what is left.
    assert found == [("europe", 90, ({"NO": 90}, 0)), (None, 23, ({"NP": 12}, 11))]


@given(groups.map(distinct))
def test_no_small_group_or_part_can_be_worked_out_from_both_together(numbers):
    sums = {name: sum(parts.values()) for name, parts in numbers.items()}
    parts = {key: number for inner in numbers.values() for key, number in inner.items() if number}
    found = suppress_in_groups(numbers)

    assert sum(group.number for group in found) == sum(sums.values())
    for group in found:
        shown, suppressed = group.within
        assert sum(shown.values()) + suppressed == group.number
        assert all(
            number >= SMALLEST_SHOWN and parts[key] == number for key, number in shown.items()
        )
        if group.name is not None:
            assert group.number == sums[group.name] >= SMALLEST_SHOWN
        inside = [
            key
            for name, inner in numbers.items()
            for key, number in inner.items()
            if number and (name == group.name or (group.name is None and name not in named(found)))
        ]
        hidden = [key for key in inside if key not in shown]
        assert sum(parts[key] for key in hidden) == suppressed
        if len(inside) > 1 and group.number >= SMALLEST_SHOWN and hidden:
            assert len(hidden) >= 2
            assert suppressed >= SMALLEST_SHOWN
        # What is left when all that is shown is taken away is never one small group alone.
        if group.name is None and group.number >= SMALLEST_SHOWN:
            assert len({name for name, _key in hidden}) >= 2


def named(found) -> set:
    return {group.name for group in found}
