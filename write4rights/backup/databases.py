"""What differs between SQLite and PostgreSQL: a whole database out of one and into another."""

from __future__ import annotations

import datetime
import fcntl
import itertools
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psycopg
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql
from psycopg.conninfo import make_conninfo

from cases.models import ErasureEntry
from cases.replica import plain_parameters
from letters.models import Throttle, WorkerPulse
from write4rights.backup import BackupError
from write4rights.backup.archive import PART
from write4rights.models import ErasureFile

# Their rows are in no backup: who is signed in, who sent how much, and the list that is kept apart.
LEFT_OUT = [ErasureEntry, ErasureFile, Session, UserSession, Throttle, WorkerPulse]
# What a restore or a drill puts beside ours is called like ours, with one of these.
RESTORING, DRILL, BEFORE = "_restoring", "_drill", "_before_restore"
DUMPED_WITHIN = datetime.timedelta(days=1)
STEP = 64  # pages of SQLite; an empty database of ours has hundreds
LONGEST_NAME = 63  # bytes: PostgreSQL cuts a longer one off, and might mean another database
PATIENCE = 20  # seconds, for those to go whom we may not cut off
PUT_BACK_WITHIN = 120  # seconds: a server that crashed needs some to come back


class Dump(NamedTuple):
    """A whole database, all of one moment, whatever is written meanwhile."""

    counts: dict[str, int]  # the rows of each table
    noted: list[str]  # the lines of the erasure list whose acts are in it
    parts: Iterator[bytes]


class Copy(NamedTuple):
    """A copy of ours, of some moment, in the clear."""

    name: str
    made_at: datetime.datetime | None  # None: nobody noted it


def is_sqlite() -> bool:
    return connection.vendor == "sqlite"


def name() -> str:
    return str(connection.settings_dict["NAME"])


def beside(suffix: str) -> str:
    """The name of a copy of ours."""
    other = f"{name()}{suffix}"
    if not is_sqlite() and len(other.encode()) > LONGEST_NAME:
        raise BackupError(f"The name of the database is too long: {other} has to be a name, too.")
    return other


def copies() -> list[Copy]:
    """What lies beside ours: of before the last restore, and of attempts that were killed."""
    if is_sqlite():
        ours = Path(name())
        paths = [Path(beside(suffix)) for suffix in (BEFORE, DRILL, RESTORING)]
        paths.append(ours.with_name(f"{ours.name}.before-restore"))  # as it was called once
        paths += ours.parent.glob(f"{_folder_of_dumps()}*")
        return [
            Copy(str(path), datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC))
            for path in paths
            if path.exists()
        ]
    known = "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database"
    names = [f"{name()}{suffix}" for suffix in (BEFORE, DRILL, RESTORING)]
    with connection.cursor() as cursor:
        cursor.execute(f"{known} WHERE datname = ANY(%s) ORDER BY datname", [names])
        return [Copy(name, _moment(comment)) for name, comment in cursor.fetchall()]


def drop_copies() -> list[str]:
    """All of them. Only while nobody else restores: see `alone`."""
    found = [copy.name for copy in copies()]
    close()
    for other in found:
        drop(other)
    return found


def _moment(text: str | None) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(text or "")
    except ValueError:
        return None


@contextmanager
def alone() -> Iterator[None]:
    """One restore or drill at a time: they would drop what the other loads."""
    with directly(), _sqlite_lock() if is_sqlite() else _postgresql_lock() as is_ours:
        if not is_ours:
            raise BackupError("Another restore or drill is running: nothing was done.")
        for suffix in (RESTORING, DRILL):  # of one that was killed
            drop(beside(suffix))
        yield


def left_out() -> list[str]:
    tables = [model._meta.db_table for model in LEFT_OUT]
    cache = settings.CACHES["default"]
    return tables + ([str(cache["LOCATION"])] if "DatabaseCache" in cache["BACKEND"] else [])


@contextmanager
def dumped() -> Iterator[Dump]:
    with directly(), _sqlite_dumped() if is_sqlite() else _postgresql_dumped() as found:
        yield found


def _noted() -> list[str]:
    lines = ErasureEntry.objects.order_by("pk").iterator(10_000)
    return [entry.fingerprint for entry in lines]


