"""Messages of support: written, printed, handed in, and shown to others."""

import datetime
import io
from base64 import b64decode

import pytest
from cryptography.fernet import Fernet
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader

from cases.models import AddressVisibility, Case, SafetyRule, SolidarityAction, SolidarityPhrase
from cases.printing import typesetting
from letters.actions import letters
from letters.models import Letter, LetterPicture, OutgoingMail
from letters.privacy import erasure, throttle
from letters.text import pictures
from tests.factories import (
    make_case_to_write_for,
    make_letter,
    make_message,
    make_solidarity_action,
)
from tests.letters import stored
from tests.letters.actions.test_at_once import at_once
from tests.letters.sending import (
    a_picture,
    act,
    counted,
    everyone,
    message_form,
    send_message,
    state_of,
)
from tests.reading import page, weight, words

pytestmark = pytest.mark.usefixtures("counts_hold")

TODAY = timezone.localdate
DAY = datetime.timedelta(days=1)


def page_of(client, case: Case, **query):
    return client.get(reverse("letters:message-write", args=[case.slug]), query)


def visible_fields(response) -> set[str]:
    """The names of the fields that somebody sees, unfolded or not."""
    shown = page(response)
    fields = [*shown.all("input"), *shown.all("select"), *shown.all("textarea")]
    names = {field.get("name") for field in fields if field.get("type") != "hidden"}
    return names - {"website", "point"}


def hidden_values(response) -> dict[str, str]:
    return {
        each.get("name"): each.get("value") for each in page(response).all("input", type="hidden")
    }


def messages_counted(case: Case) -> int:
    return counted(case, "messages")


def text(response) -> str:
    return response.content.decode()


def pages_of(response) -> list[str]:
    assert response["Content-Type"] == "application/pdf"
    return [
        " ".join(page.extract_text().split())
        for page in PdfReader(io.BytesIO(response.content)).pages
    ]


def sizes_of(response) -> set[tuple[int, int]]:
    """The pages in millimetres."""
    boxes = [page.mediabox for page in PdfReader(io.BytesIO(response.content)).pages]
    return {(round(box.width / 72 * 25.4), round(box.height / 72 * 25.4)) for box in boxes}


# --- the page


def test_the_page_says_who_reads_it_and_what_may_stand_in_it(client):
    solidarity = make_solidarity_action(recipient="The people of Testville", recipient_kind="group")
    for topic, answer, why in [
        ("religion", "no", "Their beliefs are not known."),
        ("language", "yes", "Any language is welcome."),
        ("war", "unknown", "Told by the check alone."),
        ("seasons-greetings", "unknown", ""),
        ("charges", "n/a", "Nobody is charged here."),
    ]:
        SafetyRule.objects.create(
            case=solidarity.case, topic=topic, applies_to="solidarity", answer=answer, why=why
        )
    SafetyRule.objects.create(case=solidarity.case, topic="photos", answer="no", why="For office.")

    page = text(page_of(client, solidarity.case))

    assert "The people of Testville. They are many" in page
    assert page.index("<b>No</b>") < page.index("Their beliefs are not known.")
    assert page.index("<b data-yes>Yes</b>") < page.index("Any language is welcome.")
    left_out = "as we know nothing about them: season&#x27;s greetings, war and armed conflict."
    assert page.count(left_out) == 1
    for not_told in ["For office.", "Told by the check alone.", "Nobody is charged", "The charges"]:
        assert not_told not in page


def test_picked_sentences_begin_the_message_in_their_language(client):
    case = make_solidarity_action().case
    first = SolidarityPhrase.objects.create(case=case, language="fr", text="Courage.", position=1)
    other = SolidarityPhrase.objects.create(case=case, language="fr", text="À vous.", position=2)
    SolidarityPhrase.objects.create(case=case, language="en", text="You are not alone.")
    of_another_case = SolidarityPhrase.objects.create(
        case=make_case_to_write_for(), text="Not for here."
    )

    form = page_of(client, case, point=[other.pk, first.pk, of_another_case.pk]).context["form"]

    assert form["body"].value() == "Courage.\n\nÀ vous."
    assert form["language"].value() == "fr"


