import datetime
import itertools

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from letters.models import Letter
from letters.privacy import antispam
from tests.factories import make_case_to_write_for
from tests.letters.sending import (
    act,
    everyone,
    letter_form,
    send_letter,
    send_pledge,
    token,
    token_in,
)

pytestmark = pytest.mark.usefixtures("counts_hold", "still_clock")

SECOND = datetime.timedelta(seconds=1)


@pytest.mark.parametrize(
    ("trap", "needs_review"),
    [
        ({}, False),
        ({"website": "https://spam.example"}, True),
        ({"token": "fast"}, True),
    ],
)
def test_what_a_robot_sends_is_kept_for_a_look_with_the_same_answer(client, trap, needs_review):
    case = make_case_to_write_for()
    if trap.get("token") == "fast":
        trap = {"token": token(shown=SECOND)}

    response = send_letter(client, case, **trap)

    letter = Letter.objects.get()
    assert (response.status_code, response.url) == (302, f"{letter.get_absolute_url()}#now")
    assert letter.needs_review is needs_review
    act(client, letter, "deliver")
    assert everyone(case) == (0 if needs_review else 1)
    assert list(Letter.objects.awaiting_moderation()) == [letter]


def test_a_robots_promise_gets_the_same_answer(client):
    response = send_pledge(client, make_case_to_write_for(), website="https://spam.example")

    assert response.status_code == 302
    assert client.get(response.url).status_code == 200


def test_a_page_that_was_fetched_can_be_sent(client):
    case = make_case_to_write_for()
    url = reverse("letters:letter-write", args=[case.slug])
    page = client.get(url)

    with time_machine.travel(timezone.now() + 5 * SECOND):
        response = client.post(url, letter_form(token=token_in(page)))

    assert response.status_code == 302
    assert Letter.objects.get().needs_review is False


def test_every_showing_of_a_form_has_its_own_token(client):
    url = reverse("letters:letter-write", args=[make_case_to_write_for().slug])

    assert token_in(client.get(url)) != token_in(client.get(url))


def test_after_an_error_the_form_is_as_old_as_it_was(client):
    case, first = make_case_to_write_for(), token()

    response = send_letter(client, case, token=first, body="Too short.")

    assert token_in(response) == first


def test_the_trap_is_out_of_reach_for_who_uses_keys_or_a_screen_reader(client):
    page = client.get(reverse("letters:letter-write", args=[make_case_to_write_for().slug]))

    html = page.content.decode()
    assert 'name="website"' in html
    assert 'tabindex="-1"' in html
    assert '<div class="trap" aria-hidden="true">' in html


def test_the_private_key_does_not_follow_from_the_page(settings):
    nonce = antispam.new_token().split(":")[0]

    key = antispam.key_of(nonce, "pledge")

    assert len(key) == 22
    assert key != antispam.key_of(nonce, "letter for test-person")
    settings.SECRET_KEY = "another secret" * 5
    assert key != antispam.key_of(nonce, "pledge")


@pytest.mark.parametrize(
    ("age", "is_kept"),
    [(2 * SECOND, "flagged"), (4 * SECOND, "kept"), (25 * 3600 * SECOND, "asked")],
)
def test_a_form_is_sent_neither_too_fast_nor_too_late(client, age, is_kept):
    case = make_case_to_write_for()

    send_letter(client, case, token=token(shown=age))

    letter = Letter.objects.first()
    assert ("asked" if letter is None else "flagged" if letter.needs_review else "kept") == is_kept


def test_a_page_that_was_open_too_long_is_sent_again_at_once(client):
    case = make_case_to_write_for()
    asked = send_letter(client, case, token=token(shown=25 * 3600 * SECOND))

    send_letter(client, case, token=token_in(asked))

    assert Letter.objects.get().needs_review is False


def test_the_same_form_finds_thirty_things_again_and_then_none():
    first, second = [
        list(itertools.islice(antispam.keys_of("the key of a form"), 32)) for _again in range(2)
    ]

    assert first[:30] == second[:30]
    assert len({*first, *second}) == 34


def test_a_form_with_a_made_up_token_is_asked_for_again_and_is_as_new_as_any(client):
    case = make_case_to_write_for()
    asked = send_letter(client, case, token="made:up")
    assert not Letter.objects.exists()

    send_letter(client, case, token=token_in(asked))

    assert Letter.objects.get().needs_review is True
