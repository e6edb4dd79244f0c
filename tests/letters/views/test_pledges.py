"""The page of a promise: how far it is, who is next, and what can be changed about it."""

import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import ActionCount, Case, PostalNote
from letters.models import MailedLink, OutgoingMail, Pledge, Route
from letters.models.email_spelling import email_hash
from letters.models.pledges import PledgeState
from tests import reading
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_edition,
    make_embassy,
    make_letter,
    make_pledge,
    make_target,
)
from tests.letters.sending import act, by_hand, everyone, token
from tests.staff import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("counts_hold")]

day = datetime.date
INSTEAD = "Write for somebody else instead"


def words_of(client, pledge: Pledge) -> str:
    return reading.words(reading.page(client.get(pledge.get_absolute_url())).root)


def again(pledge: Pledge) -> Pledge:
    return Pledge.objects.get(pk=pledge.pk)


def write_links(client, pledge: Pledge) -> list[str]:
    """For whom the page offers to write, in its order, by the address of the case."""
    links = reading.page(client.get(pledge.get_absolute_url())).links
    return [link.split("/")[2] for link in links if "/write/" in link]


def make_pledge_for_any_case(**fields) -> Pledge:
    case = make_case_to_write_for()
    pledge = make_pledge(case, **fields)
    Pledge.objects.filter(pk=pledge.pk).update(case=None)
    Case.objects.filter(pk=case.pk).update(stage="closed")
    return again(pledge)


# --- how far it is


def test_each_letter_of_a_promise_is_in_one_stage(client):
    pledge = make_pledge(number=8)
    for fields in [
        {"state": "drafting"},
        {"state": "asked", "change_wanted": "Leave the date out."},
        {"state": "ready", "route": Route.POST},
        {"state": "posted"},
        {"state": "submitted", "needs_review": True},
        {"state": "withdrawn"},
    ]:
        make_letter(pledge.case, pledge=pledge, **fields)

    words = words_of(client, pledge)

    # The one that staff ask to change counts already.
    assert (
        "3 not started 1 being written 1 ready to send 1 sent, waiting for a look "
        "2 sent and counted" in words
    )


def test_the_page_leads_to_what_is_not_finished_and_names_nobody_who_is_hidden(client):
    pledge = make_pledge_for_any_case(number=100)
    shown = make_letter(make_case(short_name="Ana"), pledge=pledge)
    hidden_case = make_case(display_name="Ben Hidden", freeze="hidden", freeze_reason="A test.")
    hidden = make_letter(hidden_case, pledge=pledge, state="ready", route=Route.POST)
    sent = make_letter(make_case(short_name="Carla"), pledge=pledge, state="posted")

    page = client.get(pledge.get_absolute_url())

    links = reading.page(page).links
    assert {one.get_absolute_url() for one in (shown, hidden)} <= set(links)
    assert sent.get_absolute_url() not in links
    words = reading.words(reading.page(page).root)
    assert "Choose how to send your letter for Ana" in words
    assert "A letter for a case that is not shown at the moment" in words
    assert "Ben Hidden" not in words


def test_a_day_that_has_passed_is_said_and_can_be_moved(client):
    pledge = make_pledge(due_on=timezone.localdate() - datetime.timedelta(days=5))
    later = timezone.localdate() + datetime.timedelta(days=20)
    assert "That day has passed." in words_of(client, pledge)

    answers = [act(client, pledge, "day", due_on=later.isoformat()) for _click in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert again(pledge).due_on == later
    assert "That day has passed." not in words_of(client, pledge)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2020-01-01", "This day has passed. Choose today or a later one."),
        ("2100-01-01", "Choose a day within a year."),
        ("never", "Enter a valid date."),
        ("", "Choose a day."),
    ],
)
def test_a_day_that_cannot_be_is_refused_in_words_and_kept_in_the_field(client, typed, said):
    pledge = make_pledge()

    response = act(client, pledge, "day", due_on=typed)

    assert response.status_code == 200
    assert response.context["day_form"].errors["due_on"] == [said]
    assert response.context["day_form"]["due_on"].value() == typed
    assert "Error:" in text(response)
    assert again(pledge).due_on == pledge.due_on


# --- a part given back


