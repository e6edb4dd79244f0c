"""Reads a report that a mail came back (RFC 3464), or that somebody called it spam (RFC 5965)."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from typing import NamedTuple

from letters.mail import bounces
from letters.models import BounceKind

# As `outbox.message_id` makes them. A mail is known by it, wherever it stands in the report.
MESSAGE_ID = re.compile(rb"<([A-Za-z0-9_-]{43}@[A-Za-z0-9.-]+)>")
NO_COMPLAINT = {"not-spam"}  # of the kinds of feedback


class Report(NamedTuple):
    kind: BounceKind
    message_ids: frozenset[str]


def read(raw: bytes) -> Report | None:
    """None if it is no report, or one that a mail arrived or only comes later.

    Everybody can write to that mailbox: nothing in it may stop the worker.
    """
    try:
        kind = _kind(message_from_bytes(raw))
    except Exception:  # Python's parser fails on some of what no mail server writes
        return None
    ids = frozenset(f"<{found.decode()}>" for found in MESSAGE_ID.findall(raw))
    return Report(kind, ids) if kind and ids else None


def _kind(mail: Message) -> BounceKind | None:
    if mail.get_content_type() == "multipart/report":
        match str(mail.get_param("report-type", "")).lower():
            case "delivery-status":
                return _of_recipients(list(_fields(mail, "message/delivery-status")))
            case "feedback-report":
                return _of_feedback(list(_fields(mail, "message/feedback-report")))
    if mail["X-Failed-Recipients"]:  # Exim without RFC 3464: what it says is plain text
        return bounces.kind_of(_text(mail))
    return None


def _of_recipients(blocks: list[Message]) -> BounceKind | None:
    """A mail of ours has one recipient; a list that it went to may have more."""
    failed = [block for block in blocks if _field(block, "Action").lower() == "failed"]
    kinds = [_of_recipient(block) for block in failed]
    return min(kinds, key=[BounceKind.HARD, BounceKind.SOFT].index) if kinds else None


def _of_recipient(block: Message) -> BounceKind:
    status, said = _field(block, "Status").split(" ")[0], _field(block, "Diagnostic-Code")
    return BounceKind.SOFT if status.startswith("4") else bounces.kind_of(f"{status} {said}")


def _of_feedback(blocks: list[Message]) -> BounceKind | None:
    kinds = {_field(block, "Feedback-Type").lower() for block in blocks} - {""}
    return BounceKind.COMPLAINT if kinds - NO_COMPLAINT else None


def _fields(mail: Message, content_type: str) -> Iterator[Message]:
    """The groups of fields in that part."""
    for part in mail.walk():
        if part.get_content_type() != content_type:
            continue
        payload = part.get_payload()
        if isinstance(payload, list):
            yield from (block for block in payload if isinstance(block, Message))
        else:
            yield message_from_bytes(_decoded(part))


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())


def _decoded(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(mail: Message) -> str:
    text = _decoded(mail).decode(errors="replace")
    return text.split("This is a copy of the message")[0]  # what follows is the mail itself
