"""Stores that fail: who waits for them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec

import pytest

from cases import stores
from cases.stores import StoreFails, store
from write4rights.settings import file_storage

pytestmark = pytest.mark.any_database


def fail(alias: str, error: type[Exception] = ConnectionError) -> None:
    with pytest.raises(StoreFails), store(alias):
        raise error


def test_one_asks_a_store_that_failed_again_and_all_others_go_on_without_it(monkeypatch):
    monkeypatch.setattr(stores, "LEFT_ALONE_FOR", 0.05)
    fail("default")
    assert stores.failing() == ["default"]
    with pytest.raises(StoreFails), store("default"):
        pytest.fail("It was left alone for no time.")
    time.sleep(0.06)

    with store("default"):  # and waits
        with pytest.raises(StoreFails), store("default"):
            pytest.fail("Two wait for it.")
        with store("rendered"):
            pass

    assert stores.failing() == []
    with store("default"), store("default"):  # it has answered
        pass


def test_a_file_that_may_not_be_read_does_not_hide_all_others():
    fail("default", PermissionError)

    assert stores.failing() == []
    with store("default"):
        pass


def test_a_store_that_fails_again_is_left_alone_again(monkeypatch):
    monkeypatch.setattr(stores, "LEFT_ALONE_FOR", 0.05)
    fail("default")
    time.sleep(0.06)

    fail("default")

    with pytest.raises(StoreFails), store("default"):
        pytest.fail("It was left alone for no time.")
    time.sleep(0.06)
    with pytest.raises(FileNotFoundError), store("default") as storage:
        storage.open("no-such-file")
    assert stores.failing() == []


# --- in S3


class S3(BaseHTTPRequestHandler):
    """Keeps one file from whoever asks, and of another sends the beginning only."""

    asked: list[str] = []
    is_over: threading.Event

    def do_GET(self) -> None:
        self.asked.append(f"{self.command} {self.path.partition('?')[0]}")
        self.send_response(403 if "forbidden" in self.path else 200)
        self.send_header("Content-Length", "4")
        self.send_header("ETag", '"a"')
        self.send_header("Last-Modified", "Thu, 27 Nov 2025 20:00:00 GMT")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(b"fi")
            if "stalls" in self.path:
                self.is_over.wait(10)
            self.wfile.write(b"le")

    do_HEAD = do_GET

    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def s3(settings, monkeypatch) -> Iterator[type[S3]]:
    """The pictures lie there, and one that says nothing is given up after half a second."""
    if not find_spec("storages"):
        reason = "The package is missing: requirements/dev.txt has it."
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    from botocore.config import Config

    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]:
        monkeypatch.setenv(name, "invented")
    S3.asked, S3.is_over = [], threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), S3) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"s3://bucket/media?endpoint_url=http://127.0.0.1:{server.server_port}"
        place = file_storage("MEDIA_ROOT", url)
        impatient = place["OPTIONS"]["client_config"].merge(Config(read_timeout=0.5))
        place["OPTIONS"]["client_config"] = impatient
        settings.STORAGES = settings.STORAGES | {"default": place}
        yield S3
        S3.is_over.set()
        server.shutdown()


def read(name: str) -> bytes:
    with store("default") as storage, storage.open(name) as file:
        return file.read()


def test_a_file_in_s3_that_may_not_be_read_does_not_hide_all_others(s3):
    with pytest.raises(StoreFails):
        read("forbidden.avif")

    assert stores.failing() == []
    assert read("another.avif") == b"file"


def test_what_s3_has_begun_to_send_and_does_not_go_on_with_is_asked_for_once(s3):
    with pytest.raises(StoreFails):
        read("stalls.avif")

    asked = [f"{method} /bucket/media/stalls.avif" for method in ("HEAD", "GET")]
    assert s3.asked == asked
    assert stores.failing() == ["default"]
