"""A database as a backup of before has it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from cases.models import ErasureEntry
from write4rights.backup import replaying


@contextmanager
def a_restored_backup() -> Iterator[None]:
    """What is done inside is undone after it, and then the list of it is replayed."""
    with transaction.atomic():
        yield
        entries = list(ErasureEntry.objects.all())
        transaction.set_rollback(True)
    replaying.replay(entries)
