import datetime

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone, translation

from cases.models import PetitionText, WordList
from letters import signing, throttle
from letters.models import Mailbox, OutgoingMail, Signature
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_mailbox,
    make_petition,
    make_signature,
)
from tests.letters.sending import act, say_yes, sign, sign_form, signed, token

pytestmark = pytest.mark.usefixtures("counts_hold")

SECOND, DAY = datetime.timedelta(seconds=1), datetime.timedelta(days=1)


def url_of(petition) -> str:
    return reverse("letters:sign", args=[petition.case.slug])


def words_on(client, petition) -> str:
    return client.get(url_of(petition)).content.decode()


def test_the_page_shows_text_demand_and_who_is_asked(client):
    petition = make_petition(title="Let the herds graze", text="Stop building.\n\nPlease.")

    response = client.get(url_of(petition))

    page = response.content.decode()
    for words in [
        "Let the herds graze",
        "<p>Stop building.</p>",
        "Stop building on the pastures.",
        "Test Official",
        "Your name and country: by the office, on the day when the signatures are handed in.",
        "Your e-mail address: by nobody.",
    ]:
        assert words in page
    assert response["Cache-Control"] == "no-store, private"


def test_a_signature_counts_once_its_owner_has_said_yes(client):
    petition = make_petition()

    response = sign(client, petition, follow="on")

    assert (response.status_code, response.url) == (302, reverse("letters:mail-sent"))
    assert client.get(response.url).status_code == 200
    signature = Signature.objects.get()
    assert (signature.state, signature.name, signature.country) == (
        "unconfirmed",
        "Sam Tester",
        "NO",
    )
    assert signed(petition.case) == 0

    say_yes(client, signature.mailbox)

    assert signed(petition.case) == 1
    assert [follow.state for follow in signature.mailbox.follows.all()] == ["confirmed"]


def test_the_mailed_link_opens_the_page_of_the_address(client):
    petition = make_petition()

    sign(client, petition, name="Zora Tester")
    call_command("work", once=True)

    [sent] = mail.outbox
    mailbox = Mailbox.objects.get()
    assert sent.to == ["sam@example.org"]
    assert f"http://testserver/mailboxes/{mailbox.key}/\n" in sent.body
    assert f"http://testserver/mailboxes/{mailbox.key}/not-me/\n" in sent.body
    # Nothing that was typed, and nobody's name: whoever sees the mail learns as little as can be.
    for word in ["Zora", petition.title, petition.case.display_name, petition.case.slug]:
        assert word not in sent.subject + sent.body


def test_the_mail_has_the_language_of_the_page(client):
    petition = make_petition()
    with translation.override("fr"):
        sign(client, petition)

    made = OutgoingMail.objects.get()
    assert made.language == "fr"
    assert f"/fr/mailboxes/{Mailbox.objects.get().key}/" in made.body


def test_eight_petitions_need_one_mail_and_one_button(client):
    petitions = [make_petition() for _nr in range(8)]

    for petition in petitions:
        sign(client, petition)
    assert OutgoingMail.objects.count() == 1
    say_yes(client, Mailbox.objects.get())

    assert [signed(petition.case) for petition in petitions] == [1] * 8


def test_who_asks_again_gets_the_mail_again(client):
    petition = make_petition()
    sign(client, petition)
    first = OutgoingMail.objects.get()
    sign(client, petition)
    assert OutgoingMail.objects.get() == first  # it has not left yet

    OutgoingMail.objects.update(sent_at=timezone.now())
    sign(client, petition)

    assert OutgoingMail.objects.get().sent_at is None
    assert Signature.objects.count() == 1


def test_one_address_signs_once_however_it_is_written(client):
    petition = make_petition()

    for email in ["sam@example.org", "SAM@Example.org", "sam+petition@example.org"]:
        sign(client, petition, email=email)

    assert Signature.objects.count() == Mailbox.objects.count() == 1


def test_the_mail_goes_to_the_address_that_was_typed_first(client):
    petition = make_petition()
    sign(client, petition)
    OutgoingMail.objects.all().delete()

    sign(client, petition, email="sam+somebody@example.org")

    assert [made.to for made in OutgoingMail.objects.all()] == ["sam@example.org"]


def test_what_was_not_confirmed_is_written_over(client):
    petition = make_petition()
    sign(client, petition, name="Sam Testre", country="SE")

    sign(client, petition, name="Sam Tester", country="NO")

    signature = Signature.objects.get()
    assert (signature.name, signature.country) == ("Sam Tester", "NO")


