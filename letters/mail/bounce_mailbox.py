"""The mailbox that reports of mails that came back are sent to, read by `manage.py work`.

Everybody can write to it. A report is believed if it quotes the Message-ID of a mail that we sent
a few days ago: only who got that mail knows it. What was believed is deleted there; everything else
is marked as read, and left for people.
"""

import datetime
import imaplib
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings

from letters.mail import bounces, outbox
from letters.mail.bounce_reports import Report, read
from letters.mail.pace import domain_of
from letters.models import OutgoingMail
from letters.privacy import throttle

logger = logging.getLogger(__name__)

LOOK_EVERY = datetime.timedelta(minutes=5)
REPORTS_AT_ONCE = 100
MAX_BYTES = 200_000  # of a report: what it is about stands at its beginning
TIMEOUT = 20  # seconds
OF_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class Mailbox(NamedTuple):
    """Where it is; as BOUNCE_MAILBOX says: imaps://user:password@host:port/folder."""

    is_encrypted: bool
    host: str
    port: int
    user: str
    password: str
    folder: str

    @classmethod
    def parse(cls, url: str) -> "Mailbox":
        """Raises ValueError, with a sentence that names no part of the secret."""
        parts = urlsplit(url)
        if parts.scheme not in ("imaps", "imap") or not parts.hostname:
            raise ValueError("it has to be imaps://user:password@host/folder")
        if not (parts.username and parts.password):
            raise ValueError("it names no user, or no password")
        is_encrypted = parts.scheme == "imaps"
        if not is_encrypted and parts.hostname not in OF_THIS_MACHINE:
            raise ValueError("imap:// is for a server on the same machine: use imaps://")
        try:
            port = parts.port
        except ValueError:
            raise ValueError("its port is no number") from None
        user, password = unquote(parts.username), unquote(parts.password)
        folder = unquote(parts.path.strip("/")) or "INBOX"
        if not all(text.isascii() and text.isprintable() for text in (user, password, folder)):
            raise ValueError("its user, password and folder have to be plain ASCII characters")
        port = port or (993 if is_encrypted else 143)
        return cls(is_encrypted, parts.hostname, port, user, password, folder)


def read_reports() -> int:
    """Note what came back, every few minutes by one worker. Returns how many reports were ours.

    Whatever fails in it, the worker goes on: mails have to leave.
    """
    if not settings.BOUNCE_MAILBOX:
        return 0
    try:
        throttle.take("bounce-mailbox", most=1, every=LOOK_EVERY)
    except throttle.TooOften:
        return 0
    try:
        with _opened(Mailbox.parse(settings.BOUNCE_MAILBOX)) as server:
            return _read_all(server)
    except Exception as error:  # its text may name the account
        logger.error("The mailbox for mails that came back failed: %s", type(error).__name__)
        return 0


@contextmanager
def _opened(mailbox: Mailbox) -> Iterator[imaplib.IMAP4]:
    with _connected(mailbox) as server:
        server.login(mailbox.user, mailbox.password)
        folder = '"' + mailbox.folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
        status, _said = server.select(folder)
        if status != "OK":
            raise imaplib.IMAP4.error("no such folder")
        yield server


def _connected(mailbox: Mailbox) -> imaplib.IMAP4:
    """By itself imaplib takes any certificate: whoever stands in between would get the password."""
    if not mailbox.is_encrypted:
        return imaplib.IMAP4(mailbox.host, mailbox.port, timeout=TIMEOUT)
    proven = ssl.create_default_context()
    return imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=proven, timeout=TIMEOUT)


def _read_all(server: imaplib.IMAP4) -> int:
    _status, lines = server.uid("SEARCH", "UNSEEN", "UNDELETED")
    uids = b" ".join(line or b"" for line in lines).split()[:REPORTS_AT_ONCE]
    reports: dict[str, Report] = {}
    for uid in uids:
        if report := read(_fetch(server, uid)):
            reports[uid.decode()] = report
    ours = _note_ours(reports)
    for uid in uids:
        flags = r"(\Seen \Deleted)" if uid.decode() in ours else r"(\Seen)"
        server.uid("STORE", uid.decode(), "+FLAGS", flags)
    if ours:
        server.expunge()
    return len(ours)


def _fetch(server: imaplib.IMAP4, uid: bytes) -> bytes:
    _status, answer = server.uid("FETCH", uid.decode(), f"(BODY.PEEK[]<0.{MAX_BYTES}>)")
    return next((part[1] for part in answer if isinstance(part, tuple)), b"")


def _note_ours(reports: dict[str, Report]) -> set[str]:
    """Note the reports that quote a mail of ours; returns which they are.

    Their Message-IDs are worked out once more from the rows of the outbox, which has none.
    """
    quoted = {id_: uid for uid, report in reports.items() for id_ in report.message_ids}
    if not quoted:
        return set()
    rows = OutgoingMail.objects.exclude(sent_at=None).order_by("to_hash", "batch", "sent_at")
    sent = rows.values_list("to_hash", "batch", "sent_at", "pk").iterator(chunk_size=2_000)
    found: dict[str, int] = {}
    # What left as one mail has one batch, and was marked at once.
    for (to_hash, *_mail), group in groupby(sent, key=lambda row: row[:3]):
        keys = [row[3] for row in group]
        if uid := quoted.get(outbox.message_id_of(keys, to_hash)):
            found[uid] = keys[0]
    mails = OutgoingMail.objects.in_bulk(found.values())
    for uid, key in found.items():
        if mail := mails.get(key):
            bounces.note(mail.to_hash, reports[uid].kind, domain_of(mail.to))
    return set(found)
