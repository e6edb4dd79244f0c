"""`manage.py doctor`: what is wrong, in sentences, and what to do."""

import datetime
import io
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from email.utils import formatdate
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpResponse
from django.utils import timezone

from letters.models import WorkerPulse
from tests.certificates import signed_by_itself
from tests.factories import make_letter
from tests.letters.mail.test_outbox import make_mail
from tests.letters.smtp_server import FakeSMTPServer
from write4rights.backup import databases
from write4rights.health import backups, checks, database, installed, proxy
from write4rights.health.results import Level, Result
from write4rights.health.views import VIEWS

OTHERS = set(checks.DOCTOR)


def doctor(*what: str, **options) -> list[str]:
    """What it says of these alone, as lines; the last is what it ends with, if that is an error."""
    out = io.StringIO()
    skip = sorted(OTHERS - set(what))
    try:
        call_command("doctor", skip=skip, stdout=out, no_color=True, **options)
    except CommandError as error:
        return [*out.getvalue().splitlines(), str(error)]
    return out.getvalue().splitlines()


def red(lines: list[str]) -> list[str]:
    return [line.removeprefix("RED     ") for line in lines if line.startswith("RED")]


def a_folder(path: Path) -> dict:
    """For STORAGES."""
    backend = "django.core.files.storage.FileSystemStorage"
    return {"BACKEND": backend, "OPTIONS": {"location": path}}


@pytest.fixture
def worker(db):
    WorkerPulse.objects.beat()


