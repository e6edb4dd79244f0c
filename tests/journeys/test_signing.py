"""Who signs and who follows, by the mails they get: with JavaScript, and without."""

import re

import pytest
from django.core import mail
from django.core.management import call_command

from letters.mail import links
from letters.models import EmailAddress, OutgoingMail, Signature, Throttle
from tests.factories import make_case_to_write_for, make_petition

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def links_in_the_mail() -> list[str]:
    """What the newest mail leads to, as it arrives."""
    Throttle.objects.all().delete()  # one address gets a mail every ten minutes at most
    call_command("work", once=True)
    return re.findall(r"http\S+", mail.outbox[-1].body)


@pytest.mark.supporter
def test_somebody_signs_says_yes_and_takes_it_back(arrive, javascript, still_clock):
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    make_petition(case, shows_signers=True, goal=10)
    maren = arrive(javascript)

    maren.opens("/cases/ana-test/sign/")
    maren.sees("Let the herds graze", "Be one of the first to sign")
    maren.fills("Your name", "Maren Testdal")
    maren.ticks("I agree that you keep this")
    maren.presses("Sign")
    maren.sees("There is a problem", "Type your e-mail address")
    maren.picks("The country you sign from", "Norway")
    maren.fills("E-mail", "maren@example.org")
    maren.ticks("Show my first name and country")
    maren.ticks("Tell me what happens to Ana Test")
    if not javascript:
        maren.presses("Sign")
    maren.sees("Which part of your name should appear?")
    maren.answers("Which part of your name should appear?", "Maren")
    if javascript:
        maren.sees("Your name will appear as: Maren")
    maren.presses("Sign")
    maren.is_at("Check your mailbox")
    assert OutgoingMail.objects.count() == 1
    assert Signature.objects.get().shown_name == "Maren"

    [yes, _no] = links_in_the_mail()
    at_home = arrive(javascript)
    at_home.opens(yes)
    at_home.is_at("Was this you?")
    at_home.sees("As “Maren Testdal”, Norway.", "News of the case of Ana Test")
    maren.opens("/cases/ana-test/sign/")
    maren.sees("Be one of the first to sign")
    at_home.presses("Yes, all of these were me")
    at_home.sees("Your signature counts", "You are one of the first to sign for Ana Test.")
    maren.opens("/cases/ana-test/sign/")
    maren.sees("Be one of the first to sign")  # the number is published the next day

    at_home.presses("Withdraw it")
    at_home.sees("Withdrawn: it does not count.")
    maren.opens("/cases/ana-test/sign/")
    maren.sees("Be one of the first to sign")
    at_home.presses("Sign it after all")
    at_home.sees("Done: you have signed after all")


@pytest.mark.phone
def test_it_was_somebody_else(arrive):
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    make_petition(case)
    stranger, tore = arrive(), arrive(javascript=False)

    stranger.opens("/cases/ana-test/sign/")
    stranger.fills("Your name", "Tore Testdal")
    stranger.ticks("I agree that you keep this")
    stranger.fills("E-mail", "tore@example.org")
    stranger.presses("Sign")
    stranger.is_at("Check your mailbox")
    [_yes, no] = links_in_the_mail()
    tore.opens(no)
    tore.is_at("Wasn’t it you?")
    tore.ticks("Never send a mail to this address again")
    tore.presses("It was not me: delete it")
    tore.is_at("Nothing is waiting under your address")
    tore.sees("we send no more mail to it")

    stranger.opens("/follow/")
    stranger.fills("E-mail", "tore@example.org")
    stranger.presses("Send me this news")
    stranger.is_at("Check your mailbox")
    links_in_the_mail()
    assert len(mail.outbox) == 1
    assert EmailAddress.objects.get().email == ""
    assert not Signature.objects.exists()


@pytest.mark.supporter
def test_somebody_follows_and_has_enough_of_it(arrive, javascript):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    olu = arrive(javascript)

    olu.opens("/cases/ana-test/follow/")
    olu.fills("E-mail", "olu@example.org")
    olu.presses("Send me this news")
    olu.is_at("Check your mailbox")
    [yes, _no] = links_in_the_mail()
    olu.opens(yes)
    olu.presses("Yes, this was me")
    olu.sees("News of the case of Ana Test", "One mail for each change.")

    email_address = EmailAddress.objects.get()
    links.keep_to_stop([email_address])
    olu.opens(links.to_stop(email_address))
    olu.is_at("Stop the news?")
    olu.presses("Stop all news")
    olu.is_at("The news is stopped")
    olu.opens(yes)
    olu.presses("Start this news again")
    olu.sees("One mail for each change.")
