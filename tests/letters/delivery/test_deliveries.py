"""What becomes of a printed hand-in: handed in, refused, come back; and who is told of it, when."""

from __future__ import annotations

import datetime
import io
import re
from functools import partial

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from cases.dates import latest_today
from cases.models import Case
from cases.publishing.acts import Refused
from letters.delivery import deliveries
from letters.mail import batches, outbox
from letters.mail import deliveries as delivery_mails
from letters.mail import replies as reply_mails
from letters.mail.pace import domain_of
from letters.models import Delivery, HandIn, HandInItem, Letter, OutgoingMail, Reply
from letters.models.deliveries import UNDO_WITHIN
from letters.privacy import erasure, limits
from letters.statistics import ledger
from tests.factories import (
    make_case_to_write_for,
    make_hand_in,
    make_letter,
    make_petition,
    make_signature,
)
from tests.letters.mail.reading import unwrapped
from tests.staff import said, signed_in, text

pytestmark = pytest.mark.django_db

DAY = datetime.date(2025, 12, 3)
READY_AT = datetime.datetime(2025, 11, 30, 12, tzinfo=datetime.UTC)
PRINTED_AT = datetime.datetime(2025, 12, 1, 12, tzinfo=datetime.UTC)


@pytest.fixture
def deliverer() -> Client:
    return signed_in("delivery")


def make_printed(number: int = 6, case: Case | None = None, **fields) -> HandIn:
    case = case or make_case_to_write_for(display_name="Ana Test")
    letters = [make_letter(case, state="approved", **fields) for _each in range(number)]
    return make_hand_in(*letters, state="printed", ready_at=READY_AT, printed_at=PRINTED_AT)


def url(hand_in: HandIn, name: str) -> str:
    return f"/admin/letters/handin/{hand_in.pk}/{name}/"


def record(client: Client, hand_in: HandIn, **fields):
    printed = hand_in.items.open().count()
    form = {"handed_in_on": str(DAY), "place": "Oslo", "result": "accepted", "number": printed}
    return client.post(url(hand_in, "record"), form | fields, follow=True)


def states(hand_in: HandIn) -> list[str]:
    items = hand_in.items.order_by("number")
    return list(items.values_list("letter__state", flat=True))


def later(**after) -> time_machine.travel:
    return time_machine.travel(timezone.now() + datetime.timedelta(**after), tick=False)


def tell(hours: int = 2) -> list[str]:
    """What has left once the hour is over."""
    with later(hours=hours):
        while delivery_mails.queue_batch():
            pass
    with later(hours=hours, minutes=11):
        outbox.send_due()
    return [one.body for one in mail.outbox]


def test_a_hand_in_is_on_its_way_then_handed_in(deliverer, client):
    hand_in = make_printed(letters := 6)
    letter = Letter.objects.first()

    deliverer.post(url(hand_in, "on-way"))
    on_way = text(client.get(letter.get_absolute_url()))
    answer = record(deliverer, hand_in, received_by="The porter", note="It rained.")

    hand_in.refresh_from_db()
    assert "On its way since" in on_way
    assert (hand_in.state, states(hand_in)) == ("handed-in", ["delivered"] * letters)
    assert "The porter" in text(answer)
    page = text(client.get(letter.get_absolute_url()))
    assert "<title>Handed in: your letter for" in page
    assert 'class="postmark-top">handed in</span>' in page
    assert 'class="postmark-day">3 Dec</span>' in page
    assert "It was among 6 that were handed in on 3 December 2025." in page
    assert "Printed on 1 December" in page
    assert not ledger.differences()
    noted = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert list(noted) == ["On its way.", "Handed in: accepted."]


def test_mails_of_many_writers_take_from_the_share_of_their_domain(deliverer):
    hand_in = make_printed(wants_news=True, email="sam@example.org", email_hash="x")
    record(deliverer, hand_in)
    with later(hours=2):
        delivery_mails.queue_batch()
    form = {
        "case": hand_in.case_id,
        "hand_in": hand_in.pk,
        "sender": "target",
        "received_on": "2025-12-05",
        "number": 1,
        "language": "en",
        "text": "We have read them.",
    }
    deliverer.post("/admin/letters/reply/enter/", form)
    reply = Reply.objects.get()
    words = {"act": "share", "shown_text": "They read them.", "shown_language": "en"}
    seen = {"seen": reply.changed_at.isoformat()}
    deliverer.post(f"/admin/letters/reply/{reply.pk}/act/", words | seen)
    with later(minutes=11):
        reply_mails.queue_batch()

    mails = OutgoingMail.objects.values_list("kind", "domain")
    assert set(mails) == {
        ("letter-handed-in", domain_of("sam@example.org")),
        ("reply-came", domain_of("sam@example.org")),
    }


