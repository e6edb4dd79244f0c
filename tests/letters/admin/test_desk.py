"""The reading desk: the longest waiting first, letter after letter, each decision undoable."""

import datetime
import re

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.core import mail
from django.db.models import Sum
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.models import Case
from letters.actions import letters as letter_actions
from letters.delivery import moderation
from letters.mail import outbox
from letters.models import Claim, Decision, Letter, LetterPicture, OutgoingMail, Tally
from letters.models.email_spelling import email_hash
from letters.privacy import erasure
from tests.factories import (
    make_case_to_write_for,
    make_letter,
    make_message,
    make_solidarity_action,
)
from tests.letters.at_once import at_once
from tests.letters.sending import everyone
from tests.staff import make_staff, said, signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("counts_hold")]

DESK = "/admin/letters/letter/desk/"
A_DAY = datetime.date(2026, 1, 2)
SHOWN = {"kind": "solidarity", "may_be_shown": True}


def waiting(days: int = 0, **fields) -> Letter:
    since = timezone.now() - datetime.timedelta(days=days)
    return make_letter(**{"state": "submitted", "waiting_since": since} | fields)


def take(client: Client, query: str = "", **sent) -> Letter | None:
    """Press “Read the first that is free”, or “Read” beside one: the letter that comes."""
    response = client.post(f"{DESK}take/{query}", sent, follow=True)
    return response.context.get("letter")


def decide(client: Client, letter: Letter, act: str, query: str = "", **sent):
    sent = {"act": act, "seen": letter.changed_at.isoformat(), "sentence": "own"} | sent
    url = reverse("admin:letters_letter_desk_act", args=[letter.pk])
    return client.post(url + query, sent, follow=True)


def undo(client: Client, decision: Decision | None = None):
    decision = decision or Decision.objects.latest("pk")
    return client.post(f"{DESK}undo/", {"decision": decision.pk}, follow=True)


def listed(client: Client, query: str = "") -> list[int]:
    return [row["letter"].pk for row in client.get(DESK + query).context["rows"]]


def state_of(letter: Letter) -> str:
    return Letter.objects.get(pk=letter.pk).state


# --- the queue


def test_the_queue_begins_with_what_waits_longest_and_says_how_much_and_how_long():
    young, old = waiting(1), waiting(9, needs_review=True)
    answer = waiting(0, is_answer=True)
    for state in ["drafting", "posted", "approved", "rejected"]:
        make_letter(state=state, rejection_reason="A reason.", name="Sam Tester")
    client = signed_in("moderator")

    page = client.get(DESK)

    assert listed(client) == [answer.pk, old.pk, young.pk]
    shown = " ".join(text(page).split())
    assert "3 wait. The oldest has waited for 1 week, 2 days." in shown
    assert "handed in again" in shown.split("<tbody>")[1].split("</tr>")[0]
    assert "a trap or a limit caught it" in shown
    assert "Sam Tester" not in shown
    assert reverse("admin:letters_letter_desk_languages") in shown
    assert reverse("admin:letters_letter_desk_decisions") in shown


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "less than a minute"), (59, "less than a minute"), (60, "1 minute")]
)
def test_what_came_just_now_has_not_waited_zero_minutes(still_clock, seconds, said):
    waiting()
    still_clock.shift(seconds)

    shown = " ".join(text(signed_in("moderator").get(DESK)).split())

    assert f"One waits. The oldest has waited for {said}." in shown.replace("\xa0", " ")
    assert f"<td>{said}</td>" in shown.replace("\xa0", " ")


def test_the_queue_is_filtered_by_case_kind_language_flag_state_and_age():
    case = make_solidarity_action().case
    old = waiting(9, case=case, language="es")
    message = waiting(2, case=case, kind="solidarity")
    flagged = waiting(1, state="posted", needs_review=True)
    client = signed_in("moderator")

    assert listed(client, f"?case={case.pk}") == [old.pk, message.pk]
    assert listed(client, "?kind=solidarity") == [message.pk]
    assert listed(client, "?language=fr") == []
    assert listed(client, "?flag=needs_review") == listed(client, "?state=posted") == [flagged.pk]
    assert listed(client, "?days=7") == [old.pk]
    assert listed(client, "?case=x&days=%00") == [old.pk, message.pk, flagged.pk]


