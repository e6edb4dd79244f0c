"""A letter is written in two steps: its words, then who writes."""

import datetime
from xml.etree.ElementTree import Element

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.models import Case
from letters.models import Letter
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_letter,
    make_model_letter,
    make_pledge,
    make_solidarity_action,
    make_target,
)
from tests.letters.sending import BODY, letter_form, message_form, see_step_two
from tests.reading import page

pytestmark = pytest.mark.usefixtures("counts_hold")

MOST_CONTROLS = 10


@pytest.fixture
def case():
    return make_case_to_write_for(slug="ana-test")


def address(case: Case) -> str:
    return reverse("letters:letter-write", args=[case.slug])


def read(response) -> str:
    return " ".join(response.content.decode().split())


def what_goes_along(response) -> dict:
    """The fields of the form that nobody sees."""
    form, hidden = response.context["form"], response.context["hidden"]
    fields = [*form.hidden_fields(), *hidden]
    return {field.name: field.value() for field in fields if field.value() is not None}


def test_the_second_step_takes_along_what_was_written_and_keeps_nothing(client, case):
    second = see_step_two(client, case, subject="My subject", body="My words,\n\nall of them. " * 3)

    assert "Step 2 of 2: you and your letter for" in read(second)
    along = what_goes_along(second)
    assert (along["subject"], along["ties"]) == ("My subject", "no")
    assert not Letter.objects.exists()
    sent = client.post(address(case), along | {"name_form": "full", "name": ""})
    assert sent.status_code == 302
    assert Letter.objects.get().body == ("My words,\n\nall of them. " * 3).strip()


def test_the_way_back_loses_nothing(client, case):
    typed = {"name": "Sam Tester", "name_form": "initials", "place": "Testville", "consent": "on"}
    second = what_goes_along(see_step_two(client, case)) | typed

    first = client.post(address(case), second | {"step": "1"})

    assert "Step 1 of 2: your letter for" in read(first)
    assert first.context["form"]["body"].value() == BODY
    assert first.context["form"]["ties"].value() == "no"
    words = {"subject": "The pastures", "body": BODY, "ties": "no"}
    again = client.post(address(case), what_goes_along(first) | words | {"step": "2"})
    assert {name: again.context["form"][name].value() for name in typed} == typed


def test_a_step_that_a_browser_sends_once_more_leads_to_the_letter_it_made(client, case):
    second = what_goes_along(see_step_two(client, case))
    client.post(address(case), second | {"name_form": "full", "name": ""})
    letter = Letter.objects.get()

    again = client.post(address(case), second | {"step": "2"})
    other_words = client.post(address(case), second | {"step": "2", "body": f"Else. {BODY}"})

    assert again.status_code == 302
    assert again.url == reverse("letters:letter-edit", args=[letter.key])
    assert what_goes_along(other_words)["body"] == f"Else. {BODY}"  # it is another letter


def test_the_address_that_a_script_gives_a_step_leads_to_the_letter_where_it_was_made(client, case):
    second = see_step_two(client, case)
    back = address(case) + "?again=" + second.context["again"]
    assert client.get(back).status_code == 200
    client.post(address(case), what_goes_along(second) | {"name_form": "full", "name": ""})
    letter = Letter.objects.get()

    assert client.get(back).url == reverse("letters:letter-edit", args=[letter.key])
    assert letter.key not in back
    assert Client().get(back).status_code == 200  # on no other device
    for nothing in ["?again=", "?again=12345678", "?again=%00"]:
        assert client.get(address(case) + nothing).status_code == 200


def test_back_from_a_message_leads_into_its_form(client, case):
    make_solidarity_action(case)
    url = reverse("letters:message-write", args=[case.slug])
    second = client.post(url, message_form(step="2"))
    along = what_goes_along(second) | {"name_form": "full", "name": "", "picture": ""}
    client.post(url, along)

    edit = reverse("letters:letter-edit", args=[Letter.objects.get().key])
    assert client.post(url, along | {"step": "2"}).url == edit
    assert client.get(f"{url}?again={second.context['again']}").url == edit


def test_a_step_with_a_token_that_is_none_is_shown(client, case):
    for token in ["", "made up"]:
        assert see_step_two(client, case, token=token).status_code == 200


def test_what_is_wrong_with_the_letter_is_said_in_the_first_step(client, case):
    first = see_step_two(client, case, subject="", body="", ties="")

    assert first.context["form"].errors == {
        "subject": ["Type a subject: in a few words, what you write about."],
        "body": ["The sheet is empty. Write a sentence, or start with our letter."],
        "ties": ["Answer yes or no. We do not keep the answer."],
    }
    assert first.context["step"] == 1
    assert "Error:" in read(first).split("</title>")[0]


def test_what_is_wrong_is_said_in_the_step_that_asks_for_it(client, case):
    about_words = client.post(address(case), letter_form(body="", email="no address"))
    about_name = client.post(address(case), letter_form(email="no address"))

    assert (about_words.context["step"], list(about_words.context["form"].errors)) == (1, ["body"])
    assert (about_name.context["step"], list(about_name.context["form"].errors)) == (2, ["email"])
    assert what_goes_along(about_name)["body"] == BODY
    # What is wrong stands in what is folded away otherwise.
    assert '<details class="fold" open>' in read(about_name)


def test_ties_are_asked_before_the_name_and_shorten_it_to_initials(client, case):
    without, with_ties = see_step_two(client, case), see_step_two(client, case, ties="yes")
    chosen = see_step_two(client, case, ties="yes", name_form="none")

    forms = [one.context["form"]["name_form"].value() for one in (without, with_ties, chosen)]
    assert forms == ["full", "initials", "none"]
    assert "think of those there before you go on" not in read(without)
    assert "think of those there before you go on" in read(with_ties)


