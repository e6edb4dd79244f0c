"""What letters and cards are set in type from: the way their words run, and room for an address."""

import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from cases.models import AddressVisibility
from cases.printing import typesetting
from letters.text import printing
from tests.factories import (
    make_case_to_write_for,
    make_letter,
    make_message,
    make_model_letter,
    make_solidarity_action,
)
from tests.reading import page, words

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

ARABIC = "أكتب إليكم بشأن المراعي. أرجو ألا تبنوا عليها."


@pytest.fixture
def set_in_type(monkeypatch) -> list[dict]:
    """What is handed over to be set, beside being set."""
    handed = []
    real = typesetting.pdf

    def pdf(template, data, **options):
        handed.append(data)
        return real(template, data, **options)

    monkeypatch.setattr(typesetting, "pdf", pdf)
    return handed


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_an_arabic_letter_runs_from_right_to_left_and_its_translation_does_not(set_in_type, paper):
    case = make_case_to_write_for()
    target = case.targets.get()
    target.local_language = "ar"
    target.local_salutation, target.local_close = "السيد الوزير،", "مع التقدير"
    target.save()
    make_model_letter(case, "ar", body=ARABIC)
    letter = make_letter(case, language="ar", body=ARABIC)

    assert printing.pdf(letter, paper=paper).startswith(b"%PDF")

    [data] = set_in_type
    assert (data["lang"], data["dir"]) == ("ar", "rtl")
    assert (data["translation"]["lang"], data["translation"]["dir"]) == ("en", "ltr")


@pytest.mark.parametrize("paper", ["a6", "a5"])
@pytest.mark.parametrize(("language", "runs"), [("ar", "rtl"), ("ku", "ltr"), ("en", "ltr")])
def test_a_card_runs_as_its_language_does(set_in_type, paper, language, runs):
    printing.card_pdf(make_message(language=language, body=ARABIC), paper=paper)

    assert [data["dir"] for data in set_in_type] == [runs]


@pytest.mark.parametrize(
    ("visibility", "postal", "lines", "room"),
    [
        (AddressVisibility.PUBLIC, "1 Test Street", ["1 Test Street", "NORWAY"], 0),
        (AddressVisibility.ON_REQUEST, "1 Test Street", [], printing.ADDRESS_ROOM),
        (AddressVisibility.STAFF_ONLY, "1 Test Street", [], 0),
        (AddressVisibility.PUBLIC, "", [], printing.ADDRESS_ROOM),
    ],
)
def test_a_message_on_a_letter_has_room_for_an_address_that_is_told_on_request(
    set_in_type, visibility, postal, lines, room
):
    solidarity = make_solidarity_action(address_visibility=visibility, postal=postal)

    printing.pdf(make_message(solidarity.case, form="letter"), paper="a4")

    [data] = set_in_type
    assert (data["address_lines"], data["address_room"]) == (lines, room)


@pytest.mark.parametrize(("postal", "room"), [("1 Test Street", 0), ("", printing.ADDRESS_ROOM)])
def test_a_letter_has_room_for_an_address_that_nobody_knows(set_in_type, postal, room):
    case = make_case_to_write_for()
    target = case.targets.get()
    target.postal = postal
    target.save()

    printing.pdf(make_letter(case), paper="a4")

    assert [data["address_room"] for data in set_in_type] == [room]


# --- which sheet for which envelope


def to_be_posted(make, case=None, **fields):
    return make(case or make_case_to_write_for(), route="post", state="ready", **fields)


def links_to_print(client, letter) -> list[str]:
    root = page(client.get(letter.get_absolute_url())).root
    found = [link.get("href") for link in root.iter("a")]
    return [link.removeprefix(letter.get_absolute_url()) for link in found if ".pdf" in link]


OFFERED = [
    "letter.pdf",
    "letter.pdf?paper=letter",
    "letter.pdf?window=right",
    "letter.pdf?window=none",
    "letter.pdf?paper=letter&window=none",
]
ENVELOPES = [
    "envelope.pdf",
    "envelope.pdf?size=c65",
    "envelope.pdf?size=c5",
    "envelope.pdf?size=10",
]


@pytest.mark.slow
def test_who_posts_a_letter_chooses_the_sheet_for_the_envelope_at_hand(client, set_in_type):
    letter = to_be_posted(make_letter)
    message = to_be_posted(make_message, make_solidarity_action().case, form="letter")

    for written in [letter, message]:
        assert links_to_print(client, written) == OFFERED + ENVELOPES
        for link in OFFERED + ENVELOPES:
            answer = client.get(written.get_absolute_url() + link)
            assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")

    letters = [data for data in set_in_type if "body" in data][: len(OFFERED)]
    lefts = [data["window"] and data["window"]["left"] for data in letters]
    assert lefts == [20, pytest.approx(22.2, abs=0.1), 117, None, None]
    papers = [data["paper"] for data in letters]
    assert papers == ["a4", "us-letter", "a4", "a4", "us-letter"]


def test_sheet_that_nobody_offered_leads_to_the_plain_one(client):
    letter = to_be_posted(make_letter)

    for name, queries in {
        "pdf": ["paper=letter&window=right", "window=left", "paper=a4", "x=1", "window=none&x"],
        "envelope": ["size=dl", "size=c4", "paper=letter"],
    }.items():
        plain = reverse(f"letters:letter-{name}", args=[letter.key])
        for query in queries:
            answer = client.get(f"{plain}?{query}")
            assert (answer.status_code, answer.url) == (302, plain), query


def test_address_too_long_for_a_window_is_told_and_its_sheet_is_not_offered(client):
    case = make_case_to_write_for()
    target = case.targets.get()
    target.postal = "\n".join(f"Line {number} of a long address" for number in range(1, 12))
    target.save()
    letter = to_be_posted(make_letter, case)

    said = words(page(client.get(letter.get_absolute_url())).root)

    assert "The address is too long for some windows." in said
    without_window = [link for link in OFFERED if "window=none" in link]
    assert links_to_print(client, letter) == without_window + ENVELOPES
    [sheet] = PdfReader(
        io.BytesIO(client.get(f"{letter.get_absolute_url()}letter.pdf").content)
    ).pages
    assert all(f"Line {number} of" in sheet.extract_text() for number in range(1, 12))
    short = to_be_posted(make_letter)
    assert "too long" not in words(page(client.get(short.get_absolute_url())).root)


def test_no_envelope_is_printed_without_a_whole_address(client):
    case = make_case_to_write_for()
    target = case.targets.get()
    target.postal = ""
    target.save()
    solidarity = make_solidarity_action(address_visibility=AddressVisibility.ON_REQUEST)

    for letter in [
        to_be_posted(make_letter, case),
        to_be_posted(make_message, solidarity.case, form="letter"),
    ]:
        assert links_to_print(client, letter) == OFFERED
        answer = client.get(reverse("letters:letter-envelope", args=[letter.key]))
        assert (answer.status_code, answer.url) == (302, letter.get_absolute_url())


def test_letter_that_is_posted_can_be_printed_again(client):
    letter = to_be_posted(make_letter)
    client.post(letter.get_absolute_url(), {"act": "posted"})

    assert links_to_print(client, letter) == OFFERED + ENVELOPES
