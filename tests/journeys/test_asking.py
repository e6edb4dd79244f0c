"""Staff ask for a change, and the answer comes back; staff leave words out, as its writer sees."""

import datetime

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from letters.models import OutgoingMail
from letters.models.email_spelling import email_hash
from tests.factories import make_case_to_write_for, make_letter
from tests.staff import make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADDRESS = "maren@example.org"
WANTED = "Please leave out the first sentence: it insults the official."


@pytest.mark.no_javascript
def test_a_moderator_asks_for_a_change_and_its_writer_hands_it_in_again(arrive):
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    letter = make_letter(
        case,
        state="submitted",
        body="You are a fool. The pastures belong to the herders.",
        email=ADDRESS,
        email_hash=email_hash(ADDRESS),
    )
    moderator, maren = arrive(javascript=False), arrive(javascript=False)
    moderator.signs_in(make_staff("moderator"))

    moderator.opens("/admin/letters/letter/desk/")
    moderator.presses("Read the first that is free")
    moderator.unfolds("Ask for a change…")
    moderator.presses("Ask for this change")
    moderator.sees("There is a problem", "Tell the writer what to change.")
    moderator.fills("In your own words", WANTED)
    moderator.presses("Ask for this change")
    moderator.sees(f"Letter {letter.pk}: its writer is asked for a change.")

    OutgoingMail.objects.update(not_before=timezone.now() - datetime.timedelta(minutes=1))
    call_command("work", once=True)
    [sent] = mail.outbox
    assert WANTED in sent.body

    maren.opens(letter.get_absolute_url())
    maren.sees("Please change: your letter for", WANTED, "You change it, and hand it in again")
    maren.presses("Change the letter")
    maren.fills("Your letter", "The pastures belong to the herders. Please ask them first.")
    maren.answers("Do you, or people close to you", "No")
    maren.presses("Next: you and your name")
    maren.ticks("I agree that you keep this")
    maren.presses("Keep the changes")
    maren.sees("The pastures belong to the herders. Please ask them first.")
    maren.presses("Hand it in again")
    maren.sees("Handed to us: your letter for", "It is the first action that counts for Ana Test.")

    moderator.opens("/admin/letters/letter/desk/")
    moderator.sees("handed in again")
    moderator.presses("Read the first that is free")
    moderator.sees("Handed in again: its writer was asked for a change.", WANTED)
    moderator.presses("Approve")
    moderator.sees(f"Letter {letter.pk} is approved.")


def test_a_moderator_leaves_words_out_that_are_selected_in_the_letter(arrive):
    body = "The herders know Ana’s sister. Please ask the herders and Ana’s sister first."
    letter = make_letter(make_case_to_write_for(), state="submitted", body=body)
    moderator, maren = arrive(), arrive()
    moderator.signs_in(make_staff("moderator"))

    moderator.opens("/admin/letters/letter/desk/")
    moderator.presses("Read the first that is free")
    moderator.unfolds("Leave words out…")
    moderator.page.evaluate(
        """() => {
            const text = document.querySelector(".sheet .words").firstChild;
            const start = text.data.lastIndexOf("Ana’s sister");
            getSelection().setBaseAndExtent(text, start, text, start + "Ana’s sister".length);
        }"""
    )
    moderator.presses("Take what is selected in the letter")
    moderator.presses("Leave them out")
    moderator.sees(
        f"Letter {letter.pk}: the words are left out.", "it could put somebody in danger"
    )
    assert list(letter.redactions.values_list("start", flat=True)) == [body.rindex("Ana’s")]

    maren.opens(letter.get_absolute_url())
    maren.sees("What we leave out, and why", "It could put somebody in danger.")
    expect(maren.page.locator(".sheet del")).to_have_text("Ana’s sister")
