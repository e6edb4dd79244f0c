import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from letters import checking, throttle
from letters.models import Follow, Mailbox, OutgoingMail
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_follow,
    make_letter,
    make_mailbox,
)
from tests.letters.sending import (
    act,
    ask_to_be_told,
    letter_form,
    say_yes,
    send_letter,
)

pytestmark = pytest.mark.usefixtures("counts_hold")


def test_news_of_a_case_is_heard_once_the_owner_of_the_address_has_said_yes(client):
    case = make_case()

    response = ask_to_be_told(client, case)

    assert response.url == reverse("letters:mail-sent")
    follow = Follow.objects.get()
    assert (follow.case, follow.state) == (case, "unconfirmed")
    say_yes(client, follow.mailbox)
    assert Follow.objects.confirmed().get() == follow


def test_all_good_news_is_asked_for_once(client):
    for _again in range(2):
        ask_to_be_told(client)

    follow = Follow.objects.get()
    assert follow.case is None
    assert OutgoingMail.objects.get().about == f"mailbox:{follow.mailbox.pk}"


def test_who_ended_the_news_can_ask_for_it_again(client):
    follow = make_follow(make_case(), mailbox=make_mailbox("sam@example.org"))
    act(client, follow.mailbox, "end", what=f"follow-{follow.pk}")

    ask_to_be_told(client, follow.case)
    assert not Follow.objects.confirmed().exists()
    say_yes(client, follow.mailbox)

    assert Follow.objects.confirmed().get() == follow


def test_news_comes_in_the_language_of_the_page_on_which_it_was_wanted(client):
    follow = make_follow(make_case(), state="unconfirmed")

    with translation.override("fr"):
        say_yes(client, follow.mailbox)

    assert Mailbox.objects.get().language == "fr"


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
    assert ask_to_be_told(client, case).status_code == (302 if status == 200 else 404)


def test_the_page_says_how_often_and_that_there_is_a_feed(client):
    page = client.get(reverse("letters:follow", args=[make_case().slug])).content.decode()

    assert "One mail for each change" in page
    assert reverse("cases:good-news-feed") in page


def test_nobody_is_asked_what_shall_become_of_somebody_who_has_died(client):
    case = make_case_to_write_for(kind="in-memory", display_name="Test Person")

    for name in ["follow", "write"]:
        page = client.get(reverse(f"letters:{name}", args=[case.slug])).content.decode()
        assert "comes of the case of Test Person" in page
        assert "becomes of" not in page


def test_a_missing_address_is_said_beside_its_field(client):
    response = ask_to_be_told(client, email="")

    assert response.status_code == 200
    assert response.context["form"].errors == {
        "email": ["Type your e-mail address, or take the feed instead."]
    }


def test_too_many_from_one_place_are_refused(client, monkeypatch):
    monkeypatch.setattr(throttle, "MAILS_REFUSED_ABOVE", 0)

    assert ask_to_be_told(client).status_code == 429
    assert not Mailbox.objects.exists()


# --- who writes may ask by the way


def test_who_writes_gets_the_link_to_confirm_that_they_want_news(client):
    case = make_case_to_write_for()

    send_letter(client, case, email="sam@example.org", follow="on")

    mailbox = Mailbox.objects.get()
    bodies = {made.kind: made.body for made in OutgoingMail.objects.all()}
    assert mailbox.get_absolute_url() in bodies["confirm"]
    assert mailbox.key not in bodies["letter-link"]
    assert [(one.case, one.state) for one in mailbox.follows.all()] == [(case, "unconfirmed")]


def test_without_a_tick_nobody_is_told_anything(client):
    send_letter(client, make_case_to_write_for(), email="sam@example.org")

    assert not Mailbox.objects.exists()
    assert "becomes of it" not in OutgoingMail.objects.get().body


def test_who_wants_news_needs_an_address(client):
    response = send_letter(client, make_case_to_write_for(), follow="on")

    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["email"]
    assert "take the tick off the box for news" in response.content.decode()
    assert response.context["form"]["follow"].value()


def test_under_18_nobody_is_told_anything(client):
    response = send_letter(
        client, make_case_to_write_for(), email="sam@example.org", follow="on", under_18="on"
    )

    assert response.status_code == 302
    assert not Mailbox.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_a_form_sent_twice_mails_once(client):
    case = make_case_to_write_for()
    form = letter_form(email="sam@example.org", follow="on")

    for _again in range(2):
        client.post(reverse("letters:write", args=[case.slug]), form)

    kinds = OutgoingMail.objects.values_list("kind", flat=True)
    assert sorted(kinds) == ["confirm", "letter-link"]


def test_who_ticks_the_box_later_gets_a_mail_of_its_own(client):
    letter = make_letter(make_case_to_write_for(), email="sam@example.org")
    url = reverse("letters:edit", args=[letter.key])

    for _again in range(2):
        client.post(url, letter_form(email="sam@example.org", follow="on"))

    assert OutgoingMail.objects.filter(kind="confirm").count() == 1
    assert Follow.objects.get().case == letter.case


def test_another_spelling_of_an_address_does_not_get_the_key_of_its_mailbox(client):
    mailbox = make_mailbox("sam@example.org")

    send_letter(client, make_case_to_write_for(), email="sam+other@example.org", follow="on")

    bodies = {made.to: made.body for made in OutgoingMail.objects.all()}
    assert mailbox.key not in bodies["sam+other@example.org"]
    assert mailbox.key in bodies["sam@example.org"]


def test_a_letter_changed_with_the_box_ticked_costs_the_same_for_who_follows_and_who_does_not(
    client,
):
    case = make_case_to_write_for()
    checking.what_stops()  # asked every few seconds, not by every request
    counts = []
    for address in ["follows@example.org", "does-not@example.org"]:
        letter = make_letter(case, email=address)
        if address.startswith("follows"):
            make_follow(case, mailbox=make_mailbox(address))
        with CaptureQueriesContext(connection) as asked:
            client.post(
                reverse("letters:edit", args=[letter.key]),
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
    assert Mailbox.objects.get().email == "sam@example.org"

    Follow.objects.update(state="confirmed")
    ask_to_be_told(client, email="sam+other@example.org")
    assert Mailbox.objects.get().email == "sam@example.org"


@pytest.mark.parametrize("address", ["ſam@example.org", "sÄm@example.org"])
def test_an_address_that_only_looks_like_another_is_refused(client, address):
    response = ask_to_be_told(client, email=address)

    assert "only plain letters" in response.content.decode()
    assert not Mailbox.objects.exists()
