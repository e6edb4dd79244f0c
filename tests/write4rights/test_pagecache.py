import gzip
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from write4rights.pagecache.cache import PageCache
from write4rights.pagecache.page import CachedPage, is_cacheable, preferred_coding

PUBLIC = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "public, max-age=4, stale-while-revalidate=30"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'self'"),
    ("Referrer-Policy", "same-origin"),
]
BODY = b"<p>A letter for Ellinor, a letter for Juan.</p>" * 200
LONG_ENOUGH = 60  # seconds, for a thread of a machine that has much else to do


class Site:
    """What stands behind the cache: answers as told, and remembers what it was asked."""

    def __init__(self, body=BODY, status="200 OK", headers=PUBLIC, meanwhile=lambda: None):
        self.body, self.status, self.headers, self.meanwhile = body, status, headers, meanwhile
        self.asked = []
        self.closed = 0

    def __call__(self, environ, start_response):
        self.asked.append(environ)
        body = self.body
        self.meanwhile()
        start_response(self.status, [*self.headers, ("Content-Length", str(len(body)))])
        return Body([body], self)


class Body(list):
    def __init__(self, chunks, site):
        super().__init__(chunks)
        self.site = site

    def close(self):
        self.site.closed += 1


class Answer(NamedTuple):
    status: str
    headers: dict[str, str]
    body: bytes