def test_the_sample_sentences_in_the_language_of_the_page_stand_first(client):
    case = make_solidarity_action().case
    SolidarityPhrase.objects.create(case=case, language="en", text="Take heart.", position=1)
    SolidarityPhrase.objects.create(case=case, language="fr", text="Courage.", position=2)

    english, french = page_of(client, case), client.get(f"/fr/cases/{case.slug}/solidarity/")

    assert [code for code, *_ in english.context["phrases"]] == ["en", "fr"]
    assert [code for code, *_ in french.context["phrases"]] == ["fr", "en"]


@pytest.mark.parametrize(
    ("dates", "said"),
    [({"opens_on": 1}, "From that day you can write"), ({"ends_on": -2}, "were collected until")],
)
def test_before_and_after_its_dates_the_page_says_so_and_leads_on(client, dates, said):
    dates = {name: TODAY() + days * DAY for name, days in dates.items()}
    case = make_solidarity_action(**dates).case

    page = page_of(client, case)

    assert page.status_code == 200
    assert said in text(page)
    assert reverse("letters:letter-write", args=[case.slug]) in text(page)
    assert "<form" not in text(page)


def test_on_its_first_and_on_its_last_day_it_is_open(client):
    case = make_solidarity_action(opens_on=TODAY(), ends_on=TODAY()).case

    assert "form" in page_of(client, case).context


@pytest.mark.parametrize("url", ["letters:message-write", "letters:letter-write"])
def test_a_paused_or_closed_case_leads_to_its_page_and_a_hidden_one_nowhere(client, url):
    paused = make_case_to_write_for(freeze="paused", freeze_reason="A test says so.")
    closed = make_case_to_write_for(stage="closed")
    hidden = make_case_to_write_for(freeze="hidden", freeze_reason="A test says so.")
    for case in [paused, closed, hidden]:
        make_solidarity_action(case)

    assert client.get(reverse(url, args=[paused.slug])).url == paused.get_absolute_url()
    assert client.get(reverse(url, args=[closed.slug])).url == closed.get_absolute_url()
    assert client.get(reverse(url, args=[hidden.slug])).status_code == 404


def test_a_case_without_solidarity_has_no_such_page(client):
    assert page_of(client, make_case_to_write_for()).status_code == 404


# --- writing


def test_a_message_is_kept_as_a_draft_and_counts_when_it_is_handed_in(client):
    case = make_solidarity_action().case

    response = send_message(client, case, country="FI", email="sam@example.org")

    message = Letter.objects.get()
    assert response.url == message.get_absolute_url() + "#now"
    assert (message.kind, message.form, message.state) == ("solidarity", "card", "drafting")
    assert (message.name, message.country, message.may_be_shown) == ("Sam Tester", "FI", False)
    assert OutgoingMail.objects.count() == 1

    act(client, message, "deliver")

    assert (messages_counted(case), everyone(case)) == (1, 0)
    page = text(client.get(message.get_absolute_url()))
    assert "It is the first action that counts for" in page
    act(client, message, "undo")
    assert messages_counted(case) == 0


def test_the_same_form_twice_makes_one_message_with_one_picture(client):
    case = make_solidarity_action(takes_drawings=True).case
    form = message_form()
    url = reverse("letters:message-write", args=[case.slug])

    for _nr in range(2):
        response = client.post(url, form | {"picture": a_picture()})

    assert response.url == Letter.objects.get().get_absolute_url() + "#now"
    assert LetterPicture.objects.count() == 1


def test_you_and_everyone_stand_on_the_page_that_thanks(client):
    case = make_solidarity_action().case
    message = make_message(case, state="submitted")
    make_message(case, state="posted", route="post")
    make_letter(case, state="posted", route="post")

    page = client.get(message.get_absolute_url())

    assert "3 actions now count for" in text(page)
    assert "<dd>3</dd>" in text(page)  # two messages and a letter


def test_with_ties_the_full_name_is_advised_against_once(client):
    case = make_solidarity_action().case

    response = send_message(client, case, ties="yes")

    assert "Whoever opens the post there will read this name." in text(response)
    assert not Letter.objects.exists()


def test_under_18_no_name_and_no_address_is_kept(client):
    send_message(client, make_solidarity_action().case, under_18="on", email="kim@example.org")

    message = Letter.objects.get()
    assert (message.name, message.email, message.name_form) == ("", "", "none")


def test_a_message_sent_while_its_case_was_stopped_is_not_lost(client):
    case = make_solidarity_action(ends_on=TODAY() - 2 * DAY).case

    response = send_message(client, case, body="What I wrote meanwhile.")

    assert response.status_code == 409
    assert "What I wrote meanwhile." in text(response)
    assert not Letter.objects.exists()


