"""Databases made for the run and removed after it: nobody's letters are touched."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from cryptography.fernet import Fernet
from psycopg import sql

SITE = {
    "SECRET_KEY": "of a run that measures and is gone",
    "HASH_KEY": "of a run that measures and is gone",
    "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "ALLOWED_HOSTS": "127.0.0.1",
    "SITE_URL": "http://127.0.0.1",
    "DEBUG": "0",
    "HTTPS": "0",
    "TRUSTED_PROXIES": "1",  # so that X-Forwarded-For makes every letter come from elsewhere
    "STATICFILES_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage",
    "LOG_LEVEL": "ERROR",
}


@contextmanager
def scratch_database(name: str, folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a site with an empty database, on the server of DATABASE_URL or SQLite."""
    url = urlsplit(os.environ.get("DATABASE_URL", ""))
    if not url.scheme.startswith(("postgres", "pgsql")):
        yield {**SITE, "DATABASE_URL": f"sqlite:///{folder / name}.sqlite3"}
        return
    scratch = f"write4rights_bench_{name}_{os.getpid()}"
    server = url._replace(scheme="postgresql", path="/postgres").geturl()
    quoted = sql.Identifier(scratch)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(quoted)
        )
    try:
        yield {**SITE, "DATABASE_URL": url._replace(path=f"/{scratch}").geturl()}
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(quoted))


def fill(environment: dict[str, str], letters: int) -> None:
    """The campaign that ships, and invented letters."""
    manage(environment, "migrate")
    manage(environment, "createcachetable")
    manage(environment, "load_campaign")
    manage(environment, "sample_activity", "--letters", str(letters))


def manage(environment: dict[str, str], *command: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"manage.py {' '.join(command)} failed:\n{done.stdout}{done.stderr}")
