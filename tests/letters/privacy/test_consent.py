"""Who gives a name or an address says yes to what it shows of them, and the version is kept."""

import pytest
from django.urls import reverse

from cases.models import Case, SolidarityAction
from letters.actions import letters
from letters.models import Follow, Letter, Pledge, Signature
from letters.privacy import consent, personal_data
from tests.factories import make_case_to_write_for, make_petition, make_solidarity_action
from tests.letters.sending import (
    ask_to_be_told,
    letter_form,
    message_form,
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


@pytest.mark.parametrize(
    ("what", "typed", "wrong"),
    [
        ("signature", {"name": "", "email": ""}, ["name", "email", "consent"]),
        ("pledge", {"email": "sam@example"}, ["email", "consent"]),
    ],
)
def test_the_missing_yes_is_said_along_with_what_else_is_wrong(client, what, typed, wrong):
    response = send(client, what, consent="", **typed)

    assert list(response.context["form"].errors) == wrong


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
    assert field.widget_type == "checkbox"  # it stands before its label, as any
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


# --- letters that could only be posted when they were written

WRITTEN = ["letter", "message"]


def write_where_nothing_is_handed_in(client, what: str, **fields) -> Letter:
    """Since then staff have ticked that we hand letters in."""
    case = make_solidarity_action(make_case_to_write_for(takes_deliveries=False)).case
    (send_letter if what == "letter" else send_message)(client, case, **fields)
    Case.objects.update(takes_deliveries=True)
    return Letter.objects.get()


def edit_page(letter: Letter) -> str:
    return reverse("letters:letter-edit", args=[letter.key])


def form_for(letter: Letter, **fields) -> dict:
    return (message_form if letter.is_message else letter_form)(**fields)


def hand_in(client, letter: Letter) -> Letter:
    client.post(letter.get_absolute_url(), {"act": "deliver"})
    return Letter.objects.get()


def offers_to_hand_in(client, letter: Letter) -> bool:
    return 'value="deliver"' in client.get(letter.get_absolute_url()).content.decode()


@pytest.mark.parametrize("what", WRITTEN)
def test_who_agreed_to_post_it_is_asked_before_they_hand_it_in(client, what):
    letter = write_where_nothing_is_handed_in(client, what)
    page = client.get(letter.get_absolute_url()).content.decode()

    assert not offers_to_hand_in(client, letter)
    assert "then we keep it for longer, and you have to agree to that" in page
    assert f'<a class="button button-quiet" href="{edit_page(letter)}">' in page
    assert hand_in(client, letter).state == "drafting"

    form = client.get(edit_page(letter)).context["form"]
    assert not form["consent"].is_hidden
    assert not form["consent"].value()
    assert "if you hand it to us" in form["consent"].help_text
    client.post(edit_page(letter), form_for(letter))
    assert offers_to_hand_in(client, letter)
    letter = hand_in(client, letter)
    assert (letter.state, letter.consent_version) == ("submitted", consent.VERSION)


@pytest.mark.parametrize("what", WRITTEN)
def test_a_yes_on_a_page_that_was_open_before_is_no_yes_to_more(client, what):
    letter = write_where_nothing_is_handed_in(client, what)
    Case.objects.update(takes_deliveries=False)
    given_before = client.get(edit_page(letter)).context["form"]["consent"].value()
    Case.objects.update(takes_deliveries=True)

    answer = client.post(edit_page(letter), form_for(letter, consent=given_before))

    assert list(answer.context["form"].errors) == ["consent"]
    assert "checked" not in str(answer.context["form"]["consent"])
    assert Letter.objects.get().consent_version == consent.POSTED_ONLY


def test_a_box_ticked_before_is_not_ticked_under_the_longer_text(client):
    case = make_case_to_write_for(takes_deliveries=False)
    box = str(see_step_two(client, case).context["form"]["consent"])
    assert f'value="{consent.POSTED_ONLY}"' in box
    Case.objects.update(takes_deliveries=True)

    typed = {"name": "Sam Tester", "name_form": "full", "consent": consent.POSTED_ONLY}
    assert "checked" not in str(see_step_two(client, case, **typed).context["form"]["consent"])
    assert send_letter(client, case, **typed).status_code == 200
    assert not Letter.objects.exists()


@pytest.mark.parametrize("what", WRITTEN)
def test_who_takes_their_name_out_can_hand_it_in(client, what):
    letter = write_where_nothing_is_handed_in(client, what)

    nobody = form_for(letter, name="", name_form="none", email="", consent="")
    client.post(edit_page(letter), nobody)

    assert offers_to_hand_in(client, letter)
    letter = hand_in(client, letter)
    assert (letter.state, letter.consent_version) == ("submitted", "")


def test_who_can_only_hand_it_in_is_told_to_agree_first(client):
    letter = write_where_nothing_is_handed_in(client, "message")
    SolidarityAction.objects.update(postal="", postal_country="", address_visibility="staff-only")

    page = client.get(letter.get_absolute_url()).content.decode()

    assert "then we keep it for longer, and you have to agree to that" in page


STAFF_ACTS = {
    "submitted": lambda letter: None,
    "approved": letters.approve,
    "asked": lambda letter: letters.ask_for_change(letter, "Please leave out the address."),
    "rejected": lambda letter: letters.reject(letter, "other", "It threatens somebody."),
}


def handed_in(client, state: str, **fields) -> Letter:
    send_letter(client, make_case_to_write_for(), **fields)
    STAFF_ACTS[state](hand_in(client, Letter.objects.get()))
    letter = Letter.objects.get()
    assert letter.state == state
    return letter


@pytest.mark.parametrize("state", STAFF_ACTS)
def test_a_name_under_what_is_with_us_is_agreed_to_as_such(client, state):
    """Nothing more is handed in for its case: that says nothing of what already is with us."""
    letter = handed_in(client, state, name="", name_form="none", consent="")
    Case.objects.update(takes_deliveries=False)

    form = client.get(edit_page(letter)).context["form"]
    client.post(edit_page(letter), letter_form())

    assert "for two years at most" in form["consent"].help_text
    assert Letter.objects.get().consent_version == consent.VERSION


@pytest.mark.parametrize("state", STAFF_ACTS)
def test_what_is_with_us_under_an_older_yes_stays_and_who_changes_it_is_asked(client, state):
    letter = handed_in(client, state)
    Letter.objects.update(consent_version=consent.POSTED_ONLY)

    client.post(letter.get_absolute_url(), {"act": "answer"})
    client.post(letter.get_absolute_url(), {"act": "deliver"})

    letter.refresh_from_db()
    assert letter.state == ("submitted" if state == "asked" else state)
    assert not client.get(edit_page(letter)).context["form"]["consent"].is_hidden
