"""What comes back: which mails still leave to an address, and who is told."""

import datetime
from smtplib import SMTPRecipientsRefused

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.urls import reverse
from django.utils import timezone

from letters.actions import email_addresses, erasure
from letters.mail import bounces, outbox
from letters.mail.pace import domain_of
from letters.models import BounceKind, EmailAddress, OutgoingMail, Undeliverable
from letters.models.email_spelling import email_hash
from letters.privacy import limits, personal_data
from letters.privacy.erasure import erase_expired
from tests.factories import make_case_to_write_for, make_letter, make_petition, make_pledge
from tests.letters.mail.test_outbox import make_mail
from tests.letters.sending import say_yes, send_letter, sign, token
from tests.reading import page, words
from tests.staff import signed_in, text

pytestmark = pytest.mark.django_db

SAM = "sam@example.org"
HARD, SOFT, COMPLAINT = BounceKind.HARD, BounceKind.SOFT, BounceKind.COMPLAINT
DAY = datetime.timedelta(days=1)


def came_back(kind: BounceKind, days: int = 1, email: str = SAM) -> None:
    """On so many days, the last of them today."""
    for ago in reversed(range(days)):
        with time_machine.travel(timezone.now() - ago * DAY, tick=False):
            bounces.note(email_hash(email), kind)


def sent(email: str = SAM) -> int:
    outbox.send_due()
    return len([message for message in mail.outbox if message.to == [email]])


def ask_for_link(client, email: str = SAM) -> None:
    client.post(reverse("letters:mine-by-mail"), {"token": token(), "email": email})


@pytest.mark.parametrize("kind", [HARD, COMPLAINT])
def test_nothing_goes_to_an_address_that_has_no_mailbox_or_reported_spam(kind):
    came_back(kind)
    make_mail(SAM, kind="letter-rejected")
    make_mail("other@example.org")

    assert sent() == 0
    assert sent("other@example.org") == 1
    assert not OutgoingMail.objects.filter(sent_at=None).exists()


def test_after_a_hard_bounce_one_mail_a_day_that_somebody_asked_for_is_tried(client):
    came_back(HARD)
    make_mail(SAM)
    assert sent() == 1

    with time_machine.travel(timezone.now() + datetime.timedelta(hours=2), tick=False):
        make_mail(SAM)
        assert sent() == 1
        assert OutgoingMail.objects.filter(sent_at=None).count() == 1
        came_back(HARD)  # the first one, too

    with time_machine.travel(timezone.now() + datetime.timedelta(hours=25), tick=False):
        assert sent() == 2


def test_a_mail_that_was_tried_again_and_did_not_come_back_opens_the_way(client):
    came_back(HARD)
    make_mail(SAM)
    assert sent() == 1

    with time_machine.travel(timezone.now() + 3 * DAY, tick=False):
        make_mail(SAM, kind="letter-rejected")
        assert bounces.stop_of(email_hash(SAM)) is None


def test_a_mail_that_was_tried_again_and_came_back_stops_it_anew():
    came_back(HARD)
    make_mail(SAM)
    assert sent() == 1
    came_back(HARD)

    with time_machine.travel(timezone.now() + 3 * DAY, tick=False):
        assert bounces.stop_of(email_hash(SAM)) is not None


def test_not_even_a_link_that_is_asked_for_goes_to_who_reported_spam(client):
    came_back(COMPLAINT)

    ask_for_link(client)

    assert OutgoingMail.objects.count() == 1  # made all the same: nobody sees a difference
    assert sent() == 0
    assert OutgoingMail.objects.count() == 0


def test_mails_that_could_not_be_delivered_on_five_days_wait_for_a_week():
    came_back(SOFT, days=4)
    make_mail(SAM)
    assert sent() == 1
    came_back(SOFT)
    assert Undeliverable.objects.get().number == 4  # it is still the same day

    with time_machine.travel(timezone.now() + DAY, tick=False):
        came_back(SOFT)
        make_mail(SAM)
        assert sent() == 1
        waits = OutgoingMail.objects.get(sent_at=None)
        assert waits.not_before == timezone.now() + 7 * DAY

    with time_machine.travel(timezone.now() + 8 * DAY, tick=False):
        assert sent() == 2


def test_soft_bounces_of_more_than_two_weeks_are_not_added_up():
    for days in [0, 4, 8, 12, 16]:
        with time_machine.travel(timezone.now() + days * DAY, tick=False):
            came_back(SOFT)

    assert Undeliverable.objects.get().stopped_until is None


