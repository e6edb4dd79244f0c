"""What staff take away: least columns, nothing of who is frozen, no cell that is worked out."""

from __future__ import annotations

import csv
import io
import zipfile

import html5lib
import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.models import Case
from letters.delivery import exports
from letters.models import EmailAddress, Redaction, Route
from tests.factories import (
    make_case_to_write_for,
    make_letter,
    make_message,
    make_petition,
    make_post,
    make_signature,
)
from tests.letters.sending import say_yes, sign
from tests.staff import signed_in, text

pytestmark = pytest.mark.django_db

WAYS, OTHERS = "Other ways, each too few", "other countries, each too few"
EXPORT = "/admin/letters/letter/export/"


def taken(client: Client, what: str, **fields) -> list[list[str]]:
    """The rows of the CSV file, without its head."""
    response = client.post(f"{EXPORT}{what}/", {f"{what}-{name}": fields[name] for name in fields})
    assert response.status_code == 200
    return rows_of(b"".join(response.streaming_content))


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))[1:]


def test_counts_of_a_year_hide_what_is_too_few():
    case = make_case_to_write_for(display_name="Ana Test")
    for country, number in [("NO", 6), ("FR", 5), ("KE", 3), ("TN", 2)]:
        for _each in range(number):
            make_letter(case, state="posted", route=Route.POST, country=country)
    make_letter(case, state="approved", country="NO")
    make_letter(case, state="drafting", country="DE")
    make_post(case, country="SE")
    hidden = make_case_to_write_for(freeze="hidden", freeze_reason="A test")
    make_letter(hidden, state="posted", route=Route.POST)

    counter = signed_in("counter")
    rows = taken(counter, "counts", edition=case.edition.pk, file="csv")

    assert rows == [
        ["2025", "Ana Test", "Letters", WAYS, "Norway", "NO", "7"],
        ["2025", "Ana Test", "Letters", WAYS, "France", "FR", "5"],
        ["2025", "Ana Test", "Letters", WAYS, OTHERS, "", "5"],
        ["2025", "Ana Test", "Posts", WAYS, OTHERS, "", "fewer than five"],
    ]


def test_ways_that_are_many_enough_stand_by_themselves():
    case = make_case_to_write_for()
    for route, state in [(Route.POST, "posted"), (Route.DELIVER, "approved")]:
        for _each in range(5):
            make_letter(case, state=state, route=route, country="NO")

    rows = taken(signed_in("safety"), "counts", edition=case.edition.pk, file="csv")

    ways = sorted((row[3], row[4], row[6]) for row in rows)
    assert ways == [("Deliver it for me", "Norway", "5"), ("I post it myself", "Norway", "5")]


def test_counts_come_as_a_workbook_too():
    case = make_case_to_write_for(display_name="=1+1")
    for _each in range(5):
        make_letter(case, state="approved", country="NO")

    form = {"counts-edition": case.edition.pk, "counts-file": "xlsx"}
    response = signed_in("counter").post(f"{EXPORT}counts/", form)

    assert response["Content-Disposition"] == 'attachment; filename="counts-2025.xlsx"'
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as book:
        sheet = html5lib.parse(book.read("xl/worksheets/sheet1.xml"), namespaceHTMLElements=False)
    cells = ["".join(cell.itertext()) for cell in sheet.iter("c")]
    assert cells[7:] == ["2025", "=1+1", "Letters", "Deliver it for me", "Norway", "NO", "5"]
    assert not [*sheet.iter("f")]  # no formula


def test_signatures_are_named_as_they_were_told():
    petition = make_petition()
    make_signature(petition, name="Sam Tester", country="KE")
    make_signature(petition, name="=cmd()", country="")
    make_signature(petition, name="Not yet", state="unconfirmed")
    make_signature(petition, name="A robot", needs_review=True)
    make_signature(petition, name="Made up", is_sample=True)
    make_signature(name="Somebody else's")

    rows = taken(superuser(), "signatures", case=petition.case.pk)

    assert [row[:3] for row in rows] == [["1", "Sam Tester", "Kenya"], ["2", "'=cmd()", ""]]


@pytest.mark.parametrize("name", ["Sam;=cmd()", 'Sam, T;"=cmd()"', "Sam; -1", "\uff1dcmd()"])
def test_no_cell_is_worked_out_where_semicolons_part_them(client, name):
    """As a French spreadsheet reads a file in which commas do."""
    petition = make_petition()
    sign(client, petition, name=name)
    say_yes(client, EmailAddress.objects.get())

    form = {"signatures-case": petition.case.pk}
    response = superuser().post(f"{EXPORT}signatures/", form)

    file = b"".join(response.streaming_content).decode("utf-8-sig")
    assert "Sam" in file or "cmd" in file
    for delimiter in ",;\t":
        for row in csv.reader(io.StringIO(file), delimiter=delimiter):
            assert not [cell for cell in row if cell.strip(' "').startswith(("=", "-", "\uff1d"))]


