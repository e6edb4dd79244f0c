import datetime

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from cases.dates import next_human_rights_day, parse_partial, validate_not_in_future
from cases.models import Milestone
from tests.factories import make_case
from tests.staff import form_data, signed_in

DAY = datetime.date(2025, 2, 28)


@pytest.mark.parametrize(
    ("text", "day", "precision"),
    [
        ("2025-02-28", DAY, "day"),
        ("2025-02", datetime.date(2025, 2, 1), "month"),
        ("2025", datetime.date(2025, 1, 1), "year"),
        ("", None, "day"),
    ],
)
def test_partial_date_is_its_first_day_and_how_exactly_it_is_known(text, day, precision):
    assert parse_partial(text) == (day, precision)


@pytest.mark.parametrize(
    "text",
    ["2025-02-30", "2025-13", "spring", "28.2.2025", "2025-02-28-01", "-", "2025-", "٢٠٢٥-1"],
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - any sentence will do
        parse_partial(text)


@given(st.text(alphabet="0123456789-", max_size=12))
def test_partial_date_reads_itself_back_or_is_refused(text):
    try:
        day, precision = parse_partial(text)
    except ValueError:
        return

    assert Milestone(date=day, date_precision=precision).date_iso == text


@pytest.mark.parametrize(
    ("precision", "text", "iso"),
    [
        ("day", "28 February 2025", "2025-02-28"),
        ("month", "February 2025", "2025-02"),
        ("year", "2025", "2025"),
    ],
)
def test_date_is_shown_as_finely_as_it_is_known(precision, text, iso):
    row = Milestone(date=DAY, date_precision=precision)

    assert (row.date_text, row.date_iso) == (text, iso)


def test_month_is_named_in_the_language_of_the_page():
    row = Milestone(date=DAY, date_precision="month")

    with translation.override("fr"):
        assert row.date_text == "février 2025"


def test_unknown_date_is_no_text():
    row = Milestone(date=None)

    assert (row.date_text, row.date_iso) == ("", "")


@given(st.dates(), st.sampled_from(["month", "year"]))
def test_no_finer_date_is_ever_shown(day, precision):
    first = day.replace(day=1) if precision == "month" else day.replace(month=1, day=1)
    shown = Milestone(date=day, date_precision=precision)
    known = Milestone(date=first, date_precision=precision)

    assert shown.date_text == known.date_text
    assert shown.date_iso == known.date_iso


@pytest.mark.parametrize(
    ("today", "day"),
    [
        ("2026-12-09", "2026-12-10"),
        ("2026-12-10", "2026-12-10"),
        ("2026-12-11", "2027-12-10"),
        ("2027-01-01", "2027-12-10"),
    ],
)
def test_next_human_rights_day_is_the_coming_tenth_of_december(today, day):
    assert next_human_rights_day(datetime.date.fromisoformat(today)).isoformat() == day


@pytest.mark.parametrize(
    ("now", "latest"),
    [("2026-12-09T09:59Z", "2026-12-09"), ("2026-12-09T10:00Z", "2026-12-10")],
)
def test_a_day_that_has_begun_nowhere_is_refused(now, latest):
    day = datetime.date.fromisoformat(latest)

    with time_machine.travel(datetime.datetime.fromisoformat(now), tick=False):
        validate_not_in_future(day)
        with pytest.raises(ValidationError):
            validate_not_in_future(day + datetime.timedelta(days=1))


@pytest.mark.slow
@pytest.mark.django_db
def test_a_date_that_is_none_is_refused_beside_its_field_and_nothing_is_lost():
    case = make_case(stage="draft")
    client = signed_in("editor")
    url = reverse("admin:cases_case_change", args=[case.pk])
    data = form_data(client.get(url)) | {"headline": "Another"}

    for typed in ["2025-13", "12/2025", "December 2025", "2025-2", "3025-01"]:
        response = client.post(url, data | {"facts_as_of": typed})

        form = response.context["adminform"].form
        assert list(form.errors) == ["facts_as_of"], typed
        assert (form["facts_as_of"].value(), form["headline"].value()) == (typed, "Another")
