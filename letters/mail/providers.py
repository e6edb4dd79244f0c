"""The mail providers that tell us by a webhook when a mail came back, and how we know that it is
they: what they sign with, or a name and password in the address that they are given.

django-anymail checks and reads what they send. It has others, for which a package is missing here
(Amazon SES) or which first ask with another method than POST (Mandrill, Unisender Go).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.conf import settings
from django.utils.module_loading import import_string

from letters.mail import bounces
from letters.models import BounceKind

if TYPE_CHECKING:
    from anymail.webhooks.base import AnymailBaseWebhookView

SHORTEST_SECRET = 16  # characters


class Provider(NamedTuple):
    view: str  # in anymail.webhooks; read in only if it is used, as it takes 7 MB
    signs_with: str = ""  # what the view calls its key; without one: user:password


PROVIDERS = {
    "brevo": Provider("brevo.BrevoTrackingWebhookView"),
    "mailersend": Provider("mailersend.MailerSendTrackingWebhookView", "signing_secret"),
    "mailgun": Provider("mailgun.MailgunTrackingWebhookView", "webhook_signing_key"),
    "mailjet": Provider("mailjet.MailjetTrackingWebhookView"),
    "mailtrap": Provider("mailtrap.MailtrapTrackingWebhookView", "tracking_secret"),
    "postal": Provider("postal.PostalTrackingWebhookView", "webhook_key"),
    "postmark": Provider("postmark.PostmarkTrackingWebhookView"),
    "sendgrid": Provider(
        "sendgrid.SendGridTrackingWebhookView", "tracking_webhook_verification_key"
    ),
    "sparkpost": Provider("sparkpost.SparkPostTrackingWebhookView"),
}


def problem() -> str:
    """What is wrong with the settings; empty if nothing is."""
    name, secret = settings.MAIL_PROVIDER, settings.MAIL_WEBHOOK_SECRET
    if not name:
        return ""
    if name not in PROVIDERS:
        return f"MAIL_PROVIDER is none of {', '.join(PROVIDERS)}."
    if not secret:
        return "MAIL_PROVIDER is set, and MAIL_WEBHOOK_SECRET is not."
    if PROVIDERS[name].signs_with:
        try:
            _webhook()
        except ValueError:
            return f"MAIL_WEBHOOK_SECRET is no key as {name} has it."
    elif ":" not in secret or len(secret) < SHORTEST_SECRET:
        return (
            f"MAIL_WEBHOOK_SECRET has to be user:password for {name}, "
            f"of {SHORTEST_SECRET} characters or more."
        )
    return ""


def webhook() -> AnymailBaseWebhookView | None:
    """Checks and reads what the provider sends; None as long as it is not set up."""
    return None if not settings.MAIL_PROVIDER or problem() else _webhook()


def _webhook() -> AnymailBaseWebhookView:
    provider, secret = PROVIDERS[settings.MAIL_PROVIDER], settings.MAIL_WEBHOOK_SECRET
    view = import_string(f"anymail.webhooks.{provider.view}")
    if provider.signs_with:
        return view(webhook_secret=[], **{provider.signs_with: secret})
    return view(webhook_secret=[secret])


def is_unsubscribed(event: AnymailTrackingEvent) -> bool:
    """Whether somebody wants no more of what comes without being asked for each time."""
    is_rejected = event.event_type == EventType.REJECTED
    return event.event_type == EventType.UNSUBSCRIBED or (
        is_rejected and event.reject_reason == RejectReason.UNSUBSCRIBED
    )


def kind_of(event: AnymailTrackingEvent) -> BounceKind | None:
    """What an event says of the address; None if that is nothing, or the mail is tried again."""
    match event.event_type, event.reject_reason:
        case EventType.COMPLAINED, _:
            return BounceKind.COMPLAINT
        case EventType.REJECTED, RejectReason.SPAM:
            return BounceKind.COMPLAINT
        case EventType.REJECTED, (RejectReason.BOUNCED | RejectReason.INVALID):
            return BounceKind.HARD
        case EventType.BOUNCED, reason:
            return _of_bounce(event, reason)
    return None


def _of_bounce(event: AnymailTrackingEvent, reason: str | None) -> BounceKind:
    """By what the server said, if it said a status; else by what the provider makes of it."""
    told = event.esp_event if isinstance(event.esp_event, dict) else {}
    said = f"{told.get('status', '')} {event.mta_response or ''} {event.description or ''}"
    if bounces.STATUS.search(said):
        return bounces.kind_of(said)
    if told.get("Type") == "SoftBounce":  # Postmark’s, whose reason says nothing of it
        return BounceKind.SOFT
    is_hard = reason in (RejectReason.BOUNCED, RejectReason.INVALID)
    return BounceKind.HARD if is_hard else BounceKind.SOFT
