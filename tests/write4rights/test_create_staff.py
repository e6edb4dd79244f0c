import datetime
import stat

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from tests.reading import page, words
from write4rights.logs import without_private

pytestmark = pytest.mark.django_db


def test_login_works_with_the_password_that_is_shown_once(capsys):
    call_command("create_staff", "ines", role=["editor", "safety"])

    shown = capsys.readouterr().out
    password = shown.split("Password: ")[1].strip()
    person = get_user_model().objects.get(username="ines")
    assert len(password) == 20
    assert person.check_password(password)
    assert person.is_staff
    assert not person.is_superuser
    assert sorted(group.name for group in person.groups.all()) == ["editor", "safety"]


def test_a_second_call_changes_nothing(capsys, tmp_path):
    kept = tmp_path / "login"
    call_command("create_staff", "demo", superuser=True, password_file=kept)
    before = kept.read_text(), get_user_model().objects.get().password
    capsys.readouterr()

    call_command("create_staff", "demo", role=["editor"], password_file=kept)

    assert (kept.read_text(), get_user_model().objects.get().password) == before
    assert "nothing was changed" in capsys.readouterr().out


def test_login_is_kept_in_a_file_that_only_its_owner_reads(tmp_path):
    kept = tmp_path / "var" / "login"

    call_command("create_staff", "demo", superuser=True, password_file=kept)

    name, password = kept.read_text().split()
    assert name == "demo"
    assert get_user_model().objects.get().check_password(password)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_an_unknown_role_makes_nobody():
    with pytest.raises(CommandError, match="There is no role king"):
        call_command("create_staff", "ines", role=["king"])

    assert not get_user_model().objects.exists()


def test_somebody_without_a_role_is_not_made():
    with pytest.raises(CommandError):
        call_command("create_staff", "ines")


def test_the_first_is_made_unless_somebody_may_do_everything(capsys):
    def first(name: str) -> str:
        call_command("create_staff", name, superuser=True, link=True, first=True)
        return capsys.readouterr().out

    call_command("create_staff", "ines", role=["lead"])
    assert "http" in first("maria")
    assert "http" in first("maria")  # until a password is chosen
    assert "maria may do everything already; nothing was changed." in first("admin")
    get_user_model().objects.filter(username="maria").update(is_active=False)
    assert "http" in first("admin")


def link_of(name: str, capsys) -> str:
    call_command("create_staff", name, role=["editor"], link=True)
    return capsys.readouterr().out.strip()


def test_link_lets_somebody_choose_a_password_once(capsys, client):
    link = link_of("ines", capsys)
    assert link_of("ines", capsys).startswith("http")  # until one is chosen, another is to be had
    person = get_user_model().objects.get()
    assert not person.has_usable_password()
    assert [group.name for group in person.groups.all()] == ["editor"]

    shown = client.get(link)
    assert "ines" in page(shown).one("strong").text
    assert "no-store" in shown["Cache-Control"]
    short = client.post(link, {"new_password1": "short", "new_password2": "short"})
    assert "15 characters" in words(page(short).root)
    chosen = {"new_password1": "a long sentence of mine"}
    chosen |= {"new_password2": "a long sentence of mine"}
    answer = client.post(link, chosen, follow=True)

    assert "Your password is saved" in words(page(answer).root)
    person.refresh_from_db()
    assert person.check_password("a long sentence of mine")
    for response in [client.get(link), client.post(link, chosen)]:
        assert response.status_code == 410
        assert "This link has ended" in words(page(response).root)
    assert "nothing was changed" in link_of("ines", capsys)


def test_link_ends_after_a_day_and_for_who_left(capsys, client):
    link = link_of("ines", capsys)

    with time_machine.travel(timezone.now() + datetime.timedelta(hours=25)):
        assert client.get(link).status_code == 410
    assert client.get(link).status_code == 200
    get_user_model().objects.update(is_active=False)
    assert client.get(link).status_code == 410


def test_link_is_hidden_in_the_log_and_made_up_ones_open_nothing(capsys):
    link = link_of("ines", capsys)

    assert link.split("/")[-2] not in without_private(f"Gone: {link}")
    assert Client().get(link.replace("/welcome/", "/welcome/x")).status_code == 410
