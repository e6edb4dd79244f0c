"""What other sites show in a frame."""

import gzip
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from cases.models import Case
from tests.factories import make_case, make_full_case, make_letter, make_outcome, make_post
from tests.reading import page

pytestmark = pytest.mark.django_db

CARD, COUNTER = "/embed/cases/ana-test/", "/embed/counter/"
POLICY = {
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors *",
}


@pytest.fixture
def case() -> Case:
    return make_full_case(slug="ana-test", display_name="Ana Test")


def test_the_card_leads_to_the_case_in_a_page_of_its_own(client, case):
    make_letter(case, state="posted")

    shown = page(client.get(CARD))

    link = shown.one("a")
    assert link.get("href") == "http://testserver/cases/ana-test/"
    assert (link.get("target"), link.get("rel")) == ("_blank", "noopener")
    assert shown.texts("h1") == ["Ana Test"]
    for words in ["Ana Test", case.headline, "Write a letter", "1 action so far"]:
        assert words in shown.texts("a")[0]
    assert "1 action so far" in " ".join(shown.texts("p"))


def test_the_code_for_other_sites_makes_a_frame_as_wide_as_there_is_room(client, case):
    card, counter = page(client.get("/api/")).texts("pre")[:2]

    for code, widest in [(card, 600), (counter, 320)]:
        assert 'width="100%"' in code
        assert f"max-width:{widest}px" in code
        assert "<script" not in code


def test_the_card_of_a_closed_case_tells_what_became_of_it_and_asks_nothing(client):
    make_outcome(make_case(slug="ana-test", stage="closed"), headline="Free after two years")

    said = " ".join(page(client.get(CARD)).texts("p"))

    assert "Free after two years In 2025:" in said
    assert "Write a letter" not in said


def test_the_card_of_a_paused_case_asks_nothing(client, case):
    Case.objects.update(freeze="paused", freeze_reason="A test")

    assert "Write a letter" not in client.get(CARD).content.decode()


def test_the_counter_sums_the_cases_that_readers_find(client, case):
    make_letter(case, state="posted")
    make_post(case)
    make_post(make_case(sharing_allowed=False))
    make_letter(make_case(listed=False), state="posted")
    make_letter(make_case(freeze="hidden", freeze_reason="A test"), state="posted")

    shown = page(client.get(COUNTER))

    assert shown.texts("p")[:2] == ["3", "Write for Rights 2025"]
    assert shown.texts("h1") == ["actions for people whose rights are violated"]


def test_the_counter_of_a_new_site_is_nought(client):
    assert page(client.get(COUNTER)).texts("p")[0] == "0"


@pytest.mark.parametrize("url", [CARD, COUNTER, f"/fr{CARD}", "/embed/cases/nobody/"])
def test_any_site_may_show_it_and_nothing_in_it_runs(client, case, url):
    response = client.get(url)

    assert set(response["Content-Security-Policy"].split("; ")) == POLICY
    assert "X-Frame-Options" not in response
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response["X-Robots-Tag"] == "noindex"
    assert not response.cookies
    shown = page(response)
    assert shown.all("script") == shown.all("form") == []
    assert [one.get("href") for one in shown.all("link")] == ["/static/css/embed.css"]


@pytest.mark.parametrize("url", [CARD, COUNTER])
def test_it_is_kept_as_readers_pages_are(client, case, url, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        response = client.get(url)

    assert response["Cache-Control"].startswith("public, max-age=4")
    assert int(response["Content-Length"]) == len(response.content)


@pytest.mark.parametrize(("freeze", "status"), [("hidden", 404), ("withdrawn", 410)])
def test_a_frozen_case_leaves_a_few_neutral_words_in_the_frame(client, case, freeze, status):
    Case.objects.update(freeze=freeze, freeze_reason="A test")

    response = client.get(CARD)

    assert response.status_code == status
    assert response["Cache-Control"] == "no-store"
    assert "Ana" not in response.content.decode()
    assert "Nothing is shown here at the moment." in page(response).texts("p")


def test_its_style_is_tiny():
    assert len(gzip.compress(Path(finders.find("css/embed.css")).read_bytes())) < 2_000
