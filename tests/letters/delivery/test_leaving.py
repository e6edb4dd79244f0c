"""What its writer takes back, or staff take out, leaves a hand-in that is not printed at once."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from letters.actions import signatures
from letters.models import HandInItem, HandInPart, HandInState, Letter
from letters.privacy import erasure
from tests.factories import (
    make_case_to_write_for,
    make_hand_in,
    make_letter,
    make_message,
    make_signature,
)
from tests.letters.sending import act, letter_form
from tests.staff import signed_in

pytestmark = pytest.mark.usefixtures("counts_hold")


def in_hand_in(**fields) -> tuple[Letter, Letter]:
    """Two letters of one hand-in; the second stays in it, whatever happens to the first."""
    case = make_case_to_write_for()
    letters = make_letter(case, state="approved"), make_letter(case, state="approved")
    make_hand_in(*letters, parts=2, **fields)
    return letters


def left(row) -> list[str]:
    """Why each item of its hand-in left; empty for one that is in it."""
    items = HandInItem.objects.filter(hand_in=row.hand_in_items.get().hand_in_id)
    return [item.left_because for item in items.order_by("number")]


def parts_to_make() -> list[int]:
    return [part.index for part in HandInPart.objects.filter(made_at=None)]


def withdraw(client, letter):
    act(client, letter, "withdraw")


def change(client, letter):
    client.post(reverse("letters:letter-edit", args=[letter.key]), letter_form())


def erase(client, letter):
    client.post(reverse("letters:letter-erase", args=[letter.key]))


def reject(client, letter):
    moderator = signed_in("moderator")
    sent = {"act": "reject", "code": "insult", "seen": letter.changed_at.isoformat()}
    moderator.post(reverse("admin:letters_letter_desk_act", args=[letter.pk]), sent)


def invalidate(client, letter):
    url = f"{reverse('admin:letters_letter_judge')}?act=invalidate&row={letter.pk}"
    signed_in("moderator").post(url, {"reason": "All in one second."})


def ask(client, letter):
    url = reverse("admin:letters_letter_desk_act", args=[letter.pk])
    seen = letter.changed_at.isoformat()
    asked = {"act": "ask", "sentence": "own", "wanted": "Please shorten it.", "seen": seen}
    signed_in("moderator").post(url, asked)


@pytest.mark.parametrize(
    ("do", "because", "state"),
    [
        (withdraw, "withdrawn", "withdrawn"),
        (change, "changed", "submitted"),
        (erase, "erased", "approved"),
        (reject, "rejected", "rejected"),
        (invalidate, "invalid", "approved"),
        (ask, "asked", "asked"),
    ],
)
def test_a_letter_leaves_its_hand_in_and_its_part_is_made_anew(client, do, because, state):
    letter, other = in_hand_in()

    do(client, letter)

    assert left(letter) == [because, ""]
    assert parts_to_make() == [1]
    letter.refresh_from_db()
    other.refresh_from_db()
    assert (letter.state, other.state) == (state, "in-hand-in")


@pytest.mark.parametrize("do", [withdraw, change, reject])
def test_a_printed_letter_stays_as_it_is(client, do):
    letter, _other = in_hand_in(state=HandInState.PRINTED)

    do(client, letter)

    assert left(letter) == ["", ""]
    letter.refresh_from_db()
    assert letter.state == "printed"
    assert letter.body.endswith("Please do not build on them.")


def test_words_of_a_printed_letter_can_be_erased_and_its_number_on_the_paper_stays(client):
    letter, _other = in_hand_in(state=HandInState.PRINTED)

    erase(client, letter)

    letter.refresh_from_db()
    assert (letter.state, letter.body, letter.counts) == ("printed", "", True)
    assert left(letter) == ["", ""]


def test_a_part_that_was_fetched_is_not_made_anew(client):
    letter, _other = in_hand_in()
    HandInPart.objects.update(fetched_at=letter.created_at)

    withdraw(client, letter)

    assert parts_to_make() == []
    assert left(letter) == ["withdrawn", ""]


@pytest.mark.parametrize("state", ["ready", "printed", "handed-in"])
@pytest.mark.parametrize("before", [lambda *_: None, withdraw], ids=["in it", "left it"])
def test_a_file_with_erased_words_is_fetched_no_more(client, state, before):
    letter, _other = in_hand_in(state=state)
    fetched_at = timezone.now()
    HandInPart.objects.update(fetched_at=fetched_at, first_fetched_at=fetched_at)
    before(client, letter)

    erase(client, letter)

    parts = HandInPart.objects.order_by("index")
    assert [part.is_made for part in parts] == [False, True]
    assert {part.fetched_at for part in parts} == {fetched_at}


def test_a_letter_that_left_can_be_handed_in_again(client):
    letter, _other = in_hand_in()
    change(client, letter)
    letter.refresh_from_db()

    make_hand_in(letter)

    assert HandInItem.objects.filter(letter=letter).count() == 2


def test_a_letter_is_in_one_hand_in_at_most():
    letter, _other = in_hand_in()

    with pytest.raises(IntegrityError), transaction.atomic():
        make_hand_in(letter)


@pytest.mark.parametrize("make", ["withdraw", "invalidate"])
def test_a_signature_leaves_its_hand_in(make):
    signature = make_signature()
    make_hand_in(signature, make_signature(signature.petition))

    getattr(signatures, make)(signature)

    assert left(signature) == [{"withdraw": "withdrawn", "invalidate": "invalid"}[make], ""]
    assert parts_to_make() == [1]


def test_a_signature_whose_name_is_erased_leaves_its_hand_in():
    signature = make_signature()
    make_hand_in(signature, make_signature(signature.petition))

    erasure.erase_signatures(signature.petition.signatures.filter(pk=signature.pk))

    assert left(signature) == ["erased", ""]


@pytest.mark.parametrize("make", [make_letter, make_message])
@pytest.mark.parametrize(
    ("state", "title"),
    [
        ("in-hand-in", "Soon to be printed:"),
        ("printed", "Printed:"),
        ("delivered", "Handed"),
        ("returned", "Came back:"),
    ],
)
def test_its_page_says_where_a_letter_is(client, make, state, title):
    letter = make(state=state)

    shown = client.get(letter.get_absolute_url()).content.decode()

    assert f"<title>{title}" in shown
    assert ('value="withdraw"' in shown) == (state == "in-hand-in")
