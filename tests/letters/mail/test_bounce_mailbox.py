"""Reports of mails that came back, as the large providers write them, read from a mailbox."""

from pathlib import Path

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from letters.mail import bounce_mailbox, outbox
from letters.mail.bounce_reports import read
from letters.models import BounceKind, OutgoingMail, Throttle, Undeliverable
from letters.models.email_spelling import email_hash
from tests.certificates import signed_by_itself
from tests.letters.imap_server import FakeIMAPServer
from tests.letters.mail.test_outbox import make_mail

pytestmark = pytest.mark.django_db

REPORTS = Path(__file__).parent / "reports"
SAM = "sam@example.net"
HARD, SOFT, COMPLAINT = BounceKind.HARD, BounceKind.SOFT, BounceKind.COMPLAINT
KINDS = {
    "gmail-no-such-user": HARD,
    "gmail-mailbox-full": SOFT,
    "exchange-no-such-user": HARD,
    "outlook-no-such-user": HARD,
    "outlook-refuses-our-server": SOFT,
    "yahoo-no-such-user": HARD,
    "postfix-no-such-user": HARD,
    "postfix-gave-up": SOFT,
    "exim-no-such-user": HARD,
    "exim-old-no-such-user": HARD,
    "icloud-no-such-user": HARD,
    "arf-complaint": COMPLAINT,
}
NO_REPORTS = ["postfix-still-tried", "postfix-arrived", "arf-not-spam", "vacation"]


def send(email: str = SAM) -> str:
    """Send a mail; its Message-ID."""
    make_mail(email)
    outbox.send_due()
    return mail.outbox[-1].extra_headers["Message-ID"]


def report(name: str, message_id: str, to: str = SAM) -> bytes:
    """The report as it comes over the wire."""
    text = (REPORTS / f"{name}.eml").read_text()
    filled = text.replace("{message_id}", message_id).replace("{to}", to)
    return filled.replace("\n", "\r\n").encode()


@pytest.fixture
def server(settings):
    with FakeIMAPServer() as server:
        settings.BOUNCE_MAILBOX = server.url
        yield server


def test_every_sample_is_tested():
    assert {path.stem for path in REPORTS.glob("*.eml")} == {*KINDS, *NO_REPORTS}


@pytest.mark.parametrize("name", KINDS)
def test_a_report_in_the_words_of_each_provider_is_understood(server, name):
    server.add(report(name, send()))

    assert bounce_mailbox.read_reports() == 1

    [row] = Undeliverable.objects.all()
    assert (row.email_hash, row.kind) == (email_hash(SAM), KINDS[name])
    assert server.mails == {}  # what was believed is deleted: it has the address in it


@pytest.mark.parametrize("name", NO_REPORTS)
def test_what_does_not_say_that_a_mail_came_back_is_left_for_people(server, name):
    server.add(report(name, send()))

    assert bounce_mailbox.read_reports() == 0

    assert not Undeliverable.objects.exists()
    assert len(server.mails) == 1
    assert server.unread == 0


@pytest.mark.parametrize("name", KINDS)
def test_a_report_that_quotes_no_mail_of_ours_is_not_believed(server, name):
    ours = send()
    invented = f"<{'A' * 43}@{ours.partition('@')[2].strip('>')}>"
    elsewhere = ours.replace("@testserver", "@elsewhere.example")
    server.add(report(name, invented))
    server.add(report(name, elsewhere))

    assert bounce_mailbox.read_reports() == 0

    assert not Undeliverable.objects.exists()
    assert len(server.mails) == 2


def test_a_report_stops_the_address_we_wrote_to_whatever_address_it_names(server):
    message_id = send("sam@example.net")
    server.add(report("postfix-no-such-user", message_id, to="victim@example.org"))

    bounce_mailbox.read_reports()

    assert Undeliverable.objects.get().email_hash == email_hash("sam@example.net")


