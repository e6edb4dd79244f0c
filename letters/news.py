"""The mail that tells of an outcome: the same words for all, with each address's own links."""

from __future__ import annotations

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.models import Outcome
from cases.models.translating import shown_language
from letters.models import Mailbox, MailKind, OutgoingMail, Telling

# What stands in the words until an address's own links take their places.
STOP, PAGE = "{stop}", "{page}"
KEY_OF_NOBODY = "x" * 22


def words(outcome: Outcome) -> dict[str, str]:
    """Subject and body in the language that is active. The subject tells nobody anything."""
    told = [name for name in ["headline", "text"] if getattr(outcome, name)]
    context = {
        "outcome": outcome,
        "case": outcome.case,
        "is_translated": all(shown_language(outcome.i18n, name) == get_language() for name in told),
        "link": settings.SITE_URL + outcome.case.get_absolute_url(),
        "stop": STOP,
        "page": PAGE,
        "organisation": settings.ORGANISATION,
        "contact_email": settings.CONTACT_EMAIL,
    }
    body = render_to_string("letters/mail/news.txt", context).strip() + "\n"
    return {"subject": _("The news you asked for"), "body": body}


def mail(telling: Telling, mailbox: Mailbox) -> OutgoingMail:
    """The mail for one address, in its language; not stored yet."""
    language = mailbox.language if mailbox.language in telling.texts else settings.LANGUAGE_CODE
    text = telling.texts[language]
    stop, page = _links(mailbox.key, language)
    now = timezone.now()
    return OutgoingMail(
        kind=MailKind.NEWS,
        about=f"{about(telling)}{mailbox.pk}",
        to=mailbox.email,
        to_hash=mailbox.email_hash,
        subject=text["subject"],
        body=text["body"].replace(STOP, stop).replace(PAGE, page),
        language=language,
        is_news=True,
        case_id=telling.outcome.case_id,
        unsubscribe_url=stop,
        created_at=now,
        not_before=now,
    )


def without_key(body: str, language: str) -> str:
    """The body as it arrives, but for the key that makes the links an address's own."""
    stop, page = _links(KEY_OF_NOBODY, language)
    return body.replace(STOP, stop).replace(PAGE, page).replace(KEY_OF_NOBODY, "…")


def about(telling: Telling) -> str:
    """What the mails of a telling are about; the number of the mailbox stands behind it."""
    return f"telling:{telling.pk}:"


def telling_and_mailbox(mail: OutgoingMail) -> tuple[int, int]:
    """The numbers that a news mail is about."""
    _telling, telling, mailbox = mail.about.split(":")
    return int(telling), int(mailbox)


def _links(key: str, language: str) -> tuple[str, str]:
    """Where a mailbox ends all news, and its page with all it asked for."""
    with translation.override(language):
        stop, page = reverse("letters:stop", args=[key]), reverse("letters:mailbox", args=[key])
    return settings.SITE_URL + stop, settings.SITE_URL + page
