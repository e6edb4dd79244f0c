"""The servers that are measured: gunicorn with one worker, and what that worker has used."""

import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from bench import processes
from bench.databases import Database

THREADS = 4


class CPU(NamedTuple):
    """Seconds on a processor."""

    worker: float  # and of what it starts: Typst
    database: float

    @property
    def total(self) -> float:
        return self.worker + self.database

    def since(self, before: "CPU") -> "CPU":
        return CPU(self.worker - before.worker, self.database - before.database)

    def each(self, number: int) -> "CPU":
        return CPU(self.worker / number, self.database / number)


class Server:
    """A gunicorn with one worker of four threads, on a free port of this machine only."""

    def __init__(
        self,
        application: str,
        environment: dict[str, str],
        database: Database,
        log: Path,
        folder: Path | None = None,
    ):
        self.log, self.database = log, database
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", application),
                    *("--bind", f"fd://{listener.fileno()}", "--worker-class", "gthread"),
                    *("--workers", "1", "--threads", str(THREADS), "--keep-alive", "30"),
                    *("--log-level", "warning"),
                ],
                env={**os.environ, **environment},
                cwd=folder,
                stdout=log.open("ab"),
                stderr=subprocess.STDOUT,
                pass_fds=[listener.fileno()],
            )
        self.worker = self._first_worker()

    def _first_worker(self) -> int:
        until = time.monotonic() + 30
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
                    connection.request("GET", "/healthz")
                    connection.getresponse().read()
                return processes.children(self._process.pid)[0]
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise SystemExit(f"gunicorn did not start:\n{self.log.read_text()[-4_000:]}")

    def cpu(self) -> CPU:
        running = [self.worker, *processes.children(self.worker)]
        return CPU(sum(map(processes.cpu_seconds, running)), self.database.cpu_seconds())

    def memory(self) -> float:
        """Resident memory of the worker, in MB."""
        return processes.memory(self.worker)

    def memory_of_children(self) -> float:
        """Resident memory of the processes that the worker has started, in MB."""
        return sum(map(processes.memory, processes.children(self.worker)))

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
