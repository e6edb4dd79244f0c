"""How a letter can travel, told before it is written; and who comes first in lists for it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.models import ActionCount, Case
from cases.publishing.content_version import cases_showing, touch
from tests.factories import make_case, make_edition, make_embassy, make_target
from tests.staff import text

pytestmark = pytest.mark.django_db


def words(response) -> str:
    return " ".join(text(response).split())


def names_in(page: str, cases: dict) -> list[str]:
    """The cases by their key here, in the order in which the page names them first."""
    there = {key: page.find(f"/cases/{case.slug}/") for key, case in cases.items()}
    return sorted((key for key in there if there[key] >= 0), key=there.__getitem__)


@pytest.fixture
def cases() -> dict:
    """By what one can do for them; what staff chose as their order is another one."""
    cases = {
        "nobody": make_case(position=1, country="SE"),
        "no address": make_case(position=2, country="SE"),
        "address": make_case(position=3, country="SE"),
        "embassy": make_case(position=4, country="KE"),
        "abroad": make_case(position=5, country="KE"),
    }
    make_target(cases["no address"], postal="", postal_country="")
    make_target(cases["address"], postal_country="SE")
    make_target(cases["embassy"], postal="", postal_country="")
    make_target(cases["abroad"], postal_country="CH")
    make_embassy("KE", "GB")
    make_embassy("SE", "GB", use="check first")
    for key, number in [("address", 10), ("abroad", 5)]:
        ActionCount.objects.create(case=cases[key], letters=number, shown_letters=number)
    return cases


ORDER = ["embassy", "abroad", "address", "nobody", "no address"]


@pytest.mark.parametrize("url", ["/", "/cases/", "/cases/?order=need", "/take-all/"])
def test_those_one_can_write_to_come_first_then_who_has_the_fewest_letters(client, cases, url):
    page = text(client.get(url))

    if url == "/take-all/":
        places = {key: page.index(case.display_name) for key, case in cases.items()}
        assert sorted(places, key=places.__getitem__) == ORDER
    else:
        assert names_in(page, cases) == ORDER


def test_newest_campaign_comes_first_whoever_can_be_written_to(client, cases):
    older = make_case(edition=make_edition(2024), country="KE")
    make_target(older)

    page = text(client.get("/cases/"))

    assert names_in(page, cases | {"older": older}) == [*ORDER, "older"]


def test_the_page_of_a_case_says_how_a_letter_can_travel(client, cases):
    make_embassy("KE", "DE", covers=["AT", "PL"])

    pages = {key: words(client.get(case.get_absolute_url())) for key, case in cases.items()}

    ours = "Handed to us, for a day when letters can be handed in"
    by_embassy = (
        "Through an embassy, if you post it in one of 4 countries: Austria, Germany, Poland, "
        "United Kingdom"
    )
    assert by_embassy in pages["embassy"]
    assert ours in pages["embassy"]
    assert "We know no address to print. Further down" in pages["embassy"]
    assert "By post: you print it with the address" in pages["address"]
    assert "Through an embassy" not in pages["address"] + pages["abroad"] + pages["no address"]
    assert "How a letter can travel" not in pages["nobody"]


def test_only_a_checked_mail_address_is_a_way(client, cases):
    target = make_target(make_case(), email="minister@example.org")

    unchecked = words(client.get(target.case.get_absolute_url()))
    target.checked_on = "2026-01-01"
    target.save()
    other = make_target(make_case(), email="minister@example.org", checked_on="2026-01-01")

    assert "By e-mail, from your own address" not in unchecked
    assert "By e-mail, from your own address" in words(client.get(other.case.get_absolute_url()))


def test_an_embassy_that_is_taken_out_of_use_leaves_the_page(client, cases):
    url = cases["embassy"].get_absolute_url()
    assert "Through an embassy, if you post it in United Kingdom" in words(client.get(url))

    embassy = make_embassy("KE", "FR")
    touch(cases_showing(embassy))
    assert "2 countries: France, United Kingdom" in words(client.get(url))
    embassy.use = "check first"
    embassy.save()
    touch(cases_showing(embassy))

    assert "if you post it in United Kingdom" in words(client.get(url))


def test_others_get_the_ways_of_a_case_by_the_api(client, cases):
    shown = client.get(reverse("letters:api-case", args=[cases["embassy"].slug])).json()["case"]

    ways = {"post": False, "email": False, "deliver": True, "embassies": ["GB"]}
    assert shown["ways"] == ways


def test_those_who_wait_for_letters_come_in_the_order_of_need(cases):
    make_target(make_case(), appeal_deadline=timezone.localdate() - timedelta(days=3))
    make_target(make_case(stage="closed"))

    waiting = list(Case.objects.waiting_for_letters())

    assert waiting == [cases[key] for key in ORDER]
    assert waiting == list(Case.objects.taking_letters().needing_letters_first())
