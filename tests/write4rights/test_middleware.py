"""What every answer carries, whatever it is."""

import pytest
from django.conf import settings as site_settings
from django.test import Client

from cases.models import Case
from tests.factories import make_full_case, make_letter, make_portrait

pytestmark = pytest.mark.django_db

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


@pytest.fixture
def case(settings, tmp_path) -> Case:
    settings.MEDIA_ROOT = tmp_path
    settings.WHITENOISE_USE_FINDERS = True  # nothing is collected for tests
    case = make_full_case(slug="anne-testlund")
    make_portrait(case)
    make_full_case(slug="gone", freeze="withdrawn", freeze_reason="A test")
    return case


def answers(case: Case) -> dict[str, tuple[str, int]]:
    """An address of each kind of answer, and its status."""
    letter = make_letter(case)
    return {
        "page": ("/", 200),
        "case": ("/cases/anne-testlund/", 200),
        "french page": ("/fr/cases/", 200),
        "form": ("/cases/anne-testlund/write/", 200),
        "private page": (letter.get_absolute_url(), 200),
        "letter to print": (f"{letter.get_absolute_url()}letter.pdf", 200),
        "letter as text": (f"{letter.get_absolute_url()}letter.txt", 200),
        "sheet": ("/cases/anne-testlund/sheet.pdf", 200),
        "card": ("/cases/anne-testlund/card.jpg", 200),
        "picture": (f"/media/{case.portrait.renditions['webp']['400']}", 200),
        "share page": ("/cases/anne-testlund/share/", 200),
        "feed": ("/good-news/feed.atom", 200),
        "sitemap": ("/sitemap.xml", 200),
        "robots": ("/robots.txt", 200),
        "health": ("/healthz", 200),
        "static file": ("/static/css/base.css", 200),
        "missing static file": ("/static/css/nothing.css", 404),
        "missing page": ("/nothing/", 404),
        "gone page": ("/cases/gone/", 410),
        "missing slash": ("/cases", 301),
        "sign-in": ("/admin/account/sign-in/", 200),
        "admin": ("/admin/", 302),
    }


@pytest.mark.slow
def test_every_answer_carries_the_headers_that_protect_who_reads_it(client, case):
    for kind, (url, status) in answers(case).items():
        response = client.get(url)

        assert response.status_code == status, kind
        said = response.headers
        assert set(said["Content-Security-Policy"].split("; ")) == POLICY, kind
        assert said["X-Content-Type-Options"] == "nosniff", kind
        assert said["Referrer-Policy"] == "same-origin", kind
        assert said["Cross-Origin-Opener-Policy"] == "same-origin", kind
        assert said["Cross-Origin-Resource-Policy"] == "same-origin", kind
        assert "camera=()" in said["Permissions-Policy"], kind
        assert said["X-Permitted-Cross-Domain-Policies"] == "none", kind
        assert not {"Server", "X-Powered-By", "Via"} & set(said), kind


def test_refused_and_broken_answers_carry_them_too(client, case, monkeypatch):
    client.raise_request_exception = False
    strict = Client(enforce_csrf_checks=True)
    monkeypatch.setattr("cases.views.Edition.objects.opened", lambda: 1 / 0)
    broken = {
        "method": (client.post("/"), 405),
        "forged form": (strict.post("/cases/anne-testlund/pledge/"), 403),
        "error": (client.get("/editions/"), 500),
        "host": (client.get("/", headers={"host": "evil.example.org"}), 400),
    }

    for kind, (response, status) in broken.items():
        assert response.status_code == status, kind
        for name in ["Content-Security-Policy", "Referrer-Policy", "Cross-Origin-Resource-Policy"]:
            assert name in response.headers, kind
        assert response["X-Content-Type-Options"] == "nosniff", kind


def test_form_is_kept_by_nobody_and_found_by_no_search_engine(client, case):
    for kind in ["form", "private page", "letter to print", "letter as text"]:
        url, _status = answers(case)[kind]
        response = client.get(url)

        assert {"no-store", "private"} <= set(response["Cache-Control"].split(", ")), kind
        assert response["X-Robots-Tag"] == "noindex", kind


def test_form_sets_the_one_cookie_that_protects_it(client, case):
    cookies = client.get("/cases/anne-testlund/write/").cookies

    assert list(cookies) == [site_settings.CSRF_COOKIE_NAME]
    cookie = cookies[site_settings.CSRF_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert not cookie["max-age"]


def test_browsers_stay_with_https_where_it_is_on(client, case, settings):
    settings.SECURE_HSTS_SECONDS = 63_072_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SECURE_SSL_REDIRECT = True
    client = Client()  # reads the settings anew

    for url in ["/", "/nothing/", "/static/css/base.css", "/cases/anne-testlund/write/"]:
        response = client.get(url, secure=True)
        said = response["Strict-Transport-Security"]
        assert said == "max-age=63072000; includeSubDomains; preload"
    plain = client.get("/cases/")
    assert (plain.status_code, plain["Location"]) == (301, "https://testserver/cases/")
    assert client.get("/healthz").status_code == 200


# The language


@pytest.mark.parametrize(
    ("url", "language"),
    [
        ("/", "en"),
        ("/cases/", "en"),
        ("/fr/", "fr"),
        ("/fr/cases/", "fr"),
        ("/fr/nothing/", "fr"),
        ("/frost/", "en"),
        ("/nothing/", "en"),
        ("//", "en"),
    ],
)
def test_language_is_in_the_address_and_nowhere_else(client, url, language):
    client.cookies["django_language"] = "fr" if language == "en" else "en"

    response = client.get(url, headers={"accept-language": "fr" if language == "en" else "en"})

    assert response["Content-Language"] == language
    assert f'<html lang="{language}"' in response.content.decode()
    assert "Accept-Language" not in response.headers.get("Vary", "")


def test_default_language_has_no_prefix(client):
    assert client.get("/en/cases/").status_code == 404


def test_language_of_one_request_does_not_stay_for_the_next(client):
    from django.utils.translation import get_language

    client.get("/fr/cases/")

    assert get_language() == "en"
    assert client.get("/cases/")["Content-Language"] == "en"
