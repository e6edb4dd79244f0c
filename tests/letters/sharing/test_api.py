"""The public API and oEmbed: what they tell, what they never tell, and how they refuse."""

import datetime
import json

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Case, Outcome, Petition, Quote, SolidarityAction
from letters.forms.api import CasesForm, OutcomesForm
from letters.sharing import api
from letters.statistics import published
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_edition,
    make_full_case,
    make_letter,
    make_outcome,
    make_petition,
    make_portrait,
    make_post,
    make_signature,
)
from tests.letters.sending import publish, yesterday
from tests.reading import page

pytestmark = pytest.mark.django_db

ANSWERS = [
    "/api/v1/",
    "/api/v1/cases/",
    "/api/v1/cases/ana-test/",
    "/api/v1/outcomes/",
    "/api/v1/totals/",
    "/oembed?url=http://testserver/cases/ana-test/",
]
SECRETS = {
    "staff_note": "Uncertain: the date.",
    "other_names": ["Secret Spelling"],
    "no_target_reason": "Secret reason.",
}


@pytest.fixture
def case() -> Case:
    case = make_full_case(slug="ana-test", display_name="Ana Test", **SECRETS)
    Quote.objects.create(case=case, text="Said in confidence.", speaker="A test")
    return case


@pytest.fixture(autouse=True)
def _no_sample(monkeypatch):
    """It is asked for every few seconds, whatever the page."""
    for module in ["letters.views.api", "letters.templatetags.letters"]:
        monkeypatch.setattr(f"{module}.demo_data_exists", lambda: False)


def test_the_list_names_each_field_and_no_other(client, case):
    answer = client.get("/api/v1/cases/").json()

    assert answer["licence"]["name"] == "CC BY 4.0"
    assert (answer["number"], answer["pages"], answer["next"]) == (1, 1, None)
    [told] = answer["cases"]
    assert list(told) == [field.name for field in api.CASE]
    assert told["url"] == "http://testserver/cases/ana-test/"
    assert told["api_url"] == "http://testserver/api/v1/cases/ana-test/"
    assert (told["name"], told["country_name"], told["edition"]) == ("Ana Test", "Norway", 2025)
    assert told["takes_actions"] is True
    assert told["picture"] is None


def test_a_case_alone_has_its_story_and_what_is_asked(client, case):
    make_petition(case, goal=500, closes_on="2025-01-01")

    told = client.get("/api/v1/cases/ana-test/").json()["case"]

    assert list(told) == [field.name for field in api.WHOLE_CASE]
    assert told["demands"] == ["Stop building on the pastures."]
    assert told["target"] == {"name": "Test Official", "office": "Minister of Tests"}
    assert told["petition"] == {
        "title": "Let the herds graze",
        "text": "We ask you to stop building on the pastures.\n\nThe herds need them.",
        "goal": 500,
        "closes_on": "2025-01-01",
        "takes_signatures": False,
    }
    assert told["milestones"] == [
        {
            "date": "2024-05",
            "text": "The permit was given.",
            "source": "https://example.org/permit",
        }
    ]
    assert [quote["text"] for quote in told["quotes"]] == ["We belong to this land."]
    [outcome] = told["outcomes"]
    assert (outcome["kind"], outcome["tone"], outcome["good_news"]) == (
        "no-change-yet",
        "neither",
        False,
    )


@pytest.mark.parametrize("url", ANSWERS)
def test_no_answer_holds_an_address_or_a_word_for_staff(client, case, url):
    SolidarityAction.objects.update(postal="Secret Street 5", address_visibility="staff-only")

    text = client.get(url).content.decode()

    for secret in [
        *["Secret", "Uncertain", "Said in confidence", "Invented Street", "Testville"],
        *["loaded_digest", "freeze", "consent", "example@"],
    ]:
        assert secret not in text


