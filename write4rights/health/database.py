"""The database and the cache: whether they answer, keep what they say, and fit this code."""

import pkgutil
import re
import time
from functools import cache
from importlib import import_module

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from cases import replica
from cases.replica import plain_parameters
from write4rights.checks import postgresql_is_durable
from write4rights.health.results import Result, ok, red, warning

FULL = 2  # PRAGMA synchronous: each commit waits for the disk
PREPARE = "Run `manage.py prepare`."

# What PostgreSQL says, and what to do; its own words are shown before it.
CURES = {
    "refused": "Is PostgreSQL running, and is this its host and port?",
    "resolve host": "Is the host spelt right?",
    "timeout": "Is this its host and port, and does a firewall let you through?",
    "password authentication": "In DATABASE_URL write signs like @ # / ? : % of a password in "
    "percent-encoding: @ is %40.",
    "role": "Make it: `sudo -u postgres createuser --pwprompt NAME`.",
    "database": "Make it: `sudo -u postgres createdb --owner=ROLE NAME`. Not if a restore was "
    "killed: then `manage.py restore --delete-copies` puts the one of before in its place.",
}


def why_unreachable() -> Result | None:
    """Why a new connection can't be made, or None. Asked past Django's pool, which would wait."""
    if connection.vendor != "postgresql":
        return None
    try:
        psycopg.connect(**plain_parameters("default")).close()
    except psycopg.Error as error:
        said = reason_in(str(error))
        cure = next((cure for word, cure in CURES.items() if word in said), "See its own log.")
        return red("database", f"The database of DATABASE_URL does not answer: {said}.", cure)
    return None


def reason_in(message: str) -> str:
    """The line of what PostgreSQL said that names the reason: “… failed: Connection refused”."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    reason = next((line for line in reversed(lines) if "failed" in line), " ".join(lines[:1]))
    return re.sub(r"\s+", " ", reason.removeprefix("connection failed: ")).strip(" .")


def answers() -> Result:
    began = time.monotonic()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return why_unreachable() or red(
            "database", f"The database does not answer: {type(error).__name__}.", "See its own log."
        )
    took = (time.monotonic() - began) * 1_000
    return ok("database", f"{connection.display_name} answers, in {took:.0f} ms.")


def replica_is_used() -> Result:
    """Asked now, with as much patience as whoever waits for /readyz has."""
    if replica.ALIAS not in settings.DATABASES:
        return ok("replica", "REPLICA_URL names none.")
    it = replica.replica
    it.ask_soon(wait=1)
    age = round(it.age, 1) if it.is_fresh else None
    if it.is_used:
        return ok("replica", f"The replica is used: it is at most {it.age:.1f} s behind.", age)
    why = it.problem or "pages failed because of it, or it does not answer"
    said = f"Readers’ pages come from the primary alone, not from the replica: {why}."
    cure = "Does it run, does `pg_stat_replication` on the primary name it, is REPLICA_URL right?"
    return warning("replica", said, cure, age)


def durability() -> list[Result]:
    """What was acknowledged has to survive a power cut: docs/safety.md 14."""
    if connection.vendor == "sqlite":
        return [_durability_of_sqlite()]
    wrong = postgresql_is_durable(["default"])
    if not wrong:
        return [ok("durability", "What is acknowledged is on the disk.")]
    return [red("durability", str(one.msg), str(one.hint)) for one in wrong]


def acknowledges() -> Result:
    """Whether anybody who writes gets an answer: PostgreSQL may have to wait for a standby."""
    if connection.vendor != "postgresql":
        return ok("standby", "SQLite waits for nobody.")
    with connection.cursor() as cursor:
        # Which of those that are connected is waited for, no role like ours is told. But it sees
        # who of its own waits.
        cursor.execute(
            "SELECT current_setting('synchronous_standby_names'),"
            " (SELECT count(*) FROM pg_stat_replication),"
            " (SELECT count(*) FROM pg_stat_activity"
            " WHERE usename = current_user AND wait_event = 'SyncRep'"
            " AND state_change < now() - interval '5 seconds')"
        )
        return standbys(*cursor.fetchone())


def standbys(waited_for: str, connected: int, waiting: int) -> Result:
    if not waited_for:
        return ok("standby", "PostgreSQL acknowledges without a standby.")
    if connected and not waiting:
        return ok("standby", f"PostgreSQL waits for a standby ({waited_for}), and has one.")
    why = "no standby answers" if connected else "no standby is connected"
    said = f"Nothing that people write is acknowledged: {why} ({waited_for})."
    cure = (
        "Start the standby. If you can’t, set synchronous_standby_names to '': people can write "
        "again, but what they write is then kept on one disk only."
    )
    return red("standby", said, cure)


def _durability_of_sqlite() -> Result:
    with connection.cursor() as cursor:
        synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
        journal = cursor.execute("PRAGMA journal_mode").fetchone()[0]
    if synchronous < FULL:
        said = f"SQLite runs with synchronous = {synchronous}: a power cut may take letters."
        return red("durability", said, "Let `init_command` in the settings say synchronous=FULL.")
    if journal != "wal":
        said = f"SQLite keeps its journal as “{journal}”: who writes makes readers wait."
        return warning("durability", said, "Is its folder on a network? Put it on a disk.")
    return ok("durability", "What is acknowledged is on the disk.")


def migrations() -> Result:
    missing = missing_migrations()
    if not missing:
        return ok("migrations", "The database has the tables of this code.")
    named = ", ".join(sorted(missing)[:3]) + (" …" if len(missing) > 3 else "")
    said = f"The database is behind this code by {len(missing)}: {named}."
    return red("migrations", said, PREPARE)


def missing_migrations() -> set[str]:
    """By name alone, in one query: Django's own way imports each of them."""
    applied = MigrationRecorder(connection).applied_migrations()
    return {name for name in migrations_of_this_code() if tuple(name.split(".")) not in applied}


@cache
def migrations_of_this_code() -> frozenset[str]:
    found = set()
    for app in apps.get_app_configs():
        module, _is_explicit = MigrationLoader.migrations_module(app.label)
        try:
            folder = import_module(module).__path__ if module else []
        except ModuleNotFoundError:  # an app without
            continue
        names = [entry.name for entry in pkgutil.iter_modules(folder) if not entry.ispkg]
        found |= {f"{app.label}.{name}" for name in names if name[0] not in "_~"}
    return frozenset(found)


def shared_cache() -> Result:
    """What CACHE_URL names: failed sign-ins are counted there."""
    kind = settings.CACHES["default"]["BACKEND"].rpartition(".")[2]
    try:
        caches["default"].get("health")
    except Exception as error:  # each kind of cache has its own
        said = f"The cache of CACHE_URL ({kind}) does not answer, so nobody can sign in: "
        said += f"{type(error).__name__}."
        cure = PREPARE if kind == "DatabaseCache" else "Is it running, and is CACHE_URL right?"
        return red("cache", said, cure)
    return ok("cache", f"The cache ({kind}) answers.")