def test_what_somebody_reads_comes_first_and_pages_go_on_where_they_ended(monkeypatch):
    monkeypatch.setattr("letters.delivery.reading_queue.PAGE", 2)
    case = make_case_to_write_for()
    case.targets.update(local_language="es", local_salutation="A", local_close="B")
    english = [waiting(days, case=case).pk for days in [9, 8, 7]]
    spanish = [waiting(days, case=case, language="es").pk for days in [3, 2]]
    client = signed_in("moderator")

    client.post(f"{DESK}languages/", {"codes": ["es"]})
    pages = [client.get(DESK)]
    while after := pages[-1].context["next"]:
        pages.append(client.get(f"{DESK}?after={after}"))

    found = [row["letter"].pk for page in pages for row in page.context["rows"]]
    assert found == spanish + english
    assert len(pages) == 3
    assert take(client).pk == spanish[0]


def test_the_queue_asks_as_often_for_thirty_letters_as_for_three_and_counts_no_table(
    django_assert_num_queries, django_assert_max_num_queries
):
    client = signed_in("moderator")
    case = make_case_to_write_for()
    for _ in range(3):
        waiting(case=case)
    client.get(DESK)
    with django_assert_max_num_queries(21) as few:
        client.get(DESK)
    for _ in range(27):
        waiting(case=case)

    with django_assert_num_queries(len(few)):
        assert len(listed(client)) == 30

    counts = [one["sql"] for one in few.captured_queries if "COUNT(" in one["sql"]]
    assert all("LIMIT 1001" in sql for sql in counts)


# --- one letter after the other


def test_after_each_decision_the_next_letter_is_there():
    first, second, third = waiting(3), waiting(2), waiting(1)
    client = signed_in("moderator")

    assert take(client) == first
    approved = decide(client, first, "approve")
    assert said(approved) == [f"Letter {first.pk} is approved."]
    assert approved.context["letter"] == second
    rejected = decide(client, second, "reject", code="insult")
    assert rejected.context["letter"] == third
    done = decide(client, third, "approve")

    assert said(done)[-1] == "Nothing more waits for you here."
    assert [state_of(one) for one in [first, second, third]] == [
        "approved",
        "rejected",
        "approved",
    ]
    assert not Claim.objects.exists()
    assert Tally.objects.aggregate(sum=Sum("number"))["sum"] == 2


def test_the_next_letter_is_one_of_those_that_were_asked_for():
    waiting(9)
    message = make_message(state="submitted")
    another = make_message(state="submitted")
    client = signed_in("moderator")

    assert take(client, "?kind=solidarity") == message
    response = decide(client, message, "approve", "?kind=solidarity")

    assert response.context["letter"] == another
    assert response.redirect_chain[-1][0].endswith("?kind=solidarity")


def test_a_letter_on_a_desk_is_nobody_elses_for_ten_minutes(still_clock):
    letter = waiting(body="My own words.")
    mo, mia = signed_in("moderator", username="mo"), signed_in("moderator")
    url = f"{DESK}{letter.pk}/"

    assert take(mo) == letter
    assert "My own words." in text(mo.get(url))
    assert take(mia) is None
    assert "mo reads it" in text(mia.get(DESK))
    elsewhere = text(mia.post(f"{DESK}take/", {"letter": letter.pk}, follow=True))
    assert "It is on the desk of mo" in elsewhere
    assert "My own words." not in elsewhere
    decide(mia, letter, "approve")
    assert state_of(letter) == "submitted"

    still_clock.shift(datetime.timedelta(minutes=10, seconds=1))
    assert take(mia) == letter
    assert "My own words." not in text(mo.get(url))


def test_what_was_skipped_is_free_for_others_and_comes_back_to_nobody_at_once(still_clock):
    letter, other = waiting(2), waiting(1)
    mo, mia = signed_in("moderator"), signed_in("moderator")

    take(mo)
    assert decide(mo, letter, "skip").context["letter"] == other
    assert take(mia) == letter
    decide(mia, letter, "skip")
    decide(mo, other, "approve")
    assert take(mo) is None

    still_clock.shift(datetime.timedelta(hours=1, seconds=1))
    mo.force_login(mo.person)  # nobody stays signed in so long
    assert take(mo) == letter


def test_what_its_writer_changed_meanwhile_is_read_again_first():
    letter = waiting()
    client = signed_in("moderator")
    take(client)
    seen = letter.changed_at.isoformat()
    letter_actions.revise(letter, body="Other words than those that were read.")

    response = decide(client, letter, "approve", seen=seen)

    assert state_of(letter) == "submitted"
    assert said(response) == [f"Letter {letter.pk} was changed since: please read it again."]
    assert "Other words than those" in text(response)


