"""The proxy that ships: what it passes on, keeps, refuses and writes down."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer, ThreadingUnixStreamServer

import pytest
from django.conf import settings as site_settings
from django.urls import resolve
from django.utils import translation

from cases.pictures import MAX_BYTES
from tests.nginx import NGINX, Proxy, open_folder, running
from tests.write4rights.test_every_answer import ADDRESSES, FOR_READERS
from tests.write4rights.test_logs import all_patterns
from write4rights.middleware import language_of
from write4rights.staff_sessions import STAFF_PAGES

pytestmark = pytest.mark.any_database

SITE = (NGINX / "write4rights/site.conf").read_text()
HEADERS = (NGINX / "write4rights/headers.conf").read_text()
KEY = "A" * 22
PUBLIC = "public, max-age=4, stale-while-revalidate=3"
LOCATIONS = re.findall(r'location ~ "(.+?)" \{(.+?)\n    \}', SITE, re.S)
KINDS = re.findall(r'^ +"?~(\^\S+?)"? +([a-z-]+);$', SITE, re.M)
KEPT = re.compile(next(path for path, does in LOCATIONS if "proxy_cache " in does))
TAKES_PICTURES = re.compile(next(path for path, does in LOCATIONS if "20m" in does))

# Public, and rightly asked of the site each time: an address for every number, answers to a query.
NOT_KEPT = re.compile(r"/healthz|/readyz|/metrics|/(?:fr/)?(?:check/.*|oembed)")


# --- the files


def test_what_everybody_may_read_is_kept_and_no_form_or_private_page_is():
    for url in FOR_READERS:
        with translation.override(language_of(url)):
            methods = getattr(resolve(url).func, "methods", ["GET", "HEAD", "POST"])
        is_public = "POST" not in methods and not NOT_KEPT.fullmatch(url)
        assert bool(KEPT.match(url)) == is_public, url


def test_pictures_can_be_sent_where_a_form_asks_for_them():
    forms = [
        "/cases/a/solidarity/",
        "/take-all/a/message/",
        f"/letters/{KEY}/edit/",
        f"/letters/{KEY}/reply/",
        "/admin/cases/case/1/change/",
    ]
    for url in [*forms, *(f"/fr{form}" for form in forms)]:
        assert TAKES_PICTURES.match(url), url
    assert not TAKES_PICTURES.match("/cases/a/write/")
    for url in filter(STAFF_PAGES.match, ADDRESSES):
        assert TAKES_PICTURES.match(url), url


def test_no_body_is_refused_here_that_the_site_takes_and_none_lies_on_the_disk():
    sizes = {"m": 1_000_000, "k": 1_000}
    said = re.findall(r"client_(max_body|body_buffer)_size (\d+)([mk]);", SITE)
    small, small_buffer, large, large_buffer = [int(n) * sizes[unit] for _what, n, unit in said]

    assert small == small_buffer > 2 * site_settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert large == large_buffer > MAX_BYTES


def test_log_knows_words_of_ours_for_an_address_and_nothing_of_who_asks():
    assert re.findall(r"access_log (.+)", SITE) == [
        "/var/log/nginx/write4rights.log write4rights buffer=32k flush=5s;"
    ]
    log_format = SITE.split("log_format write4rights ")[1].split(";")[0]
    assert set(re.findall(r"\$\w+", log_format)) == {
        "$time_iso8601",
        "$request_method",
        "$write4rights_kind",
        "$status",
        "$body_bytes_sent",
        "$request_time",
        "$upstream_response_time",
        "$upstream_cache_status",
    }
    kinds = SITE.split("$write4rights_kind {")[1].split("\n}")[0].strip().splitlines()
    assert len(kinds) == len(KINDS) + 1  # “other”
    assert all(re.fullmatch(r"[a-z-]+;", line.split()[-1]) for line in kinds)
    assert re.findall(r"error_log (.+);", SITE) == ["/dev/null emerg"]


def test_every_private_address_is_one_kind_of_page_in_the_log_and_no_other_is():
    keys = {address: converters for address, converters in all_patterns().items() if converters}
    secret = {"KeyConverter", "ListConverter"}
    for address, converters in keys.items():
        is_private = bool(secret & {*converters}) or "<str:token>" in address
        for url in [address, f"/fr{address}", f"{address}?next=/"]:
            kind = next((kind for path, kind in KINDS if re.match(path, url)), "other")
            assert (kind == "private") == is_private, url


def test_nothing_old_is_shown_longer_than_the_site_says():
    assert not re.search(r"^\s*proxy_cache_(?:use_stale|valid)", SITE, re.M)
    assert "Cache-Control" not in "".join(re.findall(r"proxy_ignore_headers (.+);", SITE))


def test_what_nginx_answers_itself_carries_the_headers_of_the_site(client):
    from_site = client.get("/static/css/base.css").headers
    from_nginx = dict(re.findall(r'add_header ([\w-]+) "?(.+?)"? always;', HEADERS))

    assert from_nginx.pop("Strict-Transport-Security") == "max-age=63072000"
    assert from_nginx.pop("X-Frame-Options") == "DENY"  # on pages
    for name, value in from_nginx.items():
        assert set(value.split("; ")) == set(from_site[name].split("; ")), name
    missing = {name for name in from_site if name not in from_nginx}
    of_a_file = ("Cache-Control", "Content-", "ETag", "Last-Modified", "Vary", "Access-Control-")
    assert not {name for name in missing if not name.startswith(of_a_file)}


# --- nginx as it runs, before a site that says what reached it


class Site(BaseHTTPRequestHandler):
    """Answers as `?answer` says, and keeps what it was asked."""

    asked: list[tuple[str, dict[str, str], int]] = []

    def do_GET(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        self.rfile.read(size)
        self.asked.append((self.path, dict(self.headers), size))
        body = f"{len(self.asked)} {self.headers['Accept-Encoding']}".encode()
        self.send_response(200)
        for name, value in {
            "Cache-Control": PUBLIC if "private" not in self.path else "no-store, private",
            **({"Set-Cookie": "a=b"} if "cookie" in self.path else {}),
            **({"Vary": "Cookie"} if "vary" in self.path else {}),
            "Content-Length": str(len(body)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if self.command != "HEAD" else b"")

    do_POST = do_HEAD = do_GET

    def log_message(self, *args) -> None:
        pass


@contextmanager
def serving_a_socket(path: Path) -> Iterator[Path]:
    with ThreadingUnixStreamServer(str(path), Site) as server:
        path.chmod(0o777)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield path
        server.shutdown()


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with open_folder() as folder, serving_a_socket(folder / "web.sock") as upstream:
        (folder / "www/static").mkdir(parents=True)
        (folder / "www/static/a.css").write_text("body { }")
        with running(folder, f"unix:{upstream}", ADMIN_PATH="desk") as proxy:
            yield proxy


@pytest.fixture(autouse=True)
def nothing_was_asked() -> None:
    Site.asked.clear()


def test_page_is_asked_for_once_for_all_browsers_that_read_the_same_coding(proxy):
    first = proxy.ask("/cases/", Accept_Encoding="gzip, deflate, br")
    second = proxy.ask("/cases/", Accept_Encoding="br;q=1.0, gzip;q=0.8, *;q=0.1", Cookie="a=b")
    other = proxy.ask("/cases/", Accept_Encoding="gzip, br;q=0")

    assert first[2] == second[2] == "1 br"
    assert other[2] == "2 gzip"
    assert [second[1]["X-Cache"], other[1]["X-Cache"]] == ["HIT", "MISS"]


@pytest.mark.parametrize(
    "path",
    ["/cases/?private", "/cases/?cookie", "/cases/?vary", f"/letters/{KEY}/", "/cases/a/write/"],
)
def test_what_is_private_or_set_a_cookie_or_varies_is_asked_for_each_time(proxy, path):
    assert [proxy.ask(path)[2][0] for _time in range(2)] == ["1", "2"]
    assert not any(KEY.encode() in file.read_bytes() for file in proxy.folder.rglob("cache/*/*/*"))


def test_site_learns_the_address_from_nginx_and_nothing_else_that_the_sender_made_up(proxy):
    made_up = {
        "X_Forwarded_For": "203.0.113.9",
        "X_Forwarded_Host": "evil.example",
        "X_Forwarded_Proto": "http",
        "Forwarded": "for=203.0.113.9",
        "X_Real_IP": "203.0.113.9",
        "Script_Name": "/evil",
    }
    proxy.ask("/cases/a/write/", **made_up)

    (_path, headers, _size) = Site.asked[0]
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "https"
    assert headers["Host"] == f"localhost:{proxy.https}"
    assert not {"X-Forwarded-Host", "Forwarded", "X-Real-IP", "Script-Name"} & headers.keys()


def test_body_of_a_form_may_be_small_and_one_with_a_picture_large(proxy):
    picture = b"a" * MAX_BYTES

    assert proxy.ask("/cases/a/write/", "POST", b"a" * 400_000)[0] == 200
    assert proxy.ask("/cases/a/solidarity/", "POST", picture)[0] == 200
    assert proxy.ask("/fr/desk/cases/", "POST", picture)[0] == 200
    status, headers, body = proxy.ask("/cases/a/write/", "POST", picture)
    assert (status, headers["Cache-Control"]) == (413, "no-store")
    assert "what you typed is still there" in body
    assert [size for _path, _headers, size in Site.asked] == [400_000, MAX_BYTES, MAX_BYTES]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ADMIN_PATH", "desk|.*"),
        ("ADMIN_PATH", "a#b"),
        ("ADMIN_PATH", "a\nb"),
        ("HOSTS", "a.example;b"),
        ("WWW", "/srv/a&b"),
        ("KEY", "/srv/a\\1"),
        ("UPSTREAM", "127.0.0.1:80; }"),
        ("HTTPS_PORT", "443 default"),
        ("HSTS_SUBDOMAINS", "True;"),
    ],
)
def test_what_nginx_or_sed_would_read_otherwise_is_refused_in_a_sentence(tmp_path, name, value):
    said = configured(tmp_path, **{name: value})

    assert said.returncode == 1
    assert said.stderr.startswith(f"{name} may have no signs but ")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("False", "max-age=63072000"),
        ("no", "max-age=63072000"),
        ("", "max-age=63072000"),
        ("true", "max-age=63072000; includeSubDomains"),
        ("1", "max-age=63072000; includeSubDomains"),
    ],
)
def test_browsers_are_told_of_other_hosts_only_where_the_site_tells_them_too(tmp_path, said, sent):
    configured(tmp_path, HSTS_SUBDOMAINS=said, ADMIN_PATH="/desk_2/").check_returncode()

    assert f'Security "{sent}" always;' in (tmp_path / "write4rights/headers.conf").read_text()
    assert "\n        | desk_2/\n" in (tmp_path / "write4rights/site.conf").read_text()


def configured(folder: Path, **given: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"CACHE": str(folder / "cache"), **given}
    command = [NGINX / "configure", folder]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_http_leads_to_https_and_other_names_to_nothing(proxy):
    status, headers, _body = proxy.ask("/cases/?page=2", port=proxy.http, Host="localhost")
    assert (status, headers["Location"]) == (301, f"https://localhost:{proxy.https}/cases/?page=2")

    with pytest.raises(ConnectionResetError):
        proxy.ask("/", port=proxy.http, Host="evil.example")
    assert proxy.ask("/healthz", port=proxy.http, Host="10.0.0.7")[0] == 200
    assert Site.asked[0][1]["Host"] == "localhost"
    asked = [proxy.ask("/readyz", port=proxy.http, Host="10.0.0.7")[0] for _time in range(150)]
    assert {*asked} == {200, 429}


def test_file_is_served_without_the_site_and_for_good(proxy):
    _status, headers, body = proxy.ask("/static/a.css")

    assert body == "body { }"
    assert "immutable" in headers["Cache-Control"]
    assert headers["Strict-Transport-Security"] == "max-age=63072000"  # as HSTS_SUBDOMAINS says
    assert not Site.asked
    assert proxy.ask("/static/of-the-release-before.css")[2].startswith("1 ")  # the site may know


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET /%zz HTTP/1.1\nHost: localhost", 400),
        ("GET / HTTP/1.1", 400),  # no host
        ("GET / HTTP/1.1\nHost: localhost\nHost: localhost", 400),
        ("nonsense", 400),
        (f"GET / HTTP/1.1\nHost: localhost\nCookie: a={'b' * 9_000}", 400),
        ("TRACE / HTTP/1.1\nHost: localhost", 405),
        ("POST /static/a.css HTTP/1.1\nHost: localhost\nContent-Length: 0", 405),
        (f"GET /{'a' * 9_000} HTTP/1.1\nHost: localhost", 414),
        ("POST / HTTP/1.1\nHost: localhost\nTransfer-Encoding: odd", 501),
        ("GET / HTTP/9.9\nHost: localhost", 505),
        ("GET /_refused.html HTTP/1.1\nHost: localhost", 404),
    ],
)
def test_what_nginx_refuses_itself_carries_the_headers_of_the_site(proxy, head, status):
    answered, headers = proxy.ask_oddly(head)

    assert answered == status
    for name in re.findall(r"add_header ([\w-]+)", HEADERS):
        assert len(headers.get_all(name, [])) == 1, name


def test_nothing_that_nginx_writes_holds_a_private_link_or_an_address(proxy):
    for path in [f"/letters/{KEY}/", f"/fr/mine/{KEY}/", f"/x/{KEY}", f"/cases/?q={KEY}", "/%00"]:
        proxy.ask(path, Referer=f"https://localhost/letters/{KEY}/", User_Agent=KEY)
    proxy.ask(f"/letters/{KEY}/", port=proxy.http, Host="localhost")
    proxy.ask(f"/pledges/{KEY}/", "POST", b"a" * 900_000)
    proxy.ask(f"/{KEY * 400}")  # too long
    (proxy.folder / "web.sock").rename(proxy.folder / "away.sock")
    assert proxy.ask(f"/letters/{KEY}/")[0] == 502
    (proxy.folder / "away.sock").rename(proxy.folder / "web.sock")

    lines = [" GET private 200 ", " private 413 ", " private 502 "]
    written = proxy.written(*lines)
    assert all(line in written for line in lines)
    assert KEY not in written
    assert "127.0.0.1" not in written


# --- two hosts, of which the first is away


class Dying(BaseHTTPRequestHandler):
    """Takes a request, and is gone."""

    taken: list[str] = []

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.taken.append(self.command)

    do_POST = do_GET

    def log_message(self, *args) -> None:
        pass


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_pages_and_forms_come_from_the_other_host_if_one_does_not_run(folder):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        away = f"127.0.0.1:{closed.getsockname()[1]}"
    with serving(Site) as well, running(folder, f"{away} {well}") as proxy:
        asked = [("/cases/", "GET"), ("/cases/a/write/", "GET"), ("/cases/a/write/", "POST")] * 2
        assert [proxy.ask(*one, body=b"a")[0] for one in asked] == [200] * 6


def test_host_that_does_not_even_refuse_costs_a_second_and_is_then_left_out(folder):
    with socket.socket() as full, socket.socket() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting.connect(full.getsockname())  # the one place there is: others hear nothing
        away = f"127.0.0.1:{full.getsockname()[1]}"
        with serving(Site) as well, running(folder, f"{away} {well}") as proxy:
            took = []
            for number in range(4):
                began = time.monotonic()
                assert proxy.ask(f"/cases/?page={number}")[0] == 200
                took.append(time.monotonic() - began)

    assert sum(one > 0.9 for one in took) == 1
    assert max(took) < 2


def test_what_a_host_may_have_taken_is_asked_of_the_other_only_if_that_changes_nothing(folder):
    Dying.taken.clear()
    with (
        serving(Dying) as away,
        serving(Site) as well,
        running(folder, f"{away} {well}") as proxy,
    ):
        sent = [proxy.ask("/cases/a/write/", "POST", b"a")[0] for _time in range(2)]
        read = [proxy.ask(path)[0] for path in ("/cases/", "/letters/a/", "/letters/a/")]

    assert sent == [502, 200]
    assert read == [200, 200, 200]
    assert Dying.taken.count("POST") == 1
    assert len([path for path, _headers, size in Site.asked if size]) == 1
