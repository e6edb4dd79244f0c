import json
import logging

import pytest

from write4rights.logs import PRIVATE_PLACES, JSONFormatter


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


@pytest.mark.parametrize("place", PRIVATE_PLACES)
def test_log_line_hides_every_kind_of_private_link(place):
    line = json.loads(JSONFormatter().format(record(f"Gone: /{place}/abcdefghijABCDEFGHIJ12/")))

    assert line["message"] == f"Gone: /{place}/…/"
