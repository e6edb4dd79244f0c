"""The erasure list, copied to where the backups lie: within a minute or two of what it notes, so
that it outlives the database. See `cases.models.ErasureEntry`.

Each file is encrypted as a backup is, and sealed. It names those before it, so that one that is
missing is noticed. Those of a day are put together by each backup.
"""

from __future__ import annotations

import datetime
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

import pyrage
from django.core.files.base import ContentFile
from django.utils import timezone

from cases.encryption import keyed_hash
from cases.models import ErasureEntry
from letters.privacy.limits import KEEP_BACKUPS_FOR
from write4rights.backup import BackupError, keys, stored
from write4rights.models import ErasureFile

FOLDER = "erasures"
MAX_ENTRIES = 10_000  # of one file
NAMED = 5  # files of before, in each
ITSELF = "itself"
LOST = "No erasure list lies beside the backups: people who erased their data would be back."
ANYWAY = "if it is lost for good, --without-erasure-list replays what is left of the list."
# Of the newest file, when it is written: a day later another one takes its place.
KEEP_LINES_FOR = KEEP_BACKUPS_FOR - datetime.timedelta(days=1)
# A database that somebody put in place without `restore` lacks lines of the list. Files that it
# does not know stay so long: time to notice.
KEEP_UNKNOWN_FOR = datetime.timedelta(days=7)
FIELDS = ["pk", "at", "act", "model", "rows", "email_hash", "value"]


@dataclass
class ErasureFileContent:
    entries: list[ErasureEntry]
    before: list[str]  # the names of some files that were written before it
    # The last of those that have the whole list names the first of them; the others nothing.
    whole_from: str


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
    """All that a backup may need in new files, which take the place of those from before."""
    copy()
    now, replaced = timezone.now(), set(ErasureFile.objects.values_list("name", flat=True))
    entries = ErasureEntry.objects.lines().filter(at__gte=now - KEEP_LINES_FOR).order_by("pk")
    part: list[ErasureEntry] = []
    to, first = keys.recipients(), ""
    for entry in entries.iterator(MAX_ENTRIES):
        part.append(entry)
        if len(part) == MAX_ENTRIES:
            name = _write(part, to)
            first, part = first or name, []
    # Also if it is empty: it says that there was nothing.
    _write(part, to, whole_from=first or ITSELF)
    names = stored.names(FOLDER)
    unknown = {name for name in names if stored.time_in(name) < now - KEEP_UNKNOWN_FOR}
    for name in sorted(replaced | unknown):
        stored.storage().delete(name)
        ErasureFile.objects.filter(name=name).delete()


def last_names() -> list[str]:
    """Of the files written last. Several: two processes may write at once, and name the same."""
    return list(ErasureFile.objects.order_by("-pk").values_list("name", flat=True)[:NAMED])


def missing() -> list[str]:
    """What has to lie beside the backups and does not."""
    names = set(ErasureFile.objects.values_list("name", flat=True))
    return sorted(names - set(stored.names(FOLDER)))


def read_all(
    identities: list, *, named: Iterable[str] = (), incomplete: bool = False
) -> list[ErasureEntry]:
    """The whole list; raises BackupError if there is none, or one of its files can't be read or is
    missing. `named` are files that have to be there. If it is `incomplete`, what is left of it."""
    names = stored.names(FOLDER)
    if not names and not incomplete:
        raise BackupError(f"{LOST} Find the folder “erasures”; {ANYWAY}")
    files = {}
    for name in names:
        try:
            files[name] = _read(name, identities)
        except BackupError:
            if not incomplete:
                raise
    if not incomplete and (lost := _lost(files, named)):
        raise BackupError(f"A file of the erasure list is missing: {lost[0]}. Find it; {ANYWAY}")
    found = {entry.fingerprint: entry for file in files.values() for entry in file.entries}
    return sorted(found.values(), key=lambda entry: (entry.at, entry.pk))


def _lost(files: dict[str, ErasureFileContent], named: Iterable[str]) -> list[str]:
    """What a file or a backup names and is not there, unless all of it is in later ones."""
    whole = max((file.whole_from for file in files.values()), default="")
    wanted = {*named, *(name for file in files.values() for name in file.before)}
    newest_backup = max(map(stored.time_in, stored.names()), default=None)
    if newest_backup and stored.time_in(whole or max(files)) < newest_backup:
        return ["the newest"]
    # What it names was written before it, perhaps in the same second.
    lost = wanted - files.keys() - set(files[whole].before if whole in files else [])
    return sorted(
        name for name in lost if not whole or stored.time_in(name) >= stored.time_in(whole)
    )


def remember(names: Iterable[str]) -> None:
    """In a restored database: they have to be there from now on."""
    rows = [ErasureFile(name=name) for name in sorted(names)]
    ErasureFile.objects.bulk_create(rows, ignore_conflicts=True)


def _write(entries: Iterable[ErasureEntry], to: list, whole_from: str = "") -> str:
    lines = [
        {name: getattr(entry, name) for name in FIELDS} | {"at": entry.at.isoformat()}
        for entry in entries
    ]
    name = f"{FOLDER}/{stored.stamp(timezone.now())}-{secrets.token_hex(4)}.age"
    text = json.dumps(
        {
            "name": name,
            "before": last_names(),
            "whole_from": name if whole_from == ITSELF else whole_from,
            "lines": lines,
        }
    )
    sealed = json.dumps({"lines": text, "seal": keyed_hash(text, "erasures")})
    stored.storage().save(name, ContentFile(pyrage.encrypt(sealed.encode(), to)))
    ErasureFile.objects.create(name=name)
    return name


def _read(name: str, identities: list) -> ErasureFileContent:
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
    said = json.loads(text)
    if isinstance(said, list):  # of before 27 November 2026: it names none
        said = {"name": name, "before": [], "whole_from": "", "lines": said}
    if said["name"] != name:
        raise BackupError(f"{name} is a copy of {said['name']}: it took the place of another.")
    entries = [
        ErasureEntry(**line | {"at": datetime.datetime.fromisoformat(line["at"])}, is_copied=True)
        for line in said["lines"]
    ]
    return ErasureFileContent(entries, said["before"], said["whole_from"])
