"""The mail server: only the doctor asks it."""

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from write4rights.health.results import Result, ok, red, warning

NAME = "mail server"


def answers() -> Result:
    kind = settings.EMAIL_BACKEND.rpartition("backends.")[2].partition(".")[0]
    if kind != "smtp":
        said = f"Mail is not sent: EMAIL_URL hands it to “{kind}”."
        return warning(NAME, said, "For real mail: smtp+tls://user:password@host:587.")
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    post = get_connection(timeout=10)
    try:
        post.open()
        post.close()
    except OSError as error:  # smtplib's errors are some, too
        said = f"The mail server {server} can’t be used: {_named(error)}."
        return red(NAME, said, _cure(error))
    return ok(NAME, f"{server} answers, and lets us in.")


def send_test_mail(address: str) -> Result:
    body = "This mail was sent by `manage.py doctor --send-test-mail`: mail leaves the site.\n"
    sender = settings.BOUNCE_ADDRESS or settings.DEFAULT_FROM_EMAIL
    headers = {"From": settings.DEFAULT_FROM_EMAIL, "Auto-Submitted": "auto-generated"}
    subject = f"{settings.ORGANISATION}: a test"
    try:
        EmailMessage(subject, body, sender, [address], headers=headers).send()
    except OSError as error:  # smtplib's errors are some, too
        return red("test mail", f"It could not be sent: {_named(error)}.", _cure(error))
    return ok("test mail", "It was sent. Look whether it arrives, and not among spam.")


def _named(error: Exception) -> str:
    """Its kind and the server's code: its text may hold an address."""
    if isinstance(error, smtplib.SMTPException):
        return f"{type(error).__name__} {getattr(error, 'smtp_code', '')}".strip()
    return getattr(error, "strerror", None) or type(error).__name__


def _cure(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return (
            "Look at the user and the password in EMAIL_URL; signs like @ # / ? : % of a password "
            "are written in percent-encoding: # is %23."
        )
    if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPRecipientsRefused):
        return "Look at FROM_EMAIL: the server has to send for that address."
    return "Look at the host, the port and smtp+tls (587) or smtp+ssl (465) in EMAIL_URL."
