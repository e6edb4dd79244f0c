"""Numbers for Prometheus, none of them about anybody. Imported only where METRICS_TOKEN is set.

Each process of gunicorn counts in a file of its own below RUNTIME_DIR, and whoever is asked adds
them up. What stands in the database is asked anew each time.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from cases import replica, stores
from cases.models import ActionCount
from cases.printing import rendering
from letters.delivery import requeue
from letters.models import OutgoingMail, WorkerPulse
from write4rights.models import BackupRun
from write4rights.pagecache.cache import PageCache

FOLDER = Path(settings.RUNTIME_DIR) / "metrics"
for _folder in (FOLDER.parent, FOLDER):  # as letters.privacy.day_key wants it: of nobody else
    _folder.mkdir(mode=0o700, parents=True, exist_ok=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(FOLDER)  # before the next line reads it

from prometheus_client import (  # noqa: E402
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402
from prometheus_client.registry import Collector  # noqa: E402

PREFIX = "write4rights"
KINDS = ["letters", "messages", "signatures", "posts"]
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)  # seconds

# By the name of the view: a path may be private, and there are as many as anybody makes up.
requests = Counter("write4rights_requests", "Answers of Django", ["view", "status"])
seconds = Histogram("write4rights_request_seconds", "Their time", ["view"], buckets=BUCKETS)
from_cache = Counter("write4rights_pages_from_cache", "Pages answered from memory")
renderings = Counter("write4rights_renderings", "PDFs and pictures of readers", ["result"])

page_cache: PageCache | None = None  # of this process, if there is one
_moved: dict[str, int] = {}
_moving = Lock()


def note(request: HttpRequest, status: int, took: float) -> None:
    """One answer of Django's, and what was counted elsewhere since the last one."""
    match = request.resolver_match
    view = (match.view_name if match else "") or "none"
    requests.labels(view, str(status)).inc()
    seconds.labels(view).observe(took)
    with _moving:
        if page_cache:
            _move(from_cache, "cache", page_cache.hits)
        for result, number in list(rendering.asked.items()):
            _move(renderings.labels(result), result, number)


def _move(counter: Counter, name: str, total: int) -> None:
    if more := total - _moved.get(name, 0):
        counter.inc(more)
        _moved[name] = total


QUESTIONS: dict[str, tuple[str, Callable[[], float | None]]] = {
    "outbox_mails": ("Mails that wait", lambda: OutgoingMail.objects.waiting().count()),
    "outbox_held_up_mails": (
        "Mails that wait because more was asked for than may leave in an hour",
        lambda: OutgoingMail.objects.held_up().count(),
    ),
    "outbox_oldest_seconds": (
        "For how long the first of those that could leave now could have left",
        lambda: OutgoingMail.objects.longest_due().total_seconds(),
    ),
    "outbox_given_up_mails": (
        "Mails that could not be sent",
        lambda: OutgoingMail.objects.exclude(given_up_at=None).count(),
    ),
    "worker_pulse_age_seconds": ("When a worker was last heard of", lambda: _pulse_age()),
    "backup_age_seconds": ("How old the newest backup is", lambda: _backup_age()),
    "jobs_waiting": ("Tasks for the worker", lambda: DBTaskResult.objects.ready().count()),
    "jobs_given_up": ("Tasks that failed every time", requeue.given_up),
    # Of the process that is asked: it proves it anew each second while pages are made.
    "replica_age_seconds": (
        "How far the replica is behind at most, while it is used",
        lambda: replica.replica.age if replica.replica.is_used else None,
    ),
    "storages_failing": ("Storages that do not answer", lambda: len(stores.failing())),
    # All of them, as every page tells it; by kind only what was published today, so that no
    # number tells of one act (docs/safety.md 19).
    "actions": ("Letters, messages, signatures and posts", lambda: sum(_sums(*KINDS).values())),
}


class OfTheSite(Collector):
    """What all processes share: asked of the database."""

    def collect(self) -> Iterator[Metric]:
        try:
            found = {name: ask() for name, (_meaning, ask) in QUESTIONS.items()}
            published = _sums(*(f"shown_{kind}" for kind in KINDS))
        except DatabaseError:
            yield _gauge("database_up", "Whether the database answers", 0)
            return
        yield _gauge("database_up", "Whether the database answers", 1)
        for name, (meaning, _ask) in QUESTIONS.items():
            yield _gauge(name, meaning, found[name])
        by_kind = GaugeMetricFamily(
            f"{PREFIX}_actions_published", "By kind, daily", labels=["kind"]
        )
        for field, number in published.items():
            by_kind.add_metric([field.removeprefix("shown_")], number)
        yield by_kind


def _pulse_age() -> float | None:
    age = WorkerPulse.objects.age()
    return None if age is None else age.total_seconds()


def _backup_age() -> float | None:
    last = BackupRun.last(BackupRun.Kind.BACKUP)
    return (timezone.now() - last.finished_at).total_seconds() if last else None


def _sums(*fields: str) -> dict[str, int]:
    found = ActionCount.objects.aggregate(**{field: Sum(field, default=0) for field in fields})
    return {field: found[field] for field in fields}


def _gauge(name: str, meaning: str, value: float | None) -> Metric:
    value = float("nan") if value is None else value
    return GaugeMetricFamily(f"{PREFIX}_{name}", meaning, value=value)


def exposition() -> bytes:
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    registry.register(OfTheSite())
    return generate_latest(registry)


def forget_the_dead() -> None:
    """Remove the files of processes that are no more: gunicorn asks for it when it starts."""
    for path in FOLDER.glob("*.db"):
        number = re.search(r"_(\d+)\.db$", path.name)
        if number and not Path(f"/proc/{number[1]}").exists():
            path.unlink(missing_ok=True)
