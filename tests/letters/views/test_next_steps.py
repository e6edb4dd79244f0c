"""What is offered on the page of something that was done: what can be done next."""

import datetime

import pytest
from django.test import Client

from cases.models import Case
from letters.models import Letter, Pledge
from tests.factories import (
    make_case_to_write_for,
    make_edition,
    make_letter,
    make_message,
    make_petition,
    make_pledge,
    make_post,
    make_solidarity_action,
)
from tests.reading import page, words

pytestmark = pytest.mark.django_db


def next_steps(letter: Letter) -> list[str]:
    shown = page(Client().get(letter.get_absolute_url()))
    steps = shown.all("section", **{"aria-labelledby": "next-steps"})
    return [words(link) for section in steps for link in section.iter("a")]


def make_ana(**fields) -> Case:
    return make_case_to_write_for(display_name="Ana Test", **fields)


def test_after_a_letter_one_tells_others_does_more_for_the_person_and_goes_on_to_the_next():
    ana = make_ana()
    make_petition(ana)
    make_solidarity_action(ana)
    make_case_to_write_for(display_name="Ben Test", slug="ben-test")

    steps = next_steps(make_letter(ana, route="post", state="posted"))

    assert steps == [
        "Tell others about Ana Test",
        "Sign the petition for Ana Test",
        "Next person: Ben Test",
    ]


def test_after_a_message_a_letter_is_offered():
    ana = make_ana()
    make_solidarity_action(ana)

    steps = next_steps(make_message(ana, route="post", state="posted"))

    assert steps == ["Tell others about Ana Test", "Write a letter for Ana Test"]


@pytest.mark.parametrize(
    "change",
    [
        {"freeze": "paused", "freeze_reason": "A threat"},
        {"stage": "closed"},
        {"consent_ends_on": datetime.date(2020, 1, 1)},
    ],
)
def test_nothing_more_is_offered_for_a_case_that_takes_no_actions(change):
    ana = make_ana()
    make_petition(ana)
    make_solidarity_action(ana)
    make_case_to_write_for(display_name="Ben Test")
    posted = make_letter(ana, route="post", state="posted")
    Case.objects.filter(pk=ana.pk).update(**change)

    assert next_steps(posted) == ["Next person: Ben Test"]


@pytest.mark.parametrize("change", [{"sharing_allowed": False}, {"listed": False}])
def test_sharing_is_not_offered_where_it_is_not_allowed(change):
    posted = make_letter(make_ana(**change), route="post", state="posted")

    assert next_steps(posted) == []


@pytest.mark.parametrize(
    "change",
    [
        {"listed": False},
        {"stage": "draft"},
        {"stage": "closed"},
        {"freeze": "paused", "freeze_reason": "A threat"},
        {"freeze": "hidden", "freeze_reason": "A threat"},
        {"consent_ends_on": datetime.date(2020, 1, 1)},
    ],
)
def test_nobody_is_the_next_person_who_is_not_to_be_written_for(change):
    posted = make_letter(make_ana(), route="post", state="posted")
    make_case_to_write_for(display_name="Ben Test", **change)

    assert next_steps(posted) == ["Tell others about Ana Test"]


@pytest.mark.parametrize(
    ("opens_on", "name"),
    [(datetime.date(2020, 1, 1), "Eva Test"), (datetime.date(2999, 1, 1), "Ben Test")],
)
def test_the_next_person_is_of_the_current_edition_whichever_the_letter_was_for(opens_on, name):
    posted = make_letter(make_ana(sharing_allowed=False), route="post", state="posted")
    make_case_to_write_for(display_name="Ben Test")
    newer = make_edition(2999, opens_on=opens_on)
    make_case_to_write_for(display_name="Eva Test", edition=newer)

    assert next_steps(posted) == [f"Next person: {name}"]


def test_the_next_letter_of_a_pledge_stays_in_its_edition():
    ana = make_ana(sharing_allowed=False)
    pledge = make_pledge(ana, number=3)
    Pledge.objects.filter(pk=pledge.pk).update(case=None)
    posted = make_letter(ana, pledge=pledge, route="post", state="posted")
    make_case_to_write_for(display_name="Ben Test")
    newer = make_edition(2999, opens_on=datetime.date(2020, 1, 1))
    make_case_to_write_for(display_name="Eva Test", edition=newer)

    assert next_steps(posted) == ["Next letter of the pledge: for Ben Test"]


@pytest.mark.parametrize("make", [make_letter, make_message, make_post])
def test_what_is_a_next_step_is_not_offered_once_more_below(make):
    ana = make_ana()
    make_petition(ana)
    make_solidarity_action(ana)
    route = {} if make is make_post else {"route": "post", "state": "posted"}
    done = make(ana, **route)

    links = page(Client().get(done.get_absolute_url())).one("main").iter("a")
    of_ana = [link.get("href") for link in links if f"/cases/{ana.slug}/" in link.get("href")]

    for name in ("share", "sign", "solidarity", "write", "follow"):
        offered = [link for link in of_ana if link.split("?")[0].endswith(f"/{name}/")]
        assert len(offered) <= 1, name
    assert f"/cases/{ana.slug}/follow/" in of_ana