def test_a_stranger_changes_nothing_that_is_confirmed(client):
    signature = make_signature(mailbox=make_mailbox("sam@example.org"))

    sign(client, signature.petition, name="Somebody Else", country="SE")

    signature.refresh_from_db()
    assert (signature.state, signature.name, signature.country) == (
        "confirmed",
        "Sam Tester",
        "NO",
    )


def test_who_withdrew_can_sign_again_and_says_yes_again(client):
    signature = make_signature(mailbox=make_mailbox("sam@example.org"))
    act(client, signature.mailbox, "withdraw", what=f"signature-{signature.pk}")
    assert signed(signature.petition.case) == 0

    sign(client, signature.petition)
    assert signed(signature.petition.case) == 0
    say_yes(client, signature.mailbox)

    assert signed(signature.petition.case) == 1


def test_the_text_that_was_signed_is_kept_when_staff_change_it(client):
    petition = make_petition(text="Stop building.")
    sign(client, petition, email="ana@example.org")
    sign(client, petition, email="ben@example.org")
    petition.text = "Stop building, and pay for the damage."
    petition.save()
    sign(client, petition, email="cleo@example.org")

    texts = PetitionText.objects.order_by("pk")
    assert [(kept.text, kept.signatures.count()) for kept in texts] == [
        ("Stop building.", 2),
        ("Stop building, and pay for the damage.", 1),
    ]


def test_a_text_that_changed_while_it_was_read_is_asked_again(client):
    petition = make_petition(text="Stop building.")
    form = sign_form(petition, name="Sam Tester", follow="on")
    petition.text = "Stop building, and pay for the damage."
    petition.save()

    response = client.post(url_of(petition), form)

    page = response.content.decode()
    assert response.status_code == 200
    assert "The text of the petition is another one" in page
    assert "and pay for the damage." in page
    assert 'value="Sam Tester"' in page
    assert not Signature.objects.exists()
    again = response.context["form"]
    client.post(url_of(petition), form | {"digest": again["digest"].value()})
    assert Signature.objects.get().text.text == "Stop building, and pay for the damage."


def test_what_is_missing_is_said_beside_its_field_and_the_rest_is_kept(client):
    petition = make_petition()

    response = sign(client, petition, name="", email="sam at example")

    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["name", "email"]
    page = response.content.decode()
    assert "<title>Error: Sign for" in page
    assert 'value="sam at example"' in page
    assert not Mailbox.objects.exists()


def test_number_and_bar_show_from_the_threshold_on(client):
    petition = make_petition(shown_from=3, goal=12)
    for _nr in range(2):
        make_signature(petition)
    assert "Be one of the first to sign" in words_on(client, petition)
    assert "<progress" not in words_on(client, petition)

    make_signature(petition)

    page = words_on(client, petition)
    assert '<b class="counter-number">3</b> people have signed' in page
    assert '<progress class="goal" max="100" value="25"' in page
    assert "of 12 that we hope for" in page


def test_signers_are_shown_where_the_case_allows_it_and_they_want_it(client):
    petition = make_petition(shows_signers=True)
    make_signature(petition, name="Ana Maria Testova", country="FI", shows_name=True)
    make_signature(petition, name="Hidden Tester")
    make_signature(petition, name="Waiting Tester", shows_name=True, state="unconfirmed")
    make_signature(petition, name="Held Tester", shows_name=True, held=True)
    page = words_on(client, petition)
    assert "Ana (Finland)" in page
    for name in ["Testova", "Hidden", "Waiting", "Held"]:
        assert name not in page

    petition.shows_signers = False
    petition.save()
    assert "Ana" not in words_on(client, petition)


def test_signers_are_hidden_with_the_number(client):
    petition = make_petition(shows_signers=True, shown_from=2)
    make_signature(petition, name="Ana Testova", shows_name=True)

    assert "Ana" not in words_on(client, petition)


def test_nobody_is_shown_without_being_asked(client):
    petition = make_petition()  # this one shows nobody

    sign(client, petition, shows_name="on")

    assert Signature.objects.get().shows_name is False


@pytest.mark.parametrize("name", ["https://spam.example/buy Sam", "4u Tester", "Idiot Tester"])
def test_what_is_no_name_is_not_shown_below_a_petition(client, name):
    WordList.objects.create(kind="insult", language="en", words=["idiot*"])
    petition = make_petition(shows_signers=True)

    response = sign(client, petition, name=name, shows_name="on")

    assert "can’t be shown here. Take the tick off" in response.content.decode()
    assert not Signature.objects.exists()


