"""How a name will appear is shown before anything goes, and asked where it may be wrong."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from letters.models import Letter, Signature
from tests.factories import (
    make_case_to_write_for,
    make_letter,
    make_message,
    make_petition,
    make_solidarity_action,
)
from tests.letters.sending import (
    letter_form,
    see_step_two,
    send_letter,
    send_message,
    sign,
)

pytestmark = pytest.mark.usefixtures("counts_hold")

ASKED = "If that is right, send the form once more."
BOXES = "On paper each becomes a box."


@pytest.fixture
def case():
    return make_case_to_write_for()


def page_of(response) -> str:
    return response.content.decode()


def filled_in(response) -> dict:
    form = response.context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def press_again(client: Client, url: str, response, form: dict):
    return client.post(url, form | {"told": response.context["form"]["told"].value()})


@pytest.mark.parametrize(
    ("name", "parts", "chosen"),
    [
        ("王小明", ["小明", "王小明"], "小明"),
        ("Nguyễn Thị Lan", ["Nguyễn", "Thị", "Lan"], "Lan"),
        ("Nagy Anna", ["Nagy", "Anna"], "Anna"),
        ("Tanaka Yuki", ["Tanaka", "Yuki"], "Yuki"),
        ("Dr. Anna NAGY", ["Anna", "NAGY"], "Anna"),
        ("J. Robert Smith", ["J.", "Robert", "Smith"], "Robert"),
        ("Dr. Meier", ["Meier"], "Meier"),
        ("Mr.Smith", ["Smith"], "Smith"),
        ("Mr. and Mrs. Smith", ["and", "Smith"], "Smith"),
        ("Петров Иван", ["Петров", "Иван"], "Иван"),
        ("Smith - John", ["Smith", "John"], "John"),
        ("Goh Chok Tong", ["Goh", "Chok", "Tong"], "Chok"),
        ("Sam Tester", ["Sam", "Tester"], "Sam"),
    ],
)
def test_who_types_several_words_is_asked_which_part_is_their_first_name(
    client, case, name, parts, chosen
):
    url = reverse("letters:letter-write", args=[case.slug])
    form = letter_form(name=name, name_form="first")

    asked = client.post(url, form)

    assert list(asked.context["form"].errors) == ["first_name"]
    assert "Choose which part of your name should appear" in page_of(asked)
    assert asked.context["form"].appears.parts == parts
    assert asked.context["form"].appears.name == ""
    assert not Letter.objects.exists()
    assert client.post(url, form | {"first_name": chosen}).status_code == 302
    letter = Letter.objects.get()
    assert letter.signed_name == chosen
    assert letter.name == chosen  # the rest is not kept


def test_a_part_that_is_not_in_the_name_is_asked_about_anew(client, case):
    form = letter_form(name="Nagy Anna", name_form="first", first_name="Éva")

    again = client.post(reverse("letters:letter-write", args=[case.slug]), form)

    assert list(again.context["form"].errors) == ["first_name"]
    assert not Letter.objects.exists()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Meier, Anna", "Anna"),
        ("Meier, Dr. Anna", "Anna"),
        ("Suharto", "Suharto"),
    ],
)
def test_a_first_name_that_can_be_told_is_not_asked_about(client, case, name, shown):
    assert send_letter(client, case, name=name, name_form="first").status_code == 302
    assert Letter.objects.get().signed_name == shown


def test_initials_whose_order_may_be_another_are_asked_about_once(client, case):
    url = reverse("letters:letter-write", args=[case.slug])
    form = letter_form(name="王小明", name_form="initials")

    asked = client.post(url, form)

    assert list(asked.context["form"].errors) == ["name_form"]
    assert f"Your name will appear as “王. 小.”. {ASKED}" in page_of(asked)
    assert press_again(client, url, asked, form).status_code == 302
    assert Letter.objects.get().signed_name == "王. 小."


def test_another_name_than_was_shown_is_asked_about_anew(client, case):
    url = reverse("letters:letter-write", args=[case.slug])
    asked = client.post(url, letter_form(name="王小明", name_form="initials"))

    again = press_again(client, url, asked, letter_form(name="李小龙", name_form="initials"))

    assert "Your name will appear as “李. 小.”." in page_of(again)


def test_who_types_just_what_should_appear_is_not_asked(client, case):
    send_letter(client, case, name="小明", name_form="full")

    assert Letter.objects.get().signed_name == "小明"


def test_most_names_are_not_asked_about(client, case):
    for name_form in ["full", "initials", "none"]:
        assert send_letter(client, case, name_form=name_form).status_code == 302
    assert send_letter(client, case, name="Sam", name_form="first").status_code == 302


def test_without_script_the_page_after_the_form_shows_how_the_name_appears(client, case):
    send_letter(client, case, name="Meier, Sofia", name_form="first")

    assert ">Sofia</p>" in page_of(client.get(Letter.objects.get().get_absolute_url()))


def test_the_script_is_told_how_the_name_will_appear(client):
    url = reverse("letters:name-shown")

    def shown(**typed):
        return page_of(client.post(url, {"name_form": "full"} | typed))

    assert "שרה כהן" in shown(name="שרה כהן")
    assert BOXES in shown(name="שרה כהן")
    assert "No name will appear." in shown(name="Sam", under_18="on")
    assert "If you leave it empty, no name will appear." in shown(name="")
    asked = shown(name="Nagy Anna", name_form="first")
    assert "Choose below which part of your name should appear." in asked
    assert 'value="Nagy"' in asked
    chosen = shown(name="Nagy Anna", name_form="first", first_name="Anna")
    assert 'will appear as: <b dir="auto" translate="no">Anna</b>' in " ".join(chosen.split())


def test_without_a_name_none_stands_and_nothing_is_asked(client, case):
    page = see_step_two(client, case)
    send_letter(client, case, name="", name_form="full")
    send_message(client, make_solidarity_action(case).case, name=" ", name_form="first")

    assert "If you leave it empty, no name will appear." in page_of(page)
    assert [letter.signed_name for letter in Letter.objects.all()] == ["", ""]
    assert {letter.name_form for letter in Letter.objects.all()} == {"none"}


@pytest.mark.parametrize(
    ("name", "name_form", "is_advised"),
    [
        ("Sam Tester", "full", True),
        ("Sam", "first", True),
        ("Sam", "initials", False),
        ("Sam Tester", "first", False),
        ("S. T.", "full", False),
        ("Sam Tester", "none", False),
    ],
)
def test_ties_ask_what_will_appear_and_not_how_it_is_called(
    client, case, name, name_form, is_advised
):
    form = {"name": name, "name_form": name_form, "first_name": name.split()[0]}
    answer = send_letter(client, case, ties="yes", **form)

    assert (answer.status_code == 200) is is_advised
    if is_advised:
        assert "As you have ties to the country, we advise you" in page_of(answer)


# --- letters that our faces lack


def test_a_name_that_can_not_be_printed_is_told_on_the_page_of_the_letter(client, case):
    letter = make_letter(case, name="שרה כהן")
    message = make_message(make_solidarity_action(case).case, name="สมชาย")
    plain = make_letter(case)

    for thing in [letter, message]:
        page = page_of(client.get(thing.get_absolute_url()))
        assert BOXES in page
        assert reverse("letters:letter-edit", args=[thing.key]) in page
    assert BOXES not in page_of(client.get(plain.get_absolute_url()))


def test_an_address_that_can_not_be_printed_is_told_to_who_writes(client, case):
    target = case.targets.get()
    target.postal = "משרד\n0001 Testville"
    target.save()

    page = page_of(client.get(make_letter(case).get_absolute_url()))

    assert "We cannot print these characters: מ ש ר ד (Hebrew)." in page


def test_the_check_tells_where_a_letter_stands_that_can_not_be_printed(client, case):
    url = reverse("letters:check-text", args=[case.slug])

    page = page_of(client.post(url, {"body": "I write for שרה and สมชาย.", "subject": "王"}))

    assert "We cannot print these characters: ש ר ה (Hebrew), ส ม ช" in page
    assert "these characters: 王 (Chinese, Japanese)" in page
    assert 'data-words="שרה"' in page
    assert 'data-field="subject" data-start="0" data-words="王"' in page


# --- take all: nothing is handed in before it was shown


@pytest.mark.parametrize("kind", ["letter", "message"])
def test_take_all_hands_nothing_in_with_a_name_that_was_not_shown(client, monkeypatch, kind):
    monkeypatch.setattr("letters.privacy.antispam.FASTEST", -1)
    case = make_solidarity_action().case
    url = reverse(f"letters:take-all-{kind}", args=[case.slug])
    first = client.get(url).context["form"]
    filled = {name: first[name].value() or "" for name in first.fields}
    filled |= {"send": "deliver", "name_form": "initials", "body": "You are not forgotten. " * 3}
    filled |= {"ties": "no", "name": "Sam Tester", "consent": "on"}

    asked = client.post(url, filled)

    assert "Your name will appear as “S. T.”." in page_of(asked)
    assert not Letter.objects.exists()
    press_again(client, url, asked, filled)
    assert Letter.objects.get().signed_name == "S. T."
    assert Letter.objects.get().state == "submitted"


def test_take_all_hands_no_boxes_in_without_having_said_so(client, case, monkeypatch):
    monkeypatch.setattr("letters.privacy.antispam.FASTEST", -1)
    url = reverse("letters:take-all-letter", args=[case.slug])
    written = filled_in(client.get(url)) | {"ties": "no", "step": "2"}
    written["body"] += " I am a friend of שרה."

    told = client.post(url, written)

    assert told.context["step"] == 1
    assert list(told.context["form"].errors) == ["body"]
    assert "your name" not in told.context["form"].errors["body"][0]
    assert BOXES in page_of(told)
    who = client.post(
        url, written | {"told_of_boxes": told.context["form"]["told_of_boxes"].value()}
    )
    assert who.context["step"] == 2
    assert client.post(url, filled_in(who) | {"send": "deliver"}).status_code == 302
    assert "שרה" in Letter.objects.get().body


# --- names that others read


@pytest.mark.parametrize("name", ["សុខា", "علی‌رضا", "Anne\u2011Marie Tester"])
def test_first_names_of_every_script_can_be_shown_under_a_petition(client, name):
    petition, part = make_petition(shows_signers=True), name.split()[0]

    answer = sign(client, petition, name=name, shows_name="on", first_name=part, told=part)

    assert answer.status_code == 302
    assert Signature.objects.get().shown_name == part


@pytest.mark.parametrize(
    ("name", "parts", "chosen"),
    [
        ("王小明", ["小明", "王小明"], "小明"),
        ("Петров Иван", ["Петров", "Иван"], "Иван"),
        ("Sam Tester", ["Sam", "Tester"], "Sam"),
    ],
)
def test_who_wants_to_be_shown_under_a_petition_chooses_the_part(client, name, parts, chosen):
    petition = make_petition(shows_signers=True)

    asked = sign(client, petition, name=name, shows_name="on")

    assert list(asked.context["form"].errors) == ["first_name"]
    assert asked.context["form"].appears.parts == parts
    assert page_of(asked).count("Which part of your name should appear?") == 1
    assert not Signature.objects.exists()
    assert sign(client, petition, name=name, shows_name="on", first_name=chosen).status_code == 302
    signature = Signature.objects.get()
    assert (signature.name, signature.shown_name) == (name, chosen)  # paper carries all of it


@pytest.mark.parametrize(("name", "shown"), [("Sam", "Sam"), ("Meier, Dr. Anna", "Anna")])
def test_a_name_under_a_petition_is_shown_once_before_it_goes(client, name, shown):
    petition = make_petition(shows_signers=True)

    asked = sign(client, petition, name=name, shows_name="on")

    assert f"It will be shown as “{shown}”." in page_of(asked)
    assert not Signature.objects.exists()
    told = asked.context["form"]["told"].value()
    assert sign(client, petition, name=name, shows_name="on", told=told).status_code == 302
    assert Signature.objects.get().shown_name == shown


def test_who_does_not_tick_the_box_is_asked_nothing_and_not_shown(client):
    petition = make_petition(shows_signers=True)

    assert sign(client, petition, name="Nagy Anna", first_name="Anna").status_code == 302

    assert Signature.objects.get().shown_name == ""


def test_the_script_is_told_how_a_name_will_appear_below_a_petition(client):
    page = page_of(client.get(reverse("letters:signature", args=[make_petition().case.slug])))
    assert "data-name-shown" not in page  # this one shows nobody
    petition = make_petition(shows_signers=True)
    page = page_of(client.get(reverse("letters:signature", args=[petition.case.slug])))
    [url] = re.findall('data-name-shown="([^"]+)"', page)

    def shown(**typed):
        return " ".join(page_of(client.post(url, {"name": "Nagy Anna"} | typed)).split())

    assert '<div class="hint" role="status"> </div>' in shown()
    asked = shown(shows_name="on")
    assert "Choose below which part of your name should appear." in asked
    assert f'data-name-shown="{url}"' in asked
    assert "will appear as: <b" in shown(shows_name="on", first_name="Anna")
    assert "will appear as: <b" in shown(shows_name="on", name="שרה")
    assert BOXES not in shown(shows_name="on", name="שרה")  # it stands on a page, not on paper
