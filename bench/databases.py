"""Databases made for the run and removed after it: nobody's letters are touched."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from bench import processes

LOCAL_SERVER = "postgres://postgres@127.0.0.1:5432/"


class SQLite:
    """A file; its time is that of the process that reads it."""

    def __init__(self, file: Path):
        self.url = f"sqlite:///{file}"

    def cpu_seconds(self) -> float:
        return 0.0

    def analyze(self) -> None:
        pass

    def remove(self) -> None:
        pass  # with its folder


class PostgreSQL:
    """A database on the server, and what its backends have used."""

    def __init__(self, server: str, name: str):
        self.name = name
        self.url = urlsplit(server)._replace(path=f"/{name}").geturl()
        self._seconds: dict[int, float] = {}  # by process; one that has ended keeps its own
        self.connection = connect(server)
        self.connection.execute(
            sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(
                sql.Identifier(name)
            )
        )

    def cpu_seconds(self) -> float:
        """Time of the processes that answer this database's connections, and of no other."""
        backends = self.connection.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = %s AND backend_type = 'client backend'",
            [self.name],
        )
        self._seconds |= {pid: processes.cpu_seconds(pid) for (pid,) in backends}
        return sum(self._seconds.values())

    def analyze(self) -> None:
        """What autovacuum does within a minute, where it is on."""
        with psycopg.connect(as_psycopg(self.url), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    def remove(self) -> None:
        name = sql.Identifier(self.name)
        self.connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        self.connection.close()


Database = SQLite | PostgreSQL


def as_psycopg(url: str) -> str:
    return urlsplit(url)._replace(scheme="postgresql").geturl()


def connect(server: str) -> psycopg.Connection:
    url = urlsplit(server)._replace(path="/postgres").geturl()
    return psycopg.connect(as_psycopg(url), autocommit=True, connect_timeout=2)


def find_server() -> str | None:
    """The PostgreSQL server of DATABASE_URL, or else the one of this machine if it answers."""
    if given := os.environ.get("DATABASE_URL"):
        return given if given.startswith(("postgres", "pgsql")) else None
    try:
        connect(LOCAL_SERVER).close()
    except psycopg.OperationalError:
        return None
    return LOCAL_SERVER


def described(server: str | None) -> str:
    if server is None:
        return "SQLite, in the processes that are measured"
    with connect(server) as connection:
        version = connection.info.parameter_status("server_version")
        if not processes.command(connection.info.backend_pid).startswith("postgres"):
            raise SystemExit(
                "PostgreSQL runs where its processor time can't be read. DATABASE_URL=sqlite: is "
                "for a run without it."
            )
    return f"PostgreSQL {version}, its processor time counted"


@contextmanager
def scratch_database(server: str | None, name: str, folder: Path) -> Iterator[Database]:
    """An empty one on the server, or a file if there is none."""
    if server is None:
        database = SQLite(folder / f"{name}.sqlite3")
    else:
        database = PostgreSQL(server, f"write4rights_bench_{name}_{os.getpid()}")
    try:
        yield database
    finally:
        database.remove()


def run_python(
    environment: dict[str, str], *command: str, cwd: Path | None = None, given: str = ""
) -> str:
    """What it prints."""
    done = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, **environment},
        cwd=cwd,
        input=given,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
