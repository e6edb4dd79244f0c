"""The site as README says to serve it: nothing that a request says changes what others read."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from django.conf import settings
from gunicorn.app.wsgiapp import WSGIApplication

from tests.served import Served

pytestmark = pytest.mark.timeout(300)

CASE = "anne-testlund"
PAGES = [
    "/",
    "/fr/",
    "/cases/",
    "/cases/?country=NO",
    f"/cases/{CASE}/",
    f"/fr/cases/{CASE}/",
    "/good-news/",
    "/good-news/feed.atom",
    "/impact/",
    "/fr/about/",
    "/api/v1/cases/",
    "/robots.txt",
    "/sitemap.xml",
    f"/cases/{CASE}/write/",
    f"/fr/cases/{CASE}/write/",
]

# What gunicorn, Django, a proxy or an application in another framework may believe.
HEADERS = [
    ("SCRIPT_NAME", "/evil"),
    ("SCRIPT_NAME", "//evil"),
    ("Script-Name", "/evil"),
    ("X-Script-Name", "/evil"),
    ("PATH_INFO", "/evil/"),
    ("Path-Info", "/evil/"),
    ("REMOTE_USER", "staff"),
    ("X-Forwarded-Prefix", "/evil"),
    ("X-Forwarded-Path", "/evil"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Server", "evil.example"),
    ("X-Forwarded-Port", "4443"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Proto", "evil"),
    ("X-Forwarded-Protocol", "ssl"),
    ("X-Forwarded-Scheme", "https"),
    ("X-Forwarded-Ssl", "on"),
    ("Front-End-Https", "on"),
    ("X-Forwarded-For", "203.0.113.9"),
    ("X-Real-IP", "203.0.113.9"),
    ("Forwarded", "for=203.0.113.9;host=evil.example;proto=https"),
    ("X-Host", "evil.example"),
    ("X-Original-Host", "evil.example"),
    ("X-HTTP-Host-Override", "evil.example"),
    ("X-Original-URL", "/fr/good-news/"),
    ("X-Rewrite-URL", "/fr/good-news/"),
    ("X-HTTP-Method-Override", "POST"),
    ("X-HTTP-Method", "DELETE"),
    ("X-Method-Override", "PUT"),
    ("X-Requested-With", "XMLHttpRequest"),
    ("Accept", "application/json"),
    ("Accept-Language", "fr"),
    ("Accept-Charset", "utf-16"),
    ("Accept-Encoding", "gzip"),
    ("Accept-Encoding", "br;q=1, identity;q=0"),
    ("Accept-Encoding", "evil"),
    ("Content-Type", "text/html; charset=utf-16"),
    ("Content-Type", "a/b; charset=hex"),
    ("Content-Type", "a/b; charset*=utf-8''idna"),
    ("Content-Language", "fr"),
    ("Cookie", "staff=abcdefgh; __Host-staff=abcdefgh; sessionid=abcdefgh"),
    ("Cookie", "form=" + "a" * 32 + "; django_language=fr; messages=evil"),
    ("Authorization", "Basic c3RhZmY6c3RhZmY="),
    ("Range", "bytes=0-9"),
    ("If-Range", '"evil"'),
    ("If-Match", '"evil"'),
    ("If-None-Match", "*"),
    ("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"),
    ("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("Cache-Control", "no-cache"),
    ("Pragma", "no-cache"),
    ("Expect", "100-continue"),
    ("Origin", "https://evil.example"),
    ("Referer", "https://evil.example/"),
    ("User-Agent", "evil"),
    ("Save-Data", "on"),
    ("Sec-GPC", "1"),
    ("Sec-Fetch-Dest", "iframe"),
    ("Upgrade-Insecure-Requests", "1"),
    ("Via", "1.1 evil.example"),
    ("Early-Data", "1"),
]
HOSTS = ["LOCALHOST", "localhost:1", "localhost.", "testserver", "127.0.0.1:9"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A site with a case on it, to be served."""
    folder = tmp_path_factory.mktemp("site")
    site = Served(folder, page_cache_seconds=4)
    make = "from tests.factories import make_full_case, make_outcome;"
    make += f"make_outcome(make_full_case(slug='{CASE}'))"
    site.manage("shell", "--no-imports", "--command", make)
    return folder


