"""Until when a letter has to be posted, as far as that is known."""

import datetime

import pytest
import time_machine
from django.urls import reverse

from cases.models import PostalNote
from letters.models import EmbassyPart, Route
from letters.text.post_days import last_safe_day, working_days_before
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_edition,
    make_embassy,
    make_letter,
    make_pledge,
    make_target,
)
from tests.staff import text

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("today"),
]

day = datetime.date
DEADLINE = day(2026, 12, 10)
UNKNOWN = "How long the post takes is not known: post it as early as you can."


@pytest.fixture
def today():
    with time_machine.travel("2026-11-16 12:00:00+00:00", tick=False):
        yield


def make_note(country="ZA", **fields) -> PostalNote:
    return PostalNote.objects.create(
        country=country, **({"delivery_days": 10, "delivery_as_of": "2021"} | fields)
    )


def make_case_in(country="ZA", until=DEADLINE):
    case = make_case_to_write_for(country=country)
    case.targets.update(appeal_deadline=until, postal_country=country)
    return case


def make_ready_letter(case, **fields):
    return make_letter(case, state="ready", route=Route.POST, target=case.targets.get(), **fields)


def words_of(client, url: str) -> str:
    return " ".join(text(client.get(url)).split())


@pytest.mark.parametrize(
    ("until", "number", "country", "safe"),
    [
        (day(2026, 12, 10), 10, "ZA", day(2026, 11, 26)),  # two weeks, from a Thursday
        (day(2026, 12, 8), 1, "ZA", day(2026, 12, 7)),
        (day(2026, 12, 7), 1, "ZA", day(2026, 12, 4)),  # there on Monday: posted on Friday
        (day(2026, 12, 6), 1, "ZA", day(2026, 12, 3)),  # on Sunday nothing comes
        (day(2026, 12, 6), 1, "IL", day(2026, 12, 3)),  # there on Sunday: Friday is free
        (day(2026, 12, 7), 1, "IL", day(2026, 12, 6)),
        (day(2026, 12, 7), 1, "AQ", day(2026, 12, 4)),  # a country whose weekend nobody knows
    ],
)
def test_working_days_are_taken_off_with_the_weekend_of_the_country(until, number, country, safe):
    assert working_days_before(until, number, country) == safe


@pytest.mark.parametrize(
    ("country", "days", "safe", "is_known"),
    [
        ("NO", 10, day(2026, 11, 26), True),
        ("", 10, day(2026, 11, 26), True),  # they have not said where they are
        ("ZA", 10, day(2026, 12, 10), False),  # the time is that of a letter from abroad
        ("NO", None, day(2026, 12, 10), False),
    ],
)
def test_the_last_safe_day_of_a_pledge_comes_from_what_is_known(country, days, safe, is_known):
    make_note(delivery_days=days)
    pledge = make_pledge(make_case_in(), country=country, due_on=day(2026, 12, 20))

    found = last_safe_day(pledge)

    assert (found.day, found.is_known, found.there_by) == (safe, is_known, day(2026, 12, 10))


def test_an_earlier_day_that_its_writer_chose_is_the_last(client):
    make_note()
    pledge = make_pledge(make_case_in(), due_on=day(2026, 11, 20))

    found = last_safe_day(pledge)

    assert (found.day, found.is_known, found.there_by) == (day(2026, 11, 20), False, None)


def test_the_deadline_for_reports_is_one_too_until_it_is_over():
    edition = make_edition(reporting_deadline=day(2026, 11, 30))
    pledge = make_pledge(None, edition=edition, due_on=day(2026, 12, 20))

    assert last_safe_day(pledge).day == day(2026, 11, 30)
    with time_machine.travel("2026-12-02 12:00:00+00:00", tick=False):
        assert last_safe_day(pledge).day == day(2026, 12, 20)


def test_of_several_targets_the_open_one_that_needs_it_first_decides():
    make_note()
    case = make_case_in(until=None)
    make_target(case, appeal_deadline=day(2026, 11, 13), postal_country="ZA")  # over
    make_target(case, appeal_deadline=day(2026, 12, 17), postal_country="ZA")
    make_target(case, appeal_deadline=day(2026, 12, 7), postal_country="GB")
    pledge = make_pledge(case, due_on=day(2026, 12, 20))

    found = last_safe_day(pledge)

    assert (found.day, found.there_by) == (day(2026, 12, 3), day(2026, 12, 17))


def test_the_page_of_a_letter_to_post_says_by_when_and_how_that_is_known(client):
    make_note()
    letter = make_ready_letter(make_case_in(), posted_from="GB")

    words = words_of(client, letter.get_absolute_url())

    assert "Post it by 26 November 2026: it has to be there by 10 December 2026." in words
    assert "10 working days on average, the post there said in 2021." in words
    assert UNKNOWN not in words


def test_the_page_says_that_it_may_come_too_late(client):
    make_note()
    letter = make_ready_letter(make_case_in(until=day(2026, 11, 20)), posted_from="GB")

    words = words_of(client, letter.get_absolute_url())

    assert "By post it may arrive too late: it can help until 20 November 2026." in words


def test_the_page_takes_the_deadline_where_nothing_is_known(client):
    letter = make_ready_letter(make_case_in(), posted_from="GB")

    words = words_of(client, letter.get_absolute_url())

    assert f"It has to be there by 10 December 2026. {UNKNOWN}" in words


def test_how_long_an_embassy_takes_is_not_known(client):
    make_note()
    case = make_case_in()
    embassy = make_embassy("ZA", "GB")
    letter = make_ready_letter(
        case, posted_from="GB", embassy=embassy, embassy_part=EmbassyPart.VIA
    )

    words = words_of(client, letter.get_absolute_url())

    assert f"It has to be there by 10 December 2026. {UNKNOWN}" in words


def test_the_page_of_a_promised_letter_has_the_day_of_the_promise(client):
    case = make_case_in(until=None)
    pledge = make_pledge(case, due_on=day(2026, 12, 1))

    words = words_of(client, make_ready_letter(case, pledge=pledge).get_absolute_url())
    others = words_of(client, make_ready_letter(case).get_absolute_url())

    assert "You wanted to post it by 1 December 2026." in words
    assert "You wanted to post it" not in others


def test_who_begins_to_write_reads_it_too(client):
    make_note()
    known, unknown = make_case_in("ZA"), make_case_in("NO")
    without = make_case(country="ZA")
    pages = [
        words_of(client, reverse("letters:letter-write", args=[case.slug]))
        for case in (known, unknown, without)
    ]

    assert "Post it by 26 November 2026" in pages[0]
    assert f"Write until 10 December 2026: after that it is too late. {UNKNOWN}" in pages[1]
    assert "Post it by" not in pages[2]
    assert UNKNOWN not in pages[2]
