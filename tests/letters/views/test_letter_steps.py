"""The private page of a letter says by its title and heading what happened, and tells in words how
far the letter is."""

import pytest
from django.test import Client
from django.urls import reverse

from letters.models import Letter, Pledge
from tests.factories import (
    make_case_to_write_for,
    make_letter,
    make_message,
    make_pledge,
    make_solidarity_action,
)
from tests.letters.sending import act
from tests.reading import Page, page, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("counts_hold")]


def remember(client: Client, pledge: Pledge) -> None:
    """Let the device of the client keep it on its list."""
    client.post(reverse("letters:mine-keep"), {"act": "keep", "kind": "pledge", "key": pledge.key})


def page_of(letter: Letter, client: Client | None = None) -> Page:
    return page((client or Client()).get(letter.get_absolute_url()))


def steps(letter: Letter) -> list[str]:
    return [words(step) for way in page_of(letter).all("ol", **{"class": "way"}) for step in way]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Written"),
        ({"route": "post", "state": "ready"}, "Ready to post"),
        ({"route": "email", "state": "ready"}, "Ready to e-mail"),
        ({"route": "post", "state": "posted"}, "Posted"),
        ({"route": "email", "state": "posted"}, "Sent"),
        ({"route": "post", "state": "posted", "needs_review": True}, "Waiting for a look"),
        ({"route": "deliver", "state": "submitted"}, "Handed to us"),
        ({"route": "deliver", "state": "approved"}, "Read by us"),
        ({"route": "deliver", "state": "withdrawn"}, "Withdrawn"),
    ],
)
def test_title_and_heading_say_what_happened(fields, said):
    case = make_case_to_write_for(short_name="Ana")

    shown = page_of(make_letter(case, **fields))

    assert shown.title == f"{said}: your letter for Ana · Write for Rights"
    assert words(shown.one("h1")) == f"{said}: your letter for Ana"


def test_heading_takes_the_focus_after_each_act(client):
    letter = make_letter(make_case_to_write_for())

    answers = [act(client, letter, name) for name in ["post", "posted", "undo", "withdraw"]]

    assert {answer.url for answer in answers} == {f"{letter.get_absolute_url()}#now"}
    heading = page_of(letter).one("h1", id="now")
    assert heading.get("tabindex") == "-1"


def test_an_act_done_in_another_tab_before_shows_what_is_so(client):
    letter = make_letter(make_case_to_write_for(), route="post", state="ready")

    answers = [act(client, letter, "posted") for _click in range(2)]

    assert [answer.url for answer in answers] == [f"{letter.get_absolute_url()}#now"] * 2
    assert page_of(letter).title.startswith("Posted:")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, ["done: Written", "next: Choose how to send it", "not yet: Send it"]),
        (
            {"route": "post", "state": "ready"},
            ["done: Written", "done: You chose how to send it", "next: Print it and post it"],
        ),
    ],
)
def test_what_has_not_left_is_never_told_as_counted(fields, told):
    letter = make_letter(make_case_to_write_for(), **fields)

    assert steps(letter) == [*told, "not yet: Counted"]


def test_a_posted_letter_has_done_all_its_steps():
    letter = make_letter(make_case_to_write_for(), route="post", state="posted")

    assert steps(letter)[2:] == ["done: Posted", "done: Counted"]


def test_what_is_handed_in_counts_before_it_is_read():
    letter = make_letter(make_case_to_write_for(), route="deliver", state="submitted")

    assert steps(letter) == [
        "done: Written",
        "done: Handed to us",
        "done: Counted",
        "next: We read it",
        "not yet: We print it",
        "not yet: We hand it in",
    ]


@pytest.mark.parametrize("route", ["post", "deliver"])
def test_what_somebody_looks_at_first_is_not_told_as_counted(route):
    state = "posted" if route == "post" else "submitted"
    letter = make_letter(make_case_to_write_for(), route=route, state=state, needs_review=True)

    assert "not yet: Counted" in steps(letter)


@pytest.mark.parametrize("state", ["withdrawn", "rejected"])
def test_what_is_off_its_way_has_no_steps(state):
    letter = make_letter(make_case_to_write_for(), state=state, rejection_reason="Too angry.")

    assert steps(letter) == []


@pytest.mark.parametrize("make", [make_letter, make_message])
def test_what_somebody_looks_at_first_can_be_undone_and_withdrawn(client, make):
    case = make_solidarity_action(make_case_to_write_for()).case
    letter = make(case, route="post", state="posted", needs_review=True)
    assert page_of(letter).all("button", value="undo")

    act(client, letter, "undo")
    assert page_of(letter).all("button", value="withdraw")
    act(client, letter, "withdraw")

    letter.refresh_from_db()
    assert (letter.state, letter.needs_review, letter.counted_on) == ("withdrawn", True, None)


def test_the_letter_of_a_pledge_leads_back_to_it_where_the_device_remembers_the_pledge(client):
    pledge = make_pledge(make_case_to_write_for())
    letter = make_letter(pledge.case, pledge=pledge, route="post", state="posted")
    remember(client, pledge)

    links = page_of(letter, client).links

    assert pledge.get_absolute_url() in links


def test_who_was_given_the_link_to_a_letter_gets_none_to_its_pledge(client):
    pledge = make_pledge(make_case_to_write_for(slug="ana-test"))
    letter = make_letter(pledge.case, pledge=pledge, route="post", state="posted")

    shown = page_of(letter, client)

    assert pledge.key not in client.get(letter.get_absolute_url()).content.decode()
    assert any(link.startswith("/cases/ana-test/write/?pledge=") for link in shown.links)


@pytest.mark.parametrize("change", [{"number": 1}, {"state": "released"}])
def test_a_pledge_that_is_kept_or_given_back_asks_for_no_more(client, change):
    pledge = make_pledge(make_case_to_write_for(), **change)
    letter = make_letter(pledge.case, pledge=pledge, route="post", state="posted")
    remember(client, pledge)

    assert pledge.get_absolute_url() not in page_of(letter, client).links