class Clock:
    """Time that passes when it is told to."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("write4rights.pagecache.cache.monotonic", clock)
    return clock


def make_cache(site, *, seconds=4, max_bytes=1_000_000, **kwargs) -> PageCache:
    return PageCache(site, seconds=seconds, max_bytes=max_bytes, **kwargs)


def ask(cache, path="/", query="", method="GET", **headers) -> Answer:
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
    }
    setup_testing_defaults(environ)
    environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    said = []

    def start_response(status, headers, exc_info=None):
        said[:] = [status, headers]
        return written.append

    written = []
    result = validator(cache)(environ, start_response)
    try:
        body = b"".join(written + list(result))
    finally:
        result.close()
    return Answer(said[0], dict(said[1]), body)


def test_public_page_is_rendered_once():
    site = Site()
    cache = make_cache(site)

    first, second = ask(cache), ask(cache)

    assert first == second
    assert first.body == BODY
    assert len(site.asked) == 1


def test_kept_page_has_every_header_that_django_gave_it():
    cache = make_cache(Site())
    ask(cache)

    headers = ask(cache).headers

    assert headers == {
        **dict(PUBLIC),
        "Content-Length": str(len(BODY)),
        "ETag": headers["ETag"],
        "Vary": "Accept-Encoding",
    }


def test_result_of_the_application_is_closed():
    site = Site()
    cache = make_cache(site)

    ask(cache)
    ask(cache)

    assert site.closed == 1


def test_result_is_closed_when_its_body_fails():
    site = Site()

    def failing(environ, start_response):
        site(environ, start_response)
        return FailingBody([b"<p>"], site)

    with pytest.raises(ConnectionError):
        ask(make_cache(failing))

    assert site.closed == 1


class FailingBody(Body):
    def __iter__(self):
        yield from super().__iter__()
        raise ConnectionError("the database went away")


@pytest.mark.parametrize(
    ("status", "header"),
    [
        ("404 Not Found", None),
        ("410 Gone", None),
        ("500 Internal Server Error", None),
        ("206 Partial Content", None),
        ("200 OK", ("Cache-Control", "no-store")),
        ("200 OK", ("Cache-Control", "private")),
        ("200 OK", ("Set-Cookie", "form=1")),
        ("200 OK", ("Vary", "Cookie")),
        ("200 OK", ("Vary", "Accept-Encoding, Accept-Language")),
        ("200 OK", ("Vary", "*")),
        ("200 OK", ("Content-Encoding", "gzip")),
        ("200 OK", ("Content-Security-Policy", "script-src 'nonce-Zm9v'")),
        ("200 OK", ("Content-Security-Policy-Report-Only", "script-src 'NONCE-Zm9v'")),
    ],
)
def test_errors_and_what_is_meant_for_one_reader_are_not_kept(status, header):
    site = Site(status=status, headers=[*PUBLIC, header] if header else PUBLIC)
    cache = make_cache(site)

    ask(cache)
    answer = ask(cache)

    assert answer.status == status
    assert "ETag" not in answer.headers
    assert len(site.asked) == 2


def test_page_that_does_not_say_public_is_not_kept():
    site = Site(headers=[("Content-Type", "text/html"), ("Cache-Control", "max-age=4")])
    cache = make_cache(site)

    ask(cache)
    ask(cache)

    assert len(site.asked) == 2


def test_posts_always_reach_the_application():
    site = Site()
    cache = make_cache(site)
    ask(cache)

    ask(cache, method="POST")

    assert [environ["REQUEST_METHOD"] for environ in site.asked] == ["GET", "POST"]


@pytest.mark.parametrize("cookie", ["form=1; staff=abc", "__Host-staff=abc", "sessionid=1", "é"])
def test_cookie_of_any_content_is_served_the_page_that_is_kept(cookie):
    site = Site()
    cache = make_cache(site)
    first = ask(cache)

    assert ask(cache, cookie=cookie) == first
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/cases/"},
        {"query": "country=NO"},
        {"host": "fr.example.org"},
        {"x_forwarded_proto": "https"},
    ],
)
def test_pages_with_another_address_are_other_pages(other):
    site = Site()
    cache = make_cache(site)
    ask(cache)

    ask(cache, **other)

    assert len(site.asked) == 2


def test_host_that_django_refuses_is_not_kept():
    site = Site(status="400 Bad Request")
    cache = make_cache(site)
    ask(cache, host="evil.example")
    site.status = "200 OK"

    answer = ask(cache)

    assert answer.status == "200 OK"
    assert [key[2] for key in cache._pages] == ["127.0.0.1"]


def test_very_long_query_is_rendered_each_time():
    site = Site()
    cache = make_cache(site)

    ask(cache, query="q=" + "a" * 3_000)
    ask(cache, query="q=" + "a" * 3_000)

    assert len(site.asked) == 2
    assert not cache._uncacheable


def test_static_files_are_left_to_those_who_serve_them():
    site = Site()
    cache = make_cache(site, untouched=("/static/", "/media/"))

    ask(cache, "/static/css/tokens.css", accept_encoding="br")
    ask(cache, "/static/css/tokens.css", accept_encoding="br")

    assert [environ["HTTP_ACCEPT_ENCODING"] for environ in site.asked] == ["br", "br"]


def test_zero_seconds_turn_the_cache_off():
    site = Site()
    cache = make_cache(site, seconds=0)

    ask(cache)
    ask(cache)

    assert len(site.asked) == 2


# Age


def test_page_is_rendered_anew_in_the_last_quarter_of_its_life(clock):
    site = Site()
    cache = make_cache(site, seconds=4)
    ask(cache)
    site.body = b"<p>7 letters</p>"

    clock.advance(2.9)
    before = ask(cache)
    clock.advance(0.1)
    after = ask(cache)

    assert before.body == BODY
    assert after.body == b"<p>7 letters</p>"


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone", "503 Service Unavailable"])
def test_page_that_is_gone_takes_the_old_body_with_it(clock, status):
    site = Site()
    cache = make_cache(site, seconds=4)
    ask(cache)
    site.status = status

    clock.advance(3)

    assert ask(cache).status == status
    assert ask(cache).status == status
    assert cache._bytes == 0


def test_page_that_cannot_be_rendered_takes_the_old_body_with_it(clock):
    site = Site()
    cache = make_cache(site, seconds=4)
    ask(cache)
    site.body = None  # len(None): the rendering fails

    clock.advance(3)
    with pytest.raises(TypeError):
        ask(cache)
    site.body = b"<p>Well again</p>"

    assert ask(cache).body == b"<p>Well again</p>"


def test_age_counts_from_when_the_rendering_began(clock):
    site = Site(meanwhile=lambda: clock.advance(4))
    cache = make_cache(site, seconds=4)

    slow = ask(cache)
    site.status, site.meanwhile = "410 Gone", lambda: None

    assert slow.status == "200 OK"
    assert ask(cache).status == "410 Gone"


# One rendering at a time


@pytest.fixture
def patience(monkeypatch):
    """Whoever waits for another's rendering waits until it is done."""
    monkeypatch.setattr("write4rights.pagecache.cache.PATIENCE", LONG_ENOUGH)


@pytest.mark.usefixtures("patience")
def test_crowd_at_a_cold_start_causes_one_rendering():
    all_here = threading.Barrier(9)
    site = Site(meanwhile=lambda: time.sleep(0.2))
    cache = make_cache(site)

    def visit(_):
        all_here.wait()
        return ask(cache)

    with ThreadPoolExecutor(8) as pool:
        visits = pool.map(visit, range(8))
        all_here.wait()
        answers = {answer.body for answer in visits}

    assert answers == {BODY}
    assert len(site.asked) == 1


