"""A case that is frozen while its letters are on their way: nothing more leaves, until two people
unfreeze it; then it goes on. Whole walks, through the pages of staff and the worker."""

import datetime

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from cases.models import Case
from letters.delivery import parts, requeue
from letters.mail import deliveries as delivery_mails
from letters.models import Delivery, HandIn, HandInPart, Letter, OutgoingMail
from tests.factories import make_case_to_write_for, make_consent, make_letter
from tests.letters.delivery.test_hand_ins import make
from tests.staff import said, signed_in

pytestmark = [
    pytest.mark.usefixtures("counts_hold"),
    pytest.mark.slow,
    pytest.mark.parametrize("how_far", ["paused", "hidden", "withdrawn"]),
]

REFUSED = ["The case is frozen: nothing of it is handed in."]
LETTERS = 3


@pytest.fixture(autouse=True)
def private_root(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "private": settings.STORAGES["private"] | {"OPTIONS": {"location": tmp_path}}
    }


@pytest.fixture
def staff():
    return signed_in("delivery")


@pytest.fixture
def hand_in(monkeypatch) -> HandIn:
    """A letter a part, none of them made yet. Their writers want to know."""
    monkeypatch.setattr("letters.delivery.hand_ins.ITEMS_A_PART", 1)
    case = make_case_to_write_for()
    make_consent(case)
    for number in range(LETTERS):
        email = f"sam-{number}@example.org"
        make_letter(case, state="approved", wants_news=True, email=email, email_hash=email)
    return make(case)


def freeze(how_far: str) -> None:
    url = reverse("admin:cases_case_freeze")
    case = Case.objects.get()
    sent = {"cases": [case.pk], "how_far": how_far, "reason": "A threat."}
    signed_in("safety").post(url, sent)
    assert Case.objects.get().freeze == how_far


def two_people_unfreeze() -> None:
    url = reverse("admin:cases_case_act", args=[Case.objects.get().pk])
    for act in ["ask-to-unfreeze", "confirm-unfreeze"]:
        signed_in("safety").post(url, {"act": act})
    assert Case.objects.get().freeze == "none"


def work(**after) -> None:
    with time_machine.travel(timezone.now() + datetime.timedelta(**after), tick=False):
        call_command("work", once=True)


def press(client, hand_in: HandIn, what: str) -> list[str]:
    """What is said to it."""
    return said(client.post(f"/admin/letters/handin/{hand_in.pk}/{what}/", follow=True))


def record(client, hand_in: HandIn) -> list[str]:
    url = f"/admin/letters/handin/{hand_in.pk}/record/"
    today = str(timezone.localdate())
    form = {"handed_in_on": today, "place": "Oslo", "result": "accepted", "number": LETTERS}
    return said(client.post(url, form, follow=True))


def fetch_and_print(client, hand_in: HandIn) -> None:
    response = client.post(f"/admin/letters/handin/{hand_in.pk}/fetch/")
    assert b"".join(response.streaming_content).startswith(b"PK")
    press(client, hand_in, "printed")
    hand_in.refresh_from_db()
    assert hand_in.state == "printed"


def made() -> int:
    return HandInPart.objects.exclude(made_at=None).count()


def states() -> set[str]:
    return set(Letter.objects.values_list("state", flat=True))


def told() -> list[str]:
    return sorted(address for one in mail.outbox for address in one.to)


def test_while_it_is_being_made_nothing_is_made_or_fetched(how_far, staff, hand_in):
    parts.enqueue_missing()
    for _each in range(2):  # the cover and one part
        assert requeue.run_one()

    freeze(how_far)
    work()

    assert made() == 2
    for what in ["fetch/1", "fetch/2", "fetch", "printed", "again"]:
        assert press(staff, hand_in, what) == REFUSED
    assert not LogEntry.objects.filter(change_message__startswith="Fetched").exists()
    assert HandInPart.objects.exclude(path="").count() == (2 if how_far == "paused" else 0)
    assert states() == {"in-hand-in"}

    two_people_unfreeze()
    work()
    if how_far != "paused":  # the files that were there are erased
        press(staff, hand_in, "again")
        work()
    fetch_and_print(staff, hand_in)
    assert made() == 1 + LETTERS
    assert states() == {"printed"}


def test_while_it_is_printed_nothing_is_taken_there(how_far, staff, hand_in):
    work()
    fetch_and_print(staff, hand_in)
    fetched = LogEntry.objects.filter(change_message__startswith="Fetched").count()

    freeze(how_far)
    work()

    for what in ["fetch/1", "fetch", "again", "on-way"]:
        assert press(staff, hand_in, what) == REFUSED
    assert record(staff, hand_in) == REFUSED
    assert LogEntry.objects.filter(change_message__startswith="Fetched").count() == fetched
    assert states() == {"printed"}
    assert not Delivery.objects.exists()

    two_people_unfreeze()
    record(staff, hand_in)
    work(hours=1)
    work(hours=2)
    assert states() == {"delivered"}
    assert told() == [f"sam-{number}@example.org" for number in range(LETTERS)]


def test_while_mails_wait_none_leaves(how_far, staff, hand_in, monkeypatch):
    monkeypatch.setattr("letters.mail.batches.MAILS_A_BATCH", 1)
    work()
    fetch_and_print(staff, hand_in)
    record(staff, hand_in)
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=1), tick=False):
        delivery_mails.queue_batch()  # one waits in the outbox, the others are not queued

    freeze(how_far)
    work(hours=2)
    work(days=30)

    assert told() == []
    assert OutgoingMail.objects.filter(sent_at=None).count() == 1

    two_people_unfreeze()
    work(days=30, hours=1)
    work(days=30, hours=2)
    work(days=30, hours=3)
    assert told() == [f"sam-{number}@example.org" for number in range(LETTERS)]
