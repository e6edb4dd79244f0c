import datetime
import logging

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.utils import timezone

from letters import emails, erasing, outbox
from letters.encryption import email_hash
from letters.models import Letter, OutgoingMail, Throttle
from tests.factories import make_letter, make_pledge

pytestmark = pytest.mark.usefixtures("counts_hold")

NO_LETTER = 10**9
MINUTE, DAY = datetime.timedelta(minutes=1), datetime.timedelta(days=1)


def make_mail(to: str = "sam@example.org", **fields) -> OutgoingMail:
    """A mail that waits in the outbox."""
    fields = {
        "about": f"letter:{NO_LETTER + OutgoingMail.objects.count()}",
        "kind": "letter-link",
        "to": to,
        "to_hash": email_hash(to),
        "subject": "Your private link",
        "body": "Good day.\n",
        "created_at": timezone.now(),
        "not_before": timezone.now(),
    } | fields
    return OutgoingMail.objects.create(**fields)


class Refusing(EmailBackend):
    """A mail server that takes no mail, and says to whom the mail was."""

    def send_messages(self, messages):
        raise ConnectionRefusedError(f"could not send to {messages[0].to}")


class Absent(EmailBackend):
    """A mail server that nobody reaches."""

    def open(self):
        raise ConnectionRefusedError("sam@example.org")


