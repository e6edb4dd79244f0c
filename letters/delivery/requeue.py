"""Tasks whose worker died, or that failed: they run again, a few times.

django-tasks keeps a task as a row, and does neither of the two by itself.
"""

from __future__ import annotations

import datetime
import gc

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks import TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from letters.delivery import parts

# Longer than any task takes, but for a worker that was stopped or is dead. If it lives after all,
# nothing is done twice: see parts.py.
LEASE = datetime.timedelta(minutes=15)
MAX_ATTEMPTS = 5
FIRST_WAIT = datetime.timedelta(minutes=1)  # doubled each time
KEEP_DONE_FOR = datetime.timedelta(days=7)  # to see why one failed


def run_one() -> bool:
    """Run the next task, in this process. Whether there was one."""
    ready = DBTaskResult.objects.ready()
    if not ready.exists():
        return False
    worker = Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=1,
        worker_id=get_random_string(32),
        excluded_queue_names=[],
    )
    with transaction.atomic():
        row = ready.get_locked()
        if row is not None:
            row.claim(worker.worker_id)
    if row is not None:
        worker.run_task(row)
        # A letter and its redactions point at each other: those of many parts would stay in memory.
        gc.collect()
    return row is not None


def requeue(lease: datetime.timedelta = LEASE) -> int:
    """Let run again what failed, and what a dead worker left. Returns how many."""
    now, again = timezone.now(), 0
    lost = DBTaskResult.objects.running().filter(started_at__lt=now - lease)
    for row in [*lost, *DBTaskResult.objects.failed()]:
        as_read = DBTaskResult.objects.filter(
            pk=row.pk, status=row.status, started_at=row.started_at
        )
        attempts = len(row.worker_ids)
        if attempts < MAX_ATTEMPTS:
            has_failed = row.status == TaskResultStatus.FAILED
            wait = FIRST_WAIT * 2 ** (attempts - 1) if has_failed else datetime.timedelta()
            again += as_read.update(status=TaskResultStatus.READY, run_after=now + wait)
        else:
            as_read.update(status=TaskResultStatus.FAILED, finished_at=row.finished_at or now)
            parts.give_up(*row.args_kwargs["args"])
    return again


def given_up() -> int:
    """How many tasks of the last days failed every time; none of them runs again by itself."""
    failed = DBTaskResult.objects.failed().values_list("worker_ids", flat=True)
    return sum(len(tries) >= MAX_ATTEMPTS for tries in failed)


def prune() -> int:
    """Nobody looks at what is done; what failed is looked at for a while."""
    over = timezone.now() - KEEP_DONE_FOR
    return DBTaskResult.objects.finished().filter(finished_at__lt=over).delete()[0]
