"""What the site says on any day of the year, wherever its readers are."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from cases.models import Case, Edition, Stage
from letters.models import Pledge
from tests.factories import (
    make_case_to_write_for,
    make_edition,
    make_petition,
    make_post,
    make_solidarity_action,
)
from tests.letters.sending import send_letter, send_message, send_pledge, sign
from tests.reading import page, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_cached(settings):
    settings.PAGE_CACHE_SECONDS = 0


@pytest.fixture
def case() -> Case:
    """Of last winter, and it still takes letters; the next edition opens with no case."""
    case = make_case_to_write_for(display_name="Anne Testlund")
    make_petition(case)
    make_edition(2026, opens_on=datetime.date(2026, 11, 20))
    return case


def whole(client) -> list[str]:
    """What the pages say that are about the current edition."""
    names = ["cases:home", "letters:take-all", "letters:pledge-edition", "letters:impact"]
    names += ["letters:embed-counter", "letters:api-totals"]
    # Forms have a token of their own each time.
    said = [client.get(reverse(name)).content.decode() for name in names]
    return [text.split("<form")[0] for text in said]


def test_an_edition_that_opens_empty_changes_nothing(client, case):
    make_post(case)
    with time_machine.travel("2026-11-19T12:00Z", tick=False):
        before = whole(client)
    with time_machine.travel("2026-11-21T12:00Z", tick=False):
        after = whole(client)
        promised = send_pledge(client, due_on="2026-12-10")

    assert "Anne Testlund" in before[0]
    assert after == before
    assert promised.status_code == 302
    assert Pledge.objects.get().edition.year == 2025


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, "Zoe Testlund"),
        ({"stage": Stage.DRAFT}, "Anne Testlund"),
        ({"listed": False}, "Anne Testlund"),
        ({"freeze": "hidden", "freeze_reason": "A test"}, "Anne Testlund"),
    ],
)
def test_it_is_current_from_its_first_case_in_lists_on(client, case, fields, shown):
    edition = make_edition(2026)
    make_case_to_write_for(display_name="Zoe Testlund", edition=edition, **fields)

    with time_machine.travel("2026-11-26T12:00Z", tick=False):
        home = page(client.get("/"))
        last_winters = client.get(reverse("letters:letter-write", args=[case.slug]))
        listed = page(client.get("/cases/?state=open")).texts("h3")

    assert shown in home.texts("h2")
    assert last_winters.status_code == 200
    assert "Anne Testlund" in listed


# --- around Human Rights Day


ZONES = ["Pacific/Honolulu", "Europe/London", "Pacific/Auckland"]
DAYS = [datetime.date(2026, 12, 9), datetime.date(2026, 12, 10), datetime.date(2026, 12, 11)]
HOURS = [datetime.time(0, 1), datetime.time(12), datetime.time(23, 59)]


def moments(zone: str, days: list[datetime.date]):
    """By the reader's own clock: at noon and around midnight."""
    for day in days:
        for hour in HOURS:
            yield datetime.datetime.combine(day, hour, ZoneInfo(zone))


def postmark(home) -> str:
    return " ".join(words(part) for part in home.one("p", **{"class": "postmark postmark-waves"}))


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
def test_the_date_on_home_is_right_by_every_clock(client, case, zone):
    for now in moments(zone, [*DAYS, datetime.date(2027, 1, 1)]):
        with time_machine.travel(now, tick=False):
            said = postmark(page(client.get("/")))
            french = postmark(page(client.get("/fr/")))

        coming = {"Human Rights Day 10 Dec 2026", "Human Rights Day 10 Dec 2027"}
        assert said in coming
        assert french[-4:] == said[-4:]
        if now.date() <= DAYS[1]:  # it is today for them, or still to come
            assert said.endswith("2026"), now
        if now.date() > datetime.date(2026, 12, 12):
            assert said.endswith("2027"), now


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
def test_what_lasts_until_human_rights_day_lasts_to_its_end_by_every_clock(zone):
    petition = make_petition(closes_on=DAYS[1])
    case = petition.case
    make_solidarity_action(case, ends_on=DAYS[1])
    for now in moments(zone, DAYS):
        with time_machine.travel(now, tick=False):
            answers = {
                "a letter": send_letter(Client(), case),
                "a promise by today": send_pledge(Client(), due_on=now.date().isoformat()),
                "a signature": sign(Client(), petition),
                "a message": send_message(Client(), case),
            }
        found = {what: answer.status_code for what, answer in answers.items()}

        expected = dict.fromkeys(found, 302)
        if found != expected:
            assert now.date() > DAYS[1], found
            over = dict.fromkeys(["a signature", "a message"], 409)
            assert found == expected | over, now