def test_what_does_not_fit_on_a_card_is_said_and_fits_a_letter(client):
    case = make_solidarity_action().case
    long = "You are not forgotten, and we think of you.\n\n" * 60

    response = send_message(client, case, body=long)

    assert "Your words don’t fit on a card." in text(response)
    assert not Letter.objects.exists()
    assert send_message(client, case, body=long, form="letter").status_code == 302


@pytest.fixture
def set_in_type(monkeypatch) -> list[str]:
    """The cards whose words were set in type to see whether they fit."""
    papers, pages = [], typesetting.pages
    monkeypatch.setattr("letters.text.printing._fitting", {})  # nor known from a test before

    def watched(template, data):
        papers.append(data["paper"])
        return pages(template, data)

    monkeypatch.setattr(typesetting, "pages", watched)
    return papers


@pytest.mark.usefixtures("still_clock")
def test_words_that_do_not_fit_count_as_a_try_before_they_are_set(client, monkeypatch, set_in_type):
    monkeypatch.setattr(throttle, "REFUSED_ABOVE", 1)
    case = make_solidarity_action().case
    long = "Every day of this winter we thought of you.\n\n" * 60

    first = send_message(client, case, body=long)
    second = send_message(client, case, body=long + "And of the herds.")

    assert (first.status_code, second.status_code) == (200, 429)
    assert "Your words don’t fit on a card." in text(first)
    assert second.context["form"]["body"].value().endswith("And of the herds.")
    assert set_in_type == ["a5"]


@pytest.mark.usefixtures("still_clock")
def test_words_of_a_change_count_as_a_try_too(client, monkeypatch, set_in_type):
    monkeypatch.setattr(throttle, "REFUSED_ABOVE", 0)
    message = make_message()

    answer = client.post(reverse("letters:letter-edit", args=[message.key]), message_form())

    assert answer.status_code == 429
    assert set_in_type == []


def test_far_too_many_words_for_a_card_are_refused_unset(client, set_in_type):
    case = make_solidarity_action().case

    response = send_message(client, case, body="We think of you every day. " * 180)

    assert "Your words don’t fit on a card." in text(response)
    assert set_in_type == []


def test_the_private_page_sets_no_type_for_what_is_known(client, set_in_type):
    send_message(client, make_solidarity_action().case, body="We know how long this winter was.")
    message = Letter.objects.get()
    act(client, message, "post")

    for _nr in range(2):
        assert "paper=a6" in text(client.get(message.get_absolute_url()))
    client.get(reverse("letters:message-card", args=[message.key]), {"paper": "a6"})

    assert set_in_type == ["a5", "a6"]


# --- ways


def test_a_message_can_be_posted_only_where_its_address_is_public(client):
    for visibility, ways in [
        (AddressVisibility.PUBLIC, {"post", "deliver", "withdraw"}),
        (AddressVisibility.ON_REQUEST, {"post", "deliver", "withdraw"}),
        (AddressVisibility.STAFF_ONLY, {"deliver", "withdraw"}),
    ]:
        message = make_message(make_solidarity_action(address_visibility=visibility).case)

        assert letters.allowed_acts(message) == ways
        act(client, message, "email")
        assert state_of(message) == "drafting"
        act(client, message, "post")
        assert state_of(message) == ("ready" if "post" in ways else "drafting")


def test_an_address_on_request_is_asked_for_by_mail(client, settings):
    settings.CONTACT_EMAIL = "us@example.org"
    solidarity = make_solidarity_action(address_visibility=AddressVisibility.ON_REQUEST)
    message = make_message(solidarity.case, form="letter", state="ready", route="post")

    page = text(client.get(message.get_absolute_url()))

    assert "ask us for it" in page
    assert "mailto:us@example.org" in page


@pytest.mark.slow
@pytest.mark.parametrize("visibility", ["on-request", "staff-only"])
def test_an_address_that_is_not_public_leaves_by_no_page_and_no_print(client, visibility):
    solidarity = make_solidarity_action(postal="77 Secret Lane\n0002 Testville")
    case = solidarity.case
    card = make_message(case, state="ready", route="post")
    letter = make_message(case, form="letter", state="ready", route="post")
    SolidarityAction.objects.update(address_visibility=visibility)

    answers = [page_of(client, case), client.get(reverse("letters:messages", args=[case.slug]))]
    printed = []
    for message in [card, letter]:
        answers += [
            client.get(message.get_absolute_url()),
            client.get(reverse("letters:letter-edit", args=[message.key])),
            client.get(reverse("letters:letter-text", args=[message.key])),
        ]
        printed += [client.get(reverse("letters:letter-pdf", args=[message.key]))]
        printed += [client.get(reverse("letters:message-card", args=[message.key]))]

    assert not [answer for answer in answers if "Secret" in text(answer)]
    assert not [answer for answer in printed if "Secret" in " ".join(pages_of(answer))]


