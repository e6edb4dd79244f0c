"""How a letter travels on paper: straight or through an embassy, and what its stamp costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Embassy, Postage, PostalNote
from cases.printing import typesetting
from letters.actions import letters as letter_actions
from letters.models import EmbassyPart, Letter
from letters.models.email_spelling import email_hash
from letters.privacy import erasure, personal_data
from letters.text import printing
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_embassy,
    make_letter,
    make_message,
    make_solidarity_action,
    make_target,
)
from tests.staff import text

pytestmark = pytest.mark.django_db

LONDON = ["c/o Embassy of Tests", "2 Invented Street", "Testville"]
HEAD = ["Test Official", "Minister of Tests"]


@pytest.fixture
def letter() -> Letter:
    return make_letter(make_case_to_write_for(country="NO"), body="Please stop. " * 9)


@pytest.fixture
def set_in_type(monkeypatch) -> list[dict]:
    """What is handed over to be set as a letter, beside being set."""
    handed = []
    real = typesetting.pdf

    def pdf(template, data, **options):
        if template == "letter":
            handed.append(data)
        return real(template, data, **options)

    monkeypatch.setattr(typesetting, "pdf", pdf)
    return handed


def page(client, letter, origin: str = "") -> str:
    return text(client.get(letter.get_absolute_url(), {"posted_from": origin} if origin else {}))


def choose(client, letter, act: str, origin: str = "", **more) -> Letter:
    client.post(letter.get_absolute_url(), {"act": act, "posted_from": origin} | more)
    letter.refresh_from_db()
    return letter


def printed(client, letter, name: str = "pdf") -> bytes:
    response = client.get(reverse(f"letters:letter-{name}", args=[letter.key]))
    assert response["Content-Type"] == "application/pdf"
    return response.content


def test_an_embassy_is_offered_to_who_says_that_they_post_there_and_nothing_is_kept(client, letter):
    make_embassy("NO", "GB", city="London")
    make_embassy("NO", "DE", city="Berlin", use="check first")
    before = Letter.objects.values().get()

    asked, british, german = (page(client, letter, origin) for origin in ["", "GB", "DE"])

    assert 'value="embassy"' in british
    assert "2 Invented Street" in british
    assert "A stamp for a letter inside your country is enough." in british
    assert "Address as of October 2024." in british
    for other in [asked, german]:
        assert 'value="embassy"' not in other
        assert "2 Invented Street" not in other
    assert Letter.objects.values().get() == before


def test_a_letter_by_way_of_an_embassy_has_its_lines_on_sheet_pdf_and_reprint(
    client, letter, set_in_type
):
    embassy = make_embassy("NO", "GB")

    choose(client, letter, "embassy", "GB")
    ready = page(client, letter)
    printed(client, letter)
    choose(client, letter, "posted")
    printed(client, letter)

    assert (letter.state, letter.route, letter.embassy) == ("posted", "post", embassy)
    assert [data["address_lines"] for data in set_in_type] == [HEAD + LONDON] * 2
    assert "c/o Embassy of Tests" in ready
    assert "Ministry of Tests" not in ready
    assert "a stamp for a letter inside your country is enough" in ready


def test_an_embassy_in_another_country_is_named_with_its_country_and_its_price(
    client, letter, set_in_type
):
    make_embassy("NO", "GB", city="London", covers=["IE"])
    price = {"country": "IE", "operator": "An Post", "currency": "EUR", "current": True}
    Postage.objects.create(
        zone="Europe", destinations=["GB"], price="3.50", as_of="2026-02-03", **price
    )

    offered = " ".join(page(client, letter, "IE").split())
    choose(client, letter, "embassy", "IE")
    printed(client, letter)

    assert "in London, which is in charge of your country too" in offered
    assert "A stamp for a letter inside" not in offered
    assert "A stamp for it costs <b>€3.50</b> (An Post, price as of 3 February 2026)." in offered
    assert set_in_type[0]["address_lines"] == [*HEAD, *LONDON, "UNITED KINGDOM"]


def test_a_stamp_is_for_the_embassy_that_was_chosen_though_another_is_offered_by_now(
    client, letter
):
    make_embassy("NO", "GB", city="London", covers=["IE"])
    choose(client, letter, "embassy", "IE")
    make_embassy("NO", "IE", city="Dublin")

    ready = page(client, letter)

    assert "c/o Embassy of Tests" in ready
    assert "a stamp for a letter inside your country is enough" not in ready


@pytest.mark.parametrize("origin", ["DE", "FR", "", "XX", "GB' OR 1"])
def test_nobody_is_sent_to_an_embassy_that_is_not_offered_there(client, letter, origin):
    make_embassy("NO", "DE", use="check first")
    make_embassy("SE", "FR")

    choose(client, letter, "embassy", origin)

    assert (letter.state, letter.embassy, letter.posted_from) == ("drafting", None, "")


def test_an_address_that_is_not_sure_any_more_is_printed_no_more(client, letter, set_in_type):
    embassy = make_embassy("NO", "GB")
    choose(client, letter, "embassy", "GB")

    embassy.use = "check first"
    embassy.save()
    ready = page(client, letter)
    printed(client, letter)

    assert "The embassy that you chose can’t be used any more" in ready
    assert "2 Invented Street" not in ready
    assert "c/o" not in " ".join(set_in_type[0]["address_lines"])
    Embassy.objects.all().delete()
    assert "The embassy that you chose can’t be used any more" in page(client, letter)


def test_an_office_without_an_address_is_reached_by_its_embassy(client, set_in_type):
    case = make_case(country="NO")
    make_target(case, postal="", postal_country="")
    letter = make_letter(case)
    make_embassy("NO", "GB")

    choose(client, letter, "embassy", "GB")
    printed(client, letter)

    assert set_in_type[0]["address_lines"] == HEAD + LONDON
    assert set_in_type[0]["address_room"] == 0


def test_no_embassy_is_offered_for_an_official_whose_address_is_in_another_country(client):
    case = make_case(country="NO")
    make_target(case, postal_country="CH")
    letter = make_letter(case)
    make_embassy("NO", "GB")
    make_embassy("CH", "GB")

    assert 'value="embassy"' not in page(client, letter, "GB")
    assert choose(client, letter, "embassy", "GB").state == "drafting"


def test_an_address_by_way_of_one_embassy_can_be_by_way_of_another(client, set_in_type):
    case = make_case(country="NO")
    make_target(case, postal="c/o Embassy of Tests\n1 Lake Street", postal_country="CH")
    letter = make_letter(case)
    make_embassy("NO", "GB")
    PostalNote.objects.create(country="NO", embassy_first=True, advice="It may get lost.")

    shown = page(client, letter, "GB")
    choose(client, letter, "embassy", "GB")
    printed(client, letter)

    assert "It may get lost." in shown
    assert set_in_type[0]["address_lines"] == HEAD + LONDON


@pytest.mark.parametrize(
    ("is_first", "order"), [(True, ["embassy", "post"]), (False, ["post", "embassy"])]
)
def test_the_embassy_comes_first_where_the_post_is_slow_or_at_risk(client, letter, is_first, order):
    make_embassy("NO", "GB")
    PostalNote.objects.create(
        country="NO",
        reliability="at risk",
        embassy_first=is_first,
        advice="It may get lost.",
        delivery_days=10,
        delivery_as_of="2021",
        as_of="2026-03-13",
    )

    shown = page(client, letter, "GB")

    assert sorted(order, key=lambda act: shown.index(f'value="{act}"')) == order
    words = " ".join(shown.split())
    assert "It may get lost." in words
    assert "10 working days on average, the post there said in 2021" in words
    assert "The post there: at risk. This is what we know as of 13 March 2026." in words
    assert ("The embassy is the better way." in words) == is_first


def test_a_stamp_has_its_price_with_its_date_or_none(client, letter):
    def price(country, **fields):
        fields = {"zone": "world", "currency": "EUR", "price": "1.25", "as_of": "2026-01"} | fields
        Postage.objects.create(country=country, operator=f"Post {country}", **fields)

    price("DE", current=True, max_weight_g=20)
    price("GB", current=False, check_url="https://post.example/abroad")

    german, british = (" ".join(page(client, letter, c).split()) for c in ["DE", "GB"])

    assert "A stamp for it costs <b>€1.25</b> (Post DE, price as of January 2026)." in german
    assert "up to 20 g" in german
    assert "1.25" not in british
    assert 'href="https://post.example/abroad"' in british
    choose(client, letter, "post", "DE")
    assert "<b>€1.25</b>" in page(client, letter)


def test_the_country_that_a_writer_gave_is_chosen_beforehand_and_no_other(client, letter):
    make_embassy("NO", "GB")
    make_embassy("NO", "FR")

    assert 'value="embassy"' not in page(client, letter)
    Letter.objects.update(country="GB")

    given = page(client, letter)
    assert 'value="embassy"' in given
    assert '<option value="GB" selected>' in given
    assert '<option value="FR" selected>' in page(client, letter, "FR")


def test_who_chose_the_straight_way_before_is_told_that_an_embassy_is_better(client, letter):
    make_embassy("NO", "GB")
    PostalNote.objects.create(country="NO", embassy_first=True)
    better = "It is better to send it through an embassy: choose another way"

    choose(client, letter, "post")  # as through all cases, where nobody is asked
    assert better in page(client, letter)
    choose(client, letter, "undo")
    choose(client, letter, "post", "FR")  # where there is none
    assert better not in page(client, letter)
    choose(client, letter, "undo")
    choose(client, letter, "embassy", "GB")
    assert better not in page(client, letter)


def test_post_that_is_suspended_is_told_whatever_else_is_known(client, letter):
    PostalNote.objects.create(country="NO", letters_accepted="suspended")

    assert "Letters to Norway: suspended." in " ".join(page(client, letter).split())


def test_a_copy_for_the_embassy_is_a_second_sheet_addressed_to_it(client, letter, set_in_type):
    embassy = make_embassy("NO", "GB")
    assert 'name="copy"' in page(client, letter, "GB")

    choose(client, letter, "post", "GB", copy="on")
    printed(client, letter)
    printed(client, letter, "copy")

    assert (letter.embassy, letter.embassy_part) == (embassy, EmbassyPart.COPY)
    original, copy = set_in_type
    assert original["address_lines"][:3] == [*HEAD, "Ministry of Tests"]
    assert original["note"] == "Copy to: Embassy of Tests"
    assert copy["address_lines"] == ["Embassy of Tests", *LONDON[1:]]
    assert copy["note"] == "Copy of a letter to: Test Official, Minister of Tests"
    assert reverse("letters:letter-copy", args=[letter.key]) in page(client, letter)


def test_envelopes_are_offered_for_a_copy_whose_address_is_known_though_the_targets_is_not(letter):
    letter.embassy, letter.embassy_part = make_embassy("NO", "GB"), EmbassyPart.COPY
    letter.target.postal = ""

    offered = [printing.offered(letter, copy)["envelopes"] for copy in (False, True)]

    assert offered == [{}, printing.ENVELOPES]


def test_where_there_is_no_embassy_nothing_goes_by_way_of_one(letter):
    assert letter_actions.act(letter, "embassy", posted_from="GB") is False

    letter.refresh_from_db()
    assert (letter.state, letter.posted_from) == ("drafting", "")


def test_there_is_no_copy_that_nobody_asked_for(client, letter):
    make_embassy("NO", "GB")
    choose(client, letter, "post", "GB")

    answer = client.get(reverse("letters:letter-copy", args=[letter.key]))

    assert answer.url == letter.get_absolute_url()
    assert (letter.embassy, letter.posted_from) == (None, "GB")


@pytest.mark.parametrize("act", ["embassy", "post"])
def test_who_chooses_another_way_leaves_nothing_of_the_first(client, letter, act):
    make_embassy("NO", "GB")
    choose(client, letter, act, "GB", copy="on")
    assert letter.embassy

    choose(client, letter, "undo")

    assert (letter.state, letter.route) == ("drafting", "")
    assert (letter.posted_from, letter.embassy, letter.embassy_part) == ("", None, "")


def test_where_a_letter_was_posted_is_told_to_its_writer_and_erased_with_it(client, letter):
    make_embassy("NO", "GB")
    of = email_hash("sam@example.org")
    Letter.objects.update(email="sam@example.org", email_hash=of)
    letter.refresh_from_db()
    choose(client, letter, "embassy", "GB")
    choose(client, letter, "posted")

    [told] = personal_data.export(of)["letters"]
    assert (told["posted_from"], told["embassy"], told["embassy_part"]) == (
        "GB",
        "Norway, in United Kingdom",
        "via",
    )
    assert "Norway, in United Kingdom" in personal_data.as_text(of)
    counted = letter.tally_key
    erasure.erase_letters(Letter.objects.filter(pk=letter.pk))

    left = Letter.objects.get()
    assert (left.posted_from, left.embassy, left.embassy_part) == ("", None, "")
    assert (left.route, left.tally_key) == ("post", counted)


def test_a_message_of_support_goes_by_no_embassy(client):
    case = make_case(country="NO")
    make_solidarity_action(case)
    message = make_message(case)
    make_embassy("NO", "GB")

    choose(client, message, "embassy", "GB")

    assert (message.state, message.embassy) == ("drafting", None)


def test_the_page_asks_as_many_questions_for_few_and_many_embassies(client, letter):
    make_embassy("NO", "GB")
    page(client, letter, "GB")  # what is asked once

    numbers = []
    for countries in [[], ["DE", "FR", "ES", "IT"]]:
        for country in countries:
            make_embassy("NO", country, covers=["PL"])
        with CaptureQueriesContext(connection) as queries:
            page(client, letter, "GB")
        numbers.append(len(queries))

    assert numbers[0] == numbers[1]


def test_the_page_speaks_french_of_embassies_too(client, letter):
    make_embassy("NO", "FR", city="Paris")
    url = letter.get_absolute_url()

    shown = text(client.get(f"/fr{url}", {"posted_from": "FR"}))

    assert "La poster à l’ambassade" in shown
    assert "to the embassy" not in shown


def test_signs_that_can_not_be_printed_are_found_in_the_lines_of_the_embassy(letter, client):
    make_embassy("NO", "GB", postal="大使館\n2 Invented Street\nTestville")
    choose(client, letter, "embassy", "GB")

    assert printing.unprintable(letter)
