"""Who gives a name or an address says yes to what it shows of them, and the version is kept."""

import pytest
from django.urls import reverse

from letters.models import Follow, Letter, Pledge, Signature
from letters.privacy import consent, personal_data
from tests.factories import make_case_to_write_for, make_petition, make_solidarity_action
from tests.letters.sending import (
    ask_to_be_told,
    letter_form,
    see_step_two,
    send_letter,
    send_message,
    send_pledge,
    sign,
    sign_form,
)

pytestmark = pytest.mark.usefixtures("counts_hold")

FORMS = ["letter", "message", "pledge", "signature"]
MODELS = {"letter": Letter, "message": Letter, "pledge": Pledge, "signature": Signature}


def send(client, what: str, **fields):
    if what == "message":
        return send_message(client, make_solidarity_action().case, **fields)
    if what == "signature":
        return sign(client, make_petition(), **fields)
    case = make_case_to_write_for()
    return (send_letter if what == "letter" else send_pledge)(client, case, **fields)


@pytest.mark.parametrize("what", FORMS)
def test_without_a_yes_nothing_with_a_name_is_kept(client, what):
    response = send(client, what, name="Sam Tester", email="sam@example.org", consent="")

    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["consent"]
    assert not MODELS[what].objects.exists()
    assert "Sam Tester" in response.content.decode()  # what was typed is still there


@pytest.mark.parametrize("what", FORMS)
def test_with_a_yes_the_version_of_the_text_is_kept(client, what):
    response = send(client, what, name="Sam Tester", email="sam@example.org")

    assert response.status_code == 302
    assert MODELS[what].objects.get().consent_version == consent.VERSION


@pytest.mark.parametrize("what", ["letter", "message"])
def test_who_gives_neither_name_nor_address_is_asked_for_no_yes(client, what):
    response = send(client, what, name="", name_form="none", email="", consent="")

    assert response.status_code == 302
    assert Letter.objects.get().consent_version == ""


def test_who_is_under_18_is_asked_for_no_yes(client):
    response = send(client, "letter", name="Kim Young", under_18="on", consent="")

    assert response.status_code == 302
    assert Letter.objects.get().name == ""


@pytest.mark.parametrize("field", ["name", "group", "email"])
def test_a_promise_with_any_of_its_names_needs_a_yes(client, field):
    typed = {"email": "sam@example.org"}.get(field, "Class 5b")

    assert send(client, "pledge", consent="").status_code == 302
    assert send(client, "pledge", consent="", **{field: typed}).status_code == 200


@pytest.mark.parametrize("name", ["letter-write", "message-write", "pledge", "signature"])
def test_the_box_is_never_ticked_beforehand_and_says_what_for_and_how_long(client, name):
    case = make_solidarity_action(make_petition().case).case

    if name == "letter-write":
        response = see_step_two(client, case)
    elif name == "message-write":
        response = send_message(client, case, step="2", consent="")
    else:
        response = client.get(reverse(f"letters:{name}", args=[case.slug]))

    page = response.content.decode()
    field = response.context["form"]["consent"]
    assert not field.value()
    assert str(consent.LABEL) in page
    assert str(field.help_text) in page
    assert "checked" not in str(field)


def test_who_only_asks_for_news_is_told_beside_the_button_and_the_version_is_kept(client):
    page = client.get(reverse("letters:follow-all")).content.decode()
    ask_to_be_told(client)

    assert str(consent.PURPOSES["follow"]) in page
    assert Follow.objects.get().consent_version == consent.VERSION


def test_a_changed_letter_keeps_the_version_that_its_writer_agreed_to(client, monkeypatch):
    send(client, "letter", name="Sam Tester")
    monkeypatch.setattr(consent, "VERSION", "2030-01")
    letter = Letter.objects.get()
    url = reverse("letters:letter-edit", args=[letter.key])
    assert client.get(url).context["form"]["consent"].is_hidden

    response = client.post(url, letter_form(name="Sam Other"))

    assert response.status_code == 302
    assert Letter.objects.get().name == "Sam Other"
    assert Letter.objects.get().consent_version == "2026-11"


def test_who_adds_a_name_later_is_asked_then(client):
    send(client, "letter", name="", name_form="none", consent="")
    url = reverse("letters:letter-edit", args=[Letter.objects.get().key])
    assert not client.get(url).context["form"]["consent"].is_hidden

    assert client.post(url, letter_form(consent="")).status_code == 200
    assert client.post(url, letter_form()).status_code == 302
    assert Letter.objects.get().consent_version == consent.VERSION


def test_the_export_says_what_was_agreed_to(client):
    send(client, "letter", name="Sam Tester", email="sam@example.org")

    [letter] = personal_data.export(Letter.objects.get().email_hash)["letters"]

    assert letter["consent_version"] == consent.VERSION
    assert letter["consent_text"].startswith(str(consent.LABEL))


def test_take_all_asks_once_for_all_signatures_and_once_for_all_letters(client):
    one, two = [make_solidarity_action(make_petition().case).case for _nr in range(2)]
    step, letter, message = [
        reverse(f"letters:take-all-{name}", args=[two.slug])
        for name in ("case", "letter", "message")
    ]

    client.post(reverse("letters:take-all-case", args=[one.slug]), sign_form(one.petition))
    forms = [client.get(url).context["form"] for url in (step, letter, message)]
    client.post(reverse("letters:take-all-letter", args=[one.slug]), letter_form())
    forms += [client.get(url).context["form"] for url in (letter, message)]

    assert [form["consent"].is_hidden for form in forms] == [True, False, False, True, True]