def test_a_part_is_given_back_but_not_what_is_begun(client):
    pledge = make_pledge(number=5)
    make_letter(pledge.case, pledge=pledge, state="posted")
    make_letter(pledge.case, pledge=pledge)

    too_few = act(client, pledge, "smaller", number="1")
    answers = [act(client, pledge, "smaller", number="3") for _click in range(2)]

    assert "You have already started 2 letters: you can’t pledge fewer." in text(too_few)
    assert [answer.status_code for answer in answers] == [
        302,
        200,
    ]  # the second makes it no smaller
    assert again(pledge).number == 3
    assert everyone(pledge.case) == 1


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("0", "Type a number: 1 or more."),
        ("5", "Type a number: 4 at most. For more letters, make another pledge."),
        ("x", "Enter a whole number."),
    ],
)
def test_a_promise_is_not_made_bigger_or_nothing(client, number, said):
    pledge = make_pledge(number=5)

    response = act(client, pledge, "smaller", number=number)

    assert response.context["smaller_form"].errors["number"] == [said]
    assert again(pledge).number == 5


def test_what_was_begun_meanwhile_in_another_tab_stays_promised(client, monkeypatch):
    pledge = make_pledge(number=5)
    shown = client.get(pledge.get_absolute_url())
    assert shown.context["smaller_form"].least == 1
    make_letter(pledge.case, pledge=pledge)
    make_letter(pledge.case, pledge=pledge)

    act(client, pledge, "smaller", number="1")

    assert again(pledge).number == 5


def test_a_promise_of_which_all_is_begun_has_no_part_to_give_back(client):
    pledge = make_pledge(number=1)

    assert "Cancel a part" not in words_of(client, pledge)
    assert "Cancel the pledge" in words_of(client, pledge)


def test_what_was_given_back_is_changed_by_no_old_page(client):
    pledge = make_pledge(number=5)
    act(client, pledge, "release")

    act(client, pledge, "smaller", number="2")
    act(client, pledge, "day", due_on=(pledge.due_on + datetime.timedelta(days=1)).isoformat())
    act(client, pledge, "for-others")

    now = again(pledge)
    assert (now.number, now.due_on, now.case) == (5, pledge.due_on, pledge.case)
    assert now.state == PledgeState.RELEASED


def test_a_second_click_takes_out_no_second_letter(client):
    pledge = make_pledge(number=5)
    by_hand(client, pledge, 3)

    for _click in range(2):
        act(client, pledge, "take-back", seen="3")

    assert everyone(pledge.case) == 2


# --- who is next


def test_the_next_is_whom_one_can_post_to_and_who_has_the_fewest_letters(client):
    pledge = make_pledge_for_any_case(country="GB", number=9)
    cases = {}
    for name, country, letters in [
        ("many", "FI", 50),
        ("few", "FI", 10),
        ("mailed", "SE", 0),
        ("embassy", "ZA", 30),
        ("unknown", "DK", 0),
    ]:
        case = make_case(slug=name, country=country, takes_deliveries=False)
        ActionCount.objects.update_or_create(case=case, defaults={"shown_letters": letters})
        cases[name] = case
    for name in ["many", "few"]:
        make_target(cases[name], postal_country="FI")
    make_target(cases["mailed"], postal="", email="a@example.org", checked_on=day(2025, 12, 1))
    for name, country in [("embassy", "ZA"), ("unknown", "DK")]:
        make_target(cases[name], postal="", postal_country=country)
    make_embassy("ZA", "GB")

    assert write_links(client, pledge) == ["few", "embassy", "many", "mailed", "unknown"]

    make_letter(cases["few"], pledge=pledge)
    assert write_links(client, pledge) == ["embassy", "many", "mailed", "few", "unknown"]
    words = words_of(client, pledge)
    assert "South Africa: through an embassy." in words
    assert "Sweden: by e-mail." in words
    assert "Finland: by post." in words
    assert "Denmark: no address is known that may be shown." in words


def test_beside_each_stands_its_last_safe_day(client):
    PostalNote.objects.create(country="ZA", delivery_days=10, delivery_as_of="2021")
    with time_machine.travel("2026-11-16 12:00:00+00:00", tick=False):
        pledge = make_pledge_for_any_case(country="GB")
        case = make_case(country="ZA")
        make_target(case, postal_country="ZA", appeal_deadline=day(2026, 12, 10))

        assert "Post it by 26 November 2026" in words_of(client, pledge)


def test_the_page_of_a_promise_for_one_says_by_when_to_post(client):
    PostalNote.objects.create(country="ZA", delivery_days=10, delivery_as_of="2021")
    with time_machine.travel("2026-11-16 12:00:00+00:00", tick=False):
        case = make_case_to_write_for(country="ZA")
        case.targets.update(appeal_deadline=day(2026, 12, 10), postal_country="ZA")
        pledge = make_pledge(case, due_on=day(2026, 12, 20))

        assert "Post it by 26 November 2026" in words_of(client, pledge)


