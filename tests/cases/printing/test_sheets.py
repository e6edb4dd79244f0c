"""The code on a printed sheet tells whether the sheet is still right."""

from io import BytesIO, StringIO

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from cases.models import (
    Case,
    Demand,
    SafetyRule,
    SolidarityAction,
    SolidarityPhrase,
    Source,
    Stage,
    Target,
)
from cases.printing import sheets, typesetting
from tests.cases.printing.test_typesetting import written
from tests.cases.test_pictures import make_portrait
from tests.factories import make_case, make_full_case
from tests.reading import page

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

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


def test_the_check_page_says_as_of_when_the_case_is_told(client, case):
    before = sheets.code(case)
    Case.objects.update(facts_as_of="2025-12")

    shown = page(client.get(f"/check/{before}/"))

    assert shown.texts("h1") == [RIGHT]
    assert "This is what we know as of December 2025." in shown.texts("p")


def test_code_is_the_same_from_every_query_and_in_every_language(client, case):
    fresh = Case.objects.for_page().get(pk=case.pk)

    assert sheets.code(case) == sheets.code(fresh)
    [heading] = page(client.get(f"/fr/check/{sheets.code(case)}/")).texts("h1")
    assert heading not in (CHANGED, STOP, UNKNOWN)
    assert client.get(f"/fr/check/{sheets.code(case)}/").context["state"] == "right"


def test_code_may_be_typed_in_small_letters(client, case):
    assert told(client, sheets.code(case).lower()) == RIGHT


def test_code_has_no_signs_that_look_alike(case):
    number, digest = sheets.code(case).split("-")

    assert not set(number + digest) & set("ILO01U")
    assert len(digest) == 9


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
        (Target, {"email": "minister@example.org", "checked_on": "2025-11-01"}),
        (Target, {"address_for_staff_only": True}),
        (Target, {"asked": "Stop building at once."}),
        (Target, {"appeal_deadline": "2099-01-01"}),
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


def test_sheet_says_the_rules_of_letters_and_not_those_of_messages(client, case, monkeypatch):
    case.safety_rules.filter(applies_to="appeal").update(why="Letters are read at the border.")
    case.safety_rules.filter(applies_to="solidarity").update(why="Cards are read by the guards.")
    case.safety_rules.filter(applies_to="appeal", topic="politics").update(why="")
    handed, real = [], typesetting.pdf

    def pdf(template, data, **options):
        handed.append(data)
        return real(template, data, **options)

    monkeypatch.setattr(typesetting, "pdf", pdf)

    assert client.get(f"/cases/{case.slug}/sheet.pdf").status_code == 200

    [data] = handed
    assert set(data["rules"]) == {"Letters are read at the border."}
    assert len(data["rules"]) == case.safety_rules.filter(applies_to="appeal").count() - 1


def test_sheet_has_changed_once_a_demand_is_added_or_taken_away(client, case):
    code = sheets.code(case)
    more = Demand.objects.create(case=case, text="And something else.")
    assert told(client, code) == CHANGED

    more.delete()
    assert told(client, code) == RIGHT


def test_code_of_paper_that_is_out_there_stays_what_it_is():
    """Of this case a sheet hangs in a school. A value more in what the code is made of, or another
    order of them, tells that school, and all others, that something has changed. That may be
    right: then it is decided here, and the change log tells it.
    """
    case = make_full_case(pk=2025, slug="anne-testlund", display_name="Ánne Testlund")

    assert sheets.code(case) == "49H-8AYEXG8R2"


