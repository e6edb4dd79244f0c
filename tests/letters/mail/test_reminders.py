"""Reminders of what was promised: who asked for them gets each once, and nobody else gets any."""

import datetime
import re
from collections import Counter

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, Edition, PostalNote, Stage
from letters.actions import erasure as erasure_actions
from letters.actions import pledges
from letters.actions import reminders as reminder_actions
from letters.mail import messages, outbox, reminders
from letters.models import Letter, MailedLink, OutgoingMail, Pledge, ReminderStep
from letters.models.email_spelling import email_hash
from letters.text.post_days import last_safe_day
from tests import reading
from tests.factories import (
    make_case_to_write_for,
    make_email_address,
    make_letter,
    make_pledge,
)
from tests.letters.mail.reading import unwrapped
from tests.letters.sending import act, by_hand, everyone, send_pledge, token, token_in
from tests.staff import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("counts_hold")]

DAY = datetime.timedelta(days=1)
FIRST = datetime.date(2026, 10, 1)
NINE_WEEKS = 63
SAM = {"email": "sam@example.org", "email_hash": email_hash("sam@example.org")}
ASKED = SAM | {"wants_reminders": True, "email_proven_on": FIRST}
HALF, LAST, AFTER = "Half of the time", "There is still time", "You wanted to keep"


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(f"{FIRST}T12:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def nine_weeks(now):
    """Lets nine weeks pass, with the worker once a day, and returns what came on which day."""

    def pass_by(until: int = NINE_WEEKS, *, since: int = 0) -> dict[int, str]:
        came = {}
        for nr in range(since, until):
            now.move_to(datetime.datetime(2026, 10, 1, 12, tzinfo=datetime.UTC) + nr * DAY)
            before = len(mail.outbox)
            work()
            for each in mail.outbox[before:]:
                assert nr not in came
                came[nr] = step_of(each.body)
        return came

    return pass_by


def work() -> None:
    """As the worker does, as far as it is about reminders and mails."""
    reminders.look_again()
    while reminders.queue_batch():
        pass
    while outbox.send_due():
        pass


def step_of(body: str) -> str:
    return next((step for step in (HALF, LAST, AFTER) if step in unwrapped(body)), "other")


def make_asked(case: Case | None = None, days: int = 40, **fields) -> Pledge:
    """A promise whose writer wants to be reminded, as the form makes it."""
    due_on = timezone.localdate() + days * DAY
    pledge = make_pledge(case or make_case_to_write_for(), due_on=due_on, **ASKED | fields)
    Pledge.objects.filter(pk=pledge.pk).update(next_reminder_on=reminders.next_day(pledge))
    pledge.refresh_from_db()
    return pledge


def mailed_links(body: str) -> list[str]:
    return re.findall(r"http://testserver(/\S+)", body)


def test_who_asks_is_reminded_three_times_in_nine_weeks(client, nine_weeks):
    """From the form on: the link is mailed, opened, and its button pressed."""
    day = FIRST + 40 * DAY
    send_pledge(
        client,
        make_case_to_write_for(display_name="Ana Test"),
        number="2",
        due_on=day.isoformat(),
        email="sam@example.org",
        wants_reminders="on",
    )
    call_command("work", once=True)
    [link] = mailed_links(mail.outbox[0].body)
    client.post(link, {"act": "mine"})

    assert nine_weeks() == {20: HALF, 36: LAST, 42: AFTER}
    body = unwrapped(mail.outbox[2].body)
    assert "your pledge to write for Ana Test" in body
    assert "2 letters are still to be posted" in body
    assert "by 10 November 2026 at the latest" in body
    assert {each.subject for each in mail.outbox[1:]} == {"Write for Rights: reminder (Ana Test)"}
    assert max(len(line) for each in mail.outbox for line in each.body.splitlines()) <= 72


def test_nobody_who_did_not_ask_is_reminded(client, nine_weeks):
    due_on = (FIRST + 40 * DAY).isoformat()
    case = make_case_to_write_for()
    send_pledge(client, case, due_on=due_on, email="sam@example.org")  # did not tick it
    send_pledge(client, case, due_on=due_on, email="kim@example.org", wants_reminders="on")
    send_pledge(client, case, due_on=due_on)  # gave no address
    call_command("work", once=True)
    links = {each.to[0]: mailed_links(each.body)[0] for each in mail.outbox}
    client.post(links["sam@example.org"], {"act": "mine"})
    client.get(links["kim@example.org"])  # and never says that the address is theirs

    assert nine_weeks() == {}
    assert Pledge.objects.filter(wants_reminders=True).count() == 1


def test_what_is_due_within_two_weeks_has_no_half_time(nine_weeks):
    make_asked(days=13)

    assert nine_weeks() == {9: LAST, 15: AFTER}


def test_what_is_promised_for_tomorrow_is_reminded_of_only_after_it(nine_weeks):
    make_asked(days=1)

    assert nine_weeks() == {3: AFTER}


def test_the_last_days_end_with_the_last_safe_day_to_post(nine_weeks):
    case = make_case_to_write_for(country="ZA")
    case.targets.update(appeal_deadline=FIRST + 36 * DAY, postal_country="ZA")
    PostalNote.objects.create(country="ZA", delivery_days=5, delivery_as_of="2025")
    make_asked(case)

    came = nine_weeks()

    [last] = [nr for nr, step in came.items() if step == LAST]
    assert FIRST + last * DAY == FIRST + 29 * DAY - 4 * DAY  # a Friday, a week before
    body = unwrapped(mail.outbox[list(came).index(last)].body)
    assert "by 30 October 2026 at the latest" in body


def test_after_the_last_days_no_half_time_comes(nine_weeks):
    case = make_case_to_write_for()
    case.targets.update(appeal_deadline=FIRST + 20 * DAY)
    pledge = make_asked(case)

    came = nine_weeks(18)
    pledge.refresh_from_db()
    assert pledge.next_reminder_on == FIRST + 42 * DAY
    assert came | nine_weeks(since=18) == {16: LAST, 42: AFTER}


def test_a_deadline_that_was_moved_meanwhile_moves_the_last_days(nine_weeks):
    case = make_case_to_write_for()
    case.targets.update(appeal_deadline=FIRST + 30 * DAY)
    make_asked(case)
    case.targets.update(appeal_deadline=FIRST + 36 * DAY)

    assert nine_weeks() == {20: HALF, 32: LAST, 42: AFTER}


def note_delivery(days: int) -> None:
    PostalNote.objects.update_or_create(
        country="ZA", defaults={"delivery_days": days, "delivery_as_of": "2025"}
    )


SOONER = {
    "a delivery time": lambda case: note_delivery(10),
    "a longer delivery time": lambda case: note_delivery(15),
    "a deadline": lambda case: case.targets.update(appeal_deadline=FIRST + 36 * DAY),
    "a day to report": lambda case: Edition.objects.update(reporting_deadline=FIRST + 30 * DAY),
}


@pytest.mark.parametrize("sooner", SOONER)
def test_the_last_days_come_however_their_day_comes_sooner(nine_weeks, sooner):
    case = make_case_to_write_for(country="ZA")
    case.targets.update(appeal_deadline=FIRST + 50 * DAY, postal_country="ZA")
    make_asked(case, days=50)
    came = nine_weeks(26)
    SOONER[sooner](case)
    day = (last_safe_day(Pledge.objects.get()).day - FIRST).days - 4

    came |= nine_weeks(since=26)

    assert came == {25: HALF, max(day, 26): LAST, 52: AFTER}


def test_last_days_that_are_over_by_the_time_they_come_sooner_are_left_out(nine_weeks):
    case = make_case_to_write_for(country="ZA")
    case.targets.update(appeal_deadline=FIRST + 40 * DAY, postal_country="ZA")
    make_asked(case)
    came = nine_weeks(26)
    note_delivery(15)

    assert came | nine_weeks(since=26) == {20: HALF, 42: AFTER}


def test_last_days_that_come_later_come_then(nine_weeks):
    case = make_case_to_write_for(country="ZA")
    case.targets.update(appeal_deadline=FIRST + 40 * DAY, postal_country="ZA")
    note_delivery(25)
    make_asked(case)
    came = nine_weeks(1)
    note_delivery(5)

    came |= nine_weeks(since=1)

    assert came == {20: HALF, 29: LAST, 42: AFTER}


@pytest.mark.parametrize("days", [2, 4])
def test_what_is_promised_within_the_last_days_is_not_reminded_of_the_next_day(nine_weeks, days):
    make_asked(days=days)

    assert nine_weeks() == {days + 2: AFTER}


def test_to_look_again_costs_the_same_for_one_and_for_thirty():
    case = make_case_to_write_for(country="ZA")
    case.targets.update(appeal_deadline=FIRST + 50 * DAY, postal_country="ZA")

    def queries() -> int:
        with CaptureQueriesContext(connection) as context:
            reminders.look_again()
        return len(context)

    make_asked(case)
    of_one = queries()
    for _nr in range(29):
        make_asked(make_case_to_write_for(country="ZA"))

    assert queries() == of_one


def test_a_promise_for_any_case_is_not_reminded_of_when_no_letter_can_be_written(nine_weeks):
    case = make_case_to_write_for()
    case.targets.update(appeal_deadline=FIRST + 10 * DAY)
    pledge = make_asked(case)
    Pledge.objects.filter(pk=pledge.pk).update(case=None)

    assert nine_weeks() == {42: AFTER}  # what was posted in time can still be said


def test_who_has_written_is_reminded_no_more(client, nine_weeks):
    pledge = make_asked(number=2)
    came = nine_weeks(30)
    by_hand(client, pledge, 1)
    came |= nine_weeks(39, since=30)
    by_hand(client, pledge, 1)
    came |= nine_weeks(since=39)

    assert came == {20: HALF, 36: LAST}
    assert "1 letter is still to be posted" in unwrapped(mail.outbox[1].body)


def freeze(pledge: Pledge, how: str) -> None:
    Case.objects.filter(pk=pledge.case_id).update(freeze=how, freeze_reason="A test.")


ENDS = {
    "cancelled": lambda pledge: pledges.release(pledge),
    "paused": lambda pledge: freeze(pledge, "paused"),
    "hidden": lambda pledge: freeze(pledge, "hidden"),
    "withdrawn": lambda pledge: freeze(pledge, "withdrawn"),
    "closed": lambda pledge: Case.objects.update(stage=Stage.CLOSED),
    "erased": lambda pledge: erasure_actions.erase_one(pledge),
    "everything erased": lambda pledge: erasure_actions.erase_person(pledge.email_hash),
    "address blocked": lambda pledge: make_email_address(
        "", email_hash=pledge.email_hash, blocked_on=FIRST
    ),
    "address changed": lambda pledge: pledges.change_address(
        pledge, email="", email_hash="", consent_version=""
    ),
    "ended": lambda pledge: reminder_actions.remind(pledge, wants_reminders=False),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_came_to_an_end_is_not_reminded_of(nine_weeks, end):
    pledge = make_asked()
    ENDS[end](pledge)

    assert nine_weeks() == {}


@pytest.mark.parametrize("end", ENDS)
def test_what_came_to_an_end_after_its_mail_was_queued_is_not_reminded_of(nine_weeks, now, end):
    pledge = make_asked()
    now.shift(20 * DAY)
    assert reminders.queue_batch() == 1
    assert OutgoingMail.objects.count() == 1

    ENDS[end](pledge)

    assert nine_weeks(since=20) == {}


def test_who_wrote_all_after_the_mail_was_queued_is_not_reminded(nine_weeks, client, now):
    pledge = make_asked(number=1)
    now.shift(20 * DAY)
    reminders.queue_batch()

    by_hand(client, pledge, 1)

    assert nine_weeks(since=20) == {}
    assert not OutgoingMail.objects.waiting().exists()


def test_what_waited_for_a_frozen_case_leaves_if_it_still_is_so(nine_weeks, now):
    pledge = make_asked()
    now.shift(20 * DAY)
    reminders.queue_batch()
    freeze(pledge, "paused")
    assert nine_weeks(25, since=20) == {}

    Case.objects.update(freeze="none", freeze_reason="")

    assert nine_weeks(since=25) == {25: HALF, 36: LAST, 42: AFTER}


def test_a_reminder_waits_for_no_case_that_the_promise_is_not_for_any_more(nine_weeks, now):
    frozen, _other = make_case_to_write_for(), make_case_to_write_for()
    pledge = make_asked(frozen)
    now.shift(36 * DAY)
    reminders.queue_batch()
    freeze(pledge, "hidden")
    assert nine_weeks(37, since=36) == {}

    assert pledges.write_for_others(pledge)

    assert nine_weeks(since=37) == {37: LAST, 42: AFTER}
    assert frozen.display_name not in unwrapped("".join(each.body for each in mail.outbox))


def test_a_reminder_that_waits_for_a_frozen_case_gives_way_to_one_of_another_day(nine_weeks, now):
    pledge = make_asked()
    now.shift(36 * DAY)
    reminders.queue_batch()
    freeze(pledge, "paused")
    assert nine_weeks(41, since=36) == {}
    pledges.move_day(pledge, FIRST + 60 * DAY)
    Case.objects.update(freeze="none", freeze_reason="")

    assert nine_weeks(70, since=41) == {56: LAST, 62: AFTER}


def test_one_that_waits_when_another_is_queued_does_not_swallow_it(nine_weeks, now):
    pledge = make_asked()
    now.shift(36 * DAY)
    reminders.queue_batch()
    Case.objects.update(freeze="paused", freeze_reason="A test.")
    pledges.move_day(pledge, FIRST + 60 * DAY)
    now.shift(20 * DAY)
    Case.objects.update(freeze="none", freeze_reason="")

    reminders.queue_batch()

    assert OutgoingMail.objects.get().created_at == timezone.now()
    assert nine_weeks(70, since=56) == {56: LAST, 62: AFTER}


def test_a_reminder_of_what_was_given_back_is_kept_no_longer(now):
    pledge = make_asked()
    now.shift(36 * DAY)
    reminders.queue_batch()

    freeze(pledge, "paused")
    pledges.release(pledge)

    assert not OutgoingMail.objects.exists()


def test_the_last_days_are_told_to_nobody_once_they_are_over(nine_weeks, now):
    """The case was frozen meanwhile, or no worker ran."""
    pledge = make_asked()
    now.shift(36 * DAY)
    reminders.queue_batch()
    freeze(pledge, "paused")
    assert nine_weeks(42, since=36) == {}

    Case.objects.update(freeze="none", freeze_reason="")

    assert nine_weeks(since=42) == {42: AFTER}


def test_after_a_worker_stood_still_only_the_newest_is_told(nine_weeks):
    make_asked()

    assert nine_weeks(since=38) == {38: LAST, 42: AFTER}


def test_no_reminder_comes_at_night(now):
    make_asked()
    now.move_to("2026-10-21T00:30:00Z")

    work()

    assert mail.outbox == []
    morning = timezone.localtime(OutgoingMail.objects.get().not_before)
    assert (morning.date(), morning.hour) == (FIRST + 20 * DAY, 9)


def test_a_day_that_is_moved_is_reminded_of_anew_and_none_twice(nine_weeks):
    pledge = make_asked()
    came = nine_weeks(38)
    pledges.move_day(pledge, FIRST + 50 * DAY)
    came |= nine_weeks(39, since=38)
    pledges.move_day(pledge, FIRST + 40 * DAY)  # no, after all
    came |= nine_weeks(40, since=39)
    pledges.move_day(pledge, FIRST + 50 * DAY)

    came |= nine_weeks(since=40)

    assert came == {20: HALF, 36: LAST, 46: LAST, 52: AFTER}


def test_a_day_that_is_moved_back_and_forth_is_reminded_of_once(nine_weeks):
    pledge = make_asked()
    came = nine_weeks(38)
    for days in (41, 40):
        pledges.move_day(pledge, FIRST + days * DAY)

    came |= nine_weeks(since=38)

    assert came == {20: HALF, 36: LAST, 42: AFTER}


def test_a_day_that_is_moved_every_day_is_reminded_of_anew_only_once(nine_weeks):
    pledge = make_asked(days=5)
    came = {}
    for nr in range(40):
        came |= nine_weeks(nr + 1, since=nr)
        pledges.move_day(pledge, FIRST + (nr + 5) * DAY)
    came |= nine_weeks(since=40)
    for days in (80, 90, 100):
        pledges.move_day(pledge, FIRST + days * DAY)

    came |= nine_weeks(110, since=NINE_WEEKS)

    steps = Counter(came.values())
    assert (steps[LAST], steps[AFTER]) <= (2, 2)
    assert steps[HALF] <= 1
    assert sum(steps.values()) >= 2


def test_each_later_day_is_reminded_of_as_before_and_the_third_of_nothing(nine_weeks):
    pledge = make_asked(days=20)
    came = nine_weeks(25)
    pledges.move_day(pledge, FIRST + 40 * DAY)
    came |= nine_weeks(45, since=25)
    pledges.move_day(pledge, FIRST + 60 * DAY)

    came |= nine_weeks(70, since=45)

    assert came == {10: HALF, 16: LAST, 22: AFTER, 36: LAST, 42: AFTER}


def test_a_step_of_which_no_mail_left_is_none_that_comes_again(client, nine_weeks):
    """Or whoever says for an hour that all is written would be reminded again and again."""
    pledge = make_asked(days=20, number=1)
    came = nine_weeks(23)
    for days in (40, 60, 80):
        pledges.move_day(pledge, FIRST + days * DAY)
        by_hand(client, pledge, 1)
        came |= nine_weeks(days - 3, since=max(came, default=0) + 1)
        pledges.take_back_by_hand(pledge)
        came |= nine_weeks(days + 3, since=days - 3)

    assert Counter(came.values()) == {HALF: 1, LAST: 1, AFTER: 2}


def test_what_was_given_back_and_taken_up_again_is_reminded_of_again(client, nine_weeks):
    pledge = make_asked()
    act(client, pledge, "release")
    came = nine_weeks(30)
    act(client, pledge, "reopen")

    came |= nine_weeks(since=30)

    assert came == {36: LAST, 42: AFTER}


def test_a_batch_is_asked_for_in_few_queries_and_an_empty_one_in_one(django_assert_num_queries):
    make_asked()

    with django_assert_num_queries(3):  # with the two of its transaction
        assert reminders.queue_batch() == 0


# --- the links


def reminded(now, pledge: Pledge) -> tuple[str, str, str]:
    """The three links of its first reminder: go on, posted, stop."""
    now.shift(20 * DAY)
    work()
    go_on, posted, stop = mailed_links(mail.outbox[-1].body)
    return go_on, posted, stop


def test_one_click_in_a_mail_program_ends_them_from_the_first_on(nine_weeks, now):
    """RFC 8058: it posts what the header says, without a cookie and from no page of ours."""
    pledge = make_asked()
    _go_on, _posted, stop = reminded(now, pledge)
    headers = mail.outbox[-1].message()
    assert headers["List-Unsubscribe"] == f"<http://testserver{stop}>"
    program = Client(enforce_csrf_checks=True)
    form = dict([headers["List-Unsubscribe-Post"].split("=")])

    answers = [program.post(stop, form) for _again in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.content for answer in answers}) == 1
    assert not Pledge.objects.get().wants_reminders
    assert nine_weeks(since=21) == {}


def test_a_button_ends_them_and_to_open_its_page_changes_nothing(client, nine_weeks, now):
    _go_on, _posted, stop = reminded(now, make_asked())

    for _again in range(2):
        page = client.get(stop)
        assert "Stop the reminders?" in text(page)
        client.head(stop)
    assert Pledge.objects.get().wants_reminders
    for _again in range(2):
        assert client.post(stop).url == stop
        assert "The reminders are stopped" in text(client.get(stop))

    assert nine_weeks(since=21) == {}
    assert page["Cache-Control"] == "no-store, private"
    assert Pledge.objects.get().case.display_name not in text(page)


def test_it_ends_those_of_all_that_was_promised_with_the_address_and_of_nobody_else(client, now):
    another = {"email": "kim@example.org", "email_hash": email_hash("kim@example.org")}
    kim = make_asked(days=50, **another)
    make_asked(days=60)
    _go_on, _posted, stop = reminded(now, make_asked())

    client.post(stop)

    assert list(Pledge.objects.filter(wants_reminders=True)) == [kim]


def test_the_links_of_a_reminder_go_with_the_promise_and_with_its_address(client, now):
    pledge = make_asked()
    links = reminded(now, pledge)
    messages.queue_pledge_link(pledge)

    client.post(links[0], {"act": "not-mine"})

    assert [client.get(link).status_code for link in links] == [404, 404, 404]
    assert not MailedLink.objects.exists()
    pledge.refresh_from_db()
    assert (pledge.email, pledge.wants_reminders, pledge.next_reminder_on) == ("", False, None)


def test_a_reminder_leaves_by_itself_so_that_its_button_ends_reminders(now):
    pledge = make_asked()
    now.shift(20 * DAY)
    messages.queue_pledge_link(pledge)
    reminders.queue_batch()

    outbox.send_due()
    now.shift(datetime.timedelta(minutes=11))  # what follows at once waits ten minutes
    outbox.send_due()

    link, reminder = mail.outbox
    assert (step_of(link.body), step_of(reminder.body)) == ("other", HALF)
    assert "List-Unsubscribe" not in link.message()
    assert "List-Unsubscribe" in reminder.message()


def test_two_promises_are_reminded_of_in_one_mail_and_ended_by_one_click(client, nine_weeks):
    first, second = (make_asked(make_case_to_write_for()) for _nr in range(2))

    assert nine_weeks(21) == {20: HALF}

    [reminder] = mail.outbox
    for pledge in (first, second):
        assert pledge.case.display_name in unwrapped(reminder.body)
    client.post(mailed_links(reminder.message()["List-Unsubscribe"])[0].rstrip(">"))
    assert not Pledge.objects.filter(wants_reminders=True).exists()
    assert nine_weeks(since=21) == {}


def test_a_frozen_case_does_not_go_along_with_another(nine_weeks, now):
    frozen, other = (make_asked(make_case_to_write_for()) for _nr in range(2))
    now.shift(20 * DAY)
    reminders.queue_batch()
    freeze(frozen, "hidden")

    assert nine_weeks(21, since=20) == {20: HALF}

    body = unwrapped(mail.outbox[0].body)
    assert other.case.display_name in body
    assert frozen.case.display_name not in body
    assert OutgoingMail.objects.waiting().count() == 1


def test_go_on_opens_the_promise_by_a_button(client, now):
    pledge = make_asked()
    go_on, _posted, _stop = reminded(now, pledge)

    assert "Was this you?" in text(client.get(go_on))
    assert client.post(go_on, {"act": "mine"}).url == pledge.get_absolute_url()


def test_a_reminder_comes_in_the_language_of_the_promise(now):
    pledge = make_asked(language="fr")

    _go_on, posted, stop = reminded(now, pledge)

    body = unwrapped(mail.outbox[-1].body)
    assert "La moitié du temps est passée pour votre promesse" in body
    assert "et 3 lettres restent à poster" in body
    assert "rappel (" in mail.outbox[-1].subject
    assert posted.startswith("/fr/")
    assert stop.startswith("/fr/")
    assert mail.outbox[-1].message()["List-Unsubscribe"] == f"<http://testserver{stop}>"


# --- “I have posted it”


def posted_form(response, **fields) -> dict:
    return {"token": token_in(response), "case": "", "number": "0"} | fields


def test_what_was_posted_counts_by_one_button_and_once(client, now):
    case = make_case_to_write_for()
    pledge = make_asked(case)
    _go_on, posted, _stop = reminded(now, pledge)
    page = client.get(posted)
    assert reading.page(page).one("input", name="number").get("value") == "3"
    assert everyone(case) == 0
    form = posted_form(page, case=case.slug, number="2", token=token())

    answers = [client.post(posted, form) for _twice in range(2)]

    assert [answer.url for answer in answers] == [pledge.get_absolute_url()] * 2
    assert everyone(case) == 2


@pytest.mark.parametrize("promised", [1, 2])
def test_a_letter_that_is_ticked_twice_is_posted_once(client, now, promised):
    case = make_case_to_write_for()
    pledge = make_asked(case, number=promised)
    ready = make_letter(case, pledge=pledge, state="ready", route="post")
    go_on, posted, _stop = reminded(now, pledge)
    form = posted_form(client.get(posted), case=case.slug, letters=[ready.pk], token=token())

    answers = [client.post(posted, form).url for _twice in range(2)]

    assert answers[0] == pledge.get_absolute_url()
    assert answers[1] == (go_on if promised == 1 else pledge.get_absolute_url())
    assert everyone(case) == 1


def test_letters_that_are_ready_are_ticked_and_others_counted_by_hand(client, now):
    case = make_case_to_write_for()
    pledge = make_asked(case)
    ready, kept = (
        make_letter(case, pledge=pledge, state="ready", route="post") for _nr in range(2)
    )
    drafting = make_letter(case, pledge=pledge)
    _go_on, posted, _stop = reminded(now, pledge)
    page = client.get(posted)
    shown = reading.page(page).all("input", name="letters")
    assert [box.get("value") for box in shown] == [str(ready.pk), str(kept.pk)]
    form = posted_form(page, case=case.slug, letters=[ready.pk], number="1", token=token())

    client.post(posted, form)

    states = {letter.pk: letter.state for letter in Letter.objects.exclude(route="by-hand")}
    assert states == {ready.pk: "posted", kept.pk: "ready", drafting.pk: "drafting"}
    assert everyone(case) == 2
    assert Pledge.objects.get().letters_left() == 1


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"number": "0"}, "Type how many you have posted."),
        ({"number": "-1"}, "Type a number: 0 or more."),
        ({"number": "two"}, "Enter a whole number."),
        ({"number": ""}, "Type a number: 0 or more."),
        ({"number": "3", "with_letter": True}, "Only 3 letters of this pledge are left."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_counts(client, now, typed, error):
    case = make_case_to_write_for()
    pledge = make_asked(case)
    letter = make_letter(case, pledge=pledge, state="ready", route="post")
    _go_on, posted, _stop = reminded(now, pledge)
    typed = {"case": case.slug} | typed
    if typed.pop("with_letter", False):
        typed["letters"] = [letter.pk]

    response = client.post(posted, posted_form(client.get(posted), token=token(), **typed))

    assert response.status_code == 200
    assert response.context["form"].errors == {"number": [error]}
    assert everyone(case) == 0
    if "letters" in typed:
        assert reading.page(response).one("input", name="letters").get("checked") is not None


@pytest.mark.parametrize("end", ["cancelled", "paused", "hidden", "withdrawn", "closed"])
def test_what_came_to_an_end_leads_to_the_question_and_nothing_counts(client, now, end):
    case = make_case_to_write_for()
    pledge = make_asked(case)
    go_on, posted, _stop = reminded(now, pledge)
    ENDS[end](pledge)

    form = {"token": token(), "case": case.slug, "number": "1"}
    for answer in [client.get(posted), client.post(posted, form)]:
        assert (answer.status_code, answer.url) == (302, go_on)
    assert everyone(case) == 0


def test_a_mistyped_address_learns_nothing_of_what_was_promised(client):
    """The link of the first mail opens nothing more than it says."""
    send_pledge(client, make_case_to_write_for(), email="wrong@example.org", wants_reminders="on")
    call_command("work", once=True)
    [link] = mailed_links(mail.outbox[0].body)

    answer = client.get(f"{link}posted/")

    assert (answer.status_code, answer.url) == (302, link)


# --- asking for them


def test_the_form_asks_for_them_only_when_ticked_and_with_an_address(client):
    case = make_case_to_write_for()
    url = reverse("letters:pledge", args=[case.slug])
    assert reading.page(client.get(url)).one("input", name="wants_reminders").get("checked") is None

    response = send_pledge(client, case, number="7", wants_reminders="on")

    assert response.context["form"].errors == {"email": ["Type the address for the reminders."]}
    page = reading.page(response)
    assert page.one("input", name="wants_reminders").get("checked") is not None
    assert page.one("input", name="number").get("value") == "7"
    assert not Pledge.objects.exists()


def test_they_can_be_asked_for_and_ended_on_the_page_of_the_promise(client):
    pledge = make_asked(wants_reminders=False)

    assert "Three mails at most" in text(client.get(pledge.get_absolute_url()))
    for _twice in range(2):
        act(client, pledge, "remind")
    page = text(client.get(pledge.get_absolute_url()))
    assert "next on 21 October 2026" in " ".join(page.split())
    assert "confirm that the address is yours" not in page

    act(client, pledge, "no-reminders")
    pledge.refresh_from_db()
    assert (pledge.wants_reminders, pledge.next_reminder_on) == (False, None)


def test_who_has_not_proven_the_address_is_told_so(client):
    pledge = make_asked(email_proven_on=None)

    assert "confirm that the address is yours" in text(client.get(pledge.get_absolute_url()))


def test_without_an_address_there_is_nothing_to_ask_for(client):
    pledge = make_pledge(make_case_to_write_for())

    act(client, pledge, "remind")

    assert not Pledge.objects.get().wants_reminders
    assert "Remind me by e-mail" not in text(client.get(pledge.get_absolute_url()))


def test_another_address_is_reminded_once_it_is_proven(client, nine_weeks):
    pledge = make_asked()
    kim = "kim@example.org"
    pledges.change_address(pledge, email=kim, email_hash=email_hash(kim), consent_version="x")
    work()
    [link] = mailed_links(mail.outbox[-1].body)
    came = nine_weeks(30, since=1)  # nobody says whose it is
    client.post(link, {"act": "mine"})

    came |= nine_weeks(since=30)

    assert came == {36: LAST, 42: AFTER}
    assert {each.to[0] for each in mail.outbox} == {kim}


def test_what_is_taken_is_kept(now):
    pledge = make_asked()
    now.shift(20 * DAY)

    reminders.queue_batch()

    pledge.refresh_from_db()
    assert pledge.reminder_step == ReminderStep.HALF
    assert pledge.reminded_for == pledge.due_on
    assert pledge.next_reminder_on == FIRST + 36 * DAY
