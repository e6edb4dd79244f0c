"""Files that readers wait for, in folders or in S3: pictures, and what was rendered.

A store that fails is left alone for some seconds, and is then asked by one: nobody else waits.
"""

import datetime
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.cache import caches
from django.core.files.storage import Storage, storages

logger = logging.getLogger(__name__)

LEFT_ALONE_FOR = 5  # seconds
ASKED_FOR = 10  # seconds that one may ask it before another does: silent, it is given up after six
REMEMBERED_FOR = 60  # seconds: until then it is asked by one at a time


class StoreFails(Exception):
    """It can't be asked: whoever wants something of it has to come back."""


def failing() -> list[str]:
    """Those that failed in the last seconds, as far as this process knows."""
    return [alias for alias in settings.STORAGES if caches["fragments"].get(_left_alone(alias))]


def _left_alone(alias: str) -> str:
    return f"store-left-alone:{alias}"


def _failed(alias: str) -> str:
    return f"store-failed:{alias}"


@contextmanager
def store(alias: str) -> Iterator[Storage]:
    """One of STORAGES. Raises StoreFails; that a file is missing is no failure, and one file that
    may not be read is none of the store.

    Once it has failed, one asks it again after a while, and may wait; all others get StoreFails
    until it has answered.
    """
    cache = caches["fragments"]
    if cache.get(_failed(alias)) and not cache.add(_left_alone(alias), True, ASKED_FOR):
        raise StoreFails(alias)
    try:
        yield storages[alias]
    except FileNotFoundError:
        _answered(alias)
        raise
    except Exception as error:  # each kind of storage has its own
        if not _is_forbidden(error):  # which nobody waits for
            cache.set(_failed(alias), True, REMEMBERED_FOR)
            cache.set(_left_alone(alias), True, LEFT_ALONE_FOR)
        logger.error("The storage “%s” can't be used: %s", alias, type(error).__name__)
        raise StoreFails(alias) from error
    _answered(alias)


def _is_forbidden(error: Exception) -> bool:
    """It may not be read; S3 answers so with status 403, in an error of botocore."""
    answer = getattr(error, "response", None)
    said = answer.get("ResponseMetadata", {}) if isinstance(answer, dict) else {}
    return isinstance(error, PermissionError) or said.get("HTTPStatusCode") == 403


def listed(storage: Storage, folder: str) -> tuple[list[str], list[str]]:
    """The folders and the files in it: none, if it is not there."""
    try:
        return storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def was_written_before(storage: Storage, path: str, moment: datetime.datetime) -> bool:
    """False too if another worker has just deleted it."""
    try:
        return storage.get_modified_time(path) < moment
    except Exception:  # each kind of storage has its own
        if storage.exists(path):
            raise
        return False


def _answered(alias: str) -> None:
    caches["fragments"].delete_many([_failed(alias), _left_alone(alias)])
