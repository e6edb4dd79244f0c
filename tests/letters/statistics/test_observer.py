"""An observer polls everything that is public, before and after one act of somebody."""

import csv
import datetime
import io
import itertools
import random
import re

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from cases.models import ActionCount, Case
from letters.models import ActionKind, EmailAddress, TallyKey, TallySource
from letters.statistics import impact, ledger, published
from letters.statistics.disclosure import SMALLEST_SHOWN
from tests.factories import make_case, make_full_case, make_petition, make_pledge
from tests.letters.actions.test_posts import say_posted
from tests.letters.sending import (
    by_hand,
    publish,
    say_yes,
    send_letter,
    send_message,
    sign,
    yesterday,
)
from tests.reading import page

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

# What a typed address, a slug or a figure's name stands for in the addresses of pages.
NOT_POLLED = {
    "letters:check-text": "is only posted to",
    "letters:mine-list": "shows what its own address carries, of one person",
    "letters:share-mastodon": "answers with a link to another site",
    "cases:check": "is asked with the code of a printed sheet",
    "cases:sheet": "is a PDF of texts, without any number of actions",
    "cases:card": "is a picture of a name",
    "letters:share-square": "is a picture of a name",
    "letters:share-story": "is a picture of a name",
}


@pytest.fixture
def locks_are_in_order():
    """Not asked here: what is undone together are several acts, and each of them has its tests."""


@pytest.fixture
def case() -> Case:
    """A case for which much was done yesterday, and a little from Ecuador and Kenya."""
    case = make_full_case(slug="ana-test", display_name="Ana Test")
    make_petition(case, shown_from=1)
    for kind in ActionKind:
        for country, number in {"MX": 31, "NO": 40, "KE": 2, "": 12}.items():
            count(case, number, kind=kind.value, country=country)
    count(case, 3, kind="appeal", country="NO", source=TallySource.BY_HAND.value)
    count(case, 17, kind="appeal", country="NO", source=TallySource.SAID.value)
    other = make_case(slug="jon-test", display_name="Jon Test")
    count(other, 3, kind=ActionKind.APPEAL.value, country="EC")
    publish()
    return case


def count(case: Case, number: int, **where) -> None:
    place = {"source": TallySource.ONLINE.value, "day": yesterday()} | where
    ledger.count(TallyKey(case.pk, **place), number)


def public_addresses() -> list[str]:
    """Every address that is not somebody's own, from the URL conf: a new page is polled too."""
    found = []
    for space in ["cases", "letters"]:
        for name in get_resolver().namespace_dict[space][1].reverse_dict:
            if not isinstance(name, str) or f"{space}:{name}" in NOT_POLLED:
                continue
            [(_pattern, parameters), *_more], *_rest = (
                get_resolver().namespace_dict[space][1].reverse_dict.getlist(name)[0]
            )
            if "key" in parameters:
                continue
            if "name" in parameters:
                found += [reverse(f"{space}:{name}", args=[one.name]) for one in impact.FIGURES]
            elif "year" in parameters:
                found.append(reverse(f"{space}:{name}", args=[2025]))
            elif "slug" in parameters:
                found.append(reverse(f"{space}:{name}", args=["ana-test"]))
            else:
                found.append(reverse(f"{space}:{name}"))
    return [*sorted(found), "/cases/?order=letters", "/sitemap.xml"]


def seen() -> dict[str, str]:
    """What each public page says on a device of the observer, which remembers nothing of others; a
    form's random token is none of what it says."""
    device = Client()
    return {url: said(device.get(url)) for url in public_addresses()}


def said(response) -> str:
    if "html" in response.get("Content-Type", "") and response.status_code == 200:
        return " ".join(page(response).root.itertext())
    return f"{response.status_code} {response.content.decode()}"


def write_letter(client, case, country):
    letter = send_letter(client, case, country=country).url
    client.post(letter, {"act": "post"})
    client.post(letter, {"act": "posted"})


def hand_in_message(client, case, country):
    client.post(send_message(client, case, country=country).url, {"act": "deliver"})


def sign_petition(client, case, country):
    sign(client, case.petition, country=country, email="ana@example.org")
    say_yes(client, EmailAddress.objects.latest("pk"))


def post_about_it(client, case, country):
    say_posted(client, case, country=country)


def write_by_hand(client, case, country):
    by_hand(client, make_pledge(case, country=country), 1)


ACTS = [write_letter, hand_in_message, sign_petition, post_about_it, write_by_hand]


