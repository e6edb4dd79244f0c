"""The drill: a backup is made, the oldest one is restored beside the site, and everybody who was
erased since stays away. Nothing of the site is changed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.test.utils import override_settings
from django.utils import timezone

from write4rights.backup import databases, making, restoring, stored
from write4rights.backup.restoring import Say
from write4rights.models import BackupRun

FOLDER = "django.core.files.storage.FileSystemStorage"


def drill(identities: list, say: Say) -> None:
    """Raises BackupError where something is not as it should be."""
    with databases.alone():
        _drill(identities, say)


def _drill(identities: list, say: Say) -> None:
    began, clock = timezone.now(), time.monotonic()

    def timed(text: str) -> None:
        say(f"{time.monotonic() - clock:7.1f} s  {text}")

    try:
        fresh = making.make()
        timed(f"Made {fresh}.")
        with restoring.checked(fresh, identities, without_list=False):
            timed("It is whole, and can be opened.")
        oldest = stored.names()[0]
        with restoring.checked(oldest, identities, without_list=False) as backup:
            days = (timezone.now() - backup.made_at).days
            timed(f"So is the oldest, {oldest}, of {days} days ago.")
            scratch = databases.beside(databases.DRILL)
            try:
                with restoring.loaded(backup, scratch, identities, timed), _media_aside():
                    files = 0
                    for _name, data in restoring.whole_media(backup.file, identities):
                        files += bool(data)
                    timed(f"{files:,} files of MEDIA_ROOT can be read.")
                    restoring.replay(backup, timed)
            finally:
                databases.drop(scratch)
    except Exception as error:
        making.note(BackupRun.Kind.DRILL, began, f"{type(error).__name__}", ok=False)
        raise
    summary = f"{oldest} restored in {time.monotonic() - clock:.0f} s"
    making.note(BackupRun.Kind.DRILL, began, f"{summary}, {len(backup.entries):,} lines replayed")
    timed("All is well; nothing of the site was changed.")


@contextmanager
def _media_aside() -> Iterator[None]:
    """Pictures that are removed by the list are not removed from the site."""
    with tempfile.TemporaryDirectory() as folder:
        aside = {"BACKEND": FOLDER, "OPTIONS": {"location": folder}}
        with override_settings(STORAGES=settings.STORAGES | {"default": aside}):
            yield
