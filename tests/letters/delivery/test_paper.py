"""The paper of a hand-in: made in the background, encrypted, fetched by who may, gone in time."""

import datetime
import gc
import io
import json
import os
import shutil
from zipfile import ZipFile

import pytest
from cryptography.fernet import Fernet
from django.core.cache import caches
from django.core.files.storage import storages
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pypdf import PdfReader

from cases.models import Case
from letters.delivery import cover, parts, requeue
from letters.models import HandIn, HandInPart, Letter, Redaction
from letters.text import hand_in_paper
from tests.factories import (
    make_case_to_write_for,
    make_letter,
    make_message,
    make_petition,
    make_signature,
    make_solidarity_action,
    make_target,
)
from tests.letters.delivery.test_hand_ins import make
from tests.letters.sending import act
from tests.staff import make_staff, said, signed_in, text

pytestmark = [pytest.mark.usefixtures("counts_hold"), pytest.mark.slow]


@pytest.fixture(autouse=True)
def private_root(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "private": settings.STORAGES["private"] | {"OPTIONS": {"location": tmp_path}}
    }
    return tmp_path


def work() -> None:
    call_command("work", once=True)


def make_paper() -> None:
    """What a worker does between two looks at what is over."""
    parts.enqueue_missing()
    while requeue.run_one():
        pass


def files() -> list[str]:
    """Below the folder of each hand-in."""
    storage = storages["private"]
    if not storage.exists("hand-ins"):
        return []
    folders, _files = storage.listdir("hand-ins")
    return sorted(name for one in folders for name in storage.listdir(f"hand-ins/{one}")[1])


def press(client, hand_in, what, *more):
    url = reverse(f"admin:letters_handin_{what}", args=[hand_in.pk, *more])
    return client.post(url, follow=True)


def fetch_all(client, hand_in) -> bytes:
    return b"".join(press(client, hand_in, "zip").streaming_content)


def printed_hand_in(client) -> HandIn:
    hand_in = made_hand_in()
    fetch_all(client, hand_in)
    press(client, hand_in, "printed")
    hand_in.refresh_from_db()
    return hand_in


def fetched(hand_in, index: int = 1) -> bytes:
    response = press(signed_in("delivery"), hand_in, "fetch", index)
    assert response["Content-Type"] == "application/pdf", said(response)
    return response.content


def words_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def made_hand_in(number: int = 2, **fields) -> HandIn:
    case = make_case_to_write_for()
    for _ in range(number):
        make_letter(case, state="approved", **fields)
    hand_in = make(case)
    work()
    hand_in.refresh_from_db()
    return hand_in


def test_paper_whose_storage_fails_is_neither_fetched_nor_lost(settings, tmp_path):
    hand_in = made_hand_in()
    (tmp_path / "file").write_text("This is no folder.")
    usual = settings.STORAGES
    private = usual["private"] | {"OPTIONS": {"location": tmp_path / "file"}}
    settings.STORAGES = usual | {"private": private}

    response = press(signed_in("delivery"), hand_in, "fetch", 1)

    assert said(response) == ["The file can’t be read right now: try again in a moment."]
    part = hand_in.parts.get(index=1)
    assert (part.fetched_at, part.erased_at) == (None, None)
    settings.STORAGES = usual
    caches["fragments"].clear()
    assert fetched(hand_in).startswith(b"%PDF")


def test_paper_is_made_by_the_worker_and_fetched_with_a_log():
    hand_in = made_hand_in(body="Please do not build on the pastures.", place="Testville")

    client = signed_in("delivery")
    response = press(client, hand_in, "fetch", 1)

    assert hand_in.state == "ready"
    assert response["Content-Disposition"] == (
        f'attachment; filename="hand-in-{hand_in.pk}-part-001.pdf"'
    )
    assert "no-store" in response["Cache-Control"]
    assert response.content.startswith(b"%PDF")
    assert f"Fetched hand-in-{hand_in.pk}-part-001.pdf." in text(
        client.get(hand_in.get_absolute_url())
    )
    part = HandInPart.objects.get(index=1)
    assert part.pages == 3  # each begins on a right-hand page
    assert part.fetched_at