def test_the_letter_is_read_as_it_will_be_printed_and_without_the_address():
    letter = waiting(
        case=make_case_to_write_for(),
        body="First <b>bold</b>",
        name="Sam Tester",
        name_form="initials",
        email="sam@example.org",
        country="KE",
    )
    client = signed_in("moderator")
    take(client)

    shown = text(client.get(f"{DESK}{letter.pk}/"))

    for part in ["Dear Minister,", "First &lt;b&gt;bold&lt;/b&gt;", "S. T.", "Kenya", "initials"]:
        assert part in shown
    for part in ["Sam Tester", "sam@example.org", letter.key]:
        assert part not in shown
    sheet = shown[shown.index('<article class="sheet"') :]
    places = [sheet.index(part) for part in [letter.subject, "Dear Minister,", "First &lt;b&gt;"]]
    assert places == sorted(places)


@pytest.mark.parametrize("sent", [{}, {"code": "x"}, {"code": "other", "reason": " "}])
def test_a_rejection_says_why(sent):
    letter = waiting()
    client = signed_in("moderator")
    take(client)

    response = decide(client, letter, "reject", **sent)

    assert state_of(letter) == "submitted"
    assert "There is a problem" in text(response)


def test_a_reason_that_is_not_told_is_neither_on_the_page_nor_in_a_mail(client):
    letter = waiting(email="sam@example.org", email_hash=email_hash("sam@example.org"))
    moderator = signed_in("moderator")
    take(moderator)

    decide(moderator, letter, "reject", code="forged", reason="I know this forger.")

    letter.refresh_from_db()
    assert (letter.state, letter.rejection_code, letter.rejection_reason) == (
        "rejected",
        "forged",
        "",
    )
    page = text(client.get(letter.get_absolute_url()))
    assert "We could not pass this letter on" in page
    assert "real person" not in page
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize("freeze", ["paused", "hidden", "withdrawn"])
def test_no_rejection_is_told_while_its_case_is_frozen(still_clock, freeze):
    letter = waiting(email="sam@example.org", email_hash=email_hash("sam@example.org"))
    client = signed_in("moderator")
    take(client)
    decide(client, letter, "reject", code="insult")
    Case.objects.update(freeze=freeze, freeze_reason="A threat.")

    still_clock.shift(datetime.timedelta(minutes=11))
    assert outbox.send_due() == 0
    Case.objects.update(freeze="none", freeze_reason="")

    assert outbox.send_due() == 1
    assert "can’t pass it on" in mail.outbox[0].body


@pytest.mark.parametrize("freeze", ["paused", "hidden", "withdrawn"])
def test_while_its_case_is_frozen_a_letter_is_rejected_only_without_telling_why(freeze):
    case = make_case_to_write_for(freeze=freeze, freeze_reason="A threat.")
    letter = waiting(case=case, email="sam@example.org", email_hash="x")
    client = signed_in("moderator")
    page = client.post(f"{DESK}take/", {"letter": letter.pk}, follow=True)

    refused = decide(client, letter, "reject", code="insult")

    codes = [code for code, _label in page.context["reject_form"].fields["code"].choices]
    assert codes == ["spam", "forged", "harmful"]
    assert "The case is frozen: its writer can’t be told why now." in text(refused)
    assert state_of(letter) == "submitted"
    decide(client, letter, "reject", code="spam")
    assert state_of(letter) == "rejected"
    assert not OutgoingMail.objects.exists()


def test_nothing_is_decided_in_the_list_that_nobody_opened():
    letter = waiting(needs_review=True)
    client = signed_in("moderator")

    for act in ["approve", "reject", "clear_review"]:
        sent = {"action": act, "_selected_action": [letter.pk]}
        client.post("/admin/letters/letter/", sent)

    letter.refresh_from_db()
    assert (letter.state, letter.needs_review) == ("submitted", True)
    assert everyone(letter.case) == 0


@pytest.mark.parametrize("freeze", ["paused", "hidden", "withdrawn"])
def test_letters_for_a_frozen_case_wait_apart_until_it_is_unfrozen(freeze):
    letter = waiting(9, body="My own words.")
    frozen = waiting(30, case=make_case_to_write_for(freeze=freeze, freeze_reason="A threat."))
    client = signed_in("moderator")

    page = client.get(DESK)

    assert listed(client) == [letter.pk]
    shown = " ".join(text(page).split())
    assert "One waits. The oldest has waited for 1 week, 2 days." in shown.replace("\xa0", " ")
    assert "One more is for a case that is frozen." in shown
    assert "1 letter to read" in text(client.get("/admin/"))
    assert take(client) == letter
    decide(client, letter, "approve")
    assert take(client) is None
    Case.objects.update(freeze="none", freeze_reason="")
    assert listed(client) == [frozen.pk]
    assert take(client) == frozen


