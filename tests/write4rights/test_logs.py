from __future__ import annotations

import io
import json
import logging
import secrets
import subprocess
import sys
import time
from urllib.parse import quote

import pytest
from django.conf import settings as site_settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.served import Served
from tests.write4rights.test_served import ask
from write4rights.logs import PRIVATE_PLACES, JSONFormatter

KEY = "abcdefghijABCDEFGHIJ-2"


def record(message: str, **extra) -> logging.LogRecord:
    made = logging.LogRecord("django.request", logging.ERROR, "", 0, message, None, None)
    made.__dict__ |= extra
    return made


def logged(message: str) -> str:
    return json.loads(JSONFormatter().format(record(message)))["message"]


def test_log_line_is_one_json_object():
    line = json.loads(JSONFormatter().format(record("Not Found: /nothing/", status_code=404)))

    assert (line["level"], line["message"], line["status"]) == (
        "ERROR",
        "Not Found: /nothing/",
        404,
    )


@pytest.mark.parametrize("place", PRIVATE_PLACES)
def test_log_line_hides_every_kind_of_private_link(place):
    assert logged(f"Gone: /fr/{place}/{KEY}/edit/") == f"Gone: /fr/{place}/…"


@pytest.mark.parametrize(
    "message",
    [
        "Not Found: /cases/guerreras-por-la-amazonia/",
        "Not Found: /letters",
        "The worker looks for mail every 2 s.",
        "The database failed: TransactionManagementError",
        "Listening at: http://127.0.0.1:8000 (17)",
        "Sent 5 letters and 3 posts",
        "Set DATA_UPLOAD_MAX_MEMORY_SIZE",
    ],
)
def test_log_line_says_what_is_nobodys(message):
    assert logged(message) == message


def all_patterns() -> dict[str, list[str]]:
    """Every address of the site, and the names of the converters in it."""
    found = {}

    def walk(patterns, before: str, converters: tuple) -> None:
        for each in patterns:
            address = before + str(each.pattern)
            inside = (*converters, *each.pattern.converters.values())
            if isinstance(each, URLResolver):
                walk(each.url_patterns, address, inside)
            elif isinstance(each, URLPattern):
                found["/" + address] = [type(converter).__name__ for converter in inside]

    walk(get_resolver().url_patterns, "", ())
    return found


def private_patterns() -> list[str]:
    """Every address with a private key in it."""
    return [address for address, inside in all_patterns().items() if "KeyConverter" in inside]


def test_what_stands_in_an_address_is_public_or_a_key():
    """So an address with a secret of another kind can't come without being hidden in the log."""
    public = {"SlugConverter", "YearConverter"}
    of_readers = {
        address: set(inside) - public
        for address, inside in all_patterns().items()
        if not address.startswith(("/admin/", "/staff/", "/media/"))
    }

    private = {"KeyConverter", "ListConverter"}
    assert {kind for kinds in of_readers.values() for kind in kinds} == private
    for address, kinds in of_readers.items():
        if kinds:
            assert logged(f"Gone: {address}").endswith("/…"), address
            assert "key" not in logged(f"Gone: {address}"), address
            assert "list" not in logged(f"Gone: {address}"), address


def test_link_by_which_staff_choose_a_password_is_hidden_as_the_only_one_of_theirs():
    """A text in the address of an account is a secret; elsewhere in the admin it names a page."""
    account = {
        address: "StringConverter" in inside
        for address, inside in all_patterns().items()
        if address.startswith("/admin/account/")
    }

    assert sum(account.values()) == 1
    for address, is_secret in account.items():
        link = address.replace("<str:token>", "WzEsIjAi:1xW:6Ki")  # as it is signed
        assert logged(f"Gone: {link}").endswith("/…") == is_secret, address


def encoded(text: str, times: int = 1) -> str:
    """Each sign percent-encoded, as many times over."""
    for _time in range(times):
        text = "".join(f"%{byte:02x}" for byte in text.encode())
    return text


