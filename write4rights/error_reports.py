"""Reports of errors to Sentry, or to what speaks its language, if SENTRY_DSN is set.

Each line of the log that is an error is reported, and what ends a command. A report is made anew of
what is known to tell nothing about anybody, rather than cleaned of what may: which error, where in
the code, and the line of the log as `write4rights.logs` would write it. So it has no request, no
address, no header, no cookie, no value of a variable, and no text of an error that may quote one.
"""

import logging
from typing import Any

import sentry_sdk
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.utils import BadDsn

from write4rights.logs import OF_THE_MACHINE, without_private

KEPT = ["event_id", "timestamp", "platform", "level", "logger", "environment"]
KEPT_OF_ERROR = ["type", "module", "mechanism"]
KEPT_OF_FRAME = ["filename", "function", "module", "lineno", "in_app", "context_line"]
NOT_OURS = "django.security"  # a strange host in a request is no fault of the code


def start(dsn: str, **options: Any) -> None:
    try:
        sentry_sdk.init(
            dsn,
            before_send=scrubbed,
            before_send_transaction=lambda event, hint: None,
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[
                LoggingIntegration(level=None, event_level=logging.ERROR),
                ExcepthookIntegration(),
                AtexitIntegration(callback=lambda pending, timeout: None),  # it says nothing
            ],
            environment=settings.SITE_URL,
            include_local_variables=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_session_tracking=False,
            send_client_reports=False,
            **options,
        )
    except BadDsn as error:
        raise ImproperlyConfigured("SENTRY_DSN is none: https://key@host/number.") from error


def scrubbed(event: Any, hint: dict[str, Any]) -> Any:
    """What is sent of an event; None if nothing is."""
    if str(event.get("logger", "")).startswith(NOT_OURS):
        return None
    sent = {name: event[name] for name in KEPT if name in event}
    if record := hint.get("log_record"):
        sent["message"] = without_private(record.getMessage()).partition("?")[0]
    if values := (event.get("exception") or {}).get("values"):
        errors = [_scrubbed_error(error) for error in values]
        raised = (hint.get("exc_info") or [None, None])[1]
        if isinstance(raised, OF_THE_MACHINE):
            errors[-1]["value"] = without_private(str(raised))
        sent["exception"] = {"values": errors}
    return sent


def _scrubbed_error(error: dict[str, Any]) -> dict[str, Any]:
    frames = (error.get("stacktrace") or {}).get("frames", [])
    kept = [{name: frame[name] for name in KEPT_OF_FRAME if name in frame} for frame in frames]
    sent = {name: error[name] for name in KEPT_OF_ERROR if name in error}
    return sent | {"stacktrace": {"frames": kept}}