def counts() -> dict[str, int]:
    """How many rows each table has, but for those that are left out."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    found = {}
    with connection.cursor() as cursor:
        known = set(connection.introspection.table_names(cursor))
        for table in sorted((tables & known) - set(left_out())):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
            found[table] = cursor.fetchone()[0]
    return found


@contextmanager
def directly() -> Iterator[None]:
    """Past PgBouncer, which shares its connections: a lock would be held by all, and what pg_dump
    sets for itself would hold for the site."""
    if not settings.PGBOUNCER:
        yield
        return
    if not settings.DIRECT_DATABASE:
        raise BackupError(
            "Behind PgBouncer this needs a connection of its own: set DIRECT_DATABASE_URL to the "
            "address of PostgreSQL itself."
        )
    usual = connection.settings_dict
    close()
    connection.settings_dict = usual | settings.DIRECT_DATABASE | {"NAME": usual["NAME"]}
    try:
        yield
    finally:
        close()
        connection.settings_dict = usual


@contextmanager
def instead(other: str) -> Iterator[None]:
    """All queries of this process go to another database of the same server meanwhile."""
    mine = connection.settings_dict["NAME"]
    _switch(other)
    try:
        yield
    finally:
        _switch(mine)


def _switch(other: str) -> None:
    close()
    connection.settings_dict["NAME"] = other


def close() -> None:
    connection.close()
    if not is_sqlite():
        connection.close_pool()  # type: ignore[attr-defined]


def create(other: str) -> None:
    """An empty one; what was left of an attempt before goes."""
    drop(other)
    if is_sqlite():
        return
    with _server() as server:
        query = "SELECT datcollate, datctype FROM pg_database WHERE datname = %s"
        like = server.execute(query, [name()]).fetchone() or ("C.UTF-8", "C.UTF-8")
        statement = sql.SQL(
            "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE {} LC_CTYPE {}"
        )
        try:
            server.execute(statement.format(sql.Identifier(other), *map(sql.Literal, like)))
            _date(server, other)
        except psycopg.errors.InsufficientPrivilege:
            user = server.info.user
            raise BackupError(
                "A backup is loaded into a database of its own before it takes the place of yours, "
                f'and the role may make none: ALTER ROLE "{user}" CREATEDB.'
            ) from None


def _date(server: psycopg.Connection, other: str) -> None:
    """PostgreSQL does not know how old a database is."""
    comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
    now = sql.Literal(timezone.now().isoformat())
    server.execute(comment.format(sql.Identifier(other), now))


def drop(other: str) -> None:
    if is_sqlite():
        if Path(other).is_dir():
            shutil.rmtree(other)
            return
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(other + suffix).unlink(missing_ok=True)
        return
    with _server() as server:
        statement = sql.SQL("DROP DATABASE IF EXISTS {}")
        _cut_off_and(server, other, statement.format(sql.Identifier(other)))


def load(other: str, chunks: Iterable[bytes]) -> None:
    """Fill an empty database with what `dumped` wrote."""
    if is_sqlite():
        unzip = zlib.decompressobj()
        _of_nobody_else(other)
        with open(other, "wb") as file:
            for chunk in chunks:
                file.write(unzip.decompress(chunk))
            file.write(unzip.flush())
        return
    command = ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error"]
    with (
        _errors() as errors,
        subprocess.Popen(  # noqa: S603
            [*command, "--single-transaction", f"--dbname={_conninfo(other)}"],
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        ) as process,
    ):
        with suppress(BrokenPipeError):
            for chunk in chunks:
                process.stdin.write(chunk)  # type: ignore[union-attr]
            process.stdin.close()  # type: ignore[union-attr]
        if process.wait():
            raise BackupError(_said(errors, "pg_restore"))


def take_the_place(other: str, catch_up: Callable[[str], None]) -> str | None:
    """The other database becomes this one; this one is kept under another name, which is returned,
    if there is one. `catch_up` is called with the name under which ours can be read when nobody
    writes into it any more."""
    close()
    take = _sqlite_take_the_place if is_sqlite() else _postgresql_take_the_place
    return take(other, catch_up)


def put_back() -> bool:
    """If a restore was killed while nothing was in the place of ours, that of before comes back."""
    if is_sqlite():  # something is there at any moment
        return False
    with _server() as server:
        if _is_there(server, name()) or not _is_there(server, beside(BEFORE)):
            return False
        _rename(server, beside(BEFORE), name())
    return True


def last_keys() -> dict[str, int]:
    """The highest that was ever given, by what counts them: of each table, if anybody used it."""
    counters = (
        "SELECT name, seq FROM sqlite_sequence"
        if is_sqlite()
        else "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences"
        " WHERE schemaname = current_schema()"
    )
    with connection.cursor() as cursor:
        cursor.execute(counters)
        return dict(cursor.fetchall())


def skip_keys(number: int) -> None:
    """No new row gets a key that somebody may have had whose row is in no backup."""
    with connection.cursor() as cursor:
        if is_sqlite():
            cursor.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_master"
                " WHERE instr(sql, 'AUTOINCREMENT') > 0"
                " AND name NOT IN (SELECT name FROM sqlite_sequence)"
            )
            cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s", [number])
            return
        cursor.execute(
            "SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass,"
            " least(coalesce(last_value, 0) + %s, max_value))"
            " FROM pg_sequences WHERE schemaname = current_schema() AND increment_by = 1",
            [number],
        )


# --- PostgreSQL


@contextmanager
def _postgresql_lock() -> Iterator[bool]:
    with _server() as server:
        lock = "SELECT pg_try_advisory_lock(hashtext(%s))"
        yield server.execute(lock, [name()]).fetchone()[0]  # type: ignore[index]


def _postgresql_take_the_place(other: str, catch_up: Callable[[str], None]) -> str | None:
    mine, before = name(), beside(BEFORE)
    with _server() as server:
        if not _is_there(server, mine):
            _rename(server, other, mine)
            return None
        for database in (mine, other):  # not while nothing is in the place of ours
            _wait_for_others(server, database)
        drop(before)
        _rename(server, mine, before)
        try:
            _date(server, before)
            catch_up(before)
            _rename(server, other, mine)
        except BaseException:
            _put_back_whatever_happened()
            raise
    return before


def _put_back_whatever_happened() -> None:
    """Also if the server has crashed, and is only just coming back."""
    end = time.monotonic() + PUT_BACK_WITHIN
    while True:
        try:
            put_back()
            return
        except BackupError as error:
            if time.monotonic() > end:
                raise BackupError(
                    f"{error} There is no database {name()} now. When that is mended, "
                    "`manage.py restore --delete-copies` puts back the one of before."
                ) from None
        time.sleep(1)


def _is_there(server: psycopg.Connection, database: str) -> bool:
    known = "SELECT 1 FROM pg_database WHERE datname = %s"
    return bool(server.execute(known, [database]).fetchone())


def _rename(server: psycopg.Connection, old: str, new: str) -> None:
    statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    # By itself PostgreSQL would wait 5 s for those who come in between, and everybody for that.
    server.execute("SET statement_timeout = '0.5s'")
    _cut_off_and(server, old, statement.format(sql.Identifier(old), sql.Identifier(new)))


# PostgreSQL's autovacuum has no role: it goes by itself when a database is renamed or dropped.
CONNECTED = "FROM pg_stat_activity JOIN pg_roles ON usesysid = pg_roles.oid WHERE datname = %s"
WE_MAY_CUT_OFF = """(
    (pg_has_role(usesysid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE'))
    AND (NOT rolsuper OR current_setting('is_superuser')::boolean)
)"""


def _cut_off_and(server: psycopg.Connection, database: str, statement: sql.Composed) -> None:
    """Rename or drop it, at once. Whoever is connected is cut off."""
    end = time.monotonic() + PATIENCE
    while True:
        _wait_for_others(server, database)
        server.execute(
            f"SELECT pg_terminate_backend(pid) {CONNECTED} AND {WE_MAY_CUT_OFF}", [database]
        )
        try:
            server.execute(statement)
            return
        except (psycopg.errors.ObjectInUse, psycopg.errors.QueryCanceled):
            if time.monotonic() > end:
                raise BackupError(
                    f"Others use the database {database} all the time: stop the site first."
                ) from None
            time.sleep(0.1)  # whoever waited to come in, is in


def _wait_for_others(server: psycopg.Connection, database: str) -> None:
    """Until nobody is connected whom we may not cut off."""
    end = time.monotonic() + PATIENCE
    others = f"SELECT DISTINCT usename, application_name {CONNECTED} AND NOT {WE_MAY_CUT_OFF}"
    while found := server.execute(others, [database]).fetchall():
        if time.monotonic() > end:
            named = ", ".join(f"{role} ({program or 'unnamed'})" for role, program in found)
            raise BackupError(
                f"The database {database} is in use by {named}, whom the role {server.info.user} "
                "may not cut off: end these connections, and begin anew."
            )
        time.sleep(0.1)


@contextmanager
def _postgresql_dumped() -> Iterator[Dump]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            [snapshot] = cursor.fetchone()
        yield Dump(counts(), _noted(), _pg_dump(snapshot))


def _pg_dump(snapshot: str) -> Iterator[bytes]:
    command = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges"]
    command += [f"--snapshot={snapshot}", "--compress=6", f"--dbname={_conninfo(name())}"]
    command += [f"--exclude-table-data={table}" for table in left_out()]
    with (
        _errors() as errors,
        subprocess.Popen(  # noqa: S603
            command, env=_environment(), stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        while chunk := process.stdout.read(PART):  # type: ignore[union-attr]
            yield chunk
        if process.wait():
            raise BackupError(_said(errors, "pg_dump"))


@contextmanager
def _errors():
    with tempfile.TemporaryFile() as errors:
        try:
            yield errors
        except FileNotFoundError as error:
            raise BackupError(
                f"{error.filename} is not installed: it comes with PostgreSQL's client "
                "(postgresql-client), in the version of the server or a later one."
            ) from None


def _said(errors, program: str) -> str:
    """Its first line alone: the others may hold a row."""
    errors.seek(0)
    first = errors.read(2_000).decode(errors="replace").strip().partition("\n")[0]
    return f"{program} failed: {first or 'it said nothing'}"


def _conninfo(other: str) -> str:
    """A database of the server, for PostgreSQL's programs: without the password, since whoever is
    on this machine may read the list of processes."""
    return make_conninfo("", **plain_parameters("default") | {"dbname": other, "password": None})


def _environment() -> dict[str, str]:
    return os.environ | {"PGPASSWORD": str(connection.settings_dict["PASSWORD"] or "")}


@contextmanager
def _server() -> Iterator[psycopg.Connection]:
    """A connection to no database of ours."""
    parameters = plain_parameters("default") | {"dbname": "postgres"}
    try:
        server = psycopg.connect(**parameters, autocommit=True)
    except psycopg.OperationalError:
        raise BackupError("The database server does not answer.") from None
    with server:
        try:
            yield server
        except psycopg.Error as error:
            said = str(error).strip().partition("\n")[0]
            raise BackupError(f"PostgreSQL refused to go on: {said}.") from error


# --- SQLite


@contextmanager
def _sqlite_lock() -> Iterator[bool]:
    folder = os.open(Path(name()).parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_ours = True
    except BlockingIOError:
        is_ours = False
    try:
        yield is_ours
    finally:
        os.close(folder)


def _sqlite_take_the_place(other: str, catch_up: Callable[[str], None]) -> str | None:
    mine, before = name(), beside(BEFORE)
    drop(before)
    if Path(mine).exists() and Path(mine).stat().st_size:
        _copy_sqlite(mine, before)
    steps = itertools.count()

    def progress(*_numbers) -> None:
        # After the first step nobody else writes until the end. What is written into the other
        # now is copied as well: SQLite begins anew.
        if next(steps) == 0:
            catch_up(mine)

    _of_nobody_else(mine)
    try:
        with (
            closing(sqlite3.connect(f"file:{other}?mode=ro", uri=True, timeout=60)) as source,
            closing(sqlite3.connect(mine, timeout=60)) as ours,
        ):
            source.backup(ours, pages=STEP, progress=progress)
    except BaseException:
        drop(before)  # ours is as it was
        raise
    drop(other)
    return before if Path(before).exists() else None


def _folder_of_dumps() -> str:
    return f".backup-of-{Path(name()).name}-"


@contextmanager
def _sqlite_dumped() -> Iterator[Dump]:
    for old in copies():  # of a backup that was killed
        if Path(old.name).is_dir() and old.made_at < timezone.now() - DUMPED_WITHIN:  # type: ignore[operator]
            drop(old.name)
    where = Path(name()).parent
    with tempfile.TemporaryDirectory(dir=where, prefix=_folder_of_dumps()) as folder:
        copy = f"{folder}/copy.sqlite3"
        _copy_sqlite(name(), copy)
        with instead(copy):
            noted = _noted()
            close()
        with closing(sqlite3.connect(copy, isolation_level=None)) as database:
            for table in left_out():
                with suppress(sqlite3.OperationalError):  # there is no table for a cache
                    database.execute(f'DELETE FROM "{table}"')  # noqa: S608
            database.execute("VACUUM")
        with instead(copy):
            numbers = counts()
            close()
        yield Dump(numbers, noted, _zipped(copy))


def _copy_sqlite(source: str, target: str) -> None:
    """Consistent, also while others write to the one and read the other."""
    _of_nobody_else(target)
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=60)) as one,
        closing(sqlite3.connect(target, timeout=60)) as other,
    ):
        one.backup(other)


def _of_nobody_else(path: str) -> None:
    """Make the file, before anything is in it; one that is there keeps who may read it."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def _zipped(path: str) -> Iterator[bytes]:
    zipped = zlib.compressobj(6)
    with open(path, "rb") as file:
        while chunk := file.read(PART):
            if data := zipped.compress(chunk):
                yield data
    yield zipped.flush()
