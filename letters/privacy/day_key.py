"""A key that is made anew each day, stands in no database, and is thrown away.

What senders are remembered by hangs on it: with a copy of the database and all keys of the
environment nobody works out afterwards who sent something. All processes of a host share it through
a file in RUNTIME_DIR, all hosts through CACHE_URL if that is Redis or Memcached.

A day is one of UTC, so that it ends with an hour: a limit of an hour never has two keys.
"""

import datetime
import hmac
import logging
import os
import secrets
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from cases.encryption import urlsafe

logger = logging.getLogger(__name__)

DAY = datetime.timedelta(days=1)
IN_MEMORY = ("redis", "memcached")  # caches that all hosts share, and that no dump holds
NAME = "day-key"

_known: dict[datetime.date, bytes] = {}  # of this process: today's alone


def hidden(text: str) -> str:
    """The same characters for the same text until the day is over; then nobody knows of what."""
    return urlsafe(hmac.digest(key(), text.encode(), "sha256"))


def key() -> bytes:
    day = timezone.now().astimezone(datetime.UTC).date()
    if day not in _known:
        found = _shared(day)
        _known.clear()
        _known[day] = found
    return _known[day]


def forget() -> None:
    """As a process that starts anew."""
    _known.clear()


def _shared(day: datetime.date) -> bytes:
    backend = settings.CACHES["default"]["BACKEND"].lower()
    try:
        if any(name in backend for name in IN_MEMORY):
            name, fresh = f"{NAME}:{day}", secrets.token_bytes(32)
            cache.add(name, fresh, (2 * DAY).total_seconds())  # unless another process was first
            return cache.get(name, fresh)
        return _from_file(Path(settings.RUNTIME_DIR), day)
    except Exception as error:  # no letter is refused for it: each process counts by itself
        logger.error("The key of the day can't be shared: %s", type(error).__name__)
        return secrets.token_bytes(32)


def _from_file(folder: Path, day: datetime.date) -> bytes:
    """The first process of a day makes the file, whole at once; those of other days go."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = folder.stat()
    if about.st_uid != os.getuid() or about.st_mode & 0o077:
        raise PermissionError("RUNTIME_DIR is somebody else's too.")
    path = folder / f"{NAME}-{day}"
    if not path.exists():
        made = folder / f".{secrets.token_hex(8)}"
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
        with suppress(FileExistsError):  # another process was first
            os.link(made, path)
        made.unlink()
    found = path.read_bytes()
    for old in folder.glob(f"{NAME}-*"):
        if old != path:
            old.unlink(missing_ok=True)
    return found
