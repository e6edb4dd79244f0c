"""PostgreSQL servers of a test's own, for what may not be done to the one of the run."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from bench.point_in_time import folder, free_port
from bench.postgresql import Cluster, binaries
from write4rights.backup import databases

CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
shared_buffers = '32MB'
fsync = off
"""


def programs() -> Path:
    """Those of the server; without them the test is left out."""
    if databases.is_sqlite():
        pytest.skip("Only for PostgreSQL.")
    if (found := binaries()) is None:
        reason = "No initdb is found, which comes with PostgreSQL's server."
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    return found


@contextmanager
def a_server(configuration: str = "") -> Iterator[Cluster]:
    with folder() as place:
        server = Cluster(programs(), place / "data", free_port())
        server.run("initdb", "-D", str(server.data), "-U", "postgres", "-A", "trust", "--no-sync")
        with started(server, configuration):
            yield server


def load_template(dsn: str) -> None:
    """Fill an empty database. To migrate it would take ten times as long."""
    template = databases._conninfo(connection.settings_dict["TEST"]["TEMPLATE"])
    dump = ["pg_dump", "--no-owner", f"--dbname={template}"]
    dumped = subprocess.run(dump, env=databases._environment(), check=True, capture_output=True)
    load = ["psql", "-q", "-v", "ON_ERROR_STOP=1", dsn]
    subprocess.run(load, input=dumped.stdout, check=True, capture_output=True)


@contextmanager
def a_standby_of(primary: Cluster) -> Iterator[Cluster]:
    standby = Cluster(primary.programs, primary.data.with_name("standby"), free_port())
    options = ["-d", primary.dsn("postgres"), "-D", str(standby.data), "-R", "--no-sync"]
    standby.run("pg_basebackup", *options, "--checkpoint=fast")
    with started(standby):
        yield standby


@contextmanager
def started(server: Cluster, configuration: str = "") -> Iterator[None]:
    with (server.data / "postgresql.conf").open("a") as file:
        file.write(CONFIGURATION.format(port=server.port) + configuration)
    try:
        server.start()
        server.wait()
        yield
    finally:
        server.stop()


@contextmanager
def connected_to(server: Cluster, **changed: str) -> Iterator[None]:
    """All queries of this process go there meanwhile: USER="…", NAME="…"."""
    usual = connection.settings_dict.copy()
    databases.close()
    connection.settings_dict |= {"HOST": server.host, "PORT": server.port, **changed}
    try:
        yield
    finally:
        databases.close()
        connection.settings_dict |= {name: usual[name] for name in ("HOST", "PORT", *changed)}
