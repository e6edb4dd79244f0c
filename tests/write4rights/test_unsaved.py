"""What was typed outlives the session it was typed in."""

import datetime
import re

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, Stage
from tests.cases.admin.test_cases import picture
from tests.factories import make_case
from tests.staff import PASSWORD, form_data, make_staff, said, signed_in, text
from tests.write4rights.test_staff_auth import code_now, give_app

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

SIGN_IN = "/admin/account/sign-in/"
LONG = "A very long story. " * 400


@pytest.fixture(autouse=True)
def _no_attempts_remembered():
    cache.clear()


def change(case: Case) -> str:
    return reverse("admin:cases_case_change", args=[case.pk])


def typed(client, case: Case, **fields) -> dict:
    return form_data(client.get(change(case))) | {"story": LONG} | fields


def sign_in(client, person, onwards: str):
    data = {"login": person.username, "password": PASSWORD, "next": onwards}
    return client.post(SIGN_IN, data, follow=True)


def sent_again(page) -> dict[str, list[str]]:
    data: dict[str, list[str]] = {}
    for name, value in page.context["fields"]:
        data.setdefault(name, []).append(value)
    return data


@pytest.mark.slow
def test_text_sent_after_the_session_ended_is_saved_after_signing_in_again():
    case = make_case(story="Old")
    client = signed_in("editor")
    data = typed(client, case, headline="New headline")
    Session.objects.all().update(expire_date=timezone.now() - datetime.timedelta(minutes=1))

    answer = client.post(change(case), data)
    assert answer.url == f"{SIGN_IN}?next={change(case)}"
    assert "What you typed is kept" in text(client.get(answer.url))
    page = sign_in(client, client.person, change(case))

    assert "All you typed is still here" in text(page)
    assert Case.objects.get().story == "Old"
    response = client.post(change(case), sent_again(page))
    assert response.status_code == 302
    assert Case.objects.get().headline == "New headline"
    assert Case.objects.get().story.strip() == LONG.strip()
    assert "still here" not in text(client.get(change(case)))


@pytest.mark.slow
def test_text_sent_after_twelve_hours_is_kept_too():
    case = make_case(story="Old")
    client = signed_in("editor")
    data = typed(client, case)
    session = client.session
    session["began_at"] = (timezone.now() - datetime.timedelta(hours=13)).isoformat()
    session.save()

    client.post(change(case), data)
    page = sign_in(client, client.person, change(case))

    client.post(change(case), sent_again(page))
    assert Case.objects.get().story.strip() == LONG.strip()


@pytest.mark.slow
def test_what_somebody_else_saved_meanwhile_is_asked_about():
    case = make_case(headline="Old")
    client = signed_in("editor")
    data = typed(client, case, headline="Mine")
    client.logout()
    client.post(change(case), data)
    Case.objects.update(headline="Theirs")

    page = sign_in(client, client.person, change(case))

    assert client.post(change(case), sent_again(page)).status_code == 409
    assert Case.objects.get().headline == "Theirs"


@pytest.mark.slow
def test_a_new_case_is_kept_as_well():
    make_case()
    client = signed_in("editor")
    url = reverse("admin:cases_case_add")
    data = form_data(client.get(url)) | {"display_name": "Clara Invented"}
    client.logout()

    client.post(url, data)
    page = sign_in(client, client.person, url)

    assert sent_again(page)["display_name"] == ["Clara Invented"]


@pytest.mark.slow
def test_it_outlives_the_step_of_the_second_factor_too():
    case = make_case(story="Old")
    client = signed_in("editor")
    secret = give_app(client.person)
    data = typed(client, case)
    client.logout()
    client.post(change(case), data)

    page = sign_in(client, client.person, change(case))
    page = client.post(page.request["PATH_INFO"], {"code": code_now(secret)}, follow=True)
    page = client.get(change(case))

    client.post(change(case), sent_again(page))
    assert Case.objects.get().story.strip() == LONG.strip()


