"""Readers' pages from a replica of the database, while it is proven to be at most two seconds old.

Once a second a process notes how far the primary has written, and looks how far the replica has
replayed: if it has what was noted, it is no older than that note. Its own word on its age is not
asked for: cut off from the primary, it would say that nothing is missing. So without the primary
the replica is not used either: a case may have been frozen that it does not know of.

After a restore another database has the name of ours, and a connection to the replica that is older
still reads the one of before. So each page asks its own first, which ends if that is so.

Nobody waits for it for long: how far it is is asked in a thread of its own, and a page that fails
because of it, or waits two seconds, is made once more from the primary. All that is not a reader's
page, and every write, goes to the primary, so nobody misses what they wrote.
"""

import contextvars
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, NamedTuple, TypeVar

import psycopg
from django.conf import settings
from django.db import (
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connections,
    transaction,
)
from django.db.models import Model

from cases.replica_connection import ImpatientConnection

logger = logging.getLogger(__name__)

ALIAS = "replica"
FRESH_FOR = 2  # seconds: a page of it is never older
ASKED_EVERY = 1
RESTS_FOR = 5  # after a page failed because of it
MOST_NOTES = 60
OURS = {"cases", "letters"}  # what readers' pages are made of; all else is of one reader

# PgBouncer would go on giving it out, if we only hung up.
END_IF_ELSEWHERE = "SELECT pg_terminate_backend(pg_backend_pid()) WHERE current_database() <> %s"

T = TypeVar("T")

_is_read = contextvars.ContextVar("is_read", default=False)


class Router:
    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return ALIAS if _is_read.get() and model._meta.app_label in OURS else "default"

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return "default"

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "default"


def read(ask: Callable[[], T]) -> T:
    """What `ask` returns, from the replica if it may be used."""
    if ALIAS not in connections:
        return ask()
    replica.ask_soon()
    if not replica.is_used:
        return ask()
    token = _is_read.set(True)
    try:
        with replica.connection():
            return ask()
    except (OperationalError, InterfaceError, InternalError, ProgrammingError) as error:
        # Also if its disk is broken, or it lacks a column of a migration not replayed yet.
        replica.rest(type(error.__cause__ or error).__name__)
    finally:
        _is_read.reset(token)
    return ask()


class Note(NamedTuple):
    at: float  # by time.monotonic()
    position: int  # in the log of the primary


class NoAnswer(Exception):
    """In a few words, for whoever runs the site."""


class Replica:
    """What this process knows of it."""

    def __init__(self) -> None:
        self.fresh_at = float("-inf")  # it has all that was committed before
        self.database = ""  # what the primary calls ours
        self.problem = ""  # why that is not known any better, for whoever runs the site
        self._rests_until = self._asked_at = float("-inf")
        self._notes: list[Note] = []
        self._asking = threading.Lock()
        self._to: dict[str, psycopg.Connection] = {}

    @property
    def age(self) -> float:
        """How old a page of it would be at most, in seconds; infinite if nobody knows."""
        return time.monotonic() - self.fresh_at

    @property
    def is_fresh(self) -> bool:
        return self.age <= FRESH_FOR

    @property
    def is_used(self) -> bool:
        return self.is_fresh and time.monotonic() >= self._rests_until

    def rest(self, why: str) -> None:
        if time.monotonic() >= self._rests_until:
            logger.warning("The replica is not used for %d s: %s", RESTS_FOR, why)
        self._rests_until = time.monotonic() + RESTS_FOR

    def ask_soon(self, wait: float = 0) -> None:
        """In a thread of its own, unless that was done within this second."""
        now = time.monotonic()
        if now - self._asked_at < ASKED_EVERY or self._asking.locked():
            return
        self._asked_at = now
        thread = threading.Thread(target=self.ask, name="replica", daemon=True)
        thread.start()
        if wait:
            thread.join(wait)

    def ask(self) -> None:
        if not self._asking.acquire(blocking=False):
            return
        try:
            problem = self._ask()
        except NoAnswer as error:
            problem = str(error)
        finally:
            self._asking.release()
        if problem != self.problem:
            said = f"can't be used: {problem}." if problem else "can be used."
            logger.warning("The replica %s", said)
        self.problem = problem

    @contextmanager
    def connection(self) -> Iterator[None]:
        """One for a page, to the database that the primary has."""
        # PgBouncer may give each transaction another one.
        with transaction.atomic(using=ALIAS) if settings.PGBOUNCER else nullcontext():
            with connections[ALIAS].cursor() as cursor:
                cursor.execute(END_IF_ELSEWHERE, [self.database])
            yield

    def _ask(self) -> str:
        """What keeps it from being proven fresh, or ""."""
        at = time.monotonic()
        written, self.database = self._answer(
            "default", "SELECT (pg_current_wal_lsn() - '0/0')::bigint, current_database()"
        )
        replayed, database = self._answer(
            ALIAS,
            "SELECT CASE WHEN pg_is_in_recovery()"
            " THEN (pg_last_wal_replay_lsn() - '0/0')::bigint END, current_database()",
        )
        if replayed is None:
            # The next one may be a replica. This one is the primary, or believes that it is.
            self._hang_up(ALIAS)
            return "the server of REPLICA_URL is no replica"
        if database != self.database:
            with suppress(NoAnswer):
                self._answer(ALIAS, END_IF_ELSEWHERE, self.database)
            return f"it was asked in the database {database}, not in {self.database}"
        self.learn(at, written, replayed)
        return "" if self.is_fresh else "it has not replayed what the primary wrote"

    def learn(self, at: float, written: int, replayed: int) -> None:
        """At that time the primary had written so far, and some time later the replica has
        replayed so far."""
        self._notes = [*self._notes[-MOST_NOTES:], Note(at, written)]
        had = [note for note in self._notes if note.position <= replayed]
        if had:
            self.fresh_at = had[-1].at
            self._notes = [note for note in self._notes if note.at > self.fresh_at]

    def _answer(self, alias: str, query: str, *parameters: str) -> Any:
        try:
            if alias not in self._to:
                self._to[alias] = ImpatientConnection.connect(
                    **plain_parameters(alias),
                    autocommit=True,
                    prepare_threshold=None,  # PgBouncer may be in between
                )
            return self._to[alias].execute(query, parameters).fetchone()
        except psycopg.Error as error:
            self._hang_up(alias)
            who = "the replica" if alias == ALIAS else "the primary"
            raise NoAnswer(f"{who} does not answer ({type(error).__name__})") from None

    def _hang_up(self, alias: str) -> None:
        if connection := self._to.pop(alias, None):
            connection.close()

    def hang_up(self) -> None:
        for alias in list(self._to):
            self._hang_up(alias)


def plain_parameters(alias: str) -> dict[str, Any]:
    """How to connect to it past Django and its pool, as libpq takes it."""
    parameters = connections[alias].get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    return parameters


replica = Replica()
