import datetime
import re

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from letters.actions import follows
from letters.models import EmailAddress, Follow, OutgoingMail
from letters.privacy import throttle
from letters.text import checks
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_email_address,
    make_follow,
    make_letter,
)
from tests.letters.sending import (
    act,
    ask_to_be_told,
    letter_form,
    say_yes,
    see_step_two,
    send_letter,
)

pytestmark = pytest.mark.usefixtures("counts_hold")


def test_news_of_a_case_is_heard_once_the_owner_of_the_address_has_said_yes(client):
    case = make_case()

    response = ask_to_be_told(client, case)

    assert response.url == reverse("letters:follow-sent", args=[case.slug])
    follow = Follow.objects.get()
    assert (follow.case, follow.state) == (case, "unconfirmed")
    say_yes(client, follow.email_address)
    assert Follow.objects.confirmed().get() == follow


def test_all_good_news_is_asked_for_once(client):
    for _again in range(2):
        ask_to_be_told(client)

    follow = Follow.objects.get()
    assert follow.case is None
    assert OutgoingMail.objects.get().about == f"mailbox:{follow.email_address.pk}"


def test_who_ended_the_news_can_ask_for_it_again(client):
    follow = make_follow(make_case(), email_address=make_email_address("sam@example.org"))
    act(client, follow.email_address, "end", what=f"follow-{follow.pk}")

    ask_to_be_told(client, follow.case)
    follow.refresh_from_db()
    assert follow.state == "ended"  # whoever typed the address may not be its owner
    call_command("work", once=True)
    [page, _not_me] = re.findall(r"http://testserver(\S+)", mail.outbox[0].body)
    assert "Start this news again" in client.get(page).content.decode()
    client.post(page, {"act": "renew", "what": f"follow-{follow.pk}"})

    assert Follow.objects.confirmed().get() == follow


def test_who_says_yes_twice_has_said_it_once():
    follow = make_follow(state="unconfirmed")

    assert [follows.confirm(follow), follows.confirm(follow)] == [True, False]


def test_news_comes_in_the_language_of_the_page_on_which_it_was_wanted(client):
    follow = make_follow(make_case(), state="unconfirmed")

    with translation.override("fr"):
        say_yes(client, follow.email_address)

    assert EmailAddress.objects.get().language == "fr"


@pytest.mark.parametrize(
    ("case", "status"),
    [
        ({"stage": "closed"}, 200),  # an outcome often comes years later
        ({"freeze": "paused", "freeze_reason": "A test."}, 200),
        ({"freeze": "hidden", "freeze_reason": "A test."}, 404),
        ({"freeze": "withdrawn", "freeze_reason": "A test."}, 404),
        ({"stage": "draft"}, 404),
    ],
)
def test_who_may_be_read_about_may_be_followed(client, case, status):
    case = make_case(**case)

    assert client.get(reverse("letters:follow", args=[case.slug])).status_code == status
    assert ask_to_be_told(client, case).status_code == (302 if status == 200 else 409)


def test_the_page_says_how_often_and_that_there_is_a_feed(client):
    page = client.get(reverse("letters:follow", args=[make_case().slug])).content.decode()

    assert "One mail for each change" in page
    assert reverse("cases:good-news-feed") in page


def test_nobody_is_asked_what_shall_become_of_somebody_who_has_died(client):
    case = make_case_to_write_for(kind="in-memory", display_name="Test Person")

    pages = [
        client.get(reverse("letters:follow", args=[case.slug])),
        client.get(reverse("letters:signature", args=[case.slug]), follow=True),
        see_step_two(client, case),
    ]
    for page in [response.content.decode() for response in pages]:
        assert "becomes of" not in page
        assert "happens to" not in page


def test_a_missing_address_is_said_beside_its_field(client):
    response = ask_to_be_told(client, email="")

    assert response.status_code == 200
    assert response.context["form"].errors == {
        "email": ["Type your e-mail address, or take the feed instead."]
    }


@pytest.mark.usefixtures("still_clock")
def test_what_is_more_than_a_town_hall_asks_for_waits_an_hour(client, monkeypatch):
    monkeypatch.setattr(throttle, "REVIEW_ABOVE", 1)

    ask_to_be_told(client, email="sam@example.org")
    ask_to_be_told(client, email="kim@example.org")

    first, second = OutgoingMail.objects.order_by("pk")
    assert first.not_before == first.created_at
    assert second.not_before == second.created_at + datetime.timedelta(hours=1)


def test_too_many_from_one_place_are_refused(client, monkeypatch):
    monkeypatch.setattr(throttle, "MAILS_REFUSED_ABOVE", 0)

    assert ask_to_be_told(client).status_code == 429
    assert not EmailAddress.objects.exists()


# --- who writes may ask by the way


