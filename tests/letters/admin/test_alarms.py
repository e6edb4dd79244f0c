"""What comes absurdly fast is held, and staff say what it was."""

import datetime

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from cases.models import Case
from letters.actions import letters as letter_actions
from letters.actions import signatures
from letters.delivery import alarms, moderation
from letters.models import Alarm, Letter, Pace, Post, Signature, Tally, TallyKey
from letters.statistics import ledger, surges
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_letter,
    make_petition,
    make_pledge,
    make_post,
    make_signature,
)
from tests.letters.at_once import at_once
from tests.letters.sending import act, by_hand, everyone, send_letter, signed, token
from tests.staff import make_staff, said, signed_in, text

pytestmark = pytest.mark.usefixtures("counts_hold")

LIST = "/admin/letters/alarm/"
NOON = datetime.datetime(2025, 12, 10, 12, 5, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def _low_ceilings(monkeypatch):
    monkeypatch.setattr(surges, "ALWAYS_AN_HOUR", 3)
    monkeypatch.setattr(surges, "ALWAYS_A_DAY", 6)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def post_one(case: Case, **fields) -> Letter:
    """A letter that its writer says is posted."""
    letter = make_letter(case, state="ready", route="post", **fields)
    assert letter_actions.act(letter, "posted")
    return letter


def tell_of(case: Case):
    """Say that one posted about the case, on the page for it."""
    form = {"token": token(), "network": "x", "country": "NO"}
    return Client().post(f"/cases/{case.slug}/posted/", form)


def settle(client, alarm: Alarm, answer: str, **fields):
    form = {"is_genuine": answer, "raised_to": "100", "reason": "A look."} | fields
    return client.post(f"{LIST}{alarm.pk}/change/", form, follow=True)


def test_what_comes_after_too_many_in_an_hour_waits_and_nothing_is_lost(clock):
    case, other = make_case_to_write_for(), make_case_to_write_for()

    letters = [post_one(case) for _nr in range(5)]
    post_one(other)

    assert everyone(case) == 3
    assert [letter.needs_review for letter in letters] == [False] * 3 + [True] * 2
    assert everyone(other) == 1
    alarm = Alarm.objects.get()
    assert (alarm.case, alarm.kind, alarm.number) == (case, "appeal", 4)
    assert "Waiting for a look" in Client().get(letters[-1].get_absolute_url()).content.decode()


def test_the_alarm_holds_in_the_next_hours_too_until_it_is_settled(clock):
    case = make_case_to_write_for()
    for _nr in range(4):
        post_one(case)

    clock.shift(datetime.timedelta(hours=5))
    post_one(case)

    assert everyone(case) == 3
    assert Alarm.objects.count() == 1


def test_a_slow_wave_meets_the_ceiling_of_the_day(clock):
    case = make_case_to_write_for()
    for _nr in range(4):
        for _again in range(2):
            post_one(case)
        clock.shift(datetime.timedelta(hours=1))

    assert everyone(case) == 6
    clock.shift(datetime.timedelta(days=1))
    assert Alarm.objects.get().number == 1


def test_a_new_hour_and_a_new_day_are_counted_anew(clock):
    case = make_case_to_write_for()
    for _nr in range(2):
        for _again in range(3):
            post_one(case)
        clock.shift(datetime.timedelta(hours=1))
    clock.shift(datetime.timedelta(days=1))
    for _nr in range(3):
        post_one(case)

    assert everyone(case) == 9
    assert not Alarm.objects.exists()


def test_a_case_that_many_write_for_has_a_higher_ceiling(clock):
    case = make_case_to_write_for()
    days = surges.ORDINARY.days
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    Tally.objects.create(
        case=case, kind="appeal", source="said", day=yesterday, country="NO", number=10 * days
    )
    Tally.objects.create(
        case=case, kind="appeal", source="staff", day=yesterday, country="NO", number=999 * days
    )
    # A flood makes no day ordinary while it comes.
    today = timezone.localdate()
    Tally.objects.create(
        case=case, kind="appeal", source="online", day=today, country="SE", number=999 * days
    )

    post_one(case)

    row = Pace.objects.get()
    assert (row.most_an_hour, row.most_a_day) == (20, 100)
    Tally.objects.filter(number__gte=days).delete()


def test_every_kind_has_an_alarm_of_its_own(clock):
    case = make_case_to_write_for()
    petition = make_petition(case)
    for _nr in range(4):
        post_one(case)
        tell_of(case)
        signatures.confirm(make_signature(petition, state="unconfirmed"))

    assert set(Alarm.objects.values_list("kind", flat=True)) == {"appeal", "social", "signature"}
    assert (everyone(case), signed(case)) == (3, 3)
    assert Post.objects.filter(counted_on__isnull=False).count() == 3
    assert Signature.objects.filter(needs_review=True, state="confirmed").count() == 1


def test_letters_by_hand_count_as_many_as_they_are(clock):
    case = make_case_to_write_for()
    by_hand(Client(), make_pledge(case, number=9), 3)
    second = make_pledge(case, number=9)

    by_hand(Client(), second, 2)

    assert everyone(case) == 3
    assert second.letters.filter(alarm=Alarm.objects.get(), needs_review=True).count() == 2


@pytest.mark.slow
def test_doing_and_undoing_one_thing_all_day_raises_no_alarm(clock):
    case = make_case_to_write_for()
    letter, post = post_one(case), make_post(case)
    pledge = make_pledge(case)
    signature = make_signature(make_petition(case), state="unconfirmed")

    for _nr in range(9):
        letter = Letter.objects.get(pk=letter.pk)
        act(Client(), letter, "undo")
        act(Client(), letter, "posted")
        act(Client(), post, "take-back")
        act(Client(), post, "post-again")
        by_hand(Client(), pledge, 1)
        act(Client(), pledge, "take-back")
        withdraw, restore = signatures.withdraw, signatures.restore
        for change in [signatures.confirm, withdraw, restore, withdraw]:
            change(signature)

    assert not Alarm.objects.exists()


def test_staff_who_let_things_count_raise_no_alarm_and_are_held_by_none(clock):
    case = make_case_to_write_for()
    for _nr in range(5):
        make_letter(case, state="submitted", needs_review=True)
        make_letter(case, state="posted", needs_review=True)

    for letter in Letter.objects.filter(state="submitted"):
        letter_actions.approve(letter)
    moderation.clear_review(Letter.objects.filter(needs_review=True))

    assert everyone(case) == 10
    assert not Alarm.objects.exists()


# --- settling


@pytest.mark.parametrize("role", ["moderator", "safety"])
def test_an_alarm_stands_first_on_the_page_of_who_may_settle_it(role, clock):
    case = make_case_to_write_for(display_name="Ana Test")
    for _nr in range(5):
        post_one(case)
    client = signed_in(role)

    line, *_others = client.get("/admin/").context["today"]
    assert line.text.startswith("1 alarm")
    [alarm] = client.get(line.url).context["cl"].result_list
    page = text(client.get(f"{LIST}{alarm.pk}/change/"))
    assert "Ana Test: letters" in page
    assert "2 wait" in page


def test_real_people_are_let_count_and_more_may_come(clock):
    case = make_case_to_write_for()
    for _nr in range(5):
        post_one(case)
    client = signed_in("moderator")

    answer = settle(client, Alarm.objects.get(), "yes", raised_to="50")

    assert said(answer) == ["2 no longer need review."]
    assert Pace.objects.get().raised_until.isoformat() == "2025-12-12T00:00:00+00:00"
    assert everyone(case) == 5
    for _nr in range(10):
        post_one(case)
    assert everyone(case) == 15
    clock.shift(datetime.timedelta(days=2))
    for _nr in range(5):
        post_one(case)
    assert everyone(case) == 18
    assert Alarm.objects.count() == 2


def test_what_is_not_real_is_marked_and_the_next_wave_is_held_again(clock):
    case = make_case_to_write_for()
    letters = [post_one(case) for _nr in range(5)]
    client = signed_in("moderator")

    answer = settle(client, Alarm.objects.get(), "no", reason="One voice.")

    assert said(answer) == ["2 were taken out of the count."]
    assert everyone(case) == 3
    assert Letter.objects.exclude(invalid_on=None).count() == 2
    logged = LogEntry.objects.filter(object_id=letters[-1].pk, change_message__contains="One voice")
    assert logged.exists()
    assert Pace.objects.values("of_hour", "of_day").get() == {"of_hour": 0, "of_day": 0}
    for _nr in range(5):
        post_one(case)
    assert everyone(case) == 6
    assert Alarm.objects.open().count() == 1


def test_what_counted_before_the_alarm_is_taken_out_from_its_page(clock):
    case = make_case_to_write_for()
    for _nr in range(5):
        post_one(case)
    client = signed_in("moderator")
    alarm = Alarm.objects.get()
    before = client.get(f"{LIST}{alarm.pk}/change/").context["before"]
    settle(client, alarm, "no")

    client.post(before, {"reason": "The same voice."})

    assert everyone(case) == 0


def test_signatures_and_posts_of_an_alarm_are_settled_too(clock):
    case = make_case_to_write_for()
    petition = make_petition(case)
    for _nr in range(5):
        tell_of(case)
        signatures.confirm(make_signature(petition, state="unconfirmed"))
    client = signed_in("safety")

    settle(client, Alarm.objects.get(kind="signature"), "no")
    settle(client, Alarm.objects.get(kind="social"), "yes")

    assert signed(case) == 3
    assert Signature.objects.filter(state="invalid").count() == 2
    assert Post.objects.filter(counted_on__isnull=False).count() == 5


def test_what_a_trap_caught_is_not_released_with_the_alarm(clock):
    case = make_case_to_write_for()
    for _nr in range(5):
        post_one(case)
    trapped = post_one(case, needs_review=True)

    settle(signed_in("moderator"), Alarm.objects.get(), "yes")

    trapped.refresh_from_db()
    assert trapped.needs_review
    assert everyone(case) == 5


def test_settling_twice_does_what_was_decided_first(clock):
    case = make_case_to_write_for()
    for _nr in range(5):
        post_one(case)
    alarm = Alarm.objects.get()
    settle(signed_in("moderator"), alarm, "yes")

    answer = settle(signed_in("safety"), alarm, "no")

    assert "It is settled already: what still waits follows that." in said(answer)
    assert everyone(case) == 5
    assert not Letter.objects.exclude(invalid_on=None).exists()


def test_it_needs_an_answer_and_a_reason(clock):
    case = make_case_to_write_for()
    for _nr in range(4):
        post_one(case)
    client, alarm = signed_in("moderator"), Alarm.objects.get()

    for wrong in [{"is_genuine": ""}, {"reason": ""}, {"raised_to": ""}, {"raised_to": "9" * 40}]:
        assert "There is a problem" in text(settle(client, alarm, **{"answer": "yes"} | wrong))
    assert Alarm.objects.open().get() == alarm


@pytest.mark.parametrize("role", ["editor", "counter"])
def test_others_see_no_alarm_and_settle_none(role, clock):
    case = make_case_to_write_for()
    for _nr in range(4):
        post_one(case)
    client, alarm = signed_in(role), Alarm.objects.get()

    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{alarm.pk}/change/").status_code == 403
    assert settle(client, alarm, "yes").status_code == 403
    assert client.post(f"{LIST}expect/", {}).status_code == 403
    assert Alarm.objects.open().exists()


def test_many_are_expected_and_no_alarm_hides_them(clock):
    case, other = make_case_to_write_for(), make_case_to_write_for()
    client = signed_in("moderator")

    answer = client.post(
        f"{LIST}expect/",
        {"cases": [case.pk], "raised_to": "20", "until": "2025-12-10"},
        follow=True,
    )

    assert said(answer) == ["So many are no alarm for these cases."]
    for _nr in range(8):
        post_one(case)
        post_one(other)
    assert (everyone(case), everyone(other)) == (8, 3)
    clock.move_to(datetime.datetime(2025, 12, 11, 0, 1, tzinfo=datetime.UTC))
    for _nr in range(5):
        post_one(case)
    assert everyone(case) == 11


@pytest.mark.parametrize("until", ["2025-12-09", "2026-12-10", "9999-12-31", "x", ""])
def test_nobody_expects_many_for_long(until, clock):
    case, client = make_case(), signed_in("moderator")

    answer = client.post(
        f"{LIST}expect/", {"cases": [case.pk], "raised_to": "20", "until": until}, follow=True
    )

    assert "There is a problem" in text(answer)
    assert not Pace.objects.exists()


def test_one_sender_who_sends_more_than_any_class_raises_an_alarm(clock, monkeypatch):
    monkeypatch.setattr("letters.privacy.throttle.REVIEW_ABOVE", 1)
    monkeypatch.setattr(surges, "OF_ONE_SENDER", 2)
    client, cases = Client(), [make_case_to_write_for() for _nr in range(4)]

    for case in cases:
        send_letter(client, case)

    assert list(Letter.objects.order_by("pk").values_list("needs_review", flat=True)) == [
        False,
        True,
        True,
        True,
    ]
    alarm = Alarm.objects.get()
    assert alarm.case is None
    staff = signed_in("moderator")
    assert "1 alarm" in text(staff.get("/admin/"))
    assert "Nobody here knows who they are." in text(staff.get(f"{LIST}{alarm.pk}/change/"))
    staff.post(f"{LIST}{alarm.pk}/change/", {"reason": "A school in Testville."})
    assert "alarm" not in " ".join(line.text for line in staff.get("/admin/").context["today"])
    assert not Alarm.objects.open().exists()


def test_list_asks_as_often_for_three_alarms_as_for_one(
    django_assert_num_queries, django_assert_max_num_queries, clock
):
    client = signed_in("moderator")
    cases = [make_case_to_write_for() for _nr in range(3)]
    for _nr in range(4):
        post_one(cases[0])
    client.get(LIST)
    with django_assert_max_num_queries(9) as for_one:
        client.get(LIST)
    for case in cases[1:]:
        for _nr in range(4):
            post_one(case)

    with django_assert_num_queries(len(for_one)):
        client.get(LIST)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_just_so_many_count_and_one_alarm_is_raised():
    case = make_case_to_write_for()
    letters = [make_letter(case, state="ready", route="post") for _nr in range(12)]

    def post_some(mine):
        for letter in mine:
            letter_actions.act(letter, "posted")

    at_once(*[lambda mine=letters[start::4]: post_some(mine) for start in range(4)])

    assert everyone(case) == 3
    assert Alarm.objects.get().number == 4
    assert Letter.objects.filter(needs_review=True, alarm=Alarm.objects.get()).count() == 9
    assert Pace.objects.get().of_hour == 12


@pytest.mark.django_db(transaction=True)
def test_who_acts_while_an_alarm_is_settled_is_not_left_behind():
    case, staff = make_case_to_write_for(), make_staff()
    for _nr in range(4):
        post_one(case)
    alarm = Alarm.objects.get()
    more = [make_letter(case, state="ready", route="post") for _nr in range(6)]

    def settle_it():
        alarms.settle(alarm, is_genuine=True, by=staff, raised_to=100)
        moderation.clear_review(alarms.waiting(alarm))

    at_once(settle_it, lambda: [letter_actions.act(letter, "posted") for letter in more])

    assert everyone(case) == 10
    assert ledger.differences() == []


def test_a_place_is_watched_by_its_case_and_kind_alone(clock):
    case = make_case()
    day = timezone.localdate()
    for source, country in [("online", "NO"), ("said", "SE"), ("by-hand", "FI")]:
        assert surges.alarm_of(TallyKey(case.pk, "appeal", source, day, country)) is None

    assert surges.alarm_of(TallyKey(case.pk, "appeal", "online", day, "")) is not None