SPELLINGS = {
    "as it is": lambda url, key: url,
    "slashes doubled": lambda url, key: url.replace("/", "//"),
    "backslashes": lambda url, key: url.replace("/", "\\"),
    "in capitals": lambda url, key: url.replace(key, "*").upper().replace("*", key),
    "a title": lambda url, key: url.replace(key, "*").title().replace("*", key),
    "broken by quoted-printable": lambda url, key: url.replace(key, f"={key}="),
    "a soft line break": lambda url, key: url.replace(key, f"{key[:8]}=%0D%0A{key[8:]}"),
    "spaces": lambda url, key: url.replace(key, f"{key[:11]}%20 {key[11:]}%20"),
    "place encoded": lambda url, key: url.replace(key, "*").replace("e", "%65").replace("*", key),
    "encoded": lambda url, key: encoded(url),
    "encoded twice": lambda url, key: encoded(url, 2),
    "encoded thrice": lambda url, key: encoded(url, 3),
    "half encoded": lambda url, key: url.replace(key, key[:11] + encoded(key[11:])),
    "without its last slash": lambda url, key: url.rstrip("/"),
    "in brackets": lambda url, key: url.replace(key, f"%3C{key}%3E"),
    "with a full stop": lambda url, key: f"{url}.",
    "in a query": lambda url, key: f"/nothing/?next={quote(url, safe='')}",
    "alone in a query": lambda url, key: f"/nothing/?pledge={key}",
    "in another path": lambda url, key: f"/nothing/{key}/",
    "in a whole address": lambda url, key: f"/https://write.example.org{url}",
    "soft hyphen": lambda url, key: url.replace(key, f"{key[:11]}%C2%AD{key[11:]}"),
}


def parts(key: str) -> list[str]:
    """What would give most of the key away."""
    return [key[start : start + 8] for start in range(len(key) - 7)]


@pytest.mark.slow
@pytest.mark.any_database
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_private_address_is_logged(client, db, caplog, spelling):
    caplog.set_level("DEBUG")
    caplog.handler.setFormatter(JSONFormatter())
    client.raise_request_exception = False
    assert len(private_patterns()) > 10

    for pattern in private_patterns():
        key = secrets.token_urlsafe(16)
        url = SPELLINGS[spelling](pattern.replace("<key:key>", key), key)
        strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
        for language in ["", "/fr"]:
            strict.get(language + url)
            strict.post(language + url)
            strict.put(language + url)
            strict.get(language + url, headers={"host": "evil.example"})
        line = logged(f"Error handling request GET {url}?mail=sam%2540example.org")

        for part in parts(key):
            assert part not in line, line
            assert part not in caplog.text
        assert "sam" not in line
    assert caplog.text


@given(key=st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=22))
def test_a_key_is_hidden_behind_its_place_whatever_it_looks_like(key):
    assert key not in logged(f"Gone: /letters/{key}/ and more")


@pytest.mark.parametrize("address", ["sam%2540example.org", "sam@example.org", "sam%40example.org"])
def test_an_address_is_hidden_however_often_it_is_encoded(address):
    assert "sam" not in logged(f"Not Found: /nothing/{address}/")


def test_a_line_is_looked_through_once_however_long_it_is():
    began = time.process_time()

    logged("Not Found: /" + "a" * 50_000)

    assert time.process_time() - began < 2  # 15 s, when each character began a search


@pytest.mark.slow
@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_no_level_of_the_log_lets_others_write_what_a_picture_says(level, monkeypatch, tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "at my home, Invented street 5"
    picture = io.BytesIO()
    Image.new("RGB", (20, 20)).save(picture, "TIFF", exif=exif)
    (tmp_path / "picture.tiff").write_bytes(picture.getvalue())
    read = (
        "import logging, django; django.setup();"
        "from PIL import Image;"
        f"Image.open({str(tmp_path / 'picture.tiff')!r}).load();"
        "logging.getLogger('letters').log(logging.{level}, 'said')"
    ).replace("{level}", level)

    done = subprocess.run(
        [sys.executable, "-c", read],
        cwd=site_settings.BASE_DIR,
        env=dict(
            Served(tmp_path, 0).environment, LOG_LEVEL=level, PYTHONPATH=str(site_settings.BASE_DIR)
        ),
        capture_output=True,
        text=True,
        check=True,
    )

    assert "said" in done.stderr
    assert "home" not in done.stderr + done.stdout


@pytest.mark.slow
def test_what_gunicorn_itself_says_goes_through_the_filter(tmp_path):
    served = Served(tmp_path, page_cache_seconds=4)
    believing = ["--forwarder-headers=SCRIPT_NAME", "--forwarded-allow-ips=*", "--log-level=info"]
    log = (tmp_path / "log").open("wb")
    with log, served.running("--workers=1", *believing, stderr=log):
        # It refuses this itself, and names the path.
        assert ask(served, f"/letters/{KEY}/", ("SCRIPT_NAME", "/x")).status == 500
        ask(served, f"/letters/{KEY}/", ("Transfer-Encoding", f"/letters/{KEY}/"))

    lines = (tmp_path / "log").read_text().splitlines()
    assert [line for line in lines if "gunicorn.error" in line and "Configuration problem" in line]
    for line in lines:
        json.loads(line)
        assert KEY not in line
        assert "127.0.0.1" not in line or "Listening" in line
