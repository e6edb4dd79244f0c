"""A PostgreSQL primary whose replica has all that is acknowledged, and what an operator does."""

import subprocess
from pathlib import Path

import psycopg

from bench.cluster.network import NETWORK, Host
from bench.postgresql import Cluster

PORT = 5432
# A commit is acknowledged once the replica of this name has it on its disk, too.
REPLICA = "replica"
CONFIGURATION = f"""
listen_addresses = '*'
port = {PORT}
unix_socket_directories = ''
max_connections = 200
shared_buffers = '128MB'
wal_keep_size = '512MB'
hot_standby_feedback = on
wal_sender_timeout = '5s'
wal_receiver_timeout = '5s'
"""
ACCESS = f"""
host all all {NETWORK}.0/24 trust
host replication all {NETWORK}.0/24 trust
"""


class Server(Cluster):
    def __init__(self, programs: Path, folder: Path, host: Host) -> None:
        super().__init__(programs, folder / host.name, PORT)
        self.machine, self.host, self.elsewhere = host, host.address, host.there

    def make_primary(self) -> None:
        self.run("initdb", "-D", str(self.data), "-A", "trust", "--no-sync", "-E", "UTF8")
        for name, text in [("postgresql.conf", CONFIGURATION), ("pg_hba.conf", ACCESS)]:
            with (self.data / name).open("a") as file:
                file.write(text)
        self.start()
        self.wait()

    def make_replica_of(self, primary: "Server") -> None:
        """From a base backup, in the place of whatever lay there."""
        subprocess.run(["rm", "-rf", str(self.data)], check=True)
        where = f"host={primary.host} port={PORT} user=postgres application_name={REPLICA}"
        self.run("pg_basebackup", "-d", where, "-D", str(self.data), "-R", "--checkpoint=fast")
        self.start()
        self.wait("SELECT pg_is_in_recovery()")
        primary.wait("SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'")

    def ask(self, *statements: str):
        """The first value of what the last of them answers."""
        with self.connect() as connection:
            for statement in statements:
                row = connection.execute(statement)
            return row.fetchone()[0]

    def wait_for_replica(self, is_to_wait: bool = True) -> None:
        """Whether a commit is acknowledged only when the replica has it."""
        name = REPLICA if is_to_wait else ""
        self.ask(
            f"ALTER SYSTEM SET synchronous_standby_names = '{name}'", "SELECT pg_reload_conf()"
        )
        if is_to_wait:
            self.wait("SELECT bool_or(sync_state = 'sync') FROM pg_stat_replication")

    def has_replica(self) -> bool:
        try:
            return self.ask(
                "SELECT count(*) > 0 FROM pg_stat_replication WHERE sync_state = 'sync'"
            )
        except psycopg.OperationalError:
            return False

    def promote(self) -> None:
        self.run("pg_ctl", "promote", "-D", str(self.data))
        self.wait("SELECT NOT pg_is_in_recovery()")
        self.wait_for_replica(False)

    def acknowledges(self) -> bool:
        """Asked on its own host, whoever else can reach it: whether it takes a write."""
        table = ["-c", "CREATE TABLE IF NOT EXISTS written_alone ()"]
        write = ["-c", "INSERT INTO written_alone DEFAULT VALUES"]
        psql = [*self.machine.there, "timeout", "5", "psql", self.dsn("site"), *table, *write]
        return subprocess.run(psql, capture_output=True).returncode == 0