def test_others_are_served_the_old_body_while_one_renders_anew(clock):
    site = Site()
    cache = make_cache(site, seconds=4)
    ask(cache)
    begun, go_on = threading.Event(), threading.Event()
    site.body = b"<p>7 letters</p>"
    site.meanwhile = lambda: (begun.set(), go_on.wait(LONG_ENOUGH))

    clock.advance(3.5)
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(ask, cache)
        assert begun.wait(LONG_ENOUGH)
        meanwhile = [ask(cache).body, ask(cache, method="HEAD").status]
        go_on.set()

    assert meanwhile == [BODY, "200 OK"]
    assert renewing.result().body == ask(cache).body == b"<p>7 letters</p>"
    assert len(site.asked) == 2


def test_old_body_is_not_served_past_its_age_while_one_renders_anew(clock):
    site = Site()
    cache = make_cache(site, seconds=4)
    ask(cache)
    begun, go_on = threading.Event(), threading.Event()
    site.status = "410 Gone"
    site.meanwhile = lambda: (begun.set(), go_on.wait(LONG_ENOUGH))

    clock.advance(4)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, cache)
        assert begun.wait(LONG_ENOUGH)
        second = pool.submit(ask, cache)
        go_on.set()

    assert {first.result().status, second.result().status} == {"410 Gone"}


@pytest.mark.usefixtures("patience")
def test_form_that_is_known_never_waits_for_another():
    site = Site(headers=[("Content-Type", "text/html"), ("Cache-Control", "no-store")])
    cache = make_cache(site)
    ask(cache, "/cases/ellinor/write/")
    both_inside = threading.Barrier(2)
    site.meanwhile = lambda: both_inside.wait(LONG_ENOUGH / 2)  # breaks if one waits for the other

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(ask, [cache] * 2, ["/cases/ellinor/write/"] * 2))

    assert [answer.status for answer in answers] == ["200 OK", "200 OK"]


def test_nobody_waits_long_for_a_rendering_that_hangs(monkeypatch):
    monkeypatch.setattr("write4rights.pagecache.cache.PATIENCE", 0.05)
    hung, release = threading.Event(), threading.Event()
    site = Site(meanwhile=lambda: (hung.set(), release.wait(LONG_ENOUGH)))
    cache = make_cache(site)

    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(ask, cache)
        assert hung.wait(LONG_ENOUGH)
        site.meanwhile = lambda: None
        answer = ask(cache)
        release.set()

    assert answer.body == hanging.result().body == BODY
    assert len(site.asked) == 2


def test_waiting_requests_go_on_when_the_rendering_fails():
    site = Site()
    inside, fail = threading.Event(), threading.Event()

    def break_down():
        inside.set()
        fail.wait(LONG_ENOUGH)
        site.meanwhile = lambda: None
        raise ConnectionError("the database went away")

    site.meanwhile = break_down
    cache = make_cache(site)

    with ThreadPoolExecutor(2) as pool:
        failing = pool.submit(ask, cache)
        assert inside.wait(LONG_ENOUGH)
        waiting = pool.submit(ask, cache)
        fail.set()

    assert isinstance(failing.exception(), ConnectionError)
    assert waiting.result().body == BODY
    assert not cache._running


# Memory


def test_memory_is_bounded_and_the_longest_unrendered_page_goes_first():
    site = Site(body=b"x" * 10_000)
    cache = make_cache(site, max_bytes=300_000)

    for number in range(30):
        ask(cache, f"/cases/{number}/")

    assert 0 < cache._bytes == sum(page.weight for page in cache._pages.values()) <= 300_000
    assert [key[3] for key in cache._pages] == [f"/cases/{n}/" for n in range(22, 30)][
        -len(cache._pages) :
    ]


def test_weight_covers_all_codings():
    page = CachedPage(BODY, [*PUBLIC, ("Content-Length", str(len(BODY)))], 0, 4)

    for coding in ["br", "gzip"]:
        page.answer({"REQUEST_METHOD": "GET", "HTTP_ACCEPT_ENCODING": coding}, lambda *_: None)

    assert sum(len(coded.body) for coded in page.coded.values()) < page.weight


def test_page_too_large_for_the_memory_is_served_but_not_kept():
    site = Site(body=b"x" * 100_000)
    cache = make_cache(site, max_bytes=200_000)

    assert ask(cache).body == ask(cache).body == b"x" * 100_000
    assert len(site.asked) == 2
    assert cache._bytes == 0


def test_addresses_not_for_keeping_are_remembered_up_to_a_number(monkeypatch):
    monkeypatch.setattr("write4rights.pagecache.cache.MAX_UNCACHEABLE", 5)
    cache = make_cache(Site(status="404 Not Found"))

    for number in range(20):
        ask(cache, query=f"page={number}")

    assert [key[4] for key in cache._uncacheable] == [f"page={n}" for n in range(15, 20)]


