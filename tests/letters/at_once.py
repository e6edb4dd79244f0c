"""Many hands in the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection


def at_once(*deeds) -> list:
    """Do all in the same moment, each with its own connection, and return what came of each."""
    start = Barrier(len(deeds))

    def do(deed):
        try:
            start.wait(60)
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as hands:
        return list(hands.map(do, deeds))
