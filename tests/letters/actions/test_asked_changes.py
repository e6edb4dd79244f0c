"""Staff ask the writer for a change: the mail, the private page, the answer, and the count."""

import datetime
import re
from functools import partial

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from cases.models import SafetyRule
from letters.actions import letters
from letters.mail import messages, outbox
from letters.models import Letter, MailKind, OutgoingMail
from letters.models.email_spelling import email_hash
from tests.factories import make_case_to_write_for, make_letter, make_message
from tests.letters.sending import act, everyone, letter_form, state_of
from tests.staff import said, signed_in, text

pytestmark = pytest.mark.usefixtures("counts_hold")

SAM = {"email": "sam@example.org", "email_hash": email_hash("sam@example.org")}
WANTED = "Please leave out the second sentence: it insults the official."
CHANGED = "The pastures belong to the herders. Please ask them first."
LATER = datetime.timedelta(minutes=11)


def ask(client, letter: Letter, wanted: str = WANTED, seen: str | None = None, sentence="own"):
    url = reverse("admin:letters_letter_desk_act", args=[letter.pk])
    seen = letter.changed_at.isoformat() if seen is None else seen
    data = {"act": "ask", "sentence": sentence, "wanted": wanted, "seen": seen}
    return client.post(url, data, follow=True)


def sent_later(wait: datetime.timedelta = LATER) -> list[str]:
    """The mails that leave once ten minutes are over."""
    with time_machine.travel(timezone.now() + wait):
        outbox.send_due()
    return [one.body for one in mail.outbox]


def test_its_writer_reads_what_to_change_and_hands_it_in_again(client):
    letter = make_letter(make_case_to_write_for(), state="approved", **SAM)

    response = ask(signed_in("moderator"), letter)

    assert said(response)[0] == (f"Letter {letter.pk}: its writer is asked for a change.")
    assert (state_of(letter), everyone(letter.case)) == ("asked", 1)
    page = client.get(letter.get_absolute_url()).content.decode()
    assert WANTED in page
    assert "Hand it in again" in page
    client.post(reverse("letters:letter-edit", args=[letter.key]), letter_form(body=CHANGED))
    assert state_of(letter) == "asked"
    act(client, letter, "answer")
    letter.refresh_from_db()
    assert (letter.state, letter.is_answer, letter.body) == ("submitted", True, CHANGED)
    assert everyone(letter.case) == 1
    shown = text(signed_in("moderator").get(f"/admin/letters/letter/{letter.pk}/change/"))
    assert "Handed in again: its writer was asked for a change." in shown
    assert WANTED in shown


def test_the_mail_says_what_to_change_and_nothing_that_its_writer_typed(client):
    letter = make_letter(make_case_to_write_for(), state="submitted", body="My words.", **SAM)
    ask(signed_in("moderator"), letter)

    outbox.send_due()
    assert mail.outbox == []  # it can still be taken back
    [body] = sent_later()

    assert WANTED in body
    assert not re.search(r"My words|Sam Tester|The pastures", body)
    [link] = re.findall(r"http://testserver(/\S+)", body)
    assert client.get(link, follow=True).status_code == 200


def test_a_mail_that_tells_of_a_decision_leaves_with_no_other_before_its_time():
    letter = make_letter(make_case_to_write_for(), state="submitted", **SAM)
    ask(signed_in("moderator"), letter)
    OutgoingMail.objects.create(
        about=f"letter:{letter.pk}",
        kind=MailKind.LETTER_LINK,
        to=SAM["email"],
        to_hash=SAM["email_hash"],
        created_at=timezone.now(),
        not_before=timezone.now(),
    )

    outbox.send_due()

    assert [WANTED in one.body for one in mail.outbox] == [False]


@pytest.mark.parametrize("freeze", ["paused", "hidden", "withdrawn"])
def test_no_mail_asks_for_a_change_once_its_case_is_frozen(client, freeze):
    letter = make_letter(make_case_to_write_for(), state="submitted", **SAM)
    ask(signed_in("moderator"), letter)
    type(letter.case).objects.update(freeze=freeze, freeze_reason="A test.")

    assert sent_later() == []
    act(client, letter, "answer")
    assert state_of(letter) == "asked"
    another = make_letter(Letter.objects.get().case, state="submitted", **SAM)
    assert not letters.ask_for_change(another, WANTED)


@pytest.mark.parametrize("is_claimed", [False, True])
def test_what_is_asked_waits_for_its_case_and_leaves_with_no_other_mail(monkeypatch, is_claimed):
    letter = make_letter(make_case_to_write_for(), state="submitted", **SAM)
    ask(signed_in("moderator"), letter)
    freeze = partial(type(letter.case).objects.update, freeze_reason="A test.")
    if is_claimed:  # it is frozen when the worker has just begun
        written = outbox.writing.written
        monkeypatch.setattr(
            outbox.writing, "written", lambda rows: freeze(freeze="paused") and written(rows)
        )
    else:
        freeze(freeze="paused")
        messages.queue_letter_link(letter)

    before = sent_later()
    monkeypatch.undo()
    freeze(freeze="none")

    assert [WANTED in one for one in before] == ([] if is_claimed else [False])
    assert WANTED in sent_later(5 * LATER)[-1]


