"""Dates that are known to the day, the month or only the year."""

import calendar
import datetime
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

PARTIAL_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


# A day begins and ends at another time in each place, and a page that caches keep can't know where
# its reader is. So four rules, which ask the clock alone:
# - A last day (of a petition, messages, a deadline, a promise) lasts until it is over everywhere:
#   nobody is told "too late" on a day that is theirs still.
# - An edition opens, and the embargo on its cases ends, when its day has begun everywhere: for some
#   half a day late, for nobody early. What was told too early can't be taken back.
# - Days between staff, the people we tell of and us (a consent's last day, a check that is due, the
#   first day of messages) are those of the site, TIME_ZONE: who wrote them down meant no reader's.
# - A day that somebody says is past (of an outcome, an answer, a hand-in) may have begun where they
#   are and not yet here: nobody is told "not yet" on a day that is theirs already.
# The first two are one question, what day it is where a day comes last:
# https://en.wikipedia.org/wiki/UTC-12:00
LAST_OF_ALL = datetime.timezone(datetime.timedelta(hours=-12))
# The last asks what day it is where it comes first: https://en.wikipedia.org/wiki/UTC+14:00
FIRST_OF_ALL = datetime.timezone(datetime.timedelta(hours=14))


def earliest_today() -> datetime.date:
    """Today where it is earliest: begun everywhere, and the day before over everywhere."""
    return timezone.localdate(timezone=LAST_OF_ALL)


def latest_today() -> datetime.date:
    """Today where it is latest: whatever day comes after it has begun nowhere."""
    return timezone.localdate(timezone=FIRST_OF_ALL)


class Precision(models.TextChoices):
    DAY = "day", _("to the day")
    MONTH = "month", _("to the month")
    YEAR = "year", _("to the year")


FORMATS = {"day": "DATE_FORMAT", "month": "YEAR_MONTH_FORMAT", "year": "Y"}


def parse_partial(text: str) -> tuple[datetime.date | None, str]:
    """ "2025", "2025-02" or "2025-02-28" as its first day and how exactly it is known.

    An empty text is no date. Anything else raises ValueError.
    """
    if not text:
        return None, Precision.DAY
    if not (found := PARTIAL_DATE.fullmatch(text)):
        raise ValueError(f"“{text}” is no date: write 2025, 2025-02 or 2025-02-28.")
    year, month, day = found.groups()
    precision = Precision.DAY if day else Precision.MONTH if month else Precision.YEAR
    return datetime.date(int(year), int(month or 1), int(day or 1)), precision


def validate_partial_date(text: str) -> None:
    """Of a text field that holds one: “2025”, “2025-02” or “2025-02-28”, which sort as dates do."""
    try:
        date, _precision = parse_partial(text)
    except ValueError:
        raise ValidationError(_("Write 2025, 2025-07 or 2025-07-30.")) from None
    if date:
        validate_not_in_future(date)


def partial_date_text(text: str) -> str:
    """As a page says it, in its language: “28 February 2025”, “February 2025” or “2025”."""
    date, precision = parse_partial(text)
    return date_format(date, FORMATS[precision]) if date else ""


def validate_not_in_future(day: datetime.date) -> None:
    if day > latest_today():
        raise ValidationError(_("This date is in the future."))


class PartialDateField(models.CharField):
    """A date in the text of `parse_partial`, or nothing; migrations see the CharField it is."""

    def __init__(self, *args, **options) -> None:
        ours: dict[str, Any] = {
            "max_length": 10,
            "blank": True,
            "validators": [validate_partial_date],
        }
        super().__init__(*args, **ours | options)

    def deconstruct(self) -> tuple:
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options


class PartialDateModel(models.Model):
    """A dated row whose date may be unknown, or known only to the month or the year."""

    date = models.DateField(
        _("date"),
        null=True,
        blank=True,
        validators=[validate_not_in_future],
        help_text=_(
            "Leave empty if unknown. If only the month or year is known, put its first day."
        ),
    )
    date_precision = models.CharField(
        _("known"),
        max_length=5,
        choices=Precision.choices,
        default=Precision.DAY,
        help_text=_("The page never shows a finer date than this."),
    )

    class Meta:
        abstract = True

    @property
    def date_text(self) -> str:
        """The date as finely as it is known: “28 February 2025”, “February 2025” or “2025”."""
        if self.date is None:
            return ""
        return date_format(self.date, FORMATS[self.date_precision])

    @property
    def last_day(self) -> datetime.date | None:
        """The last day it can have been: of the month or the year, if no more is known."""
        match self.date_precision, self.date:
            case _any, None:
                return None
            case Precision.YEAR, date:
                return date.replace(month=12, day=31)
            case Precision.MONTH, date:
                return date.replace(day=calendar.monthrange(date.year, date.month)[1])
            case _day, date:
                return date

    @property
    def date_iso(self) -> str:
        """For `<time datetime>`: 2025-02-28, 2025-02 or 2025."""
        if self.date is None:
            return ""
        return self.date.isoformat()[: {"day": 10, "month": 7, "year": 4}[self.date_precision]]


def next_human_rights_day(today: datetime.date) -> datetime.date:
    """The next 10 December, today included: the day of the Universal Declaration in 1948."""
    day = datetime.date(today.year, 12, 10)
    return day if today <= day else datetime.date(today.year + 1, 12, 10)
