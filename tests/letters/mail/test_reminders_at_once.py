"""Reminders by workers that are killed, and that run side by side."""

import datetime
import signal
from collections import Counter

import pytest
from django.utils import timezone

from letters.models import MailKind, OutgoingMail, Pledge, ReminderStep
from letters.models.email_spelling import email_hash
from tests.factories import make_case_to_write_for, make_pledge
from tests.letters.mail.test_work import LONG_ENOUGH, end_leases, wait_until, worker
from tests.letters.smtp_server import FakeSMTPServer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(180),
    pytest.mark.slow,
]
NUMBER = 120  # more than one batch


@pytest.fixture
def _no_hour_ends():
    """The worker is a process of its own, and has the time of the machine."""


@pytest.fixture
def promised() -> list[Pledge]:
    """Promises that are to be kept in three days."""
    case, today = make_case_to_write_for(), timezone.localdate()
    return [
        make_pledge(
            case,
            due_on=today + datetime.timedelta(days=3),
            email=f"sam{nr}@example.org",
            email_hash=email_hash(f"sam{nr}@example.org"),
            email_proven_on=today,
            wants_reminders=True,
            next_reminder_on=today,
        )
        for nr in range(NUMBER)
    ]


def end_the_night() -> None:
    """A reminder leaves in the morning: now."""
    now = timezone.now()
    OutgoingMail.objects.filter(attempts=0, not_before__gt=now).update(not_before=now)


def all_are_reminded() -> bool:
    end_the_night()
    return OutgoingMail.objects.filter(sent_at__isnull=False).count() == NUMBER


def assert_each_is_reminded_once(server: FakeSMTPServer, *, copies: int) -> None:
    """Of a mail that a server took while the worker was killed, there may be a copy."""
    received = Counter(mail["Message-ID"] for mail in server.mails)
    assert len(received) == len({mail["To"] for mail in server.mails}) == NUMBER
    assert len(server.mails) <= NUMBER + copies
    assert set(OutgoingMail.objects.values_list("kind", flat=True)) == {MailKind.REMIND_LAST}
    assert OutgoingMail.objects.count() == NUMBER
    taken = Pledge.objects.filter(reminder_step=ReminderStep.LAST_DAYS)
    assert taken.filter(next_reminder_on__gt=timezone.localdate()).count() == NUMBER


@pytest.mark.usefixtures("promised")
def test_a_worker_that_is_killed_between_queueing_and_sending_reminds_each_once():
    with FakeSMTPServer() as server:
        server.stall()
        for queued in (1, NUMBER):  # after the first batch, and after all
            with worker(server) as process:
                wait_until(lambda queued=queued: OutgoingMail.objects.count() >= queued)
                process.send_signal(signal.SIGKILL)
                process.wait()
        server.go_on()
        end_leases()
        with worker(server):
            wait_until(all_are_reminded)

    assert_each_is_reminded_once(server, copies=2)


@pytest.mark.usefixtures("promised")
def test_workers_side_by_side_remind_each_once():
    with FakeSMTPServer() as server, worker(server), worker(server):
        wait_until(all_are_reminded, 2 * LONG_ENOUGH)

    assert_each_is_reminded_once(server, copies=0)