def test_many_cases_and_letters_cost_no_more_statements_than_few(client):
    pledge = make_pledge_for_any_case(country="GB", number=40)
    make_embassy("NO", "GB")

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(pledge.get_absolute_url())
        return len(asked)

    make_letter(make_case_to_write_for(), pledge=pledge)
    statements()  # what is held in memory is there from now on
    few = statements()
    for _nr in range(10):
        make_letter(make_case_to_write_for(), pledge=pledge)

    assert statements() == few


# --- its case, or its edition, takes no letters any more


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"freeze": "paused"}, "Letters for Ana are paused."),
        ({"freeze": "hidden"}, "The case you pledged letters for is not shown"),
        ({"freeze": "withdrawn"}, "The case you pledged letters for is not shown"),
        ({"stage": "closed"}, "We no longer ask for letters for Ana."),
        ({"consent_ends_on": day(2025, 1, 1)}, "Letters for Ana are paused."),
    ],
)
def test_a_case_that_takes_no_letters_is_said_and_others_are_offered(client, fields, said):
    reason = "A test says so." if "freeze" in fields else ""
    case = make_case_to_write_for(short_name="Ana")
    pledge = make_pledge(case, number=4)
    make_letter(case, pledge=pledge, state="posted")
    Case.objects.filter(pk=case.pk).update(freeze_reason=reason, **fields)
    other = make_case_to_write_for()

    words = words_of(client, pledge)
    assert said in words
    assert INSTEAD in words
    assert ("Ana" in words) == (said.find("Ana") > 0)
    assert write_links(client, pledge) == []

    for _click in range(2):
        assert act(client, pledge, "for-others").status_code == 302

    now = again(pledge)
    assert (now.case, now.edition, now.number) == (None, case.edition, 4)
    assert write_links(client, pledge) == [other.slug]
    assert INSTEAD not in words_of(client, pledge)


def test_after_the_last_day_to_write_what_had_left_can_be_entered_or_others_written_for(client):
    case = make_case_to_write_for(short_name="Ana")
    case.targets.update(appeal_deadline=timezone.localdate() - datetime.timedelta(days=3))
    pledge = make_pledge(case)
    make_case_to_write_for()

    words = words_of(client, pledge)
    by_hand(client, pledge, 1)

    assert "The last day to write for Ana is over." in words
    assert INSTEAD in words
    assert everyone(case) == 1


def test_a_case_that_takes_letters_keeps_its_promise(client):
    pledge = make_pledge(make_case_to_write_for())
    make_case_to_write_for()

    assert INSTEAD not in words_of(client, pledge)
    act(client, pledge, "for-others")

    assert again(pledge).case == pledge.case


def test_no_promise_is_asked_for_where_every_last_day_is_over(client):
    case = make_case_to_write_for()
    case.targets.update(appeal_deadline=timezone.localdate() - datetime.timedelta(days=3))

    assert client.get("/pledge/").url == "/cases/"


def test_where_nobody_is_left_to_write_for_that_is_said(client):
    pledge = make_pledge(make_case_to_write_for(stage="closed"))

    words = words_of(client, pledge)
    act(client, pledge, "for-others")

    assert "At the moment there is nobody else to write for." in words
    assert INSTEAD not in words
    assert again(pledge).case == pledge.case


@pytest.mark.parametrize("for_any_case", [True, False])
def test_the_rest_of_a_promise_goes_along_into_the_next_edition(client, for_any_case):
    old = make_case_to_write_for(edition=make_edition(2024, title="The old winter"))
    pledge = make_pledge(old)
    if for_any_case:
        Pledge.objects.filter(pk=pledge.pk).update(case=None)
    Case.objects.filter(pk=old.pk).update(stage="closed")
    new = make_case_to_write_for(edition=make_edition(2025, title="The new winter"))

    words = words_of(client, pledge)
    assert ("Nobody in “The old winter” is waiting for letters any more." in words) == for_any_case
    assert "for the people in “The new winter” who are waiting for letters." in words

    act(client, pledge, "for-others")

    now = again(pledge)
    assert (now.case, now.edition) == (None, new.edition)
    assert write_links(client, pledge) == [new.slug]


def test_an_old_edition_that_takes_letters_keeps_its_promise(client):
    old = make_case_to_write_for(edition=make_edition(2024))
    pledge = make_pledge(old)
    Pledge.objects.filter(pk=pledge.pk).update(case=None)
    make_case_to_write_for(edition=make_edition(2025))

    act(client, pledge, "for-others")

    assert again(pledge).edition == old.edition
    assert write_links(client, pledge) == [old.slug]


