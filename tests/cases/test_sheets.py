"""The code on a printed sheet tells whether the sheet is still right."""

import pytest
import time_machine
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cases import sheets
from cases.models import (
    Case,
    Demand,
    SafetyRule,
    SolidarityAction,
    SolidarityPhrase,
    Stage,
    Target,
)
from tests.factories import make_full_case
from tests.reading import page

pytestmark = pytest.mark.django_db

RIGHT = "This sheet is still right"
CHANGED = "Something has changed since it was printed"
STOP = "Please do not send this letter"
UNKNOWN = "We do not know this code"


@pytest.fixture
def case() -> Case:
    return make_full_case(slug="anne-testlund", display_name="Ánne Testlund")


def told(client, code: str) -> str:
    [heading] = page(client.get(f"/check/{code}/")).texts("h1")
    return heading


def test_code_of_todays_sheet_is_right(client, case):
    assert told(client, sheets.code(case)) == RIGHT


def test_code_is_the_same_from_every_query_and_in_every_language(client, case):
    fresh = Case.objects.for_page().get(pk=case.pk)

    assert sheets.code(case) == sheets.code(fresh)
    [heading] = page(client.get(f"/fr/check/{sheets.code(case)}/")).texts("h1")
    assert heading not in (CHANGED, STOP, UNKNOWN)
    assert client.get(f"/fr/check/{sheets.code(case)}/").context["state"] == "right"


def test_code_may_be_typed_in_small_letters(client, case):
    assert told(client, sheets.code(case).lower()) == RIGHT


def test_code_has_no_signs_that_look_alike(case):
    number, fingerprint = sheets.code(case).split("-")

    assert not set(number + fingerprint) & set("ILO01U")
    assert len(fingerprint) == 6


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (Case, {"display_name": "Anne Testlund"}),
        (Case, {"headline": "Another headline"}),
        (Case, {"story": "Another story."}),
        (Case, {"content_note": "Another note."}),
        (Case, {"address_note": "The office has moved."}),
        (Demand, {"text": "Ask for something else."}),
        (Target, {"name": "Another Official"}),
        (Target, {"title": "H.E."}),
        (Target, {"office": "Minister of Other Things"}),
        (Target, {"salutation": "Your Excellency,"}),
        (Target, {"close": "Sincerely,"}),
        (Target, {"postal": "3 Other Street"}),
        (Target, {"postal_country": "SE"}),
        (Target, {"email": "minister@example.org"}),
        (SafetyRule, {"answer": "unknown"}),
        (SafetyRule, {"why": "Another reason."}),
        (SolidarityAction, {"recipient": "Another Person"}),
        (SolidarityAction, {"postal": "4 Other Street"}),
        (SolidarityAction, {"address_visibility": "staff-only"}),
        (SolidarityPhrase, {"text": "We think of you."}),
        (SolidarityAction, {"note": "Cards only."}),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "-".join(value),
)
def test_sheet_has_changed_once_anything_on_it_has(client, case, model, change):
    code = sheets.code(case)
    model.objects.all().update(**change)

    assert told(client, code) == CHANGED


def test_sheet_has_changed_once_a_demand_is_added_or_taken_away(client, case):
    code = sheets.code(case)
    more = Demand.objects.create(case=case, text="And something else.")
    assert told(client, code) == CHANGED

    more.delete()
    assert told(client, code) == RIGHT


@pytest.mark.parametrize(
    "change",
    [
        {"summary": "Another summary."},
        {"letter_goal": 7},
        {"position": 3},
        {"staff_note": "Ask the family."},
        {"review_by": "2026-01-01"},
        {"age_hint": "From 11"},
    ],
    ids="-".join,
)
def test_sheet_stays_right_when_what_it_does_not_say_changes(client, case, change):
    code = sheets.code(case)
    Case.objects.update(**change)

    assert told(client, code) == RIGHT


@pytest.mark.parametrize(
    ("change", "heading"),
    [
        ({"freeze": "paused", "freeze_reason": "A test"}, STOP),
        ({"freeze": "hidden", "freeze_reason": "A test"}, STOP),
        ({"freeze": "withdrawn", "freeze_reason": "A test"}, STOP),
        ({"stage": Stage.CLOSED}, STOP),
        ({"stage": Stage.DRAFT}, UNKNOWN),
        ({"stage": Stage.IN_REVIEW}, UNKNOWN),
    ],
)
def test_sheet_of_a_case_that_takes_no_letters_is_not_to_be_sent(client, case, change, heading):
    code = sheets.code(case)
    Case.objects.update(**change)

    assert told(client, code) == heading