def test_paper_is_made_anew_if_its_official_is_corrected_before_it_is_printed():
    hand_in, client = made_hand_in(), signed_in("delivery")
    fetch_all(client, hand_in)
    target = hand_in.target

    target.checked_on = timezone.localdate()
    target.save()
    work()
    same = hand_in.parts.exclude(fetched_at=None).count()
    target.name, target.salutation = "Another Official", "Dear Governor,"
    target.save()
    work()
    too_early = press(client, hand_in, "printed")

    assert same == 2
    assert said(too_early)[-1].startswith("A part was not fetched yet, or is being made again")
    letters = words_of(fetched(hand_in))
    assert "Another Official Minister of Tests" in letters
    assert "Dear Governor," in letters
    assert "To Another Official" in words_of(fetched(hand_in, 0))
    press(client, hand_in, "printed")
    target.name = "A Third Official"
    target.save()
    work()
    assert not hand_in.parts.filter(fetched_at=None).exists()


def test_the_number_of_a_letter_is_printed_as_it_is_typed():
    hand_in = made_hand_in()
    hand_in.items.filter(number=2).update(number=1200)
    HandInPart.objects.update(last=1200)
    cover_part, part = hand_in.parts.select_related("hand_in__case__edition", "hand_in__target")

    assert f"{hand_in.pk} / 1200" in PdfReader(io.BytesIO(hand_in_paper.pdf(part))).outline[1].title
    assert "1, 1200" in words_of(cover.pdf(cover_part))


def test_each_letter_has_its_number_and_what_staff_left_out_is_marked():
    case = make_case_to_write_for()
    make_letter(case, state="approved", name="Sam Tester", name_form="initials")
    letter = make_letter(case, state="approved", body="Stop it. Call me. Thank you.")
    person = make_staff()
    Redaction.objects.create(
        letter=letter, field="body", start=9, end=17, reason="private", by=person
    )
    hand_in = make(case)
    work()

    words = words_of(fetched(hand_in))

    assert f"{hand_in.pk} / 1" in words
    assert f"{hand_in.pk} / 2" in words
    assert "Stop it. […] Thank you." in words
    assert "Call me" not in words
    assert "Dear Minister," in words
    assert "S. T." in words


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_no_close_stands_alone_and_each_number_leads_to_its_page(paper):
    case = make_case_to_write_for()
    lengths = range(18, 32)  # in paragraphs: some end where a page does
    for length in lengths:
        make_letter(case, state="approved", body="\n\n".join(["Leave the pastures."] * length))
    hand_in = make(case, paper=paper)
    work()

    reader = PdfReader(io.BytesIO(fetched(hand_in)))

    pages = [page.extract_text() for page in reader.pages]
    ends = [text for text in pages if "Yours faithfully," in text]
    assert len(ends) == len(lengths)
    assert all("Leave the pastures." in text for text in ends)
    begins = [reader.get_destination_page_number(mark) for mark in reader.outline]
    assert begins == [nr for nr, text in enumerate(pages) if "Dear Minister," in text]
    assert [mark.title for mark in reader.outline] == [
        f"{hand_in.pk} / {number}" for number in range(1, len(lengths) + 1)
    ]


def test_the_cover_names_nobody_and_no_country_under_five():
    case = make_solidarity_action(recipient="Who Gets Messages").case
    make_target(case)
    for country in ["NO"] * 6 + ["KE"] * 4 + ["IS", "IS", ""]:
        make_letter(case, state="approved", country=country, name="Sam Tester", target=None)
    hand_in = make(case, target="")
    work()

    words = words_of(fetched(hand_in, 0))

    assert "13 letters" in words
    assert "They come from 3 countries." in words
    assert "Norway (6) 1–6" in words
    assert "Other countries, or not said (7) 7–13" in words
    hidden = ["Kenya", "Iceland", "Sam Tester", "Who Gets Messages"]
    assert not any(name in words for name in hidden)


def test_a_file_is_encrypted_where_it_lies(private_root):
    made_hand_in()

    stored = [path.read_bytes() for path in private_root.rglob("0*") if path.is_file()]

    assert len(stored) == 2
    assert all(b"%PDF" not in each for each in stored)
    assert {path.stat().st_mode & 0o077 for path in private_root.rglob("0*")} <= {0, 0o044}


