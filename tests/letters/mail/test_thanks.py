"""Thank-yous: for all that was done on one day, one mail on the next morning, to who agreed."""

import datetime
import re

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.models import Case
from letters.delivery import moderation
from letters.mail import messages, outbox
from letters.models import EmailAddress, Letter, MailedLink, OutgoingMail, Signature
from letters.models.email_spelling import email_hash
from letters.privacy import erasure, personal_data
from tests.factories import make_case_to_write_for, make_letter, make_petition
from tests.letters.mail.reading import unwrapped
from tests.letters.sending import act, say_yes, send_letter, sign, state_of

pytestmark = pytest.mark.usefixtures("counts_hold")

NOON = datetime.datetime(2025, 12, 3, 11, tzinfo=datetime.UTC)
ADDRESS = "sam@example.org"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def _at_noon(clock):
    pass


def ready(case: Case | None = None, email: str = ADDRESS, **fields) -> Letter:
    """A letter that can be posted, of somebody who wants to be thanked at an address of theirs."""
    fields = {
        "state": "ready",
        "route": "post",
        "wants_news": True,
        "email": email,
        "email_hash": email_hash(email),
        "email_proven_on": timezone.localdate(),
    } | fields
    return make_letter(case or make_case_to_write_for(display_name="Ana Test"), **fields)


def work(clock, day: int, hour: int = 12) -> list[str]:
    """What arrives until then, on that day of December."""
    before = len(mail.outbox)
    moment = datetime.datetime(2025, 12, day, hour, tzinfo=datetime.UTC)
    while timezone.now() < moment:
        clock.move_to(min(moment, timezone.now() + datetime.timedelta(hours=3)))
        outbox.send_due()
    return [unwrapped(one.body) for one in mail.outbox[before:]]


def test_all_letters_of_a_day_are_thanked_for_in_one_mail_the_next_morning(client, clock):
    letters = [ready(make_case_to_write_for(display_name=name)) for name in ["Ana Test", "Bo Test"]]
    for letter in letters:
        act(client, letter, "posted")
    assert work(clock, day=4, hour=5) == []

    [body] = work(clock, day=10)

    assert body.count("Thank you!") == 1
    assert "about a letter for Ana Test and 1 more." in body
    assert "- your letter for Ana Test - your letter for Bo Test" in body
    assert "You get it because you asked for it on testserver." in body
    [sent] = mail.outbox
    assert sent.subject == "Write for Rights: thank you"
    stop = re.findall(r"http\S+/stop/\S+", body)
    assert sent.extra_headers["List-Unsubscribe"] == f"<{stop[0]}>"
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_second_day_is_thanked_for_by_another_mail(client, clock):
    act(client, ready(make_case_to_write_for(display_name="Ana Test")), "posted")
    first = work(clock, day=4)
    act(client, ready(make_case_to_write_for(display_name="Bo Test")), "posted")
    act(client, ready(make_case_to_write_for(display_name="Cy Test")), "posted")

    [second] = work(clock, day=6)

    assert ["your letter for Ana Test" in body for body in first] == [True]
    assert "Ana Test" not in second
    assert "- your letter for Bo Test - your letter for Cy Test" in second


def test_two_languages_are_two_mails_and_not_on_one_day(client, clock):
    case = make_case_to_write_for()
    act(client, ready(case), "posted")
    act(client, ready(case, page_language="fr"), "posted")

    assert len(work(clock, day=4, hour=23)) == 1
    [second] = work(clock, day=6)
    assert "Merci !" in second.replace("\u202f", " ")


def freeze(how: str) -> None:
    Case.objects.update(freeze=how, freeze_reason="A test.")


SPOILED = {
    "its writer did not tick it": lambda letter: Letter.objects.update(wants_news=False),
    "its address is not proven": lambda letter: Letter.objects.update(email_proven_on=None),
    "it was not posted after all": lambda letter: act(Client(), letter, "undo"),
    "its case was paused": lambda letter: freeze("paused"),
    "its case was hidden": lambda letter: freeze("hidden"),
    "its case was withdrawn": lambda letter: freeze("withdrawn"),
    "it was erased": lambda letter: erasure.erase_letters(Letter.objects.all()),
    "it was found not to be valid": lambda letter: moderation.invalidate(Letter.objects.all()),
    "it has another address": lambda letter: Letter.objects.update(email_hash="other"),
    "its address is blocked": lambda letter: EmailAddress.objects.create(
        key="k", email_hash=letter.email_hash, blocked_on=timezone.localdate(), created_at=NOON
    ),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED.keys())
