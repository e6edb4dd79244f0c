"""Every act of a writer and of a moderator, its undoing, and the count after each."""

import datetime
import re

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from cases.models import ErasureEntry
from letters.actions import follows, letters, reminders
from letters.mail import outbox
from letters.models import Letter, MailKind, OutgoingMail
from letters.models.email_spelling import email_hash
from tests.factories import (
    make_case_to_write_for,
    make_email_address,
    make_follow,
    make_letter,
    make_pledge,
    make_post,
)
from tests.letters.sending import act, everyone, letter_form, send_letter, state_of
from tests.staff import text

pytestmark = pytest.mark.usefixtures("counts_hold")

ALL = {"post", "email", "deliver", "posted", "undo", "withdraw"}


@pytest.fixture
def case():
    """A case whose target has an e-mail address, so that every way is open."""
    case = make_case_to_write_for()
    target = case.targets.get()
    target.email, target.checked_on = "office@example.org", "2025-11-01"
    target.save()
    return case


@pytest.mark.parametrize(
    ("acts", "states", "counts"),
    [
        (
            ["post", "posted", "undo", "undo"],
            ["ready", "posted", "ready", "drafting"],
            [0, 1, 0, 0],
        ),
        (["email", "posted", "undo"], ["ready", "posted", "ready"], [0, 1, 0]),
        (["deliver", "undo"], ["submitted", "drafting"], [1, 0]),
        (["deliver", "withdraw", "undo"], ["submitted", "withdrawn", "drafting"], [1, 0, 0]),
        (["withdraw", "undo", "deliver"], ["withdrawn", "drafting", "submitted"], [0, 0, 1]),
        (["post", "withdraw"], ["ready", "withdrawn"], [0, 0]),
    ],
)
def test_an_act_and_its_undoing_move_letter_and_count_together(client, case, acts, states, counts):
    letter = make_letter(case)
    moved, counted = [], []
    for name in acts:
        response = act(client, letter, name)

        assert response.url == letter.get_absolute_url() + "#now"
        assert client.get(response.url).status_code == 200
        moved.append(state_of(letter))
        counted.append(everyone(case))
    assert (moved, counted) == (states, counts)


def test_the_same_button_twice_counts_once(client, case):
    letter = make_letter(case, state="ready", route="post")

    act(client, letter, "posted")
    act(client, letter, "posted")

    assert everyone(case) == 1


def test_what_a_state_does_not_allow_changes_nothing(client, case):
    for state in ["drafting", "ready", "posted", "submitted", "approved", "withdrawn"]:
        letter = make_letter(case, state=state)
        before = everyone(case)
        for name in ALL - set(letters.WRITER_ACTS[state]):
            act(client, letter, name)
        for nonsense in ["", "approve", "reject", "x" * 1000, "posted\0"]:
            act(client, letter, nonsense)

        assert state_of(letter) == state
        assert everyone(case) == before


def test_two_tabs_do_not_count_twice(case):
    one_tab = make_letter(case, state="ready", route="post")
    other_tab = Letter.objects.get(pk=one_tab.pk)

    assert letters.act(one_tab, "posted") is True
    assert letters.act(other_tab, "posted") is False
    assert everyone(case) == 1

    other_tab = Letter.objects.get(pk=one_tab.pk)
    assert letters.act(one_tab, "undo") is True
    assert letters.act(other_tab, "undo") is False
    assert everyone(case) == 0


def test_a_letter_that_its_writer_changed_meanwhile_is_not_approved(case):
    letter = make_letter(case, state="submitted")
    as_the_moderator_read_it = Letter.objects.get(pk=letter.pk)

    letters.revise(letter, body="Something else entirely, and not at all courteous.")

    assert letters.approve(as_the_moderator_read_it) is False
    assert state_of(letter) == "submitted"


def test_an_approved_letter_counts_as_before_and_can_be_withdrawn(client, case):
    letter = make_letter(case, state="submitted")
    letters.approve(letter)
    assert (state_of(letter), everyone(case)) == ("approved", 1)

    act(client, letter, "withdraw")
    assert (state_of(letter), everyone(case)) == ("withdrawn", 0)


def test_a_rejected_letter_counts_no_more_and_its_writer_is_told(client, case):
    letter = make_letter(case, state="submitted", email="sam@example.org", email_hash="x")

    letters.reject(letter, "other", "Please leave the insult out.")

    assert (state_of(letter), everyone(case)) == ("rejected", 0)
    assert "Please leave the insult out." in client.get(letter.get_absolute_url()).content.decode()
    assert OutgoingMail.objects.get().kind == MailKind.LETTER_REJECTED
    assert outbox.send_due() == 0  # it can still be undone
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=11)):
        outbox.send_due()
    [sent] = mail.outbox
    [link] = re.findall(r"http://testserver(/\S+)", sent.body)
    assert "insult" not in sent.body
    assert client.get(link, follow=True).status_code == 200

    act(client, letter, "deliver")
    assert (state_of(letter), everyone(case)) == ("submitted", 1)


def test_a_second_rejection_is_mailed_as_well(case):
    letter = make_letter(case, state="submitted", email="sam@example.org")
    letters.reject(letter, "other", "Please leave the insult out.")
    OutgoingMail.objects.update(sent_at=letter.changed_at)
    letters.act(letter, "deliver")

    letters.reject(letter, "other", "It is still there.")

    assert OutgoingMail.objects.get().sent_at is None


