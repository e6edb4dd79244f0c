"""Who wants to be reminded of a promise, from the box on the form to the last click."""

import datetime
import re

import icalendar
import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from letters.models import OutgoingMail, Pledge, Throttle
from tests.factories import make_case_to_write_for
from tests.letters.sending import everyone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def links_in_the_mail() -> list[str]:
    """What the newest mail leads to, as it arrives."""
    Throttle.objects.all().delete()  # one address gets a mail every ten minutes at most
    call_command("work", once=True)
    OutgoingMail.objects.update(not_before=timezone.now())  # a reminder leaves in the morning
    call_command("work", once=True)
    return re.findall(r"http\S+", mail.outbox[-1].body)


def three_days_before() -> None:
    """As the promise stands three days before the day that was chosen."""
    today = timezone.localdate()
    day = today + datetime.timedelta(days=3)
    Pledge.objects.update(due_on=day, next_reminder_on=today)


def test_somebody_is_reminded_has_posted_and_has_enough_of_it(arrive, javascript, still_clock):
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    olu = arrive(javascript)

    olu.opens("/cases/ana-test/pledge/")
    olu.fills("How many letters?", "3")
    olu.ticks("Remind me by e-mail")
    olu.presses("Make the pledge")
    olu.sees("There is a problem", "Type the address for the reminders.")
    olu.fills("E-mail", "olu@example.org")
    olu.ticks("I agree that you keep this")
    olu.presses("Make the pledge")
    olu.sees("Reminders", "confirm that the address is yours")
    [link] = links_in_the_mail()
    olu.opens(link)
    olu.presses("Yes, open it")
    olu.does_not_see("confirm that the address is yours")

    three_days_before()
    [_go_on, posted, stop] = links_in_the_mail()
    olu.opens(posted)
    olu.sees("3 letters for Ana Test are still to be posted")
    assert everyone(case) == 0
    olu.fills("How many have you written by hand and posted?", "2")
    olu.presses("I have posted them")
    olu.is_at("Your pledge: 3 letters for Ana Test")
    assert everyone(case) == 2

    olu.opens(stop)
    olu.is_at("Stop the reminders?")
    assert Pledge.objects.get().wants_reminders
    olu.presses("Stop the reminders")
    olu.is_at("The reminders are stopped")
    assert not Pledge.objects.get().wants_reminders
    assert len(mail.outbox) == 2


def test_an_evening_to_write_goes_into_a_calendar_without_an_address(
    arrive, javascript, still_clock
):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    olu = arrive(javascript)
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)

    olu.opens("/cases/ana-test/pledge/")
    olu.presses("Make the pledge")
    olu.sees("In your calendar")
    [day, *_more] = icalendar.Calendar.from_ical(
        olu.downloads("The last days for your calendar")
    ).walk("VEVENT")
    olu.unfolds("An evening to write")
    olu.fills("On which day?", tomorrow.isoformat())
    olu.fills("At what time?", "19:30")
    with olu.page.expect_download() as download:
        olu.control("The evening for your calendar").click()

    assert day.decoded("dtstart") == Pledge.objects.get().due_on
    [evening] = icalendar.Calendar.from_ical(download.value.path().read_bytes()).walk("VEVENT")
    begins = datetime.datetime.combine(tomorrow, datetime.time(19, 30))
    assert evening.decoded("dtstart") == begins
    assert download.value.suggested_filename == "time-to-write.ics"
