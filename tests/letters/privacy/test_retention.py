"""What was handed to us stays until staff were asked, and said so."""

import datetime

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from letters.models import Letter, RetentionDecision, Signature
from letters.privacy import erasure, retention
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_letter,
    make_message,
    make_petition,
    make_signature,
    make_solidarity_action,
)
from tests.letters.sending import letter_form
from tests.staff import said, signed_in, text

pytestmark = pytest.mark.usefixtures("counts_hold")

DAY = datetime.timedelta(days=1)
PAGE = "/admin/letters/retentiondecision/"
ACT = f"{PAGE}act/"


def ago(days: int) -> datetime.datetime:
    return timezone.now() - days * DAY


def decide(client, thing: Letter | Signature, act: str, **fields):
    case, kind = (
        (thing.petition.case, "signature")
        if isinstance(thing, Signature)
        else (thing.case, thing.kind)
    )
    return client.post(ACT, {"case": case.pk, "kind": kind, "act": act} | fields, follow=True)


def two_people_let_go(thing: Letter | Signature) -> None:
    decide(signed_in("editor"), thing, "ask")
    decide(signed_in("safety"), thing, "let-go")


def words_left() -> int:
    return Letter.objects.exclude(body="").count()


# --- nothing goes unasked


@pytest.mark.parametrize("state", ["submitted", "approved"])
@pytest.mark.parametrize("make", [make_letter, make_message])
def test_what_was_handed_to_us_outlasts_its_year_until_staff_decide(make, state):
    letter = make(state=state, changed_at=ago(500))

    assert erasure.erase_expired()["letters"] == 0
    assert words_left() == 1

    two_people_let_go(letter)
    assert erasure.erase_expired()["letters"] == 1
    assert words_left() == 0


def test_a_signature_under_an_open_petition_outlasts_its_year_until_staff_decide():
    signature = make_signature(changed_at=ago(500))

    assert erasure.erase_expired()["signatures"] == 0

    two_people_let_go(signature)
    assert erasure.erase_expired()["signatures"] == 1
    assert Signature.objects.get().name == ""


def test_a_signature_under_a_closed_petition_does_as_well():
    closed = make_petition(closes_on=timezone.localdate() - 91 * DAY)
    signature = make_signature(closed, changed_at=ago(100))

    assert erasure.erase_expired()["signatures"] == 0

    two_people_let_go(signature)
    assert erasure.erase_expired()["signatures"] == 1


def test_a_held_signature_that_was_confirmed_is_kept_as_the_others():
    make_signature(needs_review=True, changed_at=ago(500))

    assert erasure.erase_expired()["signatures"] == 0


@pytest.mark.parametrize("make", [make_letter, make_message])
def test_two_years_are_the_end_whatever_was_decided(make):
    letter = make(state="approved", changed_at=ago(730) + DAY / 24)
    retention.keep(letter.case, letter.kind, months=12)
    assert erasure.erase_expired()["letters"] == 0

    Letter.objects.update(supporter_changed_at=ago(730) - DAY / 24)

    assert erasure.erase_expired()["letters"] == 1


def test_two_years_are_the_end_of_a_signature_too():
    make_signature(changed_at=ago(731))

    assert erasure.erase_expired()["signatures"] == 1


@pytest.mark.parametrize(
    "act", [{"act": "approve"}, {"act": "ask", "sentence": "own", "wanted": "Shorten it."}]
)
def test_no_act_of_staff_makes_the_two_years_of_a_letter_longer(act):
    letter = make_letter(make_case_to_write_for(), state="submitted", changed_at=ago(725))
    url = reverse("admin:letters_letter_desk_act", args=[letter.pk])
    signed_in("moderator").post(url, act | {"seen": letter.changed_at.isoformat()})
    assert Letter.objects.get().state != "submitted"

    with time_machine.travel(timezone.now() + 4 * DAY):
        assert erasure.erase_expired()["letters"] == 0
    with time_machine.travel(timezone.now() + 6 * DAY):
        assert erasure.erase_expired()["letters"] == 1


