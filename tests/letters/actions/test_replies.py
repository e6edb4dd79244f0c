"""An answer that came to a letter: its writer tells us of it, on the letter's private page."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, Freeze
from letters.models import Letter, Reply, ReplyState
from letters.privacy import erasure, limits
from tests.factories import (
    make_hand_in,
    make_letter,
    make_message,
    make_reply,
    make_solidarity_action,
)
from tests.letters import stored
from tests.letters.sending import a_picture, token

pytestmark = pytest.mark.django_db

SAID = "The ministry has taken note of your letter."


def page_of(client, letter: Letter) -> str:
    return client.get(letter.get_absolute_url()).content.decode()


def tell(client, letter: Letter, **fields):
    today = timezone.localdate().isoformat()
    form = {"token": token(), "received_on": today, "text": SAID} | fields
    return client.post(reverse("letters:letter-reply", args=[letter.key]), form)


def test_who_posted_a_letter_can_tell_of_the_answer(client):
    letter = make_letter(state="posted", route="post")
    url = reverse("letters:letter-reply", args=[letter.key])
    assert url in page_of(client, letter)

    response = tell(client, letter, picture=a_picture())

    assert response.status_code == 302
    reply = Reply.objects.get()
    assert (reply.text, reply.case, reply.state) == (SAID, letter.case, ReplyState.UNREAD)
    assert reply.picture
    assert "that you told us about" in page_of(client, letter)
    assert SAID not in page_of(client, letter)


def test_the_same_answer_sent_twice_is_one(client):
    letter = make_letter(state="posted", route="post")

    tell(client, letter)
    tell(client, letter)

    assert Reply.objects.count() == 1


@pytest.mark.parametrize("state", ["drafting", "ready", "submitted", "withdrawn", "rejected"])
def test_nothing_comes_back_to_what_has_not_left(client, state):
    reason = {"rejection_reason": "It is not a letter."} if state == "rejected" else {}
    letter = make_letter(state=state, **reason)

    response = tell(client, letter)

    assert response.status_code == 409
    assert not Reply.objects.exists()
    assert "/reply/" not in page_of(client, letter)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("text", "", "Write what it says, or add a photo of it."),
        ("received_on", "2999-01-01", "This day has not come yet."),
        ("received_on", "yesterday", "This is not a date."),
        ("received_on", "", "Give the day."),
        ("text", "x" * 6_001, "at most 6000"),
    ],
)
def test_what_can_not_be_taken_is_said_beside_its_field(client, field, typed, said):
    letter = make_letter(state="posted", route="post")

    response = tell(client, letter, **{field: typed})

    assert response.status_code == 200
    assert said in str(response.context["form"].errors[field])
    assert not Reply.objects.exists()


def test_after_five_answers_no_more_are_taken_of_one_letter(client):
    letter = make_letter(state="posted", route="post")
    for number in range(5):
        tell(client, letter, text=f"Answer {number}")

    response = tell(client, letter, text="One more")

    assert (response.status_code, "One more" in response.content.decode()) == (409, True)
    assert Reply.objects.count() == 5


@pytest.mark.parametrize("freeze", [Freeze.NONE, Freeze.HIDDEN])
def test_its_writer_takes_back_what_they_told(client, freeze):
    letter, other = make_letter(state="posted"), make_letter(state="posted")
    tell(client, letter)
    tell(client, other)
    Case.objects.update(freeze=freeze, freeze_reason="Threats." if freeze else "")
    mine, of_another = Reply.objects.order_by("pk")
    url = reverse("letters:letter-reply", args=[letter.key])

    for number in [of_another.pk, mine.pk, mine.pk, "", "9" * 30]:
        client.post(url, {"act": "take-back", "what": number})

    assert Reply.objects.get() == of_another


def test_no_words_of_an_answer_to_one_letter_outlast_it(client):
    letter = make_letter(state="posted", route="post")
    other = make_letter(letter.case, state="posted", route="post")
    tell(client, letter)
    make_reply(letter.case, letter=letter, text="Dear Sam", shown_text=SAID, state="shared")

    client.post(reverse("letters:letter-erase", args=[letter.key]))

    entered = Reply.objects.get()
    assert (entered.letter, entered.text, entered.shown_text) == (None, "", "")
    assert SAID not in page_of(client, other)


def test_words_and_picture_are_stored_encrypted(client):
    letter = make_letter(state="posted", route="post")

    tell(client, letter, picture=a_picture())

    assert SAID not in stored.everything("letters_")
    assert Reply.objects.get().text == SAID


def test_what_was_entered_two_years_ago_has_no_words_any_more():
    long_ago = timezone.now() - limits.KEEP_REPLIES_FOR - datetime.timedelta(days=1)
    old = make_reply(created_at=long_ago, text=SAID, shown_text=SAID, state="shared")
    new = make_reply(text=SAID, received_on="2001-01-01")  # a mistyped year

    erasure.erase_expired()

    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.text, old.shown_text, old.picture, new.text) == ("", "", "", SAID)


def test_writers_read_what_staff_share_of_an_answer_to_all(client):
    posted = make_letter(state="posted", route="post")
    draft = make_letter(posted.case)
    message = make_message(make_solidarity_action(posted.case).case, state="posted", route="post")
    make_reply(posted.case, text="Dear Sam Tester", shown_text=SAID, state="shared")

    assert SAID in page_of(client, posted)
    assert "Dear Sam Tester" not in page_of(client, posted)
    assert SAID not in page_of(client, draft)
    assert SAID not in page_of(client, message)


def test_an_answer_to_a_hand_in_is_read_by_those_whose_letter_was_in_it(client):
    within = make_letter(state="approved")
    other = make_letter(within.case, state="delivered", route="deliver")
    hand_in = make_hand_in(within, state="handed-in")
    Letter.objects.filter(pk=within.pk).update(state="delivered")
    make_reply(hand_in.case, hand_in=hand_in, shown_text=SAID, state="shared")

    assert SAID in page_of(client, within)
    assert SAID not in page_of(client, other)


def test_nothing_is_read_or_told_while_the_case_is_not_shown(client):
    letter = make_letter(state="posted", route="post")
    make_reply(letter.case, shown_text=SAID, state="shared")
    Case.objects.update(freeze=Freeze.HIDDEN, freeze_reason="Threats.")

    tell(client, letter)

    assert SAID not in page_of(client, letter)
    assert Reply.objects.count() == 1
