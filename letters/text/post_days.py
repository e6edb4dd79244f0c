"""Until when a letter has to be posted so that it is there in time.

Only a delivery time that staff have read somewhere is used: see `PostalNote.delivery_days`. Where
none is known, the deadline itself is the day, and pages say so. Public holidays are not known.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from babel import Locale, UnknownLocaleError

from cases.dates import earliest_today
from cases.models import Case, PostalNote, Target
from letters.models import Letter, Pledge

SATURDAY, SUNDAY = 5, 6


@dataclass(frozen=True)
class LastSafeDay:
    day: datetime.date
    # Whether it is known how long the post takes; if not, `day` is the deadline itself.
    is_known: bool = False
    # The last day on which the letter is of use. None if only its writer has said by when.
    there_by: datetime.date | None = None
    note: PostalNote | None = None  # which says how long the post takes

    @property
    def is_over(self) -> bool:
        """Everywhere: until then nobody is told that it is too late."""
        return self.day < earliest_today()


def last_safe_day(pledge: Pledge, notes: dict[str, PostalNote] | None = None) -> LastSafeDay:
    """Of what was promised: the day its writer has chosen, or an earlier deadline.

    If the case has several targets, the one that needs its letter first decides. `notes` as below.
    """
    days = [_chosen_day(pledge)]
    if pledge.case:
        days += last_safe_days([pledge.case], pledge.country, notes).values()
    return _first(days)


def last_safe_days(
    cases: Iterable[Case], origin: str, notes: dict[str, PostalNote] | None = None
) -> dict[int, LastSafeDay]:
    """By the key of each case that has a deadline; asks the database once."""
    to_write_to = [
        (case, target) for case in cases for target in case.open_targets if target.appeal_deadline
    ]
    if notes is None:
        notes = notes_on(_destination(case, target) for case, target in to_write_to)
    days: dict[int, LastSafeDay] = {}
    for case, target in to_write_to:
        if safe := last_safe_day_to(case, target, origin, notes):
            days[case.pk] = _first([safe, days.get(case.pk, safe)])
    return days


def last_safe_days_of(letters: Iterable[Letter]) -> dict[int, LastSafeDay]:
    """By the key of each letter that has one; asks the database once."""
    letters = list(letters)
    with_target = [letter for letter in letters if letter.target]
    notes = notes_on(_destination(one.case, one.target) for one in with_target if one.target)
    days = {letter.pk: last_safe_day_of(letter, notes) for letter in letters}
    return {pk: safe for pk, safe in days.items() if safe}


def last_safe_day_of(
    letter: Letter, notes: dict[str, PostalNote] | None = None
) -> LastSafeDay | None:
    """Of a letter that its writer posts; None if there is no deadline. `notes` as below."""
    days: list[LastSafeDay | None] = [_chosen_day(letter.pledge)] if letter.pledge else []
    if letter.target and letter.via_embassy:  # how long an embassy takes is not known
        if until := letter.target.appeal_deadline:
            days.append(LastSafeDay(until, there_by=until))
    elif letter.target:
        origin = letter.posted_from or letter.country
        days.append(last_safe_day_to(letter.case, letter.target, origin, notes))
    known = [safe for safe in days if safe]
    return _first(known) if known else None


def last_safe_day_to(
    case: Case, target: Target, origin: str, notes: dict[str, PostalNote] | None = None
) -> LastSafeDay | None:
    """Of a letter straight to the target, posted in `origin`; None if it has no deadline.

    `notes` are those of `notes_on`, for who asks about several. Of a writer who has not said where
    they are, the letter comes from abroad: that is the earlier day.
    """
    until = target.appeal_deadline
    if until is None:
        return None
    destination = _destination(case, target)
    note = (notes_on([destination]) if notes is None else notes).get(destination)
    if note is None or destination == origin:
        return LastSafeDay(until, there_by=until)
    day = working_days_before(until, note.delivery_days or 0, destination)
    return LastSafeDay(day, is_known=True, there_by=until, note=note)


def notes_on(countries: Iterable[str]) -> dict[str, PostalNote]:
    """By country, what is known of how long a letter from abroad takes."""
    notes = PostalNote.objects.filter(country__in=set(countries), delivery_days__gt=0)
    return {note.country: note for note in notes}


def notes_on_all() -> dict[str, PostalNote]:
    """The same of every country, for who asks about many promises."""
    return {note.country: note for note in PostalNote.objects.filter(delivery_days__gt=0)}


def working_days_before(day: datetime.date, number: int, country: str) -> datetime.date:
    """The day from which that many working days are left until then, with the country's weekend."""
    try:
        locale = Locale.parse(f"und_{country}")
        weekend = range(locale.weekend_start, locale.weekend_end + 1)
    except (UnknownLocaleError, ValueError):
        weekend = range(SATURDAY, SUNDAY + 1)
    while number > 0:
        number -= day.weekday() not in weekend
        day -= datetime.timedelta(days=1)
    while day.weekday() in weekend:  # nobody empties the letter box
        day -= datetime.timedelta(days=1)
    return day


def _chosen_day(pledge: Pledge) -> LastSafeDay:
    reports_until = pledge.edition.reports_until
    return LastSafeDay(min(pledge.due_on, reports_until or pledge.due_on))


def _first(days: list[LastSafeDay]) -> LastSafeDay:
    return min(days, key=lambda safe: safe.day)


def _destination(case: Case, target: Target) -> str:
    return target.postal_country or case.country
