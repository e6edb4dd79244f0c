"""Calendar files, as two parsers that know nothing of each other read them."""

import datetime

import icalendar
import pytest
import time_machine
import vobject
from django.urls import reverse
from django.utils import timezone

from cases.models import Freeze, PostalNote
from letters.models import PledgeState
from letters.text import post_days
from tests import reading
from tests.factories import make_case, make_case_to_write_for, make_letter, make_pledge

DAY = datetime.date(2026, 12, 3)
pytestmark = [
    pytest.mark.usefixtures("counts_hold"),
    pytest.mark.django_db,
    pytest.mark.any_database,
]


@pytest.fixture(autouse=True)
def the_first_of_november():
    with time_machine.travel("2026-11-01T12:00:00Z", tick=False):
        yield


def events_of(response) -> list[tuple[str, datetime.date]]:
    """The days of a file with their titles, as both parsers read them."""
    ours = icalendar.Calendar.from_ical(response.content).walk("VEVENT")
    days = [(str(event["summary"]), event.decoded("dtstart")) for event in ours]
    theirs = vobject.readOne(response.content.decode()).contents["vevent"]
    assert [(event.summary.value, event.dtstart.value) for event in theirs] == days
    assert len({event.uid.value for event in theirs}) == len(days)
    return days


def both_read(response) -> tuple[icalendar.Event, vobject.base.Component]:
    """The one entry of a file, as each parser reads it."""
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    [event] = icalendar.Calendar.from_ical(response.content).walk("VEVENT")
    return event, vobject.readOne(response.content.decode()).vevent


def evening(client, pledge, **query):
    return client.get(reverse("letters:evening-ics", args=[pledge.key]), query)


def the_day(client, pledge):
    return client.get(reverse("letters:pledge-ics", args=[pledge.key]))


def test_the_last_day_of_a_promise_is_a_day_without_a_time(client):
    """So it is that day in every time zone."""
    pledge = make_pledge(due_on=DAY)

    one, other = both_read(the_day(client, pledge))

    assert type(one.decoded("dtstart")) is type(other.dtstart.value) is datetime.date
    assert one.decoded("dtstart") == other.dtstart.value == DAY
    assert "dtend" not in one  # RFC 5545: it lasts that day
    assert one.decoded("dtstamp") == other.dtstamp.value == timezone.now()


def test_the_alarm_of_a_day_is_in_its_morning(client):
    one, other = both_read(the_day(client, make_pledge(due_on=DAY)))

    [alarm] = one.walk("VALARM")
    assert alarm.decoded("trigger") == other.valarm.trigger.value == datetime.timedelta(hours=9)
    assert alarm["action"] == other.valarm.action.value == "DISPLAY"
    assert alarm["description"] == other.valarm.description.value == one["summary"]


@pytest.mark.parametrize("deadline", [datetime.date(2026, 11, 30), DAY])
def test_the_last_safe_day_to_post_is_a_day_of_its_own_if_it_is_known(client, deadline):
    case = make_case_to_write_for(country="ZA")
    case.targets.update(appeal_deadline=deadline, postal_country="ZA")
    PostalNote.objects.create(country="ZA", delivery_days=10, delivery_as_of="2025")
    pledge = make_pledge(case, due_on=DAY)

    days = events_of(the_day(client, pledge))

    safe = post_days.last_safe_day(pledge).day
    assert safe < deadline
    assert days == [
        ("Write for Rights 2025: the last safe day to post my letters", safe),
        ("Write for Rights 2025: the letters I pledged to write", DAY),
    ]


def test_a_last_safe_day_that_is_over_goes_into_no_calendar(client):
    case = make_case_to_write_for()
    case.targets.update(appeal_deadline=timezone.localdate() - datetime.timedelta(days=2))

    days = events_of(the_day(client, make_pledge(case, due_on=DAY)))

    assert [day for _title, day in days] == [DAY]


def test_an_evening_is_at_its_time_wherever_the_writer_is(client):
    pledge = make_pledge(due_on=DAY)

    one, other = both_read(evening(client, pledge, on="2026-12-01", at="19:30"))

    begins, ends = datetime.datetime(2026, 12, 1, 19, 30), datetime.datetime(2026, 12, 1, 21, 30)
    assert one.decoded("dtstart") == other.dtstart.value == begins
    assert one.decoded("dtend") == other.dtend.value == ends
    assert begins.tzinfo is one.decoded("dtstart").tzinfo is other.dtstart.value.tzinfo is None
    assert not icalendar.Calendar.from_ical(the_day(client, pledge).content).walk("VTIMEZONE")
    [alarm] = one.walk("VALARM")
    assert alarm.decoded("trigger") == other.valarm.trigger.value == datetime.timedelta(hours=-1)


def test_an_evening_that_goes_past_midnight_ends_on_the_next_day(client):
    one, other = both_read(evening(client, make_pledge(due_on=DAY), on="2026-12-31", at="23:00"))

    assert one.decoded("dtend") == other.dtend.value == datetime.datetime(2027, 1, 1, 1)


def test_names_are_read_as_they_were_written_in_lines_of_75_octets(client):
    name = "Test, Person; with a \\ and ပြည်သူများအတွက် " * 2
    pledge = make_pledge(make_case(display_name=name.strip()), due_on=DAY, number=2)

    response = the_day(client, pledge)

    one, other = both_read(response)
    assert one["description"] == other.description.value
    assert one["description"].split("\n") == [
        "You pledged 2 letters.",
        f"For {name.strip()}, Norway.",
        f"Go on here: http://testserver{pledge.get_absolute_url()}",
    ]
    lines = response.content.split(b"\r\n")
    assert lines.pop() == b""
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    for line in lines:
        line.decode()  # no character is cut in two