def test_page_published_after_its_404_is_kept():
    site = Site(status="404 Not Found")
    cache = make_cache(site)
    ask(cache)
    site.status = "200 OK"

    ask(cache)
    ask(cache)

    assert len(site.asked) == 2
    assert not cache._uncacheable


# Codings, ETags, HEAD


@pytest.mark.parametrize(
    ("coding", "decode"), [("br", brotli.decompress), ("gzip", gzip.decompress)]
)
def test_body_is_compressed_as_the_reader_asks(coding, decode):
    cache = make_cache(Site())

    answer = ask(cache, accept_encoding=coding)

    assert decode(answer.body) == BODY
    assert answer.headers["Content-Encoding"] == coding
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_body_is_compressed_once(monkeypatch, clock):
    compressed = []
    monkeypatch.setitem(
        CachedPage._compress.__globals__["COMPRESS"],
        "br",
        lambda body: compressed.append(1) or b"br",
    )
    cache = make_cache(Site(), seconds=4)

    ask(cache, accept_encoding="br")
    ask(cache, accept_encoding="br")
    clock.advance(5)
    ask(cache, accept_encoding="br")

    assert compressed == [1]


def test_picture_is_kept_as_it_is():
    picture = b"\x89PNG" + bytes(5_000)
    site = Site(body=picture, headers=[("Content-Type", "image/png"), ("Cache-Control", "public")])
    cache = make_cache(site)
    ask(cache)

    answer = ask(cache, accept_encoding="br, gzip")

    assert answer.body == picture
    assert not {"Content-Encoding", "Vary"} & answer.headers.keys()
    assert len(site.asked) == 1


def test_what_compressing_makes_longer_stays_as_it_is():
    cache = make_cache(Site(body=b"ok"))

    answer = ask(cache, accept_encoding="br, gzip")

    assert answer.body == b"ok"
    assert "Content-Encoding" not in answer.headers


def test_etag_comes_from_the_content_and_differs_by_coding():
    codings = ["identity", "gzip", "br"]

    here = [ask(make_cache(Site()), accept_encoding=coding).headers["ETag"] for coding in codings]
    there = [ask(make_cache(Site()), accept_encoding=coding).headers["ETag"] for coding in codings]
    other = ask(make_cache(Site(body=b"<p>Other</p>"))).headers["ETag"]

    assert here == there
    assert len({*here, other}) == 4


@pytest.mark.parametrize("form", ["{}", "W/{}", '"a", {}', 'W/"a,b" ,W/{}', "*", " * "])
def test_reader_who_has_the_page_gets_a_304(form):
    cache = make_cache(Site())
    etag = ask(cache, accept_encoding="br").headers["ETag"]

    answer = ask(cache, accept_encoding="br", if_none_match=form.format(etag))

    assert answer.status == "304 Not Modified"
    assert answer.body == b""
    assert answer.headers["ETag"] == etag
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Cache-Control"] == dict(PUBLIC)["Cache-Control"]
    assert not {"Content-Length", "Content-Type", "Content-Encoding"} & answer.headers.keys()


@pytest.mark.parametrize("known", ['"old"', "", '"', "W/", '"*"', "a*"])
def test_reader_who_has_another_page_gets_this_one(known):
    cache = make_cache(Site())

    answer = ask(cache, if_none_match=known)

    assert answer.status == "200 OK"
    assert answer.body == BODY


def test_first_reader_gets_a_304_too_and_the_whole_page_is_kept():
    etag = ask(make_cache(Site())).headers["ETag"]
    site = Site()
    cache = make_cache(site)

    first = ask(cache, if_none_match=etag, if_modified_since="x", range="bytes=0-9")

    assert first.status == "304 Not Modified"
    assert ask(cache).body == BODY
    assert not {"HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE"} & site.asked[0].keys()


def test_head_is_answered_from_the_page():
    site = Site()
    cache = make_cache(site)
    page = ask(cache, accept_encoding="br")

    answer = ask(cache, method="HEAD", accept_encoding="br")

    assert answer == page._replace(body=b"")
    assert len(site.asked) == 1