def test_what_is_worse_stays():
    came_back(COMPLAINT)
    came_back(HARD)
    came_back(SOFT)
    came_back(HARD, email="other@example.org")
    came_back(SOFT, days=5, email="other@example.org")

    kinds = dict(Undeliverable.objects.values_list("email_hash", "kind"))
    assert kinds == {email_hash(SAM): COMPLAINT, email_hash("other@example.org"): HARD}


class NoSuchMailbox(EmailBackend):
    answer = (550, b"5.1.1 <sam@example.org>: User unknown")

    def send_messages(self, messages):
        raise SMTPRecipientsRefused({messages[0].to[0]: self.answer})


class OursIsRefused(NoSuchMailbox):
    answer = (550, b"5.7.1 Service unavailable; Client host [203.0.113.7] blocked using a list")


class Later(NoSuchMailbox):
    answer = (450, b"4.2.0 Greylisted")


def test_a_mail_that_is_refused_because_there_is_no_mailbox_is_not_tried_again(settings, caplog):
    settings.EMAIL_BACKEND = "tests.letters.mail.test_bounces.NoSuchMailbox"
    make_mail(SAM)

    outbox.send_due()

    assert OutgoingMail.objects.count() == 0
    assert Undeliverable.objects.get().kind == HARD
    assert "sam@" not in caplog.text


@pytest.mark.parametrize("backend", ["OursIsRefused", "Later"])
def test_a_mail_that_is_refused_for_another_reason_is_tried_again(settings, backend):
    settings.EMAIL_BACKEND = f"tests.letters.mail.test_bounces.{backend}"
    make_mail(SAM)

    outbox.send_due()

    assert OutgoingMail.objects.get().not_before > timezone.now()
    assert not Undeliverable.objects.exists()


def test_reports_go_to_the_address_for_them_and_answers_to_ours(settings):
    settings.BOUNCE_ADDRESS = "bounces@example.org"
    settings.DEFAULT_FROM_EMAIL = "Write for Rights <letters@example.org>"
    make_mail(SAM)

    outbox.send_due()

    [message] = mail.outbox
    assert message.from_email == "bounces@example.org"  # of the envelope
    assert message.message()["From"] == "Write for Rights <letters@example.org>"
    assert message.message().get_all("From") == ["Write for Rights <letters@example.org>"]


# --- the owner


def test_who_uses_a_mailed_link_gets_mails_again():
    letter = make_letter(make_case_to_write_for(), email=SAM, email_hash=email_hash(SAM))
    came_back(HARD)

    email_addresses.prove_address(letter)

    assert not Undeliverable.objects.exists()


def test_who_uses_a_mailed_link_gets_no_mail_that_they_reported_as_spam():
    letter = make_letter(make_case_to_write_for(), email=SAM, email_hash=email_hash(SAM))
    came_back(COMPLAINT)

    email_addresses.prove_address(letter)

    assert bounces.stop_of(email_hash(SAM)) is not None


def said(client, thing) -> str:
    return " ".join(client.get(thing.get_absolute_url()).content.decode().split())


@pytest.mark.parametrize("make", [make_letter, make_pledge])
def test_the_private_page_says_that_mails_came_back(client, make):
    thing = make(make_case_to_write_for(), email=SAM, email_hash=email_hash(SAM))
    assert "We also mail a link to this page" in said(client, thing)

    came_back(HARD)

    assert "the mailbox does not exist" in said(client, thing)
    assert "We also mail a link to this page" not in said(client, thing)
    assert reverse("letters:mine-by-mail") in said(client, thing)


def test_the_private_page_says_until_when_mails_wait(client):
    letter = make_letter(make_case_to_write_for(), email=SAM, email_hash=email_hash(SAM))

    came_back(SOFT, days=5)

    assert "could not be delivered. We will try again from" in said(client, letter)


def test_nobody_learns_by_typing_an_address_what_became_of_earlier_mails(client):
    came_back(HARD)
    with time_machine.travel(timezone.now() + DAY, tick=False):
        letter = make_letter(make_case_to_write_for(), email=SAM, email_hash=email_hash(SAM))

        assert "We also mail a link to this page" in said(client, letter)


def test_that_a_mail_was_reported_as_spam_is_said_to_the_proven_owner_alone(client):
    letter = make_letter(make_case_to_write_for(), email=SAM, email_hash=email_hash(SAM))
    came_back(COMPLAINT)
    assert "spam" not in said(client, letter)

    letter.email_proven_on = timezone.localdate()
    letter.save()

    assert "was reported as spam" in said(client, letter)