def test_a_message_of_a_case_whose_messages_ended_can_be_withdrawn_but_not_sent():
    message = make_message(make_solidarity_action(ends_on=TODAY() - 2 * DAY).case)

    assert letters.allowed_acts(message) == {"withdraw"}


@pytest.mark.parametrize("freeze", ["hidden", "withdrawn"])
def test_nothing_of_a_message_is_shown_while_its_case_is_not_told(client, freeze):
    case = make_solidarity_action(takes_drawings=True).case
    message = make_message(case, state="submitted")
    pictures.keep(message, pictures.clean(a_picture()))
    Case.objects.filter(pk=case.pk).update(freeze=freeze, freeze_reason="A test says so.")

    page = text(client.get(message.get_absolute_url()))

    assert "Your message is not shown at the moment" in page
    assert case.display_name not in page
    for name in ["message-card", "letter-pdf", "letter-text", "letter-edit"]:
        answer = client.get(reverse(f"letters:{name}", args=[message.key]))
        assert answer.url == message.get_absolute_url()
    assert client.get(reverse("letters:message-picture", args=[message.key])).status_code == 404


def test_the_page_that_erases_speaks_of_the_message(client):
    message = make_message()

    page = client.get(reverse("letters:letter-erase", args=[message.key]))

    assert "Only the number of messages stays." in text(page)


def test_the_pages_load_little(client):
    case = make_solidarity_action(takes_drawings=True, shows_messages=True).case
    message = make_message(case)

    for url in [reverse("letters:message-write", args=[case.slug]), message.get_absolute_url()]:
        assert weight(client.get(url))[1] < 30_000


# --- on paper


def test_the_card_has_the_words_the_address_and_no_name_of_the_campaign(client):
    message = make_message(name_form="initials", state="ready", route="post")
    url = reverse("letters:message-card", args=[message.key])

    small, large = client.get(url, {"paper": "a6"}), client.get(url, {"paper": "a5"})

    assert (sizes_of(small), sizes_of(large)) == ({(148, 105)}, {(210, 148)})
    for card in [small, large]:
        front, back = pages_of(card)
        assert front == ""
        assert back == (
            "You are not forgotten. We think of you and of the herds. S. T. "
            "Test Person c/o Test House 2 Invented Street 0002 Testville NORWAY"
        )


def test_many_words_take_the_whole_back_of_the_larger_card(client):
    message = make_message(body="We think of you every day. " * 70, state="ready", route="post")

    assert "paper=a6" not in text(client.get(message.get_absolute_url()))
    card = client.get(reverse("letters:message-card", args=[message.key]), {"paper": "a6"})

    assert sizes_of(card) == {(210, 148)}
    assert "Invented Street" not in " ".join(pages_of(card))


def test_the_letter_has_the_address_in_its_window_and_the_picture_on_a_second_page(client):
    message = make_message(form="letter", state="ready", route="post")
    pictures.keep(message, pictures.clean(a_picture()))

    words, picture = pages_of(client.get(reverse("letters:letter-pdf", args=[message.key])))

    assert "c/o Test House 2 Invented Street 0002 Testville NORWAY" in words
    assert "Dear" not in words  # of the letter to the official
    assert picture == ""


def test_the_plain_text_is_the_writers_words_alone(client):
    message = make_message(form="letter")

    answer = client.get(reverse("letters:letter-text", args=[message.key]))

    assert text(answer) == (
        "You are not forgotten. We think of you and of the herds.\n\nSam Tester\n"
    )


def test_a_letter_to_the_official_is_no_card(client):
    letter = make_letter(make_solidarity_action().case)

    answer = client.get(reverse("letters:message-card", args=[letter.key]))

    assert answer.url == letter.get_absolute_url()


# --- pictures


