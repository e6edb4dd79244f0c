"""A backup of the database and of MEDIA_ROOT."""

from __future__ import annotations

import datetime
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from cases.encryption import fernet, keyed_hash
from cases.models import ErasureEntry
from letters.privacy.limits import KEEP_BACKUPS_FOR
from write4rights.backup import BackupError, archive, databases, erasure_files, keys, stored
from write4rights.models import BackupRun

PREFIX = "write4rights-"
MADE_WITHIN = datetime.timedelta(days=1)
READABLE = b"what ENCRYPTION_KEYS opens"


def make() -> str:
    """Write one, with the whole erasure list beside it, and delete those that are too old. Its
    name. That it failed is noted too."""
    began = timezone.now()
    try:
        return _make(began)
    except Exception as error:
        with suppress(DatabaseError):
            note(BackupRun.Kind.BACKUP, began, type(error).__name__, ok=False)
        raise


def _make(began: datetime.datetime) -> str:
    to = keys.recipients()
    delete_old()
    name = f"{PREFIX}{stored.stamp(began)}.age"
    erasure_files.copy()
    with _workpiece() as file:
        with databases.dumped() as dump:
            dropped_until = ErasureEntry.objects.dropped_until()
            manifest = {
                "made_at": began.isoformat(),
                "engine": connection.vendor,
                "migrations": migrations(),
                "counts": dump.counts,
                "noted": dump.noted,
                "dropped_until": dropped_until and dropped_until.isoformat(),
                "erasure_files": erasure_files.last_names(),
                "hash_key": keyed_hash("whose", "backup"),
                "readable": fernet().encrypt(READABLE).decode(),
            }
            archive.write(file, to, manifest, _all(dump.parts))
        erasure_files.copy_all()  # before it: no backup lies there without its list
        file.flush()
        size = file.tell()
        file.seek(0)
        saved = stored.storage().save(name, _Workpiece(file, name, file.name))
    if saved != name:
        stored.storage().delete(saved)
        raise BackupError("Another backup was made in this second.")
    rows = sum(dump.counts.values())
    note(BackupRun.Kind.BACKUP, began, f"{name}: {rows:,} rows, {size / 1e6:,.1f} MB")
    return name


def note(
    kind: str,
    began: datetime.datetime,
    summary: str,
    *,
    ok: bool = True,
    at: datetime.datetime | None = None,
) -> BackupRun:
    ended = at or timezone.now()
    return BackupRun.objects.create(
        kind=kind, started_at=began, finished_at=ended, ok=ok, summary=summary
    )


def delete_old() -> int:
    """Those that would be too old before the next one is made: a day before the lines of the
    erasure list that they need."""
    made_before = timezone.now() - erasure_files.KEEP_LINES_FOR + datetime.timedelta(days=1)
    old = [
        name
        for name in stored.names()
        if (moment := stored.moment_of(name)) and moment < made_before
    ]
    for name in old:
        stored.storage().delete(name)
    BackupRun.objects.filter(finished_at__lt=timezone.now() - 24 * KEEP_BACKUPS_FOR).delete()
    return len(old)


def migrations() -> list[str]:
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(".".join(migration) for migration in applied)


class _Workpiece(File):
    """What a storage that is a folder moves."""

    def __init__(self, file: BinaryIO, name: str, path: str) -> None:
        super().__init__(file, name)
        self.path = path

    def temporary_file_path(self) -> str:
        return self.path


@contextmanager
def _workpiece() -> Iterator[BinaryIO]:
    """It comes to lie among the backups whole, or not at all: in their own folder it is only
    renamed in the end, and needs no room twice."""
    storage, folder = stored.storage(), None
    if isinstance(storage, FileSystemStorage):
        folder = Path(storage.location)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in folder.glob(".*.age"):  # by a backup that was killed
            if left.stat().st_mtime < (timezone.now() - MADE_WITHIN).timestamp():
                left.unlink(missing_ok=True)
    handle, path = tempfile.mkstemp(dir=folder, prefix=".", suffix=".age")
    os.close(handle)
    try:
        with open(path, "w+b") as file:
            yield file
    finally:
        Path(path).unlink(missing_ok=True)


def _all(database: Iterator[bytes]) -> Iterator[archive.Named]:
    yield from archive.parts("database", database)
    names = []
    for name in media():
        try:
            with default_storage.open(name) as file:
                chunks = list(archive.in_parts(file))
        except FileNotFoundError:  # removed this moment
            continue
        names.append(name)
        yield from archive.parts(f"media/{name}", chunks or [b""])
    yield "media.json", json.dumps(names).encode()


def media(folder: str = "") -> Iterator[str]:
    """The names of all files that are served."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(files):
        if not name.startswith("."):
            yield f"{folder}/{name}" if folder else name
    for name in sorted(folders):
        yield from media(f"{folder}/{name}" if folder else name)
