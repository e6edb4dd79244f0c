"""One volunteer takes what two hundred people wrote from the queue to the table of the official."""

import datetime
import io
import threading
import time
from zipfile import ZipFile

import pytest
from django.core.signals import request_finished, request_started
from django.utils import timezone

from cases.models import SafetyRule
from letters.delivery import requeue
from letters.models import Claim, HandIn, HandInItem, Letter
from tests.factories import make_case_to_write_for, make_letter
from tests.journeys import many_texts
from tests.journeys.keyboard import Keyboard
from tests.staff import make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.slow]

LETTERS = 200
SAME = range(0, 120, 4)  # thirty, in one language
TO_ASK = [1, 42, 83, 126, 167]
TO_REDACT = [5, 90, 171]
PHONE = "+47 22 12 34 56"
MAX_STROKES_A_LETTER = 1.3


@pytest.fixture
def letters() -> list[Letter]:
    """All that wait, the longest waiting first: every fourth is in the same script."""
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    words = many_texts.WORDS_OF_RELIGION
    SafetyRule.objects.create(case=case, topic="religion", answer="no", words=words)
    return [make_one(case, number) for number in range(LETTERS)]


def make_one(case, number: int) -> Letter:
    language = list(many_texts.SENTENCES)[number % 4]
    texts = many_texts.texts(language)
    body = texts[-1] if number in SAME else texts[number // 4]
    if number in TO_ASK:
        body += f" {many_texts.ON_RELIGION[language]}"
    if number in TO_REDACT:
        body += f" {PHONE}"
    since = timezone.now() - datetime.timedelta(minutes=LETTERS - number)
    return make_letter(
        case, state="submitted", language=language, subject="", body=body, waiting_since=since
    )


@pytest.fixture
def server_time():
    """Seconds of the processor that pages took, and how many there were."""
    began, spent = threading.local(), []

    def begin(environ, **_kwargs) -> None:
        began.at = None if environ["PATH_INFO"].startswith("/static/") else time.thread_time()

    def end(**_kwargs) -> None:
        if began.at is not None:
            spent.append(time.thread_time() - began.at)

    request_started.connect(begin)
    request_finished.connect(end)
    yield spent
    request_started.disconnect(begin)
    request_finished.disconnect(end)


class Volunteer(Keyboard):
    """Decides by what stands on the page."""

    def reads_all(self) -> None:
        self.visitor.opens("/admin/letters/letter/desk/")
        self.goes("t")
        while self.visitor.page.locator(".sheet").count():
            self.decides(self.visitor.page.locator("#content").inner_text())

    def decides(self, page: str) -> None:
        if "read them together" in page:
            self.goes("g")
            self.goes("a")
        elif "is better left out" in page:
            self.goes("c", "Space", "Enter")
        elif "looks like a telephone number" in page:
            self.goes("l", "Control+Enter")
            self.visitor.sees("the words are left out")
            self.goes("a")
        else:
            self.goes("a")

    def makes_the_hand_in(self) -> None:
        self.follows("Hand-ins")
        self.follows("Add hand-in")
        self.follows("Letters")
        self.visitor.sees("195 would be in this hand-in.")
        self.follows("Make the hand-in")
        self.visitor.sees("is made.")

    def prints_it(self) -> bytes:
        self.tabs_to("Fetch all files in one (ZIP)")
        with self.visitor.page.expect_download() as download:
            self.hits("Enter")
        self.follows("All of it is printed")
        self.visitor.sees("is printed.")
        return download.value.path().read_bytes()

    def hands_it_in(self) -> None:
        self.follows("It is on its way")
        self.visitor.sees("is on its way.")
        self.follows("It was handed in…")
        self.tabs_to_field("id_handed_in_on")
        self.types_day(timezone.localdate())
        self.tabs_to_field("id_place")
        self.types("Ministry, Testville")
        self.tabs_to_field("id_result_0")
        self.hits("Space")
        self.goes("Enter")
        self.visitor.sees("is noted.", "accepted")

    def types_day(self, day: datetime.date) -> None:
        """Month or day first, as this browser asks for it."""
        for parts in ["%m%d%Y", "%d%m%Y"]:
            self.types(day.strftime(parts))
            if self.visitor.page.locator(":focus").input_value() == day.isoformat():
                return
            self.hits("ArrowLeft", "ArrowLeft")
        pytest.fail("The browser takes no day.")


def make_paper() -> float:
    """As the worker does; the seconds of the processor, without those of Typst beside it."""
    began = time.process_time()
    while requeue.run_one():
        pass
    return time.process_time() - began


def numbers(letters: list[Letter], state: str) -> list[int]:
    """Which of them are in the state."""
    found = dict(Letter.objects.values_list("pk", "state"))
    return [number for number, letter in enumerate(letters) if found[letter.pk] == state]


def test_one_volunteer_reads_two_hundred_letters_and_hands_them_in_by_keyboard_alone(
    arrive, letters, server_time
):
    mia = arrive()
    mia.signs_in(make_staff("moderator", "delivery"))
    volunteer = Volunteer(mia)

    volunteer.reads_all()

    mia.sees("Nothing more waits for you here.", "Nothing waits to be read.")
    assert volunteer.strokes / LETTERS <= MAX_STROKES_A_LETTER
    others = [number for number in range(LETTERS) if number not in TO_ASK]
    assert (numbers(letters, "asked"), numbers(letters, "approved")) == (TO_ASK, others)
    redacted = Letter.objects.exclude(redactions=None)
    assert [letters[number] for number in TO_REDACT] == list(redacted.order_by("pk"))
    assert not Claim.objects.exists()
    reading, pages, seconds = volunteer.strokes, len(server_time), sum(server_time)

    volunteer.makes_the_hand_in()
    of_paper = make_paper()
    mia.page.reload()
    files = ZipFile(io.BytesIO(volunteer.prints_it())).namelist()
    volunteer.hands_it_in()

    hand_in = HandIn.objects.get()
    assert hand_in.state == "handed-in"
    assert numbers(letters, "delivered") == others
    in_it = HandInItem.objects.open().order_by("number").values_list("letter", flat=True)
    assert list(in_it) == [letters[number].pk for number in others]
    name = f"hand-in-{hand_in.pk}"
    assert sorted(files) == [f"{name}-cover.pdf", f"{name}-part-001.pdf", "manifest.json"]
    print(  # noqa: T201
        f"\n{reading} keys to read {LETTERS} letters: {reading / LETTERS:.2f} each; "
        f"{volunteer.strokes - reading} to hand them in. {seconds:.1f} s of the server for "
        f"{pages} pages while reading, {sum(server_time) - seconds:.1f} s while handing in, "
        f"{of_paper:.1f} s of the worker for the paper."
    )
