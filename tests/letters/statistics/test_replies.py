"""How many answers came: told once a day, in fives, on pages and in the API."""

import datetime

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from cases.models import Case
from letters.models import Reply
from letters.privacy import erasure
from letters.statistics import published
from tests.factories import make_case_to_write_for, make_letter, make_reply
from tests.staff import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("counts_hold")]


@pytest.fixture
def case(settings) -> Case:
    settings.PAGE_CACHE_SECONDS = 0
    case = make_case_to_write_for(display_name="Ana Test")
    make_letter(case, state="posted", route="post")
    return case


def publish(days: int = 0) -> None:
    with time_machine.travel(timezone.now() + datetime.timedelta(days=days), tick=False):
        published.publish_once_a_day()


def page_of(case: Case, prefix: str = "") -> str:
    return " ".join(text(Client().get(prefix + case.get_absolute_url())).split())


def totals() -> dict:
    return Client().get("/api/v1/totals/").json()["totals"]["replies"]


def test_answers_are_told_in_fives_once_a_day(case):
    make_reply(case, number=12)
    make_reply(case, sender="person", number=6, shown_text="Thanks.", state="shared")
    before = page_of(case)

    publish()
    make_reply(case, number=100)

    assert "We know of" not in before
    assert "We know of <b>10</b> replies from officials." in page_of(case)
    assert "We know of <b>5</b> replies from Ana Test or somebody close." in page_of(case)
    assert "<b>10</b> réponses de responsables" in page_of(case, "/fr")
    impact = " ".join(text(Client().get("/impact/")).split())
    assert "We know of 10 replies from officials." in impact
    assert "We know of 5 replies from people who were written for" in impact
    assert totals() == {"officials": 10, "people": 5}
    publish(days=1)
    assert totals() == {"officials": 110, "people": 5}


def test_fewer_than_five_are_not_told_and_no_single_answer_is_seen_to_come(case):
    for _ in range(4):
        make_reply(case)
    publish()
    assert totals() == {"officials": 0, "people": 0}

    seen = set()
    for day in range(1, 12):
        make_reply(case)
        publish(days=day)
        seen.add(totals()["officials"])

    assert seen == {5, 10}
    assert "answer from" not in page_of(case)


def test_what_nobody_read_and_what_the_person_does_not_share_is_not_counted(case):
    letter = Case.objects.get().letters.get()
    for _ in range(6):
        make_reply(case, letter=letter, entered_by=None)
        make_reply(case, sender="person")

    publish()

    assert totals() == {"officials": 0, "people": 0}
    assert "We know of" not in page_of(case)


def test_an_answer_that_was_read_stays_counted_when_its_letter_is_erased_with_its_words(case):
    letter = case.letters.get()
    for _ in range(5):
        make_reply(case, letter=letter, entered_by=None, text="Dear Sam", state="read")
    make_reply(case, letter=letter, entered_by=None, text="Not read.")
    thanks = {"sender": "person", "shown_text": "Thanks.", "state": "shared", "number": 5}
    make_reply(case, letter=letter, **thanks)

    erasure.erase_letters(type(letter).objects.filter(pk=letter.pk))
    publish()

    assert totals() == {"officials": 5, "people": 5}
    left = Reply.objects.order_by("pk")
    assert {(row.letter, row.text, row.shown_text) for row in left} == {(None, "", "")}
    assert {row.created_at.time() for row in left} == {datetime.time()}
    assert left.count() == 6


def test_a_case_that_is_hidden_takes_its_answers_with_it(case):
    make_reply(case, number=12)
    publish()

    Case.objects.update(freeze="hidden", freeze_reason="A test.")

    assert totals() == {"officials": 0, "people": 0}
    assert "We know of" not in page_of(case)


def test_what_was_erased_is_found_in_the_list_of_staff(case):
    reply = make_reply(case, shown_text="Thanks.", state="shared")
    erasure.erase_replies(Reply.objects.all())
    client = signed_in("delivery")

    erased = client.get("/admin/letters/reply/?state=erased")
    shared = client.get("/admin/letters/reply/?state=shared")

    assert f"/{reply.pk}/change/" in text(erased)
    assert f"/{reply.pk}/change/" not in text(shared)
