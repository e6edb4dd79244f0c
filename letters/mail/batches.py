"""One thing that many are told of, each by a mail: the worker puts some at a time into the outbox.

How far it came is kept by the row that they are told of, and commits with the mails. What each says
is written when it leaves, and nothing leaves of a case that is frozen by then, nor of a letter that
was erased.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet

from letters.models import Delivery, Reply, YearLetter

MAILS_A_BATCH = 500  # mails a transaction: a confirmation asked for meanwhile waits no longer

Told = TypeVar("Told", Delivery, Reply, YearLetter)


def queue(due: QuerySet[Told], told: str, queue_some: Callable[[Told, int], list[int]]) -> int:
    """Queue the next mails of the first row that is due, and return how many were looked at.

    `queue_some` queues so many at most, and returns the numbers of those that it looked at. The
    field `told` keeps the last.
    """
    with transaction.atomic():
        row = due.select_for_update(of=["self"], skip_locked=True).first()
        if row is None:
            return 0
        numbers = queue_some(row, MAILS_A_BATCH)
        if numbers:
            setattr(row, told, numbers[-1])
        if len(numbers) < MAILS_A_BATCH:
            row.tell_after = None
        row.save(update_fields=[told, "tell_after"])
    return len(numbers)
