"""Pages that offer to hand a letter in say how long it takes until it is read, if that is long."""

import datetime
import re

import pytest
from django.utils import timezone

from cases.models import Case
from letters.models import Letter
from letters.statistics.waiting import days_until_read
from tests.factories import make_case_to_write_for, make_letter, make_message
from tests.reading import page, words

pytestmark = pytest.mark.django_db


def waiting(*days: float) -> None:
    case = make_case_to_write_for()
    for one in days:
        since = timezone.now() - datetime.timedelta(days=one)
        make_letter(case, state="submitted", waiting_since=since)


def said(client, letter: Letter) -> list[str]:
    shown = words(page(client.get(letter.get_absolute_url())).one("main"))
    return re.findall(r"At the moment it takes us about (\d+) days", shown)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([30, 9, 8.5, 6, 5.2], ["5"]),
        ([30, 9, 8.5, 6], []),  # fewer than five: nobody learns how long one waits
        ([30, 9, 8.5, 6, 2.9, 2], []),
    ],
)
def test_who_may_hand_a_letter_in_reads_how_long_the_longest_wait(client, days, expected):
    waiting(*days)
    letter = make_letter(make_case_to_write_for(), state="drafting")

    assert said(client, letter) == expected


def test_it_stands_where_that_is_offered_and_where_it_waits_in_both_languages(
    client, django_assert_num_queries
):
    waiting(*[9] * 5)
    drafted, message = make_letter(make_case_to_write_for()), make_message(state="drafting")
    handed_in = make_letter(make_case_to_write_for(), state="submitted")

    for letter in [drafted, message, handed_in]:
        assert said(client, letter) == ["9"]
    assert said(client, make_letter(drafted.case, state="approved")) == []
    with django_assert_num_queries(0):
        assert days_until_read() == 9
    french = client.get(f"/fr{drafted.get_absolute_url()}").content.decode()
    assert "environ 9 jours" in french


def test_what_waits_for_a_frozen_case_says_nothing_of_the_others(client):
    waiting(*[30] * 5)
    Case.objects.update(freeze="withdrawn", freeze_reason="A threat.")
    waiting(*[5.2] * 4)

    assert said(client, make_letter(make_case_to_write_for(), state="drafting")) == []
