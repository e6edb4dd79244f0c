"""What a link in a mail opens, and what not: mails are passed on, mistyped and read by others."""

import datetime
import hmac
import re

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from cases.encryption import urlsafe
from letters.actions import email_addresses, pledges
from letters.actions import erasure as erasure_actions
from letters.mail import bounces, links, outbox, reminders
from letters.models import (
    BounceKind,
    EmailAddress,
    Letter,
    MailedLink,
    MailKind,
    OutgoingMail,
    Pledge,
    Undeliverable,
)
from letters.models.email_spelling import email_hash
from letters.privacy import erasure
from tests.factories import (
    make_case_to_write_for,
    make_edition,
    make_email_address,
    make_follow,
    make_letter,
    make_message,
    make_petition,
    make_pledge,
    make_signature,
)
from tests.letters.sending import (
    act,
    ask_to_be_told,
    letter_form,
    send_letter,
    send_pledge,
    sign,
    signed,
)
from tests.letters.stored import everything
from tests.staff import text

pytestmark = pytest.mark.usefixtures("counts_hold")

DAY = datetime.timedelta(days=1)
KIM = "kim@example.org"
SAM = {"email": "sam@example.org", "email_hash": email_hash("sam@example.org")}


def mailed() -> list[str]:
    """The links of the newest mail."""
    call_command("work", once=True)
    return re.findall(r"http://testserver(/\S+)", mail.outbox[-1].body)


def test_a_link_to_a_mistyped_address_shows_nothing_that_was_typed(client):
    case = make_case_to_write_for()
    send_letter(client, case, email="wrong@example.org", name="Zora Tester", place="Testville")
    letter = Letter.objects.get()
    [link] = mailed()

    response = client.get(link)

    page = text(response)
    assert "Was this you?" in page
    assert response["Cache-Control"] == "no-store, private"
    for typed in ["Zora", "Testville", "pastures", letter.key, "wrong@example.org"]:
        assert typed not in page


def test_no_takes_the_address_off_and_leaves_the_letter_to_its_writer(client):
    send_letter(client, make_case_to_write_for(), email="wrong@example.org")
    letter = Letter.objects.get()
    [link] = mailed()

    response = client.post(link, {"act": "not-mine"}, follow=True)

    assert "Your address is removed" in text(response)
    letter.refresh_from_db()
    assert (letter.email, letter.email_hash) == ("", "")
    assert client.get(letter.get_absolute_url()).status_code == 200
    assert client.get(link).status_code == 404
    assert not OutgoingMail.objects.exists()
    assert client.post(link, {"act": "mine"}).status_code == 404


@pytest.mark.parametrize("send", [send_letter, send_pledge])
def test_yes_opens_the_private_page_and_pressing_twice_is_fine(client, send):
    send(client, make_case_to_write_for(), email="sam@example.org")
    thing = (Letter if send is send_letter else Pledge).objects.get()
    [link] = mailed()

    for _again in range(2):
        assert client.post(link, {"act": "mine"}).url == thing.get_absolute_url()
    assert client.post(link, {}).url == link


@pytest.mark.parametrize("send", [send_letter, send_pledge])
def test_yes_proves_the_address_and_opening_the_link_does_not(client, send):
    send(client, make_case_to_write_for(), email="sam@example.org")
    things = Letter.objects.all() if send is send_letter else Pledge.objects.all()
    [link] = mailed()

    client.get(link)
    opened = things.get().email_proven_on
    client.post(link, {"act": "mine"})
    proven = things.get().email_proven_on
    with time_machine.travel(timezone.now() + DAY):
        client.post(link, {"act": "mine"})

    assert opened is None
    assert proven == timezone.localdate()
    assert things.get().email_proven_on == proven


def test_another_address_is_not_proven_by_the_one_before(client):
    send_letter(client, make_case_to_write_for(), email="sam@example.org")
    client.post(mailed()[0], {"act": "mine"})
    letter = Letter.objects.get()

    def proven_after(**fields):
        client.post(letter.get_absolute_url() + "edit/", letter_form(**fields))
        return Letter.objects.get().email_proven_on

    assert proven_after(email="sam@example.org", subject="Of the pastures") is not None
    assert proven_after(email="sam+herds@example.org") is None  # who knows where that goes
    assert proven_after(email="sam@example.org") is None


