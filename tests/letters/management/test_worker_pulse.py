"""The worker says that it lives, and how far behind it is can be asked."""

import datetime

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from letters.delivery import parts, requeue
from letters.management.commands import work
from letters.models import OutgoingMail, WorkerPulse
from tests.letters.mail.test_outbox import make_mail

pytestmark = pytest.mark.django_db

MINUTE = datetime.timedelta(minutes=1)


class Slow(EmailBackend):
    """A mail server that takes an hour for each mail, and notes how old the pulse was before it."""

    ages: list[datetime.timedelta | None] = []

    def send_messages(self, messages):
        self.ages.append(WorkerPulse.objects.age())
        WorkerPulse.objects.update(at=timezone.now() - 60 * MINUTE)
        return len(messages)


def test_no_worker_was_heard_of_before_the_first_one_ran():
    assert WorkerPulse.objects.age() is None

    call_command("work", "--once")

    assert WorkerPulse.objects.age() < MINUTE


def test_worker_says_that_it_lives_between_mails_of_a_slow_server(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Slow"
    monkeypatch.setattr(work, "BEAT_EVERY", 0)
    monkeypatch.setattr(Slow, "ages", [])
    for number in range(3):
        make_mail(f"sam{number}@example.org")

    call_command("work", "--once")

    assert len(Slow.ages) == 3
    assert max(Slow.ages) < MINUTE
    assert WorkerPulse.objects.count() == 1


def test_longest_due_counts_from_when_a_mail_could_have_left():
    now = timezone.now()
    asked = now - 90 * MINUTE
    assert OutgoingMail.objects.longest_due() == datetime.timedelta()

    make_mail("later@example.org", created_at=asked, not_before=now + MINUTE)
    make_mail("sent@example.org", created_at=asked, not_before=asked, sent_at=now)
    make_mail("gone@example.org", created_at=asked, not_before=asked, given_up_at=now)
    assert OutgoingMail.objects.longest_due() == datetime.timedelta()

    make_mail("sam@example.org", created_at=asked, not_before=now - 20 * MINUTE)
    make_mail("kim@example.org", created_at=asked, not_before=now - 10 * MINUTE)
    assert 20 * MINUTE <= OutgoingMail.objects.longest_due() < 21 * MINUTE


def test_only_a_task_that_failed_every_time_is_given_up():
    for tries in (1, requeue.MAX_ATTEMPTS - 1, requeue.MAX_ATTEMPTS):
        result = parts.make_part.enqueue(tries, 1)
        rows = DBTaskResult.objects.filter(pk=result.id)
        rows.update(status="FAILED", worker_ids=["a worker"] * tries)

    assert requeue.given_up() == 1