def test_a_site_that_is_well_is_said_to_be_in_a_line_for_each_thing(worker, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"

    lines = doctor("worker", "storage", "keys", "clock", "backup")

    assert red(lines) == []
    said = [line[8:].partition(":")[0] for line in lines if not line.startswith(" ")]
    assert said == [
        *("worker", "outbox", "jobs"),
        *("user", "MEDIA_ROOT", "PRIVATE_ROOT", "RENDERED_DIR", "RUNTIME_DIR", "disk"),
        *("ENCRYPTION_KEYS", "HASH_KEY", "clock", "backup", "restore", "erasure files"),
    ]


def test_what_is_red_says_what_to_do_and_ends_with_an_error(db):
    first, cure, *_rest, last = doctor("worker")

    assert first == "RED     worker: No worker has run yet."
    assert cure.startswith("        → Start `manage.py work`")
    assert last == "1 red: the site is not well."


def test_quiet_it_says_only_what_is_not_well(worker):
    assert doctor("worker", quiet=True) == []

    WorkerPulse.objects.update(at=timezone.now() - datetime.timedelta(hours=30))

    assert len(doctor("worker", quiet=True)) == 3


def test_a_database_that_may_lose_letters_is_red(db):
    if connection.vendor == "sqlite":  # as tests run, for speed
        [said] = red(doctor("database"))
        assert said == "durability: SQLite runs with synchronous = 0: a power cut may take letters."
        return
    assert red(doctor("database")) == []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    [said] = red(doctor("database"))
    assert said == "durability: PostgreSQL runs with synchronous_commit = off."


@pytest.mark.parametrize(
    ("waited_for", "connected", "waiting", "level"),
    [
        ("", 0, 0, Level.OK),
        ("replica", 1, 0, Level.OK),
        ("replica", 0, 0, Level.RED),
        ("replica", 1, 3, Level.RED),  # who is connected is another: an archive
    ],
)
def test_a_standby_that_is_waited_for_and_not_there_is_red(waited_for, connected, waiting, level):
    assert database.standbys(waited_for, connected, waiting).level == level


def test_folders_that_cannot_be_written_or_are_open_to_others_are_red(settings, tmp_path):
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / "file/media"
    settings.STORAGES = settings.STORAGES | {"private": a_folder(tmp_path / "file/media/private")}
    settings.RUNTIME_DIR = tmp_path / "runtime"
    settings.RUNTIME_DIR.mkdir(mode=0o755)

    said = red(doctor("storage"))

    assert [line.partition(" (")[0] for line in said] == [
        "MEDIA_ROOT: MEDIA_ROOT can’t be written: Not a directory",
        "PRIVATE_ROOT: PRIVATE_ROOT can’t be written: Not a directory",
        "RUNTIME_DIR: Others on this machine can look into RUNTIME_DIR",
        "PRIVATE_ROOT: PRIVATE_ROOT lies below MEDIA_ROOT, which everybody is served.",
    ]


def test_a_disk_that_is_nearly_full_is_red(monkeypatch):
    room = SimpleNamespace(free=200_000_000)
    monkeypatch.setattr("write4rights.health.storage.shutil.disk_usage", lambda path: room)

    [said] = red(doctor("storage"))

    assert said.startswith("disk: 0.2 GB left on the disk of ")


def test_keys_that_do_not_open_what_is_stored_are_red(db, settings):
    make_mail()
    assert red(doctor("keys")) == []

    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    [said] = red(doctor("keys"))
    assert said == "ENCRYPTION_KEYS: Of letters, outgoing mails, something can’t be read."


def test_another_hash_key_is_red_before_it_makes_strangers_of_everybody(db, settings):
    make_letter(email="sam@example.org", email_hash="x" * 43)

    [said] = red(doctor("keys"))
    assert said == "HASH_KEY: Addresses have other hashes than those that are stored."


def test_packages_that_are_not_those_of_the_lock_are_named(tmp_path, settings):
    requirements = tmp_path / "requirements"
    requirements.mkdir()
    pins = f"django=={version('django')} \\\n    --hash=sha256:00\n"
    (requirements / "base.txt").write_text(f"{pins}idna==0.1 ; python_version > '3'\n")
    settings.BASE_DIR = tmp_path

    assert installed.packages().said == "Not as in requirements/base.txt: idna."
    (requirements / "base.txt").write_text(f"{pins}gone==1 ; python_version < '3'\n")
    assert installed.packages().level == Level.OK


def test_mail_server_is_asked_and_a_test_mail_sent(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with FakeSMTPServer() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", urlsplit(server.url).port
        assert doctor("mail", send_test_mail="sam@example.org") == [
            f"ok      mail server: 127.0.0.1:{settings.EMAIL_PORT} answers, and lets us in.",
            "ok      test mail: It was sent. Look whether it arrives, and not among spam.",
        ]
    assert [sent["To"] for sent in server.mails] == ["sam@example.org"]

    [said] = red(doctor("mail"))

    assert said.endswith("can’t be used: Connection refused.")


def test_a_check_that_fails_by_itself_keeps_the_others_from_nobody():
    def broken() -> Result:
        raise RuntimeError("a secret")

    [first, second] = checks.results([broken, installed.packages])

    assert first.said == "This could not be looked at: RuntimeError."
    assert second.level == Level.OK


# --- what a server has not got yet when it was installed


@pytest.fixture
def installed_at(db) -> Callable[[datetime.datetime], None]:
    """Both days of a server: the one on which it was installed, and any later one."""

    def update(at: datetime.datetime) -> None:
        MigrationRecorder.Migration.objects.update(applied=at)

    return update


def test_a_server_has_a_day_to_get_a_backup(settings, installed_at):
    settings.HTTPS, settings.BACKUP_KEY = True, ""
    installed_at(timezone.now() - datetime.timedelta(hours=20))

    first, cure, *_rest = lines = doctor("backup")
    assert first == "warning backup: No backup was ever made."
    assert "`manage.py backup --new-key`" in cure
    assert red(lines) == []

    installed_at(timezone.now() - datetime.timedelta(hours=30))
    assert red(doctor("backup")) == ["backup: No backup was ever made."]


def test_a_server_has_a_day_to_get_a_certificate_and_all_else_is_looked_at(
    settings, installed_at, tmp_path
):
    installed_at(timezone.now() - datetime.timedelta(hours=20))
    with behind(over_tls, certificate=signed_by_itself(tmp_path)) as settings.SITE_URL:
        lines = doctor("proxy")
        installed_at(timezone.now() - datetime.timedelta(hours=30))
        later = red(doctor("proxy"))

    said = "certificate: The server signed its certificate itself: browsers warn of it."
    assert lines[0] == f"warning {said}"
    assert red(lines) == []
    assert lines[-1].startswith("ok      proxy: It hands on scheme, host and senders")
    assert later == [said]


def over_tls(environ: dict) -> None:
    environ["wsgi.url_scheme"] = "https"


def test_a_role_that_lacks_what_a_restore_needs_is_told(db):
    assert "ok      restore: " in "\n".join(doctor("backup"))
    if connection.vendor == "sqlite":
        return
    found = []
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE without_rights")
        cursor.execute("GRANT without_rights TO CURRENT_USER")
        for right in ["NOCREATEDB", "CREATEDB"]:
            cursor.execute(f"ALTER ROLE without_rights {right}")
            cursor.execute("SET LOCAL ROLE without_rights")
            found.append(backups.may_restore())
            cursor.execute("RESET ROLE")
        cursor.execute("DROP ROLE without_rights")

    assert [(result.level.name, result.to_do.partition("'")[2]) for result in found] == [
        ("WARNING", 'ALTER ROLE "without_rights" CREATEDB\'`'),
        (
            "WARNING",
            f'ALTER DATABASE "{databases.name()}" OWNER TO "without_rights"\'`',
        ),
    ]


# --- through the proxy


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args) -> None:
        pass


@contextmanager
def behind(proxy_does: Callable[[dict], None], certificate: Path | None = None):
    """The site behind a proxy that does so with each request; its address."""
    site = get_wsgi_application()

    def proxied(environ, start_response):
        proxy_does(environ)
        return site(environ, start_response)

    with make_server("127.0.0.1", 0, proxied, handler_class=Quiet) as server:
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def append(environ: dict) -> None:
    line = environ.get("HTTP_X_FORWARDED_FOR")
    environ["HTTP_X_FORWARDED_FOR"] = f"{line}, 203.0.113.9" if line else "203.0.113.9"


def replace(environ: dict) -> None:
    environ["HTTP_X_FORWARDED_FOR"] = "203.0.113.9"


def twice(environ: dict) -> None:
    append(environ)
    append(environ)


def nothing(environ: dict) -> None:
    pass


def other_host(environ: dict) -> None:
    environ["HTTP_HOST"] = "127.0.0.1"


@pytest.mark.parametrize(
    ("proxy_does", "trusted", "said"),
    [
        (append, 1, None),
        (replace, 1, None),
        (twice, 2, None),
        (nothing, 0, None),
        (twice, 1, "2 entries of proxies, and TRUSTED_PROXIES is 1: all senders share"),
        (append, 0, "1 entries of proxies, and TRUSTED_PROXIES is 0: all senders share"),
        (nothing, 1, "0 entries of proxies, and TRUSTED_PROXIES is 1: senders can name themselves"),
        (append, 2, "1 entries of proxies, and TRUSTED_PROXIES is 2: senders can name themselves"),
        (replace, 2, "1 entries of proxies, and TRUSTED_PROXIES is 2: all senders share"),
        (other_host, 0, "proxy: host: The host arrives as “127.0.0.1” and not as "),
    ],
)
def test_what_a_proxy_does_wrong_is_said(settings, proxy_does, trusted, said):
    settings.TRUSTED_PROXIES = trusted
    with behind(proxy_does) as settings.SITE_URL:
        lines = doctor("proxy")

    if said is None:
        assert red(lines) == []
        assert lines[-1].startswith("ok      proxy: It hands on scheme, host and senders")
    else:
        [line] = red(lines)
        assert said in line


def test_a_proxy_that_does_not_say_that_it_was_asked_by_https_is_found():
    seen = {"scheme": "http", "host": "write.example.org", "hops": 0}

    [result] = proxy.judged(seen, "https", "write.example.org")

    assert result.said == "The site is asked by https, and takes it for http."


def test_a_proxy_whose_clock_is_wrong_or_that_serves_another_site_is_found(settings, monkeypatch):
    earlier = formatdate(time.time() - 600, usegmt=True)
    monkeypatch.setattr("wsgiref.handlers.format_date_time", lambda now: earlier)
    monkeypatch.setattr(proxy, "token", lambda: "of another SECRET_KEY")
    with behind(nothing) as settings.SITE_URL:
        clock, other = red(doctor("proxy"))

    assert clock.startswith("clock: The clock of the proxy differs from this machine’s by 60")
    assert "answers with status 404, and not as this site." in other
    [gone] = red(doctor("proxy"))
    assert gone.endswith("does not answer: Connection refused.")


@pytest.mark.parametrize(
    "page",
    [
        b"<!doctype html><title>It works!</title>",
        b"\xff\xfe",
        b"",
        b"[" * 10_000,
        b"[]",
        b'{"status": "ok"}',
        b"null",
    ],
)
def test_another_site_that_answers_at_our_address_is_said_in_a_sentence(
    settings, monkeypatch, page
):
    answer = lambda request: HttpResponse(page, headers={"Date": "today"})  # noqa: E731
    monkeypatch.setitem(VIEWS, proxy.PATH, answer)
    with behind(nothing) as settings.SITE_URL:
        [line] = red(doctor("proxy"))

    assert line.startswith(f"proxy: {settings.SITE_URL} answers with status 200, and not as this ")


def test_static_files_of_another_version_are_red(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    assert len(red(doctor("installed"))) == 1

    (tmp_path / "staticfiles.json").write_text("{}")
    assert red(doctor("installed")) == []