@pytest.mark.usefixtures("still_clock")
def test_who_presses_twice_is_told_so_and_who_comes_later_that_others_were_faster(deliverer):
    hand_in = make_printed()
    other = signed_in("delivery")

    for _each in range(2):
        on_way = said(deliverer.post(url(hand_in, "on-way"), follow=True))
    record(deliverer, hand_in)
    again = said(record(deliverer, hand_in))
    late = said(record(other, hand_in))

    twice = ["You have just done that: it was pressed twice."]
    assert (on_way, again) == (twice, twice)
    assert late == ["Nothing was changed: somebody else may have been faster."]
    assert Delivery.objects.count() == 1


def test_the_case_impact_and_the_api_tell_how_many_and_when(deliverer, client):
    hand_in = make_printed(6)
    few = make_printed(2, case=hand_in.case)
    before = text(client.get(hand_in.case.get_absolute_url()))

    record(deliverer, hand_in)
    record(deliverer, few, result="refused")

    page = text(client.get(hand_in.case.get_absolute_url()))
    assert "handed in." not in before
    assert "6 letters were handed in." in page
    assert "A few letters were handed in. They were not accepted." in page
    assert '<time datetime="2025-12-03">' in page
    french = text(client.get(f"/fr{hand_in.case.get_absolute_url()}"))
    assert "6 lettres ont été remises." in french
    assert "6 letters and messages have been printed and handed in" in text(client.get("/impact/"))
    totals = client.get("/api/v1/totals/").json()["totals"]["handed_in"]
    assert totals == {"letters": 6, "signatures": 0, "last_on": "2025-12-03"}


def test_the_front_page_tells_of_hand_ins_of_its_edition_without_asking_more(
    deliverer, client, settings
):
    settings.PAGE_CACHE_SECONDS = 0
    caches["fragments"].clear()
    hand_in, few = make_printed(6), make_printed(2)
    before = text(client.get("/"))

    record(deliverer, hand_in)
    record(deliverer, few)
    page, french = text(client.get("/")), text(client.get("/fr/"))

    sentence = "6 letters and messages have been printed and handed in"
    assert sentence not in before
    assert sentence in page
    assert "6 lettres et messages" in french
    with CaptureQueriesContext(connection) as asked:
        assert sentence in text(client.get("/"))
    assert len(asked) == 1
    Case.objects.filter(pk=hand_in.case_id).update(freeze="hidden", freeze_reason="A test")
    assert sentence not in text(client.get("/"))


def test_a_number_that_differs_from_the_paper_is_asked_about(deliverer):
    hand_in = make_printed(6)

    asked = record(deliverer, hand_in, number=5)
    assert "6 were printed. Is the number right?" in text(asked)
    assert not Delivery.objects.exists()

    record(deliverer, hand_in, number=5, is_right="on")
    assert Delivery.objects.get().number == 5


@pytest.mark.parametrize("number", [7, 60_000, 10**12, "9" * 5000])
def test_no_more_are_handed_in_than_were_printed(deliverer, number):
    hand_in = make_printed(6)

    refused = record(deliverer, hand_in, number=number, is_right="on")

    words = "valid" if len(str(number)) > 1000 else "Only 6 were printed: no more can have been"
    assert words in text(refused)
    assert "Then tick the box below" not in text(refused)
    assert 'name="is_right"' not in text(refused)
    assert 'value="Oslo"' in text(refused)
    assert not Delivery.objects.exists()


def test_more_than_are_printed_now_are_not_noted_whatever_the_form_said(deliverer):
    hand_in = make_printed(2)

    with pytest.raises(Refused, match="Fewer were printed"):
        deliveries.record(
            hand_in,
            deliverer.person,
            handed_in_on=DAY,
            place="Oslo",
            received_by="",
            result="accepted",
            number=3,
            note="",
            proof="",
        )

    assert states(hand_in) == ["printed", "printed"]


