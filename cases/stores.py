"""Files that readers wait for, in folders or in S3: pictures, and what was rendered.

A store that fails is left alone for some seconds: meanwhile nobody waits for it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.cache import caches
from django.core.files.storage import Storage, storages

logger = logging.getLogger(__name__)

LEFT_ALONE_FOR = 5  # seconds


class StoreFails(Exception):
    """It can't be asked: whoever wants something of it has to come back."""


def failing() -> list[str]:
    """Those that failed in the last seconds, as far as this process knows."""
    return [alias for alias in settings.STORAGES if caches["fragments"].get(_key(alias))]


def _key(alias: str) -> str:
    return f"store-fails:{alias}"


@contextmanager
def store(alias: str) -> Iterator[Storage]:
    """One of STORAGES. Raises StoreFails; that a file is missing is no failure."""
    if caches["fragments"].get(_key(alias)):
        raise StoreFails(alias)
    try:
        yield storages[alias]
    except FileNotFoundError:
        raise
    except Exception as error:  # each kind of storage has its own
        caches["fragments"].set(_key(alias), True, LEFT_ALONE_FOR)
        logger.error("The storage “%s” can't be used: %s", alias, type(error).__name__)
        raise StoreFails(alias) from error
