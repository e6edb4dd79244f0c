"""What mail providers tell of mails that came back, in the form of their documents."""

import base64
import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core import mail
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse

from letters.mail import outbox
from letters.models import BounceKind, Undeliverable
from letters.models.email_spelling import email_hash
from letters.views.mail_events import MAX_BYTES
from tests.factories import make_email_address, make_follow
from tests.letters.mail.test_outbox import make_mail

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

SAM = "sam@example.net"
SECRET = "provider:only-for-tests"
HARD, SOFT, COMPLAINT = BounceKind.HARD, BounceKind.SOFT, BounceKind.COMPLAINT
NO_USER = "550 5.1.1 The email account that you tried to reach does not exist."
FULL = "452 4.2.2 The recipient's inbox is out of storage space."
REFUSED = "554 5.7.1 Service unavailable; Client host [203.0.113.7] blocked."
KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC_KEY = base64.b64encode(
    KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
).decode()


def basic(secret: str = SECRET) -> dict:
    return {"authorization": "Basic " + base64.b64encode(secret.encode()).decode()}


def postmark(what: str, details: str = NO_USER, record: str = "Bounce") -> dict:
    return {
        "RecordType": record,
        "ID": 901542550,
        "Type": what,
        "TypeCode": 1,
        "MessageID": "2706ee8a-737c-4285-b032-ccd317af53ed",
        "Description": "The server was unable to deliver your message.",
        "Details": f"smtp;{details}",
        "Email": SAM,
        "From": "letters@example.org",
        "BouncedAt": "2026-11-26T10:00:05Z",
        "Subject": "Write for Rights: your link",
    }


def mailgun(event: str, severity: str = "permanent", message: str = NO_USER[4:]) -> dict:
    timestamp, token = "1795687205", "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0"
    signature = hmac.new(SECRET.encode(), f"{timestamp}{token}".encode(), hashlib.sha256)
    return {
        "signature": {
            "timestamp": timestamp,
            "token": token,
            "signature": signature.hexdigest(),
        },
        "event-data": {
            "event": event,
            "severity": severity,
            "reason": "generic",
            "recipient": SAM,
            "timestamp": 1795687205.5,
            "delivery-status": {"code": 550, "message": message, "attempt-no": 1},
            "message": {"headers": {"message-id": "x@testserver", "to": SAM}},
        },
    }


def sendgrid(event: str, status: str = "5.1.1", reason: str = NO_USER) -> list[dict]:
    return [
        {
            "email": SAM,
            "timestamp": 1795687205,
            "smtp-id": "<x@testserver>",
            "event": event,
            "sg_event_id": "ZyjAM5rnQmuI1KFInHQ3Nw",
            "reason": reason,
            "status": status,
            "type": "bounce",
        }
    ]


def brevo(event: str) -> dict:
    return {
        "event": event,
        "email": SAM,
        "id": 26224,
        "date": "2026-11-26 10:00:05",
        "ts_event": 1795687205,
        "message-id": "<x@testserver>",
        "subject": "Write for Rights: your link",
        "reason": "550 5.1.1 user unknown",
    }


def sparkpost(kind: str, bounce_class: str) -> list[dict]:
    event = {
        "type": kind,
        "bounce_class": bounce_class,
        "rcpt_to": SAM,
        "raw_rcpt_to": SAM,
        "message_id": "0e0d94b7-9085-4e3c-ab30-e3f2cd9c273e",
        "event_id": "84320004715329757",
        "timestamp": "1795687205",
        "raw_reason": NO_USER,
        "fbtype": "abuse",
    }
    return [{"msys": {"message_event": event}}]


def send(client: Client, provider: str, told, headers: dict | None = None):
    body = json.dumps(told).encode()
    if headers is None:
        headers = basic() if provider in ("postmark", "brevo", "sparkpost") else {}
        if provider == "sendgrid":
            signature = KEY.sign(b"1795687205" + body, ec.ECDSA(hashes.SHA256()))
            headers = {
                "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
                "x-twilio-email-event-webhook-timestamp": "1795687205",
            }
    url = reverse("mail-events")
    return client.post(url, body, content_type="application/json", headers=headers)


@pytest.fixture
def provider(settings, request) -> str:
    """The site is set up for the provider that the test names first."""
    name = request.getfixturevalue("name")
    settings.MAIL_PROVIDER = name
    settings.MAIL_WEBHOOK_SECRET = PUBLIC_KEY if name == "sendgrid" else SECRET
    return name