def test_what_is_on_a_desk_is_read_on_no_other_page(still_clock):
    letter = waiting(body="My own words.", **SHOWN)
    LetterPicture.objects.create(letter=letter, data="AAAA", width=1, height=1)
    mo, mia = signed_in("moderator", username="mo"), signed_in("moderator")
    take(mo)
    page, picture = f"/admin/letters/letter/{letter.pk}/change/", f"{letter.pk}/picture/"

    elsewhere = mia.get(page)

    assert "It is on the desk of mo until" in text(elsewhere)
    assert letter.case.display_name in text(elsewhere)
    assert "My own words." not in text(elsewhere)
    assert "Read it at the desk" not in text(elsewhere)
    assert mia.get(f"/admin/letters/letter/{picture}").status_code == 403
    assert not LogEntry.objects.filter(user=mia.person).exists()
    assert "My own words." in text(mo.get(page))
    assert mo.get(f"/admin/letters/letter/{picture}").status_code == 200
    still_clock.shift(datetime.timedelta(minutes=10, seconds=1))
    assert "My own words." in text(mia.get(page))


# --- undoing


@pytest.mark.parametrize(
    ("fields", "act"),
    [
        ({}, "approve"),
        ({"needs_review": True}, "approve"),
        ({"needs_review": True, "state": "posted"}, "clear_review"),
        ({}, "reject"),
        ({"state": "approved"}, "reject"),
        ({"state": "approved", "shown_on": A_DAY, **SHOWN}, "reject"),
        ({"is_answer": True}, "ask"),
        ({"needs_review": True}, "ask"),
        ({"needs_review": True}, "reject"),
    ],
)
def test_each_decision_is_undone_with_its_day_in_the_tally(fields, act):
    day = timezone.localdate() - datetime.timedelta(days=3)
    fields = {"counted_on": None if fields.get("needs_review") else day} | fields
    letter = waiting(3, **fields)
    before = Letter.objects.filter(pk=letter.pk).values(
        "state",
        "needs_review",
        "is_answer",
        "counted_on",
        "waiting_since",
        "shown_on",
        "rejection_reason",
    )
    was, tally = before.get(), list(Tally.objects.filter(number__gt=0).values("day", "number"))
    client = signed_in("moderator")
    client.post(f"{DESK}take/", {"letter": letter.pk})
    decide(client, letter, act, code="risk", reason="The third one.", wanted="The first.")
    assert before.get() != was

    response = undo(client)

    assert before.get() == was
    assert list(Tally.objects.filter(number__gt=0).values("day", "number")) == tally
    assert response.context["letter"] == letter
    assert "was changed since" not in text(response)
    undo(client, Decision.objects.get())  # a second press
    assert before.get() == was


def test_no_rejection_is_told_while_the_newest_is_not(client):
    letter = waiting(email="sam@example.org", email_hash=email_hash("sam@example.org"))
    moderator = signed_in("moderator")
    decide(moderator, letter, "reject", code="insult")
    assert OutgoingMail.objects.filter(kind="letter-rejected").exists()
    client.post(letter.get_absolute_url(), {"act": "deliver"})
    letter.refresh_from_db()

    decide(moderator, letter, "reject", code="spam")

    letter.refresh_from_db()
    assert letter.state == "rejected"
    assert not OutgoingMail.objects.filter(kind="letter-rejected").exists()


def test_the_mail_of_a_rejection_waits_ten_minutes_and_goes_with_its_undoing(still_clock):
    written = {"email": "sam@example.org", "email_hash": email_hash("sam@example.org")}
    letters = [waiting(2, **written), waiting(1, **written)]
    client = signed_in("moderator")
    for letter in letters:
        client.post(f"{DESK}take/", {"letter": letter.pk})
        decide(client, letter, "reject", code="insult")
    letter_actions.messages.queue_letter_link(letters[0])

    assert outbox.send_due() == 1
    assert "can’t pass it on" not in mail.outbox[0].body
    undo(client)
    still_clock.shift(datetime.timedelta(minutes=10, seconds=1))
    outbox.send_due()

    assert len(mail.outbox) == 2
    assert mail.outbox[1].body.count("can’t pass it on") == 1


def test_after_an_hour_only_who_leads_can_undo(still_clock):
    letter = waiting()
    mo, mia, lea = signed_in("moderator"), signed_in("moderator"), signed_in("lead")
    take(mo)
    decide(mo, letter, "approve")

    undo(mia)
    assert state_of(letter) == "approved"
    still_clock.shift(datetime.timedelta(hours=1, seconds=1))
    for client in [mo, mia, lea]:
        client.force_login(client.person)  # nobody stays signed in so long
    assert "Only the person who decided it can undo it" in said(undo(mo))[0]
    assert state_of(letter) == "approved"
    assert f"Letter {letter.pk}: approved" in text(lea.get(f"{DESK}decisions/"))
    undo(lea)

    assert state_of(letter) == "submitted"
    assert Decision.objects.get().undone_by.username == lea.person.username
    assert f"letter {letter.pk}" not in text(mia.get(f"{DESK}decisions/")).lower()


