import xml.etree.ElementTree as ET

import pytest
import time_machine

from cases.feeds import ENTRIES
from cases.models import Case, Freeze, Stage
from tests.factories import make_case, make_outcome

pytestmark = pytest.mark.django_db
ATOM = {"a": "http://www.w3.org/2005/Atom"}
FEED = "/good-news/feed.atom"


def entries(response) -> list[ET.Element]:
    return ET.fromstring(response.content).findall("a:entry", ATOM)  # noqa: S314 - our own


def titles(response) -> list[str]:
    return [entry.findtext("a:title", namespaces=ATOM) for entry in entries(response)]


def test_feed_tells_the_good_news(client):
    case = make_case(display_name="Ánne <Test> & Co")
    outcome = make_outcome(
        case,
        headline="Free “at last”",
        text="On bail.",
        conditional=True,
        date="2025-02-01",
        date_precision="month",
        recorded_at="2025-03-04T12:00Z",
    )

    response = client.get(FEED)

    [entry] = entries(response)
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert titles(response) == ["Ánne <Test> & Co: Free “at last” (February 2025)"]
    assert entry.findtext("a:summary", namespaces=ATOM) == (
        "Released, with conditions. On bail. Added on 4 March 2025."
    )
    assert entry.find("a:link", ATOM).get("href") == f"http://testserver{case.get_absolute_url()}"
    assert entry.findtext("a:id", namespaces=ATOM) == f"tag:testserver,2025:outcome/{outcome.pk}"


def test_feed_says_where_it_is_and_belongs(client):
    feed = ET.fromstring(client.get(FEED).content)  # noqa: S314 - our own

    links = {link.get("rel"): link.get("href") for link in feed.findall("a:link", ATOM)}
    assert links["self"] == f"http://testserver{FEED}"
    assert links["alternate"] == "http://testserver/good-news/"
    assert feed.findtext("a:title", namespaces=ATOM) == "Write for Rights: good news"


@pytest.mark.parametrize("feed", [FEED, "/cases/{slug}/feed.atom", "/fr/cases/{slug}/feed.atom"])
def test_ids_stay_when_host_slug_and_headline_change(client, settings, feed):
    outcome = make_outcome(make_case(slug="ana-test"), headline="Free")

    def ids() -> list[str]:
        slug = Case.objects.get().slug
        response = client.get(feed.replace("{slug}", slug))
        root = ET.fromstring(response.content)  # noqa: S314 - our own
        return [one.text for one in root.iter("{http://www.w3.org/2005/Atom}id")]

    before = ids()
    settings.SITE_URL = "https://moved.example.org"
    Case.objects.update(slug="another-name", display_name="Another Name")
    type(outcome).objects.update(headline="Free at last")

    assert ids() == before
    assert len(set(before)) == 2
    assert all(one.startswith("tag:testserver,2025:") for one in before)


def test_each_feed_has_an_id_of_its_own(client):
    make_outcome(make_case(slug="ana-test"))
    feeds = [FEED, "/cases/ana-test/feed.atom"]

    found = [
        ET.fromstring(client.get(prefix + feed).content).findtext("a:id", namespaces=ATOM)  # noqa: S314
        for feed in feeds
        for prefix in ["", "/fr"]
    ]

    assert len(set(found)) == 4


def test_french_feed_is_french(client):
    recorded = {"recorded_at": "2025-03-04T12:00Z"}
    make_outcome(make_case(), date="2025-02-01", date_precision="month", **recorded)

    feed = ET.fromstring(client.get(f"/fr{FEED}").content)  # noqa: S314 - our own

    links = {link.get("rel"): link.get("href") for link in feed.findall("a:link", ATOM)}
    assert links["self"] == f"http://testserver/fr{FEED}"
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "fr"
    summary = feed.find("a:entry", ATOM).findtext("a:summary", namespaces=ATOM)
    assert summary == "Remise en liberté. Ajouté le 4 mars 2025."


def test_feed_tells_what_is_good_and_may_be_told(client):
    make_outcome(make_case(display_name="Told"))
    make_outcome(make_case(display_name="Closed", stage=Stage.CLOSED))
    make_outcome(make_case(display_name="Draft", stage=Stage.DRAFT))
    make_outcome(make_case(display_name="Unlisted", listed=False))
    for how in [Freeze.HIDDEN, Freeze.WITHDRAWN]:
        make_outcome(make_case(display_name="Frozen", freeze=how, freeze_reason="A test"))
    make_outcome(make_case(display_name="Worse"), kind="worse")

    names = {title.partition(":")[0] for title in titles(client.get(FEED))}

    assert names == {"Told", "Closed"}


def test_frozen_case_leaves_the_feed(client):
    make_outcome(make_case())
    assert len(titles(client.get(FEED))) == 1

    Case.objects.update(freeze=Freeze.HIDDEN, freeze_reason="A test")

    assert titles(client.get(FEED)) == []


def test_feed_ends_after_the_newest(client):
    case = make_case()
    for at in range(ENTRIES + 2):
        make_outcome(case, headline=f"News {at}", date=f"20{at:02}-01-01")

    found = titles(client.get(FEED))

    assert len(found) == ENTRIES
    assert found[0].endswith(f"News {ENTRIES + 1} (1 January 2041)")


def test_sign_that_xml_cannot_hold_does_not_break_the_feed(client):
    make_outcome(make_case(), headline="Free\x0b at last", text="Pasted\x08 text")

    assert titles(client.get(FEED))[0].endswith("Free at last (28 February 2025)")


