"""What staff take back, correct or hand in again, once a hand-in was printed or taken there."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client
from django.utils import timezone

from letters.models import Delivery, HandIn, Letter, LetterState, Signature
from letters.privacy import erasure, limits, retention
from tests.factories import (
    make_case_to_write_for,
    make_hand_in,
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
    assert f"hand-in {another.pk}" in text(client.get(Letter.objects.first().get_absolute_url()))


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
    case = hand_in.case
    case.freeze, case.freeze_reason = freeze, "A test"
    case.save()

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
