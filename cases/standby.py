"""What waits for no standby of the database: docs/operations.md, “The replica”.

Where PostgreSQL has a synchronous standby, what somebody writes is on two disks before they read
that it is kept. While that standby is away a COMMIT waits, for hours if it must, and until then
nobody else sees what it did. What is taken from readers for somebody's safety can't wait for
that, nor can staff, who have to reach the button: both are done once one disk has them.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

# Also what only locks a row: its COMMIT waits too.
WRITES = re.compile(
    r"\s*(?:INSERT|UPDATE|DELETE|WITH|SELECT\b.*\bFOR (?:NO KEY )?UPDATE)\b",
    re.DOTALL | re.IGNORECASE,
)


def do_not_wait() -> None:
    """Let the transaction that this runs in wait for no standby."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = local")


@contextmanager
def waiting_for_none() -> Iterator[None]:
    """Nothing that is written in here waits for a standby."""
    if connection.vendor != "postgresql":
        yield
    else:
        with connection.execute_wrapper(_execute):
            yield


def _execute(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    # Not set for the connection: with PGBOUNCER the next who gets it may be a supporter.
    if not WRITES.match(sql):
        return execute(sql, params, many, context)
    with transaction.atomic(savepoint=False):
        do_not_wait()
        return execute(sql, params, many, context)