def test_a_picture_comes_with_its_credit(client, case, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    make_portrait(case)

    [told] = client.get("/api/v1/cases/").json()["cases"]

    assert told["picture"]["url"].startswith("http://testserver/media/")
    assert told["picture"]["credit"] == "Illustration: a test"
    assert told["picture"]["licence"] == "CC0"


def test_counts_are_those_of_the_page_signatures_only_once_the_page_has_them(client, case):
    for _letter in range(17):
        make_letter(case, state="posted", counted_on=yesterday())
    make_post(case)
    petition = make_petition(case, shown_from=20)

    def counts() -> dict:
        return client.get("/api/v1/cases/ana-test/").json()["case"]["counts"]

    for _signature in range(12):
        make_signature(petition, counted_on=yesterday())
    publish()
    assert counts() == {"all": 30, "letters": 15, "messages": 0, "signatures": 0, "posts": 0}
    Petition.objects.update(shown_from=5)
    assert counts() == {"all": 30, "letters": 15, "messages": 0, "signatures": 10, "posts": 0}


def test_outcomes_come_newest_first_good_or_not(client, case):
    make_outcome(case, date="2025-05-01", date_precision="month", headline="Free")
    make_outcome(case, kind="worse", date="2025-06-01", headline="Held anew")
    make_outcome(make_case(sharing_allowed=False), headline="Not to be shared")

    told = client.get("/api/v1/outcomes/").json()["outcomes"]

    assert list(told[0]) == [field.name for field in api.OUTCOME_OF_A_CASE]
    assert [(row["headline"], row["date"], row["good_news"]) for row in told] == [
        ("Held anew", "2025-06-01", False),
        ("Free", "2025-05", True),
        ("The court has not ruled yet", "2025-02-28", False),
    ]


def test_totals_break_no_small_number_down(client, case):
    for country in ["NO"] * 8 + ["SE"] * 4:
        make_letter(case, state="posted", country=country, counted_on=yesterday())
    publish()

    told = client.get("/api/v1/totals/").json()["totals"]

    assert (told["edition"], told["actions"]) == (2025, 12)
    assert told["by_kind"][0] == {"code": "appeal", "label": "Letters", "actions": 10}
    assert [row["code"] for row in told["by_country"]] == [None]
    assert "SE" not in json.dumps(told)


def test_totals_tell_apart_what_people_only_say(client, case):
    for _nr in range(11):
        make_letter(case, state="posted", counted_on=yesterday())
        make_letter(case, state="submitted", counted_on=yesterday())
    publish()

    told = client.get("/api/v1/totals/").json()["totals"]

    assert told["by_source"] == [
        {"code": "online", "label": "Received here or confirmed", "actions": 10},
        {"code": "said", "label": "People say they sent or posted it", "actions": 10},
    ]
    assert "by_source" in client.get("/api/").content.decode()


def test_a_case_that_is_not_shared_is_in_the_sum_and_not_among_the_cases(client, case):
    make_letter(make_case(sharing_allowed=False), state="posted")

    told = client.get("/api/v1/totals/").json()["totals"]

    assert told["actions"] == 1
    assert [row["code"] for row in told["by_case"]] == ["ana-test"]


def test_french_is_asked_for_by_the_address(client, case):
    Case.objects.update(i18n={"headline_fr": "Une bergère", "story_fr": "Une histoire"})

    [told] = client.get("/fr/api/v1/cases/").json()["cases"]

    assert (told["headline"], told["language"], told["country_name"]) == (
        "Une bergère",
        "fr",
        "Norvège",
    )
    assert told["url"] == "http://testserver/fr/cases/ana-test/"


def test_invented_activity_is_named_in_every_answer(client, case, monkeypatch):
    monkeypatch.setattr("letters.views.api.demo_data_exists", lambda: True)

    assert "mean nothing" in client.get("/api/v1/totals/").json()["sample"]


# For machines


@pytest.mark.parametrize("url", ANSWERS)
def test_an_answer_is_the_same_for_everybody_and_may_be_read_by_any_site(client, case, url):
    response = client.get(url)

    assert response["Content-Type"] == "application/json"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    # Any width and any spelling of the address makes another answer to oEmbed: nobody keeps them.
    kept = "no-store" if "oembed" in url else "public, max-age=4"
    assert response["Cache-Control"].startswith(kept)
    assert response.headers.get("Vary", "Accept-Encoding") == "Accept-Encoding"
    assert int(response["Content-Length"]) == len(response.content)
    assert not response.cookies
    assert client.post(url).status_code == 405


def test_a_long_list_has_pages_that_lead_to_each_other(client, monkeypatch):
    monkeypatch.setattr("letters.sharing.paging.ROWS_A_PAGE", 2)
    slugs = [make_case(position=at).slug for at in range(5)]
    found, url = [], "http://testserver/api/v1/cases/"

    while url:
        answer = client.get(url.removeprefix("http://testserver")).json()
        found += [case["slug"] for case in answer["cases"]]
        url = answer["next"]

    assert found == slugs
    back = client.get(answer["previous"]).json()
    assert [case["slug"] for case in back["cases"]] == slugs[2:4]
    assert back["previous"] == "http://testserver/api/v1/cases/"
    numbered = client.get("/api/v1/cases/?page=2").json()
    assert numbered == back
    after_the_next = client.get(numbered["next"].replace("?", "?page=1&")).json()
    assert [case["slug"] for case in after_the_next["cases"]] == slugs[4:]
    assert client.get(numbered["next"].replace("?", "?page=2&")).status_code == 404


def test_new_rows_move_no_page_that_follows_a_cursor(client, case, monkeypatch):
    monkeypatch.setattr("letters.sharing.paging.ROWS_A_PAGE", 2)
    Outcome.objects.all().delete()
    for month in [None, "2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01"]:
        make_outcome(case, headline=f"Of {month}", date=month)
    following = client.get("/api/v1/outcomes/").json()["next"]
    before = client.get(following).json()

    make_outcome(case, headline="New", date="2025-05-01")
    make_outcome(case, headline="Undated and new", date=None)
    after = client.get(following).json()

    assert [row["headline"] for row in before["outcomes"]] == ["Of 2025-02-01", "Of 2025-01-01"]
    assert after["outcomes"] == before["outcomes"]
    assert (before["number"], after["number"]) == (5, 7)
    last = client.get(after["next"]).json()
    assert [row["headline"] for row in last["outcomes"]] == ["Undated and new", "Of None"]
    assert last["next"] is None


def test_a_row_that_is_gone_leaves_the_cursor_behind_it_where_it_was(client, monkeypatch):
    monkeypatch.setattr("letters.sharing.paging.ROWS_A_PAGE", 2)
    slugs = [make_case(position=at).slug for at in range(5)]
    following = client.get("/api/v1/cases/").json()["next"]

    Case.objects.filter(slug=slugs[1]).update(freeze="hidden", freeze_reason="A test")

    answer = client.get(following).json()
    assert [case["slug"] for case in answer["cases"]] == slugs[2:4]


def test_pages_of_a_filtered_list_stay_filtered(client, monkeypatch):
    monkeypatch.setattr("letters.sharing.paging.ROWS_A_PAGE", 2)
    wanted = [make_case(position=at, country="SE").slug for at in range(3)]
    make_case(country="NO")

    first = client.get("/api/v1/cases/?country=SE").json()
    second = client.get(first["next"]).json()

    assert [case["slug"] for case in first["cases"] + second["cases"]] == wanted
    assert second["previous"] == "http://testserver/api/v1/cases/?country=SE"


@pytest.mark.parametrize("asked", ["page=99", "cursor=x", "cursor=Wy0xLDIsM10.made-up", "cursor=."])
def test_a_page_that_is_not_there_says_so_as_json(client, case, asked):
    response = client.get(f"/api/v1/cases/?{asked}")

    assert response.status_code == 404
    assert response.json() == {"error": "This page does not exist."}
    assert response["Cache-Control"] == "no-store"


# Filters


def test_cases_are_filtered_by_edition_country_and_what_they_take(client, case):
    make_case(slug="old", edition=make_edition(year=2020), stage="closed")
    make_case(slug="far", country="SE", freeze="paused", freeze_reason="A test")
    make_case(slug="not-shared", country="SE", sharing_allowed=False)

    def slugs(query: str) -> list[str]:
        answer = client.get(f"/api/v1/cases/?{query}")
        assert answer["Cache-Control"] == "no-store"
        assert answer.json()["number"] == len(answer.json()["cases"])
        return sorted(case["slug"] for case in answer.json()["cases"])

    assert slugs("edition=2020") == ["old"]
    assert slugs("edition=1999") == []
    assert slugs("country=SE") == ["far"]
    assert slugs("takes_actions=true") == ["ana-test"]
    assert slugs("takes_actions=false") == ["far", "old"]
    assert slugs("takes_actions=false&edition=2020") == ["old"]


def test_outcomes_are_filtered_by_case_and_kind(client, case):
    make_outcome(case, kind="released", headline="Free")
    make_outcome(make_case(slug="other"), kind="released", headline="Another is free")
    make_outcome(make_case(slug="hidden", sharing_allowed=False), headline="Not to be shared")

    def headlines(query: str) -> list[str]:
        told = client.get(f"/api/v1/outcomes/?{query}").json()["outcomes"]
        return [row["headline"] for row in told]

    assert headlines("case=ana-test&kind=released") == ["Free"]
    assert headlines("case=other") == ["Another is free"]
    assert headlines("case=hidden") == headlines("case=nobody") == []


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("colour=red", {"colour": ["There is no such filter here."]}),
        ("page=1&page=2", {"page": ["This was given more than once."]}),
        ("page=", {"page": ["This is empty: leave it out."]}),
        ("page=x", {"page": ["Enter a whole number."]}),
        ("page=%00", {"page": ["Enter a whole number."]}),
        ("page=01", {"page": ["Write the number without anything around it."]}),
        ("page=0", {"page": ["Ensure this value is greater than or equal to 1."]}),
        (
            "country=XX&edition=soon",
            {
                "edition": ["Enter a whole number."],
                "country": ["Select a valid choice. XX is not one of the available choices."],
            },
        ),
        (
            "takes_actions=yes",
            {"takes_actions": ["Select a valid choice. yes is not one of the available choices."]},
        ),
    ],
)
def test_a_query_that_is_wrong_is_told_which_part_of_it_is(client, case, query, wrong):
    response = client.get(f"/api/v1/cases/?{query}")

    assert response.status_code == 400
    assert response.json()["fields"] == wrong
    for name, sentences in wrong.items():
        assert f"{name}: {sentences[0]}" in response.json()["error"]
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("url", ["/api/v1/", "/api/v1/cases/ana-test/", "/api/v1/totals/"])
def test_an_answer_that_has_no_filter_refuses_each(client, case, url):
    response = client.get(f"{url}?country=NO")

    assert response.status_code == 400
    assert list(response.json()["fields"]) == ["country"]