def test_the_list_on_the_device_says_where_mails_came_back(client):
    case = make_case_to_write_for()
    came_back(HARD)  # before: of that nothing is said
    with time_machine.travel(timezone.now() + DAY, tick=False):
        send_letter(client, case, email=SAM)
        mine = reverse("letters:mine")
        assert "Mails to its address came back" not in text(client.get(mine))

        came_back(HARD)

        assert "Mails to its address came back" in text(client.get(mine))


@pytest.mark.parametrize("kind", [HARD, COMPLAINT])
def test_the_list_says_of_a_signature_too_that_mails_to_its_address_came_back(client, kind):
    sign(client, make_petition(), email=SAM)
    address = EmailAddress.objects.get()
    say_yes(client, address)
    assert "came back" not in text(client.get(reverse("letters:mine")))

    came_back(kind)

    assert "Mails to its address came back" in text(client.get(reverse("letters:mine")))
    assert "Keep the link to this page." in text(client.get(address.get_absolute_url()))


def test_of_several_things_under_an_address_one_that_may_be_told_is_enough():
    own = {"email": SAM, "email_hash": email_hash(SAM)}
    case = make_case_to_write_for()
    proven = make_letter(case, email_proven_on=timezone.localdate(), **own)
    unproven = make_letter(case, **own)
    came_back(COMPLAINT)

    told = [bounces.told_of(things) for things in ([proven, unproven], [unproven, proven])]

    assert [list(one) for one in told] == [[email_hash(SAM)]] * 2
    assert bounces.told_of([unproven]) == {}


# --- what is kept


def test_what_came_back_is_told_to_who_asks_for_their_data_and_erased_with_it():
    came_back(HARD)

    [row] = personal_data.export(email_hash(SAM))["undeliverable"]
    gone = erasure.erase_person(email_hash(SAM))

    assert row["kind"] == HARD
    assert email_hash(SAM) not in str(row)
    assert gone["undeliverable"] == 1
    assert not Undeliverable.objects.exists()


def test_a_report_of_spam_outlasts_erasure_as_a_block_does():
    came_back(COMPLAINT)

    erasure.erase_person(email_hash(SAM))

    assert bounces.stop_of(email_hash(SAM)) is not None


@pytest.mark.parametrize(
    ("kind", "keep_for"),
    [
        (HARD, limits.KEEP_UNDELIVERABLE_FOR),
        (COMPLAINT, limits.KEEP_BLOCKS_FOR),
        (SOFT, datetime.timedelta(days=21)),
    ],
)
def test_that_mails_came_back_is_forgotten_in_its_time(kind, keep_for):
    came_back(kind)

    with time_machine.travel(timezone.now() + keep_for, tick=False):
        erase_expired()
        assert Undeliverable.objects.count() == 1
    with time_machine.travel(timezone.now() + keep_for + DAY, tick=False):
        erase_expired()
        assert Undeliverable.objects.count() == 0


# --- staff


def test_staff_see_numbers_by_day_and_provider_and_no_address():
    bounces.note(email_hash("sam@gmail.com"), HARD, domain_of("sam@gmail.com"))
    bounces.note(email_hash("kim@gmail.com"), COMPLAINT, domain_of("kim@gmail.com"))
    bounces.note(email_hash("olu@small.example"), HARD, domain_of("olu@small.example"))

    response = signed_in("moderator").get(reverse("admin:letters_undeliverable_changelist"))

    shown = text(response)
    assert "No mail goes to 3 addresses now." in shown
    rows = [words(row) for row in page(response).all("tr")]
    assert "gmail.com 1 0 1" in rows
    assert "all others 1 0 0" in rows
    assert "@" not in shown
    assert "small" not in shown


def test_the_first_page_says_when_many_came_back():
    for number in range(19):
        came_back(HARD, email=f"sam{number}@example.org")
    staff = signed_in("moderator")
    assert "addresses to which mails came back" not in text(staff.get(reverse("admin:index")))

    came_back(HARD, email="one.more@example.org")

    shown = text(staff.get(reverse("admin:index")))
    assert "20 addresses to which mails came back since yesterday" in shown


def test_staff_let_mails_go_again_to_an_owner_who_asks_for_it():
    came_back(COMPLAINT)
    staff = signed_in("safety")
    url = reverse("admin:letters_datarequest_changelist")
    found = staff.post(url, {"email": SAM})
    assert "No mail goes to this address" in text(found)

    again = reverse("admin:letters_datarequest_send_again")
    done = staff.post(again, {"person": found.context["person"]}, follow=True)

    assert "Mails go to that address again." in text(done)
    assert bounces.stop_of(email_hash(SAM)) is None
