import datetime
import logging
import re
from smtplib import SMTPServerDisconnected

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from cases.models import Case
from letters.mail import messages, outbox
from letters.mail.pace import domain_of
from letters.models import Letter, OutgoingMail, Priority, Throttle
from letters.models.email_spelling import deliverable, email_hash
from letters.privacy import erasure
from tests.factories import make_letter, make_pledge, make_signature

pytestmark = pytest.mark.usefixtures("counts_hold")

MINUTE, DAY = datetime.timedelta(minutes=1), datetime.timedelta(days=1)


def make_mail(to: str = "sam@example.org", **fields) -> OutgoingMail:
    """A mail that waits in the outbox, with the link to a letter."""
    to_hash = fields.get("to_hash") or email_hash(to)
    to = to if "to_hash" in fields else deliverable(to)
    letter = make_letter(Case.objects.first(), email=to, email_hash=to_hash)
    fields = {
        "about": f"letter:{letter.pk}",
        "kind": "letter-link",
        "to": to,
        "to_hash": to_hash,
        "domain": domain_of(to),
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


def letter_of(email: str, **fields) -> Letter:
    return make_letter(email=email, email_hash=email_hash(email), **fields)


def links_in(body: str) -> list[str]:
    return re.findall(r"http://testserver(/\S+)", body)


def test_a_mail_says_that_a_machine_sent_it_and_its_subject_not_who_took_part():
    letter = letter_of("sam@example.org", name="Sam Tester", subject="A secret subject")
    messages.queue_letter_link(letter)

    outbox.send_due()

    [message] = mail.outbox
    made = message.message()
    assert made["Auto-Submitted"] == "auto-generated"
    assert made["Content-Language"] == "en"
    assert made.get_content_type() == "text/plain"
    assert made["Subject"] == f"Write for Rights: your link ({letter.case.display_name})"
    assert f"your letter for {letter.case.display_name}:" in message.body
    for typed in ["Sam Tester", "secret", letter.key, letter.body[:20]]:
        assert typed not in message.body + message.subject


def test_a_case_that_was_hidden_meanwhile_is_not_named():
    letter = letter_of("sam@example.org")
    messages.queue_letter_link(letter)
    letter.case.freeze, letter.case.freeze_reason = "hidden", "A test."
    letter.case.save()

    outbox.send_due()

    assert "This is the private link to what you wrote:" in mail.outbox[0].body
    assert mail.outbox[0].subject == "Write for Rights: your link (the campaign)"
    assert letter.case.display_name not in mail.outbox[0].body


@pytest.mark.parametrize("kind", ["letter-link", "pledge-link", "letter-rejected", "confirm"])
def test_each_mail_reads_like_a_letter_and_says_whose_it_is(kind):
    letter, address = letter_of("a@example.org"), "a@example.org"
    if kind == "letter-rejected":
        reason = {"rejection_code": "rules", "rejection_reason": "Too angry."}
        Letter.objects.update(state="rejected", counted_on=None, **reason)
    pledge = make_pledge(email=address, email_hash=email_hash(address))
    signature = make_signature(state="unconfirmed")
    queue = {
        "letter-link": lambda: messages.queue_letter_link(letter),
        "pledge-link": lambda: messages.queue_pledge_link(pledge),
        "letter-rejected": lambda: messages.queue_rejection(letter),
        "confirm": lambda: messages.queue_confirm(
            signature.email_address, signature.email_address.email
        ),
    }

    about = {
        "pledge-link": f"a pledge for {pledge.case.display_name}",
        "confirm": f"the petition for {signature.petition.case.display_name} (Norway)",
    }.get(kind, f"a letter for {letter.case.display_name}")

    queue[kind]()
    OutgoingMail.objects.update(not_before=timezone.now())  # a rejection waits ten minutes
    outbox.send_due()

    [message] = mail.outbox
    first = f"Hello, This mail is from Write for Rights, about {about}. You get it because "
    assert " ".join(message.body.split()).startswith(first)
    name = about.partition(" for ")[2].removesuffix(" (Norway)")
    assert message.subject.startswith("Write for Rights: ")
    assert message.subject.endswith(f" ({name})")
    assert message.body.endswith("\nWrite for Rights\n")
    assert links_in(message.body)
    assert "\n\n\n" not in message.body
    assert "&" not in message.body


def test_a_mail_is_in_the_language_of_its_page():
    messages.queue_letter_link(letter_of("a@example.org", page_language="fr"))

    outbox.send_due()

    [message] = mail.outbox
    assert message.subject.startswith("Write for Rights\u00a0: votre lien (")
    [link] = links_in(message.body)
    assert link.startswith("/fr/mail/")


def test_a_mail_is_queued_once_for_a_thing():
    letter = letter_of("a@example.org")

    messages.queue_letter_link(letter)
    messages.queue_letter_link(letter)

    assert OutgoingMail.objects.count() == 1


def test_nothing_that_a_mail_says_is_kept():
    messages.queue_letter_link(letter_of("a@example.org"))
    outbox.send_due()

    kept = OutgoingMail.objects.get()
    assert (kept.subject, kept.body, kept.sender) == ("", "", "")


def test_what_was_erased_is_not_mailed_about():
    letter = letter_of("a@example.org")
    messages.queue_letter_link(letter)
    Letter.objects.all().delete()

    assert outbox.send_due() == 0

    assert mail.outbox == []
    assert not OutgoingMail.objects.exists()


def test_without_address_nothing_is_queued():
    messages.queue_letter_link(make_letter(email=""))

    assert not OutgoingMail.objects.exists()


def test_a_failed_mail_is_tried_again_later_and_later_and_then_given_up(down, caplog):
    waiting = make_mail()
    waits = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _try in range(outbox.MAX_TRIES):
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


@pytest.mark.slow
def test_what_one_address_waits_for_leaves_in_one_mail_and_four_a_day():
    addresses = ["sam@gmail.com", "S.a.m@gmail.com", "sam+1@googlemail.com", "SAM@gmail.com"]
    for address in [*addresses, "sam+2@gmail.com", "sam+3@gmail.com", "sam@gmail.com"]:
        make_mail(address)
    make_mail("other@example.org")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        begun = timezone.now()
        sent = {}
        while OutgoingMail.objects.filter(sent_at=None).exists():
            if number := outbox.send_due():
                sent[(timezone.now() - begun) // MINUTE] = number
            clock.shift(MINUTE)

    # Both to sam@gmail.com and the other's at once; what is spelt otherwise ten minutes later each.
    assert sent == {0: 2, 10: 1, 20: 1, 30: 1, 24 * 60: 1, 24 * 60 + 10: 1}
    assert [message.to[0] for message in mail.outbox].count("sam@gmail.com") == 1


def test_erasing_and_writing_anew_does_not_get_around_the_limits():
    for _again in range(2):
        letter = make_letter(email="sam@example.org", email_hash=email_hash("sam@example.org"))
        messages.queue_letter_link(letter)
        outbox.send_due()
        erasure.erase_letters(Letter.objects.all())

    assert len(mail.outbox) == 1


def test_the_whole_site_sends_so_many_an_hour_and_raises_an_alarm_once(caplog):
    with time_machine.travel(timezone.now().replace(minute=10), tick=False) as clock:
        few = outbox.MailPace(most_an_hour=3)
        for nr in range(5):
            make_mail(f"sam{nr}@example{nr}.org", priority=Priority.CONFIRM)
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
        as_another_read_it = OutgoingMail.objects.get()
        assert outbox._claim(waiting, outbox.USUAL) == [waiting]
        assert outbox._claim(as_another_read_it, outbox.USUAL) == []
        assert outbox.send_due() == 0

        clock.shift(5 * MINUTE)
        assert outbox.send_due() == 1


def test_what_was_tried_together_stays_together_and_nothing_joins_it(down, settings):
    for _nr in range(2):
        make_mail()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        outbox.send_due()
        first_id = outbox.message_id(list(OutgoingMail.objects.all()))
        make_mail()
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        clock.shift(5 * MINUTE)
        assert outbox.send_due() == 1
        clock.shift(10 * MINUTE)
        assert outbox.send_due() == 1

    assert [message.extra_headers["Message-ID"] == first_id for message in mail.outbox] == [
        True,
        False,
    ]
    assert [len(links_in(message.body)) for message in mail.outbox] == [2, 1]


class Dropping(EmailBackend):
    """A server that drops the connection in the first mail, and knows nobody until it is closed."""

    is_broken, mails = False, 0

    def send_messages(self, messages):
        type(self).mails += 1
        if self.mails == 1:
            type(self).is_broken = True
        if self.is_broken:
            raise SMTPServerDisconnected
        return super().send_messages(messages)

    def close(self):
        type(self).is_broken = False


def test_a_broken_connection_spoils_one_mail_and_not_the_next(settings):
    Dropping.mails, Dropping.is_broken = 0, False
    settings.EMAIL_BACKEND = f"{__name__}.Dropping"
    make_mail("sam@example.org")
    make_mail("kim@example.org")

    assert outbox.send_due() == 1

    assert [message.to for message in mail.outbox] == [["kim@example.org"]]
    assert list(OutgoingMail.objects.order_by("pk").values_list("attempts", flat=True)) == [1, 1]


class WithoutDatabase(EmailBackend):
    def send_messages(self, messages):
        raise OperationalError("the database is gone")


def test_a_database_that_fails_is_no_fault_of_the_mail(settings, caplog):
    settings.EMAIL_BACKEND = f"{__name__}.WithoutDatabase"
    make_mail()

    with pytest.raises(OperationalError):
        outbox.send_due()

    assert caplog.records == []
    assert OutgoingMail.objects.get().given_up_at is None


def test_headers_are_not_folded():
    long = "http://testserver/stop/" + "x" * 200 + "/"
    make_mail(unsubscribe_url=long)

    outbox.send_due()

    raw = mail.outbox[0].message().as_bytes(linesep="\r\n").decode()
    assert f"\r\nList-Unsubscribe: <{long}>\r\n" in raw


def test_a_mail_that_kills_its_worker_every_time_is_given_up(caplog):
    waiting = make_mail(attempts=outbox.MAX_TRIES)

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
    make_mail('"x\\\r\nBcc: all@example.org"@example.org', to_hash="x")

    outbox.send_due()

    assert mail.outbox == []


def test_the_message_id_stays_the_same_for_every_try():
    make_mail()

    first = outbox.message_id([OutgoingMail.objects.get()])
    OutgoingMail.objects.update(attempts=3, not_before=timezone.now())

    assert outbox.message_id([OutgoingMail.objects.get()]) == first
    assert first.endswith("@testserver>")
    assert first != outbox.message_id([make_mail("other@example.org")])


def test_the_limits_keep_no_address():
    make_mail("samantha@example.org")  # a short name may well stand in a hash

    outbox.send_due()

    # Of the site, of links, of the domain, of ten minutes, of the day.
    assert Throttle.objects.count() == 5
    assert "samantha" not in "".join(Throttle.objects.values_list("key", flat=True))


def test_work_once_sends_and_erases():
    make_mail()
    old = make_letter(changed_at=timezone.now() - 31 * DAY)

    call_command("work", "--once")

    assert len(mail.outbox) == 1
    assert not Letter.objects.filter(pk=old.pk).exists()
