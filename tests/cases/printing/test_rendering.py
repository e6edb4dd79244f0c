"""Sheets and cards are rendered once a version, in a process beside the one that serves pages."""

import datetime
import os
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from cases.http_caching import private_page
from cases.models import Case, Portrait
from cases.printing import rendering, stored, typesetting, typst_process
from letters.models import Letter
from tests.cases.printing.test_typesetting import MADE_AT, make_letter
from tests.factories import (
    make_case_to_write_for,
    make_full_case,
    make_portrait,
    make_solidarity_action,
)
from tests.letters.sending import send_letter, send_message

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def rendered(monkeypatch):
    """Each rendering that is made, by its template; they are real ones."""
    made, really = [], rendering.render

    def counting(template, *args, **kwargs):
        made.append(template)
        return really(template, *args, **kwargs)

    monkeypatch.setattr(typesetting, "render", counting)
    return made


@pytest.fixture
def new_process():
    """Which of its jobs the process has done does not depend on the tests before."""
    if rendering._process is not None:
        rendering._stop(rendering._process)


@pytest.fixture
def case(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    case = make_full_case()
    make_portrait(case)
    return case


@pytest.fixture
def everybody_prints():
    """As many threads as may render are at it."""
    for _ in range(rendering.MAX_AT_ONCE):
        rendering._places.acquire()
    yield
    for _ in range(rendering.MAX_AT_ONCE):
        rendering._places.release()


@pytest.mark.parametrize(
    ("path", "template"),
    [("card.jpg", "card"), ("sheet.pdf", "sheet"), ("share/square.jpg", "share")],
)
def test_what_is_asked_for_again_is_not_rendered_again(client, case, rendered, path, template):
    url = case.get_absolute_url() + path

    first, second = client.get(url), client.get(url)

    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert rendered == [template]


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        lambda case: Case.objects.filter(pk=case.pk).update(headline="Another headline"),
        lambda case: Portrait.objects.filter(case=case).update(focal_x=0.1),
        lambda case: Portrait.objects.filter(case=case).update(credit="Another photographer"),
    ],
    ids=["headline", "focal point", "credit"],
)
@pytest.mark.parametrize("path", ["cases:sheet", "cases:card"])
def test_what_changed_is_rendered_anew(client, case, rendered, path, change):
    url = reverse(path, args=[case.slug])
    client.get(url)

    change(case)
    client.get(url)

    assert len(rendered) == 2


@pytest.mark.slow
def test_each_paper_size_and_language_is_a_rendering_of_its_own(client, case, rendered):
    url = reverse("cases:sheet", args=[case.slug])
    asked = [url, f"{url}?paper=letter", f"{url}?size=large", f"/fr{url}"]

    for _twice in range(2):
        answers = {client.get(each).content for each in asked}

    assert (len(answers), len(rendered)) == (4, 4)


