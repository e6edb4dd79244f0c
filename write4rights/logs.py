"""One JSON object a line on standard error. No address, name or text of a visitor goes in."""

import json
import logging
import re
from datetime import UTC, datetime

# A private link opens a letter: whoever reads the log must not be able to follow it.
PRIVATE_KEY = re.compile(r"/(letters|pledges)/[A-Za-z0-9_-]{22}")


class JSONFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if status := getattr(record, "status_code", None):
            line["status"] = status
        if record.exc_info:
            # The frames without their values: a local variable may hold a name or a letter.
            line["traceback"] = self.formatException(record.exc_info)
        return PRIVATE_KEY.sub(r"/\1/…", json.dumps(line, ensure_ascii=False))
