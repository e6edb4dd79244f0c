import datetime
import re

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone, translation

from cases.models import PetitionText, WordList
from letters.actions import signatures
from letters.models import EmailAddress, OutgoingMail, Signature
from letters.privacy import throttle
from tests import reading
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_email_address,
    make_petition,
    make_signature,
)
from tests.letters.sending import (
    act,
    ask_to_be_told,
    publish,
    say_yes,
    sign,
    sign_form,
    signed,
    token,
    yesterday,
)

pytestmark = pytest.mark.usefixtures("counts_hold")

SECOND, DAY = datetime.timedelta(seconds=1), datetime.timedelta(days=1)


def url_of(petition) -> str:
    return reverse("letters:signature", args=[petition.case.slug])


def words_on(client, petition) -> str:
    return " ".join(client.get(url_of(petition)).content.decode().split())


def read_on(client, petition) -> str:
    """Without the tokens of its forms, in which a short name may well stand."""
    return reading.words(reading.page(client.get(url_of(petition))).root)


def test_the_page_shows_text_demand_and_who_is_asked(client):
    petition = make_petition(title="Let the herds graze", text="Stop building.\n\nPlease.")

    response = client.get(url_of(petition))

    page = response.content.decode()
    for words in [
        "Let the herds graze",
        "<p>Stop building.</p>",
        "Stop building on the pastures.",
        "Test Official",
        "Your name and country are seen by the office, if the signatures are handed in.",
        "Nobody outside the campaign sees your e-mail address.",
    ]:
        assert words in page
    assert response["Cache-Control"] == "no-store, private"


def test_a_long_text_is_folded_with_its_form_near_and_all_of_it_there(client):
    long = make_petition(text="To the Prime Minister:\n\n" + "The herds need the pastures. " * 40)
    short = make_petition(text="Stop building.")

    pages = [reading.page(client.get(url_of(petition))) for petition in (long, short)]

    assert "Read all of it" in pages[0].texts("summary")
    assert " ".join(long.text.split()) in reading.words(pages[0].root)
    assert "Read all of it" not in pages[1].texts("summary")


@pytest.mark.parametrize("send", [sign, lambda client, of: ask_to_be_told(client, of.case)])
def test_after_the_form_comes_what_can_be_done_next(client, send):
    petition = make_petition(make_case_to_write_for(display_name="Anne Testlund"))
    case = petition.case

    sent = send(client, petition).url
    links = reading.page(client.get(sent)).links
    case.freeze, case.freeze_reason = "hidden", "A test."
    case.save()
    hidden = reading.page(client.get(sent))

    for name in ("share", "letter-write"):
        assert reverse(f"letters:{name}", args=[case.slug]) in links
    assert not [link for link in hidden.links if link.endswith(("/share/", "/write/"))]
    assert "Anne Testlund" not in reading.words(hidden.root)


def test_after_the_yes_come_share_and_a_letter_for_the_same_person(client):
    petition = make_petition()
    sign(client, petition)

    say_yes(client, address := EmailAddress.objects.get())

    page = reading.page(client.get(address.get_absolute_url()))
    assert page.texts("h1") == ["Your signature counts"]
    for name in ("share", "letter-write"):
        assert reverse(f"letters:{name}", args=[petition.case.slug]) in page.links


def test_a_signature_counts_once_its_owner_has_said_yes(client):
    petition = make_petition()

    response = sign(client, petition, follow="on")

    assert (response.status_code, response.url) == (
        302,
        reverse("letters:signature-sent", args=[petition.case.slug]),
    )
    assert client.get(response.url).status_code == 200
    signature = Signature.objects.get()
    assert (signature.state, signature.name, signature.country) == (
        "unconfirmed",
        "Sam Tester",
        "NO",
    )
    assert signed(petition.case) == 0

    say_yes(client, signature.email_address)

    assert signed(petition.case) == 1
    assert [follow.state for follow in signature.email_address.follows.all()] == ["confirmed"]


def test_the_mailed_link_opens_the_page_of_the_address(client):
    petition = make_petition()

    sign(client, petition, name="Zora Tester")
    call_command("work", once=True)

    [sent] = mail.outbox
    email_address = EmailAddress.objects.get()
    assert sent.to == ["sam@example.org"]
    [page, not_me] = re.findall(r"http://testserver(\S+)\n", sent.body)
    assert (
        client.get(page).context["email_address"]
        == client.get(not_me).context["email_address"]
        == email_address
    )
    about = f"the petition for {petition.case.display_name} (Norway)"
    assert sent.subject == f"Write for Rights: please confirm ({petition.case.display_name})"
    assert f"- {about}\n" in sent.body
    # Nothing that was typed, and no key to more than this page.
    for word in ["Zora", petition.title, email_address.key]:
        assert word not in sent.subject + sent.body


