"""Prints an .env with secrets made just now.

python -m write4rights.make_env > .env           for a copy of the site on your own machine
python -m write4rights.make_env --server > .env  for a server: .env.example with the lines
                                                 NAME=VALUE of standard input, and what
                                                 follows from them

It needs nothing but Python: what is installed hangs on what it writes.
"""

import re
import secrets
import sys
from base64 import urlsafe_b64encode
from datetime import date
from email.utils import quote
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / ".env.example"
FRESH = """\
# Made for this copy of the site; kept out of git. .env.example says what else there is.
SECRET_KEY={SECRET_KEY}
ENCRYPTION_KEYS={ENCRYPTION_KEYS}
HASH_KEY={HASH_KEY}
ALLOWED_HOSTS=127.0.0.1,localhost
HTTPS=False
SITE_URL=http://127.0.0.1:8000
"""


def new_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ENCRYPTION_KEYS": urlsafe_b64encode(secrets.token_bytes(32)).decode(),  # of Fernet
        "HASH_KEY": secrets.token_urlsafe(32),
        "METRICS_TOKEN": secrets.token_urlsafe(32),
    }


def unquoted(value: str) -> str:
    """A value of an .env, as the site reads it."""
    if match := re.fullmatch("'(.*)'", value):
        return match[1]
    if match := re.fullmatch('"(.*)"', value):
        return re.sub(r"\\(.)", r"\1", match[1])
    return value


def follows_from(values: dict[str, str]) -> dict[str, str]:
    """What else holds, unless they say otherwise."""
    values = {name: unquoted(value) for name, value in values.items()}
    follows = {}
    if hosts := values.get("ALLOWED_HOSTS", "").replace(",", " ").split():
        follows["SITE_URL"] = f"https://{hosts[0]}"
        follows["FEED_TAG"] = f"tag:{hosts[0]},{date.today().year}"
    if (name := values.get("ORGANISATION")) and (address := values.get("CONTACT_EMAIL")):
        # The inner quotes for mail, or none leaves if there is a comma, say, in the name; the
        # outer ones for those who read an .env more strictly than the site does.
        follows["FROM_EMAIL"] = f"'\"{quote(name)}\" <{address}>'"
    return follows


def for_server(values: dict[str, str]) -> str:
    """The example with its explanations; what it says to the contrary is an example of a value.

    ValueError if a name is not in it, or a value could be read as more than one line.
    """
    given = new_secrets() | follows_from(values) | values
    lines = EXAMPLE.read_text().splitlines()
    lines[0] = "# Made by deploy/install. After a change here: deploy/upgrade --restart"
    left = dict(given)
    for number, line in enumerate(lines):
        if match := re.match(r"([A-Z_]+)=", line):
            name = match[1]
            if name in left:
                lines[number] = f"{name}={left.pop(name)}"
    if left:
        raise ValueError(f"{', '.join(sorted(left))}: .env.example does not know of it.")
    if bad := [name for name, value in given.items() if not value.isprintable()]:
        raise ValueError(f"{', '.join(bad)}: a value is one line.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--server"]:
        lines = [line.partition("=") for line in sys.stdin.read().splitlines() if line]
        try:
            sys.stdout.write(for_server({name: value for name, _is, value in lines}))
        except ValueError as error:
            sys.exit(str(error))
    else:
        sys.stdout.write(FRESH.format(**new_secrets()))
