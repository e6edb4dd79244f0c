"""The description for programs says what is really answered."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode

from cases.models import Case
from tests.factories import (
    make_case,
    make_full_case,
    make_letter,
    make_outcome,
    make_petition,
    make_portrait,
)
from tests.letters.sending import publish, yesterday

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

URL = "/api/v1/openapi.json"
COPY = Path(__file__).parents[3] / "docs" / "openapi.json"
NAMES = ["index", "cases", "case", "outcomes", "totals"]
AS_RUN_BY_MAKE = "http://127.0.0.1:8000"


@pytest.fixture
def case(monkeypatch, tmp_path) -> Case:
    monkeypatch.setattr("django.conf.settings.MEDIA_ROOT", tmp_path)
    case = make_full_case(slug="ana-test")
    make_portrait(case)
    make_petition(case, goal=500, closes_on="2030-01-01")
    make_outcome(case, date="2025-05-01", date_precision="month")
    make_outcome(make_case(stage="closed", facts_as_of=""), date=None, headline="Undated")
    for country in ["NO"] * 6 + ["SE"] * 6:
        make_letter(case, state="posted", country=country, counted_on=yesterday())
    publish()
    return case


@pytest.fixture
def application() -> Iterator[WSGIHandler]:
    """The site as a server runs it, but on the connection of the test, which it leaves open."""
    for signal in [request_started, request_finished]:
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in [request_started, request_finished]:
        signal.connect(close_old_connections)


def closed(shape):
    """The same shape, in which nothing may stand that it does not name."""
    if isinstance(shape, list):
        return [closed(part) for part in shape]
    if not isinstance(shape, dict):
        return shape
    shape = {name: closed(part) for name, part in shape.items()}
    return {"additionalProperties": False} | shape if "properties" in shape else shape


def problems_of(answer: dict, described: dict, path: str, status: str = "200") -> list[str]:
    response = described["paths"][path]["get"]["responses"][status]
    shape = response["content"]["application/json"]["schema"]
    whole = closed(shape | {"components": described["components"]})
    validator = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer)]


@pytest.mark.parametrize("prefix", ["", "/fr"])
def test_it_is_a_right_description_with_both_languages(client, prefix):
    described = client.get(prefix + URL).json()

    assert described["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(described).iter_errors()) == []
    assert [server["url"] for server in described["servers"]] == [
        "http://testserver",
        "http://testserver/fr",
    ]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/v1/", ""),
        ("/api/v1/cases/", ""),
        ("/api/v1/cases/", "?country=SE"),
        ("/api/v1/cases/{slug}/", ""),
        ("/api/v1/outcomes/", ""),
        ("/api/v1/totals/", ""),
    ],
)
@pytest.mark.parametrize("prefix", ["", "/fr"])
def test_what_is_answered_is_all_described_and_nothing_else(client, case, path, query, prefix):
    described = client.get(URL).json()

    answer = client.get(prefix + path.replace("{slug}", "ana-test") + query).json()

    assert problems_of(answer, described, path) == []


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/api/v1/totals/", "?colour=red", 400),
        ("/api/v1/cases/", "?page=x", 400),
        ("/api/v1/cases/", "?page=99", 404),
        ("/api/v1/cases/{slug}/", "", 404),
    ],
)
def test_errors_are_described_too(client, path, query, status):
    described = client.get(URL).json()

    response = client.get(path.replace("{slug}", "nobody") + query)

    assert response.status_code == status
    assert problems_of(response.json(), described, path, str(status)) == []


def test_every_address_of_the_api_is_described(client):
    described = client.get(URL).json()
    index = client.get("/api/v1/").json()

    for name in ["cases", "outcomes", "totals"]:
        assert index[name].removeprefix("http://testserver") in described["paths"]
    assert index["openapi"] == f"http://testserver{URL}"
    assert f'href="{URL}"' in client.get("/api/").content.decode()


def test_the_copy_in_the_repository_is_what_is_served(client, monkeypatch):
    """While `make run` runs: curl http://127.0.0.1:8000/api/v1/openapi.json > docs/openapi.json"""
    monkeypatch.setattr("django.conf.settings.SITE_URL", AS_RUN_BY_MAKE)

    served = client.get(URL).content.decode()

    assert json.loads(COPY.read_text()) == json.loads(served)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("name", "mode"),
    [
        *((name, GenerationMode.POSITIVE) for name in NAMES),
        # The others have no parameters, so nothing can be asked of them wrongly.
        *((name, GenerationMode.NEGATIVE) for name in ["cases", "case", "outcomes"]),
    ],
)
def test_requests_that_are_made_up_are_answered_as_described(case, application, name, mode):
    """Those that the description allows, and those that it does not, by schemathesis."""
    description = schemathesis.openapi.from_wsgi(URL, application)
    operation = description.find_operation_by_id(name)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def answered(asked) -> None:
        asked.call_and_validate()

    answered()
