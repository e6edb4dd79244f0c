"""One JSON object a line on standard error. No address, name or text of a visitor goes in."""

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from urllib.parse import unquote

from django.db import OperationalError

# Where private pages are: /letters/KEY/. Robots are asked to keep off them.
PRIVATE_PLACES = [
    *("letters", "pledges", "mailboxes", "posts", "mine", "your-data", "mail", "stop"),
]
# … and this, of which they are told nothing: the link by which staff choose a password.
WELCOME = "welcome"
# The key in a private address opens what is there. Mail programs break links in many ways, so all
# that comes after such a place goes, however it is spelt.
_places = "|".join([*PRIVATE_PLACES, WELCOME])
PRIVATE_PATH = re.compile(rf"([/\\](?:{_places})\b[/\\]*)\S.*", re.I | re.S)
# A key elsewhere, and the peer that gunicorn names; an e-mail address is somebody's.
LOOKS_LIKE_A_KEY = re.compile(r"[\w-]{20,}")
IS_A_NAME = re.compile(r"[a-z\d_-]+|[A-Z_]+|(?:[A-Z][a-z]{2,})+")  # a slug, a setting, a class
PEER = re.compile(r"(?<=\bip=)\S+")
# Also what is none is taken in one go: begun at each of its characters, a long path took 0.1 s.
MAYBE_ADDRESS = re.compile(r"[^\s@/'\"<>(]+(@[^\s@'\"<>)]+)?")
MOST_DECODED = 10  # times: %252540 is %2540 is %40 is @

# Errors whose text comes from the machine. That of any other may quote what somebody typed:
# “invalid literal for int(): 'Sam'”, “Failing row contains (…)”.
OF_THE_MACHINE = (OperationalError, OSError)

# What machines ask every few seconds, see health/views.py: no line tells of each answer.
PROBES = ("/healthz", "/readyz", "/metrics", "/proxy-check")


class NoProbes(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(getattr(record, "request", None), "path_info", "") not in PROBES


def without_private(text: str) -> str:
    """The text without keys of private pages and without addresses, in any spelling."""
    for _time in range(MOST_DECODED):
        decoded = unquote(text)
        if decoded == text:
            break
        text = decoded
    text = PEER.sub("…", PRIVATE_PATH.sub(r"\1…", text))
    text = MAYBE_ADDRESS.sub(lambda run: "…" if run[1] else run[0], text)
    return LOOKS_LIKE_A_KEY.sub(lambda run: run[0] if IS_A_NAME.fullmatch(run[0]) else "…", text)


class JSONFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_private(record.getMessage()),
        }
        if status := getattr(record, "status_code", None):
            line["status"] = status
        if record.exc_info and record.exc_info[1]:
            line["traceback"] = frames(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def frames(error: BaseException | None) -> str:
    """Where it went wrong and with which errors, the first cause last; no value of a variable."""
    told = []
    while error is not None:
        name = f"{type(error).__module__}.{type(error).__qualname__}"
        text = f": {without_private(str(error))}" if isinstance(error, OF_THE_MACHINE) else ""
        told.append("".join(traceback.format_tb(error.__traceback__)) + name + text)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nafter\n".join(told)
