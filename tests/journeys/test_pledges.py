"""A promise that is kept, from a stall on: in a real browser, with JavaScript and without."""

import re

import pytest
from django.core import mail
from django.core.management import call_command

from cases.models import Case
from tests.factories import make_case_to_write_for
from tests.letters.sending import everyone
from tests.staff import make_staff

pytestmark = [
    pytest.mark.browser,
    pytest.mark.supporter,
    pytest.mark.django_db(transaction=True),
]


def test_a_school_promises_many_and_keeps_what_it_can(arrive, javascript):
    ana = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    make_case_to_write_for(display_name="Ben Test", slug="ben-test")
    maren, mia = arrive(javascript), arrive(javascript)

    maren.opens("/cases/ana-test/pledge/")
    maren.fills("How many letters?", "80")
    maren.presses("Make the pledge")
    maren.is_at("Your pledge: 80 letters for Ana Test")
    maren.sees("So many letters! Somebody from the campaign will have a friendly look")
    promise = maren.page.url.partition("#")[0]
    maren.fills("How many have you posted?", "12")
    maren.presses("I have posted them")
    maren.sees("12 written by hand wait for a look.")
    assert everyone(ana) == 0

    mia.signs_in(make_staff("moderator"))
    mia.opens("/admin/")
    mia.presses("1 big pledge waits for a friendly look, and an answer")
    mia.presses("waits for an answer")
    mia.presses("Make it smaller")
    mia.sees("There is a problem", "Say why: its writer reads it.")
    mia.fills("How many letters, if it is made smaller?", "20")
    mia.fills("A sentence to its writer", "Twenty are plenty: promise more when you are done.")
    mia.ticks("Let what was written by hand for it count, too")
    mia.presses("Make it smaller")
    mia.sees("Its writer reads your answer.", "12 no longer need review.")

    maren.opens(promise)
    maren.is_at("Your pledge: 20 letters for Ana Test")
    maren.sees("Twenty are plenty: promise more when you are done.", "12 are on their way.")
    assert everyone(ana) == 12

    maren.fills("E-mail", "maren@example.org")
    maren.ticks("I agree that you keep this")
    maren.presses("Mail me the link")
    maren.sees("It is not confirmed yet")
    call_command("work", once=True)
    [sent] = mail.outbox
    assert sent.to == ["maren@example.org"]
    maren.opens(re.search(r"http\S+", sent.body)[0])
    maren.presses("Yes, open it")

    Case.objects.filter(pk=ana.pk).update(stage="closed")
    maren.opens(promise)
    maren.sees("Your e-mail address is confirmed.", "We no longer ask for letters for Ana Test.")
    maren.presses("Write for somebody else instead")
    maren.sees("Done: you can write for anyone now", "Write for Ben Test")
    maren.unfolds("Another day, fewer letters")
    maren.fills("How many letters do you want to pledge now, in total?", "11")
    maren.presses("Cancel a part")
    maren.sees("There is a problem", "You have already started 12 letters: you can’t pledge fewer.")
    maren.fills("How many letters do you want to pledge now, in total?", "13")
    maren.presses("Cancel a part")
    maren.sees("1 is still to be written")
    maren.presses("Write for Ben Test")
    maren.is_at("Write for Ben Test")