def test_letters_come_without_who_wrote_them():
    case = make_case_to_write_for()
    fields = {"country": "KE", "email": "sam@example.org", "place": "Testville"}
    letter = make_letter(case, state="approved", body="-1 is no answer", **fields)
    Redaction.objects.create(letter=letter, field="body", start=3, end=5, reason="private")
    message = make_message(case, state="in-hand-in", name_form="initials")
    make_letter(case, state="submitted")
    make_letter(case, state="posted", route=Route.POST)
    make_letter(case, state="approved", erased_on="2025-12-01")
    make_letter(case, state="approved", is_sample=True)

    rows = taken(superuser(), "letters", case=case.pk)

    day = str(letter.created_at.date())
    assert rows == [
        [
            *(str(letter.pk), day, "appeal letter", "en", "KE", "full name, as I type it"),
            *(letter.subject, "'-1 […] no answer"),
        ],
        [
            *(str(message.pk), day, "message of support", "en", "", "initials"),
            *(message.subject, message.body),
        ],
    ]


def superuser() -> Client:
    return signed_in(is_superuser=True)


@pytest.mark.parametrize("what", ["signatures", "letters"])
@pytest.mark.parametrize("freeze", ["paused", "hidden", "withdrawn"])
def test_nothing_of_a_frozen_case_leaves(what, freeze):
    case = make_petition().case
    make_signature(case.petition)
    make_letter(case, state="approved", body="The words")
    Case.objects.update(freeze=freeze, freeze_reason="A test")

    response = superuser().post(f"{EXPORT}{what}/", {f"{what}-case": case.pk})

    assert not response.streaming
    assert "Select a valid choice" in text(response)
    assert not LogEntry.objects.exists()


def test_a_freeze_on_the_way_ends_the_file(monkeypatch):
    monkeypatch.setattr(exports, "ROWS_A_CHUNK", 2)
    case = make_case_to_write_for()
    for _each in range(5):
        make_letter(case, state="approved")
    answer = superuser().post(f"{EXPORT}letters/", {"letters-case": case.pk}).streaming_content

    lines = [next(answer) for _line in range(3)]  # the mark, the head, and the first letter
    Case.objects.update(freeze="paused", freeze_reason="A test")
    lines += answer

    *letters, last = rows_of(b"".join(lines))
    assert len(letters) == 2
    assert last == ["Stopped: the case has been frozen in the meantime. Delete this file."]


def test_who_took_a_file_is_noted():
    case = make_petition().case
    staff = superuser()

    for what, fields in [
        ("counts", {"edition": case.edition.pk, "file": "csv"}),
        ("signatures", {"case": case.pk}),
        ("letters", {"case": case.pk}),
    ]:
        taken(staff, what, **fields)

    noted = LogEntry.objects.order_by("pk").values_list("user", "object_repr", "change_message")
    assert list(noted) == [
        (staff.person.pk, str(case.edition), "Exported the counts."),
        (staff.person.pk, str(case), "Exported the signatures."),
        (staff.person.pk, str(case), "Exported the letters."),
    ]


@pytest.mark.parametrize("what", ["signatures", "letters"])
def test_a_long_file_asks_no_more_than_a_short_one(what):
    petition = make_petition()
    staff = superuser()

    def file() -> list:
        return taken(staff, what, case=petition.case.pk)

    def add() -> None:
        make_signature(petition)
        make_letter(petition.case, state="approved")

    add()
    file()
    with CaptureQueriesContext(connection) as short:
        assert len(file()) == 1
    for _each in range(4):
        add()
    with CaptureQueriesContext(connection) as long:
        assert len(file()) == 5
    assert len(short) == len(long)


def test_each_file_is_a_right_of_its_own_and_the_first_page_leads_there():
    make_case_to_write_for()

    counter, moderator = signed_in("counter"), signed_in("moderator")

    page = text(counter.get(EXPORT))
    assert "Counts for the annual report" in page
    assert "Signatures for the office" not in page
    assert EXPORT in text(counter.get("/admin/"))
    assert EXPORT not in text(moderator.get("/admin/"))
    assert moderator.get(EXPORT).status_code == 403
    assert counter.get(f"{EXPORT}counts/").status_code == 405