def test_sheet_may_be_sent_until_the_day_of_the_deadline(client, case):
    Target.objects.update(appeal_deadline="2026-12-31")
    code = sheets.code(Case.objects.get())
    headings = {}

    for today in ["2026-12-30", "2026-12-31", "2027-01-01"]:
        with time_machine.travel(f"{today} 12:00 +0000", tick=False):
            headings[today] = told(client, code)

    assert headings == {"2026-12-30": RIGHT, "2026-12-31": RIGHT, "2027-01-01": STOP}


def test_sheet_of_a_case_without_target_or_solidarity_has_a_code_too(client, case):
    Target.objects.all().delete()
    SolidarityAction.objects.all().delete()
    case = Case.objects.get()

    assert told(client, sheets.code(case)) == RIGHT


@pytest.mark.parametrize(
    "code",
    [
        "2-234567",
        "ZZZZZZZZZZ-ZZZZZZ",
        "ZZZZZZZZZZZ-ZZZZZZ",
        "-234567",
        "2-23456",
        "2",
        "-",
        "--",
        "I-234567",
        "2-23456U",
        "2-234567-",
        "a" * 200,
        "_-______",
        "9" * 400,
    ],
)
def test_code_of_no_sheet_is_not_known(client, case, code):
    assert case.pk != 0
    Case.objects.exclude(pk=case.pk).delete()
    if sheets.case_key(code) == case.pk:
        pytest.skip("by chance it is the case's own")

    assert told(client, code) == UNKNOWN


SIGNS = st.text(alphabet=sheets.ALPHABET + sheets.ALPHABET.lower() + "-_01", max_size=30)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(SIGNS)
def test_no_code_breaks_the_page(client, code):
    response = client.get(f"/check/{code}/")

    assert response.status_code in (200, 404)


@given(st.integers(1, 2**49))
def test_code_leads_back_to_its_case(key):
    written = sheets._written(key)

    assert sheets.case_key(f"{written}-222222") == key


def test_sheet_leads_to_the_page_that_checks_it(client, case, monkeypatch):
    said = {}
    monkeypatch.setattr(
        sheets.typesetting, "pdf", lambda name, data, made_at: said.update(data) or b"%PDF-"
    )

    client.get("/cases/anne-testlund/sheet.pdf")

    address = reverse("cases:check", args=[sheets.code(case)])
    assert said["check"]["url"] == f"testserver{address}"
    assert said["check"]["code"] == sheets.code(case)
    assert client.get(address).context["state"] == "right"


@pytest.mark.parametrize(
    ("query", "paper", "large"),
    [
        ("", "a4", False),
        ("?paper=letter", "us-letter", False),
        ("?paper=a4", "a4", False),
        ("?paper=../../etc", "a4", False),
        ("?size=large", "a4", True),
        ("?paper=letter&size=large", "us-letter", True),
    ],
)
def test_sheet_comes_on_the_paper_asked_for(client, case, monkeypatch, query, paper, large):
    said = {}
    monkeypatch.setattr(
        sheets.typesetting, "pdf", lambda name, data, made_at: said.update(data) or b"%PDF-"
    )

    response = client.get(f"/cases/anne-testlund/sheet.pdf{query}")

    assert (said["paper"], said["large_print"]) == (paper, large)
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'inline; filename="anne-testlund.pdf"'
    assert response["X-Robots-Tag"] == "noindex"


def test_sheet_keeps_back_an_address_that_is_not_public(client, case, monkeypatch):
    SolidarityAction.objects.update(address_visibility="on-request")
    said = {}
    monkeypatch.setattr(
        sheets.typesetting, "pdf", lambda name, data, made_at: said.update(data) or b"%PDF-"
    )

    client.get("/cases/anne-testlund/sheet.pdf")

    assert said["solidarity"]["lines"] == []
    assert "2 Invented Street" not in str(said)


def test_card_is_a_picture_of_the_size_that_others_show(client, case):
    response = client.get("/cases/anne-testlund/card.png")

    assert response["Content-Type"] == "image/png"
    assert response.content[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(response.content[at : at + 4], "big") for at in (16, 20)] == [1200, 630]
