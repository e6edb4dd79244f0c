"""Making a hand-in: what is in it, and what never is."""

import datetime
import re

import pytest
from django.urls import reverse

from letters.models import HandIn, HandInItem, HandInPart, Letter
from tests.factories import (
    make_case_to_write_for,
    make_hand_in,
    make_letter,
    make_message,
    make_petition,
    make_signature,
    make_solidarity_action,
    make_target,
)
from tests.staff import said, signed_in, text

pytestmark = pytest.mark.usefixtures("counts_hold")

ADD = "/admin/letters/handin/add/"


def ask(client, case, kind="appeal", form="", *, press="make", **fields):
    query = f"?case={case.pk}&kind={kind}&form={form}"
    return client.post(ADD + query, {"paper": "a4", press: "", **fields}, follow=True)


def make(case, kind="appeal", form="", **fields) -> HandIn | None:
    ask(signed_in("delivery"), case, kind, form, **fields)
    return HandIn.objects.first()


def keys(hand_in: HandIn) -> list[int]:
    """Of its letters or signatures, by their numbers in it."""
    items = HandInItem.objects.open().filter(hand_in=hand_in).order_by("number")
    return [item.signature_id or item.letter_id for item in items]


def test_letters_are_numbered_in_the_order_in_which_they_came():
    case = make_case_to_write_for()
    letters = [make_letter(case, state="approved") for _ in range(3)]

    hand_in = make(case)

    assert keys(hand_in) == [letter.pk for letter in letters]
    assert list(hand_in.items.values_list("number", flat=True)) == [1, 2, 3]
    assert set(Letter.objects.values_list("state", flat=True)) == {"in-hand-in"}
    assert hand_in.target == case.targets.get()


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "submitted"},
        {"state": "rejected", "rejection_reason": "It names the charges."},
        {"state": "withdrawn"},
        {"state": "posted", "route": "post"},
        {"state": "delivered"},
        {"state": "approved", "counted_on": None, "invalid_on": datetime.date(2026, 11, 1)},
        {"state": "approved", "erased_on": datetime.date(2026, 11, 1)},
        {"state": "approved", "needs_review": True},
        {"state": "approved", "is_sample": True},
    ],
    ids=lambda fields: "-".join(map(str, fields)),
)
def test_what_is_not_approved_or_nobodys_is_never_in_one(fields):
    case = make_case_to_write_for()
    good = make_letter(case, state="approved")
    make_letter(case, **fields)

    assert keys(make(case)) == [good.pk]


def test_letters_are_chosen_by_language_day_and_number():
    case = make_case_to_write_for()
    day = datetime.date(2026, 11, 5)
    make_letter(case, state="approved", counted_on=day - datetime.timedelta(days=1))
    make_letter(case, state="approved", counted_on=day, language="ar")
    first = make_letter(case, state="approved", counted_on=day)
    make_letter(case, state="approved", counted_on=day)

    hand_in = make(case, languages=["en"], since="2026-11-05", until="2026-11-05", limit="1")

    assert keys(hand_in) == [first.pk]


def test_letters_to_another_official_are_in_another_hand_in():
    case = make_case_to_write_for()
    other = make_target(case)
    letter = make_letter(case, state="approved", target=other)
    make_letter(case, state="approved", target=case.targets.first())

    before = signed_in("delivery").get(f"{ADD}?case={case.pk}&kind=appeal&form=")
    hand_in = make(case, target=other.pk)

    assert before.context["number"] == 1  # to the official who is chosen there
    assert keys(hand_in) == [letter.pk]


def test_letters_that_name_no_official_are_in_a_hand_in_of_their_own():
    case = make_solidarity_action().case
    first = make_target(case)
    letter = make_letter(case, state="approved", target=None)
    make_letter(case, state="approved", target=first)

    shown = text(ask(signed_in("delivery"), case, press="count", target=first.pk))
    hand_in = make(case, target="")

    assert "nobody by name" in shown
    assert (hand_in.target, keys(hand_in)) == (None, [letter.pk])
    assert "nobody by name" not in text(ask(signed_in("delivery"), case, press="count"))


def test_cards_and_letters_to_the_person_are_printed_apart():
    case = make_solidarity_action().case
    card = make_message(case, state="approved", form="card")
    make_message(case, state="approved", form="letter")

    assert keys(make(case, "solidarity", "card")) == [card.pk]


def test_signatures_are_those_that_count():
    petition = make_petition()
    good = [make_signature(petition) for _ in range(2)]
    make_signature(petition, state="unconfirmed")
    make_signature(petition, needs_review=True)
    make_signature(petition, is_sample=True)
    make_signature(petition, erased_on=datetime.date(2026, 11, 1))
    make_signature()

    assert keys(make(petition.case, "signature")) == [signature.pk for signature in good]


def test_signatures_are_in_one_hand_in_at_most():
    petition = make_petition()
    make_signature(petition)
    make(petition.case, "signature")
    later = make_signature(petition)

    assert keys(make(petition.case, "signature", limit="1")) == [later.pk]