def test_a_day_that_has_begun_somewhere_is_taken(deliverer):
    hand_in = make_printed(1)

    with time_machine.travel(datetime.datetime(2025, 12, 3, 12, tzinfo=datetime.UTC), tick=False):
        record(deliverer, hand_in, handed_in_on="2025-12-04")

    assert str(Delivery.objects.get().handed_in_on) == "2025-12-04"


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ("3, 5-2", "5-2 goes backwards"),
        ("3, -4", "Type numbers with commas"),
        ("3-", "Type numbers with commas"),
        ("3 4", "Type numbers with commas"),
        ("1-2-3", "Type numbers with commas"),
        (",", "Say which came back"),
    ],
)
def test_numbers_that_may_mean_something_else_are_asked_about(deliverer, numbers, words):
    hand_in = make_printed(5)
    record(deliverer, hand_in)

    asked = text(deliverer.post(url(hand_in, "returned"), {"on": str(DAY), "numbers": numbers}))

    assert words in asked
    assert f'value="{numbers}"' in asked
    assert states(hand_in) == ["delivered"] * 5


def test_no_day_before_it_was_ready_to_print_or_that_has_not_come_is_taken(deliverer):
    hand_in = make_printed(2)
    tomorrow = latest_today() + datetime.timedelta(days=1)

    early = record(deliverer, hand_in, handed_in_on="2025-11-29", place="Oslo")
    late = record(deliverer, hand_in, handed_in_on=str(tomorrow))
    assert "It was ready to print on 30 November 2025: give that day or a later one." in text(early)
    assert 'value="2025-11-29"' in text(early)
    assert 'value="Oslo"' in text(early)
    assert "This day has not come yet." in text(late)
    assert not Delivery.objects.exists()

    record(deliverer, hand_in, handed_in_on="2025-11-30")
    assert str(Delivery.objects.get().handed_in_on) == "2025-11-30"


def test_what_is_marked_printed_only_after_it_was_handed_in_tells_writers_one_day(
    deliverer, client
):
    hand_in = make_printed(2)

    record(deliverer, hand_in, handed_in_on="2025-11-30")

    page = text(client.get(Letter.objects.first().get_absolute_url()))
    assert "handed in on 30 November 2025" in page
    assert "Printed on" not in page


def test_nothing_comes_back_before_it_was_handed_in(deliverer):
    hand_in = make_printed(2)
    record(deliverer, hand_in)
    tomorrow = latest_today() + datetime.timedelta(days=1)

    early = deliverer.post(url(hand_in, "returned"), {"on": "2025-12-02", "numbers": "1"})
    late = deliverer.post(url(hand_in, "returned"), {"on": str(tomorrow), "numbers": "1"})
    assert "It was handed in on 3 December 2025: give that day or a later one." in text(early)
    assert "This day has not come yet." in text(late)
    assert states(hand_in) == ["delivered", "delivered"]

    deliverer.post(url(hand_in, "returned"), {"on": str(DAY), "numbers": "1"})
    assert states(hand_in) == ["returned", "delivered"]


def test_proof_is_made_anew_and_encrypted(deliverer):
    hand_in = make_printed(1)
    photo = io.BytesIO()
    exif = Image.Exif()
    exif[0x9286] = "taken at home"
    Image.new("RGB", (400, 300), "red").save(photo, "JPEG", exif=exif)

    proof = SimpleUploadedFile("a.jpg", photo.getvalue(), "image/jpeg")
    record(deliverer, hand_in, proof=proof)

    answer = deliverer.get(url(hand_in, "proof"))
    assert (answer["Content-Type"], answer.status_code) == ("image/jpeg", 200)
    assert b"taken at home" not in answer.content
    assert signed_in("moderator").get(url(hand_in, "proof")).status_code == 403


