"""What the private page of a letter tells of its life, in words and dates; where staff find it."""

import datetime

import pytest
import time_machine
from django.test import Client

from letters.models import Letter
from tests.factories import (
    make_case_to_write_for,
    make_hand_in,
    make_letter,
    make_reply,
    make_solidarity_action,
)
from tests.letters.sending import act
from tests.staff import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("counts_hold")]


def on(day: int) -> time_machine.travel:
    return time_machine.travel(
        datetime.datetime(2026, 12, day, 12, tzinfo=datetime.UTC), tick=False
    )


def page_of(letter: Letter, prefix: str = "") -> str:
    return " ".join(text(Client().get(prefix + letter.get_absolute_url())).split())


def decide(letter: Letter, name: str, **sent) -> None:
    """Somebody at the desk does."""
    letter.refresh_from_db()
    sent |= {"act": name, "seen": letter.changed_at.isoformat()}
    url = f"/admin/letters/letter/desk/{letter.pk}/act/"
    assert signed_in("moderator").post(url, sent).status_code == 302


def filtered(letter: Letter, state: str) -> bool:
    """Whether the admin's list of letters in this state has it."""
    page = signed_in("moderator").get(f"/admin/letters/letter/?state={state}")
    return f"/letter/{letter.pk}/change/" in text(page)


@pytest.mark.parametrize("kind", ["appeal", "solidarity"])
def test_each_step_says_what_happened_and_when(kind):
    case = make_solidarity_action(make_case_to_write_for(takes_deliveries=True)).case
    with on(1):
        letter = make_letter(case, kind=kind)
        act(Client(), letter, "deliver")
    submitted = page_of(letter)
    with on(2):
        decide(letter, "ask", sentence="own", wanted="Leave out the street.")
    asked = page_of(letter)
    with on(3):
        act(Client(), letter, "answer")
    answered = page_of(letter)
    with on(4):
        decide(letter, "approve")
    approved, approved_is_found = page_of(letter), filtered(letter, "approved")
    with on(5):
        letter.refresh_from_db()
        hand_in = make_hand_in(letter)
    chosen = page_of(letter)
    with on(6):
        Letter.objects.filter(pk=letter.pk).update(state="delivered")
        sender = {"appeal": "target", "solidarity": "person"}[kind]
        make_reply(case, sender=sender, shown_text="The ministry thanks you.", state="shared")
    replied = page_of(letter)

    assert "You gave it to us on 1 December 2026." in submitted
    assert "We read it on 2 December 2026." in asked
    assert "You gave it to us on 3 December 2026." in answered
    assert "read and approved it on" not in answered
    assert "Somebody from the campaign read and approved it on 4 December 2026." in approved
    assert "It waits here, with the others" in approved
    assert approved_is_found
    together = f"put with others that are handed in together (number {hand_in.pk})"
    assert f"On 5 December 2026 it was {together}." in chosen
    assert "has read it" not in chosen
    assert "A reply came on 6 December 2026." in replied
    assert "Une réponse est arrivée le 6 décembre 2026." in page_of(letter, "/fr")


def test_a_rejected_and_a_withdrawn_letter_say_when(client):
    case = make_case_to_write_for(takes_deliveries=True)
    rejected, withdrawn = (make_letter(case) for _ in range(2))
    with on(1):
        for letter in [rejected, withdrawn]:
            act(Client(), letter, "deliver")
    with on(2):
        decide(rejected, "reject", code="insult")
        act(Client(), withdrawn, "withdraw")

    assert "We read it on 2 December 2026." in page_of(rejected)
    assert "That was on 2 December 2026." in page_of(withdrawn)


def test_an_undone_decision_takes_its_day_with_it():
    letter = make_letter(make_case_to_write_for(), state="submitted", route="deliver")
    client = signed_in("moderator")
    url = f"/admin/letters/letter/desk/{letter.pk}/act/"
    client.post(url, {"act": "approve", "seen": letter.changed_at.isoformat()})
    decided_on = Letter.objects.get().decided_on

    decision = client.person.decisions.get()
    client.post("/admin/letters/letter/desk/undo/", {"decision": decision.pk})

    assert decided_on is not None
    assert Letter.objects.get().decided_on is None


def test_staff_find_the_letters_that_an_answer_came_to():
    answered, with_all, other = (make_letter(state="posted", route="post") for _ in range(3))
    make_reply(answered.case, letter=answered, entered_by=None)
    make_reply(with_all.case)

    assert filtered(answered, "answered")
    assert filtered(with_all, "answered")
    assert not filtered(other, "answered")
