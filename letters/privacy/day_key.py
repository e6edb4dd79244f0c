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
# Redis may have been away, or have lost it: then the processes agree again.
SHARED_EVERY = datetime.timedelta(minutes=1)

# Of this process: today's alone, and when it was last shared.
_known: dict[datetime.date, tuple[bytes, datetime.datetime]] = {}


def hidden(text: str) -> str:
    """The same characters for the same text until the day is over; then nobody knows of what."""
    return urlsafe(hmac.digest(key(), text.encode(), "sha256"))


def key() -> bytes:
    now = timezone.now()
    day = now.astimezone(datetime.UTC).date()
    found, at = _known.get(day) or (secrets.token_bytes(32), None)
    if at is None or now - at >= SHARED_EVERY:
        if at:  # nobody else of this process waits for it
            _known[day] = found, now
        found = _shared(day, found)
        _known.clear()
        _known[day] = found, now
    return found


def forget() -> None:
    """As a process that starts anew."""
    _known.clear()


def _shared(day: datetime.date, mine: bytes) -> bytes:
    """The key that another process was first with, or ours."""
    backend = settings.CACHES["default"]["BACKEND"].lower()
    try:
        if any(name in backend for name in IN_MEMORY):
            name = f"{NAME}:{day}"
            cache.add(name, mine, (2 * DAY).total_seconds())
            return cache.get(name, mine)
        return _from_file(Path(settings.RUNTIME_DIR), day, mine)
    except Exception as error:  # no letter is refused for it: each process counts by itself
        logger.error("The key of the day can't be shared: %s", type(error).__name__)
        return mine


def _from_file(folder: Path, day: datetime.date, mine: bytes) -> bytes:
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
            file.write(mine)
        with suppress(FileExistsError):  # another process was first
            os.link(made, path)
        made.unlink()
    found = path.read_bytes()
    for old in folder.glob(f"{NAME}-*"):
        if old != path:
            old.unlink(missing_ok=True)
    return found