# Of a start in another folder, where gunicorn.conf.py is not read.
CARELESS = ["--forwarder-headers=SCRIPT_NAME,PATH_INFO", "--forwarded-allow-ips=*"]


@pytest.fixture(scope="module", params=[[], CARELESS], ids=["as documented", "carelessly"])
def site(request, folder) -> Iterator[Served]:
    """Served anew for the first test that takes it: no page was read yet, by nobody."""
    site = Served(folder, page_cache_seconds=4)
    with site.running("--workers=1", *request.param):
        yield site


def ask(site: Served, path: str, *headers: tuple[str, str], method: str = "GET") -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=30)
    names = {name.lower() for name, _value in headers}
    connection.putrequest(
        method, path, skip_host="host" in names, skip_accept_encoding="accept-encoding" in names
    )
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    answer.text = answer.read().decode("latin-1")
    connection.close()
    return answer


def read(site: Served) -> dict[str, object]:
    """What somebody else reads, with the headers; of forms what never changes: where they lead."""
    pages = {}
    for path in PAGES:
        answer = ask(site, path)
        headers = dict(answer.getheaders())
        del headers["Date"]
        policy = headers.pop("Content-Security-Policy").split("; ")  # each process has its order
        if "/write/" in path:
            pages[path] = (
                answer.status,
                [part.split('"')[0] for part in answer.text.split('="/')[1:]],
            )
        else:
            pages[path] = answer.status, headers, sorted(policy), answer.text
    return pages


@pytest.fixture(scope="module")
def as_it_is(folder) -> dict[str, object]:
    site = Served(folder, page_cache_seconds=4)
    with site.running("--workers=1"):
        pages = read(site)
    assert {page[0] for page in pages.values()} == {200}
    return pages


@pytest.mark.slow
def test_no_header_of_one_request_changes_what_another_reads(site, as_it_is):
    for path in PAGES:
        for name, value in HEADERS:
            ask(site, path, (name, value))
        for prefix in ["/evil", "//evil"]:
            ask(site, prefix + path, ("SCRIPT_NAME", prefix))
            ask(site, path, ("SCRIPT_NAME", prefix), ("PATH_INFO", prefix + path))
        for host in HOSTS:
            ask(site, path, ("Host", host))
        ask(site, f"http://evil.example{path}")
        ask(site, path, ("X-Forwarded-Proto", "https"), ("X-Forwarded-Ssl", "off"))
        ask(site, path, method="HEAD")

    assert read(site) == as_it_is


@pytest.mark.slow
def test_path_in_a_header_is_no_path(site):
    assert ask(site, "/evil/cases/", ("SCRIPT_NAME", "/evil")).status == 404
    assert ask(site, "/cases/", ("PATH_INFO", "/nothing/")).status == 200


def test_address_with_two_slashes_is_not_the_one_with_one(site):
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as connection:
        connection.sendall(b"GET //cases/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = HTTPResponse(connection)
        answer.begin()

    assert answer.status == 404


def test_charset_that_a_request_names_breaks_nothing(site):
    for charset in ["hex", "idna", "base64", "undefined", "utf-16", "punycode"]:
        for kind in [f"a/b; charset={charset}", f"a/b; charset*=utf-8''{charset}", "a/b; charset="]:
            answer = ask(site, "/cases/nobody/write/?start=%41", ("Content-Type", kind))

            assert answer.status == 404, kind
            assert "Content-Security-Policy" in dict(answer.getheaders())


@pytest.mark.slow
def test_gunicorn_itself_is_told_to_believe_no_header(monkeypatch):
    monkeypatch.chdir(settings.BASE_DIR)
    monkeypatch.setattr("sys.argv", ["gunicorn"])
    cfg = WSGIApplication().cfg

    assert (cfg.forwarder_headers, cfg.forwarded_allow_ips) == ([], [])
    assert (cfg.secure_scheme_headers, cfg.header_map) == ({}, "drop")
