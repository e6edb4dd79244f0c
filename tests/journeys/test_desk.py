"""A volunteer reads and decides letters with nothing but a keyboard."""

import datetime

import pytest
from django.utils import timezone

from letters.models import Claim, Decision, Letter
from tests.factories import make_case_to_write_for, make_letter
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


class Reader:
    """Counts what is pressed. With scripts there are keys; without, Tab leads to each button."""

    def __init__(self, visitor, javascript: bool) -> None:
        self.visitor, self.javascript, self.strokes = visitor, javascript, 0

    def hits(self, key: str, times: int = 1) -> None:
        self.visitor.hits(key, times)
        self.strokes += times

    def tabs_to(self, label: str) -> None:
        """To the control that begins with this label, from wherever the focus is."""
        for _nr in range(80):
            self.hits("Tab")
            if self.visitor.focused["text"].strip().startswith(label):
                return
        pytest.fail(f"Tab does not come to {label}.")

    def does(self, key: str, label: str) -> None:
        if self.javascript:
            self.hits(key)
        else:
            self.tabs_to(label)
            self.hits("Enter")

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
    mia.field("What do you ask its writer to change?").click()
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