def test_the_mail_has_the_language_of_the_page(client):
    petition = make_petition()
    with translation.override("fr"):
        sign(client, petition)

    call_command("work", once=True)
    [sent] = mail.outbox
    assert sent.extra_headers["Content-Language"] == "fr"
    assert "http://testserver/fr/mail/" in sent.body


def test_eight_petitions_need_one_mail_and_one_button(client):
    petitions = [make_petition() for _nr in range(8)]

    for petition in petitions:
        sign(client, petition)
    assert OutgoingMail.objects.count() == 1
    say_yes(client, EmailAddress.objects.get())

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

    assert Signature.objects.count() == EmailAddress.objects.count() == 1


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
    signature = make_signature(email_address=make_email_address("sam@example.org"))

    sign(client, signature.petition, name="Somebody Else", country="SE")

    signature.refresh_from_db()
    assert (signature.state, signature.name, signature.country) == (
        "confirmed",
        "Sam Tester",
        "NO",
    )


def test_who_withdrew_can_sign_again_and_says_yes_again(client):
    signature = make_signature(email_address=make_email_address("sam@example.org"))
    act(client, signature.email_address, "withdraw", what=f"signature-{signature.pk}")
    assert signed(signature.petition.case) == 0

    sign(client, signature.petition, name="Somebody Else")
    signature.refresh_from_db()
    # It does not wait again: whoever typed the address may not be its owner.
    assert (signature.state, signature.name) == ("withdrawn", "Sam Tester")
    call_command("work", once=True)
    [page, _not_me] = re.findall(r"http://testserver(\S+)", mail.outbox[0].body)
    assert "Sign it after all" in client.get(page).content.decode()
    client.post(page, {"act": "restore", "what": f"signature-{signature.pk}"})

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
    assert "The text of the petition has changed" in page
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
    page = " ".join(response.content.decode().split())
    assert "<title>Error: Sign for" in page
    assert 'value="sam at example"' in page
    assert not EmailAddress.objects.exists()


def test_number_and_bar_show_from_the_threshold_on(client):
    petition = make_petition(shown_from=10, goal=40)
    for _nr in range(9):
        make_signature(petition, counted_on=yesterday())
    publish()
    assert "Be one of the first to sign" in words_on(client, petition)
    assert "<progress" not in words_on(client, petition)

    make_signature(petition, counted_on=yesterday())
    publish()

    page = words_on(client, petition)
    assert 'About <b class="counter-number">10</b> people have signed' in page
    assert '<progress class="goal" max="100" value="25"' in page
    assert "of 40 that we hope for" in page


def test_signers_are_shown_where_the_case_allows_it_and_they_want_it(client):
    petition = make_petition(shows_signers=True)
    make_signature(
        petition, name="Ana Maria Testova", country="FI", shown_name="Ana", counted_on=yesterday()
    )
    make_signature(petition, name="Hidden Tester")
    make_signature(petition, name="Waiting Tester", shown_name="Waiting", state="unconfirmed")
    make_signature(petition, name="Held Tester", shown_name="Held", needs_review=True)
    for _nr in range(9):
        make_signature(petition, counted_on=yesterday())
    publish()
    page = words_on(client, petition)
    assert "Ana (Finland)" in page
    for name in ["Testova", "Hidden", "Waiting", "Held"]:
        assert name not in page

    petition.shows_signers = False
    petition.save()
    assert "Ana" not in read_on(client, petition)


def test_signers_are_hidden_with_the_number(client):
    petition = make_petition(shows_signers=True, shown_from=2)
    make_signature(petition, name="Ana Testova", shown_name="Ana")

    assert "Ana" not in read_on(client, petition)


def test_nobody_is_shown_without_being_asked(client):
    petition = make_petition()  # this one shows nobody

    sign(client, petition, shows_name="on")

    assert Signature.objects.get().shown_name == ""


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("https://spam.example/buy Sam", "https://spam."),
        ("4u Tester", "4u"),
        ("Idiot Tester", "Idiot"),
    ],
)
def test_what_is_no_name_is_not_shown_below_a_petition(client, name, part):
    WordList.objects.create(kind="insult", language="en", words=["idiot*"])
    petition = make_petition(shows_signers=True)

    response = sign(client, petition, name=name, shows_name="on", first_name=part)

    assert "can’t be shown here. Untick this box" in response.content.decode()
    assert not Signature.objects.exists()


