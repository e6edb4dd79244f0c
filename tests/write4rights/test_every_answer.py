"""Every address there is, asked in every way: found in the URLs, so that none is forgotten."""

from __future__ import annotations

import pytest
from django.conf import settings as site_settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation

from cases import pictures
from letters.views.api_answers import API
from tests.factories import make_full_case, make_portrait, png
from tests.reading import page
from tests.staff import signed_in
from write4rights.staff_sessions import STAFF_PAGES

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

# What stands in an address in the place of <slug:slug> and so on.
PARTS = {
    "slug": "anne-testlund",
    "name": "letters-by-country",
    "code": "1-AAAAAA",
    "year": "2025",
    "key": "A" * 22,
    "text": "A" * 100,
}
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}
ODD = ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW"]


def addresses() -> list[str]:
    """One of every pattern, in both languages."""
    found: list[str] = []

    def walk(patterns, before: str) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, before + str(pattern.pattern))
            elif isinstance(pattern, URLPattern) and not str(pattern.pattern).startswith("^"):
                found.append("/" + filled_in(before + str(pattern.pattern)))

    for code, _name in site_settings.LANGUAGES:
        with translation.override(code):
            walk(get_resolver().url_patterns, "")
    return sorted(set(found))


def filled_in(pattern: str) -> str:
    while "<" in pattern:
        before, _, rest = pattern.partition("<")
        part, _, after = rest.partition(">")
        pattern = before + PARTS.get(part.rpartition(":")[2], "1") + after
    return pattern


ADDRESSES = addresses()
FOR_READERS = [url for url in ADDRESSES if not STAFF_PAGES.match(url)]
OTHERS = [
    "/nothing/",
    "/fr/nothing/",
    "/cases/gone/",
    "/cases",
    "/static/css/base.css",
    "/static/css/nothing.css",
    "/favicon.ico",
    "/media/portraits/1/x.webp",
    "/.well-known/security.txt",
]


