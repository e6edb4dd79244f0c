"""The servers that are measured: gunicorn with one worker, and what that worker has used."""

import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

THREADS = 4
MEGABYTE = 2**20


class Server:
    """A gunicorn with one worker of four threads, on a free port of this machine only."""

    def __init__(self, application: str, environment: dict[str, str], log: Path):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            self.log = log
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", application),
                    *("--bind", f"fd://{listener.fileno()}", "--worker-class", "gthread"),
                    *("--workers", "1", "--threads", str(THREADS), "--log-level", "warning"),
                ],
                env={**os.environ, **environment},
                stdout=log.open("ab"),
                stderr=subprocess.STDOUT,
                pass_fds=[listener.fileno()],
            )
        self.worker = self._first_worker()

    def _first_worker(self) -> int:
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        until = time.monotonic() + 30
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
                    connection.request("GET", "/healthz")
                    connection.getresponse().read()
                return int(children.read_text().split()[0])
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise SystemExit(f"gunicorn did not start:\n{self.log.read_text()[-4_000:]}")

    def cpu_seconds(self) -> float:
        """User and system time of the worker and its threads: utime + stime of /proc, but exact.

        Linux has a processor clock for every process; its number is made from the process id.
        """
        return time.clock_gettime((~self.worker << 3) | 2)

    def memory(self) -> float:
        """Resident memory of the worker, in MB."""
        pages = int(Path(f"/proc/{self.worker}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
