"""The worker as a process of its own: stopped, killed, and side by side with another."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse

from letters.management.commands import work
from letters.models import Announcement, OutgoingMail
from tests.factories import make_follow, make_outcome
from tests.letters.mail.reading import unwrapped
from tests.letters.mail.test_outbox import make_mail
from tests.letters.smtp_server import CUT, FAILURES, FakeSMTPServer
from tests.staff import signed_in, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

ROOT = settings.BASE_DIR
LONG_ENOUGH = 60  # seconds, for a machine that has much else to do
FOLLOWERS = int(os.environ.get("FOLLOWERS", "200"))  # 10000 takes some minutes


@pytest.fixture
def _no_hour_ends():
    """The worker is a process of its own, and has the time of the machine."""


@contextmanager
def worker(server: FakeSMTPServer, *options: str):
    process = subprocess.Popen(
        [sys.executable, "manage.py", "work", "--every", "0.1", *options],
        cwd=ROOT,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "write4rights.settings",
            "DATABASE_URL": database_url(),
            "EMAIL_URL": server.url,
        },
        stderr=subprocess.DEVNULL,  # it logs each failure; a pipe that nobody reads is full one day
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def database_url() -> str:
    """The database of this test, for another process."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    who = f"{database['USER']}:{database['PASSWORD']}".rstrip(":")
    return f"postgres://{who}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


def wait_until(is_so, seconds: float = LONG_ENOUGH) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def all_are_sent() -> bool:
    return not OutgoingMail.objects.filter(sent_at=None).exists()


def end_leases() -> None:
    """What a killed worker had claimed is due, as it is when its time is over."""
    claimed = OutgoingMail.objects.filter(sent_at=None, attempts__gt=0)
    claimed.update(not_before="2020-01-01 00:00+00:00")


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_no_mail():
    for nr in range(3):
        make_mail(f"sam{nr}@example.org")

    with FakeSMTPServer() as server:
        server.stall()
        with worker(server) as process:
            assert server.has_mail.wait(LONG_ENOUGH)
            process.send_signal(signal.SIGKILL)
            process.wait()
        # The server has the first mail, the outbox does not know: it goes out once more.
        assert OutgoingMail.objects.filter(sent_at=None).count() == 3
        end_leases()
        server.go_on()
        with worker(server):
            wait_until(all_are_sent)

    copies = Counter(mail["Message-ID"] for mail in server.mails)
    assert sorted(copies.values()) == [1, 1, 2]


@pytest.mark.slow
def test_a_lease_that_is_over_frees_the_mail_of_a_killed_worker():
    make_mail()

    with FakeSMTPServer() as server:
        server.stall()
        with worker(server, "--lease", "1"):
            assert server.has_mail.wait(LONG_ENOUGH)
        server.go_on()
        with worker(server, "--lease", "1"):
            wait_until(all_are_sent)

    assert len({mail["Message-ID"] for mail in server.mails}) == 1


@pytest.mark.slow
def test_mails_leave_though_a_store_fails_and_the_database_drops_the_worker(monkeypatch, tmp_path):
    monkeypatch.setenv("PRIVATE_ROOT", str(tmp_path / "file"))
    (tmp_path / "file").write_text("This is no folder.")
    make_mail()

    with FakeSMTPServer() as server, worker(server):
        wait_until(all_are_sent)
        end_other_connections()
        make_mail("kim@example.org")
        wait_until(all_are_sent)


def end_other_connections() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.mark.slow
def test_a_worker_stops_when_it_is_told_to_though_it_sleeps():
    assert work.BREATH < 1  # so soon it notices
    with FakeSMTPServer() as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            OutgoingMail.objects.all().delete()
            make_mail(f"sam{number}@example.org")
            with worker(server, "--every", "600") as process:
                wait_until(all_are_sent)  # now it sleeps for ten minutes
                process.send_signal(number)
                assert process.wait(LONG_ENOUGH) == 0


@pytest.mark.slow
def test_two_workers_send_every_mail_once():
    for nr in range(40):
        make_mail(f"sam{nr}@example.org")

    with FakeSMTPServer() as server, worker(server), worker(server):
        wait_until(all_are_sent)

    assert len(server.mails) == 40
    assert len({mail["To"] for mail in server.mails}) == 40


@pytest.mark.slow
def test_a_mail_on_its_way_is_plain_text_with_all_its_headers():
    make_mail("zoe@zoë.example", language="fr")

    with FakeSMTPServer() as server, worker(server):
        wait_until(all_are_sent)

    [mail] = server.mails
    assert mail["To"] == "zoe@xn--zo-ija.example"
    assert "a saisi cette adresse électronique sur testserver." in unwrapped(mail.get_content())
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"]


@pytest.mark.slow
@pytest.mark.timeout(180 + FOLLOWERS / 5)
def test_news_reaches_each_follower_once_through_a_server_that_fails_and_workers_that_are_killed():
    outcome = make_outcome()
    with transaction.atomic():
        for _ in range(FOLLOWERS):
            make_follow(outcome.case)
    asks, approves = signed_in(is_superuser=True), signed_in(is_superuser=True)
    page = reverse("admin:letters_announcement_tell", args=[outcome.pk])
    assert f"{FOLLOWERS} addresses" in text(asks.get(page))
    for who, act in [(asks, "ask"), (approves, "approve")]:
        seen = who.get(page).context["seen"]
        who.post(f"{page}act/", {"act": act, "seen": seen})

    # A try that failed comes again soon; all of them in this hour.
    hurried = ["--first-wait", "0.1", "--most-news-an-hour", str(20 * FOLLOWERS)]
    seconds = LONG_ENOUGH + FOLLOWERS / 10
    in_flight = set()
    with FakeSMTPServer(fails=0.15) as server:
        for share in [0.3, 0.7]:
            with worker(server, *hurried) as process:
                wait_until(lambda share=share: len(server.mails) > share * FOLLOWERS, seconds)
                process.send_signal(signal.SIGKILL)
                process.wait()
            wait_until(lambda: not server.talking)  # it has read what the worker had sent
            in_flight.add(server.mails[-1]["Message-ID"])
            end_leases()
        with worker(server, *hurried), worker(server, *hurried):
            wait_until(lambda: Announcement.objects.get().finished_at and all_are_sent(), seconds)

    copies = Counter(mail["Message-ID"] for mail in server.mails)
    assert len(copies) == OutgoingMail.objects.count() == FOLLOWERS
    assert len({mail["To"] for mail in server.mails}) == FOLLOWERS
    # Of what the server took without being able to say so, and of nothing else, there is a copy.
    assert {one for one in copies if copies[one] > 1} <= server.cut | in_flight
    assert len(server.mails) - FOLLOWERS <= server.failed.count(CUT) + len(in_flight)
    assert set(server.failed) == set(FAILURES)
    shown = text(asks.get(page))
    assert f"<dd>{FOLLOWERS} of {FOLLOWERS}</dd>" in shown
    assert "No mail waits any more." in shown