def test_nobody_is_thanked_if(client, clock, spoil):
    letter = ready()
    act(client, letter, "posted")
    assert state_of(letter) == "posted"

    spoil(letter)

    assert work(clock, day=5) == []
    assert not OutgoingMail.objects.filter(sent_at=None).exists()
    freeze("none")
    assert work(clock, day=8) == []


def test_who_posts_it_again_after_all_is_thanked_once(client, clock):
    letter = ready()
    for name in ["posted", "undo", "posted", "posted"]:
        letter.refresh_from_db()
        act(client, letter, name)

    assert len(work(clock, day=6)) == 1
    letter.refresh_from_db()
    act(client, letter, "undo")
    act(client, letter, "posted")
    assert work(clock, day=9) == []


def test_a_thank_you_can_be_asked_for_after_it_was_posted_and_taken_back(client, clock):
    letter = ready(wants_news=False)
    act(client, letter, "posted")
    page = client.get(letter.get_absolute_url()).content.decode()
    assert "Mail me a thank-you, and tell me what happens next" in page

    act(client, letter, "news")
    assert "You get a thank-you by mail" in client.get(letter.get_absolute_url()).content.decode()
    assert OutgoingMail.objects.count() == 1
    act(client, letter, "no-news")
    assert work(clock, day=5) == []

    act(client, letter, "news")
    assert len(work(clock, day=7)) == 1


def test_the_box_is_there_for_every_way_and_not_without_an_address(client):
    case = make_case_to_write_for()
    send_letter(client, case, email=ADDRESS)
    with_address = Letter.objects.get()
    send_letter(client, case)
    without = Letter.objects.exclude(pk=with_address.pk).get()
    for letter in [with_address, without]:
        act(client, letter, "post", posted_from="GB", wants_news="on")

    wants = [Letter.objects.get(pk=one.pk).wants_news for one in [with_address, without]]

    assert wants == [True, False]
    page = client.get(without.get_absolute_url()).content.decode()
    assert "Mail me a thank-you" not in page


def test_thanks_do_not_go_along_with_other_mail(client, clock):
    letter = ready()
    act(client, letter, "posted")
    clock.move_to(datetime.datetime(2025, 12, 4, 8, 1, tzinfo=datetime.UTC))
    messages.queue_letter_link(letter)

    outbox.send_due()
    work(clock, day=4, hour=12)

    subjects = [one.subject for one in mail.outbox]
    assert subjects == [
        "Write for Rights: your link (Ana Test)",
        "Write for Rights: thank you",
    ]


def test_a_worker_that_is_killed_sends_no_second_one(client, clock):
    act(client, ready(make_case_to_write_for(display_name="Ana Test")), "posted")
    act(client, ready(make_case_to_write_for(display_name="Bo Test")), "posted")
    clock.move_to(datetime.datetime(2025, 12, 4, 9, tzinfo=datetime.UTC))

    # The first has claimed them when it is killed.
    first = OutgoingMail.objects.due()[0]
    assert len(outbox._claim(first, outbox.USUAL)) == 2
    assert outbox.send_due() == 0

    assert len(work(clock, day=8)) == 1


# --- signatures


def signed(client: Client, **fields) -> EmailAddress:
    petition = make_petition(make_case_to_write_for(display_name="Ana Test"))
    sign(client, petition, email=ADDRESS, **fields)
    return EmailAddress.objects.get()


def test_who_ticks_it_is_thanked_for_a_signature_once_it_is_confirmed(client, clock):
    email_address = signed(client, wants_thanks="on")
    work(clock, day=3, hour=13)
    assert not OutgoingMail.objects.filter(kind="thanks-signed").exists()

    say_yes(client, email_address)

    [body] = work(clock, day=6)
    assert "Thank you! This is what you did:\n\n- the petition for Ana Test" in body


