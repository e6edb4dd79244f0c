"""Sessions are for staff, and exist only below the admin's path."""

from __future__ import annotations

import datetime
import io
import re
from base64 import urlsafe_b64decode

import pytest
from django.conf import settings as site_settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Stage
from tests.factories import make_full_case, make_portrait
from tests.staff import PASSWORD, make_staff, signed_in, text
from tests.write4rights.test_middleware import answers
from write4rights.staff_auth import DEVICE_COOKIE

pytestmark = pytest.mark.django_db

SIGN_IN = "/admin/account/sign-in/"
MADE_UP = ["abcdefgh", "", "x" * 4_000, "a" * 32, "\x00", "é", '"', "a;b=c", "../../x"]


@pytest.fixture
def case(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    case = make_full_case(slug="anne-testlund")
    make_portrait(case)
    make_full_case(slug="gone", freeze="withdrawn", freeze_reason="A test")
    return case


def pages_of_readers(case) -> list[str]:
    return [url for url, _status in answers(case).values() if not url.startswith("/admin/")]


def with_cookie(value: str) -> Client:
    client = Client()
    client.cookies.load({site_settings.SESSION_COOKIE_NAME: value})
    return client


@pytest.mark.slow
@pytest.mark.parametrize("value", MADE_UP)
def test_made_up_cookie_makes_no_row_anywhere(case, value):
    for url in [*pages_of_readers(case), "/admin/", SIGN_IN, "/fr/admin/account/sign-in/"]:
        with_cookie(value).get(url)

    assert Session.objects.count() == 0


@pytest.mark.slow
def test_pages_of_readers_ask_no_session_and_set_none_even_for_staff(case):
    staff = signed_in("editor", "safety")
    before = Session.objects.get().expire_date

    for url in pages_of_readers(case):
        with CaptureQueriesContext(connection) as asked:
            response = staff.get(url)

        assert not [query for query in asked if "django_session" in query["sql"]], url
        assert site_settings.SESSION_COOKIE_NAME not in response.cookies, url
        if "public" in response.headers.get("Cache-Control", ""):
            assert "Cookie" not in response.headers.get("Vary", ""), url
            assert not response.cookies, url
    assert Session.objects.get().expire_date == before


def test_cookie_of_a_session_lasts_as_long_as_staff_are_busy():
    staff = signed_in("editor")

    response = staff.get("/admin/")

    cookie = response.cookies[site_settings.SESSION_COOKIE_NAME]
    assert cookie["max-age"] == site_settings.SESSION_COOKIE_AGE
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_cookies_name_nobody_of_the_staff(client):
    person = make_staff("editor", username="edith-testlund")

    client.post(SIGN_IN, {"login": person.username, "password": PASSWORD})
    client.get("/admin/")
    client.post("/admin/account/sign-out/")

    left = {name: cookie.value for name, cookie in client.cookies.items() if cookie.value}
    assert left.keys() <= {site_settings.CSRF_COOKIE_NAME, DEVICE_COOKIE}
    for value in left.values():
        for part in re.findall(r"(?:[\w-]{4})+", value, re.ASCII):
            assert b"edith" not in urlsafe_b64decode(part)
        assert "edith" not in value
    assert Session.objects.count() == 0


def test_signing_out_empties_the_browser():
    staff = signed_in("editor")

    response = staff.post("/admin/account/sign-out/")

    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert "Clear-Site-Data" not in staff.get("/admin/account/sign-out/").headers


def test_old_sessions_are_removed_by_the_worker():
    for hours in [-1, 1]:
        session = SessionStore()
        session.create()
        ends = timezone.now() + datetime.timedelta(hours=hours)
        Session.objects.filter(pk=session.session_key).update(expire_date=ends)

    call_command("work", "--once", stdout=io.StringIO())

    assert Session.objects.get().expire_date > timezone.now()


# Pictures that readers may not see


@pytest.fixture
def draft(case):
    draft = make_full_case(slug="draft", stage=Stage.DRAFT)
    make_portrait(draft)
    return draft


def names_of(draft) -> list[str]:
    return [draft.portrait.renditions["webp"]["400"], draft.portrait.image.name]


def test_pictures_of_a_draft_are_served_to_editors_below_the_path_of_the_admin(draft):
    editor = signed_in("editor")

    for name in names_of(draft):
        response = editor.get(f"/admin/media/{name}")

        assert response.status_code == 200
        assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
        assert response["Content-Type"].startswith("image/")
        assert b"".join(response)


def test_pictures_of_a_draft_are_no_page_of_readers_whoever_asks(draft, client):
    for name in names_of(draft):
        for who in [client, signed_in("editor"), signed_in(is_superuser=True)]:
            assert who.get(f"/media/{name}").status_code == 404


@pytest.mark.parametrize("role", ["moderator", "counter"])
def test_pictures_of_a_draft_are_not_for_every_role(draft, role):
    for name in names_of(draft):
        assert signed_in(role).get(f"/admin/media/{name}").status_code == 404


def test_pictures_of_a_draft_need_the_second_factor_and_a_session_that_lasts(draft, settings):
    [name, _original] = names_of(draft)
    assert Client().get(f"/admin/media/{name}").url.startswith("/admin/")

    settings.STAFF_NEEDS_SECOND_FACTOR = True

    assert signed_in("editor").get(f"/admin/media/{name}").url == "/admin/account/second-factor/"


@pytest.mark.slow
def test_preview_and_change_page_show_the_pictures_of_a_draft(draft):
    editor = signed_in("editor")

    for page in ["preview", "change"]:
        shown = text(editor.get(f"/admin/cases/case/{draft.pk}/{page}/"))

        assert "/admin/media/portraits/" in shown, page
        assert '"/media/' not in shown, page
    assert "/admin/media/portraits/" in text(editor.get("/admin/cases/case/?left=draft"))