def test_the_same_form_twice_makes_one_hand_in():
    case = make_case_to_write_for()
    for _ in range(5):
        make_letter(case, state="approved")
    client = signed_in("delivery")
    page = text(client.get(f"{ADD}?case={case.pk}&kind=appeal&form="))
    token = re.search('name="token" value="(.+?)"', page)[1]

    counted = ask(client, case, press="count", limit="2", token=token)
    first = ask(client, case, limit="2", token=token)
    again = ask(client, case, limit="2", token=token)
    hand_in = HandIn.objects.get()
    other = ask(client, case, limit="1", token=token)
    new_page = ask(client, case, limit="1")

    assert token in text(counted)
    assert first.redirect_chain == again.redirect_chain == [(hand_in.get_absolute_url(), 302)]
    assert said(again) == [f"Hand-in {hand_in.pk} was made with this form already."]
    assert text(again).count("Made.") == 1
    assert [len(said(one)) for one in (other, new_page)] == [1, 1]
    assert [one.items.count() for one in HandIn.objects.order_by("pk")] == [2, 1, 1]


def test_what_is_in_a_hand_in_is_not_there_for_another():
    case = make_case_to_write_for()
    make_hand_in(make_letter(case, state="approved"))

    response = ask(signed_in("delivery"), case)

    assert HandIn.objects.count() == 1
    assert said(response) == ["There is nothing to hand in: somebody else may have been faster."]


@pytest.mark.parametrize("freeze", ["paused", "hidden", "withdrawn"])
def test_nothing_is_made_of_a_frozen_case(freeze):
    case = make_case_to_write_for(freeze=freeze, freeze_reason="A threat.")
    make_letter(case, state="approved")

    response = ask(signed_in("delivery"), case)

    assert not HandIn.objects.exists()
    assert "The case is frozen: nothing of it is handed in." in said(response)
    assert case.display_name not in text(signed_in("delivery").get(ADD))


def test_how_many_would_be_in_it_is_said_before_it_is_made():
    case = make_case_to_write_for()
    for language in ["en", "en", "ar"]:
        make_letter(case, state="approved", language=language)

    response = ask(signed_in("delivery"), case, press="count", languages=["en"])

    assert "2 would be in this hand-in." in text(response)
    assert not HandIn.objects.exists()


def test_what_waits_longest_stands_first():
    newer, older = make_case_to_write_for(), make_case_to_write_for()
    make_letter(newer, state="approved", counted_on=datetime.date(2026, 11, 2))
    make_letter(older, state="approved", counted_on=datetime.date(2026, 11, 1))
    make_signature(make_petition(newer))

    shown = text(signed_in("delivery").get(ADD))

    assert shown.index(older.display_name) < shown.index(newer.display_name)
    assert f"?case={newer.pk}&amp;kind=signature&amp;form=" in shown


def test_a_hand_in_has_a_cover_and_a_part_for_each_500(monkeypatch):
    monkeypatch.setattr("letters.delivery.hand_ins.ITEMS_A_PART", 2)
    case = make_case_to_write_for()
    for _ in range(5):
        make_letter(case, state="approved")

    make(case)

    spans = HandInPart.objects.values_list("index", "first", "last")
    assert list(spans) == [(0, 1, 5), (1, 1, 2), (2, 3, 4), (3, 5, 5)]


def test_a_cancelled_hand_in_gives_back_what_was_in_it():
    case = make_case_to_write_for()
    letter = make_letter(case, state="approved")
    hand_in = make(case)

    client = signed_in("delivery")
    client.post(reverse("admin:letters_handin_cancel", args=[hand_in.pk]))

    hand_in.refresh_from_db()
    letter.refresh_from_db()
    assert (hand_in.state, hand_in.cancelled_by) == ("cancelled", client.person)
    assert letter.state == "approved"
    assert keys(make(case)) == [letter.pk]


def test_a_printed_hand_in_is_not_cancelled():
    hand_in = make_hand_in(make_letter(state="approved"), state="printed")

    url = reverse("admin:letters_handin_cancel", args=[hand_in.pk])
    response = signed_in("delivery").post(url, follow=True)

    assert said(response) == [f"Hand-in {hand_in.pk} is printed: nothing was changed."]
    assert keys(hand_in) == [Letter.objects.get().pk]


def test_its_page_tells_what_is_no_longer_in_it(client):
    letter = make_letter(make_case_to_write_for(), state="approved")
    hand_in = make_hand_in(letter, make_letter(letter.case, state="approved"))
    client.post(reverse("letters:letter-erase", args=[letter.key]))

    shown = text(signed_in("delivery").get(hand_in.get_absolute_url()))

    assert f"{letter.case}, letters: 1" in shown
    assert "1: erased" in shown


def test_the_page_of_a_letter_says_in_which_hand_in_it_is():
    letter = make_letter(make_case_to_write_for(), state="approved")
    hand_in = make_hand_in(make_letter(letter.case, state="approved"), letter)

    shown = text(signed_in("moderator").get(f"/admin/letters/letter/{letter.pk}/change/"))

    assert f"In hand-in {hand_in.pk}, number 2" in shown


def test_the_list_is_asked_with_the_same_number_of_queries(django_assert_max_num_queries):
    client = signed_in("delivery")
    for _ in range(3):
        make_hand_in(make_letter(state="approved"), make_letter(state="approved"))

    with django_assert_max_num_queries(12):
        shown = text(client.get("/admin/letters/handin/"))

    assert "Hand-in" in shown
