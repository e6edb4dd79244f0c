"""The check beside the sheet: asked by a script while somebody writes, or by its button."""

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Case, SafetyRule, SolidarityAction, WordList
from letters.models import Letter
from letters.views import checks
from tests.factories import make_case, make_case_to_write_for, make_letter
from tests.letters.sending import BODY, letter_form, message_form, send_letter
from tests.reading import Page, page

PRAY = "“pray” is better left out."
WHY = "Others believe otherwise."


@pytest.fixture
def case(db) -> Case:
    case = make_case_to_write_for()
    SafetyRule.objects.create(case=case, topic="religion", words=["pray"], why=WHY)
    return case


@pytest.fixture
def threats(case) -> WordList:
    return WordList.objects.create(
        kind="threat", language="en", words=["we will find you"], stops=True
    )


def check(client: Client, case: Case, **sent):
    return client.post(reverse("letters:check-text", args=[case.slug]), sent)


def press(client: Client, url: str, **fields):
    return client.post(url, letter_form(check="text", **fields))


def test_the_script_gets_the_list_with_sentence_reason_and_place(client, case):
    response = check(client, case, body=f"{BODY} I pray.", subject="The pastures")

    html = response.content.decode()
    assert "1 thing to look at again" in html
    assert f"<b>{PRAY}</b> {WHY}" in html
    assert f'data-field="body" data-start="{len(BODY) + 3}" data-words="pray"' in html
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies


def test_a_text_that_keeps_to_the_advice_is_told_so(client, case):
    html = check(client, case, body=f"{BODY} I am a teacher.").content.decode()

    assert "Nothing to look at again." in html
    assert "<li" not in html


def test_a_message_of_support_is_asked_by_its_own_rules(client, case):
    html = check(client, case, body="I pray for you.", about="solidarity").content.decode()

    assert PRAY not in html


def test_a_message_of_support_has_the_check_too(client, case, threats):
    SolidarityAction.objects.create(case=case, recipient="Test Person")
    SafetyRule.objects.create(
        case=case, topic="war", applies_to="solidarity", words=["soldier*"], why=WHY
    )
    url = reverse("letters:message-write", args=[case.slug])
    form = message_form(body="I pray. The soldiers: we will find you.", form="letter")

    shown = page(client.post(url, form | {"check": "text"}))
    stopped = page(client.post(url, form))

    assert Page(shown.one("section", id="check")).texts("b")[:2] == [
        (
            "“we will find you” reads as a threat. Take it out or say it another way: the "
            "text can’t be sent with it."
        ),
        "“soldiers” is better left out.",
    ]
    assert not shown.all("p", id="id_body_error")
    assert len(stopped.all("p", id="id_body_error")) == 1
    assert not Letter.objects.exists()


def test_a_text_is_escaped(client, case):
    SafetyRule.objects.create(case=case, topic="war", words=["<b>"], why="<i>")

    html = check(client, case, body='<b>"').content.decode()

    assert "“&lt;b&gt;” is better left out." in html
    assert "&lt;i&gt;" in html


@pytest.mark.parametrize("method", ["get", "head", "put"])
def test_only_a_post_is_looked_at(client, case, method):
    response = getattr(client, method)(reverse("letters:check-text", args=[case.slug]))

    assert response.status_code == 405


def test_a_request_without_the_token_of_a_form_is_refused(case):
    assert check(Client(enforce_csrf_checks=True), case, body=BODY).status_code == 403


@pytest.mark.parametrize("fields", [{"stage": "draft"}, {"freeze": "hidden", "freeze_reason": "x"}])
def test_a_case_nobody_may_read_about_has_no_check(client, db, fields):
    assert check(client, make_case(**fields), body=BODY).status_code == 404


@pytest.mark.usefixtures("still_clock")
def test_who_asks_too_often_is_not_answered_but_may_write_on(client, case, monkeypatch):
    monkeypatch.setattr(checks, "MAX_CHECKS_AN_HOUR", 1)
    check(client, case, body=BODY)

    assert check(client, case, body=f"{BODY} I pray.").status_code == 429
    assert send_letter(client, case).status_code == 302


def test_the_button_shows_the_same_page_with_the_list_and_keeps_nothing(client, case):
    url = reverse("letters:letter-write", args=[case.slug])

    response = press(client, url, body=f"{BODY} I pray.", name="", email="sam@example", ties="yes")

    shown = page(response)
    assert shown.texts("b")[:1] == [PRAY]
    assert shown.one("textarea", name="body").text.strip().endswith("I pray.")
    assert shown.one("input", name="email").get("value") == "sam@example"
    assert "There is a problem" not in response.content.decode()
    assert not Letter.objects.exists()


def test_the_button_of_a_letter_that_is_changed_changes_nothing(client, case):
    letter = make_letter(case)

    response = press(
        client, reverse("letters:letter-edit", args=[letter.key]), body=f"{BODY} I pray."
    )

    assert PRAY in response.content.decode()
    letter.refresh_from_db()
    assert "pray" not in letter.body


def test_a_page_that_was_not_sent_yet_says_nothing(client, case):
    html = client.get(reverse("letters:letter-write", args=[case.slug])).content.decode()

    assert "to look at again" not in html
    assert "keeps none of it" in html


def test_what_stops_a_letter_is_an_error_beside_the_field_that_says_what_to_do(
    client, case, threats
):
    response = send_letter(client, case, body=f"{BODY} We will find you.")

    html = response.content.decode()
    assert response.status_code == 200
    assert 'id="id_body_error"' in html
    assert "“We will find you” reads as a threat. Take it out or say it another way" in html
    assert html.count("<li data-stops>") == 1
    assert not Letter.objects.exists()

    response = send_letter(client, case, subject="We will find you")
    assert 'id="id_subject_error"' in response.content.decode()
    assert not Letter.objects.exists()


def test_the_private_page_says_it_once_more_until_the_letter_has_left(client, case):
    letter = make_letter(case, body=f"{BODY} I pray.")
    assert PRAY in client.get(letter.get_absolute_url()).content.decode()

    letter = make_letter(case, body=f"{BODY} I pray.", state="posted", route="post")
    assert PRAY not in client.get(letter.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("act", "words", "state"),
    [
        ("deliver", "We will find you.", "drafting"),
        ("post", "We will find you.", "drafting"),
        ("deliver", "I pray.", "submitted"),
    ],
)
def test_a_draft_that_is_older_than_a_rule_does_not_leave_against_it(
    client, case, threats, act, words, state
):
    letter = make_letter(case, body=f"{BODY} {words}")

    shown = client.post(letter.get_absolute_url(), {"act": act}, follow=True).content.decode()

    letter.refresh_from_db()
    assert letter.state == state
    assert ("Take it out or say it another way" in shown) == (state == "drafting")


def test_what_a_rule_only_advises_stops_nothing(client, case, threats):
    assert send_letter(client, case, body=f"{BODY} I pray.").status_code == 302
    assert Letter.objects.get().body.endswith("I pray.")


def test_a_letter_that_was_kept_before_is_stopped_when_it_is_changed(client, case, threats):
    letter = make_letter(case)
    url = reverse("letters:letter-edit", args=[letter.key])

    response = client.post(url, letter_form(body=f"{BODY} We will find you."))

    assert "reads as a threat" in response.content.decode()
    letter.refresh_from_db()
    assert "find you" not in letter.body
