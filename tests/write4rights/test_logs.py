import json
import logging

from write4rights.logs import JSONFormatter


def record(message: str, **extra) -> logging.LogRecord:
    made = logging.LogRecord("django.request", logging.ERROR, "", 0, message, None, None)
    made.__dict__ |= extra
    return made


def test_log_line_is_one_json_object():
    line = json.loads(JSONFormatter().format(record("Not Found: /nothing/", status_code=404)))

    assert (line["level"], line["message"], line["status"]) == (
        "ERROR",
        "Not Found: /nothing/",
        404,
    )


def test_log_line_never_holds_a_private_link():
    message = "Internal Server Error: /fr/letters/abcdefghijABCDEFGHIJ12/edit/"

    line = json.loads(JSONFormatter().format(record(message)))

    assert line["message"] == "Internal Server Error: /fr/letters/…/edit/"