def test_whoever_has_answered_before_the_mail_left_gets_none(client):
    letter = make_letter(make_case_to_write_for(), state="submitted", **SAM)
    ask(signed_in("moderator"), letter)

    act(client, letter, "answer")

    assert sent_later() == []


def test_a_second_wish_is_mailed_as_well_and_two_at_once_are_one_mail(client):
    letter = make_letter(make_case_to_write_for(), state="submitted", **SAM)
    moderator = signed_in("moderator")
    ask(moderator, letter)
    assert len(sent_later()) == 1
    for wanted in ["Please shorten it.", "Please shorten the end."]:
        act(client, letter, "answer")
        letter.refresh_from_db()
        ask(moderator, letter, wanted)

    assert "Please shorten the end." in sent_later(3 * LATER)[-1]
    assert len(mail.outbox) == 2


@pytest.mark.parametrize(
    ("name", "state", "counts"), [("withdraw", "withdrawn", 0), ("undo", "drafting", 0)]
)
def test_its_writer_may_take_it_back_or_send_it_another_way(client, name, state, counts):
    letter = make_letter(make_case_to_write_for(), state="asked")

    act(client, letter, name)

    assert (state_of(letter), everyone(letter.case)) == (state, counts)


def test_a_case_that_was_closed_since_still_takes_the_answer(client):
    case = make_case_to_write_for()
    letter = make_letter(case, state="asked")
    type(case).objects.update(stage="closed")

    act(client, letter, "answer")

    assert state_of(letter) == "submitted"


def test_what_was_changed_since_or_says_nothing_to_change_is_not_asked():
    letter = make_letter(state="submitted")
    moderator = signed_in("moderator")

    empty = ask(moderator, letter, wanted=" ")
    stale = ask(moderator, letter, seen="2025-01-01T00:00:00+00:00")

    assert "Tell the writer what to change." in text(empty)
    assert "read it again" in said(stale)[0]
    assert state_of(letter) == "submitted"


def test_a_message_that_is_shown_is_shown_no_more_and_counts_on(client):
    message = make_message(state="approved", may_be_shown=True, shown_on=timezone.localdate())

    ask(signed_in("moderator"), message)

    message.refresh_from_db()
    assert (message.shown_on, message.counts) == (None, True)
    page = client.get(message.get_absolute_url()).content.decode()
    assert "Please change: your message for" in page


def test_what_a_trap_caught_counts_once_a_moderator_asks_for_a_change():
    letter = make_letter(make_case_to_write_for(), state="submitted", needs_review=True)
    assert everyone(letter.case) == 0

    ask(signed_in("moderator"), letter)

    assert everyone(letter.case) == 1


def test_what_the_check_found_is_asked_for_in_a_sentence_that_its_writer_can_read(
    client,
):
    case = make_case_to_write_for()
    SafetyRule.objects.create(
        case=case, topic="religion", answer="no", words=["pray"], why="Her brother hides."
    )
    SafetyRule.objects.create(case=case, topic="politics", answer="no")
    letter = make_letter(
        case, state="submitted", body="I pray. Call +47 22 12 34 56.", page_language="fr", **SAM
    )
    moderator = signed_in("moderator")
    moderator.post("/admin/letters/letter/desk/take/")

    page = moderator.get(reverse("admin:letters_letter_desk_read", args=[letter.pk]))
    [rule, reached, *_others, own] = page.context["ask_form"].fields["sentence"].choices
    ask(moderator, letter, "Le reste est bien.", sentence="rule-religion")

    assert rule == ("rule-religion", "For this case, leave out: Religion.")
    assert reached[0] == "private"
    assert own == ("own", "Something else, which you write")
    letter.refresh_from_db()
    rule, own_words = letter.change_wanted.splitlines()
    assert " ".join(rule.split()) == "Pour ce cas, à laisser de côté : Religion."
    assert own_words == "Le reste est bien."
    page = client.get(letter.get_absolute_url()).content.decode()
    assert "à laisser de côté" in page
    told = sent_later()
    assert len(told) == 1
    assert "brother" not in page + told[0]
    assert "pray" not in letter.change_wanted


@pytest.mark.parametrize(
    ("sentence", "wanted", "error"),
    [
        ("", "Some words.", "Tell the writer what to change."),
        ("own", " ", "Tell the writer what to change."),
        ("rule-nothing", "", "Select a valid choice."),
        ("insult", "x" * 399, "Ensure this value has at most 400 characters"),
        ("own", "x" * 401, "Ensure this value has at most 400 characters"),
    ],
)
def test_what_can_not_be_asked_is_said_beside_what_was_typed(sentence, wanted, error):
    letter = make_letter(make_case_to_write_for(), state="submitted", **SAM)

    page = text(ask(signed_in("moderator"), letter, wanted, sentence=sentence))

    assert error in page
    assert wanted.strip() in page
    assert state_of(letter) == "submitted"