def test_what_was_refused_came_back_and_staff_can_close_the_way(deliverer, client):
    hand_in = make_printed(2)
    draft = make_letter(hand_in.case, state="drafting", route="")

    record(deliverer, hand_in, result="refused")
    asked = text(deliverer.get(url(hand_in, "stop-offering")))
    assert Case.objects.get().takes_deliveries
    deliverer.post(url(hand_in, "stop-offering"))

    assert "somebody who edits cases has to" in asked
    assert states(hand_in) == ["returned", "returned"]
    page = text(client.get(hand_in.items.first().letter.get_absolute_url()))
    assert "We took it there on 3 December 2025, and it was refused." in page
    case = Case.objects.get()
    assert not case.takes_deliveries
    assert case.history.first().history_user == deliverer.person
    offered = text(client.get(draft.get_absolute_url()))
    assert "Hand it to the campaign" not in offered
    assert "Post it myself" in offered


def test_some_come_back_by_their_numbers(deliverer, client):
    hand_in = make_printed(5)
    record(deliverer, hand_in)

    wrong = deliverer.post(
        url(hand_in, "returned"), {"on": "2025-12-20", "numbers": "7"}, follow=True
    )
    deliverer.post(url(hand_in, "returned"), {"on": "2025-12-20", "numbers": "1, 3-4"})

    assert "These numbers are not in this hand-in: 7" in said(wrong)
    assert states(hand_in) == ["returned", "delivered", "returned", "returned", "delivered"]
    assert Delivery.objects.get().result == "returned-in-part"
    page = text(
        client.get(Letter.objects.get(pk=hand_in.items.get(number=3).letter_id).get_absolute_url())
    )
    assert "It came back to us on 20 December 2025." in page
    assert "Some came back." in text(client.get(hand_in.case.get_absolute_url()))


def test_a_wrong_mark_is_taken_back_within_the_hour_and_nobody_hears_of_it(deliverer):
    hand_in = make_printed(2, wants_news=True, email="sam@example.org", email_hash="h")
    deliverer.post(url(hand_in, "on-way"))
    record(deliverer, hand_in)

    deliverer.post(url(hand_in, "undo"))

    hand_in.refresh_from_db()
    assert (hand_in.state, states(hand_in)) == ("on-way", ["printed", "printed"])
    assert tell() == []
    record(deliverer, hand_in)
    Delivery.objects.update(marked_at=timezone.now() - UNDO_WITHIN)
    late = deliverer.post(url(hand_in, "undo"), follow=True)
    assert said(late) == ["Nothing was changed: somebody else may have been faster."]
    assert states(hand_in) == ["delivered", "delivered"]


@pytest.mark.parametrize("freeze", ["paused", "hidden", "withdrawn"])
def test_nothing_is_marked_while_the_case_is_frozen(deliverer, freeze):
    hand_in = make_printed(1)
    Case.objects.update(freeze=freeze, freeze_reason="A test")

    on_way = deliverer.post(url(hand_in, "on-way"), follow=True)
    recorded = record(deliverer, hand_in)

    refused = ["The case is frozen: nothing of it is handed in."]
    assert (said(on_way), said(recorded)) == (refused, refused)
    hand_in.refresh_from_db()
    assert (hand_in.state, states(hand_in)) == ("printed", ["printed"])


# --- who is told


def wanting(case: Case, number: int, **fields) -> HandIn:
    letters = [
        make_letter(
            case,
            state="approved",
            wants_news=True,
            email=f"sam-{each}@example.org",
            email_hash=f"hash-{each}",
            **fields,
        )
        for each in range(number)
    ]
    return make_hand_in(*letters, state="printed", ready_at=READY_AT, printed_at=PRINTED_AT)


def test_who_asked_gets_one_mail_an_hour_later(deliverer, monkeypatch):
    monkeypatch.setattr(batches, "MAILS_A_BATCH", 2)
    case = make_case_to_write_for(display_name="Ana Test")
    hand_in = wanting(case, 5)
    Letter.objects.filter(pk=hand_in.items.get(number=5).letter_id).update(wants_news=False)

    record(deliverer, hand_in)

    assert delivery_mails.queue_batch() == 0
    bodies = tell()
    assert len(bodies) == 4
    told = "We handed over your letter for Ana Test on 3 December 2025, as one of 5."
    assert told in unwrapped(bodies[0])
    subject = "Write for Rights: news (Ana Test)"
    assert {one.subject for one in mail.outbox} == {subject}
    assert len(tell()) == 4