@pytest.mark.parametrize(
    ("freeze", "status"), [("none", 200), ("paused", 200), ("hidden", 404), ("withdrawn", 410)]
)
def test_a_case_that_is_not_there_is_refused_as_json(client, case, freeze, status):
    Case.objects.update(freeze=freeze, freeze_reason="A test")

    response = client.get("/api/v1/cases/ana-test/")

    assert response.status_code == status
    assert ("error" in response.json()) is (status != 200)
    assert response["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("url", ANSWERS)
def test_an_answer_asks_as_often_with_many_rows_as_with_few(client, case, url):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        return len(asked)

    queries()
    few = queries()
    for at in range(12):
        make_outcome(make_case(), headline=f"Outcome {at}")
        make_outcome(case, headline=f"Outcome of Ana {at}")

    lists_of_a_case = 5  # a query each, for what the other answers do not tell
    assert queries() == few <= (6 + lists_of_a_case if "ana-test" in url else 7)


# oEmbed


def test_oembed_gives_a_frame_for_the_page_of_a_case(client, case):
    told = client.get("/oembed", {"url": "http://testserver/cases/ana-test/"}).json()

    assert (told["version"], told["type"]) == ("1.0", "rich")
    assert told["title"] == f"Ana Test: {case.headline}"
    assert (told["width"], told["height"]) == (480, 240)
    assert 'src="http://testserver/embed/cases/ana-test/"' in told["html"]
    assert client.get(told["thumbnail_url"].removeprefix("http://testserver")).status_code == 200


def test_oembed_answers_in_the_language_of_the_page(client, case):
    told = client.get("/oembed", {"url": "https://testserver/fr/cases/ana-test/?a=b"}).json()

    assert 'src="http://testserver/fr/embed/cases/ana-test/"' in told["html"]


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({"maxwidth": "320"}, (320, 440)),
        ({"maxwidth": "2000", "maxheight": "2000"}, (480, 240)),
        ({"maxheight": "100"}, (480, 100)),
    ],
)
def test_oembed_keeps_to_the_room_there_is(client, case, asked, size):
    told = client.get("/oembed", {"url": "http://testserver/cases/ana-test/"} | asked).json()

    assert (told["width"], told["height"]) == size
    assert f'width="{size[0]}" height="{size[1]}"' in told["html"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"format": "xml"}, 501),
        ({"url": ""}, 400),
        ({"maxwidth": "0"}, 400),
        ({"maxwidth": "wide"}, 400),
        ({"url": "http://testserver/cases/nobody/"}, 404),
        ({"url": "http://testserver/cases/"}, 404),
        ({"url": "http://other.example/cases/ana-test/"}, 404),
        ({"url": "ftp://testserver/cases/ana-test/"}, 404),
        ({"url": "http://[testserver/cases/ana-test/"}, 404),
        ({"url": "/cases/ana-test/"}, 404),
        ({"url": "\0"}, 400),
    ],
)
def test_oembed_refuses_what_it_does_not_know_as_json(client, case, asked, status):
    response = client.get("/oembed", {"url": "http://testserver/cases/ana-test/"} | asked)

    assert response.status_code == status
    told = response.json()
    assert list(told) == (["error", "fields"] if status == 400 else ["error"])