def test_no_act_of_staff_makes_the_two_years_of_a_signature_longer():
    signature = make_signature(needs_review=True, changed_at=ago(725))
    url = reverse("admin:letters_signature_act", args=[signature.pk])
    seen = signature.changed_at.isoformat()
    signed_in("moderator").post(url, {"act": "clear_review", "seen": seen})
    assert not Signature.objects.get().needs_review

    with time_machine.travel(timezone.now() + 6 * DAY):
        assert erasure.erase_expired()["signatures"] == 1


def test_what_its_writer_changes_has_two_years_from_then(client):
    case = make_case_to_write_for()
    changed, _left = (make_letter(case, state="submitted", changed_at=ago(725)) for _ in "12")
    client.post(reverse("letters:letter-edit", args=[changed.key]), letter_form())

    with time_machine.travel(timezone.now() + 6 * DAY):
        assert erasure.erase_expired()["letters"] == 1

    assert [bool(one.body) for one in Letter.objects.order_by("pk")] == [True, False]


def test_a_letter_that_is_not_valid_waits_for_no_hand_in():
    long_ago = ago(366)
    make_letter(state="approved", changed_at=long_ago, invalid_on=long_ago.date(), counted_on=None)

    assert retention.to_decide() == []
    assert erasure.erase_expired()["letters"] == 1


# --- who is asked, and when


def test_staff_are_asked_two_months_before_by_case_with_numbers():
    case = make_case(display_name="Ana Test")
    for days in [306, 306, 304]:
        make_letter(case, state="approved", changed_at=ago(days))
    make_letter(state="approved", changed_at=ago(304))

    today = text(signed_in("editor").get("/admin/"))

    assert "Ana Test: 2 letters were handed to us and not delivered. Decide by" in today
    assert today.count("were handed to us") == 1


@pytest.mark.parametrize(
    ("days", "keep_for", "due_in"),
    [
        (310, None, 55),  # a year after its writer's last change
        (310, 20, 55),
        (310, 58, 58),  # as long as somebody wanted to keep it
        (700, 300, 30),  # but two years are the end
    ],
)
def test_staff_are_told_by_when_to_decide_and_when_it_ends(days, keep_for, due_in):
    letter, today = make_letter(state="approved", changed_at=ago(days)), timezone.localdate()
    if keep_for:
        decision = retention.keep(letter.case, letter.kind, months=3)
        RetentionDecision.objects.filter(pk=decision.pk).update(keep_until=today + keep_for * DAY)

    [one] = retention.to_decide()

    assert (one.due_on, one.last_on) == (today + due_in * DAY, today + (730 - days) * DAY)
    assert one.is_at_its_end is (days == 700)


def test_signatures_are_due_ninety_days_after_their_petition_closed():
    closes_on = timezone.localdate() - 31 * DAY
    make_signature(make_petition(closes_on=closes_on))

    [one] = retention.to_decide()

    assert one.due_on == closes_on + 90 * DAY
    assert one.last_on == timezone.localdate() + 730 * DAY


@pytest.mark.parametrize("page", ["/admin/", PAGE])
def test_staff_are_asked_in_time_about_a_petition_that_never_closes(page):
    """Who types 9999-12-31 means never, and no day comes after it."""
    make_signature(make_petition(closes_on=datetime.date.max), changed_at=ago(335))

    assert "1 signature" in text(signed_in("editor").get(page))
    assert [one.due_on for one in retention.to_decide()] == [timezone.localdate() + 30 * DAY]


def test_staff_are_asked_about_a_petition_that_closed_a_month_ago():
    petition = make_petition(closes_on=timezone.localdate() - 31 * DAY)
    make_signature(petition)
    make_signature(make_petition(closes_on=timezone.localdate() - 29 * DAY))

    assert [(one.case, one.number) for one in retention.to_decide()] == [(petition.case, 1)]