def test_what_was_mailed_together_is_known(server):
    first, _second = make_mail(SAM), make_mail(SAM)
    outbox.send_due()
    assert {row.batch for row in OutgoingMail.objects.all()} == {first.pk}
    [message] = mail.outbox
    server.add(report("gmail-no-such-user", message.extra_headers["Message-ID"]))

    assert bounce_mailbox.read_reports() == 1
    assert Undeliverable.objects.get().number == 1


def test_a_mail_that_was_erased_is_known_no_more(server):
    message_id = send()
    OutgoingMail.objects.all().delete()
    server.add(report("gmail-no-such-user", message_id))

    assert bounce_mailbox.read_reports() == 0


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x00\xff\xfe" * 1_000,
        b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\n",
        b"Content-Type: multipart/report; boundary=\r\n\r\n--\r\n",
        b"Content-Type: message/rfc822\r\n\r\n" * 2_000,
        b"Content-Type: multipart/report; report-type*0*=\xff''%\r\nTo: =?x?q?\r\n\r\n",
        b"X-Failed-Recipients: =?utf-8?b?" + b"A" * 300_000,
    ],
    ids=["nothing", "bytes", "no-part", "no-boundary", "deep", "parameter", "long"],
)
def test_whatever_lies_there_stops_nothing(server, garbage):
    server.add(garbage)
    server.add(report("gmail-no-such-user", send()))

    assert bounce_mailbox.read_reports() == 1
    assert server.unread == 0


@pytest.mark.parametrize("name", KINDS)
def test_a_report_that_is_cut_anywhere_stops_nothing(name):
    whole = report(name, f"<{'A' * 43}@testserver>")

    for length in range(0, len(whole), 97):
        found = read(whole[:length])
        assert found is None or found.kind in (HARD, SOFT, COMPLAINT)


def test_the_mailbox_is_opened_every_five_minutes_however_many_workers_there_are(server):
    for _worker in range(3):
        bounce_mailbox.read_reports()
    assert server.connections == 1

    with time_machine.travel(timezone.now() + bounce_mailbox.LOOK_EVERY, tick=False):
        bounce_mailbox.read_reports()
    assert server.connections == 2


def test_a_server_that_names_its_mails_in_several_lines_is_understood(server):
    server.uids_a_line = 1
    for number in range(3):
        server.add(report("gmail-no-such-user", send(f"sam{number}@example.net")))

    assert bounce_mailbox.read_reports() == 3


def test_a_password_that_imap_has_no_words_for_does_not_stop_the_worker(server, settings):
    settings.BOUNCE_MAILBOX = server.url.replace("only%3A", "p%C3%A4ss%3A")
    make_mail(SAM)

    call_command("work", once=True)

    assert len(mail.outbox) == 1


def test_without_a_mailbox_none_is_opened(settings):
    settings.BOUNCE_MAILBOX = ""

    assert bounce_mailbox.read_reports() == 0


def test_the_password_goes_to_no_server_that_cannot_prove_its_name(settings, tmp_path, monkeypatch):
    certificate = signed_by_itself(tmp_path)
    with FakeIMAPServer(certificate=certificate) as server:
        settings.BOUNCE_MAILBOX = server.url
        server.add(report("gmail-no-such-user", send()))
        assert bounce_mailbox.read_reports() == 0
        assert server.unread == 1

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # now somebody vouches for it
        Throttle.objects.all().delete()
        assert bounce_mailbox.read_reports() == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [("Reports", "Elsewhere"), ("only%3A", "wrong%3A"), ("127.0.0.1:", "127.0.0.1:1")],
    ids=["folder", "password", "port"],
)
def test_a_mailbox_that_fails_stops_nothing_and_tells_no_secret(server, settings, caplog, old, new):
    url = server.url
    settings.BOUNCE_MAILBOX = (
        url[: url.rindex(":") + 1] + "1/Reports" if "127" in old else (url.replace(old, new))
    )

    assert bounce_mailbox.read_reports() == 0

    assert "The mailbox for mails that came back failed" in caplog.text
    assert not {word for word in ["reports ", "only", "wrong"] if word in caplog.text}