def test_ties_told_after_a_way_back_shorten_the_name_as_well(client, case):
    second = what_goes_along(see_step_two(client, case)) | {"name": "Sam Tester"}
    first = client.post(address(case), second | {"name_form": "full", "step": "1"})

    along = what_goes_along(first) | {"subject": "The pastures", "body": BODY, "ties": "yes"}
    again = client.post(address(case), along | {"step": "2"})

    assert again.context["form"]["name_form"].value() == "initials"


def test_advice_that_was_not_on_the_page_is_not_passed_over(client, case):
    sent = letter_form(ties="yes", name="Sam Tester", name_form="full")

    first = client.post(address(case), sent | {"body": "Short."})
    assert first.context["step"] == 1
    along = what_goes_along(first) | {"subject": "The pastures", "body": BODY, "ties": "yes"}
    second = client.post(address(case), along | {"step": "2"})
    full = what_goes_along(second) | {"name": "Sam Tester", "consent": "on"}
    full |= {"name_form": "full"}
    asked = client.post(address(case), full)

    assert "As you have ties to the country, we advise you" in read(asked)
    assert not Letter.objects.exists()
    told = full | what_goes_along(asked)
    assert client.post(address(case), told).status_code == 302


def test_a_case_that_stops_while_the_first_step_is_open_says_so_there(client, case):
    case.targets.update(appeal_deadline=timezone.localdate() - datetime.timedelta(days=3))

    first = see_step_two(client, case, target="main", shown_target="main")

    assert first.status_code == 409
    assert first.context["step"] == 1
    [said] = first.context["form"].non_field_errors()
    assert said.startswith("While you were writing, letters for this case were stopped.")
    assert BODY.split()[0] in first.context["form"]["body"].value()


def test_a_letter_is_changed_in_the_same_steps(client, case):
    letter = make_letter(case, name="Sam Tester", name_form="first", consent_version="1")
    url = reverse("letters:letter-edit", args=[letter.key])
    first = client.get(url)
    words = {"subject": "Another subject", "body": BODY, "ties": "no"}

    second = client.post(url, what_goes_along(first) | words | {"step": "2"})

    assert second.context["form"]["name"].value() == "Sam Tester"
    assert second.context["form"]["name_form"].value() == "first"
    assert second.context["form"]["consent"].is_hidden
    assert "Keep the changes" in read(second)
    typed = {"name": "Sam Tester", "name_form": "none"}
    assert client.post(url, what_goes_along(second) | typed).status_code == 302
    letter.refresh_from_db()
    assert (letter.subject, letter.signed_name) == ("Another subject", "")


def test_a_pledge_goes_along_through_both_steps(client, case):
    pledge = make_pledge(case, number=3)
    link = next(
        link
        for link in page(client.get(pledge.get_absolute_url())).links
        if "/write/?pledge=" in link
    )
    first = client.get(link)
    words = {"subject": "The pastures", "body": BODY, "ties": "no"}

    second = client.post(address(case), what_goes_along(first) | words | {"step": "2"})
    typed = {"name": "Sam Tester", "name_form": "full", "consent": "on"}
    sent = client.post(address(case), what_goes_along(second) | typed)

    assert sent.status_code == 302
    assert Letter.objects.get().pledge == pledge


def controls(element: Element) -> int:
    """How many are on the page at first: each radio button is one, what is folded away none."""
    classes = element.get("class", "").split()
    if classes == ["crumb"] or "hidden" in element.attrib or "trap" in classes:
        return 0
    if element.get("type") == "hidden" or element.get("role") == "status":
        return 0
    if element.tag in ("a", "input", "textarea", "select", "button", "summary"):
        return 1
    is_folded = element.tag == "details" and "open" not in element.attrib
    inside = element.findall("summary") if is_folded else element
    return sum(controls(one) for one in inside)


@pytest.mark.parametrize("ties", ["no", "yes"])
def test_no_step_has_more_than_ten_controls(client, case, ties):
    make_target(case, office="The Office of Tests")
    [letter, you] = [
        page(response).one("main")
        for response in (
            client.get(address(case)),
            see_step_two(client, case, ties=ties, target="main"),
        )
    ]

    assert controls(letter) <= MOST_CONTROLS
    assert controls(you) <= MOST_CONTROLS


# --- what the sheet begins with


def test_it_begins_with_our_letter_and_a_blank_sheet_is_near(client, case):
    response = client.get(address(case))

    assert response.context["form"]["body"].value().startswith("I write to you about the pastures.")
    assert "This is our letter" in read(response)
    assert 'href="?start=blank&amp;language=en">a blank sheet</a>' in read(response)
    blank = client.get(address(case), {"start": "blank"})
    assert not blank.context["form"]["body"].value()
    assert ">our letter</a>" in read(blank)


def test_it_begins_blank_where_the_reader_could_not_read_our_letter(client):
    case = make_case(country="EC")
    make_target(case, language="es", salutation="Señor Ministro:", close="Atentamente,")
    make_model_letter(case, "es", subject="Los pastos", body="Le escribo sobre los pastos.")

    assert not client.get(address(case)).context["form"]["body"].value()


def test_it_begins_in_the_language_of_the_page(client: Client):
    case = make_case(country="MG")
    target = {
        "local_language": "fr",
        "local_salutation": "Monsieur,",
        "local_close": "Cordialement,",
    }
    make_target(case, **target)
    make_model_letter(case)
    make_model_letter(case, "fr", subject="Les champs", body="Je vous écris au sujet des champs.")

    assert client.get("/fr" + address(case)).context["form"]["subject"].value() == "Les champs"
    assert client.get(address(case)).context["form"]["subject"].value() != "Les champs"
