"""That an answer came: one mail for each who asked to know, some minutes after it is shared."""

import datetime

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, Freeze
from letters.delivery import deliveries
from letters.mail import batches, outbox
from letters.mail import replies as reply_mails
from letters.models import Letter, OutgoingMail, Reply
from letters.models.email_spelling import email_hash
from tests.factories import (
    make_case_to_write_for,
    make_delivery,
    make_hand_in,
    make_letter,
    make_reply,
)
from tests.staff import signed_in, text

pytestmark = pytest.mark.django_db

WORDS = "The ministry thanks you."


def wanting(case: Case, number: int, **fields) -> list[Letter]:
    addresses = [f"sam{each}@example.org" for each in range(number)]
    fields = {"state": "delivered", "route": "deliver", "wants_news": True} | fields
    return [
        make_letter(case, email=address, email_hash=email_hash(address), **fields)
        for address in addresses
    ]


def act(reply: Reply, name: str) -> None:
    reply.refresh_from_db()
    url = reverse("admin:letters_reply_act", args=[reply.pk])
    words = {"shown_text": WORDS, "shown_language": "en"}
    signed_in("delivery").post(url, {"act": name, "seen": reply.changed_at.isoformat()} | words)


def tell(minutes: int = 11) -> list[str]:
    """What has left when the minutes are over."""
    now = timezone.now() + datetime.timedelta(minutes=minutes)
    with time_machine.travel(now, tick=False):
        while reply_mails.queue_batch():
            pass
        outbox.send_due()
    return [one.body for one in mail.outbox]


def test_each_who_asked_gets_one_mail_some_minutes_later(monkeypatch):
    monkeypatch.setattr(batches, "MAILS_A_BATCH", 2)
    case = make_case_to_write_for(display_name="Ana Test")
    wanting(case, 3)
    make_letter(case, state="delivered", route="deliver")
    reply = make_reply(case, text="To the ministry's own list.")

    act(reply, "share")
    at_once, bodies = tell(minutes=5)[:], tell()
    act(reply, "stop-sharing")
    act(reply, "share")

    assert at_once == []
    assert len(bodies) == 3
    assert "There is a reply to your letter for Ana Test." in bodies[0]
    assert WORDS not in bodies[0]
    assert len(tell()) == 3


def test_an_answer_to_a_hand_in_is_told_to_those_whose_letter_was_in_it():
    case = make_case_to_write_for()
    within, _other = wanting(case, 2, state="approved")
    hand_in = make_hand_in(within, state="handed-in")
    Letter.objects.update(state="delivered")

    act(make_reply(case, hand_in=hand_in), "share")
    tell()

    assert [one.to for one in mail.outbox] == [[within.email]]


def test_a_second_answer_is_told_after_the_first():
    case = make_case_to_write_for()
    wanting(case, 1)
    act(make_reply(case), "share")
    tell()

    act(make_reply(case), "share")

    assert len(tell(minutes=90)) == 2


@pytest.mark.parametrize("what", ["stopped", "frozen", "unwanted", "erased"])
def test_nothing_leaves_that_may_not_be_told_any_more(client, what):
    case = make_case_to_write_for()
    [letter] = wanting(case, 1)
    reply = make_reply(case)
    act(reply, "share")
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=11), tick=False):
        reply_mails.queue_batch()

    match what:
        case "stopped":
            act(reply, "stop-sharing")
        case "frozen":
            Case.objects.update(freeze=Freeze.PAUSED, freeze_reason="A test.")
        case "unwanted":
            client.post(letter.get_absolute_url(), {"act": "no-news"})
        case "erased":
            client.post(reverse("letters:letter-erase", args=[letter.key]))

    assert tell() == []
    Case.objects.update(freeze=Freeze.NONE, freeze_reason="")
    assert len(tell(minutes=12)) == (what == "frozen")


def test_who_was_not_told_when_it_was_stopped_is_told_once_it_is_shared_again(monkeypatch):
    monkeypatch.setattr(batches, "MAILS_A_BATCH", 2)
    case = make_case_to_write_for()
    wanting(case, 5)
    reply = make_reply(case, text="To the ministry's own list.")
    act(reply, "share")
    later = timezone.now() + datetime.timedelta(minutes=11)
    with time_machine.travel(later, tick=False):
        reply_mails.queue_batch()
        reply_mails.queue_batch()
        _first, second, *_rest = OutgoingMail.objects.order_by("pk")
        OutgoingMail.objects.filter(pk=second.pk).update(sent_at=timezone.now())  # out of turn

        act(reply, "stop-sharing")
        outbox.send_due()
        told_meanwhile = len(mail.outbox)
        act(reply, "share")
    tell(minutes=30)
    act(reply, "stop-sharing")
    act(reply, "share")
    tell(minutes=60)

    assert told_meanwhile == 0
    told = [f"sam{each}@example.org" for each in (0, 2, 3, 4)]
    assert sorted(one.to[0] for one in mail.outbox) == told


@pytest.mark.parametrize("result", ["refused", "accepted"])
def test_an_answer_to_what_was_sent_back_reaches_its_writers(client, result):
    case = make_case_to_write_for()
    letters = wanting(case, 2, state="approved")
    hand_in = make_hand_in(*letters, state="handed-in")
    make_delivery(hand_in, result=result)
    Letter.objects.update(state="returned")
    hand_in.items.update(returned_on=timezone.localdate() if result == "accepted" else None)
    reply = make_reply(case, hand_in=hand_in)

    act(reply, "share")
    bodies = tell()[:]
    deliveries.hand_in_again(hand_in)

    assert len(bodies) == 2
    assert WORDS in text(client.get(letters[0].get_absolute_url()))
    assert {one.state for one in Letter.objects.all()} == {"approved"}
