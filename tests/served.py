"""The site as it is served: gunicorn in processes of its own, with an SQLite file and the cache."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from tests import databases

PATIENCE = 100  # seconds until it answers, on a machine that does much else


class Served:
    """A site of its own below `folder`, with a migrated database; `manage` runs a command on it."""

    def __init__(self, folder: Path, page_cache_seconds: int) -> None:
        self.folder = folder
        database = folder / "site.sqlite3"
        if not database.exists():
            databases.copy_sqlite(database)
        # Open from now on, so that nobody else gets the port until gunicorn has it.
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": f"sqlite:///{database}",
            "MEDIA_ROOT": str(folder / "media"),
            "PAGE_CACHE_SECONDS": str(page_cache_seconds),
        }

    def manage(self, *arguments: str) -> None:
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=settings.BASE_DIR, env=self.environment, check=True)

    @contextmanager
    def running(self, *options: str, stderr=None) -> Iterator[None]:
        """As README serves it, on another port; `options` of gunicorn count more."""
        command = [sys.executable, "-m", "gunicorn", "--log-level=warning", "--workers=2"]
        command += ["--bind", f"fd://{self.listener.fileno()}", "--threads=4", *options]
        process = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=self.environment,
            stderr=stderr,
            pass_fds=[self.listener.fileno()],
        )
        try:
            self._wait(process)
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE)
            self.listener.close()

    def _wait(self, process: subprocess.Popen) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert process.poll() is None, "gunicorn has ended"
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).close()  # noqa: S310
                return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(self.url)