@pytest.fixture(autouse=True)
def case(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    settings.CONTACT_EMAIL = "letters@example.org"
    # Setting type is tested elsewhere; here it is enough that the address answers.
    monkeypatch.setattr("cases.printing.sheets.typesetting.pdf", lambda *args, **kwargs: b"%PDF-")
    monkeypatch.setattr("cases.printing.sheets.typesetting.png", lambda *args, **kwargs: png())
    case = make_full_case(slug="anne-testlund")
    make_portrait(case)
    make_full_case(slug="gone", freeze="withdrawn", freeze_reason="A test")
    return case


def assert_protected(response, what: str) -> None:
    said = response.headers
    is_framed = "/embed/" in what
    assert is_framed or set(said["Content-Security-Policy"].split("; ")) == POLICY, what
    assert said["X-Content-Type-Options"] == "nosniff", what
    assert said["Referrer-Policy"] == "same-origin", what
    assert said["Cross-Origin-Opener-Policy"] == "same-origin", what
    assert said["Cross-Origin-Resource-Policy"] in ("same-origin", "cross-origin"), what
    assert "camera=()" in said["Permissions-Policy"], what
    assert said["X-Permitted-Cross-Domain-Policies"] == "none", what
    assert not {"Server", "X-Powered-By", "Via"} & set(said), what
    if response.status_code >= 400:
        assert "no-store" in said["Cache-Control"], what


def test_there_are_addresses_of_every_sort():
    assert len(ADDRESSES) > 150
    for url in ["/", "/fr/cases/anne-testlund/write/", f"/letters/{'A' * 22}/", "/admin/"]:
        assert url in ADDRESSES


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_answer_carries_the_headers_that_protect_who_reads_it(client):
    staff = signed_in(is_superuser=True)
    for url in [*ADDRESSES, *OTHERS]:
        for who in [client, staff] if STAFF_PAGES.match(url) else [client]:
            response = who.get(url)

            assert response.status_code < 500, url
            assert_protected(response, url)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_method_that_no_page_knows_is_refused_with_those_it_knows():
    strict = Client(enforce_csrf_checks=True)
    staff = signed_in(is_superuser=True)
    for url in ADDRESSES:
        for method in ODD:
            for who in [strict, staff] if STAFF_PAGES.match(url) else [strict]:
                response = who.generic(method, url)

                known = {"GET", "HEAD", "OPTIONS" if API.fullmatch(url) else "POST"}
                assert response.status_code == (204 if method in known else 405), (method, url)
                assert set(response["Allow"].split(", ")) <= known, url
                assert_protected(response, f"{method} {url}")


@pytest.mark.slow
def test_post_to_a_page_that_is_only_read_is_refused_before_its_cookie_is_asked_for():
    strict = Client(enforce_csrf_checks=True)
    for url in FOR_READERS:
        head, post = strict.head(url), strict.post(url)

        assert head.content == b""
        assert post.status_code in (403, 404, 405) or "/stop/" in url, url
        if post.status_code == 405:
            allowed = "GET, HEAD, OPTIONS" if API.fullmatch(url) else "GET, HEAD"
            assert post["Allow"] == allowed, url
        else:  # a form
            assert "no-store" in head.headers["Cache-Control"], url


@pytest.mark.slow
def test_what_took_longer_than_it_may_be_kept_is_kept_by_nobody(client, case, settings):
    """A case may have been frozen since it was looked up."""
    picture = pictures.url(case.portrait)
    settings.PAGE_CACHE_SECONDS = 60
    kept = [url for url in [*FOR_READERS, picture] if is_kept(client.get(url))]
    settings.PAGE_CACHE_SECONDS = 0.000_001

    assert len(kept) > 40
    assert {"/", "/sitemap.xml", "/cases/anne-testlund/sheet.pdf", picture} <= {*kept}
    assert [url for url in kept if is_kept(client.get(url))] == []


def is_kept(response) -> bool:
    said = response.headers.get("Cache-Control", "")
    return "public" in said and "no-store" not in said


def test_redirect_to_https_and_unknown_hosts_are_answered_with_them_too(settings):
    settings.SECURE_SSL_REDIRECT = True
    client = Client()  # reads the settings anew

    for url in [*FOR_READERS, *OTHERS]:
        response = client.get(url)
        assert response.status_code == 301, url
        assert_protected(response, url)
        if not url.startswith(("/static/", "/favicon")):  # files, the same for every host
            response = client.get(url, secure=True, headers={"host": "evil.example.org"})
            assert response.status_code == 400, url
            assert_protected(response, url)


@pytest.mark.parametrize("is_redirected", [False, True])
def test_unknown_host_is_a_page_of_ours_with_the_headers(settings, is_redirected):
    settings.SECURE_SSL_REDIRECT = is_redirected
    client = Client()

    for url, language in [("/", "en"), ("/fr/cases/", "fr"), ("/admin/", "en")]:
        response = client.get(url, headers={"host": "evil.example.org"})

        assert response.status_code == 400
        assert_protected(response, url)
        shown = page(response)
        assert shown.one("html").get("lang") == language
        assert len(shown.all("h1")) == 1
        assert "evil" not in response.content.decode()


def test_broken_page_carries_them_too(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("cases.views.Edition.objects.opened", lambda: 1 / 0)

    response = client.get("/editions/")

    assert response.status_code == 500
    assert_protected(response, "500")


@pytest.mark.parametrize("path", ["/admin/auth/user/", "/fr/admin/auth/user/"])
def test_page_that_a_role_may_not_open_says_so_in_its_language_with_a_way_on(path):
    response = signed_in("counter").get(path)

    assert response.status_code == 403
    shown = page(response)
    assert shown.one("html").get("lang") == ("fr" if path.startswith("/fr") else "en")
    assert path.replace("auth/user/", "") in shown.links
    assert_protected(response, path)


def test_error_pages_for_readers_do_not_say_where_staff_sign_in(client):
    for url in ["/nothing/", "/cases/gone/"]:
        assert "/admin" not in client.get(url).content.decode()
    assert "/admin" not in client.get("/", headers={"host": "x.example"}).content.decode()