# The page that explains


def test_every_field_is_explained(client, case):
    shown = page(client.get("/api/"))

    named = shown.texts("code")
    for field in [*api.WHOLE_CASE, *api.OUTCOME_OF_A_CASE, *api.TOTALS]:
        assert field.name in named
        assert str(field.says)


def test_every_filter_is_explained(client, case):
    shown = page(client.get("/api/"))

    for form in [CasesForm, OutcomesForm]:
        for name, field in form.base_fields.items():
            assert name in shown.texts("code")
            assert str(field.help_text) in shown.texts("dd")


def test_the_example_is_what_the_api_answers(client, case):
    example = json.loads(page(client.get("/api/")).texts("pre")[-1])

    assert example == client.get("/api/v1/cases/").json()["cases"][0]


def test_a_new_site_explains_itself_too(client):
    assert client.get("/api/").status_code == 200
    assert client.get("/api/v1/cases/").json()["cases"] == []
    assert client.get("/api/v1/totals/").json()["totals"]["actions"] == 0


def test_totals_say_how_far_letters_have_come_that_were_handed_in_once_a_day(client, settings):
    settings.PAGE_CACHE_SECONDS = 0
    case, yesterday = make_case_to_write_for(), timezone.localdate() - datetime.timedelta(days=1)
    for state, number in {"submitted": 12, "approved": 9, "delivered": 16, "returned": 1}.items():
        for _ in range(number):
            make_letter(case, state=state, route="deliver", counted_on=yesterday)
    for _ in range(6):
        make_letter(case, state="approved", route="deliver")  # today: in what comes tomorrow
    make_letter(case, state="posted", route="post")
    before = client.get("/api/v1/totals/").json()["totals"]["by_state"]

    published.publish_once_a_day()

    rows = client.get("/api/v1/totals/").json()["totals"]["by_state"]
    assert before == []
    assert [(row["code"], row["actions"]) for row in rows] == [
        ("submitted", 10),
        ("delivered", 15),
        (None, 10),
    ]
    Case.objects.update(freeze="hidden", freeze_reason="A test.")
    with time_machine.travel(timezone.now() + datetime.timedelta(days=1), tick=False):
        published.publish_once_a_day()
    assert client.get("/api/v1/totals/").json()["totals"]["by_state"] == []