def slow_picture() -> SimpleUploadedFile:
    """A JPEG of some kB that says to go through all its pixels sixty times."""
    data = a_picture((900, 600), progressive=True).read()
    last = data.rindex(b"\xff\xda")
    return SimpleUploadedFile("a.jpg", data[:-2] + data[last:-2] * 60 + data[-2:])


def test_a_picture_is_kept_upright_small_encrypted_and_without_its_place(client):
    case = make_solidarity_action(takes_drawings=True).case
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "Tromso Camera"

    send_message(client, case, picture=a_picture((3200, 1600), exif=exif))

    message = Letter.objects.get()
    answer = client.get(reverse("letters:message-picture", args=[message.key]))
    image = Image.open(io.BytesIO(answer.content))
    assert answer["Cache-Control"] == "no-store, private"
    assert (image.format, image.size) == ("JPEG", (800, 1600))
    assert not image.getexif()
    assert b"Tromso" not in answer.content
    held = stored.everything("letters_letterpicture")
    assert "/9j/" not in held  # how base64 of a JPEG begins
    assert LetterPicture.objects.get().width == 800
    assert b64decode(LetterPicture.objects.get().data) == answer.content


@pytest.mark.parametrize(
    ("upload", "said"),
    [
        (lambda: SimpleUploadedFile("a.jpg", b"<svg xmlns='x'/>"), "SVG files are not taken"),
        (lambda: SimpleUploadedFile("a.jpg", b"no picture at all"), "This file is not a picture"),
        (lambda: SimpleUploadedFile("a.jpg", b""), "The submitted file is empty."),
        (lambda: a_picture((16_001, 300), kind="PNG"), "This picture has too many pixels"),
        (lambda: slow_picture(), "This picture is saved in a way that takes very long to open"),
        (lambda: a_picture((100, 600)), "This picture is too small to be printed"),
        (
            lambda: SimpleUploadedFile("a.jpg", a_picture().read()[:900]),
            "This picture is damaged or incomplete",
        ),
    ],
    ids=["svg", "text", "empty", "bomb", "slow", "small", "cut"],
)
def test_what_is_no_good_picture_is_told_in_a_sentence_and_the_words_stay(client, upload, said):
    case = make_solidarity_action(takes_drawings=True).case

    response = send_message(client, case, body="The words that I typed.", picture=upload())

    assert response.status_code == 200
    assert said in text(response)
    assert "The words that I typed." in text(response)
    assert not Letter.objects.exists()


def test_a_drawing_is_asked_for_alone_when_nothing_else_can_be_wrong(client):
    case = make_solidarity_action(takes_drawings=True).case

    wrong = send_message(client, case, email="nobody", step="3")
    last = send_message(client, case, step="3")
    sent = send_message(client, case, picture=a_picture())

    assert visible_fields(wrong) >= {"email", "name"}
    assert visible_fields(last) == {"picture"}
    assert sent.url == Letter.objects.get().get_absolute_url() + "#now"
    assert LetterPicture.objects.count() == 1


@pytest.mark.parametrize("wrong", [{"ties": ""}, {"email": "nobody"}, {"token": ""}])
def test_a_drawing_that_comes_with_a_mistake_is_asked_for_again_in_words(client, wrong):
    case = make_solidarity_action(takes_drawings=True).case

    response = send_message(client, case, picture=a_picture(), **wrong)

    summary = page(response).one("div", id="error-summary")
    kept = "token" in wrong  # it is shown again where the drawing is chosen
    assert ("Please choose it again in the last step" in words(summary)) is not kept
    assert ("picture" in visible_fields(response)) is kept
    assert not Letter.objects.exists()


@pytest.mark.parametrize("is_edited", [False, True])
def test_who_goes_back_with_a_drawing_is_told_to_choose_it_again(client, is_edited):
    case = make_solidarity_action(takes_drawings=True).case
    url = reverse("letters:message-write", args=[case.slug])
    if is_edited:
        url = reverse("letters:letter-edit", args=[make_message(case).key])

    back = client.post(url, message_form(step="2", picture=a_picture()))
    without = client.post(url, message_form(step="2"))

    assert "Step 2 of 3" in text(back)
    summary = words(page(back).one("div", id="error-summary"))
    assert "Please choose it again in the last step" in summary
    assert hidden_values(back)["body"] == message_form()["body"]
    assert back.context["form"]["name"].value() == "Sam Tester"
    assert list(back.context["form"].errors) == ["__all__"]
    assert not page(without).all("div", id="error-summary")


# --- in steps, without a script