def test_the_box_is_not_ticked_and_who_leaves_it_is_not_thanked(client, clock):
    email_address = signed(client)
    page = client.get(reverse("letters:signature", args=[Case.objects.get().slug]))
    assert re.findall(r'<input[^>]*name="wants_thanks"[^>]*>', page.content.decode())
    assert not page.context["form"]["wants_thanks"].value()
    work(clock, day=3, hour=13)

    say_yes(client, email_address)

    assert work(clock, day=6) == []


@pytest.mark.parametrize("how", ["withdrawn", "frozen", "erased", "stopped"])
def test_nobody_is_thanked_for_a_signature_that_is(client, clock, how):
    email_address = signed(client, wants_thanks="on")
    work(clock, day=3, hour=13)
    say_yes(client, email_address)
    signature = Signature.objects.get()

    if how == "withdrawn":
        act(client, email_address, "withdraw", what=f"signature-{signature.pk}")
    elif how == "frozen":
        freeze("paused")
    elif how == "erased":
        erasure.erase_signatures(Signature.objects.all())
    else:
        client.post(f"{email_address.get_absolute_url()}not-me/", {"block": "on"})

    assert work(clock, day=6) == []
    assert not OutgoingMail.objects.filter(kind="thanks-signed").exists()


def test_letters_and_signatures_of_a_day_are_in_one_mail(client, clock):
    email_address = signed(client, wants_thanks="on")
    work(clock, day=3, hour=13)
    say_yes(client, email_address)
    act(client, ready(Case.objects.get()), "posted")

    [body] = work(clock, day=6)

    assert "the petition for Ana Test" in body
    assert "your letter for Ana Test" in body
    assert body.count("/stop/") == 1


# --- no more


def stop_link() -> str:
    [link] = re.findall(r"http://testserver(\S+/stop/\S+|/stop/\S+)", mail.outbox[-1].body)
    return link


@pytest.mark.parametrize("by_mail_program", [True, False])
def test_the_link_in_the_first_mail_ends_them(client, clock, by_mail_program):
    case = make_case_to_write_for(display_name="Ana Test")
    first, second = ready(case), ready(case)
    act(client, first, "posted")
    work(clock, day=4)
    act(client, second, "posted")
    link = stop_link()

    page = client.get(link)
    assert "Stop these mails?" in page.content.decode()
    assert "Ana Test" not in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert Letter.objects.filter(wants_news=True).count() == 2

    strict = Client(enforce_csrf_checks=True)
    form = {"List-Unsubscribe": "One-Click"} if by_mail_program else {}
    answers = [strict.post(link, form).status_code for _twice in range(2)]

    assert answers == [200 if by_mail_program else 302] * 2
    assert not Letter.objects.filter(wants_news=True).exists()
    assert "These mails are stopped" in client.get(link).content.decode()
    assert work(clock, day=9) == []


def test_the_link_ends_those_for_signatures_too(client, clock):
    email_address = signed(client, wants_thanks="on")
    work(clock, day=3, hour=13)
    say_yes(client, email_address)
    work(clock, day=5)

    client.post(stop_link())

    assert not Signature.objects.get().wants_thanks
    assert Signature.objects.get().state == "confirmed"


def test_the_link_opens_nothing_else(client, clock):
    act(client, ready(), "posted")
    work(clock, day=5)
    key = stop_link().rstrip("/").rpartition("/")[2]

    assert client.get(reverse("letters:mailed", args=[key])).status_code == 404
    assert client.get(reverse("letters:mailed-not-me", args=[key])).status_code == 404


# --- what is kept


def test_what_was_asked_for_is_told_and_erased(client, clock):
    email_address = signed(client, wants_thanks="on")
    act(client, ready(Case.objects.get()), "posted")
    work(clock, day=3, hour=13)
    say_yes(client, email_address)
    told = personal_data.export(email_hash(ADDRESS))
    assert told["signatures"][0]["wants_thanks"] is True
    assert told["letters"][0]["wants_news"] is True
    kinds = {one["kind"] for one in told["mails"]}
    assert {"thanks-posted", "thanks-signed"} <= kinds

    erasure.erase_letters(Letter.objects.all())
    erasure.erase_signatures(Signature.objects.all())

    assert not Signature.objects.get().wants_thanks
    assert not Letter.objects.get().wants_news
    assert not OutgoingMail.objects.filter(kind__startswith="thanks").exists()
    erasure.erase_expired()  # the address, once nothing hangs on it
    assert not MailedLink.objects.exists()