def test_staff_are_asked_about_a_frozen_case_too():
    make_letter(
        make_case(freeze="withdrawn", freeze_reason="A test."),
        state="submitted",
        changed_at=ago(400),
    )

    assert len(retention.to_decide()) == 1


@pytest.mark.parametrize("state", ["drafting", "ready", "posted", "rejected", "withdrawn"])
def test_nobody_is_asked_about_what_was_not_handed_to_us(state):
    reason = "A reason." if state == "rejected" else ""
    make_letter(state=state, rejection_reason=reason, changed_at=ago(400))

    assert retention.to_decide() == []


def test_nobody_is_asked_about_what_its_writer_erased():
    make_letter(state="approved", changed_at=ago(400))
    erasure.erase_letters(Letter.objects.all())

    assert retention.to_decide() == []


def test_the_page_takes_the_same_queries_for_one_line_and_for_three(django_assert_num_queries):
    client = signed_in("editor")
    make_letter(state="approved", changed_at=ago(400))
    client.get(PAGE)
    with CaptureQueriesContext(connection) as first:
        client.get(PAGE)
    make_letter(state="approved", changed_at=ago(400))
    make_signature(changed_at=ago(400))

    with django_assert_num_queries(len(first)):
        assert text(client.get(PAGE)).count("Ask to let it go") == 3


@pytest.mark.parametrize("role", ["moderator", "counter"])
def test_other_roles_neither_see_nor_decide_it(role):
    letter = make_letter(state="approved", changed_at=ago(400))
    client = signed_in(role)

    assert "were handed to us" not in text(client.get("/admin/"))
    assert client.get(PAGE).status_code == 403
    assert decide(client, letter, "ask").status_code == 403
    assert not RetentionDecision.objects.exists()


# --- deciding


def test_one_person_keeps_it_on_and_is_asked_again():
    letter = make_letter(state="approved", changed_at=ago(310))
    client = signed_in("editor")

    response = decide(client, letter, "keep", months=6)

    assert said(response) == [f"{letter.case}: letters: Kept on for 6 months."]
    assert retention.to_decide() == []
    Letter.objects.update(supporter_changed_at=ago(310 + 121))
    RetentionDecision.objects.update(keep_until=timezone.localdate() + 59 * DAY)
    assert [one.number for one in retention.to_decide()] == [1]
    assert LogEntry.objects.get().change_message == "Kept on for 6 months."


def test_two_months_before_the_end_staff_are_asked_whatever_they_decided():
    letter = make_letter(state="approved", changed_at=ago(671))
    decide(signed_in("editor"), letter, "keep", months=12)

    today = text(signed_in("safety").get("/admin/"))

    assert "of 1 letters that were handed to us, the first are erased on" in today


def test_one_person_alone_lets_nothing_go():
    letter = make_letter(state="approved", changed_at=ago(400))
    client = signed_in("editor")
    decide(client, letter, "ask")

    response = decide(client, letter, "let-go")

    assert said(response) == ["Somebody other than the person who asked has to approve it."]
    assert erasure.erase_expired()["letters"] == 0
    assert "somebody asks to let go 1 letters" in text(signed_in("safety").get("/admin/"))


def test_nothing_is_let_go_that_nobody_asked_for():
    letter = make_letter(state="approved", changed_at=ago(400))

    assert said(decide(signed_in("safety"), letter, "let-go")) == ["Nobody has asked to let it go."]
    assert erasure.erase_expired()["letters"] == 0


def test_what_is_let_go_stays_until_its_year_is_over():
    letter = make_letter(state="approved", changed_at=ago(310))
    two_people_let_go(letter)

    assert erasure.erase_expired()["letters"] == 0
    assert retention.to_decide() == []


def test_what_came_later_is_not_let_go_with_the_rest():
    case = make_case()
    old = make_letter(case, state="approved", changed_at=ago(310))
    young = make_letter(case, state="approved", changed_at=ago(200))
    two_people_let_go(old)

    Letter.objects.filter(pk=old.pk).update(supporter_changed_at=ago(366))
    assert erasure.erase_expired()["letters"] == 1
    assert Letter.objects.get(pk=young.pk).body
    # Nor is what was changed after two people had decided.
    RetentionDecision.objects.update(erase_before=ago(380))
    Letter.objects.filter(pk=young.pk).update(supporter_changed_at=ago(370))
    assert erasure.erase_expired()["letters"] == 0


