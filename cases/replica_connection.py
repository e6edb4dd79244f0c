"""A connection to the replica, on which nobody waits longer than a reader would.

A server whose disk hangs says nothing, while its machine goes on acknowledging what is sent: no
option of PostgreSQL or of the network ends that.
"""

from typing import Any

import psycopg

PATIENCE = 2  # seconds, for one answer


class TookTooLong(psycopg.OperationalError):
    """The connection is closed."""


class ImpatientConnection(psycopg.Connection):
    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        try:
            return super().wait(gen, *args, **{"timeout": PATIENCE} | options)
        except psycopg.errors._WaitTimeout as error:  # what `wait` says it raises
            self.close()  # its answer may still come
            raise TookTooLong from error
