"""Several people and several workers that tell one outcome in the same moment."""

import pytest

from cases.models import Outcome
from cases.publishing import Refused
from letters import telling
from letters.models import OutgoingMail, Telling
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


def test_many_who_ask_make_one_telling(outcome):
    people = [make_staff() for _ in range(4)]

    asked = at_once(*[lambda who=who: telling.ask(outcome, who).pk for who in people])

    assert set(asked) == {Telling.objects.get().pk}


def test_of_many_who_approve_one_does_and_of_taking_back_and_approving_one_holds(outcome):
    asks, *others = [make_staff() for _ in range(4)]
    row = telling.ask(outcome, asks)

    approved = at_once(*[lambda who=who: tried(telling.approve, row, who) for who in others])
    assert sorted(approved) == [False, False, True]

    Telling.objects.all().delete()
    row = telling.ask(outcome, asks)
    is_approved, is_taken_back = at_once(
        lambda: tried(telling.approve, row, others[0]),
        lambda: telling.take_back(row),
    )
    assert is_approved is not is_taken_back
    assert Telling.objects.exists() is is_approved


def test_workers_side_by_side_queue_each_mail_once(outcome, monkeypatch):
    monkeypatch.setattr(telling, "BATCH", 2)
    row = telling.ask(outcome, make_staff())
    telling.approve(row, make_staff())

    def work() -> None:
        while Telling.objects.to_be_queued().exists():
            telling.put_in_outbox()

    at_once(*[work] * 3)

    assert OutgoingMail.objects.count() == 12
    assert Telling.objects.get().finished_at is not None


def test_what_is_stopped_while_it_is_queued_leaves_nothing_behind(outcome, monkeypatch):
    monkeypatch.setattr(telling, "BATCH", 2)
    row = telling.ask(outcome, make_staff())
    telling.approve(row, make_staff())

    at_once(*[lambda: [telling.put_in_outbox() for _ in range(4)]] * 2, lambda: telling.stop(row))
    telling.put_in_outbox()

    assert not OutgoingMail.objects.exists()
