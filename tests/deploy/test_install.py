"""deploy/install: what it was told becomes an environment with which the site works."""

from __future__ import annotations

from email.header import decode_header, make_header
from email.utils import parseaddr
from io import StringIO
from typing import ClassVar

import environ
import pytest
from django.core.mail import EmailMessage
from django.core.mail.message import sanitize_address

from tests.deploy.machine import Machine

pytestmark = pytest.mark.any_database


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


TOLD = {
    "ALLOWED_HOSTS": "write.example.org",
    "ORGANISATION": "Us",
    "CONTACT_EMAIL": "us@example.org",
    "EMAIL_URL": "smtp://127.0.0.1",
}


def lines(told: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in told.items())


def environment(machine: Machine) -> dict[str, str]:
    """As the site reads it."""

    class Read(environ.Env):
        ENVIRON: ClassVar[dict[str, str]] = {}

    Read.read_env(StringIO(machine.env.read_text()))
    return Read.ENVIRON


@pytest.mark.parametrize(
    "name",
    [
        "Amnesty International, Gruppe 1245",
        "Bonn: Group; [A] (B) <C> @ D.",
        'The "Bonn" \\ Group',
        "Zürich, Gruppe “Ä”",
        "アムネスティ",
        "O'Neill's",
    ],
)
def test_mail_leaves_in_the_name_of_any_organisation(machine, name):
    assert machine.install(typed=lines(TOLD | {"ORGANISATION": name})).returncode == 0

    sender = environment(machine)["FROM_EMAIL"]
    header = EmailMessage(from_email=sender).message()["From"]
    for written in [sanitize_address(sender, "utf-8"), header]:  # on the envelope, in the mail
        shown, address = parseaddr(written)
        assert (str(make_header(decode_header(shown))), address) == (name, "us@example.org")


@pytest.mark.parametrize("quote", ["'", '"'])
def test_values_in_quotes_are_read_as_in_any_env(machine, quote):
    quoted = {name: f"{quote}{value}{quote}" for name, value in TOLD.items()}

    assert machine.install(typed=lines(quoted)).returncode == 0

    made = environment(machine)
    assert made.items() > TOLD.items()
    assert made["SITE_URL"] == "https://write.example.org"
    assert made["FROM_EMAIL"] == '"Us" <us@example.org>'
    assert "/CN=write.example.org " in (machine.root / "certificate").read_text()


def test_names_of_the_site_may_have_spaces_after_their_commas(machine):
    told = TOLD | {"ALLOWED_HOSTS": " a.example , b.example,"}

    said = machine.install(typed=lines(told)).stdout

    assert "-d a.example -d b.example \\" in said
    assert "The site is at https://a.example/." in said
    certificate = (machine.root / "certificate").read_text()
    assert "/CN=a.example " in certificate
    assert "=DNS:a.example,DNS:b.example " in certificate
    site = (machine.root / "etc/nginx/write4rights/site.conf").read_text()
    assert "server_name a.example b.example;" in site


def test_installing_again_makes_no_second_staff_who_may_do_everything(machine):
    machine.install("--staff", "maria", typed=lines(TOLD))
    machine.install(version="1-again")

    commands = (machine.root / "commands").read_text().splitlines()
    made = [command for command in commands if "create_staff" in command]
    assert [command.split()[2] for command in made] == ["maria", "admin"]
    assert all("--first" in command.split() for command in made)
