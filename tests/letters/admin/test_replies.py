"""The reply desk: what came back is entered, read, and passed on to writers."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, ErasureEntry, Quote
from letters.models import Letter, Reply, ReplyState
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_hand_in,
    make_letter,
    make_message,
    make_reply,
    make_solidarity_action,
)
from tests.letters.sending import a_picture
from tests.staff import form_data, said, signed_in, text

pytestmark = pytest.mark.django_db

LIST = "/admin/letters/reply/"
ENTER = "/admin/letters/reply/enter/"
CHANGE = "admin:letters_reply_change"
WORDS = "The ministry thanks you."


def entry(case, **fields) -> dict:
    return {
        "case": case.pk,
        "sender": "target",
        "letter": "",
        "received_on": timezone.localdate().isoformat(),
        "number": "3",
        "language": "en",
        "text": WORDS,
    } | fields


def act(client, reply: Reply, name: str, **fields):
    reply.refresh_from_db()
    url = reverse("admin:letters_reply_act", args=[reply.pk])
    sent = {"act": name, "seen": reply.changed_at.isoformat()} | fields
    return client.post(url, sent, follow=True)


def test_an_answer_to_the_campaign_is_entered_with_its_scan():
    case, client = make_case(), signed_in("delivery")

    response = client.post(ENTER, entry(case, picture=a_picture()), follow=True)

    reply = Reply.objects.get()
    assert (reply.case, reply.number, reply.state) == (case, 3, ReplyState.READ)
    assert reply.entered_by == client.person
    assert said(response) == [f"Reply {reply.pk} is entered."]
    picture = client.get(reverse("admin:letters_reply_picture", args=[reply.pk]))
    assert picture["Content-Type"] == "image/jpeg"


def test_an_answer_whose_button_is_pressed_twice_is_entered_once():
    case, client = make_case(), signed_in("delivery")
    sent = entry(case, received_on="2025-12-01")

    client.post(ENTER, sent)
    twice = client.post(ENTER, sent, follow=True)
    client.post(ENTER, sent | {"text": "Other words."})

    first, _other = Reply.objects.order_by("pk")
    assert said(twice)[-1] == f"Reply {first.pk} is entered."
    assert LogEntry.objects.filter(change_message="Entered.").count() == 2


def test_what_was_entered_by_mistake_is_deleted_and_counts_no_more():
    case, client = make_case(), signed_in("delivery")
    client.post(ENTER, entry(case, number="30"))
    reply = Reply.objects.get()
    url = reverse("admin:letters_reply_act", args=[reply.pk])
    act(client, reply, "share", shown_text=WORDS, shown_language="en")
    shared = act(client, reply, "delete")
    act(client, reply, "stop-sharing")
    reply.refresh_from_db()
    sent = {"act": "delete", "seen": reply.changed_at.isoformat()}

    assert said(shared)[-1] == "Nothing was changed: please look at it again."
    assert "Delete this reply" in text(client.get(reverse(CHANGE, args=[reply.pk])))
    deleted = client.post(url, sent, follow=True)
    twice = client.post(url, sent, follow=True)

    assert said(deleted)[-1] == f"Reply {reply.pk} is deleted, and no longer counts."
    assert said(twice)[-1].startswith("It is gone")
    assert not Reply.objects.exists()
    noted = ErasureEntry.objects.get(act="withdrawn")  # no backup brings it back
    assert (noted.model, noted.keys) == ("letters.reply", [reply.pk])


@pytest.mark.parametrize(
    ("kind", "sender", "sentence"),
    [
        ("appeal", "person", "That was for an official: the person does not answer it."),
        ("solidarity", "target", "That was for the person: an official does not answer it."),
    ],
)
@pytest.mark.parametrize("to", ["letter", "hand_in"])
def test_nobody_answers_what_was_for_somebody_else(kind, sender, sentence, to):
    wrote = make_letter if kind == "appeal" else make_message
    letter = wrote(state="delivered")
    number = letter.pk if to == "letter" else make_hand_in(letter, state="handed-in").pk

    response = signed_in("delivery").post(ENTER, entry(letter.case, sender=sender, **{to: number}))

    assert response.context["form"].errors == {"sender": [sentence]}


def test_it_can_answer_one_letter_of_the_case():
    letter = make_letter(state="posted", route="post")
    client = signed_in("delivery")

    client.post(ENTER, entry(letter.case, letter=f"#{letter.pk}"))

    assert Reply.objects.get().letter == letter


def test_a_letter_that_was_handed_in_is_known_by_what_stands_in_its_margin():
    letter = make_letter(state="approved")
    hand_in = make_hand_in(letter, state="handed-in")
    Letter.objects.update(state="delivered")
    hand_in.items.update(number=1200)
    client = signed_in("delivery")

    other = client.post(ENTER, entry(letter.case, letter=f"{hand_in.pk} / 1"))
    client.post(ENTER, entry(letter.case, letter=f"{hand_in.pk} / 1200"))

    assert "There is no letter with this number that has been sent." in text(other)
    assert Reply.objects.get().letter == letter


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("of_another", "This letter is for another case."),
        ("draft", "There is no letter with this number that has been sent."),
        ("nothing", "There is no letter with this number that has been sent."),
    ],
)
def test_a_letter_it_can_not_answer_is_said_beside_its_field(number, sentence):
    case = make_case()
    numbers = {
        "of_another": make_letter(state="posted", route="post").pk,
        "draft": make_letter(case).pk,
        "nothing": "999999999",
    }

    response = signed_in("delivery").post(ENTER, entry(case, letter=numbers[number]))

    assert response.context["form"].errors["letter"] == [sentence]
    assert not Reply.objects.exists()


def test_what_a_writer_told_is_on_its_page_and_waits_to_be_read_at_the_desk():
    letter = make_letter(state="posted", route="post")
    reply = make_reply(letter.case, letter=letter, entered_by=None, text=WORDS)
    client = signed_in("moderator")

    page = text(client.get(reverse("admin:letters_reply_change", args=[reply.pk])))
    response = act(client, reply, "share", shown_text=WORDS, shown_language="en")

    assert WORDS in page
    assert letter.key not in page
    assert "Put it on my desk" in page
    assert said(response) == ["It waits to be read: please do that at the desk."]
    assert Reply.objects.get().state == ReplyState.UNREAD
    assert LogEntry.objects.filter(change_message="Read.").exists()


def test_writers_read_other_words_than_those_that_came(client):
    letter = make_letter(state="posted", route="post")
    reply = make_reply(letter.case, text="To Sam Tester, of 1 Invented Street")

    act(signed_in("delivery"), reply, "share", shown_text=WORDS, shown_language="en")

    page = client.get(letter.get_absolute_url()).content.decode()
    assert WORDS in page
    assert "1 Invented Street" not in page
    act(signed_in("delivery"), reply, "stop-sharing")
    assert WORDS not in client.get(letter.get_absolute_url()).content.decode()


def test_no_words_are_shared_that_nobody_wrote():
    reply = make_reply(text=WORDS)
    client = signed_in("delivery")

    response = act(client, reply, "share", shown_text=" ", shown_language="en")

    assert response.context["form"].errors["shown_text"] == ["Write what they may read."]
    assert not Reply.objects.filter(state=ReplyState.SHARED).exists()


def test_what_somebody_changed_meanwhile_is_read_again():
    reply, client = make_reply(text=WORDS), signed_in("delivery")
    url = reverse("admin:letters_reply_act", args=[reply.pk])
    shared = {"act": "share", "seen": reply.changed_at.isoformat(), "shown_language": "en"}
    client.post(url, shared | {"shown_text": "Other words."})

    shared["shown_text"] = WORDS
    response = client.post(url, shared, follow=True)

    assert "was changed since" in said(response)[-1]
    assert Reply.objects.get().shown_text == "Other words."


def test_thanks_wait_among_the_quotes_until_the_person_agrees(client):
    case = make_solidarity_action(make_case_to_write_for()).case
    reply = make_reply(case, sender="person", shown_text="I read every card.", state="shared")
    delivery = signed_in("delivery")

    act(delivery, reply, "quote")
    again = act(delivery, reply, "quote")

    quote = Quote.objects.get()
    assert (quote.text, quote.may_be_shown) == ("I read every card.", False)
    assert quote.speaker == f"{case.display_name}, to those who wrote"
    assert said(again) == ["Nothing was changed: please look at it again."]
    assert "I read every card." not in client.get(case.get_absolute_url()).content.decode()


@pytest.mark.slow
def test_thanks_are_on_the_case_page_as_long_as_the_person_agrees(client, settings):
    settings.PAGE_CACHE_SECONDS = 0
    case = make_solidarity_action(make_case_to_write_for()).case
    delivery, editor = signed_in("delivery"), signed_in("editor")
    page, api = case.get_absolute_url(), f"/api/v1/cases/{case.slug}/"
    delivery.post(ENTER, entry(case, sender="person", text="I read every card, Sam."))
    reply = Reply.objects.get()
    act(delivery, reply, "share", shown_text=THANKS, shown_language="en")
    act(delivery, reply, "quote")
    asked = shown(client, page, api)

    agree(editor, case, "on")
    agreed = shown(client, page, api)
    Case.objects.update(freeze="hidden", freeze_reason="A test.")
    frozen = shown(client, page, api)
    Case.objects.update(freeze="none", freeze_reason="")
    again = shown(client, page, api)
    agree(editor, case, "")
    withdrawn = shown(client, page, api)

    assert (asked, agreed, frozen, again, withdrawn) == (False, True, False, True, False)
    assert "I read every card, Sam." not in text(client.get(page))


THANKS = "I read every card."


def shown(client, page: str, api: str) -> bool:
    """Whether readers find the thanks: on the page as in the API."""
    on_page, told = (THANKS in text(client.get(url)) for url in [page, api])
    assert on_page == told
    return on_page


def agree(editor, case: Case, may_be_shown: str) -> None:
    """An editor marks on the page of the case whether the person agrees to be quoted."""
    url = reverse("admin:cases_case_change", args=[case.pk])
    form = form_data(editor.get(url)) | {"quotes-0-may_be_shown": may_be_shown}
    if not may_be_shown:
        del form["quotes-0-may_be_shown"]
    assert editor.post(url, form).status_code == 302


def test_what_a_writer_told_is_not_put_among_the_quotes():
    message = make_message(state="posted", route="post")
    told = {"sender": "person", "shown_text": THANKS, "state": "shared", "entered_by": None}
    reply = make_reply(message.case, letter=message, **told)
    client = signed_in("delivery")

    page = text(client.get(reverse("admin:letters_reply_change", args=[reply.pk])))
    act(client, reply, "quote")

    assert "Put it among the quotes" not in page
    assert not Quote.objects.exists()


@pytest.mark.parametrize("role", ["editor", "counter", "safety"])
def test_who_does_not_handle_answers_sees_none(role):
    reply = make_reply(text=WORDS)
    client = signed_in(role)

    for url in [LIST, ENTER, reverse("admin:letters_reply_change", args=[reply.pk])]:
        assert client.get(url).status_code == 403


def test_each_is_listed_by_its_own_number_and_not_by_how_many_came():
    reply = make_reply(text=WORDS, number=1_234)

    listed = text(signed_in("delivery").get(LIST)).split('id="result_list"')[1]

    assert re.findall(r"<a [^>]*>(.+?)</a>", listed.split("</table>")[0])[0] == str(reply.pk)
    assert "1234" not in listed
    assert "1,234" not in listed


def test_list_asks_as_often_with_many_as_with_few(
    django_assert_num_queries, django_assert_max_num_queries
):
    client = signed_in("delivery")
    make_reply(text=WORDS)
    with django_assert_max_num_queries(15) as few:
        client.get(LIST)
    for _number in range(20):
        make_reply(text=WORDS)

    with django_assert_num_queries(len(few)):
        assert WORDS not in text(client.get(LIST))
