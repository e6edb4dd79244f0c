"""A case of an edition that has not opened is nowhere, whoever asks at whatever address."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import time_machine
from django.contrib import admin
from django.core import mail
from django.core.management import call_command
from django.urls import URLPattern, reverse
from django.utils import timezone

import cases.urls
import letters.urls
from cases.encryption import keyed_hash
from cases.models import ActionCount, Case, Edition, Freeze
from cases.printing import sheets
from letters.actions.mine import Mine
from letters.mail import announcements, links
from letters.models import (
    DataRequest,
    EmailAddress,
    Follow,
    Letter,
    Pledge,
    Post,
    Signature,
)
from letters.statistics.impact import FIGURES
from tests.factories import (
    make_edition,
    make_email_address,
    make_follow,
    make_full_case,
    make_letter,
    make_message,
    make_outcome,
    make_petition,
    make_pledge,
    make_portrait,
    make_post,
    make_signature,
)
from tests.reading import page as html
from tests.staff import make_staff, signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

SLUG, NAME, NOBODY = "zyx-testlund", "Zyx Embargo", "nyx-testlund"
TELLTALE = [SLUG, "Zyx", "embargoed"]
OPENS = datetime.date(2026, 12, 1)
# On 1 December, where it begins last.
BEFORE, AFTER = "2026-12-01T11:59Z", "2026-12-01T12:00Z"
MADE = "2026-11-30T12:00Z"
DATA_KEY = "d" * 22


@pytest.fixture
@time_machine.travel(MADE, tick=False)
def case(settings, tmp_path) -> Case:
    """With all that a case can have and all that people can do, beside one of an open edition."""
    settings.MEDIA_ROOT = tmp_path
    settings.PAGE_CACHE_SECONDS = 0
    earlier = make_full_case(slug="zoe-testlund", display_name="Zoe Testlund", themes=[])
    case = make_full_case(
        slug=SLUG,
        display_name=NAME,
        country="PT",
        edition=make_edition(2026, opens_on=OPENS),
        earlier=earlier,
        headline="A headline that is embargoed",
        summary="A summary that is embargoed.",
    )
    case.solidarity_action.shows_messages = True
    case.solidarity_action.save()
    make_portrait(case)
    make_outcome(case, headline="Good news that is embargoed")
    sam = make_email_address("sam@example.org")
    make_signature(make_petition(case, title="An embargoed petition"), email_address=sam)
    make_follow(case, email_address=sam)
    make_follow(earlier, email_address=sam)
    make_follow(email_address=sam)
    about_them = {"email": sam.email, "email_hash": sam.email_hash}
    make_letter(case, state="posted", **about_them)
    make_message(case, state="approved", may_be_shown=True, shown_on="2026-11-20")
    make_pledge(case, **about_them, wants_reminders=True, email_proven_on="2026-11-20")
    make_post(case)
    DataRequest.objects.create(
        key_hash=keyed_hash(DATA_KEY, "data"), email_hash=sam.email_hash, created_at=timezone.now()
    )
    return case


def public_addresses(case: Case) -> Iterator[tuple[str, bool]]:
    """Each address of the site that leads to readers' or writers' pages, filled in for the case,
    and whether it begins with its slug: then it has to answer like that of nobody."""
    sam = EmailAddress.objects.get(email_hash=case.pledges.get().email_hash)
    [letter, message] = case.letters.order_by("pk")
    path_of = {
        "edition": [2026],
        "check": [sheets.code(Case.objects.for_page().get(pk=case.pk))],
        "pledge-page": [case.pledges.get().key],
        "message-card": [message.key],
        "message-picture": [message.key],
        "post": [Post.objects.get(case=case).key],
        "mailed": [links.to_thing(letter).split("/")[-2]],
        "mailed-not-me": [links.to_thing(sam).split("/")[-2]],
        "mailed-posted": [links.to_say_posted(case.pledges.get()).split("/")[-3]],
        "stop-news": [links.to_stop(sam).split("/")[-2]],
        "mine-list": [list_of(letter, case.pledges.get()).dumps()],
        "mine-mailed-erase": [DATA_KEY, "letters"],
    }
    links.keep_to_stop([sam])
    by_key = {
        "letters/": letter.key,
        "pledges/": case.pledges.get().key,
        "mailboxes/": sam.key,
        "your-data/": DATA_KEY,
        "mine/": DATA_KEY,
    }
    for app, module in [("cases", cases.urls), ("letters", letters.urls)]:
        for pattern in module.urlpatterns:
            if pattern.name == "impact-csv":
                yield from ((f"/impact/{figure.name}.csv", False) for figure in FIGURES)
                continue
            yield _filled(app, pattern, path_of, by_key)
    yield from ((url, False) for url in ["/sitemap.xml", "/robots.txt", "/healthz"])
    for names in case.portrait.renditions.values():
        yield from ((f"/media/{name}", False) for name in names.values())
    for query in [
        *("cases/?q=Embargo", "cases/?year=2026", "cases/?country=PT", "cases/?order=letters"),
        *("cases/?theme=land-rights", "cases/?state=open", "good-news/?country=PT"),
        *("api/v1/cases/?country=PT", "api/v1/outcomes/?country=PT", "api/v1/cases/?year=2026"),
        f"oembed?url={quote(f'http://testserver/cases/{SLUG}/')}",
    ]:
        yield f"/{query}", False


def list_of(*things) -> Mine:
    mine = Mine()
    mine.add(*things)
    return mine


def _filled(app: str, pattern: URLPattern, path_of: dict, by_key: dict) -> tuple[str, bool]:
    parts = pattern.pattern.converters
    if pattern.name in path_of:
        args = path_of[pattern.name]
    elif "slug" in parts:
        args = [SLUG]
    elif parts:
        [key] = [key for start, key in by_key.items() if str(pattern.pattern).startswith(start)]
        args = [key]
    else:
        args = []
    return reverse(f"{app}:{pattern.name}", args=args), args == [SLUG]


def answer(client, method: str, url: str) -> tuple[int, str, str]:
    response = getattr(client, method)(url)
    content = b"".join(response) if response.streaming else response.content
    return response.status_code, content.decode("utf-8", "replace"), str(response.headers)


@pytest.mark.slow
def test_an_embargoed_case_is_at_no_address(client, case):
    told = []
    with time_machine.travel(BEFORE, tick=False):
        for url, is_of_the_case in public_addresses(case):
            for address in [url, f"/fr{url}"]:
                status, content, headers = answer(client, "get", address)
                said = (content + headers).replace(address, "").replace(url, "")
                told += [(address, word) for word in TELLTALE if word in said]
                if url.startswith("/media/") and status != 404:
                    told.append((address, status))
                if is_of_the_case:
                    for method in ["get", "post"]:
                        mine = answer(client, method, address)
                        others = answer(client, method, address.replace(SLUG, NOBODY))
                        if (mine[0], mine[1].replace(SLUG, NOBODY)) != others[:2]:
                            told.append((address, method))

    assert told == []


@pytest.mark.parametrize("how", [Freeze.HIDDEN, Freeze.WITHDRAWN])
def test_an_embargoed_case_that_is_taken_down_is_not_gone_but_never_was(client, case, how):
    Case.objects.filter(pk=case.pk).update(freeze=how, freeze_reason="A test")

    with time_machine.travel(BEFORE, tick=False):
        urls = [url for url, is_of_the_case in public_addresses(case) if is_of_the_case]
        found = [client.get(url).status_code for url in urls]
        of_nobody = [client.get(url.replace(SLUG, NOBODY)).status_code for url in urls]

    assert found == of_nobody
    assert found.count(404) >= 14


def test_it_is_there_once_its_day_has_begun_everywhere_though_no_row_changed(client, case):
    page = case.get_absolute_url()
    places = ["/", "/cases/", "/good-news/", "/editions/2026/", "/sitemap.xml", "/api/v1/cases/"]
    picture = f"/media/{next(iter(case.portrait.renditions['webp'].values()))}"

    def found() -> list[bool]:
        shown = [SLUG in client.get(place).content.decode() for place in places]
        return [*shown, *(client.get(url).status_code == 200 for url in [page, picture])]

    with time_machine.travel(BEFORE, tick=False):
        assert found() == [False] * 8
    with time_machine.travel(AFTER, tick=False):
        assert found() == [True] * 8
        published = json.loads(html(client.get(page)).one("script").text)["datePublished"]
        assert published == "2026-12-01T12:00:00+00:00"


def test_nobody_is_mailed_of_it_before(case):
    outcome = case.outcomes.latest("pk")
    one, other = make_staff("safety"), make_staff("safety")

    with time_machine.travel(BEFORE, tick=False):
        assert "The case is not shown now" in announcements.problems(outcome)[0]
    with time_machine.travel(AFTER, tick=False):
        announcements.approve(announcements.ask(outcome, one), other)
        assert announcements.queue_batch() == 1
    Edition.objects.filter(year=2026).update(opens_on="2026-12-03")  # put off at the last minute
    with time_machine.travel("2026-12-02", tick=False):
        call_command("work", once=True)
        assert mail.outbox == []


@pytest.mark.slow
def test_staff_see_it_as_it_will_be_and_are_told_when(case):
    with time_machine.travel(BEFORE, tick=False):
        editor = signed_in("editor")
        preview = text(editor.get(reverse("admin:cases_case_preview", args=[case.pk])))
        page = text(editor.get(reverse("admin:cases_case_change", args=[case.pk])))

    assert "Good news that is embargoed" in preview
    assert "Nobody sees it before the edition 2026 opens, on 1 December 2026." in page


@pytest.mark.slow
@pytest.mark.parametrize("role", ["moderator", "counter"])
def test_staff_who_need_it_not_read_nothing_of_it(role, case):
    """Nobody has written for it: a letter would show its name to who has to judge it."""
    for model in [Letter, Pledge, Post, Signature, Follow]:
        model.objects.all().delete()
    ActionCount.objects.filter(case=case).delete()
    lists = [reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")
             for model in admin.site._registry]  # fmt: skip
    addresses = [reverse("admin:index"), reverse("admin:letters_papercount_add"), *lists]
    addresses += [f"{url}between/" for url in lists if "/letters/" in url]

    with time_machine.travel(BEFORE, tick=False):
        person = signed_in(role)
        found = {url: person.get(url) for url in addresses}
    told = [url for url, page in found.items() if any(word in text(page) for word in TELLTALE)]

    assert told == []
    assert sum(page.status_code == 200 for page in found.values()) > 5


def test_a_form_of_staff_offers_it_from_its_day_on():
    """What is asked when a process starts would be asked of that day for ever."""
    make_full_case(display_name=NAME, edition=make_edition(2026, opens_on=OPENS))
    url = reverse("admin:letters_alarm_expect")
    offered = []

    for now in [BEFORE, AFTER]:
        with time_machine.travel(now, tick=False):
            offered.append(NAME in text(signed_in("safety", "moderator").get(url)))

    assert offered == [False, True]