def test_a_held_letter_counts_once_somebody_has_looked(client, case):
    letter = make_letter(case, needs_review=True)
    act(client, letter, "post")
    act(client, letter, "posted")
    assert (state_of(letter), everyone(case)) == ("posted", 0)

    letter.refresh_from_db()
    letters.clear_review(letter)
    assert everyone(case) == 1


def test_spam_that_says_it_was_posted_is_rejected_and_out_of_the_way(client, case):
    spam = make_letter(case, state="posted", needs_review=True, email="sam@example.org")
    make_letter(case, state="drafting", needs_review=True)
    assert list(Letter.objects.awaiting_moderation()) == [spam]

    assert letters.reject(spam, "spam")

    assert (state_of(spam), everyone(case)) == ("rejected", 0)
    assert not OutgoingMail.objects.exists()
    assert "Change it, then hand it in again" not in text(client.get(spam.get_absolute_url()))
    assert not Letter.objects.awaiting_moderation()


def test_a_held_letter_that_is_approved_counts(client, case):
    letter = make_letter(case, needs_review=True)
    act(client, letter, "deliver")
    assert everyone(case) == 0

    letter.refresh_from_db()
    letters.approve(letter)
    assert everyone(case) == 1


@pytest.mark.parametrize("stopped", [{"stage": "closed"}, {"freeze": "paused"}])
def test_a_case_that_is_stopped_lets_no_letter_leave_and_every_one_be_taken_back(
    client, case, stopped
):
    drafts = {name: make_letter(case) for name in ["post", "email", "deliver"]}
    ready = make_letter(case, state="ready", route="post")
    submitted = make_letter(case, state="submitted")
    posted = make_letter(case, state="posted", route="post")
    case.freeze_reason = "A test says so."
    for name, value in stopped.items():
        setattr(case, name, value)
    case.save()

    for name, letter in drafts.items():
        act(client, letter, name)
        assert state_of(letter) == "drafting"
    act(client, ready, "posted")
    assert state_of(ready) == "ready"

    act(client, submitted, "withdraw")
    act(client, posted, "undo")
    assert (state_of(submitted), state_of(posted)) == ("withdrawn", "ready")
    assert everyone(case) == 0


def test_without_an_address_there_is_no_way_by_mail(client):
    letter = make_letter(make_case_to_write_for())

    act(client, letter, "email")

    assert state_of(letter) == "drafting"


def test_a_letter_by_hand_has_no_buttons(client):
    letter = make_letter(make_case_to_write_for(), state="posted", route="by-hand")

    act(client, letter, "undo")

    assert state_of(letter) == "posted"


def test_the_whole_way_from_the_form_to_the_count(client, case):
    send_letter(client, case)
    letter = Letter.objects.get()
    client.post(reverse("letters:letter-edit", args=[letter.key]), letter_form(country="FI"))
    act(client, letter, "deliver")

    page = client.get(letter.get_absolute_url()).content.decode()

    assert "It is the first action that counts for" in page
    tally = case.tallies.get()
    assert (tally.country, tally.kind, tally.number) == ("FI", "appeal", 1)


def test_nothing_is_offered_that_would_do_nothing(client):
    case = make_case_to_write_for()
    for state in ["drafting", "ready", "posted", "submitted", "approved", "withdrawn"]:
        letter = make_letter(case, state=state)
        page = client.get(letter.get_absolute_url())

        for name in ALL:
            offered = f'name="act" value="{name}"' in page.content.decode()
            assert not offered or name in page.context["allowed"]


@pytest.mark.parametrize("freeze", ["hidden", "withdrawn"])
def test_the_private_pages_of_a_case_that_is_not_told_name_nobody(client, case, freeze):
    letter = make_letter(case, state="submitted")
    pledge = make_pledge(case)
    case.freeze, case.freeze_reason = freeze, "A test says so."
    case.save()

    for thing in [letter, pledge]:
        page = client.get(thing.get_absolute_url())
        assert page.status_code == 200
        assert case.display_name not in page.content.decode()
        assert case.slug not in page.content.decode()
    for page in ["edit", "text", "pdf"]:
        answer = client.get(reverse(f"letters:letter-{page}", args=[letter.key]))
        assert answer.url == letter.get_absolute_url()

    assert client.post(reverse("letters:letter-erase", args=[letter.key])).status_code == 302
    assert everyone(case) == 1


@pytest.mark.parametrize("make", [make_letter, make_post, make_email_address])
def test_buttons_of_a_private_page_are_not_pressed_without_end(client, monkeypatch, make):
    """Each time it is done and taken back leaves lines that every restore goes through."""
    monkeypatch.setattr("letters.views.submitting.MAX_ACTS_AN_HOUR", 2)
    thing = make()

    assert [act(client, thing, "undo").status_code for _time in range(3)] == [302, 302, 429]


def test_on_mine_neither(client, monkeypatch):
    monkeypatch.setattr("letters.views.submitting.MAX_ACTS_AN_HOUR", 2)
    letter = make_letter(make_case_to_write_for(), state="ready", route="post")
    client.post("/mine/keep/", {"kind": "letter", "key": letter.key})
    for _time in range(2):
        act(client, letter, "news")

    client.post("/mine/", {"act": "posted", "letter": letter.pk})

    letter.refresh_from_db()
    assert letter.state == "ready"


def test_a_link_that_stops_mails_leaves_one_line_however_often_it_is_pressed():
    sam = {"email": "sam@example.org", "email_hash": email_hash("sam@example.org")}
    follow, pledge = make_follow(), make_pledge(wants_reminders=True, **sam)
    for _time in range(3):
        follows.end_all(follow.email_address)
        reminders.stop(pledge.email_hash)

    assert ErasureEntry.objects.count() == 2
