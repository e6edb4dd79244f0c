"""What must hold of the settings, and of the machines under the site: `manage.py check`, and with
`--database default` what is asked of the database."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

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
