"""Where the backups lie: STORAGES["backups"], a folder or S3."""

from __future__ import annotations

import datetime
import re

from django.core.files.storage import Storage, storages

from write4rights.backup import BackupError

STAMP = "%Y%m%dT%H%M%SZ"


def storage() -> Storage:
    return storages["backups"]


def stamp(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime(STAMP)


def time_in(name: str) -> datetime.datetime:
    """Of what `names` names."""
    moment = moment_of(name)
    if moment is None:
        raise BackupError(f"{name} does not say when it was made.")
    return moment


def moment_of(name: str) -> datetime.datetime | None:
    found = re.search(r"\d{8}T\d{6}Z", name)
    if not found:
        return None
    return datetime.datetime.strptime(found[0], STAMP).replace(tzinfo=datetime.UTC)


def names(folder: str = "") -> list[str]:
    """Of what lies there, the oldest first; what is not ours is not named."""
    try:
        found = storage().listdir(folder)[1]
    except FileNotFoundError:
        return []
    except Exception as error:  # each kind of storage has its own
        raise BackupError(
            f"Nothing can be read where BACKUP_STORAGE says: {type(error).__name__}."
        ) from None
    paths = [f"{folder}/{name}" if folder else name for name in found]
    ours = [path for path in paths if path.endswith(".age") and moment_of(path)]
    return sorted(ours)


def chosen(name: str) -> str:
    """The backup of that name; “latest” is the newest."""
    found = names()
    if name == "latest" and found:
        return found[-1]
    if name not in found:
        raise BackupError(
            f"There is no backup “{name}”: `manage.py backup --list` names those that there are."
            if found
            else "There is no backup where BACKUP_STORAGE says."
        )
    return name
