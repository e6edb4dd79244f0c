import xml.etree.ElementTree as ET

import pytest

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
        case, headline="Free “at last”", text="On bail.", date="2025-02-01", date_precision="month"
    )

    response = client.get(FEED)

    [entry] = entries(response)
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert entry.findtext("a:title", namespaces=ATOM) == "Ánne <Test> & Co: Free “at last”"
    assert entry.findtext("a:summary", namespaces=ATOM) == "February 2025 On bail."
    assert entry.find("a:link", ATOM).get("href") == f"http://testserver{case.get_absolute_url()}"
    assert entry.findtext("a:id", namespaces=ATOM) == f"http://testserver/outcomes/{outcome.pk}"


def test_feed_says_where_it_is_and_belongs(client):
    feed = ET.fromstring(client.get(FEED).content)  # noqa: S314 - our own

    links = {link.get("rel"): link.get("href") for link in feed.findall("a:link", ATOM)}
    assert links["self"] == f"http://testserver{FEED}"
    assert links["alternate"] == "http://testserver/good-news/"
    assert feed.findtext("a:title", namespaces=ATOM) == "Write for Rights: good news"


def test_french_feed_is_french(client):
    make_outcome(make_case(), date="2025-02-01", date_precision="month")

    feed = ET.fromstring(client.get(f"/fr{FEED}").content)  # noqa: S314 - our own

    links = {link.get("rel"): link.get("href") for link in feed.findall("a:link", ATOM)}
    assert links["self"] == f"http://testserver/fr{FEED}"
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "fr"
    summary = feed.find("a:entry", ATOM).findtext("a:summary", namespaces=ATOM)
    assert summary == "février 2025"


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
    assert found[0].endswith(f"News {ENTRIES + 1}")


def test_sign_that_xml_cannot_hold_does_not_break_the_feed(client):
    make_outcome(make_case(), headline="Free\x0b at last", text="Pasted\x08 text")

    assert titles(client.get(FEED))[0].endswith("Free at last")


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
        "Ánne <Test> & Co: Held again",
        "Ánne <Test> & Co: Free on bail",
    ]
    assert feed.findtext("a:title", namespaces=ATOM) == "Write for Rights: news of Ánne <Test> & Co"
    assert feed.findtext("a:subtitle", namespaces=ATOM) == "A herder"
    assert links["self"] == f"http://testserver{feed_of(case)}"
    assert links["alternate"] == f"http://testserver{case.get_absolute_url()}"
    assert not response.cookies


def test_page_of_a_case_names_its_feed(client):
    case = make_case()

    shown = client.get(case.get_absolute_url()).content.decode()
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
        with django_assert_num_queries(2):
            client.get(feed_of(case))