@pytest.mark.parametrize("language", ["fr", "es"])
def test_an_insult_of_any_language_is_no_name_to_be_shown(client, language):
    WordList.objects.create(kind="insult", language=language, words=["testword"])

    typed = {"name": "Testword T.", "shows_name": "on", "first_name": "Testword"}
    page = sign(client, make_petition(shows_signers=True), **typed)

    assert "can’t be shown here" in page.content.decode()
    assert not Signature.objects.exists()


@pytest.mark.parametrize("digest", [None, "", "0" * 32])
def test_who_does_not_send_which_text_was_read_signs_nothing(client, digest):
    petition = make_petition()
    form = sign_form(petition, digest=digest)
    if digest is None:
        del form["digest"]

    page = client.post(url_of(petition), form)

    assert page.status_code == 200
    assert "The text of the petition has changed" in page.content.decode()
    assert not Signature.objects.exists()
    again = form | {"digest": page.context["form"]["digest"].value()}
    assert client.post(url_of(petition), again).status_code == 302


@pytest.mark.parametrize(
    "name", ["Zoë Tester", "Ángel Tester", "Anne-Marie O’Tester", "علي تست", "சமி தோழர்"]
)
def test_names_of_any_script_may_be_shown(client, name):
    part = name.split()[0]
    sign(client, make_petition(shows_signers=True), name=name, shows_name="on", first_name=part)

    assert Signature.objects.get().shown_name == part


def test_the_last_day_still_takes_signatures_and_the_next_says_so(client):
    petition = make_petition(closes_on=timezone.localdate())
    assert sign(client, petition).status_code == 302
    form = sign_form(petition, email="late@example.org", name="Late Tester")

    with time_machine.travel(timezone.now() + 2 * DAY):
        page = words_on(client, petition)
        late = client.post(url_of(petition), form | {"token": token()})

    assert "This petition is closed" in page
    assert "<button" not in page
    assert late.status_code == 409
    assert "stopped taking signatures" in late.content.decode()
    assert 'value="Late Tester"' in late.content.decode()
    assert Signature.objects.count() == 1


def test_who_signed_in_time_may_say_yes_the_day_after(client):
    petition = make_petition(closes_on=timezone.localdate())
    sign(client, petition)

    with time_machine.travel(timezone.now() + 2 * DAY):
        say_yes(client, EmailAddress.objects.get())

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
    assert sign(client, petition).status_code == 409
    assert not Signature.objects.exists()


def test_a_case_without_a_petition_has_no_page_to_sign(client):
    assert client.get(reverse("letters:signature", args=[make_case().slug])).status_code == 404


@pytest.mark.usefixtures("still_clock")
@pytest.mark.parametrize("trap", ["field", "too fast", "too many"])
def test_what_a_robot_sends_is_held_and_counts_after_a_look(client, monkeypatch, trap):
    petition = make_petition()
    fields = {}
    if trap == "field":
        fields = {"website": "https://spam.example"}
    elif trap == "too fast":
        fields = {"token": token(shown=SECOND)}
    else:
        monkeypatch.setattr(throttle, "REVIEW_ABOVE", 0)

    assert sign(client, petition, **fields).status_code == 302
    say_yes(client, EmailAddress.objects.get())
    assert signed(petition.case) == 0
    page = client.get(EmailAddress.objects.get().get_absolute_url()).content.decode()
    assert "Somebody from the campaign looks at it first" in page

    assert signatures.clear_review(Signature.objects.get())
    assert signed(petition.case) == 1


@pytest.mark.usefixtures("still_clock")
def test_too_many_from_one_place_are_refused_with_what_they_typed(client, monkeypatch):
    monkeypatch.setattr(throttle, "MAILS_REFUSED_ABOVE", 0)

    response = sign(client, make_petition())

    assert response.status_code == 429
    assert 'value="Sam Tester"' in response.content.decode()
    assert not EmailAddress.objects.exists()


def test_an_invalid_signature_does_not_count_and_nobody_signs_it_back(client):
    signature = make_signature(email_address=make_email_address("sam@example.org"))

    assert signatures.invalidate(signature)
    assert signed(signature.petition.case) == 0
    sign(client, signature.petition)
    say_yes(client, signature.email_address)
    assert signed(signature.petition.case) == 0

    assert signatures.revalidate(Signature.objects.get())
    assert OutgoingMail.objects.get().to == "sam@example.org"
    say_yes(client, signature.email_address)
    assert signed(signature.petition.case) == 1


def test_an_act_on_what_changed_meanwhile_does_nothing(client):
    signature = make_signature(state="unconfirmed")
    [first, second] = [Signature.objects.get() for _nr in range(2)]

    assert signatures.confirm(first)
    assert not signatures.confirm(second)
    assert not signatures.withdraw(second)
    assert signed(signature.petition.case) == 1