def test_what_came_back_is_told_too_once(deliverer):
    hand_in = wanting(make_case_to_write_for(display_name="Ana Test"), 2)
    record(deliverer, hand_in)
    tell()

    deliverer.post(url(hand_in, "returned"), {"on": str(DAY), "everything": "on"})
    bodies = tell(hours=4)[2:]

    assert len(bodies) == 2
    assert "It was not taken, or it came back to us." in unwrapped(bodies[0])


def test_who_knows_that_it_was_handed_in_is_not_told_again_when_others_came_back(deliverer):
    hand_in = wanting(make_case_to_write_for(), 2)
    record(deliverer, hand_in)
    tell()
    with later(days=limits.KEEP_MAIL_FOR.days + 1):
        erasure.erase_expired()
    assert not OutgoingMail.objects.exists()

    deliverer.post(url(hand_in, "returned"), {"on": str(DAY), "numbers": "1"})
    tell(hours=4)

    assert [one.to for one in mail.outbox[2:]] == [["sam-0@example.org"]]
    assert "It was not taken, or it came back to us." in mail.outbox[2].body


def test_no_mail_leaves_that_is_not_true_any_more(deliverer):
    case = make_case_to_write_for()
    hand_in = wanting(case, 3)
    record(deliverer, hand_in)
    with later(hours=2):
        delivery_mails.queue_batch()
    assert OutgoingMail.objects.count() == 3

    first, second, third = hand_in.items.order_by("number")
    erasure.erase_letters(Letter.objects.filter(pk=first.letter_id))
    Letter.objects.filter(pk=second.letter_id).update(wants_news=False)
    Letter.objects.filter(pk=third.letter_id).update(state="returned")

    assert tell() == []
    assert not OutgoingMail.objects.exists()


def test_what_was_handed_in_is_told_after_the_freeze_and_not_forever(deliverer):
    case = make_case_to_write_for()
    record(deliverer, wanting(case, 1))
    with later(hours=2):
        delivery_mails.queue_batch()
    Case.objects.update(freeze="paused", freeze_reason="A test")

    assert tell() == []
    with later(days=limits.KEEP_WAITING_NEWS_FOR.days - 1):
        erasure.erase_expired()
    Case.objects.update(freeze="none", freeze_reason="")
    assert len(tell(hours=3)) == 1

    OutgoingMail.objects.update(sent_at=None)
    with later(days=limits.KEEP_WAITING_NEWS_FOR.days + 1):
        erasure.erase_expired()
    assert not OutgoingMail.objects.exists()


def sams_letters(number: int) -> list[HandIn]:
    """Each for another case, in a hand-in of its own."""
    sam = {"wants_news": True, "email": "sam@example.org", "email_hash": "hash"}
    cases = [make_case_to_write_for(display_name=f"Person {each}") for each in range(number)]
    return [make_printed(1, case, **sam) for case in cases]


def test_letters_of_one_writer_in_several_hand_ins_are_told_of_in_one_mail(deliverer):
    for hand_in in sams_letters(3):
        record(deliverer, hand_in)

    [body] = tell()

    words = " ".join(body.split())
    told = [f"We handed over your letter for Person {each} on" in words for each in range(3)]
    assert told == [True, True, True]
    assert not OutgoingMail.objects.waiting().exists()


def test_who_was_thanked_today_is_thanked_for_another_letter_tomorrow(deliverer):
    first, second = sams_letters(2)
    record(deliverer, first)
    told = len(tell())

    record(deliverer, second)
    later_that_day = len(tell(hours=5))
    the_next_day = len(tell(hours=30))

    assert (told, later_that_day, the_next_day) == (1, 1, 2)


@pytest.mark.parametrize("is_claimed", [False, True])
def test_what_is_frozen_is_told_later_and_the_rest_now(deliverer, monkeypatch, is_claimed):
    frozen, other = sams_letters(2)
    for hand_in in (frozen, other):
        record(deliverer, hand_in)
    freeze = partial(Case.objects.filter(pk=frozen.case_id).update, freeze_reason="A test")
    if is_claimed:  # when the worker has just begun with both
        written = outbox.writing.written
        monkeypatch.setattr(
            outbox.writing, "written", lambda rows: freeze(freeze="paused") and written(rows)
        )
    else:
        freeze(freeze="paused")

    before = tell()[:]
    assert tell(hours=4) == before
    monkeypatch.undo()
    freeze(freeze="none")
    first, second = tell(hours=30)

    assert before == [first]
    assert ["Person 0" in first, "Person 1" in first] == [False, True]
    assert ["Person 0" in second, "Person 1" in second] == [True, False]
    assert len({one.extra_headers["Message-ID"] for one in mail.outbox}) == 2


