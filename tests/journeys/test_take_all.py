"""Eight cases in a row, the details typed once."""

import re

import pytest
from django.core import mail
from django.core.management import call_command
from playwright.sync_api import expect

from cases.models import Case, Petition, SolidarityAction
from letters.models import Letter, Signature
from tests.factories import make_case_to_write_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CASES = 8


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


def test_somebody_goes_through_eight_cases_and_types_their_details_once(arrive, javascript, cases):
    sam = arrive(javascript)
    sam.opens("/take-all/")
    sam.fills("Your name", "Sam Tester")
    sam.ticks("I agree that you keep this")
    sam.fills("E-mail", "sam@example.org")
    sam.presses("Begin")

    for number, case in enumerate(cases, 1):
        sam.sees(f"Case {number} of {CASES}", case.display_name)
        if number == CASES:
            sam.presses("Skip this case")
            continue
        sam.presses("Write the letter")
        sam.presses("Post it myself" if number == 1 else "Hand it to the campaign")
        sam.presses("Read and sign")
        sam.presses("Sign")
        if number == 2:
            sam.presses("Write a message")
            sam.fills("Your message", "You are not forgotten.")
            sam.presses("Hand it to the campaign")
        sam.presses("Next case")

    sam.is_at("Thank you")
    sam.sees("You: 7 letters, 7 signatures, 1 message.", "skipped", "Print it (PDF)")
    sam.sees("1 of them is still to be posted")
    assert Letter.objects.filter(kind="appeal").count() == 7
    assert {letter.name for letter in Letter.objects.all()} == {"Sam Tester"}
    assert Signature.objects.filter(state="unconfirmed").count() == 7

    call_command("work", once=True)
    [sent] = mail.outbox  # one, for all that waits, with the links to all that was written
    assert sent.body.count("the private link to your") == 8
    sam.opens(re.search(r"http\S+", sent.body)[0])
    sam.presses("Yes, all of these were me")
    sam.sees("Your 7 signatures count")
    assert Signature.objects.filter(state="confirmed").count() == 7

    sam.opens("/take-all/")
    sam.presses("Forget me")
    expect(sam.field("Your name")).to_have_value("")