def test_what_is_withdrawn_is_on_no_paper_that_is_fetched_later(client):
    hand_in = made_hand_in()
    letter = Letter.objects.first()
    old = HandInPart.objects.get(index=1)

    act(client, letter, "withdraw")
    assert said(press(signed_in("delivery"), hand_in, "fetch", 1)) == [
        "This part is being made, or its file was erased."
    ]
    make_paper()

    part = HandInPart.objects.get(index=1)
    assert (part.version, part.pages) == (2, 1)
    assert fetched(hand_in).startswith(b"%PDF")
    assert old.path.rpartition("/")[2] not in files()


def test_what_is_withdrawn_after_it_was_fetched_is_to_be_taken_out_by_hand(client):
    hand_in = made_hand_in()
    fetched(hand_in)

    act(client, Letter.objects.order_by("pk").last(), "withdraw")
    work()

    shown = text(signed_in("delivery").get(hand_in.get_absolute_url()))
    assert "To take out by hand" in shown
    assert "<p>2</p>" in shown


def test_numbers_to_take_out_by_hand_stay_when_a_part_is_made_again(client):
    hand_in = made_hand_in()
    fetched(hand_in)
    act(client, Letter.objects.order_by("pk").last(), "withdraw")
    HandInPart.objects.update(made_at=timezone.now() - datetime.timedelta(days=31))
    work()

    staff = signed_in("delivery")
    press(staff, hand_in, "again")
    work()

    assert "<p>2</p>" in text(staff.get(hand_in.get_absolute_url()))
    assert HandInPart.objects.get(index=1).pages == 1


def test_words_that_are_erased_after_they_were_printed_are_in_no_file(client):
    staff = signed_in("delivery")
    hand_in = printed_hand_in(staff)

    client.post(reverse("letters:letter-erase", args=[Letter.objects.first().key]))
    work()
    assert files() == ["0000-1"]
    press(staff, hand_in, "again")
    work()

    assert HandInPart.objects.get(index=1).pages == 1  # of two letters


def test_all_of_it_becomes_printed_at_once():
    client = signed_in("delivery")
    hand_in = printed_hand_in(client)

    assert (hand_in.state, hand_in.printed_by) == ("printed", client.person)
    assert set(Letter.objects.values_list("state", flat=True)) == {"printed"}


def test_nothing_is_printed_before_all_parts_were_fetched():
    hand_in = made_hand_in()
    staff = signed_in("delivery")
    press(staff, hand_in, "fetch", 1)  # but not the cover
    assert "All of it is printed" in text(staff.get(hand_in.get_absolute_url()))

    response = press(staff, hand_in, "printed")

    assert said(response) == [
        "A part was not fetched yet, or is being made again: fetch and print that too."
    ]
    hand_in.refresh_from_db()
    assert hand_in.state == "ready"


@pytest.mark.parametrize(("what", "more"), [("fetch", [1]), ("zip", [])])
def test_nothing_of_a_cancelled_hand_in_is_fetched(what, more):
    hand_in = made_hand_in()
    client = signed_in("delivery")

    press(client, hand_in, "cancel")
    response = press(client, hand_in, what, *more)

    assert said(response) == ["This hand-in is cancelled: nothing of it is fetched any more."]
    assert reverse("admin:letters_handin_zip", args=[hand_in.pk]) not in text(response)


@pytest.mark.parametrize("what", ["fetch", "zip", "printed", "again"])
def test_a_freeze_stops_everything(what):
    hand_in = made_hand_in()
    Case.objects.update(freeze="paused", freeze_reason="A threat.")

    response = press(signed_in("delivery"), hand_in, what, *([1] if what == "fetch" else []))

    assert said(response) == ["The case is frozen: nothing of it is handed in."]
    assert set(Letter.objects.values_list("state", flat=True)) == {"in-hand-in"}


def test_paper_of_a_frozen_case_is_made_once_it_is_frozen_no_more():
    case = make_case_to_write_for()
    make_letter(case, state="approved")
    hand_in = make(case)
    Case.objects.update(freeze="paused", freeze_reason="A threat.")
    work()
    assert files() == []

    Case.objects.update(freeze="none", freeze_reason="")
    work()

    hand_in.refresh_from_db()
    assert hand_in.state == "ready"


