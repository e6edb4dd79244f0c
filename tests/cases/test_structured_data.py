import datetime
import json

import pytest
import time_machine

from cases.models import Case, Stage
from tests.factories import make_case_to_write_for, make_full_case
from tests.reading import page

pytestmark = pytest.mark.django_db


def said(response) -> dict:
    return json.loads(page(response).one("script", type="application/ld+json").text)


def test_case_page_tells_machines_what_it_tells_people(client):
    case = make_full_case(slug="anne-testlund", display_name="Ánne Testlund")

    found = said(client.get(case.get_absolute_url()))

    assert found["@type"] == "Article"
    assert found["headline"] == "Ánne Testlund: A herder whose pastures are to be built over"
    assert found["description"] == case.summary
    assert found["inLanguage"] == "en"
    assert found["url"] == "http://testserver/cases/anne-testlund/"
    assert found["about"] == {"@type": "Person", "name": "Ánne Testlund"}
    assert found["image"] == "http://testserver/cases/anne-testlund/card.jpg"
    assert found["citation"] == ["https://example.org/a-report"]


def test_case_that_may_not_be_shared_has_no_picture_for_machines(client):
    make_full_case(slug="anne-testlund", sharing_allowed=False)

    assert "image" not in said(client.get("/cases/anne-testlund/"))


def test_community_is_not_said_to_be_a_person(client):
    make_full_case(slug="anne-testlund", kind="community")

    assert said(client.get("/cases/anne-testlund/"))["about"]["@type"] == "Thing"


@pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", "<!--<script>", "a & b"])
def test_nothing_that_is_typed_ends_the_data(client, name):
    case = make_full_case(slug="anne-testlund", display_name=name)

    response = client.get(case.get_absolute_url())

    assert said(response)["about"]["name"] == name
    assert len(page(response).all("script")) == 1


def test_translated_case_says_its_language(client):
    make_full_case(slug="anne-testlund")
    case = Case.objects.get()
    case.headline_fr, case.story_fr = "Une bergère", "Une histoire."
    case.save()

    found = said(client.get("/fr/cases/anne-testlund/"))

    assert found["inLanguage"] == "fr"
    assert found["headline"].endswith(": Une bergère")
    assert found["url"] == "http://testserver/fr/cases/anne-testlund/"


def test_case_says_when_readers_could_read_of_it_first(client):
    case = make_case_to_write_for(stage=Stage.DRAFT)
    days = [datetime.datetime(2025, 11, day, 9, tzinfo=datetime.UTC) for day in (3, 5, 9)]
    for day, stage in zip(days, [Stage.DRAFT, Stage.PUBLISHED, Stage.CLOSED], strict=True):
        with time_machine.travel(day, tick=False):
            case.stage = stage
            case.save()

    assert said(client.get(case.get_absolute_url()))["datePublished"] == "2025-11-05T09:00:00+00:00"


def test_case_whose_first_day_is_not_known_names_none(client):
    case = make_case_to_write_for()
    Case.history.all().delete()

    assert "datePublished" not in said(client.get(case.get_absolute_url()))