@pytest.mark.parametrize(
    ("today", "day"),
    [
        ("2026-09-01", "2026-09-15"),
        ("2026-09-15", "2026-12-10"),
        ("2026-12-10", "2026-12-10"),
        ("2026-12-11", "2026-12-25"),
        ("2026-12-24", "2027-01-07"),
        ("2027-01-20", "2027-01-31"),  # the day to report
        ("2027-02-14", "2027-02-28"),
    ],
)
def test_a_promise_is_for_human_rights_day_and_for_soon_once_that_is_over(client, case, today, day):
    Edition.objects.update(reporting_deadline=datetime.date(2027, 1, 31))
    with time_machine.travel(f"{today}T12:00Z", tick=False):
        form = client.get(reverse("letters:pledge", args=[case.slug])).context["form"]

    assert form["due_on"].value().isoformat() == day


def test_the_season_is_over_when_the_day_is_over_everywhere(client):
    """On Baker Island, that is: nobody is told too late on a day that is theirs still."""
    petition = make_petition(closes_on=DAYS[1])

    with time_machine.travel("2026-12-11T11:59Z", tick=False):
        assert sign(client, petition).status_code == 302
        assert postmark(page(client.get("/"))).endswith("2026")
    with time_machine.travel("2026-12-11T12:00Z", tick=False):
        assert sign(Client(), petition).status_code == 409
        assert postmark(page(client.get("/"))).endswith("2027")


# --- between two campaigns


STILL = "These are the cases of the 2025 campaign. They still need letters."
NO_MORE = "These are the cases of the 2025 campaign. They take no more letters."
NEXT = (
    "Each page gives the date of its newest news. New cases will be here when the next campaign "
    "opens."
)


def between(client) -> str:
    found = [text for text in page(client.get("/")).texts("p") if NEXT in text]
    return "".join(found)


def test_home_says_from_the_new_year_on_that_its_cases_are_of_the_last_campaign(client, case):
    said = {}
    for now in [
        "2025-12-26T12:00Z",
        "2025-12-31T11:00Z",  # New Year in Auckland
        "2026-01-01T11:59Z",  # still last year on Baker Island
        "2026-01-01T12:00Z",
        "2026-11-26T12:00Z",
    ]:
        with time_machine.travel(now, tick=False):
            said[now] = between(client)

    assert list(said.values()) == ["", "", "", f"{STILL} {NEXT}", f"{STILL} {NEXT}"]


def test_home_does_not_say_that_closed_cases_need_letters(client, case):
    make_case_to_write_for(display_name="Bo Testlund")
    Case.objects.update(stage=Stage.CLOSED)

    with time_machine.travel("2026-11-26T12:00Z", tick=False):
        assert between(client) == f"{NO_MORE} {NEXT}"
        home = page(client.get("/"))
        promise = client.get(reverse("letters:pledge-edition"))

    assert "Who people wrote for" in home.texts("h2")
    assert reverse("letters:pledge-edition") not in home.links
    assert promise["Location"] == reverse("cases:list")


def test_home_says_nothing_of_last_winter_once_a_case_of_this_one_is_there(client, case):
    make_case_to_write_for(edition=make_edition(2026))

    with time_machine.travel("2026-11-26T12:00Z", tick=False):
        assert between(client) == ""