def _erase(letter):
    erasure.erase_letters(Letter.objects.filter(pk=letter.pk))


def _show(letter):
    letter_actions.show(letter)


def _withdraw(letter):
    letter_actions.act(letter, "withdraw")


def _invalidate(letter):
    moderation.invalidate(Letter.objects.filter(pk=letter.pk))


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (_erase, "it was erased since"),
        (_show, "while it is shown on the site"),
        (_withdraw, "it was changed since"),
        (_invalidate, "it was changed since"),
    ],
)
def test_what_happened_since_is_not_undone(meanwhile, reason):
    case = make_solidarity_action(make_case_to_write_for(), shows_messages=True).case
    letter = make_message(case, state="submitted", may_be_shown=True)
    client = signed_in("moderator")
    take(client)
    decide(client, letter, "approve")
    meanwhile(Letter.objects.select_related("case").get(pk=letter.pk))
    before = Letter.objects.values().get(pk=letter.pk)

    response = undo(client)

    assert reason in said(response)[0]
    assert Letter.objects.values().get(pk=letter.pk) == before
    assert Decision.objects.get().undone_at is None


def test_decisions_hold_no_words_and_nothing_of_when_once_a_letter_is_erased():
    letter = waiting(body="My words.", name="Sam Tester")
    client = signed_in("moderator")
    take(client)
    decide(client, letter, "approve")

    _erase(letter)

    assert Decision.objects.get().before == {}
    with time_machine.travel(timezone.now() + datetime.timedelta(days=366)):
        erasure.erase_expired()
    assert not Decision.objects.exists()


# --- at once


def act_on(row: int) -> str:
    """One of ten is rejected, one asked for a change, the others are approved."""
    return {3: "reject", 7: "ask"}.get(row % 10, "approve")


def read_all(person) -> list[int]:
    """One letter after the other until none is left: which they were."""
    client, read = Client(), []
    client.force_login(get_user_model().objects.get(pk=person.pk))
    response = client.post(f"{DESK}take/", follow=True)
    # Contexts are of whoever renders at this moment: only what stands on the page is of it.
    while on_desk := re.search(r"/desk/(\d+)/", response.redirect_chain[-1][0]):
        row = int(on_desk[1])
        read.append(row)
        seen = re.search(r'"seen" value="(.+?)"', text(response))[1]
        sent = {"act": act_on(row), "code": "insult", "sentence": "insult", "seen": seen}
        response = client.post(f"{DESK}{row}/act/", sent, follow=True)
    return read


def undo_all(person) -> None:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=person.pk))
    for decision in Decision.objects.standing().filter(by=person):
        client.post(f"{DESK}undo/", {"decision": decision.pk})


def decided_by(person) -> list[int]:
    decisions = Decision.objects.standing().filter(by=person)
    return sorted(decisions.values_list("row", flat=True))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_two_moderators_on_a_queue_of_a_hundred_read_none_twice_and_undo_and_do_all_again(site):
    case = make_case_to_write_for()
    letters = sorted(waiting(case=case).pk for _ in range(100))
    people = [make_staff("moderator") for _ in range(2)]
    expected = {"approve": "approved", "reject": "rejected", "ask": "asked"}
    decided = {row: expected[act_on(row)] for row in letters}

    def at_the_same_time(do) -> list:
        return at_once(*[lambda person=person: do(person) for person in people])

    def states() -> dict[int, str]:
        return dict(Letter.objects.values_list("pk", "state"))

    read = at_the_same_time(read_all)

    assert sorted(row for rows in read for row in rows) == letters
    assert [decided_by(person) for person in people] == [sorted(rows) for rows in read]
    assert (states(), everyone(case)) == (decided, 90)

    at_the_same_time(undo_all)

    assert [decided_by(person) for person in people] == [[], []]
    assert (set(states().values()), everyone(case)) == ({"submitted"}, 100)

    again = at_the_same_time(read_all)

    assert [sorted(rows) for rows in again] == [sorted(rows) for rows in read]  # each their own
    assert [decided_by(person) for person in people] == [sorted(rows) for rows in read]
    assert (states(), everyone(case)) == (decided, 90)
    assert Decision.objects.count() == 200
    assert not Claim.objects.exists()