def test_a_promise_that_was_given_back_or_kept_asks_for_nobody_else(client):
    case = make_case_to_write_for()
    released = make_pledge(case, state=PledgeState.RELEASED)
    kept = make_pledge(case, number=1)
    make_letter(case, pledge=kept, state="posted")
    Case.objects.filter(pk=case.pk).update(stage="closed")
    make_case_to_write_for()

    assert [INSTEAD in words_of(client, pledge) for pledge in (released, kept)] == [False, False]


# --- the address


def address_form(**fields) -> dict:
    return {"token": token(), "email": "sam@example.org", "consent": "on"} | fields


def test_an_address_given_later_gets_the_link_once(client):
    pledge = make_pledge(number=5)
    form = address_form()

    for _click in range(2):
        assert act(client, pledge, "address", **form).status_code == 302

    now = again(pledge)
    assert (now.email, now.email_hash) == ("sam@example.org", email_hash("sam@example.org"))
    assert now.email_proven_on is None
    assert now.consent_version
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.kind) == ("sam@example.org", "pledge-link")
    assert "It is not confirmed yet" in words_of(client, pledge)
    assert "sam@example.org" not in words_of(client, pledge)


def test_without_consent_no_address_is_kept(client):
    pledge = make_pledge()

    response = act(client, pledge, "address", **address_form(consent=""))

    assert response.context["address_form"].errors["consent"]
    assert response.context["address_form"]["email"].value() == "sam@example.org"
    assert not again(pledge).email
    assert not OutgoingMail.objects.exists()


def test_who_agreed_when_they_promised_is_not_asked_again(client):
    pledge = make_pledge(name="Sam Tester", consent_version="2026-11")

    act(client, pledge, "address", token=token(), email="sam@example.org")

    now = again(pledge)
    assert (now.email, now.consent_version) == ("sam@example.org", "2026-11")


@pytest.mark.parametrize("typed", ["", "sam", "sam@", "sam@exa mple.org"])
def test_what_is_no_address_is_refused_beside_the_field(client, typed):
    pledge = make_pledge()

    response = act(client, pledge, "address", **address_form(email=typed))

    assert response.context["address_form"].errors["email"]
    assert not again(pledge).email


def make_proven_pledge() -> Pledge:
    return make_pledge(
        email="sam@example.org",
        email_hash=email_hash("sam@example.org"),
        email_proven_on=timezone.localdate(),
        consent_version="2026-11",
    )


def test_another_address_is_proven_anew_and_the_one_before_opens_nothing(client):
    pledge = make_proven_pledge()
    MailedLink.objects.create(
        key_hash="a" * 43, purpose="pledge", about=f"pledge:{pledge.pk}", to_hash=pledge.email_hash
    )
    assert "Your e-mail address is confirmed." in words_of(client, pledge)

    act(client, pledge, "address", token=token(), email="kim@example.org")

    now = again(pledge)
    assert (now.email, now.email_proven_on) == ("kim@example.org", None)
    assert [mail.to for mail in OutgoingMail.objects.all()] == ["kim@example.org"]
    assert not MailedLink.objects.exists()


def test_the_address_that_there_is_stays_proven_and_gets_no_second_mail(client):
    pledge = make_proven_pledge()

    act(client, pledge, "address", token=token(), email="sam@example.org")

    assert again(pledge).email_proven_on == timezone.localdate()
    assert not OutgoingMail.objects.exists()


def test_the_address_is_taken_off_and_nothing_more_is_mailed(client):
    pledge = make_pledge()
    act(client, pledge, "address", **address_form())

    for _click in range(2):
        act(client, pledge, "no-address")

    now = again(pledge)
    assert (now.email, now.email_hash, now.email_proven_on) == ("", "", None)
    assert not OutgoingMail.objects.exists()


def test_what_a_trap_caught_gets_the_same_answer_and_its_mail_waits(client):
    pledge = make_pledge()

    response = act(client, pledge, "address", **address_form(website="filled in"))

    assert response.status_code == 302
    assert OutgoingMail.objects.get().not_before > timezone.now()


def test_more_links_than_anybody_asks_for_are_refused(client, monkeypatch):
    monkeypatch.setattr("letters.privacy.throttle.MAILS_REFUSED_ABOVE", 1)
    first, second = make_pledge(), make_pledge()

    act(client, first, "address", **address_form())
    response = act(client, second, "address", **address_form(email="kim@example.org"))

    assert response.status_code == 429
    assert "Too many links were requested" in text(response)
    assert not again(second).email


def test_in_french_it_is_french(client):
    pledge = make_pledge(make_case_to_write_for())

    page = reading.page(client.get(f"/fr{pledge.get_absolute_url()}"))

    assert "Changer la promesse" in page.texts("h2")
    assert "Annuler une partie" in page.texts("button")
