"""The nginx that ships, started for a test."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path

import pytest
from django.conf import settings

NGINX = settings.BASE_DIR / "deploy/nginx"


class Proxy:
    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "write4rights.log"
        with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("", 0)) as two:
            self.http, self.https = one.getsockname()[1], two.getsockname()[1]

    def ask(self, path: str, method="GET", body=None, *, port=0, **headers: str):
        """The status, the headers and the body of the answer."""
        if port:
            connection = http.client.HTTPConnection("127.0.0.1", port)
        else:
            connection = http.client.HTTPSConnection("localhost", self.https, context=trusting())
        with_dashes = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, with_dashes)
        response = connection.getresponse()
        said = response.status, response.headers, response.read().decode()
        connection.close()
        return said

    def ask_oddly(self, head: str) -> tuple[int, Message]:
        """The status and the headers of the answer to what no client would send."""
        there = socket.create_connection(("127.0.0.1", self.https))
        with trusting().wrap_socket(there, server_hostname="localhost") as connection:
            connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
            response = http.client.HTTPResponse(connection)
            response.begin()
            return response.status, response.headers

    def written(self, *lines: str) -> str:
        """All that nginx wrote, once each of its processes has written what these lines are of."""
        subprocess.run([*self.command, "-s", "reopen"], check=True, stderr=subprocess.DEVNULL)
        for _time in range(200):
            text = "".join(path.read_text() for path in self.folder.glob("*.log"))
            if all(line in text for line in lines):
                break
            time.sleep(0.05)
        return text


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextmanager
def open_folder() -> Iterator[Path]:
    """For nginx, which reads and writes as www-data. It is none of pytest's: whenever a run of
    pytest begins, it closes the folder that holds those of all runs to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@contextmanager
def running(folder: Path, upstream: str, **given: str) -> Iterator[Proxy]:
    """It runs before `upstream`, in an `open_folder`. `given` is for `deploy/nginx/configure`;
    skips without nginx."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not nginx:
        pytest.skip("nginx is not installed")
    proxy = Proxy(folder)
    certificate, key = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    command += f" -subj /CN=localhost -keyout {key} -out {certificate}"
    subprocess.run(command.split(), check=True, stderr=subprocess.DEVNULL)
    (folder / "www").mkdir(exist_ok=True)
    for page in (NGINX / "www").glob("*.html"):
        shutil.copy(page, folder / "www")
    where = {
        "HOSTS": "localhost",
        "CERTIFICATE": certificate,
        "KEY": key,
        "UPSTREAM": upstream,
        "WWW": folder / "www",
        "HSTS_SUBDOMAINS": "False",
        "HTTP_PORT": proxy.http,
        "HTTPS_PORT": proxy.https,
        "LOGS": folder,
        "CACHE": folder / "cache",
        "TEMP": folder,
        "PID": folder / "nginx.pid",
    }
    environment = os.environ | {name: str(value) for name, value in where.items()} | given
    subprocess.run([NGINX / "configure", folder / "etc"], env=environment, check=True)
    proxy.command = [nginx, "-c", str(folder / "etc/nginx.conf")]
    process = subprocess.Popen([*proxy.command, "-g", "daemon off;"], stderr=subprocess.PIPE)
    for _time in range(100):
        with socket.socket() as there:
            if not there.connect_ex(("127.0.0.1", proxy.https)):
                break
        assert process.poll() is None, process.stderr and process.stderr.read().decode()
        time.sleep(0.05)
    try:
        yield proxy
    finally:
        process.terminate()
        process.wait()