def test_head_for_an_unknown_page_is_left_to_the_application():
    site = Site(body=b"")
    cache = make_cache(site)

    ask(cache, method="HEAD")
    site.body = BODY

    assert ask(cache).body == BODY
    assert [environ["REQUEST_METHOD"] for environ in site.asked] == ["HEAD", "GET"]


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        ("", "identity"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.000,gzip;q=0", "identity"),
        ("GZIP ; Q=1.000", "gzip"),
        ("*", "br"),
        ("*, br;q=0", "gzip"),
        ("gzip;q=0.3, *;q=0", "gzip"),
        ("identity;q=1, gzip;q=0.5", "identity"),
        ("identity, br", "br"),
        ("br;q=2, gzip;q=nan", "identity"),
        ("brotli, gzipped", "identity"),
    ],
)
def test_coding_is_the_one_the_reader_likes_best(accept_encoding, coding):
    assert preferred_coding(accept_encoding) == coding


header_text = st.text(st.characters(min_codepoint=32, max_codepoint=255))
header_like = st.lists(
    st.sampled_from(
        ["gzip", "br", "identity", "*", ";q=", "0", "1", ".5", ",", " ", '"', "W/", "\t", "q", ";"]
    )
).map("".join)


@given(accept_encoding=header_text | header_like, known=header_text | header_like)
def test_no_header_leads_to_anything_but_the_page(accept_encoding, known):
    cache = make_cache(Site())

    answer = ask(cache, accept_encoding=accept_encoding, if_none_match=known)

    decode = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}
    if answer.status == "200 OK":
        assert decode[answer.headers.get("Content-Encoding")](answer.body) == BODY
    else:
        assert (answer.status, answer.body, known.strip()) == ("304 Not Modified", b"", "*")


@given(value=header_text, name=st.sampled_from(["Cache-Control", "Vary", "Set-Cookie"]))
def test_no_header_value_breaks_the_rule_for_keeping(value, name):
    kept = is_cacheable("200 OK", [*PUBLIC, ("Content-Length", "2"), (name, value)])

    assert isinstance(kept, bool)
    assert not (kept and name == "Set-Cookie")


# The application, as PEP 3333 allows it to behave


def test_text_given_to_write_comes_before_the_rest():
    def application(environ, start_response):
        write = start_response("200 OK", [*PUBLIC, ("Content-Length", "10")])
        write(b"first")
        return [b" then"]

    cache = make_cache(application)

    assert ask(cache).body == ask(cache).body == b"first then"


def test_error_page_that_replaces_a_started_answer_is_sent_and_not_kept():
    def application(environ, start_response):
        write = start_response("200 OK", [*PUBLIC, ("Content-Length", "5")])
        write(b"first")
        try:
            raise ConnectionError("the database went away")
        except ConnectionError as error:
            start_response(
                "500 Internal Server Error",
                [("Content-Type", "text/plain")],
                (type(error), error, error.__traceback__),
            )
        return [b"Sorry"]

    cache = make_cache(application)

    answer = ask(cache)

    assert (answer.status, answer.body) == ("500 Internal Server Error", b"Sorry")
    assert not cache._pages


def test_error_page_that_replaces_half_a_body_is_sent_and_not_kept():
    def application(environ, start_response):
        start_response("200 OK", [*PUBLIC, ("Content-Length", "5")])
        return failing(start_response)

    def failing(start_response):
        yield b"fir"
        error = ConnectionError("the database went away")
        headers = [("Content-Type", "text/plain")]
        start_response("500 Internal Server Error", headers, (type(error), error, None))
        yield b"Sorry"

    cache = make_cache(application)

    answer = ask(cache)

    assert (answer.status, answer.body) == ("500 Internal Server Error", b"Sorry")
    assert not cache._pages


def test_generator_that_starts_late_is_passed_on():
    def application(environ, start_response):
        start_response("200 OK", [*PUBLIC, ("Content-Length", "4")])
        yield b"late"

    cache = make_cache(application)

    assert ask(cache).body == b"late"
    assert not cache._pages


def test_answer_that_is_shorter_than_it_says_is_not_kept():
    def application(environ, start_response):
        start_response("200 OK", [*PUBLIC, ("Content-Length", "100")])
        return [b"cut off"]

    cache = make_cache(application)

    answer = ask(cache)

    assert answer.headers["Content-Length"] == "100"
    assert not cache._pages


def test_file_that_is_not_kept_reaches_the_server_untouched():
    handed_over = Body([b"%PDF"], Site())

    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/pdf")])
        return handed_over

    environ = {"PATH_INFO": "/letters/x/letter.pdf"}
    setup_testing_defaults(environ)

    result = make_cache(application)(environ, lambda *_: None)

    assert result is handed_over


def test_headers_changed_by_a_server_stay_as_they_are_in_memory():
    cache = make_cache(Site())
    environ = {}
    setup_testing_defaults(environ)

    cache(environ, lambda status, headers: headers.clear())
    cache(environ, lambda status, headers: headers.clear())

    assert ask(cache).headers["Referrer-Policy"] == "same-origin"