@pytest.mark.slow
def test_a_password_is_not_kept():
    boss = signed_in(is_superuser=True)
    url = reverse("admin:auth_user_add")
    data = form_data(boss.get(url)) | {"username": "new-one", "password1": PASSWORD}
    boss.logout()

    boss.post(url, data | {"password2": PASSWORD})
    page = sign_in(boss, boss.person, url)

    assert sent_again(page)["username"] == ["new-one"]
    assert PASSWORD not in text(page)


@pytest.mark.slow
def test_nobody_else_gets_it_and_then_it_is_gone():
    case = make_case()
    client = signed_in("editor")
    data = typed(client, case)
    client.logout()
    client.post(change(case), data)

    page = sign_in(client, make_staff("editor"), change(case))

    assert LONG not in text(page)
    assert "still here" not in text(page)
    assert "unsaved" not in client.session


@pytest.mark.slow
def test_text_sent_with_a_picture_that_cannot_be_stored_is_still_there(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_text("This is no folder.")
    case = make_case(story="Old")
    client = signed_in("editor")
    new = {
        "portrait-TOTAL_FORMS": "1",
        "portrait-0-image": picture(),
        "portrait-0-alt": "A teal field.",
        "portrait-0-credit": "Illustration: a test",
        "portrait-0-licence": "CC0",
    }

    page = client.post(change(case), typed(client, case) | new)

    assert (page.status_code, page.context["files"]) == (503, ["upload.jpg"])
    assert "Files can’t be stored right now, so nothing was saved." in text(page)
    assert Case.objects.get().story == "Old"
    client.post(
        change(case), sent_again(page) | {"_drop_unsaved": "1", "portrait-TOTAL_FORMS": "0"}
    )
    assert Case.objects.get().story == "Old"
    again = client.post(change(case), sent_again(page))
    assert LONG.strip() in text(again)  # the form asks for the picture


@pytest.mark.slow
def test_it_can_be_thrown_away():
    case = make_case(story="Old")
    client = signed_in("editor")
    data = typed(client, case)
    client.logout()
    client.post(change(case), data)
    page = sign_in(client, client.person, change(case))

    response = client.post(change(case), sent_again(page) | {"_drop_unsaved": "1"}, follow=True)

    assert said(response) == ["What you had typed is dropped."]
    assert Case.objects.get().story == "Old"
    assert "unsaved" not in client.session


@pytest.mark.slow
def test_it_lies_encrypted_and_in_no_address():
    case = make_case()
    client = signed_in("editor")
    data = typed(client, case)
    client.logout()

    answer = client.post(change(case), data)

    session = Session.objects.get().get_decoded()
    assert "very long story" not in str(session)
    assert "story" not in answer.url


@pytest.mark.slow
@pytest.mark.parametrize("version", ["", "x:y", "of another page", "a day old"])
def test_a_stranger_makes_us_keep_nothing(version):
    case = make_case()
    client = signed_in("editor")
    with time_machine.travel(timezone.now() - datetime.timedelta(hours=25 * (version[0:1] == "a"))):
        data = typed(client, make_case() if version.startswith("of") else case)
    if version in ("", "x:y"):
        data["_version"] = version
    Session.objects.all().delete()

    answer = Client().post(change(case), data)

    assert answer.status_code == 302
    assert not Session.objects.exists()


@pytest.mark.slow
def test_a_form_from_before_the_sign_in_of_another_window_loses_nothing():
    case = make_case(story="Old")
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff("editor"))
    data = typed(client, case) | {"csrfmiddlewaretoken": "an older one"}

    page = client.post(change(case), data)

    assert page.status_code == 403
    assert Case.objects.get().story == "Old"
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', text(page))[1]
    client.post(change(case), sent_again(page) | {"csrfmiddlewaretoken": token})
    assert Case.objects.get().story.strip() == LONG.strip()


@pytest.mark.slow
def test_another_site_can_not_have_its_text_offered():
    case = make_case(stage=Stage.DRAFT)
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff("editor"))
    foreign = typed(signed_in("editor"), case)

    response = client.post(change(case), foreign)

    assert response.status_code == 403
    assert LONG not in text(response)
