"""The erasure list, copied to where the backups lie: within a minute or two of what it notes, so
that it outlives the database. See `cases.models.ErasureEntry`.

Each file is encrypted as a backup is, and sealed. Those of a day are put together by each backup.
"""

from __future__ import annotations

import datetime
import json
import secrets
from collections.abc import Iterable

import pyrage
from django.core.files.base import ContentFile
from django.utils import timezone

from cases.encryption import keyed_hash
from cases.models import ErasureEntry
from write4rights.backup import BackupError, keys, stored

FOLDER = "erasures"
MAX_ENTRIES = 10_000  # of one file
# A database that somebody put in place without `restore` lacks lines of the list. Files that it
# would take the place of stay so long: time to notice.
KEEP_REPLACED_FOR = datetime.timedelta(days=7)
FIELDS = ["pk", "at", "act", "model", "rows", "email_hash", "value"]


def copy() -> int:
    """Copy what is new. How many lines."""
    to, number = keys.recipients(), 0
    while entries := list(ErasureEntry.objects.to_copy().order_by("pk")[:MAX_ENTRIES]):
        _write(entries, to)
        # Were it killed before this, they would be copied once more: no harm.
        ErasureEntry.objects.filter(pk__in=[one.pk for one in entries]).update(is_copied=True)
        number += len(entries)
    return number


def copy_all() -> None:
    """All that there is in new files, which take the place of those from before, a week later."""
    copy()
    before = stored.names(FOLDER)
    entries = ErasureEntry.objects.order_by("pk")
    part: list[ErasureEntry] = []
    to = keys.recipients()
    for entry in entries.iterator(MAX_ENTRIES):
        part.append(entry)
        if len(part) == MAX_ENTRIES:
            _write(part, to)
            part = []
    _write(part, to)  # also if it is empty: it says that there was nothing
    replaced_before = timezone.now() - KEEP_REPLACED_FOR
    for name in before:
        if (moment := stored.moment_of(name)) and moment < replaced_before:
            stored.storage().delete(name)


def read_all(identities: list) -> list[ErasureEntry]:
    """The whole list; raises BackupError if there is none, or one of its files can't be read."""
    names = stored.names(FOLDER)
    if not names:
        raise BackupError(
            "No erasure list lies beside the backups: people who erased their data would be back. "
            "Find the folder “erasures”; --without-erasure-list if it is lost for good."
        )
    found: dict[int, ErasureEntry] = {}
    for name in names:
        for entry in _read(name, identities):
            found[entry.pk] = entry
    return sorted(found.values(), key=lambda entry: (entry.at, entry.pk))


def newest() -> datetime.datetime | None:
    moments = [stored.moment_of(name) for name in stored.names(FOLDER)]
    return max((moment for moment in moments if moment), default=None)


def _write(entries: Iterable[ErasureEntry], to: list) -> None:
    lines = [
        {name: getattr(entry, name) for name in FIELDS} | {"at": entry.at.isoformat()}
        for entry in entries
    ]
    text = json.dumps(lines)
    sealed = json.dumps({"lines": text, "seal": keyed_hash(text, "erasures")})
    name = f"{FOLDER}/{stored.stamp(timezone.now())}-{secrets.token_hex(4)}.age"
    stored.storage().save(name, ContentFile(pyrage.encrypt(sealed.encode(), to)))


def _read(name: str, identities: list) -> list[ErasureEntry]:
    with stored.storage().open(name) as file:
        data = file.read()
    try:
        found = json.loads(pyrage.decrypt(data, identities))
        text, seal = found["lines"], found["seal"]
    except (pyrage.DecryptError, ValueError, KeyError):
        raise BackupError(
            f"{name} can't be read with this identity, or was changed: without it the erasure list "
            "is not whole."
        ) from None
    if seal != keyed_hash(text, "erasures"):
        raise BackupError(f"{name} was made with another HASH_KEY, or by somebody else.")
    return [
        ErasureEntry(**line | {"at": datetime.datetime.fromisoformat(line["at"])}, is_copied=True)
        for line in json.loads(text)
    ]