def test_each_step_asks_little_and_takes_along_what_was_typed(client, case):
    first = page_of(client, case)
    second = send_message(client, case, ties="no", step="2")
    third = send_message(client, case, ties="no", step="3")
    back = send_message(client, case, ties="no", step="1")

    assert visible_fields(first) == {"body", "form", "language", "ties"}
    assert visible_fields(second) == {
        *("under_18", "name", "name_form", "consent", "may_be_shown"),
        *("email", "country", "follow"),
    }
    for response in (second, third):
        assert hidden_values(response)["body"] == message_form()["body"]
        assert hidden_values(response)["ties"] == "no"
    assert hidden_values(third)["name"] == "Sam Tester"
    assert hidden_values(back)["name"] == "Sam Tester"
    assert "Step 3 of 3" in text(third)
    assert not Letter.objects.exists()


def test_a_step_goes_on_only_if_nothing_is_wrong_in_those_before_it(client, case):
    response = send_message(client, case, body="", name="", step="2")

    assert response.context["step"] == 1
    assert list(response.context["form"].errors) == ["body"]


def test_without_drawings_there_are_two_steps(client):
    case = make_solidarity_action().case

    assert "Step 1 of 2" in text(page_of(client, case))
    assert send_message(client, case, step="3").context["step"] == 2


def test_ties_preset_initials_and_repeat_the_advice_beside_the_name(client, case):
    form = message_form(ties="yes", step="2")
    del form["name_form"]

    response = client.post(reverse("letters:message-write", args=[case.slug]), form)

    assert response.context["form"]["name_form"].value() == "initials"
    assert "Sign with your initials or without a name" in text(response)


def test_nothing_is_said_of_an_envelope_where_nobody_writes_on_one(client):
    why = "Put your name on the outside of the envelope."
    ours, theirs = [
        make_solidarity_action(address_visibility=visibility).case
        for visibility in ("staff-only", "public")
    ]
    for case in (ours, theirs):
        SafetyRule.objects.create(
            case=case, topic="own-address", applies_to="solidarity", answer="yes", why=why
        )

    assert why not in text(page_of(client, ours))
    assert why in text(page_of(client, theirs))


def test_pictures_are_asked_for_only_where_they_are_welcome(client):
    without = make_solidarity_action().case
    drawings_only = make_solidarity_action(takes_drawings=True).case
    photos_too = make_solidarity_action(takes_drawings=True).case
    SafetyRule.objects.create(
        case=photos_too, topic="photos", applies_to="solidarity", answer="yes"
    )

    send_message(client, without, picture=a_picture())

    assert not LetterPicture.objects.exists()
    assert 'type="file"' not in text(send_message(client, without, step="3"))
    assert "no photo of yourself" in text(send_message(client, drawings_only, step="3"))
    assert "A drawing or a photo" in text(send_message(client, photos_too, step="3"))


def test_a_picture_can_be_taken_out_and_put_in_anew(client):
    case = make_solidarity_action(takes_drawings=True).case
    send_message(client, case, picture=a_picture())
    message = Letter.objects.get()
    edit = reverse("letters:letter-edit", args=[message.key])

    client.post(edit, message_form())
    assert LetterPicture.objects.count() == 1
    client.post(edit, message_form(without_picture="on"))
    assert LetterPicture.objects.count() == 0
    assert client.get(reverse("letters:message-picture", args=[message.key])).status_code == 404
    client.post(edit, message_form(picture=a_picture((300, 400))))
    assert LetterPicture.objects.get().height == 400


def test_a_new_picture_has_to_be_approved_anew(client):
    case = make_solidarity_action(takes_drawings=True, shows_messages=True).case
    message = make_message(case, state="approved", may_be_shown=True)
    letters.show(message)

    client.post(
        reverse("letters:letter-edit", args=[message.key]),
        message_form(picture=a_picture(), may_be_shown="on"),
    )

    message.refresh_from_db()
    assert (message.state, message.shown_on) == ("submitted", None)


def test_the_picture_goes_with_the_words(client):
    message = make_message(state="submitted")
    pictures.keep(message, pictures.clean(a_picture()))

    erasure.erase_letters(Letter.objects.filter(pk=message.pk))

    assert not LetterPicture.objects.exists()


