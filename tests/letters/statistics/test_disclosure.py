"""That nobody can be found in a sum that is broken down."""

from hypothesis import example, given
from hypothesis import strategies as st

from letters.statistics.disclosure import (
    SMALLEST_PART,
    SMALLEST_SHOWN,
    absorb_small_cells,
    absorb_small_groups,
    in_steps,
    suppress_small_cells,
)

parts = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.integers(0, 24))
groups = st.dictionaries(
    st.integers(0, 5), st.dictionaries(st.integers(0, 99), st.integers(0, 24), max_size=6)
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


def test_a_number_is_never_more_than_there_are_and_does_not_flicker():
    assert [in_steps(number, 100) for number in (99, 100, 104, 108, 109)] == [
        95,
        100,
        100,
        100,
        105,
    ]


def test_a_small_part_takes_nothing_from_the_others():
    found = absorb_small_cells({"GB": 420, "FR": 60, "US": 2, "KE": 1})

    # Nobody can tell 420 and 3 elsewhere from 423.
    assert found == absorb_small_cells({"GB": 423, "FR": 60}) == ({"GB": 423, "FR": 60}, 0)


def test_small_parts_that_are_enough_together_are_the_others():
    assert absorb_small_cells({"GB": 420, "US": 9, "KE": 1}) == ({"GB": 420}, 10)


def test_where_all_parts_are_small_none_is_shown():
    assert absorb_small_cells({"GB": 2, "US": 2}) == ({}, 4)
    assert absorb_small_cells({"GB": 9, "US": 9}) == ({}, 18)
    assert absorb_small_cells({}) == ({}, 0)


@given(parts)
@example({"a": 9, "b": 10})
@example({"a": 12, "b": 12, "c": 1})
def test_each_part_of_ten_and_more_has_a_number_of_its_own(numbers):
    shown, others = absorb_small_cells(numbers)

    assert shown.keys() == {key for key, number in numbers.items() if number >= SMALLEST_PART}
    assert sum(shown.values()) + others == sum(numbers.values())
    assert not shown or not 0 < others < SMALLEST_PART


@given(parts)
@example({"a": 10, "b": 1})
@example({"a": 12, "b": 12, "c": 4})
def test_what_is_absorbed_might_as_well_not_be_there(numbers):
    """The same numbers can be told of other actions, all of them in parts that are shown."""
    found = absorb_small_cells(numbers)

    if found.parts and not found.suppressed:
        assert absorb_small_cells(found.parts) == found


def test_each_group_is_told_with_its_parts():
    found = absorb_small_groups({"africa": {"KE": 20, "TZ": 6, "UG": 6}, "asia": {"NP": 19}})

    assert found == [("africa", 32, ({"KE": 20}, 12)), ("asia", 19, ({"NP": 19}, 0))]


def test_a_small_group_takes_nothing_from_the_others():
    found = absorb_small_groups({"africa": {"KE": 2}, "asia": {"NP": 12}, "europe": {"NO": 90}})

    assert found == [("europe", 92, ({"NO": 92}, 0)), ("asia", 12, ({"NP": 12}, 0))]


def test_small_groups_that_are_enough_together_are_one():
    found = absorb_small_groups({"africa": {"KE": 8}, "asia": {"NP": 2}, "europe": {"NO": 90}})

    assert found == [("europe", 90, ({"NO": 90}, 0)), (None, 10, ({}, 10))]


@given(groups.map(distinct))
def test_no_small_group_or_part_can_be_worked_out_from_both_together(numbers):
    found = absorb_small_groups(numbers)

    assert sum(group.number for group in found) == sum(
        number for parts in numbers.values() for number in parts.values()
    )
    may_be_shown = any(group.name is not None for group in found)
    for group in found:
        shown, others = group.within
        assert sum(shown.values()) + others == group.number
        assert all(number >= SMALLEST_PART for number in shown.values())
        if may_be_shown:
            assert group.number >= SMALLEST_PART
            assert not 0 < others < SMALLEST_PART or not shown
    if may_be_shown and found[-1].name is not None:
        told = {group.name: told_of(group) for group in found}
        assert absorb_small_groups(told) == found  # as if no group had been small


def told_of(group) -> dict:
    """Parts that would be told in the same way."""
    shown, others = group.within
    small = {("others", number): 1 for number in range(others)}
    return shown | small
