"""Whatever is asked below /api/, however, is answered as JSON that scripts of any site may read."""

import pytest
from django.http import HttpResponse

from cases.models import Case
from tests.factories import make_full_case

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

METHODS = "GET, HEAD, OPTIONS"


@pytest.fixture(autouse=True)
def case() -> Case:
    return make_full_case(slug="ana-test", display_name="Ana Test")


def assert_any_script_may_read(response) -> None:
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in response["Access-Control-Expose-Headers"]
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Access-Control-Allow-Credentials" not in response
    assert not response.cookies


def assert_error(response, status: int, sentence: str) -> None:
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    assert response.json() == {"error": sentence}
    assert response["Cache-Control"] == "no-store"
    assert_any_script_may_read(response)


@pytest.mark.parametrize(
    "url", ["/api/v1/nope/", "/api/v2/", "/api/nope", "/api/v1/cases/nobody/", "/api/v1/cases/a/b"]
)
def test_address_where_nothing_is_says_so_as_json(client, url):
    assert_error(client.get(url), 404, "There is nothing at this address.")


def test_an_error_is_told_in_the_language_of_its_address(client):
    response = client.get("/fr/api/v1/nope/")

    assert_error(response, 404, "Il n’y a rien à cette adresse.")
    assert response["Content-Language"] == "fr"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
@pytest.mark.parametrize("url", ["/api/v1/cases/", "/api/v1/totals/", "/oembed"])
def test_method_that_changes_something_is_refused_with_those_there_are(client, method, url):
    response = client.generic(method, url)

    assert_error(response, 405, "This can only be read: use GET or HEAD.")
    assert response["Allow"] == METHODS


@pytest.mark.parametrize("url", ["/api/v1/cases/", "/api/v1/nope/", "/fr/api/v1/totals", "/oembed"])
def test_a_browser_that_asks_first_may_send_what_it_likes(client, url):
    response = client.options(
        url,
        headers={
            "origin": "https://other.example",
            "access-control-request-method": "GET",
            "access-control-request-headers": "x-requested-with, if-none-match",
        },
    )

    assert response.status_code == 204
    assert response.content == b""
    assert response["Allow"] == response["Access-Control-Allow-Methods"] == METHODS
    assert response["Access-Control-Allow-Headers"] == "*"
    assert_any_script_may_read(response)


def test_head_has_the_headers_of_get_and_no_body(client):
    head, get = client.head("/api/v1/cases/"), client.get("/api/v1/cases/")

    assert head.content == b""
    assert dict(head.headers) == dict(get.headers)
    assert_any_script_may_read(head)


@pytest.mark.parametrize(
    ("url", "there"),
    [
        ("/api/v1/cases", "/api/v1/cases/"),
        ("/fr/api/v1/totals", "/fr/api/v1/totals/"),
        ("/api/v1/cases/?%70age=1", "/api/v1/cases/?page=1"),
    ],
)
def test_a_script_may_follow_the_way_to_the_right_spelling(client, url, there):
    response = client.get(url)

    assert response.status_code in (301, 302)
    assert response["Location"] == there
    assert_any_script_may_read(response)


def test_the_way_to_https_may_be_followed_too(settings, client):
    settings.SECURE_SSL_REDIRECT = True

    response = type(client)().get("/api/v1/cases/")

    assert response.status_code == 301
    assert_any_script_may_read(response)


def test_a_host_that_is_not_ours_is_refused_as_json(client):
    response = client.get("/api/v1/cases/", headers={"host": "evil.example.org"})

    assert_error(response, 400, "This request can’t be answered.")


def test_a_case_that_was_taken_down_is_told_without_its_name(client):
    Case.objects.update(freeze="withdrawn", freeze_reason="A test")

    response = client.get("/api/v1/cases/ana-test/")

    assert_error(response, 410, "This was taken down and will not come back.")


def test_a_fault_of_ours_is_json_too(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("letters.views.api.impact_totals.load", lambda: 1 / 0)

    response = client.get("/api/v1/totals/")

    assert_error(
        response, 500, ("Something went wrong on our side. It is not because of your request.")
    )


def test_what_asks_too_often_is_told_when_to_come_back(client, monkeypatch):
    from cases.http_caching import Busy

    def busy():
        raise Busy

    monkeypatch.setattr("letters.views.api.impact_totals.load", busy)

    response = client.get("/api/v1/totals/")

    assert_error(response, 503, "This is not ready yet. Try again a little later.")
    assert response["Retry-After"] == "2"


def test_too_many_at_once_are_told_so_and_when_to_come_back(rf):
    from letters.views.api_answers import api_answers

    page = HttpResponse("<p>Too many</p>", status=429, headers={"Retry-After": "30"})

    response = api_answers(lambda _request: page)(rf.get("/api/v1/cases/"))

    assert response["Content-Type"] == "application/json"
    assert b"There were too many requests at once" in response.content
    assert response["Retry-After"] == "30"
    assert response["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("url", ["/api/", "/fr/api/", "/nothing/", "/cases/nobody/"])
def test_pages_stay_pages(client, url):
    response = client.get(url)

    assert response["Content-Type"].startswith("text/html")
    assert "Access-Control-Allow-Origin" not in response


def test_the_first_address_leads_to_the_others(client):
    answer = client.get("/api/v1/").json()

    for name in ["cases", "outcomes", "totals", "explained"]:
        assert client.get(answer[name]).status_code == 200