@pytest.mark.parametrize(
    "name", ["Zoë Tester", "Ángel Tester", "Anne-Marie O’Tester", "علي تست", "சமி"]
)
def test_names_of_any_script_may_be_shown(client, name):
    sign(client, make_petition(shows_signers=True), name=name, shows_name="on")

    assert Signature.objects.get().shows_name


def test_the_last_day_still_takes_signatures_and_the_next_says_so(client):
    petition = make_petition(closes_on=timezone.localdate())
    assert sign(client, petition).status_code == 302
    form = sign_form(petition, email="late@example.org", name="Late Tester")

    with time_machine.travel(timezone.now() + DAY):
        page = words_on(client, petition)
        late = client.post(url_of(petition), form | {"token": token()})

    assert "This petition takes no more signatures" in page
    assert "<button" not in page
    assert late.status_code == 409
    assert "stopped taking signatures" in late.content.decode()
    assert 'value="Late Tester"' in late.content.decode()
    assert Signature.objects.count() == 1


def test_who_signed_in_time_may_say_yes_the_day_after(client):
    petition = make_petition(closes_on=timezone.localdate())
    sign(client, petition)

    with time_machine.travel(timezone.now() + DAY):
        say_yes(client, Mailbox.objects.get())

    assert signed(petition.case) == 1


@pytest.mark.parametrize(
    ("case", "answer"),
    [
        ({"freeze": "paused", "freeze_reason": "A test."}, 302),
        ({"stage": "closed"}, 302),
        ({"freeze": "hidden", "freeze_reason": "A test."}, 404),
        ({"freeze": "withdrawn", "freeze_reason": "A test."}, 404),
        ({"stage": "draft"}, 404),
    ],
)
def test_a_case_that_takes_no_actions_shows_no_form_and_keeps_nothing(client, case, answer):
    petition = make_petition(make_case_to_write_for(**case))

    response = client.get(url_of(petition))

    assert response.status_code == answer
    if answer == 302:
        assert response.url == petition.case.get_absolute_url()
    assert sign(client, petition).status_code in (404, 409)
    assert not Signature.objects.exists()


def test_a_case_without_a_petition_has_no_page_to_sign(client):
    assert client.get(reverse("letters:sign", args=[make_case().slug])).status_code == 404


@pytest.mark.parametrize("trap", ["field", "too fast", "too many"])
def test_what_a_robot_sends_is_held_and_counts_after_a_look(client, monkeypatch, trap):
    petition = make_petition()
    fields = {}
    if trap == "field":
        fields = {"website": "https://spam.example"}
    elif trap == "too fast":
        fields = {"token": token(shown=SECOND)}
    else:
        monkeypatch.setattr(throttle, "HELD_ABOVE", 0)

    assert sign(client, petition, **fields).status_code == 302
    say_yes(client, Mailbox.objects.get())
    assert signed(petition.case) == 0
    page = client.get(Mailbox.objects.get().get_absolute_url()).content.decode()
    assert "Somebody of the campaign looks at it first" in page

    assert signing.release_hold(Signature.objects.get())
    assert signed(petition.case) == 1


def test_too_many_from_one_place_are_refused_with_what_they_typed(client, monkeypatch):
    monkeypatch.setattr(throttle, "MAILS_REFUSED_ABOVE", 0)

    response = sign(client, make_petition())

    assert response.status_code == 429
    assert 'value="Sam Tester"' in response.content.decode()
    assert not Mailbox.objects.exists()


def test_an_invalid_signature_does_not_count_and_nobody_signs_it_back(client):
    signature = make_signature(mailbox=make_mailbox("sam@example.org"))

    assert signing.invalidate(signature)
    assert signed(signature.petition.case) == 0
    sign(client, signature.petition)
    say_yes(client, signature.mailbox)
    assert signed(signature.petition.case) == 0

    assert signing.revalidate(Signature.objects.get())
    assert OutgoingMail.objects.get().to == "sam@example.org"
    say_yes(client, signature.mailbox)
    assert signed(signature.petition.case) == 1


def test_an_act_on_what_changed_meanwhile_does_nothing(client):
    signature = make_signature(state="unconfirmed")
    [first, second] = [Signature.objects.get() for _nr in range(2)]

    assert signing.confirm(first)
    assert not signing.confirm(second)
    assert not signing.withdraw(second)
    assert signed(signature.petition.case) == 1
