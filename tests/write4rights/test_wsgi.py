"""The site as its web server runs it: behind the page cache."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from wsgiref.util import setup_testing_defaults

import pytest
from django.conf import settings as site_settings
from django.contrib.staticfiles import finders
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case
from tests.factories import make_full_case
from tests.reading import weight
from write4rights.pagecache.cache import PageCache

pytestmark = pytest.mark.django_db


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Site:
    def __init__(self, application, clock: list[float]) -> None:
        self.application = application
        self.clock = clock

    def get(
        self, path: str, query: str = "", method: str = "GET", script_name: str = "", **headers: str
    ) -> Answer:
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": script_name,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "HTTP_HOST": "testserver",
            "SERVER_NAME": "testserver",
            "wsgi.input": io.BytesIO(),
        }
        setup_testing_defaults(environ)
        environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        said: list = []
        result = self.application(environ, lambda *answer: said.append(answer))
        body = b"".join(result)
        if hasattr(result, "close"):
            result.close()
        status, listed = said[-1][:2]
        return Answer(int(status.split()[0]), dict(listed), body)


@pytest.fixture
def site(monkeypatch) -> Iterator[Site]:
    clock = [1_000.0]
    monkeypatch.setattr("write4rights.pagecache.cache.monotonic", lambda: clock[0])
    # As write4rights.wsgi builds it, with a memory of its own for each test.
    cache = PageCache(
        get_wsgi_application(),
        seconds=site_settings.PAGE_CACHE_SECONDS,
        max_bytes=site_settings.PAGE_CACHE_BYTES,
    )
    # As Django's test client does it: the end of a request would end the test's transaction.
    signals = [request_started, request_finished]
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield Site(cache, clock)
    for signal in signals:
        signal.connect(close_old_connections)


def test_server_runs_the_site_behind_the_page_cache(site):
    from write4rights.wsgi import application  # starts Django: not when this file is read

    served = Site(application, site.clock)
    first = served.get("/about/")
    with CaptureQueriesContext(connection) as asked:
        again = served.get("/", script_name="/about")
        bare = served.get("/about/", method="HEAD")

    assert (first.status, again, len(asked)) == (200, first, 0)
    assert (bare.headers, bare.body) == (first.headers, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/cases/",
        "/cases/anne-testlund/",
        "/good-news/",
        "/good-news/feed.atom",
        "/privacy/",
        "/sitemap.xml",
        "/robots.txt",
        "/fr/",
        "/editions/2025/",
        "/how-it-works/",
    ],
)
def test_second_reader_is_served_from_memory(site, path):
    make_full_case(slug="anne-testlund")
    first = site.get(path)

    with CaptureQueriesContext(connection) as asked:
        second = site.get(path)
        same = site.get(path, if_none_match=second.headers["ETag"])

    assert len(asked) == 0
    assert (first.status, second.status, same.status) == (200, 200, 304)
    assert second.body == first.body
    assert same.body == b""
    assert "Set-Cookie" not in second.headers
    assert second.headers["Vary"] == "Accept-Encoding"
    assert "Content-Security-Policy" in second.headers


def test_page_comes_compressed_to_who_can_read_it(site):
    make_full_case(slug="anne-testlund")
    plain = site.get("/cases/anne-testlund/")

    packed = site.get("/cases/anne-testlund/", accept_encoding="gzip")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body


@pytest.mark.parametrize("how", ["hidden", "withdrawn"])
def test_freeze_reaches_every_page_within_the_seconds_promised(site, how):
    make_full_case(slug="anne-testlund", display_name="Ánne Testlund")
    paths = ["/", "/cases/", "/cases/anne-testlund/", "/good-news/", "/sitemap.xml"]
    for path in paths:
        site.get(path)
    Case.objects.update(freeze=how, freeze_reason="A test says so.")

    site.clock[0] += site_settings.PAGE_CACHE_SECONDS
    after = {path: site.get(path) for path in paths}

    assert all("Testlund" not in answer.body.decode() for answer in after.values())
    assert after["/cases/anne-testlund/"].status == {"hidden": 200, "withdrawn": 410}[how]


@pytest.mark.parametrize("query", ["utm_source=x", "q=a&fbclid=1"])
def test_page_with_an_unknown_name_in_its_query_is_not_rendered(site, query):
    with CaptureQueriesContext(connection) as asked:
        answer = site.get("/cases/", query)

    assert (answer.status, len(asked)) == (302, 0)
    assert answer.headers["Cache-Control"] == "no-store"


def test_form_and_error_are_not_kept(site):
    make_full_case(slug="anne-testlund")

    for path, status in [("/cases/anne-testlund/write/", 200), ("/nothing/", 404)]:
        first, second = site.get(path), site.get(path)
        assert (first.status, second.status) == (status, status)
        assert "ETag" not in second.headers


@pytest.mark.parametrize("value", ["abcdefgh", "", "a" * 32])
def test_cookie_of_any_content_asks_the_database_nothing(site, value):
    make_full_case(slug="anne-testlund")
    first = site.get("/cases/anne-testlund/")

    with CaptureQueriesContext(connection) as asked:
        cookie = f"{site_settings.SESSION_COOKIE_NAME}={value}; sessionid={value}"
        second = site.get("/cases/anne-testlund/", cookie=cookie)

    assert len(asked) == 0
    assert second == site.get("/cases/anne-testlund/")
    assert second.body == first.body


# What a reader loads


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "/cases/", "/cases/anne-testlund/", "/good-news/"])
def test_page_with_its_styles_and_scripts_is_small(client, path):
    case = make_full_case(slug="anne-testlund", story="Words of a story that varies. " * 90)
    for _ in range(23):
        make_full_case(edition=case.edition)

    everything, code = weight(client.get(path))

    assert everything < 60_000
    assert code < 30_000


def test_all_styles_and_scripts_of_the_public_pages_are_small_together():
    staff = {"admin.css", "account.css", "preview.css", "focal.js"}
    root = Path(finders.find("css/base.css")).parents[1]
    files = [*root.glob("css/*.css"), *root.glob("js/*.js")]

    together = b"".join(file.read_bytes() for file in sorted(files) if file.name not in staff)

    assert len(gzip.compress(together)) < 30_000
