"""Case sheets and social cards: rendered once for each version, and kept.

In STORAGES["rendered"], a folder or S3; nobody serves what lies there, so a case that may not be
read about is not found through it. Without it all is rendered each time.
"""

import datetime
import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone

from cases.printing.rendering import TEMPLATES, turn
from cases.stores import StoreFails, store

ALIAS = "rendered"
# A sheet says on which day it was made, so a new one comes daily; some 100 to 500 KB each.
KEPT_FOR = datetime.timedelta(days=30)
MOST = 1_000
SEAL = hashlib.sha256  # stands before what is kept: half a file is none
SEAL_SIZE = SEAL().digest_size


def rendered_once(name: str, said: Mapping[str, Any], render: Callable[[], bytes]) -> bytes:
    """What `render` made the last time that everything `said` was the same, or makes now.

    `said` is plain data, and must hold everything that is seen in the result; the templates and
    Typst are added here. Raises rendering.Busy.
    """
    written = json.dumps([name, said, _templates()], sort_keys=True, default=str)
    path = f"{name}-{hashlib.sha256(written.encode()).hexdigest()}"
    found = _read(path)
    if found is None:
        with turn():
            found = render()
        _write(path, found)
    return found


def clear() -> None:
    _delete(_names())


def delete_old() -> None:
    """What is older than it may be, and the oldest of more than there may be."""
    made_at = {}
    for name in _names():
        with suppress(FileNotFoundError):  # another worker was faster
            made_at[name] = storages[ALIAS].get_modified_time(name)
    newest_first = sorted(made_at, key=lambda name: made_at[name], reverse=True)
    limit = timezone.now() - KEPT_FOR
    _delete(newest_first[MOST:] + [name for name in newest_first[:MOST] if made_at[name] < limit])


def _read(path: str) -> bytes | None:
    try:
        with store(ALIAS) as storage, storage.open(path) as file:
            data = file.read()
    except (FileNotFoundError, StoreFails):
        return None
    seal, found = data[:SEAL_SIZE], data[SEAL_SIZE:]
    return found if seal == SEAL(found).digest() else None


def _write(path: str, found: bytes) -> None:
    with suppress(StoreFails), store(ALIAS) as storage:
        storage.save(path, ContentFile(SEAL(found).digest() + found))


def _names() -> list[str]:
    try:
        return storages[ALIAS].listdir("")[1]
    except FileNotFoundError:
        return []


def _delete(names: list[str]) -> None:
    for name in names:
        storages[ALIAS].delete(name)


@cache
def _templates() -> str:
    state = hashlib.sha256(version("typst").encode())
    for path in sorted(TEMPLATES.rglob("*.*")):
        state.update(path.name.encode() + path.read_bytes())
    return state.hexdigest()
