"""A volunteer reads and decides letters with nothing but a keyboard."""

import datetime

import pytest
from django.utils import timezone

from letters.models import Claim, Decision, Letter, Reply, Signature
from tests.factories import (
    make_case_to_write_for,
    make_letter,
    make_petition,
    make_reply,
    make_signature,
)
from tests.journeys.keyboard import Keyboard
from tests.staff import make_staff
from tests.test_accessibility import findings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LETTERS = 9
DESK = "/admin/letters/letter/desk/"


@pytest.fixture
def letters():
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    now = timezone.now()
    return [
        make_letter(
            case,
            state="submitted",
            body=f"This is what writer {number} says about the pastures.",
            waiting_since=now - datetime.timedelta(days=20 - number),
        )
        for number in range(LETTERS)
    ]


class Reader(Keyboard):
    def reads(self, number: int) -> None:
        self.visitor.sees(f"This is what writer {number} says")


def states(letters: list[Letter]) -> list[str]:
    found = dict(Letter.objects.values_list("pk", "state"))
    return [found[letter.pk] for letter in letters]


def test_letters_are_read_and_decided_with_the_keyboard_alone(arrive, javascript, letters):
    mia = arrive(javascript)
    mia.signs_in(make_staff("moderator"))
    reader = Reader(mia, javascript)

    mia.opens(DESK)
    mia.sees("9 wait. The oldest has waited for 2 weeks, 6 days.", "Ana Test")
    found = findings(mia) if javascript else []
    reader.tabs_to("Read the first that is free")
    reader.hits("Enter")
    for number in range(4):
        reader.reads(number)
        reader.does("a", "Approve")
    reader.reads(4)
    reader.does("u", "Undo")
    mia.sees("Undone:")
    reader.reads(3)
    reader.does("a", "Approve")
    reader.reads(4)
    found += findings(mia) if javascript else []
    reader.does("r", "Reject…")
    if not javascript:
        reader.hits("Tab")  # from the summary to the reasons
    reader.hits("ArrowDown")  # it threatens somebody
    reader.hits("Enter")
    reader.reads(5)
    reader.does("s", "Skip: leave it to others")
    for number in range(6, LETTERS):
        reader.reads(number)
        reader.does("a", "Approve")

    mia.sees("Nothing more waits for you here.", "One waits.")
    assert states(letters) == [*["approved"] * 4, "rejected", "submitted", *["approved"] * 3]
    assert Letter.objects.get(pk=letters[4].pk).rejection_code == "threat"
    assert Decision.objects.exclude(undone_at=None).count() == 1
    assert not Claim.objects.exists()
    assert found == []
    if javascript:
        assert reader.strokes < 25 + 2 * LETTERS  # most of them to the first letter


def test_keys_can_be_turned_off_and_press_nothing_while_somebody_writes(arrive, letters):
    mia = arrive()
    mia.signs_in(make_staff("moderator"))
    mia.opens(DESK)
    mia.presses("Read the first that is free")
    mia.sees("This is what writer 0 says")

    mia.page.get_by_text("Ask for a change…").click()
    mia.field("In your own words").click()
    mia.types("a sentence, u r s")
    mia.hits("Control+a")
    mia.page.get_by_label("Keys on").uncheck()
    mia.hits("a")
    mia.page.reload()
    mia.hits("a")

    mia.sees("This is what writer 0 says")
    assert set(states(letters)) == {"submitted"}
    mia.page.get_by_label("Keys on").check()
    mia.hits("a")
    mia.sees("This is what writer 1 says")


def test_answers_are_read_and_shared_with_the_keyboard_alone(arrive, javascript):
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    replies = [
        make_reply(
            case,
            letter=make_letter(case, state="posted", route="post"),
            entered_by=None,
            text=f"This is what writer {number} says came back.",
        )
        for number in range(4)
    ]
    mia = arrive(javascript)
    mia.signs_in(make_staff("delivery"))
    reader = Reader(mia, javascript)

    mia.opens("/admin/letters/reply/desk/")
    mia.sees("4 wait. The oldest has waited for")
    reader.does("t", "Read the first that is free")
    reader.reads(0)
    found = findings(mia) if javascript else []
    reader.does("a", "I have read it")
    reader.reads(1)
    reader.does("u", "Undo")
    mia.sees("Undone:")
    reader.reads(0)
    reader.does("a", "I have read it")
    reader.reads(1)
    reader.does("s", "Skip: leave it to others")
    reader.reads(2)
    reader.does("w", "Let its writer read it…")
    if not javascript:
        reader.hits("Tab")  # from the summary to the words
    reader.types("Thank you.")
    reader.tabs_to("Let writers read these words")
    reader.hits("Enter")
    reader.reads(3)
    reader.does("a", "I have read it")

    mia.sees("Nothing more waits for you here.", "One waits.")
    found += findings(mia) if javascript else []
    states = dict(Reply.objects.values_list("pk", "state"))
    assert [states[reply.pk] for reply in replies] == ["read", "unread", "shared", "read"]
    assert Reply.objects.get(pk=replies[2].pk).shown_text == "Thank you."
    assert found == []


def test_flagged_signatures_are_decided_with_keys(arrive):
    petition = make_petition()
    signatures = [make_signature(petition, needs_review=True) for _ in range(3)]
    mia = arrive()
    mia.signs_in(make_staff("moderator"))
    reader = Reader(mia, javascript=True)

    mia.opens("/admin/letters/signature/desk/")
    mia.sees("3 wait. The oldest has waited for")
    reader.hits("t")
    mia.sees("Keys on: n for the next that is real, x for the next that is not valid")
    reader.hits("n", "n")
    reader.hits("d")
    mia.sees("2 are decided.")
    reader.hits("u")
    mia.sees("Undone:")

    left = Signature.objects.needing_review().order_by("pk")
    assert [row.pk for row in left] == [signatures[1].pk, signatures[2].pk]