def test_too_many_pictures_of_one_sender_are_not_looked_at(client, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_PICTURES_AN_HOUR", 0)
    case = make_solidarity_action(takes_drawings=True).case

    response = send_message(client, case, body="The words that I typed.", picture=a_picture())

    assert "Too many pictures came from here in the last hour." in text(response)
    assert "The words that I typed." in text(response)


# --- shown to others


@pytest.fixture
def case():
    return make_solidarity_action(shows_messages=True, takes_drawings=True).case


def shown_page(client, case: Case, **query):
    return client.get(reverse("letters:messages", args=[case.slug]), query)


def test_only_a_case_that_shows_messages_asks_whether_one_may_be_shown(client, case):
    send_message(client, case, may_be_shown="on")
    send_message(client, make_solidarity_action().case, may_be_shown="on")

    assert list(Letter.objects.order_by("pk").values_list("may_be_shown", flat=True)) == [
        True,
        False,
    ]


def test_a_message_is_shown_after_its_writer_agreed_and_a_moderator_chose_it(client, case):
    agreed = make_message(case, state="approved", may_be_shown=True, body="Shown to all.")
    waiting = make_message(case, state="approved", may_be_shown=True, body="Not chosen yet.")
    refused = make_message(case, state="approved", body="Not agreed to.")
    unread = make_message(case, state="submitted", may_be_shown=True, body="Not read yet.")

    assert letters.show(agreed) is True
    assert letters.show(refused) is letters.show(unread) is False

    page = text(shown_page(client, case))
    assert "Shown to all." in page
    assert "Sam Tester" in page
    for message in [waiting, refused, unread]:
        assert message.body not in page
    assert "Norway" not in page


def test_what_its_writer_changes_withdraws_or_erases_is_shown_no_more(client, case):
    for change in [
        lambda message: letters.revise(message, body="Other words."),
        lambda message: letters.act(message, "withdraw"),
        lambda message: erasure.erase_letters(Letter.objects.filter(pk=message.pk)),
        letters.hide,
    ]:
        message = make_message(case, state="approved", may_be_shown=True, body="Shown to all.")
        letters.show(message)
        assert "Shown to all." in text(shown_page(client, case))

        change(message)

        assert "Shown to all." not in text(shown_page(client, case))


def test_the_page_of_messages_can_be_kept_by_anyone_and_sets_no_cookie(client, case):
    answer = shown_page(client, case)

    assert "None is shown yet." in text(answer)
    assert answer["Cache-Control"].startswith("public")
    assert not answer.cookies


def test_messages_of_a_case_that_is_taken_down_are_gone_with_it(client, case):
    letters.show(make_message(case, state="approved", may_be_shown=True))
    for freeze, status in [("paused", 200), ("hidden", 404), ("withdrawn", 410)]:
        Case.objects.filter(pk=case.pk).update(freeze=freeze, freeze_reason="A test says so.")
        assert shown_page(client, case).status_code == status

    Case.objects.filter(pk=case.pk).update(freeze="none")
    SolidarityAction.objects.update(shows_messages=False)
    assert shown_page(client, case).status_code == 404


def test_messages_come_in_pages_at_a_fixed_cost(client, case, django_assert_num_queries):
    def fill(number):
        for _nr in range(number):
            letters.show(make_message(case, state="approved", may_be_shown=True))

    fill(1)
    shown_page(client, case)  # whether there is sample activity is asked every few seconds
    with django_assert_num_queries(4):
        shown_page(client, case)
    fill(24)

    with django_assert_num_queries(4):
        first = shown_page(client, case)
    assert len(first.context["messages"]) == 20
    assert len(shown_page(client, case, page="2").context["messages"]) == 5
    assert shown_page(client, case, page="x").status_code == 200


def test_a_picture_is_encrypted_anew_with_the_words(case, settings):
    message = make_message(case)
    pictures.keep(message, pictures.clean(a_picture()))
    before = pictures.jpeg(message)
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
    held = stored.everything("letters_letterpicture")

    call_command("rotate_keys", stdout=io.StringIO())
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]

    assert stored.everything("letters_letterpicture") != held
    assert pictures.jpeg(message) == before


@pytest.mark.django_db(transaction=True)
def test_one_form_with_a_picture_sent_many_times_makes_one_message(case):
    form = message_form()
    url = reverse("letters:message-write", args=[case.slug])

    def send():
        return Client().post(url, form | {"picture": a_picture()}).status_code

    assert at_once(*[send] * 4) == [302] * 4
    assert Letter.objects.count() == LetterPicture.objects.count() == 1
