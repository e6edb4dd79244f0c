"""Many hands in the same moment."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection, transaction

LONG_ENOUGH = 60
WAITS_FOR_THIS_TRANSACTION = """
    SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))
"""


def at_once(*deeds) -> list:
    """Do all in the same moment, each with its own connection, and return what came of each."""
    start = Barrier(len(deeds))

    def do(deed):
        try:
            start.wait(LONG_ENOUGH)
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as hands:
        return list(hands.map(do, deeds))


def begun_before_the_other_ends(first, second) -> tuple:
    """Do the first act, and the second as far as it comes before the first is committed; return
    what came of each. Only for a database that locks rows.
    """

    def do():
        try:
            return second()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other_hand:
        with transaction.atomic():
            done = first()
            other = other_hand.submit(do)
            end = time.monotonic() + LONG_ENOUGH
            while not (other.done() or _somebody_waits()):
                assert time.monotonic() < end, "it took too long"
                time.sleep(0.01)
        return done, other.result(LONG_ENOUGH)


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITS_FOR_THIS_TRANSACTION)
        return cursor.fetchone() is not None
