import stat

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

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
