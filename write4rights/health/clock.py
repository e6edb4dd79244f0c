"""The time: authenticator apps, limits of an hour and the days of letters hang on it."""

import datetime
import time

from django.conf import settings
from django.db import connection
from django.utils import timezone

from write4rights.health.results import Result, ok, red, warning

FAR, TOO_FAR = 2, 25  # seconds; a code of an authenticator app is good for thirty
SYNCHRONISE = "Let both be set by NTP: `timedatectl set-ntp true`."


def of_the_database() -> Result:
    if connection.vendor != "postgresql":
        return ok("clock", f"It is {timezone.localtime():%Y-%m-%d %H:%M} in {settings.TIME_ZONE}.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime.datetime = cursor.fetchone()[0]
    return compared("the database", theirs.timestamp() - time.time())


def compared(whose: str, seconds: float) -> Result:
    """Two clocks that differ by so many seconds."""
    said = f"The clock of {whose} differs from this machine’s by {abs(seconds):.0f} seconds."
    if abs(seconds) > TOO_FAR:
        return red("clock", said, SYNCHRONISE)
    if abs(seconds) > FAR:
        return warning("clock", said, SYNCHRONISE)
    return ok("clock", f"The clock of {whose} is this machine’s.")