@pytest.fixture
def strict() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.mark.parametrize(
    ("name", "told", "kind"),
    [
        ("postmark", postmark("HardBounce"), HARD),
        ("postmark", postmark("HardBounce", "the mailbox is not there"), HARD),
        ("postmark", postmark("SoftBounce", FULL), SOFT),
        ("postmark", postmark("SoftBounce", "it is full"), SOFT),
        ("postmark", postmark("BadEmailAddress"), HARD),
        ("postmark", postmark("SpamComplaint", record="SpamComplaint"), COMPLAINT),
        ("postmark", postmark("Transient", FULL), None),
        ("postmark", {"RecordType": "Delivery", "Recipient": SAM}, None),
        ("postmark", {"RecordType": "Open", "Recipient": SAM}, None),
        ("mailgun", mailgun("failed"), HARD),
        ("mailgun", mailgun("failed", message=REFUSED[4:]), SOFT),
        ("mailgun", mailgun("failed", "temporary", FULL[4:]), None),
        ("mailgun", mailgun("complained"), COMPLAINT),
        ("mailgun", mailgun("unsubscribed"), None),
        ("mailgun", mailgun("delivered"), None),
        ("sendgrid", sendgrid("bounce"), HARD),
        ("sendgrid", sendgrid("bounce", "5.7.1", REFUSED), SOFT),
        ("sendgrid", sendgrid("spamreport"), COMPLAINT),
        ("sendgrid", sendgrid("deferred", "4.2.2", FULL), None),
        ("brevo", brevo("hard_bounce"), HARD),
        ("brevo", brevo("spam"), COMPLAINT),
        ("brevo", brevo("delivered"), None),
        ("sparkpost", sparkpost("bounce", "10"), HARD),
        ("sparkpost", sparkpost("spam_complaint", "1"), COMPLAINT),
    ],
)
@pytest.mark.usefixtures("provider")
def test_what_a_provider_tells_is_noted(strict, name, told, kind):
    make_mail(SAM)

    response = send(strict, name, told)

    assert (response.status_code, response.content) == (204, b"")
    found = list(Undeliverable.objects.values_list("email_hash", "kind"))
    assert found == ([(email_hash(SAM), kind)] if kind else [])


@pytest.mark.parametrize("name", ["mailgun"])
@pytest.mark.usefixtures("provider")
def test_whoever_unsubscribes_there_gets_no_news_and_still_their_links(strict, name):
    follow = make_follow(None, email_address=make_email_address(SAM), state="confirmed")

    send(strict, name, mailgun("unsubscribed"))
    make_mail(SAM)
    outbox.send_due()

    follow.refresh_from_db()
    assert follow.state == "ended"
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("name", ["postmark"])
@pytest.mark.usefixtures("provider")
def test_an_address_that_another_system_wrote_to_is_not_noted(strict, name):
    make_mail("ana@example.net")

    response = send(strict, name, postmark("HardBounce"))

    assert response.status_code == 204
    assert not Undeliverable.objects.exists()


WRONG = [
    ("postmark", basic("provider:somebody-else")),
    ("postmark", {}),
    ("brevo", basic("provider")),
    ("mailgun", None),
    ("sendgrid", {}),
    (
        "sendgrid",
        {
            "x-twilio-email-event-webhook-signature": base64.b64encode(b"x" * 70).decode(),
            "x-twilio-email-event-webhook-timestamp": "1795687205",
        },
    ),
]


@pytest.mark.parametrize(("name", "headers"), WRONG)
@pytest.mark.usefixtures("provider")
def test_nobody_else_stops_anybodys_mail(strict, name, headers, caplog):
    told = {
        "postmark": postmark("HardBounce"),
        "brevo": brevo("hard_bounce"),
        "mailgun": mailgun("failed"),
        "sendgrid": sendgrid("bounce"),
    }[name]
    if name == "mailgun":
        told["signature"]["signature"] = "0" * 64

    response = send(strict, name, told, headers)

    assert response.status_code == 400
    assert not Undeliverable.objects.exists()
    assert SAM not in caplog.text


GARBAGE = [
    b"",
    b"{",
    b"\xff\xfe\x00",
    b"[]",
    b"{}",
    b"null",
    b"7",
    b'"sam@example.net"',
    b"[[[]]]",
    b'[{"event": null}]',
    b'[{"event": "bounce", "email": 7, "timestamp": "never"}]',
    b'{"signature": "x"}',
    b'{"signature": {"timestamp": [], "token": {}, "signature": null}}',
    b'{"RecordType": ["Bounce"], "Email": {}}',
    b'{"RecordType": "Bounce", "Email": ["sam@example.net"], "Type": "HardBounce"}',
    b'{"RecordType": "Bounce", "Email": "nobody", "Type": "HardBounce"}',
    b'{"RecordType": "Bounce", "Email": "a@10.0.0.1", "Type": "HardBounce"}',
    b'{"RecordType": "Inbound"}',
    b'[{"msys": 7}]',
    b"[" * 100_000,
]


@pytest.mark.parametrize("name", ["postmark", "mailgun", "sendgrid", "brevo", "sparkpost",
                                  "mailersend", "mailjet", "mailtrap", "postal"])  # fmt: skip
