"""Backups: database and media in one encrypted file, and the erasure list beside it.

`archive` writes and reads the file, `databases` has what differs between SQLite and PostgreSQL,
`erasure_files` copies the erasure list, `making`, `restoring` and `drilling` are what the commands
do. docs/operations.md, “Backups”.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import CommandError
from django.db import OperationalError


class BackupError(Exception):
    """What went wrong, in one sentence for whoever runs the server."""


@contextmanager
def told_in_a_sentence() -> Iterator[None]:
    """A full disk, too, or a server that went away."""
    try:
        yield
    except BackupError as error:
        raise CommandError(str(error)) from None
    except (OSError, OperationalError, sqlite3.OperationalError) as error:
        first = str(error).strip().partition("\n")[0]
        raise CommandError(f"It could not go on: {first}") from None
