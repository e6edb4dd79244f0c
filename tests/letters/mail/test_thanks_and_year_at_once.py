"""Thanks, and the letter about the year, by workers that are killed, and that run side by side."""

import signal
from collections import Counter

import pytest
from django.utils import timezone

from letters.mail import thanks
from letters.models import MailKind, OutgoingMail, YearLetter
from letters.models.email_spelling import email_hash
from tests.factories import (
    make_case_to_write_for,
    make_email_address,
    make_follow,
    make_letter,
)
from tests.letters.mail.reading import unwrapped
from tests.letters.mail.test_work import LONG_ENOUGH, end_leases, wait_until, worker
from tests.letters.smtp_server import FakeSMTPServer
from tests.staff import make_staff

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
    pytest.mark.slow,
]
NUMBER = 120
TWO_LETTERS = "- your letter for Ana Test - your letter for Ana Test"
YEAR = "the one letter about the year that you asked us for"


@pytest.fixture
def _no_hour_ends():
    """The worker is a process of its own, and has the time of the machine."""


@pytest.fixture
def thanked() -> None:
    """Each has posted two letters, which one mail thanks them for."""
    case, today = make_case_to_write_for(display_name="Ana Test"), timezone.localdate()
    for nr in range(NUMBER):
        for _each in range(2):
            email = f"sam{nr}@example.org"
            letter = make_letter(
                case,
                state="posted",
                route="post",
                wants_news=True,
                email=email,
                email_hash=email_hash(email),
                email_proven_on=today,
            )
            thanks.queue_for_letter(letter)
    OutgoingMail.objects.update(not_before=timezone.now())  # the next morning has come


@pytest.fixture
def wanted() -> None:
    """An approved letter about the year, which each of them wants."""
    edition = make_case_to_write_for().edition
    for nr in range(NUMBER):
        make_follow(
            None,
            email_address=make_email_address(f"sam{nr}@example.org"),
            edition=edition,
            state="confirmed",
        )
    now = timezone.now()
    YearLetter.objects.create(
        edition=edition,
        asked_by=make_staff("editor"),
        approved_by=make_staff("editor"),
        approved_at=now,
        tell_after=now,
    )


def are_sent(number: int):
    return lambda: OutgoingMail.objects.filter(sent_at__isnull=False).count() == number


def assert_each_got_one(server: FakeSMTPServer, *, saying: str, copies: int) -> None:
    """Of a mail that a server took while the worker was killed, there may be a copy."""
    received = Counter(mail["Message-ID"] for mail in server.mails)
    assert len(received) == len({mail["To"] for mail in server.mails}) == NUMBER
    assert len(server.mails) <= NUMBER + copies
    assert {unwrapped(mail.get_content()).count(saying) for mail in server.mails} == {1}


def kill_while_it_sends(server: FakeSMTPServer) -> None:
    server.stall()
    with worker(server) as process:
        assert server.has_mail.wait(LONG_ENOUGH)
        process.send_signal(signal.SIGKILL)
        process.wait()
    server.go_on()
    end_leases()


@pytest.mark.usefixtures("thanked")
def test_who_posted_two_letters_is_thanked_once_though_a_worker_is_killed():
    with FakeSMTPServer() as server:
        kill_while_it_sends(server)
        with worker(server):
            wait_until(are_sent(2 * NUMBER), 2 * LONG_ENOUGH)

    assert_each_got_one(server, saying=TWO_LETTERS, copies=1)


@pytest.mark.usefixtures("thanked")
def test_who_posted_two_letters_is_thanked_once_by_workers_side_by_side():
    with FakeSMTPServer() as server, worker(server), worker(server):
        wait_until(are_sent(2 * NUMBER), 2 * LONG_ENOUGH)

    assert_each_got_one(server, saying=TWO_LETTERS, copies=0)


@pytest.mark.usefixtures("wanted")
def test_the_letter_about_the_year_comes_once_though_workers_are_killed():
    with FakeSMTPServer() as server:
        server.stall()
        with worker(server) as process:  # killed once some are queued
            wait_until(OutgoingMail.objects.exists)
            process.send_signal(signal.SIGKILL)
            process.wait()
        end_leases()
        kill_while_it_sends(server)
        with worker(server):
            wait_until(are_sent(NUMBER), 2 * LONG_ENOUGH)

    assert_each_got_one(server, saying=YEAR, copies=2)
    assert OutgoingMail.objects.filter(kind=MailKind.YEAR).count() == NUMBER
    assert YearLetter.objects.get().tell_after is None


@pytest.mark.usefixtures("wanted")
def test_the_letter_about_the_year_comes_once_from_workers_side_by_side():
    with FakeSMTPServer() as server, worker(server), worker(server):
        wait_until(are_sent(NUMBER), 2 * LONG_ENOUGH)

    assert_each_got_one(server, saying=YEAR, copies=0)