@pytest.fixture
def down(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"


def test_a_due_mail_is_sent_once():
    make_mail()

    assert outbox.send_due() == 1
    assert outbox.send_due() == 0

    assert [message.to for message in mail.outbox] == [["sam@example.org"]]
    assert OutgoingMail.objects.get().sent_at is not None


def test_a_mail_says_that_a_machine_sent_it_and_tells_nothing():
    letter = make_letter(email="sam@example.org", name="Sam Tester", subject="A secret subject")
    letter.email_hash = email_hash(letter.email)
    emails.queue_letter_link(letter)

    outbox.send_due()

    [message] = mail.outbox
    made = message.message()
    assert made["Auto-Submitted"] == "auto-generated"
    assert made["Content-Language"] == "en"
    assert made.get_content_type() == "text/plain"
    assert made["Subject"] == "Your private link"
    assert f"http://testserver{letter.get_absolute_url()}" in message.body
    for typed in ["Sam Tester", "secret", letter.case.display_name, letter.body[:20]]:
        assert typed not in message.body + message.subject


@pytest.mark.parametrize("kind", ["letter-link", "pledge-link", "letter-rejected"])
def test_each_mail_reads_like_a_letter(kind):
    letter, pledge = make_letter(email="a@example.org"), make_pledge(email="a@example.org")
    queue = {
        "letter-link": lambda: emails.queue_letter_link(letter),
        "pledge-link": lambda: emails.queue_pledge_link(pledge),
        "letter-rejected": lambda: emails.queue_rejection(letter),
    }

    queue[kind]()

    body = OutgoingMail.objects.get(kind=kind).body
    assert body.startswith("Good day,\n\n")
    assert body.endswith("\nWrite for Rights\n")
    assert "http://testserver/" in body
    assert "\n\n\n" not in body
    assert "&" not in body


def test_a_mail_is_in_the_language_of_its_page():
    letter = make_letter(email="a@example.org", page_language="fr")

    emails.queue_letter_link(letter)

    assert f"http://testserver/fr/letters/{letter.key}/" in OutgoingMail.objects.get().body


def test_a_mail_is_queued_once_for_a_thing():
    letter = make_letter(email="a@example.org")

    emails.queue_letter_link(letter)
    emails.queue_letter_link(letter)

    assert OutgoingMail.objects.count() == 1


def test_without_address_nothing_is_queued():
    emails.queue_letter_link(make_letter(email=""))

    assert not OutgoingMail.objects.exists()


def test_a_failed_mail_is_tried_again_later_and_later_and_then_given_up(down, caplog):
    waiting = make_mail()
    waits = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _try in range(outbox.MOST_TRIES):
            assert outbox.send_due() == 0
            waiting.refresh_from_db()
            waits.append((waiting.not_before - timezone.now()) // MINUTE)
            clock.move_to(waiting.not_before)

        assert waits[:7] == [5, 10, 20, 40, 80, 160, 320]
        assert waiting.given_up_at is not None
        assert outbox.send_due() == 0

    assert [record.levelname for record in caplog.records] == ["WARNING"] * 7 + ["ERROR"]
    assert "sam@example.org" not in caplog.text
    assert "ConnectionRefusedError" in caplog.text


def test_while_no_server_answers_no_mail_uses_up_a_try(settings, caplog):
    make_mail()
    settings.EMAIL_BACKEND = f"{__name__}.Absent"
    for _again in range(3):
        assert outbox.send_due() == 0
    waiting = OutgoingMail.objects.get()
    assert (waiting.attempts, waiting.given_up_at) == (0, None)

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert outbox.send_due() == 1

    assert [record.getMessage() for record in caplog.records] == [
        "The mail server can't be used, all mails wait: ConnectionRefusedError"
    ]


def test_a_mail_that_failed_reaches_its_address_within_the_limits(down, settings):
    waiting = make_mail()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        outbox.send_due()
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        clock.shift(5 * MINUTE)

        assert outbox.send_due() == 1

    waiting.refresh_from_db()
    assert waiting.attempts == 2


def test_one_address_gets_one_mail_in_ten_minutes_and_three_a_day():
    for address in ["sam@gmail.com", "S.a.m@gmail.com", "sam+1@googlemail.com", "SAM@gmail.com"]:
        make_mail(address)
    make_mail("other@example.org")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        begun = timezone.now()
        sent = {}
        while OutgoingMail.objects.filter(sent_at=None).exists():
            if number := outbox.send_due():
                sent[(timezone.now() - begun) // MINUTE] = number
            clock.shift(MINUTE)

    # The first and the other's at once, the next ten minutes later each, the fourth a day later.
    assert sent == {0: 2, 10: 1, 20: 1, 24 * 60: 1}


def test_erasing_and_writing_anew_does_not_get_around_the_limits():
    for _again in range(2):
        letter = make_letter(email="sam@example.org", email_hash=email_hash("sam@example.org"))
        emails.queue_letter_link(letter)
        outbox.send_due()
        erasing.erase_letters(Letter.objects.all())

    assert len(mail.outbox) == 1


def test_the_whole_site_sends_so_many_an_hour_and_raises_an_alarm_once(caplog):
    with time_machine.travel(timezone.now().replace(minute=10), tick=False) as clock:
        few = outbox.Pace(most_an_hour=3)
        for nr in range(5):
            make_mail(f"sam{nr}@example.org")
        assert outbox.send_due(few) == 3
        assert outbox.send_due(few) == 0
        clock.shift(60 * MINUTE)
        assert outbox.send_due(few) == 2

    alarms = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [alarm.getMessage() for alarm in alarms] == [
        "3 mails left in this hour, the others wait. Is it a flood?"
    ]


def test_a_claimed_mail_is_nobody_elses_until_its_lease_is_over():
    waiting = make_mail()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert outbox._claim(waiting, outbox.USUAL) is True
        waiting_as_another_read_it = OutgoingMail(
            pk=waiting.pk, attempts=0, not_before=waiting.not_before, to_hash=waiting.to_hash
        )
        assert outbox._claim(waiting_as_another_read_it, outbox.USUAL) is False
        assert outbox.send_due() == 0

        clock.shift(5 * MINUTE)
        assert outbox.send_due() == 1


def test_a_mail_that_kills_its_worker_every_time_is_given_up(caplog):
    waiting = make_mail(attempts=outbox.MOST_TRIES)

    assert outbox.send_due() == 0

    waiting.refresh_from_db()
    assert waiting.given_up_at is not None
    assert "the worker was stopped while it tried" in caplog.text
    assert mail.outbox == []


def test_a_mail_that_nobody_can_decrypt_holds_up_no_other(settings, caplog):
    make_mail("lost@example.org")
    settings.ENCRYPTION_KEYS = ["bm90IHRoZSBrZXkgdGhhdCB3YXMgdXNlZCBiZWZvcmU="]
    make_mail("sam@example.org")

    assert outbox.send_due() == 1

    assert "Unreadable" in caplog.text


def test_a_header_can_not_be_smuggled_in_by_an_address():
    make_mail('"x\\\r\nBcc: all@example.org"@example.org')

    outbox.send_due()

    assert mail.outbox == []


def test_the_message_id_stays_the_same_for_every_try():
    make_mail()

    first = outbox.message_id(OutgoingMail.objects.get())
    OutgoingMail.objects.update(attempts=3, not_before=timezone.now())

    assert outbox.message_id(OutgoingMail.objects.get()) == first
    assert first.endswith("@testserver>")
    assert first != outbox.message_id(make_mail("other@example.org"))


def test_the_limits_keep_no_address():
    make_mail("sam@example.org")

    outbox.send_due()

    assert Throttle.objects.count() == 3  # of the site, of ten minutes, of the day
    assert "sam" not in "".join(Throttle.objects.values_list("key", flat=True))


def test_work_once_sends_and_erases():
    make_mail()
    old = make_letter(changed_at=timezone.now() - 31 * DAY)

    call_command("work", "--once")

    assert len(mail.outbox) == 1
    assert not Letter.objects.filter(pk=old.pk).exists()
