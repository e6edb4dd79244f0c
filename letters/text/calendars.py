"""Calendar files for whoever has promised letters: RFC 5545.

A day is a date without a time and an evening has a time without a zone, so both are right wherever
the calendar is. Each entry keeps its UID: opened again, the file changes what is there.
"""

import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from icalendar import Alarm, Calendar, Event

from cases.encryption import keyed_hash
from letters.models import Pledge
from letters.text.post_days import last_safe_day

EVENING_LASTS = datetime.timedelta(hours=2)
BEFORE_AN_EVENING = -datetime.timedelta(hours=1)
MORNING = datetime.timedelta(hours=9)  # of a day that lasts from midnight to midnight


def of_pledge(pledge: Pledge) -> bytes:
    """The day until which the letters were promised, and the last safe day to post them if that
    is earlier and not over. Each with an alarm in its morning."""
    title = _("%(campaign)s: the letters I pledged to write") % _campaign(pledge)
    events = [_day(pledge, "due", title, pledge.due_on)]
    safe = last_safe_day(pledge)
    if safe.day < pledge.due_on and not safe.is_over:
        title = _("%(campaign)s: the last safe day to post my letters") % _campaign(pledge)
        events.insert(0, _day(pledge, "last safe day", title, safe.day))
    return _calendar(*events)


def of_evening(pledge: Pledge, begins: datetime.datetime) -> bytes:
    """Two hours for writing, with an alarm an hour before."""
    title = _("%(campaign)s: time to write") % _campaign(pledge)
    name = f"evening {begins.isoformat()}"
    event = _event(pledge, name, title, begins, alarm=BEFORE_AN_EVENING)
    event.add("dtend", begins + EVENING_LASTS)
    return _calendar(event)


def _calendar(*events: Event) -> bytes:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Write for Rights//Pledges//EN")
    for event in events:
        calendar.add_component(event)
    return calendar.to_ical()


def _day(pledge: Pledge, name: str, title: str, day: datetime.date) -> Event:
    event = _event(pledge, name, title, day, alarm=MORNING)
    event.add("transp", "TRANSPARENT")  # there is time for other things on this day
    return event


def _event(
    pledge: Pledge, name: str, title: str, begins: datetime.date, *, alarm: datetime.timedelta
) -> Event:
    event = Event()
    # Nobody can work out the key of the private page from it.
    event.add("uid", keyed_hash(f"{pledge.key} {name}", "calendar"))
    event.add("dtstamp", timezone.now())
    event.add("dtstart", begins)
    event.add("summary", title)
    event.add("description", _description(pledge))
    event.add("url", settings.SITE_URL + pledge.get_absolute_url())
    event.add("class", "PRIVATE")  # a calendar that is shared shows others only that there is one
    event.add_component(_alarm(title, alarm))
    return event


def _alarm(title: str, when: datetime.timedelta) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", when)
    return alarm


def _campaign(pledge: Pledge) -> dict[str, str]:
    return {"campaign": pledge.edition.title_i18n}


def _description(pledge: Pledge) -> str:
    """What was promised, and where to go on. A case that is hidden is not named."""
    promised = ngettext(
        "You pledged %(number)s letter.", "You pledged %(number)s letters.", pledge.number
    )
    lines = [promised % {"number": pledge.number}]
    if pledge.case and pledge.case.is_visible:
        lines.append(
            _("For %(name)s, %(country)s.")
            % {"name": pledge.case.display_name, "country": pledge.case.country_name}
        )
    lines.append(
        _("Go on here: %(link)s") % {"link": settings.SITE_URL + pledge.get_absolute_url()}
    )
    return "\n".join(lines)
