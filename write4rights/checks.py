"""What must hold of the settings, and of the machines under the site: `manage.py check`, and with
`--database default` what is asked of the database."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.mail.message import sanitize_address
from django.db import connections
from django.http.request import validate_host

from letters.mail import providers
from letters.mail.bounce_mailbox import Mailbox
from letters.models.email_spelling import NotAnAddress, deliverable

# With one of these off, letters that were acknowledged are lost when the power fails:
# docs/safety.md 14.
MUST_BE_ON = {
    "fsync": "what is written survives a crash of the machine",
    "full_page_writes": "a page that was half written is mended",
    "synchronous_commit": "“saved” means that it is on the disk",
}
# Beside “on” synchronous_commit may say for which replicas it waits; its own disk is among them.
ON = ("on", "local", "remote_write", "remote_apply")


@register(Tags.database)
def postgresql_is_durable(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if connection.vendor != "postgresql":
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(MUST_BE_ON)]
            )
            settings = dict(cursor.fetchall())
        found += [
            Error(
                f"PostgreSQL runs with {name} = {settings.get(name, 'unknown')}.",
                hint=f"Set it to on: it makes sure that {meaning}.",
                obj=alias,
                id="write4rights.E001",
            )
            for name, meaning in MUST_BE_ON.items()
            if settings.get(name) not in ON
        ]
    return found


@register(Tags.security)
def mails_that_come_back_are_told_safely(**kwargs: Any) -> list[CheckMessage]:
    """None of them names a secret."""
    found: list[CheckMessage] = []
    if problem := providers.problem():
        hint = "See docs/operations.md, “Mails that come back”."
        found.append(Error(problem, hint=hint, id="write4rights.E002"))
    if settings.BOUNCE_MAILBOX:
        try:
            Mailbox.parse(settings.BOUNCE_MAILBOX)
        except ValueError as error:
            found.append(Error(f"BOUNCE_MAILBOX is wrong: {error}.", id="write4rights.E003"))
    if settings.BOUNCE_ADDRESS:
        try:
            deliverable(settings.BOUNCE_ADDRESS)
        except NotAnAddress:
            found.append(Error("BOUNCE_ADDRESS is no e-mail address.", id="write4rights.E004"))
    return found


@register(Tags.security)
def mail_can_be_written(**kwargs: Any) -> list[CheckMessage]:
    """Each mail is tried a few times and then given up for good: better none is tried."""
    addresses = {"FROM_EMAIL": settings.DEFAULT_FROM_EMAIL}
    if settings.CONTACT_EMAIL:
        addresses["CONTACT_EMAIL"] = settings.CONTACT_EMAIL
    found: list[CheckMessage] = []
    for name, address in addresses.items():
        try:
            sanitize_address(address, settings.DEFAULT_CHARSET)
        except ValueError:
            hint = (
                'A name with a sign such as , : ; ( [ @ is in quotes: "Us, here" <us@example.org>.'
            )
            message = f"{name} can’t be written into a mail: {address}"
            found.append(Error(message, hint=hint, id="write4rights.E023"))
    return found


WEAK_BELOW = 32  # characters
FERNET_KEY = 32  # bytes
FERNET_HINT = (
    "python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
)


def deployment(check):
    """Only asked by `check --deploy`, and by the doctor."""
    return register(Tags.security, deploy=True)(check)


@deployment
def keys_are_strong(**kwargs: Any) -> list[CheckMessage]:
    """Both are worth as much as the list of supporters: docs/operations.md, “Keys”."""
    found: list[CheckMessage] = []
    hash_key = settings.HASH_KEY
    if len(hash_key) < WEAK_BELOW or len(set(hash_key)) < 10 or hash_key == settings.SECRET_KEY:
        hint = (
            "Before anything is stored: python -c 'import secrets; print(secrets.token_urlsafe())'"
        )
        message = "HASH_KEY can be guessed: it is short, of few signs, or the SECRET_KEY."
        found.append(Warning(message, hint=hint, id="write4rights.W010"))
    for number, key in enumerate(settings.ENCRYPTION_KEYS, start=1):
        try:
            is_weak = len(set(urlsafe_b64decode(key))) < FERNET_KEY // 2
            Fernet(key)
        except ValueError:
            message = f"The {number}. of the ENCRYPTION_KEYS is no Fernet key."
            found.append(Error(message, hint=FERNET_HINT, id="write4rights.E011"))
            continue
        if is_weak:
            message = f"The {number}. of the ENCRYPTION_KEYS can be guessed."
            found.append(Warning(message, hint=FERNET_HINT, id="write4rights.W012"))
    return found


@deployment
def mail_leaves_and_can_be_answered(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    kind = settings.EMAIL_BACKEND.rpartition("backends.")[2].partition(".")[0]
    if kind in ("filebased", "console", "locmem", "dummy"):
        hint = "Set it to smtp+tls://user:password@host:587."
        message = f"No mail leaves the site: EMAIL_URL hands it to “{kind}”."
        found.append(Warning(message, hint=hint, id="write4rights.W013"))
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    if not is_address(sender):
        hint = "Set it to an address that your mail server may send for."
        message = f"FROM_EMAIL is nobody’s address: {sender or 'none'}."
        found.append(Warning(message, hint=hint, id="write4rights.W014"))
    if not is_address(settings.CONTACT_EMAIL):
        hint = "The privacy page names it, mails are answered to it, and /.well-known/security.txt."
        message = "CONTACT_EMAIL is no address: nobody can reach you."
        found.append(Warning(message, hint=hint, id="write4rights.W015"))
    return found


def is_address(typed: str) -> bool:
    try:
        return bool(deliverable(typed))
    except NotAnAddress:
        return False


@deployment
def commands_get_past_pgbouncer(**kwargs: Any) -> list[CheckMessage]:
    direct = settings.DIRECT_DATABASE
    if not settings.PGBOUNCER:
        return []
    if not direct:
        hint = "Set it to the address of PostgreSQL itself."
        message = (
            "PGBOUNCER is True and DIRECT_DATABASE_URL is missing: `backup`, `restore`, `drill` "
            "and deploy/upgrade can’t work through PgBouncer."
        )
        return [Error(message, hint=hint, id="write4rights.E027")]
    if direct["NAME"] != settings.DATABASES["default"]["NAME"]:
        message = "DIRECT_DATABASE_URL names another database than DATABASE_URL."
        hint = "Let PgBouncer call it as PostgreSQL does."
        return [Error(message, hint=hint, id="write4rights.E028")]
    return []


@deployment
def way_to_the_site_is_clear(**kwargs: Any) -> list[CheckMessage]:
    """https, the proxy and the host."""
    found: list[CheckMessage] = []
    if settings.HTTPS and not settings.HSTS_IS_SAID:
        hint = "True if every host below this one has TLS, and will for years; else False."
        message = (
            "HSTS_SUBDOMAINS is not said: may browsers ask hosts below this one by https only?"
        )
        found.append(Warning(message, hint=hint, id="write4rights.W016"))
    if settings.SECURE_HSTS_PRELOAD and not settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
        hint = "Set HSTS_SUBDOMAINS too, or leave HSTS_PRELOAD out."
        message = "HSTS_PRELOAD is on without HSTS_SUBDOMAINS: browsers’ lists refuse that."
        found.append(Warning(message, hint=hint, id="write4rights.W017"))
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        hint = (
            "Set it to the number of proxies in front; leave it 0 only if gunicorn itself has TLS."
        )
        message = (
            "HTTPS is on and TRUSTED_PROXIES is 0: behind a proxy every page leads to itself, and "
            "all senders share one allowance."
        )
        found.append(Warning(message, hint=hint, id="write4rights.W018"))
    site = urlsplit(settings.SITE_URL)
    if settings.HTTPS and site.scheme != "https":
        message = "SITE_URL does not begin with https://, and HTTPS is on."
        found.append(Warning(message, hint="Links in mails lead there.", id="write4rights.W019"))
    if not validate_host(site.hostname or "", settings.ALLOWED_HOSTS):
        message = "The host of SITE_URL is none of ALLOWED_HOSTS: links in mails lead nowhere."
        hint = f"Add it: {settings.SITE_URL} leads to none of {', '.join(settings.ALLOWED_HOSTS)}."
        found.append(Error(message, hint=hint, id="write4rights.E020"))
    if not re.fullmatch(r"[A-Za-z0-9_/-]+", settings.ADMIN_PATH):
        message = "ADMIN_PATH has other signs than letters, digits, - and _: the proxy refuses it."
        found.append(Error(message, hint="Choose another word.", id="write4rights.E022"))
    if "*" in settings.ALLOWED_HOSTS:
        message = "ALLOWED_HOSTS lets everybody name the site as they like."
        found.append(Warning(message, hint="Name its hosts.", id="write4rights.W021"))
    return found