@pytest.mark.parametrize("make", [make_letter, make_pledge])
def test_a_proof_goes_with_its_address(make):
    thing = make(email="sam@example.org", email_hash=email_hash("sam@example.org"))
    email_addresses.prove_address(thing)

    email_addresses.take_address_off(thing)
    email_addresses.prove_address(thing)

    thing.refresh_from_db()
    assert thing.email_proven_on is None


@pytest.mark.parametrize("make", [make_letter, make_message, make_pledge])
def test_no_says_that_the_address_is_removed_however_often_it_is_pressed(client, make):
    link = links.to_thing(make(**SAM)).removeprefix("http://testserver")

    for _again in range(2):
        response = client.post(link, {"act": "not-mine"}, follow=True)
        assert "Your address is removed" in text(response)


def test_a_pledge_link_names_nothing_typed_and_can_be_refused(client):
    case = make_case_to_write_for()
    send_pledge(client, case, email="wrong@example.org", name="Zora Tester", group="Class 7")
    [link] = mailed()
    page = text(client.get(link))
    assert "Somebody pledged to write" in page
    assert "Zora" not in page
    assert "Class 7" not in page

    client.post(link, {"act": "not-mine"})

    assert Pledge.objects.get().email == ""


@pytest.mark.parametrize("make", [make_letter, make_pledge])
def test_what_an_address_was_taken_off_knows_it_no_more(make):
    thing = make(email="wrong@example.org", email_hash=email_hash("wrong@example.org"))

    email_addresses.take_address_off(thing)

    assert (thing.email, thing.email_hash) == ("", "")


def test_a_corrected_address_ends_the_link_that_was_mailed_to_the_wrong_one(client):
    send_letter(client, make_case_to_write_for(), email="wrong@example.org")
    letter = Letter.objects.get()
    [wrong] = mailed()

    client.post(f"{letter.get_absolute_url()}edit/", letter_form(email="right@example.org"))

    assert client.get(wrong).status_code == 404
    with time_machine.travel(timezone.now() + DAY):
        [right] = mailed()
        assert client.get(right).status_code == 200
    assert wrong != right


def test_a_link_to_confirm_works_for_fourteen_days_and_for_all_that_its_page_does(client):
    petition = make_petition()
    sign(client, petition)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        page, not_me = mailed()
        clock.shift(14 * DAY - DAY / 24)
        seen = client.get(page).context["seen"]
        assert client.get(not_me).status_code == 200
        response = client.post(page, {"act": "confirm", "seen": seen})
        assert response.url == EmailAddress.objects.get().get_absolute_url() + "#now"
        assert signed(petition.case) == 1

        clock.shift(DAY / 12)
        for link in [page, not_me]:
            response = client.get(link)
            assert response.status_code == 404
            assert "This link no longer works" in text(response)
        assert client.post(page, {"act": "end-all"}).status_code == 404
        erasure.erase_expired()
        assert not MailedLink.objects.exists()


@pytest.mark.parametrize("waited", [0, 1, 7, 12.9, 13, 13.1, 14, 14.9])
@pytest.mark.parametrize("other", [False, True], ids=["the same again", "something else as well"])
def test_a_link_to_confirm_works_for_as_long_as_its_mail_says(client, waited, other):
    """All that it tells of can be confirmed until then, though it was asked for earlier."""
    petition = make_petition()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sign(client, petition)
        clock.shift(waited * DAY)
        if other:
            ask_to_be_told(client)
        else:
            sign(client, petition)
        outbox.send_due()
        said = mail.outbox[-1].body
        days = int(re.search(r"works for (\d+) days", said)[1])
        link = re.search(r"http://testserver(/mail/\S+/)\n", said)[1]
        clock.shift(days * DAY - datetime.timedelta(minutes=1))
        erasure.erase_expired()

        assert 2 <= days <= 14
        page = client.get(link)
        assert page.status_code == 200
        assert petition.case.display_name in text(page)
        act = {"act": "confirm", "seen": page.context["seen"]}
        client.post(link, act)
        assert signed(petition.case) == 1