def test_what_is_let_go_is_of_one_case_and_of_one_kind():
    case, other = make_solidarity_action().case, make_solidarity_action().case
    of_year = {"changed_at": ago(400)}
    letter = make_letter(case, state="approved", **of_year)
    kept = [make_message(case, state="approved", **of_year)]
    kept += [make(other, state="approved", **of_year) for make in (make_letter, make_message)]
    signature, of_other = [make_signature(make_petition(one), **of_year) for one in (case, other)]

    two_people_let_go(letter)
    assert erasure.erase_expired()["letters"] == 1
    assert list(Letter.objects.exclude(body="").order_by("pk")) == kept
    assert Signature.objects.exclude(name="").count() == 2

    two_people_let_go(signature)
    assert erasure.erase_expired()["signatures"] == 1
    assert list(Signature.objects.exclude(name="")) == [of_other]
    assert list(Letter.objects.exclude(body="").order_by("pk")) == kept


def test_of_closed_petitions_only_the_signatures_that_were_let_go_are_erased():
    closes_on = timezone.localdate() - 91 * DAY
    one, other = [make_signature(make_petition(closes_on=closes_on)) for _nr in range(2)]
    Signature.objects.update(supporter_changed_at=ago(100))

    two_people_let_go(one)

    assert erasure.erase_expired()["signatures"] == 1
    assert list(Signature.objects.exclude(name="")) == [other]


def test_about_what_was_not_due_yet_when_somebody_asked_staff_are_asked_in_its_time():
    old = make_letter(state="approved", changed_at=ago(310))
    young = make_letter(old.case, state="approved", changed_at=ago(200))
    two_people_let_go(old)
    assert retention.to_decide() == []

    with time_machine.travel(timezone.now() + 110 * DAY):
        assert [one.number for one in retention.to_decide()] == [1]
    with time_machine.travel(timezone.now() + 200 * DAY):
        assert erasure.erase_expired()["letters"] == 1
    assert list(Letter.objects.exclude(body="")) == [young]


def test_until_it_is_erased_one_person_keeps_what_two_let_go():
    letter = make_letter(state="approved", changed_at=ago(310))
    two_people_let_go(letter)
    client = signed_in("editor")
    assert "Let go by two people" in text(client.get(PAGE))

    decide(client, letter, "keep", months=3)

    Letter.objects.update(supporter_changed_at=ago(400))
    assert erasure.erase_expired()["letters"] == 0


def test_what_somebody_asked_for_is_taken_back():
    letter = make_letter(state="approved", changed_at=ago(400))
    decide(signed_in("editor"), letter, "ask")

    decide(signed_in("safety"), letter, "take-back")

    assert said(decide(signed_in("safety"), letter, "let-go")) == ["Nobody has asked to let it go."]


def test_asking_twice_asks_once():
    letter = make_letter(state="approved", changed_at=ago(400))
    first = signed_in("editor")
    decide(first, letter, "ask")

    response = decide(signed_in("editor"), letter, "ask")

    assert said(response) == ["Somebody has asked for it already."]
    assert RetentionDecision.objects.get().asked_by == first.person


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "keep"},
        {"act": "keep", "months": "1000"},
        {"act": "erase"},
        {"act": "ask", "kind": "social"},
        {"act": "ask", "case": "x"},
        {},
    ],
)
def test_what_no_button_sends_does_nothing(fields):
    letter = make_letter(state="approved", changed_at=ago(400))
    client = signed_in("editor")

    response = client.post(ACT, {"case": letter.case.pk, "kind": "appeal"} | fields, follow=True)

    assert said(response) == ["Nothing was changed: choose again."]
    assert client.get(ACT).status_code == 405
    assert not RetentionDecision.objects.exists()