@pytest.mark.slow
@pytest.mark.timeout(600)  # it opens some fifty pages, fifteen times
@pytest.mark.usefixtures("still_clock")  # a feed without entries is of this very second
def test_one_act_moves_only_the_number_of_all_and_tells_neither_kind_nor_country(case, client):
    before = seen()
    total = ActionCount.objects.get(pk=case.pk).total
    after = {}
    for number, do in enumerate(ACTS):
        for country in ["EC", "MX", ""]:
            with transaction.atomic():
                client.cookies.clear()
                do(client, case, country)
                assert ActionCount.objects.get(pk=case.pk).total == total + 1
                after[number, country] = seen()
                transaction.set_rollback(True)

    live = {(f"{total}", f"{total + 1}"), (f"{total + 3}", f"{total + 4}")}
    for url, text in before.items():
        [shown] = {pages[url] for pages in after.values()}  # whatever was done, and wherever
        numbers = re.findall(r"\d+", text), re.findall(r"\d+", shown)
        assert {pair for pair in zip(*numbers, strict=True) if pair[0] != pair[1]} <= live, url


@pytest.mark.slow
def test_what_the_observer_polled_holds_the_live_number(case):
    """Else the test above would see nothing."""
    total = ActionCount.objects.get(pk=case.pk).total

    pages = seen()

    assert len(pages) > 30
    for url in ["/", "/cases/", "/cases/ana-test/", "/impact/", "/api/v1/totals/"]:
        assert re.search(rf"\b{total + 3 if url in ('/', '/impact/') else total}\b", pages[url]), (
            url
        )


def test_a_first_act_from_a_country_does_not_show_by_what_another_loses(case, client):
    """It did: MX 65 was gone, and the others of the Americas were 66."""

    def countries() -> dict[str, int]:
        return {row[1]: int(row[2]) for row in table(client, "countries")}

    shown = countries()
    count(case, 1, kind=ActionKind.APPEAL.value, country="EC")
    publish()

    assert sum(shown.values()) == sum(countries().values())
    assert all(number % SMALLEST_SHOWN == 0 for number in countries().values())


def table(client, name: str) -> list[list[str]]:
    text = client.get(f"/impact/{name}.csv").content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1:]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_no_difference_of_two_days_is_under_five(case, client, seed):
    by_chance = random.Random(seed)
    days = []
    start = timezone.now().replace(hour=12)
    for day in range(8):
        with time_machine.travel(start + datetime.timedelta(days=day), tick=False):
            published.publish_once_a_day()
            tables = {
                name: {tuple(row[:2]): int(row[2]) for row in table(client, name)}
                for name in ["kinds", "sources", "days", "countries", "regions"]
            }
            days.append(tables)
            for _act in range(by_chance.randrange(12)):
                ledger.count(
                    TallyKey(
                        case.pk,
                        by_chance.choice(list(ActionKind)).value,
                        by_chance.choice(TallySource.values),
                        timezone.localdate(),
                        by_chance.choice(["MX", "NO", "KE", "EC", "SE", ""]),
                    )
                )

    for earlier, later in itertools.pairwise(days):
        for name in later:
            assert all(number % SMALLEST_SHOWN == 0 for number in later[name].values())
            for row in later[name].keys() | earlier[name].keys():
                difference = abs(later[name].get(row, 0) - earlier[name].get(row, 0))
                assert difference == 0 or difference >= SMALLEST_SHOWN
    assert days[0] != days[-1]


def test_an_act_that_comes_and_goes_again_moves_nothing(case, client):
    """A number stays until it is a whole step away, or one act could show as five, both ways."""
    count(case, 4, kind=ActionKind.APPEAL.value, country="NO")  # 44 of letters
    publish()
    countries, letters = [_of(table(client, "countries"), "NO")], [_shown_letters(case)]

    for move in [ledger.count, ledger.uncount] * 2:
        move(TallyKey(case.pk, "appeal", "online", yesterday(), "NO"))
        publish()
        countries.append(_of(table(client, "countries"), "NO"))
        letters.append(_shown_letters(case))

    for shown in (countries, letters):
        steps = [abs(new - old) for old, new in itertools.pairwise(shown) if new != old]
        assert len(steps) <= 1, shown  # it came once, and is not seen to go
        assert all(step >= SMALLEST_SHOWN for step in steps)


def _shown_letters(case: Case) -> int:
    return ActionCount.objects.get(pk=case.pk).shown_letters


def _of(rows: list[list[str]], code: str) -> int:
    return next(int(row[2]) for row in rows if row[0] == code)


def test_the_figures_of_a_day_are_published_once(case, client):
    there = table(client, "kinds")
    count(case, 50, kind=ActionKind.APPEAL.value, country="NO")

    published.publish_once_a_day()
    assert table(client, "kinds") == there
    with time_machine.travel(timezone.now() + datetime.timedelta(days=1)):
        published.publish_once_a_day()
        assert table(client, "kinds") != there


def test_today_is_published_tomorrow(case, client):
    count(case, 50, kind=ActionKind.APPEAL.value, country="NO", day=timezone.localdate())
    publish()

    assert [row[0] for row in table(client, "days")] == [f"{yesterday()}"]