def test_its_writer_asks_for_the_mail_and_takes_it_back(client):
    case = make_case_to_write_for()
    letter = make_letter(case, state="drafting", route="", email="sam@example.org", email_hash="h")
    page = letter.get_absolute_url()
    nobody = make_letter(case, state="drafting", route="")

    box = "Mail me a thank-you, and tell me what happens next"
    assert box in text(client.get(page))
    assert box not in text(client.get(nobody.get_absolute_url()))
    client.post(page, {"act": "deliver", "wants_news": "on"})
    client.post(nobody.get_absolute_url(), {"act": "deliver", "wants_news": "on"})

    assert [one.wants_news for one in Letter.objects.order_by("pk")] == [True, False]
    assert "You get a thank-you by mail" in text(client.get(page))
    client.post(page, {"act": "no-news"})
    assert not Letter.objects.get(pk=letter.pk).wants_news


# --- how long


def test_the_clock_starts_when_it_has_left(deliverer):
    hand_in = make_printed(1)
    Letter.objects.update(supporter_changed_at=timezone.now() - limits.KEEP_FOR)
    record(deliverer, hand_in)

    with later(days=limits.KEEP_DELIVERED_FOR.days - 1):
        erasure.erase_expired()
        assert Letter.objects.get().erased_on is None
    with later(days=limits.KEEP_DELIVERED_FOR.days + 1):
        erasure.erase_expired()
    letter = Letter.objects.get()
    assert (letter.body, letter.state) == ("", "delivered")
    assert letter.erased_on is not None


def test_signatures_that_were_handed_in_go_once_nobody_can_sign(deliverer):
    petition = make_petition()
    make_signature(petition, name="Sam Tester")
    hand_in = make_hand_in(*petition.signatures.all(), state="printed", printed_at=PRINTED_AT)
    record(deliverer, hand_in)

    with later(days=limits.KEEP_DELIVERED_FOR.days + 1):
        erasure.erase_expired()
        assert petition.signatures.get().name == "Sam Tester"
        petition.closes_on = timezone.localdate() - datetime.timedelta(days=100)
        petition.save()
        erasure.erase_expired()
    assert petition.signatures.get().name == ""


def test_today_names_what_is_to_print_and_what_lies_there(deliverer):
    make_letter(make_case_to_write_for(), state="approved")
    make_hand_in(make_letter(make_case_to_write_for(), state="approved"), state="ready")
    for days in (15, 1):
        printed_at = timezone.now() - datetime.timedelta(days=days)
        HandIn.objects.filter(pk=make_printed(1).pk).update(printed_at=printed_at)

    page = text(deliverer.get("/admin/"))

    assert "1 letter that was read, to be put in a hand-in" in page
    assert "1 hand-in is ready to print" in page
    assert "1 hand-in was printed two weeks ago and is not handed in" in page


def test_an_item_that_left_does_not_move(deliverer):
    hand_in = make_printed(2)
    item = HandInItem.objects.get(number=1)
    HandInItem.objects.filter(pk=item.pk).update(left_at=timezone.now(), left_because="erased")

    record(deliverer, hand_in)

    assert states(hand_in) == ["printed", "delivered"]
    assert datetime.timedelta(hours=1) == UNDO_WITHIN


def test_one_click_ends_what_is_told_of_letters(client, deliverer):
    hand_in = wanting(make_case_to_write_for(), 2)
    record(deliverer, hand_in)
    [body, _other] = tell()

    [stop] = re.findall(r"http://testserver(/stop/\S+)", body)
    headers = mail.outbox[0].extra_headers
    answer = client.post(stop, {"List-Unsubscribe": "One-Click"})

    assert headers["List-Unsubscribe"] == f"<http://testserver{stop}>"
    assert answer.status_code == 200
    assert sorted(Letter.objects.values_list("wants_news", flat=True)) == [False, True]
    deliverer.post(url(hand_in, "returned"), {"on": str(DAY), "everything": "on"})
    assert len(tell(hours=4)) == 3