def test_a_file_opened_again_changes_what_is_there(client):
    pledge, another = make_pledge(due_on=DAY), make_pledge(due_on=DAY)

    first = both_read(the_day(client, pledge))[0]["uid"]
    pledge.due_on = DAY + datetime.timedelta(days=3)
    pledge.save()
    moved = both_read(the_day(client, pledge))[0]

    assert moved["uid"] == first != both_read(the_day(client, another))[0]["uid"]
    assert moved.decoded("dtstart") == pledge.due_on
    times = [evening(client, pledge, on="2026-12-01", at=at) for at in ("19:00", "20:00")]
    assert len({first, *(both_read(time)[0]["uid"] for time in times)}) == 3
    assert pledge.key not in first


def test_a_calendar_that_is_shared_shows_others_no_more_than_that_there_is_something(client):
    pledge = make_pledge(due_on=DAY)

    for response in [the_day(client, pledge), evening(client, pledge, on="2026-12-01", at="19:00")]:
        one, other = both_read(response)

        assert one["class"] == other.contents["class"][0].value == "PRIVATE"
        assert pledge.case.display_name not in one["summary"]
        assert response["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize("freeze", [Freeze.PAUSED, Freeze.HIDDEN, Freeze.WITHDRAWN])
def test_a_case_that_is_hidden_is_not_named(client, freeze):
    pledge = make_pledge(make_case(freeze=freeze, freeze_reason="a test"), due_on=DAY)

    responses = [the_day(client, pledge), evening(client, pledge, on="2026-12-01", at="19:00")]

    for response in responses:
        is_named = pledge.case.display_name in both_read(response)[0]["description"]
        assert is_named == pledge.case.is_visible


def test_a_promise_for_any_case_names_nobody(client):
    pledge = make_pledge(due_on=DAY)
    pledge.case = None
    pledge.save()

    one, _other = both_read(the_day(client, pledge))

    assert one["description"].startswith("You pledged 3 letters.\nGo on here:")


@pytest.mark.parametrize(
    ("query", "field", "error"),
    [
        ({"on": "2026-12-01", "at": "25:00"}, "at", "Type the time like this: 19:00."),
        ({"on": "2026-12-01", "at": "half past seven"}, "at", "Type the time like this: 19:00."),
        ({"on": "2026-12-01", "at": "١٩"}, "at", "Type the time like this: 19:00."),
        ({"on": "2026-12-01"}, "at", "Choose a time."),
        ({"at": "19:00"}, "on", "Choose a day."),
        ({"on": "2026-02-30", "at": "19:00"}, "on", "Enter a valid date."),
        ({"on": "\0", "at": "19:00"}, "on", "Enter a valid date."),
        (
            {"on": "2026-10-30", "at": "19:00"},
            "on",
            "This day has passed. Choose today or a later one.",
        ),
        ({"on": "9999-12-31", "at": "23:59"}, "on", "Choose a day within a year."),
    ],
)
def test_a_wrong_day_or_time_is_said_beside_its_field(client, query, field, error):
    response = evening(client, make_pledge(due_on=DAY), **query)

    page = response.content.decode()
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/html")
    assert response.context["evening_form"].errors == {field: [error]}
    assert page.count(error) == 2  # above, and beside its field
    for typed in set(query.values()) - {"\0"}:
        assert typed in page


def test_the_page_of_a_promise_offers_both(client):
    pledge = make_pledge(due_on=DAY)

    page = reading.page(client.get(pledge.get_absolute_url()))

    assert reverse("letters:pledge-ics", args=[pledge.key]) in page.links
    both_read(evening(client, pledge, on="2026-12-03", at="19:00"))  # as it is filled in


@pytest.mark.parametrize(("days", "is_offered"), [(-2, False), (0, True)])
def test_a_day_that_is_over_everywhere_goes_into_no_calendar(client, days, is_offered):
    pledge = make_pledge(due_on=timezone.localdate() + datetime.timedelta(days=days))

    page = reading.page(client.get(pledge.get_absolute_url()))

    the_file = reverse("letters:pledge-ics", args=[pledge.key])
    assert (the_file in page.links) == is_offered
    assert the_day(client, pledge).status_code == (200 if is_offered else 302)
    assert (
        page.one("input", name="on").get("value") == timezone.localdate().isoformat()
    )  # late is not too late
    both_read(evening(client, pledge, on=timezone.localdate().isoformat(), at="19:00"))


def test_nothing_is_offered_for_a_promise_that_is_given_back_or_kept(client):
    kept = make_pledge(number=1, due_on=DAY)
    make_letter(kept.case, pledge=kept, state="posted")
    for pledge in [make_pledge(state=PledgeState.RELEASED, due_on=DAY), kept]:
        page = client.get(pledge.get_absolute_url()).content.decode()

        assert ".ics" not in page
        for response in [
            the_day(client, pledge),
            evening(client, pledge, on="2026-12-01", at="19:00"),
        ]:
            assert (response.status_code, response.url) == (302, pledge.get_absolute_url())


def test_a_calendar_in_french(client):
    pledge = make_pledge(due_on=DAY, number=2)

    one, other = both_read(client.get("/fr" + reverse("letters:pledge-ics", args=[pledge.key])))

    assert one["summary"] == other.summary.value
    assert one["summary"].endswith("les lettres que j’ai promises")
    assert "/fr/pledges/" in one["url"]
