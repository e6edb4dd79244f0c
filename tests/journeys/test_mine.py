"""Found again without an account: on the device, as a link, and by mail."""

import re

import pytest
from django.core import mail
from django.core.management import call_command

from letters.models import Letter, Pledge
from tests.browser import Visitor
from tests.factories import make_case_to_write_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

ADDRESS = "maren@example.org"


def writes(visitor: Visitor, slug: str) -> None:
    visitor.opens(f"/cases/{slug}/write/?start=model")
    visitor.answers("Do you, or people close to you", "No")
    visitor.presses("Next: you and your name")
    visitor.presses("See it as a letter")
    visitor.presses("Post it myself")


@pytest.mark.supporter
def test_a_promise_of_a_stall_is_found_again_kept_and_put_under_an_address(arrive, javascript):
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    maren = arrive(javascript)

    maren.opens("/cases/ana-test/pledge/")
    maren.fills("How many letters?", "3")
    maren.presses("Make the pledge")
    maren.sees("This device remembers it")
    writes(maren, "ana-test")
    writes(maren, "ana-test")

    maren.opens("/")
    maren.presses("Mine")
    maren.sees("3 letters for Ana Test", "0 of 3 on their way", "Ready to send")
    for nr in range(2):
        maren.page.get_by_label("A letter for Ana Test").nth(nr).check()
    maren.presses("I have sent them")
    maren.sees("2 letters are marked as sent", "Posted. It counts.")
    maren.presses("Undo: not sent after all")
    maren.does_not_see("marked as sent")
    maren.sees("Ready to send")
    maren.page.get_by_label("A letter for Ana Test").first.check()
    maren.presses("I have sent them")
    maren.sees("1 letter is marked as sent")

    maren.fills("E-mail", ADDRESS)
    maren.presses("Send me the link")
    maren.sees("Check your mailbox")
    call_command("work", once=True)
    [link] = re.findall(r"http\S+/mine/\S+", mail.outbox[0].body)
    maren.opens(link)
    maren.sees("We hold nothing under this address.", "On this device, without an address")
    maren.ticks("I agree that you keep this")
    maren.presses("Put what is ticked under this address")
    maren.sees(f"All that we hold under {ADDRESS}.", "3 letters for Ana Test")
    assert Pledge.objects.get().email_proven_on
    assert [letter.email for letter in Letter.objects.all()] == [ADDRESS] * 2

    phone = arrive(javascript)
    phone.opens(link)
    phone.sees("3 letters for Ana Test", "Posted. It counts.")
    phone.presses("Keep all of this on this device")
    phone.opens("/mine/")
    phone.sees("3 letters for Ana Test")
    phone.presses("Forget everything on this device")
    phone.sees("This device remembers nothing yet.")
    assert case.letters.count() == 2


@pytest.mark.phone
def test_a_list_goes_to_another_device_as_a_link_and_a_tablet_of_many_keeps_nothing(
    arrive, javascript
):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    maren, tablet = arrive(javascript), arrive(javascript)
    writes(maren, "ana-test")

    maren.opens("/mine/")
    maren.presses("The list as a link")
    maren.sees("Mine, as a link", "A letter for Ana Test")
    link = maren.page.url

    tablet.opens("/mine/")
    tablet.presses("Keep nothing on this device")
    tablet.sees("This device keeps nothing that is done on it.")
    writes(tablet, "ana-test")
    tablet.sees("This device keeps nothing")
    tablet.opens("/mine/")
    tablet.does_not_see("Ana Test")
    tablet.presses("Keep a list on this device again")
    tablet.opens(link)
    tablet.presses("Keep it on this device")
    tablet.is_at("Done: this device remembers it")
    tablet.sees("A letter for Ana Test")
