"""Eight cases in a row, the details typed once."""

import re

import pytest
from django.core import mail
from django.core.management import call_command
from playwright.sync_api import expect

from cases.models import Case, Petition, SolidarityAction
from letters.models import Letter, Signature
from tests.factories import make_case_to_write_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]
CASES = 8
MAX_CLICKS = MAX_LOADS = 12  # for eight signatures


@pytest.fixture
def cases() -> list[Case]:
    """Each has an official to write to, a petition and somebody to send a message to."""
    cases = [make_case_to_write_for(display_name=f"Person {nr} Test") for nr in range(1, CASES + 1)]
    for case in cases:
        Petition.objects.create(case=case, title="No building", text="Build nothing there, please.")
        SolidarityAction.objects.create(
            case=case,
            recipient="Test Person",
            postal="2 Invented Street",
            postal_country="NO",
            address_visibility="public",
        )
    return cases


@pytest.mark.supporter
def test_eight_signatures_cost_few_clicks_and_few_pages(arrive, javascript, cases):
    sam = arrive(javascript)
    sam.page.set_viewport_size({"width": 360, "height": 740})
    loads: list[str] = []
    sam.page.on("domcontentloaded", lambda page: loads.append(page.url))
    clicks = 2  # the box and the button of the first; the rest of it is typed and chosen

    sam.opens("/take-all/")
    picture_or_name = sam.page.get_by_role("heading", level=1).bounding_box()
    assert picture_or_name["y"] < 740
    sam.fills("Your name", "Sam Tester")
    sam.picks("The country you sign from", "Norway")
    sam.fills("E-mail", "sam@example.org")
    sam.ticks("I agree that you keep this")
    sam.presses("Sign, then the next person")
    for number, case in enumerate(cases[1:], 2):
        sam.is_at(case.display_name)
        sam.sees(f"{number} of {CASES}", "Signing as Sam Tester, Norway")
        button = sam.control("Sign" if number == CASES else "Sign, then the next person")
        assert button.bounding_box()["y"] < 740
        button.click()
        clicks += 1

    sam.is_at("Thank you")
    sam.has_focus_on("now")
    sam.sees("You: 8 signatures.", "open the mail that we sent you")
    assert clicks <= MAX_CLICKS
    assert len(loads) <= MAX_LOADS, loads
    assert Signature.objects.count() == CASES


@pytest.mark.phone
def test_who_comes_next_to_a_shared_device_finds_no_draft_of_what_was_sent(arrive, cases):
    sam, [case, *_others] = arrive(), cases
    sam.opens(f"/take-all/{case.slug}/letter/?start=blank")
    sam.fills("Your letter", "I write to you as a nurse. Please build nothing there.")
    sam.answers("Do you, or people close to you, live in Norway", "No")
    sam.presses("Next: you and your name")
    sam.presses("Post it myself")
    sam.is_at(case.display_name)

    sam.waits_until("localStorage.length === 0")
    sam.opens(f"/cases/{case.slug}/write/?start=blank")
    expect(sam.field("Your letter")).to_have_value("")


@pytest.mark.phone
def test_somebody_goes_through_eight_cases_and_types_their_details_once(arrive, javascript, cases):
    sam = arrive(javascript)
    sam.opens("/take-all/")
    sam.fills("Your name", "Sam Tester")
    sam.fills("E-mail", "sam@example.org")
    sam.ticks("I agree that you keep this")
    sam.presses("Sign, then the next person")

    for number, case in enumerate(cases[1:], 2):
        sam.sees(f"{number} of {CASES}", case.display_name)
        if number == CASES:
            sam.presses(f"Skip {case.display_name}")
            continue
        sam.presses(f"Write a letter for {case.display_name}")
        sam.answers("Do you, or people close to you, live in Norway", "No")
        sam.presses("Next: you and your name")
        if number == 2:
            sam.ticks("I agree that you keep this")
        sam.presses("Post it myself" if number == 2 else "Hand it to the campaign")
        if number == 3:
            sam.presses("Send words of support")
            sam.fills("Your message", "You are not forgotten.")
            sam.answers("Do you, or people close to you, live in Norway", "No")
            sam.presses("Next: you and your name")
            sam.presses("Hand it to the campaign")
        sam.presses("Sign, then the next person")

    sam.is_at("Thank you")
    sam.sees("You: 6 letters, 7 signatures, 1 message.", "skipped", "Print it (PDF)")
    sam.sees("1 of them is still to be posted")
    assert Letter.objects.filter(kind="appeal").count() == 6
    assert {letter.name for letter in Letter.objects.all()} == {"Sam Tester"}
    assert Signature.objects.filter(state="unconfirmed").count() == 7

    call_command("work", once=True)
    [sent] = mail.outbox  # one, for all that waits, with the links to all that was written
    assert sent.body.count("the private link to your") == 7
    sam.opens(re.search(r"http\S+", sent.body)[0])
    sam.presses("Yes, all of these were me")
    sam.sees("Your 7 signatures count")
    assert Signature.objects.filter(state="confirmed").count() == 7

    sam.opens("/take-all/done/")
    sam.presses("Forget me")
    expect(sam.field("Your name")).to_have_value("")
