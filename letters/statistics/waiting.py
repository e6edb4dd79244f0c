"""How long what is handed to us waits until somebody reads it, for who thinks of handing it in."""

from __future__ import annotations

import datetime

from django.core.cache import caches
from django.utils import timezone

from letters.models import Letter, LetterState
from letters.statistics.disclosure import SMALLEST_SHOWN

SAID_FROM = datetime.timedelta(days=3)  # what is shorter nobody needs to know
ASKED_EVERY = 300  # seconds


def days_until_read() -> int:
    """So many days the longest waiting have waited, if that is long; else 0.

    As long as the fifth of them: how long one alone waits is nobody else's to know.
    """
    found = caches["fragments"].get("days-until-read")
    if found is None:
        found = _days()
        caches["fragments"].set("days-until-read", found, ASKED_EVERY)
    return found


def _days() -> int:
    waiting = Letter.objects.queued().filter(state=LetterState.SUBMITTED)
    since = waiting.values_list("waiting_since", flat=True)
    longest = [one for one in since[:SMALLEST_SHOWN] if one]
    if len(longest) < SMALLEST_SHOWN:
        return 0
    waits = timezone.now() - longest[-1]
    return waits.days if waits > SAID_FROM else 0
