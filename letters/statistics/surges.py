"""How fast a case counts. What comes absurdly fast raises an alarm, and needs review.

Nothing is thrown away, and whoever acts reads the same as ever: what they did is being looked at.
"""

from __future__ import annotations

import datetime

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from letters.models import (
    Alarm,
    Letter,
    Pace,
    Post,
    Signature,
    Tally,
    TallyKey,
    TallySource,
)
from letters.privacy import throttle

# No case of a national campaign has so many of one kind in an hour or on a day without being news
# to its staff: on the evening of 10 December some have a few hundred.
ALWAYS_AN_HOUR = 500
ALWAYS_A_DAY = 2_000
# Human Rights Day brings several times an ordinary day; an hour of it seldom more than one.
TIMES_A_DAY = 10
TIMES_AN_HOUR = 2
ORDINARY = datetime.timedelta(days=14)  # the days that an ordinary one is the mean of
# Of one sender in an hour. Above `throttle.REVIEW_ABOVE` it may be a large class. This is none.
OF_ONE_SENDER = 300

RESULT = """
    RETURNING of_hour, of_day, most_an_hour, most_a_day, alarm_id,
        CASE WHEN raised_until > %s THEN raised_to ELSE 0 END
"""
GO_ON = f"""
    UPDATE letters_pace SET of_hour = of_hour + %s, of_day = of_day + %s
    WHERE case_id = %s AND kind = %s AND hour >= %s {RESULT}
"""  # noqa: S608 - constants
# Whoever comes first in an hour begins it, with ceilings of its own. A clock that is a little slow
# begins none anew.
BEGIN = f"""
    INSERT INTO letters_pace
        (case_id, kind, hour, day, of_hour, of_day, most_an_hour, most_a_day, raised_to)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 0)
    ON CONFLICT (case_id, kind) DO UPDATE SET
        of_hour = excluded.of_hour
            + CASE WHEN letters_pace.hour >= excluded.hour THEN letters_pace.of_hour ELSE 0 END,
        of_day = excluded.of_day
            + CASE WHEN letters_pace.day >= excluded.day THEN letters_pace.of_day ELSE 0 END,
        hour = CASE WHEN letters_pace.hour >= excluded.hour
            THEN letters_pace.hour ELSE excluded.hour END,
        day = CASE WHEN letters_pace.day >= excluded.day
            THEN letters_pace.day ELSE excluded.day END,
        most_an_hour = excluded.most_an_hour, most_a_day = excluded.most_a_day
    {RESULT}
"""  # noqa: S608 - constants
GIVE_BACK = """
    UPDATE letters_pace SET of_hour = of_hour - %s, of_day = of_day - %s
    WHERE case_id = %s AND kind = %s AND hour = %s AND of_hour >= %s AND of_day >= %s
"""
NOTE_SENDER = """
    INSERT INTO letters_alarm (kind, raised_at, number) VALUES ('', %s, %s)
    ON CONFLICT DO NOTHING
"""


def watch(row: Letter | Signature | Post, was: TallyKey | None) -> dict:
    """A supporter moved it: flag it, if it begins to count while an alarm is open. Whoever calls
    this writes what it changes.

    After the row was locked and before the tally is, in the same transaction: so all who count
    for one case and kind stand in line here, and the alarm is raised by exactly one.
    """
    now = row.tally_key
    if was and not now:
        give_back(was)
    elif now and not was and (alarm := alarm_of(now)):
        changes = {"needs_review": True, "counted_on": None, "alarm_id": alarm}
        for name, value in changes.items():
            setattr(row, name, value)
        return changes
    return {}


def alarm_of(key: TallyKey, number: int = 1) -> int | None:
    """So many begin to count here: the alarm that flags them, if there is one."""
    found = _go_on(key.case_id, key.kind, number)
    of_hour, of_day, most_an_hour, most_a_day, alarm, raised = found
    if alarm:
        return alarm
    if of_hour <= max(most_an_hour, raised) and of_day <= max(most_a_day, raised):
        return None
    made = Alarm.objects.create(
        case_id=key.case_id, kind=key.kind, raised_at=timezone.now(), number=of_hour
    )
    Pace.objects.filter(case=key.case_id, kind=key.kind).update(alarm=made)
    return made.pk


def give_back(key: TallyKey, number: int = 1) -> None:
    """So many were taken back: who does and undoes one thing all day raises no alarm."""
    values = [number, number, key.case_id, str(key.kind), _stored(_hour()), number, number]
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK, values)


def begin(case_id: int, kind: str) -> None:
    """Have a row for the case and kind, of this hour."""
    _go_on(case_id, kind, 0)


def review_if_flood(tries: int) -> bool:
    """Whether so many actions of one sender in an hour need review.

    Above OF_ONE_SENDER, more than any class, it also raises an alarm.
    """
    if tries > OF_ONE_SENDER:
        with connection.cursor() as cursor:
            cursor.execute(NOTE_SENDER, [_stored(timezone.now()), tries])
    return tries > throttle.REVIEW_ABOVE


def ordinary_day(case_id: int, kind: str) -> int:
    """How many counted on this site on an ordinary day of the last two weeks, today left out."""
    today = timezone.localdate()
    days = Tally.objects.filter(
        case=case_id, kind=kind, day__gte=today - ORDINARY, day__lt=today
    ).exclude(source=TallySource.STAFF)
    return (days.aggregate(sum=Sum("number"))["sum"] or 0) // ORDINARY.days


def _go_on(case_id: int, kind: str, number: int) -> tuple:
    kind, hour, now = str(kind), _stored(_hour()), _stored(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(GO_ON, [number, number, case_id, kind, hour, now])
        if found := cursor.fetchone():
            return found
        day = connection.ops.adapt_datefield_value(timezone.localdate())
        ordinary = ordinary_day(case_id, kind)
        ceilings = [
            max(ALWAYS_AN_HOUR, TIMES_AN_HOUR * ordinary),
            max(ALWAYS_A_DAY, TIMES_A_DAY * ordinary),
        ]
        cursor.execute(BEGIN, [case_id, kind, hour, day, number, number, *ceilings, now])
        return cursor.fetchone()


def _hour() -> datetime.datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0)


def _stored(moment: datetime.datetime):
    return connection.ops.adapt_datetimefield_value(moment)
