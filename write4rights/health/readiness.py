"""Whether this process can serve readers, and whether somebody has to act: /readyz."""

import logging
import threading
import time
from typing import NamedTuple

from django.core.cache import caches

from write4rights.health.checks import READY, WORKING, Check, results, worst
from write4rights.health.results import Level, Result

logger = logging.getLogger(__name__)

REMEMBER = 2  # seconds: however often it is asked, the database is asked no more often
HOLDS = 10  # seconds: what was found longer ago says nothing of now
PATIENCE = 2  # seconds that one waits for another's answer where nothing holds any more
KEEP = 60 * 60  # seconds: what it was before, so that a change is told
NAME = "readiness"
NUMBERS = {
    "worker": "worker_pulse_age_seconds",
    "outbox": "oldest_mail_age_seconds",
    "jobs": "jobs_given_up",
    "replica": "replica_age_seconds",
}

_asking = threading.Lock()


class Readiness(NamedTuple):
    """What each check found, by its name. `working` is empty if the site can't serve."""

    ready: dict[str, Result]
    working: dict[str, Result]
    at: float

    @property
    def is_ready(self) -> bool:
        return worst(self.ready.values()) == Level.OK

    @property
    def status(self) -> str:
        """A dead worker takes no page from readers: the site is degraded, and can serve."""
        if not self.is_ready:
            return "unready"
        return "ready" if worst(self.working.values()) == Level.OK else "degraded"

    def as_json(self) -> dict[str, object]:
        found = self.ready | self.working
        return {
            "status": self.status,
            "checks": {name: result.level.name.lower() for name, result in found.items()},
            **{
                NUMBERS[name]: result.number
                for name, result in self.working.items()
                if name in NUMBERS
            },
        }


def readiness() -> Readiness | None:
    """What was found in the last two seconds.

    Whoever comes while another asks gets what was found just before, so that a database that hangs
    takes one thread and not all of them; None if there is nothing that still holds.
    """
    last, age = _last()
    if last and age < REMEMBER:
        return last
    holds = last if age < HOLDS else None
    if not _asking.acquire(timeout=0 if holds else PATIENCE):
        return holds
    try:
        last, age = _last()  # another may have asked meanwhile
        if last and age < REMEMBER:
            return last
        ready = _asked(READY)
        working = _asked(WORKING) if worst(ready.values()) == Level.OK else {}
        found = Readiness(ready, working, time.monotonic())
        _tell_change(last, found)
        caches["fragments"].set(NAME, found, KEEP)
        return found
    finally:
        _asking.release()


def _last() -> tuple[Readiness | None, float]:
    """With its age in seconds."""
    last: Readiness | None = caches["fragments"].get(NAME)
    return last, time.monotonic() - last.at if last else float("inf")


def _asked(checks: dict[str, Check]) -> dict[str, Result]:
    found: dict[str, Result] = {}
    for name, check in checks.items():
        found[name] = next(results([check]))
        if name == "database" and not found[name].is_ok:  # the others would ask it too
            break
    return found


def _tell_change(before: Readiness | None, now: Readiness) -> None:
    """Once in the log, however often it is asked."""
    if now.status == (before.status if before else "ready"):
        return
    found = [*now.ready.values(), *now.working.values()]
    level = logging.ERROR if worst(found) == Level.RED else logging.WARNING
    said = " ".join(result.said for result in found if not result.is_ok)
    logger.log(level, "The site is %s. %s", now.status, said)
