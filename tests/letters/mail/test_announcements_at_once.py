"""Several people and several workers that tell one outcome in the same moment."""

import pytest

from cases.models import Outcome
from cases.publishing.acts import Refused
from letters.mail import announcements
from letters.models import Announcement, OutgoingMail
from tests.factories import make_follow, make_outcome
from tests.letters.at_once import at_once
from tests.staff import make_staff

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def outcome():
    outcome = make_outcome()
    for _ in range(12):
        make_follow(outcome.case)
    return Outcome.objects.select_related("case").get(pk=outcome.pk)


def tried(act, *arguments) -> bool:
    try:
        act(*arguments)
    except Refused:
        return False
    return True


def test_many_who_ask_make_one_announcement(outcome):
    people = [make_staff() for _ in range(4)]

    asked = at_once(*[lambda who=who: announcements.ask(outcome, who).pk for who in people])

    assert set(asked) == {Announcement.objects.get().pk}


def test_of_many_who_approve_one_does_and_of_taking_back_and_approving_one_holds(outcome):
    asks, *others = [make_staff() for _ in range(4)]
    row = announcements.ask(outcome, asks)

    approved = at_once(*[lambda who=who: tried(announcements.approve, row, who) for who in others])
    assert sorted(approved) == [False, False, True]

    Announcement.objects.all().delete()
    row = announcements.ask(outcome, asks)
    is_approved, is_taken_back = at_once(
        lambda: tried(announcements.approve, row, others[0]),
        lambda: announcements.take_back(row),
    )
    assert is_approved is not is_taken_back
    assert Announcement.objects.exists() is is_approved


def test_workers_side_by_side_queue_each_mail_once(outcome, monkeypatch):
    monkeypatch.setattr(announcements, "MAILS_A_BATCH", 2)
    row = announcements.ask(outcome, make_staff())
    announcements.approve(row, make_staff())

    def work() -> None:
        while Announcement.objects.to_be_queued().exists():
            announcements.queue_batch()

    at_once(*[work] * 3)

    assert OutgoingMail.objects.count() == 12
    assert Announcement.objects.get().finished_at is not None


def test_what_is_stopped_while_it_is_queued_leaves_nothing_behind(outcome, monkeypatch):
    monkeypatch.setattr(announcements, "MAILS_A_BATCH", 2)
    row = announcements.ask(outcome, make_staff())
    announcements.approve(row, make_staff())

    def send():
        return [announcements.queue_batch() for _ in range(4)]

    at_once(send, send, lambda: announcements.stop(row))
    announcements.queue_batch()

    assert not OutgoingMail.objects.exists()
