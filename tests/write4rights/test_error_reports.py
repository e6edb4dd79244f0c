"""What an error report says, and above all what it does not."""

import json
import logging

import pytest
import sentry_sdk
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from sentry_sdk.transport import Transport

from tests.factories import make_letter
from write4rights import error_reports

DSN = "https://key@sentry.example.org/1"


class Kept(Transport):
    """What would be sent, as the bytes that would leave."""

    sent: list[bytes] = []

    def capture_envelope(self, envelope) -> None:
        self.sent.append(envelope.serialize())


@pytest.fixture
def reports(monkeypatch):
    monkeypatch.setattr(Kept, "sent", [])
    error_reports.start(DSN, transport=Kept)
    yield Kept.sent
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


def events(reports: list[bytes]) -> list[dict]:
    return [json.loads(report.splitlines()[2]) for report in reports]


def test_a_page_that_fails_is_reported_without_anything_of_who_asked(
    client, db, monkeypatch, reports
):
    letter = make_letter(name="Sam Secret", email="sam@example.org", body="Dear Minister, my words")

    def fail(letter, name, **chosen):
        try:
            raise KeyError(name)
        except KeyError as error:
            raise ValueError(f"{letter.key}: {name}") from error

    monkeypatch.setattr("letters.views.letters.letter_actions.act", fail)
    client.raise_request_exception = False
    client.cookies["form"] = "a-cookie-of-hers"

    response = client.post(
        f"{letter.get_absolute_url()}?q=asked-for",
        {"act": "typed-by-her"},
        headers={"user-agent": "her-browser", "x-forwarded-for": "203.0.113.77"},
    )

    assert response.status_code == 500
    [event] = events(reports)
    values = event["exception"]["values"]
    assert [error["type"] for error in values] == ["KeyError", "ValueError"]
    assert event["message"] == "Internal Server Error: /letters/…"
    for hidden in [
        *(letter.key, "Sam", "sam@example.org", "Minister", "typed-by-her", "asked-for"),
        *("a-cookie", "her-browser", "203.0.113.77", "127.0.0.1", '"vars"', "testserver/letters"),
    ]:
        assert hidden.encode() not in reports[0], hidden
    assert set(event) <= {
        *("event_id", "timestamp", "platform", "level", "logger", "message", "exception"),
        *("environment",),
    }


def test_what_the_machine_says_of_an_error_is_kept_and_addresses_are_not(reports):
    log = logging.getLogger("letters.mail.outbox")
    try:
        raise OperationalError("connection refused")
    except OperationalError:
        log.exception("Mail to sam@example.org failed: /letters/abcdefghijklmnopqrstuv/?a=b")
    log.warning("A warning is no report.")
    logging.getLogger("django.security.DisallowedHost").error("Invalid HTTP_HOST header")

    [event] = events(reports)
    assert event["message"] == "Mail to … failed: /letters/…"
    assert event["exception"]["values"][0]["value"] == "connection refused"


def test_a_dsn_that_is_none_is_said_in_a_sentence():
    with pytest.raises(ImproperlyConfigured, match="SENTRY_DSN is none"):
        error_reports.start("nonsense")