@pytest.fixture
def kept(settings, tmp_path):
    """The folder where renderings are kept."""
    backend = "django.core.files.storage.FileSystemStorage"
    options = {"location": tmp_path / "kept", "allow_overwrite": True}
    rendered = {"BACKEND": backend, "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"rendered": rendered}
    return tmp_path / "kept"


def test_half_a_file_is_rendered_anew(client, case, rendered, kept):
    url = reverse("cases:card", args=[case.slug])
    whole = client.get(url).content
    [file] = kept.iterdir()
    file.write_bytes(file.read_bytes()[:-1])

    assert [client.get(url).content for _twice in range(2)] == [whole, whole]
    assert len(rendered) == 2


def test_where_nothing_can_be_kept_a_card_is_rendered_each_time(
    client, case, rendered, kept, caplog
):
    kept.write_text("This is no folder.")
    url = reverse("cases:card", args=[case.slug])

    assert [client.get(url).status_code for _twice in range(2)] == [200, 200]
    assert len(rendered) == 2
    [line] = caplog.messages  # and for some seconds no other
    assert line == "The storage “rendered” can't be used: NotADirectoryError"


def test_the_worker_deletes_the_oldest_renderings_of_too_many(kept, monkeypatch):
    monkeypatch.setattr(stored, "MOST", 2)
    kept.mkdir()
    month = datetime.timedelta(days=31)
    for name, age in [("a", month), ("b", month / 31), ("c", month / 62), ("d", month / 93)]:
        (kept / name).touch()
        at = (timezone.now() - age).timestamp()
        os.utime(kept / name, (at, at))

    call_command("work", "--once")
    assert sorted(path.name for path in kept.iterdir()) == ["c", "d"]

    with time_machine.travel(timezone.now() + month):
        stored.delete_old()
    assert list(kept.iterdir()) == []


def test_a_card_whose_picture_cannot_be_read_asks_to_come_back(client, case, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_text("This is no folder.")

    response = client.get(reverse("cases:card", args=[case.slug]))

    assert (response.status_code, response["Retry-After"]) == (503, "2")


def test_a_case_that_was_taken_down_is_not_served_from_what_was_rendered(client, case):
    urls = [reverse(path, args=[case.slug]) for path in ("cases:sheet", "cases:card")]
    assert [client.get(url).status_code for url in urls] == [200, 200]

    Case.objects.filter(pk=case.pk).update(freeze="withdrawn", freeze_reason="A test")

    assert [client.get(url).status_code for url in urls] == [410, 410]


def test_who_comes_while_many_print_is_asked_to_wait_and_counted(client, case, everybody_prints):
    before = Counter(rendering.asked)
    for path in ("cases:sheet", "cases:card"):
        response = client.get(reverse(path, args=[case.slug]))

        assert response.status_code == 503
        assert (response["Retry-After"], response["Refresh"]) == ("2", "2")
        assert response["Cache-Control"] == "no-store"
        assert "Many people are printing right now" in response.content.decode()
    assert rendering.asked - before == {"busy": 2}


def test_who_is_asked_to_wait_costs_no_look_into_the_database(
    client, case, everybody_prints, django_assert_num_queries
):
    client.get("/nowhere/")  # notes whether there is demo data, which every page says
    for path in ("sheet.pdf", "card.jpg", "share/square.jpg"):
        with django_assert_num_queries(0):
            response = client.get(case.get_absolute_url() + path)

        assert (response.status_code, response["Retry-After"]) == (503, "2")


def test_a_letter_waits_for_its_turn_too(client, everybody_prints):
    send_letter(client, make_case_to_write_for())

    assert client.get(f"{Letter.objects.get().get_absolute_url()}letter.pdf").status_code == 503


def test_a_message_that_can_not_be_set_now_is_not_lost(client, everybody_prints, monkeypatch):
    monkeypatch.setattr("cases.printing.typesetting.MAX_SECONDS", 0)
    case = make_solidarity_action().case

    response = send_message(client, case, body="Words that nobody has to type again.")

    assert response.status_code == 200
    assert "Words that nobody has to type again." in response.content.decode()
    assert "send it again in a moment" in response.content.decode()
    assert "Refresh" not in response


def test_the_answer_to_what_was_sent_never_loads_another_page(rf):
    @private_page
    def view(request):
        raise rendering.Busy

    assert "Refresh" not in view(rf.post("/"))
    assert view(rf.get("/"))["Refresh"] == "2"


def test_what_is_there_is_served_while_many_print(client, case):
    url = reverse("cases:sheet", args=[case.slug])
    there = client.get(url).content

    for _ in range(rendering.MAX_AT_ONCE):
        rendering._places.acquire()
    try:
        assert client.get(url).content == there
    finally:
        for _ in range(rendering.MAX_AT_ONCE):
            rendering._places.release()


@pytest.mark.usefixtures("new_process")
def test_a_process_that_was_killed_is_started_again():
    typesetting.pdf("letter", make_letter(), made_at=MADE_AT)
    killed = rendering._process

    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()

    assert typesetting.pdf("letter", make_letter(), made_at=MADE_AT).startswith(b"%PDF")
    assert rendering._process.pid != killed.pid


@pytest.mark.usefixtures("new_process")
def test_a_process_ends_after_its_last_job_and_another_does_the_next():
    """What Typst keeps of each job would add up."""
    asked, ended = [], []
    for number in range(2 * typst_process.MAX_JOBS + 1):
        made = typesetting.pdf("letter", make_letter(subject=f"Subject {number}"), made_at=MADE_AT)
        assert PdfReader(BytesIO(made)).metadata.title == f"Subject {number}"
        asked.append(rendering._process.pid)
        ended.append(rendering._process.poll())

    assert max(Counter(asked).values()) == typst_process.MAX_JOBS
    assert set(ended) == {0, None}
    assert ended.count(0) == 2


def test_a_rendering_that_takes_too_long_is_ended_and_the_next_one_works(monkeypatch):
    before = Counter(rendering.asked)
    monkeypatch.setattr(rendering, "MAX_SECONDS", 0.001)
    with pytest.raises(rendering.CannotBeSet, match="stopped"):
        typesetting.pdf("letter", make_letter(body="Many words. " * 20_000), made_at=MADE_AT)
    monkeypatch.undo()

    assert typesetting.pdf("letter", make_letter(), made_at=MADE_AT).startswith(b"%PDF")
    assert rendering.asked - before == {"failed": 1, "done": 1}


@pytest.mark.slow
def test_each_of_several_at_once_gets_its_own():
    def subject(number: int) -> str:
        data = make_letter(subject=f"Subject {number}")
        while True:
            try:
                made = typesetting.pdf("letter", data, made_at=MADE_AT)
            except rendering.Busy:
                continue
            return PdfReader(BytesIO(made)).metadata.title

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(subject, range(24))) == [f"Subject {n}" for n in range(24)]


def test_a_forked_process_does_not_read_the_answers_of_its_parent():
    typesetting.pdf("letter", make_letter(), made_at=MADE_AT)
    inherited = rendering._process.pid
    if (child := os.fork()) == 0:
        made = typesetting.pdf("letter", make_letter(subject="Of the child"), made_at=MADE_AT)
        right = PdfReader(BytesIO(made)).metadata.title == "Of the child"
        own = rendering._process
        own.kill()
        os._exit(0 if right and own.pid != inherited else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_who_gives_up_waiting_leaves_no_answer_for_the_next(monkeypatch):
    """Else everybody after them would get somebody else's letter."""
    asked = rendering.json.loads

    def give_up(line):
        raise KeyboardInterrupt

    monkeypatch.setattr(rendering.json, "loads", give_up)
    with pytest.raises(KeyboardInterrupt):
        typesetting.pdf("letter", make_letter(subject="Given up"), made_at=MADE_AT)
    monkeypatch.setattr(rendering.json, "loads", asked)

    made = typesetting.pdf("letter", make_letter(subject="The next"), made_at=MADE_AT)
    assert PdfReader(BytesIO(made)).metadata.title == "The next"