def test_text_that_looks_like_html_is_read_as_it_stands(client):
    make_outcome(make_case(), text="Held by <the police> & freed")

    summary = entries(client.get(FEED))[0].find("a:summary", ATOM)

    assert summary.get("type") == "html"
    assert "Held by &lt;the police&gt; &amp; freed" in summary.text


def dates(response) -> list[tuple[str | None, str]]:
    names = ["a:published", "a:updated"]
    return [
        tuple(entry.findtext(name, namespaces=ATOM) for name in names)
        for entry in entries(response)
    ]


@pytest.mark.parametrize(
    ("fields", "published"),
    [
        ({"date": "2014-06-21"}, "2014-06-21T12:00:00+00:00"),
        ({"date": "2025-02-03"}, "2025-02-03T08:00:00+00:00"),  # added in the morning of that day
        ({"date": "2014-06-01", "date_precision": "month"}, None),
        ({"date": "2014-01-01", "date_precision": "year"}, None),
        ({"date": None}, None),
    ],
)
def test_what_happened_long_ago_is_not_dated_today_nor_finer_than_known(client, fields, published):
    with time_machine.travel("2025-02-03 08:00 +0000", tick=False):
        make_outcome(make_case(), **fields)

    assert dates(client.get(FEED)) == [(published, "2025-02-03T08:00:00+00:00")]


@pytest.mark.parametrize("of_case", [False, True], ids=["good news", "one case"])
def test_correction_of_an_outcome_moves_what_feed_readers_look_at(client, of_case):
    with time_machine.travel("2026-01-02 12:00 +0000", tick=False):
        case = make_case()
        outcome = make_outcome(case, headline="Released", date="2025-02-01")
        make_outcome(case, headline="Water right protected", date="2025-01-01")
    address = feed_of(case) if of_case else FEED
    before = client.get(address)

    with time_machine.travel("2026-03-04 12:00 +0000", tick=False):
        outcome.headline = "On bail only"
        outcome.save()
    after = client.get(address)

    told, corrected = "2026-01-02T12:00:00+00:00", "2026-03-04T12:00:00+00:00"
    first, second = "2025-02-01T12:00:00+00:00", "2025-01-01T12:00:00+00:00"
    assert dates(before) == [(first, told), (second, told)]
    assert before["Last-Modified"] == "Fri, 02 Jan 2026 12:00:00 GMT"
    assert titles(after)[0].endswith("On bail only (1 February 2025)")
    # The older one says it too: "Later: On bail only".
    assert dates(after) == [(first, corrected), (second, corrected)]
    assert after["Last-Modified"] == "Wed, 04 Mar 2026 12:00:00 GMT"


# --- of one case


def feed_of(case: Case) -> str:
    return f"{case.get_absolute_url()}feed.atom"


def test_feed_of_a_case_tells_all_that_became_of_it_and_of_no_other(client):
    case = make_case(display_name="Ánne <Test> & Co", headline="A herder")
    make_outcome(case, headline="Free on bail", date="2025-02-01")
    make_outcome(case, kind="worse", headline="Held again", date="2025-03-01")
    make_outcome(make_case(), headline="Another person")

    response = client.get(feed_of(case))

    feed = ET.fromstring(response.content)  # noqa: S314 - our own
    links = {link.get("rel"): link.get("href") for link in feed.findall("a:link", ATOM)}
    assert titles(response) == [
        "Ánne <Test> & Co: Held again (1 March 2025)",
        "Ánne <Test> & Co: Free on bail (1 February 2025)",
    ]
    assert feed.findtext("a:title", namespaces=ATOM) == "Write for Rights: news of Ánne <Test> & Co"
    assert feed.findtext("a:subtitle", namespaces=ATOM) == "A herder"
    assert links["self"] == f"http://testserver{feed_of(case)}"
    assert links["alternate"] == f"http://testserver{case.get_absolute_url()}"
    assert not response.cookies


def test_page_of_a_case_names_its_feed(client):
    case = make_case()

    shown = " ".join(client.get(case.get_absolute_url()).content.decode().split())
    french = client.get(f"/fr{case.get_absolute_url()}").content.decode()

    assert f'type="application/atom+xml" title="News of {case}" href="{feed_of(case)}"' in shown
    assert f'href="/fr{feed_of(case)}"' in french


def test_feed_of_a_case_is_empty_before_anything_became_of_it(client):
    assert titles(client.get(feed_of(make_case()))) == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"stage": Stage.CLOSED}, 200),
        ({"listed": False}, 200),
        ({"freeze": Freeze.PAUSED}, 200),
        ({"freeze": Freeze.HIDDEN}, 404),
        ({"freeze": Freeze.WITHDRAWN}, 410),
        ({"stage": Stage.DRAFT}, 404),
        ({"stage": Stage.DRAFT, "freeze": Freeze.WITHDRAWN}, 404),
    ],
)
def test_feed_of_a_case_goes_as_its_page_does(client, fields, status):
    reason = {"freeze_reason": "A test"} if "freeze" in fields else {}
    case = make_case(display_name="Ana Test", **fields, **reason)
    make_outcome(case, headline="Free at last")

    response = client.get(feed_of(case))

    assert response.status_code == status
    assert (b"Free at last" in response.content) is (status == 200)


def test_feed_of_a_case_asks_as_often_for_many_outcomes_as_for_one(
    client, django_assert_num_queries
):
    case = make_case()
    for number in [1, 9]:
        for _ in range(number):
            make_outcome(case)
        with django_assert_num_queries(3):
            client.get(feed_of(case))