def test_who_writes_gets_the_link_to_confirm_that_they_want_news(client):
    case = make_case_to_write_for()

    send_letter(client, case, email="sam@example.org", follow="on")

    email_address = EmailAddress.objects.get()
    call_command("work", once=True)
    [message] = mail.outbox  # what must be confirmed, and the link to the letter with it
    confirm, not_me, letter = re.findall(r"http://testserver(\S+)", message.body)
    assert not_me == f"{confirm}not-me/"
    assert client.get(confirm).context["email_address"] == email_address
    assert email_address.key not in message.body
    assert "Was this you?" in client.get(letter).content.decode()
    assert [(one.case, one.state) for one in email_address.follows.all()] == [(case, "unconfirmed")]


def test_without_a_tick_nobody_is_told_anything(client):
    send_letter(client, make_case_to_write_for(), email="sam@example.org")

    assert not EmailAddress.objects.exists()
    assert OutgoingMail.objects.get().kind == "letter-link"


def test_who_wants_news_needs_an_address(client):
    response = send_letter(client, make_case_to_write_for(), follow="on")

    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["email"]
    assert "untick the box for news" in response.content.decode()
    assert response.context["form"]["follow"].value()


def test_under_18_nobody_is_told_anything(client):
    response = send_letter(
        client, make_case_to_write_for(), email="sam@example.org", follow="on", under_18="on"
    )

    assert response.status_code == 302
    assert not EmailAddress.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_a_form_sent_twice_mails_once(client):
    case = make_case_to_write_for()
    form = letter_form(email="sam@example.org", follow="on")

    for _again in range(2):
        client.post(reverse("letters:letter-write", args=[case.slug]), form)

    kinds = OutgoingMail.objects.values_list("kind", flat=True)
    assert sorted(kinds) == ["confirm", "letter-link"]


def test_who_ticks_the_box_later_gets_a_mail_of_its_own(client):
    letter = make_letter(make_case_to_write_for(), email="sam@example.org")
    url = reverse("letters:letter-edit", args=[letter.key])

    for _again in range(2):
        client.post(url, letter_form(email="sam@example.org", follow="on"))

    waiting = OutgoingMail.objects.get(kind="confirm")
    assert waiting.sender == OutgoingMail.objects.get(kind="letter-link").sender != ""
    assert Follow.objects.get().case == letter.case


def test_another_spelling_of_an_address_does_not_get_its_key(client):
    email_address = make_email_address("sam@example.org")

    send_letter(client, make_case_to_write_for(), email="sam+other@example.org", follow="on")

    with time_machine.travel(timezone.now(), tick=False) as clock:
        call_command("work", once=True)
        clock.shift(datetime.timedelta(minutes=11))
        call_command("work", once=True)
    opened = {
        message.to[0]: [
            client.get(link).context.get("email_address")
            for link in re.findall(r"http://testserver(\S+)", message.body)
        ]
        for message in mail.outbox
    }
    assert opened == {
        "sam@example.org": [email_address, email_address],
        "sam+other@example.org": [None],
    }


def test_a_letter_changed_with_the_box_ticked_costs_the_same_for_who_follows_and_who_does_not(
    client,
):
    case = make_case_to_write_for()
    checks.blocking_rules()  # asked every few seconds, not by every request
    counts = []
    for address in ["follows@example.org", "does-not@example.org"]:
        letter = make_letter(case, email=address)
        if address.startswith("follows"):
            make_follow(case, email_address=make_email_address(address))
        with CaptureQueriesContext(connection) as asked:
            client.post(
                reverse("letters:letter-edit", args=[letter.key]),
                letter_form(email=address, follow="on"),
            )
        counts.append([query["sql"].split()[0] for query in asked])

    assert counts[0] == counts[1]


def test_what_a_robot_seems_to_have_sent_is_mailed_later(client):
    ask_to_be_told(client, website="https://spam.example")

    assert not OutgoingMail.objects.due().exists()
    assert OutgoingMail.objects.get().not_before > timezone.now() + datetime.timedelta(minutes=50)


def test_the_plain_spelling_takes_the_place_of_a_tag_until_something_is_confirmed(client):
    ask_to_be_told(client, email="sam+nobody@example.org")
    ask_to_be_told(client, email="sam@example.org")
    assert EmailAddress.objects.get().email == "sam@example.org"

    Follow.objects.update(state="confirmed")
    ask_to_be_told(client, email="sam+other@example.org")
    assert EmailAddress.objects.get().email == "sam@example.org"


@pytest.mark.parametrize("address", ["ſam@example.org", "sÄm@example.org"])
def test_an_address_that_only_looks_like_another_is_refused(client, address):
    response = ask_to_be_told(client, email=address)

    assert "only plain letters" in response.content.decode()
    assert not EmailAddress.objects.exists()