@pytest.mark.usefixtures("provider")
def test_garbage_is_no_error_of_ours(strict, name, settings):
    if name == "postal":
        settings.MAIL_WEBHOOK_SECRET = "no key at all"
    for body in GARBAGE:
        for content_type in ["application/json", "application/x-www-form-urlencoded", "x"]:
            response = strict.post(
                reverse("mail-events"), body, content_type=content_type, headers=basic()
            )

            assert response.status_code in (204, 400, 413), body
    assert not Undeliverable.objects.exists()


@pytest.mark.parametrize("name", ["sendgrid"])
@pytest.mark.usefixtures("provider")
def test_many_mails_that_came_back_can_be_told_of_at_once(strict, name):
    make_mail(SAM)
    told = sendgrid("bounce") * 2_000
    assert len(json.dumps(told)) > 500_000

    assert send(strict, name, told).status_code == 204
    assert Undeliverable.objects.get().kind == HARD


@pytest.mark.parametrize("name", ["postmark", "mailgun"])
@pytest.mark.usefixtures("provider")
def test_a_body_of_more_than_what_is_allowed_is_refused(strict, name):
    body = b" " * (MAX_BYTES + 1)

    response = strict.post(
        reverse("mail-events"), body, content_type="application/json", headers=basic()
    )

    assert response.status_code == 413


@pytest.mark.parametrize("name", ["postmark"])
@pytest.mark.usefixtures("provider")
def test_it_is_only_posted_to(strict, name):
    for method in ["GET", "HEAD", "PUT", "OPTIONS"]:
        response = strict.generic(method, reverse("mail-events"), headers=basic())

        assert response.status_code == 405
        assert response["Allow"] == "POST"


@pytest.mark.parametrize(
    ("name", "secret"),
    [("", SECRET), ("postmark", ""), ("postmark", "a:b"), ("mailgun", ""), ("sendgrid", "x")],
)
def test_without_a_provider_and_its_secret_there_is_no_such_page(strict, settings, name, secret):
    settings.MAIL_PROVIDER, settings.MAIL_WEBHOOK_SECRET = name, secret

    response = send(strict, "postmark", postmark("HardBounce"))

    assert response.status_code == 404


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"MAIL_PROVIDER": "postmark"}, "MAIL_WEBHOOK_SECRET is not."),
        ({"MAIL_PROVIDER": "mailgun"}, "MAIL_WEBHOOK_SECRET is not."),
        (
            {"MAIL_PROVIDER": "sendgrid", "MAIL_WEBHOOK_SECRET": "secret"},
            "MAIL_WEBHOOK_SECRET is no key as sendgrid has it.",
        ),
        (
            {"MAIL_PROVIDER": "mailgun", "MAIL_WEBHOOK_SECRET": "gehe\u00efm"},
            "MAIL_WEBHOOK_SECRET is no key as mailgun has it.",
        ),
        ({"MAIL_PROVIDER": "pigeon"}, "MAIL_PROVIDER is none of brevo, "),
        (
            {"MAIL_PROVIDER": "postmark", "MAIL_WEBHOOK_SECRET": "short:secret"},
            "has to be user:password for postmark, of 16 characters or more.",
        ),
        ({"BOUNCE_MAILBOX": "mail.example.org"}, "it has to be imaps://"),
        ({"BOUNCE_MAILBOX": "imaps://mail.example.org"}, "it names no user"),
        ({"BOUNCE_MAILBOX": "imap://us:secret@mail.example.org"}, "use imaps://"),
        ({"BOUNCE_MAILBOX": "imaps://us:secret@mail.example.org:x/"}, "its port is no number"),
        ({"BOUNCE_MAILBOX": "imaps://us:secret@[mail/"}, "BOUNCE_MAILBOX is wrong"),
        ({"BOUNCE_MAILBOX": "imaps://us:s%C3%A9cret@mail.example.org/"}, "plain ASCII"),
        ({"BOUNCE_MAILBOX": "imaps://us%00:secret@mail.example.org/"}, "plain ASCII"),
        ({"BOUNCE_MAILBOX": "imaps://us:secret@mail.example.org/Retours%0D%0A"}, "plain ASCII"),
        ({"BOUNCE_MAILBOX": "imaps://us:secret@mail.example.org/Unzustellbar%C3%A9"}, "plain"),
        ({"BOUNCE_ADDRESS": "bounces"}, "BOUNCE_ADDRESS is no e-mail address."),
    ],
)
def test_what_is_set_wrongly_is_said_in_a_sentence_without_its_secret(settings, values, said):
    for name, value in values.items():
        setattr(settings, name, value)

    [problem] = [one for one in run_checks() if one.id and one.id.startswith("write4rights.E")]

    assert said in problem.msg
    assert "secret" not in problem.msg


def test_what_is_set_rightly_is_not_mentioned(settings):
    settings.MAIL_PROVIDER, settings.MAIL_WEBHOOK_SECRET = "postmark", SECRET
    settings.BOUNCE_MAILBOX = "imaps://us:secret@mail.example.org/Reports"
    settings.BOUNCE_ADDRESS = "bounces@example.org"

    assert [one for one in run_checks() if (one.id or "").startswith("write4rights")] == []
