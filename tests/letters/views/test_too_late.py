"""What somebody typed stands on the answer when it can't be saved any more: it is nowhere else."""

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from cases.models import Case, SolidarityAction
from letters.actions import erasure, letters
from letters.models import Letter, Reply
from tests.factories import (
    make_case_to_write_for,
    make_letter,
    make_message,
    make_solidarity_action,
)
from tests.letters.at_once import begun_before_the_other_ends
from tests.letters.sending import a_picture, letter_form, message_form, token
from tests.staff import text

pytestmark = pytest.mark.usefixtures("counts_hold")

TYPED = "These words took me an hour: leave the pastures to the herds."
STOPPED = "Please do not send or share it in another way."


def made_case() -> Case:
    return make_solidarity_action(make_case_to_write_for()).case


def freeze(case: Case, how: str) -> None:
    Case.objects.filter(pk=case.pk).update(freeze=how, freeze_reason="A test says so.")


def typed(letter: Letter, **fields) -> dict:
    return (message_form if letter.is_message else letter_form)(body=TYPED, **fields)


@pytest.mark.parametrize("how", ["hidden", "withdrawn"])
@pytest.mark.parametrize("page", ["write", "solidarity"])
@pytest.mark.parametrize("button", [{}, {"step": "2"}, {"check": ""}])
def test_words_for_a_case_that_was_frozen_meanwhile_are_shown_and_nothing_of_it(
    client, page, how, button
):
    case = made_case()
    freeze(case, how)

    form = letter_form(subject="The pastures") if page == "write" else message_form()
    answer = client.post(f"/cases/{case.slug}/{page}/", form | {"body": TYPED} | button)

    shown = answer.content.decode()
    assert answer.status_code == 409
    assert STOPPED in text(answer)
    assert TYPED in shown
    assert page == "solidarity" or "The pastures" in shown
    assert case.display_name not in shown
    assert case.slug not in shown.replace(f"/cases/{case.slug}/{page}/", "")
    assert answer["Cache-Control"] == "no-store, private"
    assert not Letter.objects.exists()


def test_words_of_a_message_that_nobody_takes_any_more_are_shown(client):
    case = made_case()
    SolidarityAction.objects.all().delete()

    answer = client.post(f"/cases/{case.slug}/solidarity/", message_form(body=TYPED))

    assert (answer.status_code, TYPED in text(answer)) == (409, True)


def leaves(letter: Letter) -> None:
    letters.act(letter, "posted")


def is_printed(letter: Letter) -> None:
    Letter.objects.filter(pk=letter.pk).update(state="printed")


def is_found_invalid(letter: Letter) -> None:
    Letter.objects.filter(pk=letter.pk).update(invalid_on=timezone.localdate())


def is_hidden(letter: Letter) -> None:
    freeze(letter.case, "hidden")


HAPPENS = [
    ("ready", leaves),
    ("ready", is_found_invalid),
    ("approved", is_printed),
    ("approved", is_hidden),
    ("drafting", erasure.erase_one),
]
ROUTES = {"ready": "post", "approved": "deliver", "drafting": ""}


@pytest.mark.parametrize(("state", "happens"), HAPPENS)
@pytest.mark.parametrize("make", [make_letter, make_message])
@pytest.mark.parametrize("button", [{}, {"step": "2"}])
def test_changes_to_what_can_not_be_changed_any_more_are_shown(
    client, make, state, happens, button
):
    letter = make(made_case(), state=state, route=ROUTES[state])
    url = f"{letter.get_absolute_url()}edit/"
    form = typed(letter) | button
    assert client.get(url).status_code == 200
    happens(letter)

    answer = client.post(url, form)

    shown = text(answer)
    assert answer.status_code == 409
    assert TYPED in shown
    assert (STOPPED in shown) is (happens is is_hidden)
    assert letter.case.display_name not in shown
    assert not [one for one in Letter.objects.all() if one.body == TYPED]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no rows")
def test_changes_that_are_sent_in_the_moment_in_which_it_leaves_are_shown():
    letter = make_letter(made_case(), state="ready", route="post")
    url = f"{letter.get_absolute_url()}edit/"

    has_left, answer = begun_before_the_other_ends(
        lambda: letters.act(letter, "posted"), lambda: Client().post(url, typed(letter))
    )

    assert has_left
    assert (answer.status_code, TYPED in text(answer)) == (409, True)


def has_not_left(letter: Letter) -> None:
    letters.act(letter, "undo")


@pytest.mark.parametrize("happens", [is_hidden, has_not_left, erasure.erase_one])
def test_words_of_an_answer_that_can_not_be_taken_any_more_are_shown(client, happens):
    letter = make_letter(made_case(), state="posted", route="post")
    url = f"{letter.get_absolute_url()}reply/"
    today = timezone.localdate().isoformat()
    assert client.get(url).status_code == 200
    happens(letter)

    form = {"token": token(), "received_on": today, "text": TYPED, "picture": a_picture()}
    answer = client.post(url, form)

    assert answer.status_code == 409
    assert TYPED in text(answer)
    assert (STOPPED in text(answer)) is (happens is is_hidden)
    assert not Reply.objects.exists()
