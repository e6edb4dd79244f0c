"""Workers that are killed while they make paper, and people who act while a hand-in is made."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection, transaction
from django_tasks_db.models import DBTaskResult

from cases.publishing.acts import Refused
from letters.actions import signatures
from letters.delivery import hand_ins
from letters.models import HandIn, HandInItem, HandInPart, Letter, Signature
from tests.factories import make_case_to_write_for, make_letter, make_signature
from tests.letters.mail.test_work import database_url, wait_until
from tests.staff import make_staff

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.timeout(180),
]

LETTERS, A_PART = 60, 20
SCRIPTS = {"en": "Please do not build on them. ", "ar": "لا تبنوا عليها. ", "km": "សូមកុំសាងសង់។ "}


@contextmanager
def worker(private_root):
    process = subprocess.Popen(
        [sys.executable, "manage.py", "work", "--every", "0.1", "--task-lease", "0"],
        cwd=settings.BASE_DIR,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "write4rights.settings",
            "DATABASE_URL": database_url(),
            "PRIVATE_ROOT": str(private_root),
        },
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def chosen(case) -> hand_ins.Choice:
    return hand_ins.Choice(case=case, kind="appeal")


def claims() -> int:
    """How often a worker has begun a task."""
    return sum(map(len, DBTaskResult.objects.values_list("worker_ids", flat=True)))


def another_claim():
    """Whether one has since."""
    before = claims()
    return lambda: claims() > before


def is_ready() -> bool:
    return HandIn.objects.get().state == "ready"


def test_a_worker_that_is_killed_three_times_makes_every_letter_once(tmp_path, monkeypatch):
    monkeypatch.setattr("letters.delivery.hand_ins.ITEMS_A_PART", A_PART)
    case = make_case_to_write_for()
    for number in range(LETTERS):
        language = list(SCRIPTS)[number % len(SCRIPTS)]
        make_letter(case, state="approved", language=language, body=SCRIPTS[language] * 30)
    hand_ins.make(chosen(case), by=make_staff())

    for _ in range(3):
        with worker(tmp_path) as process:
            wait_until(another_claim())
            process.send_signal(signal.SIGKILL)
            process.wait()
    unfinished = DBTaskResult.objects.running().count()
    with worker(tmp_path):
        wait_until(is_ready)

    parts = HandInPart.objects.filter(index__gt=0)
    assert (unfinished, claims()) == (1, 4 + 3)  # a cover and three parts, and three that died
    assert [(part.first, part.last) for part in parts] == [(1, 20), (21, 40), (41, 60)]
    assert {part.pages for part in parts} == {2 * A_PART - 1}  # each on a right-hand page
    assert HandInItem.objects.values("letter").distinct().count() == LETTERS
    assert all((tmp_path / part.path).is_file() for part in HandInPart.objects.all())


def test_two_who_choose_at_once_get_other_letters():
    case = make_case_to_write_for()
    for _ in range(20):
        make_letter(case, state="approved")
    people = [make_staff() for _ in range(2)]
    start = threading.Barrier(len(people))
    refused = []

    def choose(person):
        start.wait()
        try:
            hand_ins.make(hand_ins.Choice(case=case, kind="appeal", limit=15), by=person)
        except Refused as refusal:
            refused.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=choose, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    sizes = [hand_in.items.count() for hand_in in HandIn.objects.all()]
    assert (sorted(sizes), refused) == ([5, 15], [])
    assert HandInItem.objects.values("letter").distinct().count() == 20
    assert set(Letter.objects.values_list("state", flat=True)) == {"in-hand-in"}


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lets one write at a time")
@pytest.mark.parametrize("who_is_first", ["staff", "the owner"])
def test_a_signature_that_is_withdrawn_while_a_hand_in_is_made_is_not_in_it(who_is_first):
    withdrawn = make_signature()
    make_signature(withdrawn.petition)
    choice = hand_ins.Choice(case=withdrawn.petition.case, kind="signature")
    by = make_staff()

    def run(do):
        do()
        connection.close()

    def withdraw():
        signatures.withdraw(Signature.objects.get(pk=withdrawn.pk))

    def make():
        hand_ins.make(choice, by=by)

    first, second = (make, withdraw) if who_is_first == "staff" else (withdraw, make)
    with transaction.atomic():
        first()
        waiting = threading.Thread(target=run, args=[second])
        waiting.start()
        waiting.join(1)
    waiting.join()

    withdrawn.refresh_from_db()
    assert withdrawn.state == "withdrawn"
    assert not HandInItem.objects.open().filter(signature=withdrawn).exists()
    assert HandInItem.objects.open().count() == 1