def test_a_freeze_while_a_part_is_made_leaves_nothing_of_it(monkeypatch):
    case = make_case_to_write_for()
    make_letter(case, state="approved")
    hand_in = make(case)
    typeset = hand_in_paper.pdf

    def freeze_meanwhile(part):
        Case.objects.update(freeze="withdrawn", freeze_reason="A threat.")
        return typeset(part)

    with monkeypatch.context() as frozen:
        frozen.setattr("letters.text.hand_in_paper.pdf", freeze_meanwhile)
        work()
        work()  # which erases the cover that was made before

    assert files() == []
    hand_in.refresh_from_db()
    assert hand_in.state == "making"
    Case.objects.update(freeze="none", freeze_reason="")
    work()
    assert fetched(hand_in).startswith(b"%PDF")


def test_two_workers_that_make_the_same_part_leave_one_file(monkeypatch):
    case = make_case_to_write_for()
    make_letter(case, state="approved")
    hand_in = make(case)
    typeset = hand_in_paper.pdf

    def be_slow(part):
        monkeypatch.setattr("letters.text.hand_in_paper.pdf", typeset)
        parts.make_part.func(part.pk, part.version)  # by another, once this one seemed dead
        return typeset(part)

    monkeypatch.setattr("letters.text.hand_in_paper.pdf", be_slow)
    work()

    assert len(files()) == 2
    assert fetched(hand_in).startswith(b"%PDF")


def test_a_file_that_a_killed_worker_left_goes_after_an_hour(private_root):
    hand_in = made_hand_in()
    folder = private_root / "hand-ins" / str(hand_in.pk)
    hour_ago = (timezone.now() - datetime.timedelta(minutes=61)).timestamp()
    for name in ["0001-1_old", "0001-1_new"]:
        (folder / name).write_bytes(b"half of it")
    for name in ["0001-1_old", "0001-1"]:
        os.utime(folder / name, (hour_ago, hour_ago))

    work()

    assert files() == ["0000-1", "0001-1", "0001-1_new"]


def test_files_that_are_gone_stop_no_worker(private_root):
    hand_in = made_hand_in()
    shutil.rmtree(private_root / "hand-ins")

    press(signed_in("delivery"), hand_in, "cancel")
    work()

    assert not HandInPart.objects.filter(erased_at=None).exists()


@pytest.mark.parametrize(
    "end",
    [
        lambda hand_in: press(signed_in("delivery"), hand_in, "cancel"),
        lambda _: Case.objects.update(freeze="hidden", freeze_reason="A threat."),
        lambda _: HandInPart.objects.update(
            made_at=timezone.now() - datetime.timedelta(days=30, minutes=1)
        ),
    ],
    ids=["cancelled", "hidden", "old"],
)
def test_files_go(end, private_root):
    hand_in = made_hand_in()
    left = private_root / "hand-ins" / str(hand_in.pk) / "0001-7"  # by a worker that was killed
    left.write_bytes(b"half of it")
    assert len(files()) == 3

    end(hand_in)
    work()

    assert files() == []
    assert not HandInPart.objects.filter(erased_at=None).exists()


@pytest.mark.parametrize("is_printed", [False, True])
def test_what_was_erased_can_be_made_again(is_printed):
    hand_in = printed_hand_in(signed_in("delivery")) if is_printed else made_hand_in()
    HandInPart.objects.update(made_at=timezone.now() - datetime.timedelta(days=31))
    work()

    press(signed_in("delivery"), hand_in, "again")
    work()

    assert fetched(hand_in).startswith(b"%PDF")


def test_a_damaged_file_is_not_handed_out(private_root):
    hand_in = made_hand_in()
    path = HandInPart.objects.get(index=1).path
    (private_root / path).write_bytes(b"something else")

    response = press(signed_in("delivery"), hand_in, "fetch", 1)

    assert said(response) == ["The file is damaged: have it made again."]
    assert HandInPart.objects.get(index=1).fetched_at is None


def test_keys_of_files_are_rotated(settings):
    hand_in = made_hand_in(1)
    new = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, *settings.ENCRYPTION_KEYS]

    call_command("rotate_keys", stdout=io.StringIO())
    settings.ENCRYPTION_KEYS = [new]

    assert fetched(hand_in).startswith(b"%PDF")
    assert len(files()) == 2


def test_a_printer_gets_all_parts_with_a_manifest():
    hand_in = made_hand_in(3)

    response = press(signed_in("delivery"), hand_in, "zip")

    archive = ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    manifest = json.loads(archive.read("manifest.json"))
    assert (manifest["count"], manifest["numbers"]) == (3, [1, 2, 3])
    assert archive.namelist() == ["manifest.json", *(part["file"] for part in manifest["parts"])]
    assert archive.testzip() is None


