"""A PostgreSQL server of its own in a folder, for what is done to it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psycopg


def binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts)
    if found:
        return found[-1].parent
    which = shutil.which("initdb")
    return Path(which).parent if which else None


class Cluster:
    """A server in a folder."""

    host = "127.0.0.1"
    elsewhere: tuple[str, ...] = ()  # what a command begins with if it runs on another host

    def __init__(self, programs: Path, data: Path, port: int) -> None:
        self.programs, self.data, self.port = programs, data, port
        self.process: subprocess.Popen | None = None

    def run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            self.command(program, *arguments), capture_output=True, text=True, cwd=self.data.parent
        )
        if done.returncode:
            raise SystemExit(f"{program} failed:\n{done.stdout}{done.stderr}")

    def command(self, program: str, *arguments: str) -> list[str]:
        """As somebody who is not root: PostgreSQL refuses to run as root."""
        begin = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        return [*self.elsewhere, *begin, str(self.programs / program), *arguments]

    def start(self) -> None:
        log = self.data.parent / f"{self.data.name}.log"
        self.process = started(self.command("postgres", "-D", str(self.data)), log)

    def wait(self, until: str = "SELECT 1", seconds: float = 120) -> None:
        """Until it answers so with true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                with self.connect() as connection:
                    if connection.execute(until).fetchone()[0]:
                        return
            except psycopg.OperationalError:
                pass
            time.sleep(0.05)
        raise SystemExit(f"The server in {self.data} did not answer: see its log.")

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.dsn("postgres"), autocommit=True, connect_timeout=2)

    def dsn(self, database: str) -> str:
        return f"postgresql://postgres@{self.host}:{self.port}/{database}"

    def kill(self) -> None:
        """All its processes at once, so that none ends in an orderly way."""
        if self.process.poll() is not None:
            return
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        pids = [pid, *children(pid)]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.run("pg_ctl", "stop", "-D", str(self.data), "-m", "immediate")
            self.process.wait()


def started(command: list[str], log: Path) -> subprocess.Popen:
    with log.open("wb") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, cwd=log.parent)


def children(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == pid:
            found.append(int(path.parent.name))
    return found


def make_folder(path: Path) -> None:
    path.mkdir(mode=0o700)
    if os.getuid() == 0:
        shutil.chown(path, "postgres")