@pytest.mark.parametrize(
    "change",
    [
        {"summary": "Another summary."},
        {"letter_goal": 7},
        {"position": 3},
        {"staff_note": "Ask the family."},
        {"review_by": "2026-01-01"},
        {"age_hint": "From 11"},
        {"facts_as_of": "2026-01"},
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
    with time_machine.travel("2026-12-29 12:00 +0000", tick=False):
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
    Case.objects.all().delete()
    make_case(pk=1_000_003)  # a number that none of the codes has

    assert told(client, code) == UNKNOWN


def test_made_up_codes_say_nothing_of_any_case(client, django_assert_num_queries):
    cases = [
        make_case(),
        make_case(listed=False),
        make_case(freeze="paused", freeze_reason="A test"),
        make_case(freeze="hidden", freeze_reason="A test"),
        make_case(freeze="withdrawn", freeze_reason="A test"),
        make_case(stage="draft"),
    ]
    client.get("/check/2-234567892/")  # what is asked once a process is asked now

    for case in cases:
        number = sheets.code(case).partition("-")[0]
        for rest in ["AAAAAA", "AAAAAAAAA", "234567892", sheets.code(case)[-9:-1] + "2"]:
            code = f"{number}-{rest}"
            if code == sheets.code(case):
                continue
            with django_assert_num_queries(0):
                response = client.get(f"/check/{code}/")

            assert page(response).texts("h1") == [UNKNOWN]
            assert case.slug not in response.content.decode()


def test_code_of_one_case_is_none_of_another(client):
    one, other = make_case(), make_case()
    number = sheets.code(other).partition("-")[0]

    assert told(client, number + "-" + sheets.code(one).partition("-")[2]) == UNKNOWN


SIGNS = st.text(alphabet=sheets.ALPHABET + sheets.ALPHABET.lower() + "-_01", max_size=30)


@pytest.mark.slow
@hypothesis_settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(SIGNS)
def test_no_code_breaks_the_page(client, code):
    response = client.get(f"/check/{code}/")

    assert response.status_code in (200, 404)


@pytest.mark.slow
@given(st.integers(1, 2**49))
def test_code_leads_back_to_its_case(key):
    printed = sheets.code(Case(pk=key))

    assert sheets.case_key(printed) == key


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

    response = client.get(f"/cases/anne-testlund/sheet.pdf{query}", follow=True)

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


def parts(pdf: bytes) -> tuple[str, str]:
    """What the back of a sheet says of the letter, and of cards."""
    text = " ".join(" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages)
    letter, _, cards = text.partition("Show solidarity")
    return letter, cards


@pytest.mark.parametrize("query", ["", "?paper=letter", "?size=large"])
def test_sheet_says_as_of_when_it_is_told_and_where_it_comes_from(client, case, query):
    Case.objects.update(facts_as_of="2025-12")
    case.sources.all().delete()
    Source.objects.create(case=case, url="https://www.news.example/1/", supports="The trial")
    named = "https://court.example/judgment-of-somebody-we-leave-out.pdf"
    Source.objects.create(case=case, url=named, supports="The judgment", hide_url=True)

    pdf = client.get(f"/cases/anne-testlund/sheet.pdf{query}").content

    said = " ".join(
        "".join(f" {page.extract_text()}" for page in PdfReader(BytesIO(pdf)).pages).split()
    )
    assert "This is what we know as of December 2025." in said
    assert "The trial (news.example)" in said
    assert "The judgment (court.example)" in said
    assert "somebody" not in said
    assert b"somebody" not in pdf


def test_sheet_of_a_case_without_sources_has_no_list_of_them(client, case):
    case.sources.all().delete()
    Case.objects.update(facts_as_of="")

    said = parts(client.get("/cases/anne-testlund/sheet.pdf").content)

    assert "Sources" not in "".join(said)
    assert "This is what we know as of" not in "".join(said)


@pytest.mark.parametrize("size", ["", "?size=large"])
def test_rules_stand_beside_the_address_they_are_about(client, case, size):
    SafetyRule.objects.update(why="")
    of_cards = SafetyRule.objects.filter(case=case, applies_to="solidarity", topic="organisation")
    of_cards.update(why="Do not name us.")
    of_letters = SafetyRule.objects.filter(case=case, applies_to="appeal", topic="photos")
    of_letters.update(why="Send no photo.")

    letter, cards = parts(client.get(f"/cases/anne-testlund/sheet.pdf{size}").content)

    assert "Send no photo." in letter
    assert "Do not name us." not in letter
    assert "2 Invented Street" in cards
    assert "Do not name us." in cards
    assert "Send no photo." not in cards


def test_sheet_without_an_address_for_cards_still_says_what_they_keep_to(client, case):
    SafetyRule.objects.filter(applies_to="solidarity").update(why="Do not name us.")
    SolidarityAction.objects.update(address_visibility="on-request")

    _letter, cards = parts(client.get("/cases/anne-testlund/sheet.pdf").content)

    assert "2 Invented Street" not in cards
    assert "Do not name us." in cards


@pytest.mark.parametrize(
    "change",
    [
        {"freeze": "paused", "freeze_reason": "A test"},
        {"stage": Stage.CLOSED},
        {"consent_ends_on": "2026-01-01"},
    ],
    ids=["paused", "closed", "no consent"],
)
def test_case_that_takes_no_letters_has_no_sheet(client, case, change):
    assert "sheet.pdf" in client.get("/cases/anne-testlund/").content.decode()
    Case.objects.update(**change)

    for query in ["", "?paper=letter", "?size=large"]:
        assert client.get(f"/cases/anne-testlund/sheet.pdf{query}").status_code == 404
    assert "sheet.pdf" not in client.get("/cases/anne-testlund/").content.decode()


def test_sheet_is_offered_until_the_day_of_the_deadline(client, case):
    Target.objects.update(appeal_deadline="2026-12-31")
    found = {}

    for today in ["2026-12-31", "2027-01-01"]:
        with time_machine.travel(f"{today} 12:00 +0000", tick=False):
            shown = client.get("/cases/anne-testlund/").content.decode()
            status = client.get("/cases/anne-testlund/sheet.pdf").status_code
        found[today] = (status, "sheet.pdf" in shown)

    assert found == {"2026-12-31": (200, True), "2027-01-01": (404, False)}


@pytest.mark.slow
def test_sheets_of_all_cases_that_ship_are_one_leaf(client, settings, tmp_path, monkeypatch):
    """Two, if there are several to write to: then cards have a page of their own."""
    settings.MEDIA_ROOT = tmp_path
    # On paper is the picture itself, and none of the renditions for screens.
    monkeypatch.setattr("cases.pictures.KINDS", {"jpeg": ("JPEG", {}, [400])})
    call_command("load_campaign", stdout=StringIO())
    cases = Case.objects.filter(edition__year=2025).taking_actions()

    found, too_long = {}, {}
    for case in cases:
        most = 2 if case.targets.count() == 1 else 3
        # French words are the longer ones, and US Letter is the shorter paper.
        for address in [
            f"/cases/{case.slug}/sheet.pdf",
            f"/fr/cases/{case.slug}/sheet.pdf?paper=letter",
        ]:
            pages = PdfReader(BytesIO(client.get(address).content)).pages
            found[address] = min(size for *_, size in written(pages[1]))
            if not 2 <= len(pages) <= most:
                too_long[address] = len(pages)

    assert len(found) == 16
    assert too_long == {}
    assert round(min(found.values()), 1) >= 8


def test_card_is_a_picture_of_the_size_that_others_show(client, case):
    response = client.get("/cases/anne-testlund/card.jpg")

    picture = Image.open(BytesIO(response.content))
    assert (response["Content-Type"], picture.format) == ("image/jpeg", "JPEG")
    assert picture.size == (1200, 630)


def test_a_card_stays_small_whatever_its_picture(client, case, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    grain = BytesIO()
    Image.effect_noise((1600, 1200), 40).convert("RGB").save(grain, "JPEG", quality=90)
    make_portrait(case, upload=ContentFile(grain.getvalue(), name="grain.jpg"))

    assert len(client.get("/cases/anne-testlund/card.jpg").content) <= 120_000


@pytest.mark.parametrize(("shape", "size"), sheets.SHARE_SHAPES.items())
def test_pictures_to_post_are_small_and_of_the_size_that_networks_show(client, case, shape, size):
    response = client.get(f"/cases/anne-testlund/share/{shape}.jpg")

    picture = Image.open(BytesIO(response.content))
    assert (response["Content-Type"], picture.format, picture.size) == ("image/jpeg", "JPEG", size)
    assert len(response.content) <= 200_000
    assert "sessionid" not in response.cookies


def test_a_picture_to_post_is_in_the_language_of_its_page(client, case):
    english, french = [
        client.get(f"{prefix}/cases/anne-testlund/share/square.jpg").content
        for prefix in ("", "/fr")
    ]

    assert english != french


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"freeze": "withdrawn", "freeze_reason": "A test"}, 410),
        ({"freeze": "hidden", "freeze_reason": "A test"}, 404),
        ({"sharing_allowed": False}, 404),
        ({"listed": False}, 404),
        ({"freeze": "paused", "freeze_reason": "A test"}, 404),
        ({"stage": "closed"}, 404),
        ({"consent_ends_on": "2026-01-01"}, 404),
    ],
)
def test_nobody_gets_a_picture_of_a_case_that_may_not_be_shared(client, case, change, status):
    Case.objects.filter(pk=case.pk).update(**change)

    assert client.get("/cases/anne-testlund/share/square.jpg").status_code == status
