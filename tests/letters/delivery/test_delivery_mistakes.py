"""What staff take back, correct or hand in again, once a hand-in was printed or taken there."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client
from django.utils import timezone

from cases.models import Case
from letters.models import Delivery, HandIn, HandInPart, Letter, LetterState, Signature
from letters.privacy import erasure, limits, retention
from tests.factories import (
    make_case_to_write_for,
    make_hand_in,
    make_letter,
    make_petition,
    make_signature,
)
from tests.letters.delivery.test_deliveries import (
    DAY,
    PRINTED_AT,
    later,
    make_printed,
    record,
    states,
    tell,
    url,
    wanting,
)
from tests.letters.delivery.test_hand_ins import make
from tests.letters.mail.reading import unwrapped
from tests.staff import said, signed_in, text

NOTHING = "Nothing was changed: somebody else may have been faster."

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("counts_hold")]


@pytest.fixture
def deliverer() -> Client:
    return signed_in("delivery")


def come_back(client: Client, hand_in: HandIn, numbers: str = "", **fields):
    form = {"on": str(DAY), "numbers": numbers} | ({} if numbers else {"everything": "on"})
    return client.post(url(hand_in, "returned"), form | fields, follow=True)


def make_another(hand_in: HandIn) -> HandIn:
    """Of all that waits, with the form of the site."""
    another = make(hand_in.case, hand_in.kind, hand_in.form)
    assert another
    return another


def printed(hand_in: HandIn) -> HandIn:
    """As the page does it, once its files were fetched."""
    HandIn.objects.filter(pk=hand_in.pk).update(
        state="printed", ready_at=PRINTED_AT, printed_at=PRINTED_AT, printed_by=hand_in.made_by
    )
    Letter.objects.filter(hand_in_items__in=hand_in.items.all()).update(state="printed")
    return hand_in


def frozen(case: Case, freeze: str) -> None:
    Case.objects.filter(pk=case.pk).update(freeze=freeze, freeze_reason="A test")


# --- handed in again


def test_what_was_refused_goes_into_another_hand_in(deliverer, client):
    hand_in = make_printed(3)
    record(deliverer, hand_in, result="refused")

    answer = deliverer.post(url(hand_in, "hand-in-again"), follow=True)
    another = make_another(hand_in)

    assert said(answer) == ["3 wait for another hand-in."]
    assert states(hand_in) == states(another) == ["in-hand-in"] * 3
    assert "3: we have it back, and it waits for another hand-in" in text(answer)
    assert "were printed" not in text(answer)
    assert "take them out before" not in text(answer)
    noted = LogEntry.objects.values_list("change_message", flat=True)
    assert "To be handed in again: 3." in noted
    case_page = text(client.get(hand_in.case.get_absolute_url()))
    assert "A few letters were handed in. They were not accepted." in case_page
    assert f"(number {another.pk})" in text(client.get(Letter.objects.first().get_absolute_url()))


def test_only_what_came_back_is_handed_in_again_and_once(deliverer):
    hand_in = make_printed(3)
    record(deliverer, hand_in)
    nothing = deliverer.post(url(hand_in, "hand-in-again"), follow=True)
    come_back(deliverer, hand_in, "2")

    deliverer.post(url(hand_in, "hand-in-again"))
    twice = deliverer.post(url(hand_in, "hand-in-again"), follow=True)

    assert states(hand_in) == ["delivered", "approved", "delivered"]
    assert said(twice)[-1] == said(nothing)[0] == NOTHING


def test_what_is_handed_in_again_is_never_as_it_was(deliverer):
    hand_in = make_printed(2)
    record(deliverer, hand_in, result="refused")

    deliverer.post(url(hand_in, "hand-in-again"))
    undone = deliverer.post(url(hand_in, "undo"), follow=True)

    hand_in.refresh_from_db()
    assert (hand_in.state, states(hand_in)) == ("handed-in", ["approved", "approved"])
    assert "take it back" not in text(undone)


def test_what_was_erased_or_does_not_count_is_not_handed_in_again(deliverer):
    hand_in = make_printed(3)
    record(deliverer, hand_in, result="refused")
    first, second, _third = hand_in.items.order_by("number")
    erasure.erase_letters(Letter.objects.filter(pk=first.letter_id))
    invalidate = f"/admin/letters/letter/judge/?act=invalidate&row={second.letter_id}"
    signed_in("moderator").post(invalidate, {"reason": "Forged."})

    deliverer.post(url(hand_in, "hand-in-again"))

    assert states(hand_in) == ["returned", "returned", "approved"]


@pytest.mark.parametrize("freeze", ["paused", "hidden", "withdrawn"])
def test_nothing_is_handed_in_again_while_the_case_is_frozen(deliverer, freeze):
    hand_in = make_printed(1)
    record(deliverer, hand_in, result="refused")
    frozen(hand_in.case, freeze)

    refused = deliverer.post(url(hand_in, "hand-in-again"), follow=True)

    assert said(refused) == ["The case is frozen: nothing of it is handed in."]
    assert states(hand_in) == ["returned"]


def test_writers_are_told_of_the_other_hand_in_too(deliverer):
    hand_in = wanting(make_case_to_write_for(display_name="Ana Test"), 1)
    record(deliverer, hand_in)
    tell()
    come_back(deliverer, hand_in)
    tell(hours=4)

    deliverer.post(url(hand_in, "hand-in-again"))
    another = printed(make_another(hand_in))
    record(deliverer, another)
    tell(hours=8)
    tell(hours=40)  # three mails in one day are too many for an address

    bodies = [unwrapped(one.body) for one in mail.outbox]
    assert ["We handed over your letter" in body for body in bodies] == [True, False, True]


def test_signatures_that_were_refused_are_signed_for_again(deliverer):
    petition = make_petition()
    signature = make_signature(petition)
    hand_in = make_hand_in(signature, state="printed", ready_at=PRINTED_AT, printed_at=PRINTED_AT)
    record(deliverer, hand_in, result="refused")

    deliverer.post(url(hand_in, "hand-in-again"))
    another = make_another(hand_in)

    assert another != hand_in
    assert another.items.get().signature == signature


@pytest.mark.parametrize("is_back", ["refused", "came back"])
def test_staff_are_asked_about_what_they_have_back_before_it_goes(deliverer, is_back):
    hand_in = make_printed(1)
    petition = make_petition(hand_in.case, closes_on=timezone.localdate())
    signed = make_hand_in(
        make_signature(petition), state="printed", ready_at=PRINTED_AT, printed_at=PRINTED_AT
    )
    for one in (hand_in, signed):
        record(deliverer, one, result="refused" if is_back == "refused" else "accepted")
        if is_back == "came back":
            come_back(deliverer, one)
    long_ago = timezone.now() - limits.KEEP_FOR + datetime.timedelta(days=1)
    for model in (Letter, Signature):
        model.objects.update(supporter_changed_at=long_ago)

    with later(days=limits.KEEP_DELIVERED_FOR.days + 1):
        erasure.erase_expired()
        asked = {one.kind.value for one in retention.to_decide()}

    assert asked == {"appeal", "signature"}
    assert not Letter.objects.exclude(erased_on=None).exists()
    assert not Signature.objects.exclude(erased_on=None).exists()
    assert Letter.objects.get().state == LetterState.RETURNED
    assert Delivery.objects.count() == 2


# --- what came back is taken back


def test_wrong_numbers_are_taken_back_within_the_hour_and_nobody_hears_of_it(deliverer, client):
    hand_in = wanting(make_case_to_write_for(display_name="Ana Test"), 3)
    record(deliverer, hand_in)
    tell()
    come_back(deliverer, hand_in, "1")
    with later(minutes=10):
        come_back(deliverer, hand_in, "2-3")
    all_back = text(client.get(hand_in.case.get_absolute_url()))

    with later(minutes=20):
        page = text(deliverer.get(hand_in.get_absolute_url()))
        answer = deliverer.post(url(hand_in, "undo-returned"), follow=True)

    assert "All of them came back." in all_back
    assert "2 did not come back: take it back" in page
    assert said(answer)[-1] == "2 did not come back."
    assert states(hand_in) == ["returned", "delivered", "delivered"]
    assert Delivery.objects.get().result == "returned-in-part"
    assert "Some came back." in text(client.get(hand_in.case.get_absolute_url()))
    tell(hours=4)
    assert [one.to for one in mail.outbox[3:]] == [["sam-0@example.org"]]
    with later(hours=4):
        late = signed_in("delivery").post(url(hand_in, "undo-returned"), follow=True)
    assert said(late)[-1] == NOTHING


def test_a_number_with_a_comma_in_it_is_not_taken_for_two(deliverer):
    hand_in = make_printed(2)
    hand_in.items.filter(number=2).update(number=200)
    record(deliverer, hand_in)

    asked = come_back(deliverer, hand_in, "7, 1,200")

    sentence = "Is “1,200” one number? Then type 1200. If not, type 1, 200."
    assert asked.context["form"].errors == {"numbers": [sentence]}
    assert states(hand_in) == ["delivered", "delivered"]
    come_back(deliverer, hand_in, "1, 200")
    assert states(hand_in) == ["returned", "returned"]


@pytest.mark.parametrize("freeze", ["paused", "hidden", "withdrawn"])
def test_what_was_a_mistake_is_taken_back_while_the_case_is_frozen_too(deliverer, freeze):
    hand_in = make_printed(2)
    record(deliverer, hand_in)
    come_back(deliverer, hand_in, "1")
    frozen(hand_in.case, freeze)

    buttons = text(deliverer.get(hand_in.get_absolute_url()))
    deliverer.post(url(hand_in, "undo-returned"))
    back = states(hand_in)
    deliverer.post(url(hand_in, "undo"))

    assert "1 did not come back: take it back" in buttons
    assert "It was not handed in: take it back" in buttons
    assert back == ["delivered", "delivered"]
    assert states(hand_in) == ["printed", "printed"]
    assert Delivery.objects.get().result == ""


def test_what_is_in_another_hand_in_since_did_come_back(deliverer):
    hand_in = make_printed(1)
    record(deliverer, hand_in)
    come_back(deliverer, hand_in)

    deliverer.post(url(hand_in, "hand-in-again"))
    late = deliverer.post(url(hand_in, "undo-returned"), follow=True)

    assert said(late)[-1] == NOTHING
    assert states(hand_in) == ["approved"]
    assert Delivery.objects.get().result == "returned"


def test_all_that_came_back_is_in_no_sum_and_nothing_more_comes_back_of_what_was_refused(
    deliverer, client
):
    hand_in, refused = make_printed(6), make_printed(6)
    record(deliverer, hand_in, number=5, is_right="on")
    record(deliverer, refused, result="refused")

    come_back(deliverer, hand_in, "1-5")
    twice = come_back(deliverer, refused, "1")

    assert "All of them came back." in text(client.get(hand_in.case.get_absolute_url()))
    totals = client.get("/api/v1/totals/").json()["totals"]["handed_in"]
    assert totals == {"letters": 0, "signatures": 0, "last_on": None}
    assert said(twice)[-1] == "It was refused: we have all of it back."


# --- a mistake in what was noted


def correct(client: Client, hand_in: HandIn, **fields):
    form = client.get(url(hand_in, "correct")).context["form"]
    typed = {name: form[name].value() for name in form.fields if name not in ("proof", "is_right")}
    return client.post(url(hand_in, "correct"), typed | fields, follow=True)


def test_a_mistake_is_corrected_later_and_nobody_is_told_again(deliverer, client):
    hand_in = wanting(make_case_to_write_for(display_name="Ana Test"), 6)
    record(deliverer, hand_in, received_by="The porter")
    tell()
    right = {"number": 5, "is_right": "on", "handed_in_on": "2025-12-02", "place": "Bergen"}

    with later(days=3):
        colleague = signed_in("delivery")
        asked = correct(colleague, hand_in, number=5)
        answer = correct(colleague, hand_in, **right)
        noted = LogEntry.objects.latest("pk").change_message

    assert "6 were printed. Is the number right?" in text(asked)
    assert said(answer)[-1] == f"Hand-in {hand_in.pk} is corrected."
    days = "handed_in_on from 2025-12-03 to 2025-12-02"
    assert noted == f"Corrected: {days}, place, number from 6 to 5."
    page = text(client.get(hand_in.case.get_absolute_url()))
    assert "5 letters were handed in." in page
    assert '<time datetime="2025-12-02">' in page
    delivery = Delivery.objects.get()
    assert (delivery.place, delivery.received_by) == ("Bergen", "The porter")
    assert delivery.corrected_by == colleague.person
    assert len(tell(hours=100)) == 6


@pytest.mark.parametrize(
    ("first", "then", "before", "after"),
    [
        ("accepted", "refused", ["returned", "delivered"], ["returned", "returned"]),
        ("refused", "accepted", ["returned", "returned"], ["delivered", "delivered"]),
    ],
)
def test_letters_move_with_the_result_that_is_right(deliverer, first, then, before, after):
    hand_in = make_printed(2)
    record(deliverer, hand_in, result=first)
    if first == "accepted":
        come_back(deliverer, hand_in, "1")
    was = states(hand_in)

    correct(deliverer, hand_in, result=then)

    assert (was, states(hand_in)) == (before, after)
    assert Delivery.objects.get().result == then
    if then == "refused":
        correct(deliverer, hand_in, result="accepted")
        assert states(hand_in) == before
        assert Delivery.objects.get().result == "returned-in-part"


def test_what_somebody_corrected_meanwhile_is_not_overwritten(deliverer):
    hand_in = make_printed(2)
    record(deliverer, hand_in)
    stale = deliverer.get(url(hand_in, "correct")).context["form"].initial
    correct(deliverer, hand_in, place="Bergen")

    answer = deliverer.post(url(hand_in, "correct"), stale | {"note": "Late."}, follow=True)

    assert said(answer)[-1] == NOTHING
    assert Delivery.objects.get().place == "Bergen"


def test_no_correction_says_what_can_not_be(deliverer):
    hand_in = make_printed(6)
    record(deliverer, hand_in)
    come_back(deliverer, hand_in, "1", on="2025-12-05")

    more = correct(deliverer, hand_in, number=7, is_right="on")
    late = correct(deliverer, hand_in, handed_in_on="2025-12-06")
    early = correct(deliverer, hand_in, handed_in_on="2025-11-29")
    same = correct(deliverer, hand_in)
    deliverer.post(url(hand_in, "hand-in-again"))
    gone = correct(deliverer, hand_in, result="refused")
    frozen(hand_in.case, "paused")
    stopped = correct(deliverer, hand_in, place="Bergen")

    assert "Only 6 were printed" in text(more)
    assert "Some came back on 5 December 2025: give that day or an earlier one." in text(late)
    assert "It was ready to print on 30 November 2025" in text(early)
    assert said(same)[-1] == NOTHING
    assert said(gone)[-1] == "Some of it is handed in again: the result stays as it is."
    assert said(stopped)[-1] == "The case is frozen: nothing of it is handed in."
    delivery = Delivery.objects.get()
    assert (delivery.number, str(delivery.handed_in_on), delivery.place) == (6, str(DAY), "Oslo")


def test_what_is_not_handed_in_has_nothing_to_correct(deliverer):
    assert deliverer.get(url(make_printed(1), "correct")).status_code == 404


# --- printed, or on its way, by mistake


def test_what_is_not_printed_is_cancelled_or_changed_as_before(deliverer, client):
    hand_in = make_printed(3)
    first, second, third = hand_in.items.order_by("number")
    erasure.erase_letters(Letter.objects.filter(pk=first.letter_id))
    invalidate = f"/admin/letters/letter/judge/?act=invalidate&row={second.letter_id}"
    signed_in("moderator").post(invalidate, {"reason": "Forged."})

    page = deliverer.get(hand_in.get_absolute_url())
    answer = deliverer.post(url(hand_in, "undo-printed"), follow=True)

    assert "It is not printed: take it back" in text(page)
    assert page.context["to_take_out"] == [1, 2]
    assert said(answer) == [f"Hand-in {hand_in.pk} is not printed: it is as it was before."]
    assert states(hand_in) == ["approved", "approved", "in-hand-in"]
    why = hand_in.items.order_by("number").values_list("left_because", flat=True)
    assert list(why) == ["erased", "invalid", ""]
    hand_in.refresh_from_db()
    assert (hand_in.state, hand_in.printed_at) == ("ready", None)
    client.post(third.letter.get_absolute_url(), {"act": "withdraw"})
    assert Letter.objects.get(pk=third.letter_id).state == "withdrawn"
    deliverer.post(url(hand_in, "cancel"))
    hand_in.refresh_from_db()
    assert hand_in.state == "cancelled"


def test_a_signature_that_is_erased_is_taken_off_the_paper_until_that_is_there(deliverer):
    petition = make_petition()
    signatures = [make_signature(petition) for _ in range(2)]
    hand_in = make_hand_in(*signatures, state="printed", ready_at=PRINTED_AT)
    erasure.erase_signatures(Signature.objects.filter(pk=signatures[1].pk))

    deliverer.post(url(hand_in, "on-way"))
    on_way = deliverer.get(hand_in.get_absolute_url())
    record(deliverer, hand_in)

    assert on_way.context["to_take_out"] == [2]
    assert "take them out before you hand them in" in text(on_way)
    assert not deliverer.get(hand_in.get_absolute_url()).context["to_take_out"]


def test_what_is_on_its_way_comes_home_before_it_is_not_printed(deliverer):
    hand_in = make_printed(1)
    deliverer.post(url(hand_in, "on-way"))

    too_early = deliverer.post(url(hand_in, "undo-printed"), follow=True)
    home = deliverer.post(url(hand_in, "undo-on-way"), follow=True)
    deliverer.post(url(hand_in, "undo-printed"))

    assert "nothing was changed" in said(too_early)[-1]
    assert said(home)[-1] == f"Hand-in {hand_in.pk} is not on its way."
    hand_in.refresh_from_db()
    assert (hand_in.state, states(hand_in)) == ("ready", ["in-hand-in"])


def test_nothing_is_printed_of_a_hand_in_that_all_have_left(deliverer, client):
    letter = make_letter(make_case_to_write_for(), state="approved")
    hand_in = make_hand_in(letter, state="ready")
    HandInPart.objects.update(fetched_at=timezone.now())
    client.post(letter.get_absolute_url(), {"act": "withdraw"})

    page = text(deliverer.get(hand_in.get_absolute_url()))
    HandInPart.objects.update(made_at=timezone.now(), fetched_at=timezone.now())
    answer = deliverer.post(url(hand_in, "printed"), follow=True)

    assert "All of it is printed" not in page
    words = "All of it has left this hand-in: there is nothing to print."
    assert said(answer)[-1] == words
    hand_in.refresh_from_db()
    assert hand_in.state == "ready"


def test_the_form_sent_again_after_its_hand_in_was_cancelled_makes_another(deliverer):
    letter = make_letter(make_case_to_write_for(), state="approved")
    add = f"/admin/letters/handin/add/?case={letter.case_id}&kind=appeal&form="
    form = deliverer.get(add).context["form"]
    sent = {"paper": "a4", "make": "", "token": form["token"].value()}
    deliverer.post(add, sent)
    deliverer.post(url(HandIn.objects.get(), "cancel"))

    answer = deliverer.post(add, sent, follow=True)

    assert "is made." in said(answer)[-1]
    assert [one.state for one in HandIn.objects.order_by("pk")] == ["cancelled", "making"]


def test_the_form_says_of_signatures_that_nobody_gets_a_mail(deliverer):
    signed = make_hand_in(
        make_signature(make_petition()), state="printed", printed_at=PRINTED_AT, ready_at=PRINTED_AT
    )

    of_signatures = text(deliverer.get(url(signed, "record")))
    of_letters = text(deliverer.get(url(make_printed(1), "record")))

    assert "Nobody gets a mail." in of_signatures
    assert "get a mail. Until then" not in of_signatures
    assert "In an hour those who asked for it get a mail." in of_letters
