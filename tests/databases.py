"""The migrations run once for each state they are in; a test run begins with a copy of the result.

Migrating takes seven to ten seconds, copying a tenth of one, and a run of two processes on two
databases would migrate four times. A fresh clone has no template, so CI migrates from nothing.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from psycopg import sql

FOLDER = settings.BASE_DIR / "var" / "test-templates"


def begin_with_a_copy(database: dict) -> None:
    """Let the test database of these settings, an entry of DATABASES, be a copy of a migrated one.

    Its TEST NAME must be the final one: each process of a run has its own.
    """
    if database["ENGINE"].endswith("sqlite3"):
        copy_sqlite(database["TEST"]["NAME"])
    else:
        database["TEST"]["TEMPLATE"] = _postgresql_template(database)


def make_ready() -> None:
    """Have the template of the database that the settings name: a run need not wait for it."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        _sqlite_template()
    else:
        _postgresql_template(database)


def copy_sqlite(path: Path | str) -> None:
    """Put a migrated SQLite database at the path."""
    shutil.copy(_sqlite_template(), path)


def _sqlite_template() -> Path:
    template = FOLDER / f"{_state()}.sqlite3"
    with _alone("sqlite"):
        if not template.exists():
            for old in FOLDER.glob("*.sqlite3*"):
                old.unlink()
            made = template.with_suffix(".sqlite3.new")
            _migrate(f"sqlite:///{made}")
            made.rename(template)
    return template


def _postgresql_template(database: dict) -> str:
    name = f"write4rights_template_{_state()}"
    server = {
        "host": database["HOST"],
        "port": database["PORT"] or 5432,
        "user": database["USER"],
        "password": database["PASSWORD"] or None,
    }
    with (
        _alone("postgresql"),
        psycopg.connect(dbname="postgres", autocommit=True, **server) as connection,
    ):
        # Another checkout on this server may be at the same.
        connection.execute("SELECT pg_advisory_lock(hashtext('write4rights templates'))")
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not known.fetchone():
            made = f"{name}_new"
            for statement in ["DROP DATABASE IF EXISTS {}", "CREATE DATABASE {}"]:
                connection.execute(sql.SQL(statement).format(sql.Identifier(made)))
            address = f"{server['host']}:{server['port']}"
            who = f"{server['user']}:{server['password'] or ''}"
            _migrate(f"postgres://{who}@{address}/{made}")
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(rename.format(sql.Identifier(made), sql.Identifier(name)))
    return name


def _state() -> str:
    """What a migrated database depends on: our migrations, and the libraries that bring some."""
    state = hashlib.sha256()
    for path in [
        *sorted(settings.BASE_DIR.glob("*/migrations/*.py")),
        settings.BASE_DIR / "requirements" / "base.txt",
    ]:
        state.update(f"{path.name}\0".encode() + path.read_bytes())
    return state.hexdigest()[:16]


@contextmanager
def _alone(name: str):
    """One process at a time makes a template; the others wait for it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _migrate(url: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": url},
        check=True,
    )


if __name__ == "__main__":
    make_ready()