def test_it_was_not_me_works_by_the_mailed_link(client):
    sign(client, make_petition())
    _page, not_me = mailed()

    response = client.post(not_me, {"block": "on"})

    assert response.url == not_me
    assert EmailAddress.objects.get().blocked_on
    assert "And we send no more mail to it" in text(client.get(not_me))


def stop_link(email_address: EmailAddress) -> str:
    links.keep_to_stop([email_address])
    return links.to_stop(email_address).removeprefix("http://testserver")


@pytest.mark.parametrize("kind", ["of its own", "of an earlier mail"])
def test_a_link_that_ends_news_shows_and_does_nothing_else(kind):
    email_address = make_email_address("sam@example.org")
    signature = make_signature(email_address=email_address, name="Zora Tester")
    follow = make_follow(signature.petition.case, email_address=email_address)
    earlier = f"/mailboxes/{email_address.key}/stop/"
    link = stop_link(email_address) if kind == "of its own" else earlier
    client = Client(enforce_csrf_checks=True)

    before = text(client.get(link))
    client.post(link, {"act": "erase"})
    after = text(client.get(link))

    for page in [before, after]:
        assert email_address.key not in page.replace(earlier, "")
        assert "Zora" not in page
        assert signature.petition.case.display_name not in page
    follow.refresh_from_db()
    signature.refresh_from_db()
    assert (follow.state, signature.state) == ("ended", "confirmed")


def test_the_key_that_ends_news_opens_no_other_page(client):
    email_address = make_email_address("sam@example.org")
    key = stop_link(email_address).split("/")[-2]

    for page in ["mailboxes/{}/", "mailboxes/{}/erase/", "mailboxes/{}/not-me/", "mail/{}/"]:
        assert client.get(f"/{page.format(key)}").status_code == 404
    assert client.get(f"/mail/{key}/not-me/").status_code == 404


def test_the_key_of_one_kind_of_link_does_not_stop_news(client):
    sign(client, make_petition())
    page, _not_me = mailed()

    assert client.post(f"/stop/{page.split('/')[-2]}/").status_code == 404


def test_links_are_kept_as_hashes_and_go_with_what_they_open(client):
    send_letter(client, make_case_to_write_for(), email="sam@example.org")
    send_pledge(client, make_case_to_write_for(), email="kim@example.org")
    sign(client, make_petition(), email="ana@example.org")
    call_command("work", once=True)
    keys = re.findall(r"/mail/([\w-]{22})/", "".join(message.body for message in mail.outbox))
    assert len(set(keys)) == 3

    stored = everything("letters_")
    assert not [key for key in keys if key in stored]
    erasure.erase_letters(Letter.objects.all())
    erasure.erase_pledges(Pledge.objects.all())
    erasure_actions.erase_email_addresses(EmailAddress.objects.all())

    assert not MailedLink.objects.exists()


def test_opening_links_changes_nothing(client):
    send_letter(client, make_case_to_write_for(), email="sam@example.org", follow="on")
    found = mailed()
    assert len(found) == 3
    before = everything("letters_")

    for link in found:
        for _nr in range(3):
            assert client.get(link).status_code == client.head(link).status_code == 200

    assert everything("letters_") == before


def test_links_keep_the_word_of_mails_from_before_an_address_had_its_name():
    email_address = make_email_address()

    key = links.to_thing(email_address).rstrip("/").rpartition("/")[2]

    sent = f"mailed-link\0mailbox\0{email_address.key}\0{email_address.email_hash}".encode()
    digest = hmac.digest(settings.SECRET_KEY.encode(), sent, "sha256")
    assert key == urlsafe(digest[:16])
    link = MailedLink.objects.by_key(key).get()
    assert (link.purpose, link.about) == ("mailbox", f"mailbox:{email_address.pk}")


