"""One JSON object a line on standard error. No address, name or text of a visitor goes in."""

import json
import logging
import re
import traceback
from datetime import UTC, datetime

from django.db import OperationalError

# Where private pages are: /letters/KEY/. Robots are asked to keep off them.
PRIVATE_PLACES = ["letters", "pledges", "mailboxes", "posts"]
# The key in a private address opens what is there; an e-mail address is somebody's.
KEYS = "|".join(rf"(?<=/{place}/)[\w-]{{16,}}" for place in PRIVATE_PLACES)
PRIVATE = re.compile(KEYS + r"|[^\s@/'\"<>(]+@[^\s@'\"<>)]+")

# Errors whose text comes from the machine. That of any other may quote what somebody typed:
# “invalid literal for int(): 'Sam'”, “Failing row contains (…)”.
OF_THE_MACHINE = (OperationalError, OSError)


class JSONFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": PRIVATE.sub("…", record.getMessage()),
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
        text = f": {PRIVATE.sub('…', str(error))}" if isinstance(error, OF_THE_MACHINE) else ""
        told.append("".join(traceback.format_tb(error.__traceback__)) + name + text)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nafter\n".join(told)