def test_who_may_not_fetch_gets_no_file():
    hand_in = made_hand_in()

    assert press(signed_in("moderator"), hand_in, "fetch", 1).status_code == 403


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_messages_are_cards_and_signatures_a_table(paper):
    case = make_solidarity_action().case
    make_message(case, state="approved", form="card", language="my", body="မင်္ဂလာပါ။ " * 30)
    make_message(case, state="approved", form="card", body="We think of you. " * 200)
    petition = make_petition(case)
    make_signature(petition, name="سامي")

    cards = make(case, "solidarity", "card", paper=paper)
    signed = make(case, "signature", paper=paper)
    work()

    pages = {(part.hand_in_id, part.index): part.pages for part in HandInPart.objects.all()}
    assert pages[cards.pk, 1] == 3  # four to a sheet, nothing on its back, and a long one alone
    assert pages[signed.pk, 1] == 1
    assert fetched(signed, 0).startswith(b"%PDF")


def test_a_part_takes_the_same_number_of_queries_for_few_and_many(django_assert_max_num_queries):
    for number in (1, 4):
        case = make_case_to_write_for()
        for _ in range(number):
            make_letter(case, state="approved")
        part = make(case).parts.select_related("hand_in__case__edition").get(index=1)
        with django_assert_max_num_queries(3):
            hand_in_paper.pdf(part)


def letters_in_memory() -> list[Letter]:
    return [one for one in gc.get_objects() if type(one) is Letter]


def test_no_letter_stays_in_memory_once_its_part_is_made():
    case = make_case_to_write_for()
    for _ in range(3):
        make_letter(case, state="approved")
    make(case)
    parts.enqueue_missing()
    gc.collect()
    gc.disable()  # so that nothing goes by chance

    try:
        before = letters_in_memory()  # of tests before
        while requeue.run_one():
            pass
        letters = [one for one in letters_in_memory() if not any(one is old for old in before)]
    finally:
        gc.enable()

    assert HandIn.objects.get().state == "ready"
    assert letters == []


def test_a_task_that_fails_keeps_no_words_and_is_tried_again(monkeypatch):
    def fail(part):
        words = Letter.objects.first().body
        raise ValueError(words)

    case = make_case_to_write_for()
    make_letter(case, state="approved", body="Nobody else shall read this.")
    make(case)
    with monkeypatch.context() as broken:
        broken.setattr("letters.text.hand_in_paper.pdf", fail)
        work()
    failed = DBTaskResult.objects.failed()
    assert failed.count() == 1
    assert not any("shall read" in row.traceback for row in failed)

    requeue.requeue()
    DBTaskResult.objects.update(run_after=timezone.now())
    work()

    assert HandIn.objects.get().state == "ready"


def test_a_part_that_can_never_be_made_says_so_and_can_be_asked_for_once_more(monkeypatch):
    case = make_case_to_write_for()
    make_letter(case, state="approved")
    hand_in = make(case)
    with monkeypatch.context() as broken:
        broken.setattr("letters.text.hand_in_paper.pdf", lambda part: 1 / 0)
        for _ in range(requeue.MAX_ATTEMPTS):
            DBTaskResult.objects.update(run_after=timezone.now())
            work()
            requeue.requeue()
    client = signed_in("delivery")
    assert "could not be made" in text(client.get(hand_in.get_absolute_url()))

    press(client, hand_in, "again")
    work()

    hand_in.refresh_from_db()
    assert hand_in.state == "ready"


def test_a_task_of_a_dead_worker_runs_again_after_its_lease():
    case = make_case_to_write_for()
    make_letter(case, state="approved")
    hand_in = make(case)
    long_ago = timezone.now() - 2 * requeue.LEASE
    DBTaskResult.objects.update(status="RUNNING", started_at=long_ago, worker_ids=["dead"])

    work()

    hand_in.refresh_from_db()
    assert hand_in.state == "ready"


def test_done_tasks_are_pruned():
    made_hand_in()
    DBTaskResult.objects.update(finished_at=timezone.now() - datetime.timedelta(days=8))

    work()

    assert not DBTaskResult.objects.exists()
