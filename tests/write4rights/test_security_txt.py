"""https://www.rfc-editor.org/rfc/rfc9116: whom to tell of a hole."""

import datetime

import pytest
import time_machine
from django.utils import timezone

URL = "/.well-known/security.txt"


@pytest.fixture
def contact(settings):
    settings.CONTACT_EMAIL = "letters@example.org"


def fields(response) -> dict[str, str]:
    lines = response.content.decode().splitlines()
    return dict(line.split(": ", 1) for line in lines)


def test_security_txt_says_whom_to_write_to(client, db, contact):
    response = client.get(URL)

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    said = fields(response)
    assert said["Contact"] == "mailto:letters@example.org"
    assert said["Canonical"] == f"http://testserver{URL}"
    assert said["Preferred-Languages"] == "en, fr"


@pytest.mark.parametrize("day", [datetime.date(2025, 12, 10), datetime.date(2031, 2, 28)])
def test_security_txt_is_always_in_date_and_for_less_than_a_year(client, db, contact, day):
    with time_machine.travel(day, tick=False):
        expires = datetime.datetime.fromisoformat(fields(client.get(URL))["Expires"])

        left = expires - timezone.now()

    assert datetime.timedelta(days=30) < left < datetime.timedelta(days=365)


def test_without_a_contact_there_is_none(client, db, settings):
    settings.CONTACT_EMAIL = ""

    assert client.get(URL).status_code == 404


def test_browsers_find_the_icon_where_they_look_for_it(client, db):
    response = client.get("/favicon.ico")

    assert response.status_code == 200
    assert b"".join(response).startswith(b"\0\0\1\0")
