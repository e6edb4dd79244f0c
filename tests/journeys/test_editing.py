"""Editors at a long form: two at once, one who is signed out, and one who leaves it."""

import datetime

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, Demand
from tests.factories import make_case
from tests.staff import PASSWORD, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def change(case: Case) -> str:
    return reverse("admin:cases_case_change", args=[case.pk])


def test_two_editors_of_one_case_choose_field_by_field(arrive, javascript):
    case = make_case(headline="Old headline", summary="Old summary")
    Demand.objects.create(case=case, text="Free her sister", position=1)
    edith, emil = arrive(javascript), arrive(javascript)
    for person, name in [(edith, "edith"), (emil, "emil")]:
        person.signs_in(make_staff("editor", username=name))
        person.opens(change(case))
    edith.fills("Headline", "Edith’s headline")
    edith.page.locator("[name=demands-0-text]").fill("Free her")
    edith.presses("Save")
    edith.sees("was changed successfully")

    emil.fills("Headline", "Emil’s headline")
    emil.fills("Summary", "Emil’s summary")
    emil.page.locator("[name=demands-0-text]").fill("Free her sister at once")
    emil.presses("Save")

    emil.is_at("Somebody else has saved this too")
    emil.sees("Now stored, by edith", "Edith’s headline")
    assert Case.objects.get().headline == "Edith’s headline"
    headline = emil.page.get_by_role("group", name="Headline")
    headline.get_by_label("Keep what I typed").check()
    demand = emil.page.get_by_role("group", name="Demand")
    demand.get_by_label("Keep what is stored now").check()
    emil.presses("Save with these choices")

    emil.sees("was changed successfully")
    case.refresh_from_db()
    assert (case.headline, case.summary) == ("Emil’s headline", "Emil’s summary")
    assert case.demands.get().text == "Free her"


def test_text_typed_in_a_session_that_ended_is_saved_after_signing_in(arrive, javascript):
    case = make_case(headline="Old headline")
    edith = arrive(javascript)
    edith.signs_in(make_staff("editor", username="edith"))
    edith.opens(change(case))
    edith.fills("Headline", "Typed for an hour")
    Session.objects.update(expire_date=timezone.now() - datetime.timedelta(minutes=1))

    edith.presses("Save")
    edith.sees("What you typed is kept")
    edith.fills("Username", "edith")
    edith.fills("Password", PASSWORD)
    edith.presses("Sign in")
    edith.is_at("What you typed is still here")
    assert Case.objects.get().headline == "Old headline"
    edith.presses("Save what I typed")

    edith.sees("was changed successfully")
    assert Case.objects.get().headline == "Typed for an hour"


def test_leaving_a_changed_form_asks(arrive):
    case = make_case(headline="Old headline")
    edith = arrive()
    edith.signs_in(make_staff("editor"))
    asked = []
    edith.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    edith.opens(change(case))
    edith.opens("/admin/")
    assert asked == []

    edith.opens(change(case))
    edith.fills("Headline", "Changed")
    edith.opens("/admin/")
    assert asked == ["beforeunload"]

    edith.opens(change(case))
    edith.fills("Headline", "Changed")
    edith.presses("Save")
    edith.sees("was changed successfully")
    assert asked == ["beforeunload"]


def test_leaving_asks_for_what_was_typed_while_the_page_loaded(arrive):
    case = make_case(headline="Old headline")
    edith = arrive()
    edith.signs_in(make_staff("editor"))
    asked = []
    edith.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    with edith.on_a_slow_line("unsaved.js"):
        edith.page.goto(edith.site + change(case), wait_until="commit")
        edith.page.get_by_label("Headline").first.click()
        edith.types("Typed at once")
    edith.opens("/admin/")

    assert asked == ["beforeunload"]


@pytest.mark.parametrize(("ticks", "expected"), [(True, ["beforeunload"]), (False, [])])
def test_leaving_asks_only_for_what_was_ticked_while_the_page_loaded(arrive, ticks, expected):
    case = make_case(listed=True)
    edith = arrive()
    edith.signs_in(make_staff("editor"))
    asked = []
    edith.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    with edith.on_a_slow_line("unsaved.js"):
        edith.page.goto(edith.site + change(case), wait_until="commit")
        if ticks:
            edith.page.get_by_label("Listed").uncheck()
        else:
            edith.page.get_by_label("Headline").first.click()
    edith.opens("/admin/")

    assert asked == expected


def test_errors_of_a_long_form_take_the_focus_and_lead_to_their_fields(arrive):
    case = make_case(headline="Old headline")
    edith = arrive()
    edith.signs_in(make_staff("editor"))
    edith.page.on("dialog", lambda dialog: dialog.accept())
    edith.opens(change(case))

    edith.fills("Headline", "")
    edith.presses("Save")
    edith.sees("There is a problem")
    edith.has_focus_on("error-summary")
    edith.presses("Headline: This field is required.")

    edith.has_focus_on("id_headline")
