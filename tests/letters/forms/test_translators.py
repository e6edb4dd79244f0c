"""Translators of pages leave names, addresses and people's own words as they are."""

import pytest
from django.urls import reverse

from tests.factories import make_case_to_write_for, make_full_case, make_letter, make_message
from tests.letters.sending import see_step_two, send_message
from tests.reading import Page, page, words

pytestmark = pytest.mark.django_db


def kept(shown: Page) -> str:
    """What is marked to stay untranslated."""
    return " ".join(
        words(element) for element in shown.root.iter() if element.get("translate") == "no"
    )


def test_name_and_address_of_a_case_are_not_translated(client):
    case = make_full_case(display_name="Rosa Test")

    assert "Rosa Test" in kept(page(client.get("/")))
    assert "Rosa Test" in kept(page(client.get("/cases/")))
    shown = kept(page(client.get(case.get_absolute_url())))
    assert "Rosa Test" in shown
    assert "2 Invented Street" in shown


@pytest.mark.parametrize("make", [make_letter, make_message], ids=["letter", "message"])
def test_words_and_link_of_a_private_page_are_not_translated(client, make):
    made = make_letter(make_case_to_write_for()) if make is make_letter else make_message()

    shown = kept(page(client.get(reverse("letters:letter", args=[made.key]))))

    assert made.body in shown
    assert "Sam Tester" in shown
    assert "Invented Street" in shown
    assert reverse("letters:letter", args=[made.key]) in shown


def test_words_to_copy_are_not_translated(client):
    letter = make_letter(make_case_to_write_for(), route="email", body="Please do not build there.")

    shown = page(client.get(reverse("letters:letter", args=[letter.key])))

    assert shown.one("pre", id="plain-text").get("translate") == "no"


FORMS = [
    "/cases/{}/pledge/",
    "/cases/{}/sign/",
    "/cases/{}/share/",
    "/take-all/",
    "/pledge/",
]


def test_forms_say_which_field_is_the_country_and_which_the_town(client):
    """WCAG 1.3.5: browsers fill them in, and show them by signs people know."""
    from tests.factories import make_petition

    case = make_full_case()
    make_petition(case)
    found = {}

    answers = [client.get(form.format(case.slug), follow=True) for form in FORMS]
    answers += [see_step_two(client, case), send_message(client, case, step="2")]
    for shown in map(page, answers):
        for element in [*shown.all("select"), *shown.all("input")]:
            if element.get("name") in ("country", "place"):
                found.setdefault(element.get("name"), []).append(element.get("autocomplete"))

    assert len(found["country"]) >= 5
    assert set(found["country"]) == {"country"}
    assert set(found["place"]) == {"address-level2"}
