import secrets
from base64 import urlsafe_b64encode

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from write4rights.checks import MUST_BE_ON, postgresql_is_durable


class Setting:
    """Stands for a PostgreSQL connection whose server is set so."""

    vendor = "postgresql"

    def __init__(self, **changed):
        self.said = dict.fromkeys(MUST_BE_ON, "on") | changed

    def cursor(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def execute(self, sql, params):
        pass

    def fetchall(self):
        return list(self.said.items())


def sentences(monkeypatch, **changed) -> list[str]:
    monkeypatch.setattr("write4rights.checks.connections", {"default": Setting(**changed)})
    return [message.msg for message in postgresql_is_durable(["default"])]


@pytest.mark.parametrize("name", MUST_BE_ON)
def test_postgresql_that_may_lose_what_was_saved_is_refused(monkeypatch, name):
    assert sentences(monkeypatch, **{name: "off"}) == [f"PostgreSQL runs with {name} = off."]


@pytest.mark.parametrize("value", ["on", "local", "remote_write", "remote_apply"])
def test_postgresql_that_waits_for_its_disk_is_fine(monkeypatch, value):
    assert sentences(monkeypatch, synchronous_commit=value) == []


def test_database_of_this_run_is_durable(db):
    assert postgresql_is_durable(["default"]) == []
    call_command("check", databases=["default"])


def test_check_stops_the_command_that_asks(db, monkeypatch):
    monkeypatch.setattr(
        "write4rights.checks.connections", {"default": Setting(synchronous_commit="off")}
    )

    with pytest.raises(SystemCheckError, match="synchronous_commit = off"):
        call_command("check", databases=["default"])


def test_setting_that_one_session_turned_off_is_found(db):
    if connection.vendor != "postgresql":
        assert postgresql_is_durable(["default"]) == []
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")

    [message] = postgresql_is_durable(["default"])

    assert message.msg == "PostgreSQL runs with synchronous_commit = off."


def deployed() -> list[str]:
    """What `check --deploy` says beside Django's own."""
    found = run_checks(tags=["security"], include_deployment_checks=True)
    return [message.msg for message in found if str(message.id).startswith("write4rights.")]


@pytest.fixture
def production(settings):
    """As .env.example documents it."""
    settings.HTTPS = settings.HSTS_IS_SAID = True
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://write.example.org", ["write.example.org"]
    settings.TRUSTED_PROXIES = 1
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    settings.HASH_KEY = secrets.token_urlsafe()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.CONTACT_EMAIL = settings.DEFAULT_FROM_EMAIL = "letters@example.org"
    return settings


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, None),
        ({"CONTACT_EMAIL": ""}, "CONTACT_EMAIL is no address"),
        ({"DEFAULT_FROM_EMAIL": "Us <no-reply@localhost>"}, "FROM_EMAIL is nobody’s address"),
        ({"DEFAULT_FROM_EMAIL": "Bonn: Us <us@example.org>"}, "FROM_EMAIL can’t be written into"),
        ({"DEFAULT_FROM_EMAIL": '"Bonn: Us" <us@example.org>'}, None),
        ({"DEFAULT_FROM_EMAIL": "Zürich <us@example.org>"}, None),
        (
            {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"},
            "No mail leaves the site: EMAIL_URL hands it to “filebased”.",
        ),
        ({"HASH_KEY": "secret"}, "HASH_KEY can be guessed"),
        ({"HASH_KEY": "x" * 50}, "HASH_KEY can be guessed"),
        ({"ENCRYPTION_KEYS": ["not a key"]}, "The 1. of the ENCRYPTION_KEYS is no Fernet key."),
        (
            {"ENCRYPTION_KEYS": [urlsafe_b64encode(b"0123" * 8).decode()]},
            "The 1. of the ENCRYPTION_KEYS can be guessed.",
        ),
        ({"HSTS_IS_SAID": False}, "HSTS_SUBDOMAINS is not said"),
        ({"SECURE_HSTS_PRELOAD": True}, "HSTS_PRELOAD is on without HSTS_SUBDOMAINS"),
        ({"TRUSTED_PROXIES": 0}, "HTTPS is on and TRUSTED_PROXIES is 0"),
        ({"SITE_URL": "http://write.example.org"}, "SITE_URL does not begin with https://"),
        ({"SITE_URL": "https://elsewhere.example.org"}, "The host of SITE_URL is none of"),
        ({"ADMIN_PATH": "desk|.*"}, "ADMIN_PATH has other signs than letters"),
        ({"PGBOUNCER": True}, "PGBOUNCER is True and DIRECT_DATABASE_URL is missing"),
        (
            {"PGBOUNCER": True, "DIRECT_DATABASE": {"NAME": "another"}},
            "DIRECT_DATABASE_URL names another database",
        ),
        ({"ALLOWED_HOSTS": ["*"]}, "ALLOWED_HOSTS lets everybody name the site"),
    ],
)
def test_what_would_be_found_out_late_is_said_before(production, changed, said):
    for name, value in changed.items():
        setattr(production, name, value)

    found = deployed()

    if said is None:
        assert found == []
    else:
        [message] = found
        assert message.startswith(said)


@pytest.mark.parametrize(
    "sender",
    [
        "Amnesty International, Gruppe 1245 <us@example.org>",
        "Us; here <us@example.org>",
        "Us [here] <us@example.org>",
        "Us @ home <us@example.org>",
        "Zürich, Us <us@example.org>",
        "Us <Us <us@example.org>>",
        "us@example.org, them@example.org",
        "",
    ],
)
def test_worker_does_not_start_if_each_mail_would_be_given_up(settings, sender):
    settings.DEFAULT_FROM_EMAIL = sender

    with pytest.raises(SystemCheckError, match="FROM_EMAIL can’t be written into a mail"):
        call_command("work", once=True, skip_checks=False)