# --- links that stop mails


def stop_in_headers() -> str:
    """As a mail program finds it in the headers of the newest mail."""
    header = mail.outbox[-1].extra_headers["List-Unsubscribe"]
    return header.removeprefix("<http://testserver").removesuffix(">")


def one_click(link: str) -> int:
    return Client().post(link, {"List-Unsubscribe": "One-Click"}).status_code


def reminded(**fields) -> Pledge:
    """A pledge whose day was the day before yesterday: its writer is reminded today."""
    today = timezone.localdate()
    due = {"next_reminder_on": today, "due_on": today - reminders.AFTER_ITS_DAY}
    asked = {"wants_reminders": True, "email_proven_on": today}
    long_ago = {"created_at": timezone.now() - 40 * DAY}
    return make_pledge(make_case_to_write_for(), **due | asked | long_ago | SAM | fields)


@pytest.mark.parametrize("how", ["erased", "given another address"])
def test_a_link_that_stops_reminders_works_as_long_as_others_remind_its_address(client, how):
    first, second = reminded(), reminded(next_reminder_on=None)
    reminders.queue_batch()
    with time_machine.travel(timezone.now() + DAY):
        outbox.send_due()
    link = stop_in_headers()

    if how == "erased":
        client.post(f"{first.get_absolute_url()}erase/")
    else:
        change = {"email": KIM, "email_hash": email_hash(KIM), "consent_version": ""}
        pledges.change_address(first, **change)
    looked = client.get(link).status_code
    clicked = one_click(link)

    assert (looked, clicked) == (200, 200)
    assert not Pledge.objects.get(pk=second.pk).wants_reminders


def test_a_link_that_ends_thanks_works_after_the_letter_of_its_mail_was_erased(client):
    case = make_case_to_write_for()
    own = SAM | {"wants_news": True, "email_proven_on": timezone.localdate()}
    first, second = [make_letter(case, state="ready", route="post", **own) for _nr in range(2)]
    act(client, first, "posted")
    with time_machine.travel(timezone.now() + 2 * DAY):
        outbox.send_due()
    link = stop_in_headers()

    client.post(f"{first.get_absolute_url()}erase/")

    assert one_click(link) == 200
    assert not Letter.objects.get(pk=second.pk).wants_news


def test_links_that_stop_mails_go_with_the_last_thing_of_their_address(client):
    things = [reminded(), reminded(next_reminder_on=None)]
    letter = make_letter(make_case_to_write_for(), **SAM)
    reminders.queue_batch()
    with time_machine.travel(timezone.now() + DAY):
        outbox.send_due()
    link = stop_in_headers()

    for thing in [*things, letter]:
        assert client.get(link).status_code == 200
        client.post(f"{thing.get_absolute_url()}erase/")

    assert client.get(link).status_code == 404
    assert not MailedLink.objects.exists()
    assert email_hash("sam@example.org") not in everything()


def test_what_came_back_goes_with_the_last_thing_of_its_address(client):
    letter, pledge = make_letter(make_case_to_write_for(), **SAM), make_pledge(**SAM)
    address = make_email_address()
    bounces.note(address.email_hash, BounceKind.HARD)

    left = []
    for thing in [letter, pledge, address]:
        client.post(f"{thing.get_absolute_url()}erase/")
        left.append(Undeliverable.objects.count())

    assert left == [1, 1, 0]


def test_an_address_that_is_erased_takes_all_its_mails_along(client):
    address = make_email_address()
    make_follow(edition=make_edition(2025), email_address=address)
    for kind in [MailKind.YEAR, MailKind.CONFIRM]:
        OutgoingMail.objects.create(
            about=links.about(address),
            kind=kind,
            to=address.email,
            to_hash=address.email_hash,
            created_at=timezone.now(),
            not_before=timezone.now(),
        )

    client.post(f"{address.get_absolute_url()}erase/")

    assert not OutgoingMail.objects.exists()
    assert address.email_hash not in everything()
