"""The mail that tells of an outcome: the same words for all, with each address's own links."""

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.models import Outcome, Stage
from cases.models.outcomes import with_later
from cases.models.translation import marked_text
from letters.mail import links, writing
from letters.mail.pace import domain_of
from letters.mail.parts import Part
from letters.models import Announcement, EmailAddress, MailKind, OutgoingMail, Priority

# What stands in the words until an address's own link takes its place.
STOP = "{stop}"
# What was approved before news had one link of its own may have this, which opened everything.
EARLIER_PAGE = "{page}"
KEY_OF_NOBODY = "x" * 22


def subject_and_body(outcome: Outcome) -> dict[str, str]:
    """Subject and body in the language that is active. The subject says of whom, and not what."""
    [outcome] = with_later([outcome])
    later = [(row, is_later, marked_text(row, "headline")) for row, is_later in outcome.later]
    headline, text = marked_text(outcome, "headline"), marked_text(outcome, "text")
    is_translated = [headline, text] == [outcome.headline_i18n, outcome.text_i18n]
    is_translated &= all(told == row.headline_i18n for row, _is_later, told in later)
    context = {"outcome": outcome, "headline": headline, "text": text, "later": later}
    context["is_translated"] = is_translated
    story = _("The whole story:")
    if outcome.case.stage == Stage.PUBLISHED:
        story = _("The whole story, and what can be done now:")
    values = {
        "name": outcome.case.display_name,
        "country": outcome.case.country_name,
        "outcome": render_to_string("letters/mail/outcome.txt", context).strip(),
        "story": story,
        "link": settings.SITE_URL + outcome.case.get_absolute_url(),
        "stop": STOP,
    }
    kind = "news-bad" if outcome.tone == "bad" else "news"
    name = outcome.case.display_name
    return writing.of_parts([Part(kind, values, (name,), (name,))])._asdict()


def mail(announcement: Announcement, email_address: EmailAddress) -> OutgoingMail:
    """The mail for one address, in its language; not stored yet."""
    language = (
        email_address.language
        if email_address.language in announcement.texts
        else settings.LANGUAGE_CODE
    )
    text = announcement.texts[language]
    with translation.override(language):
        stop, page = links.to_stop(email_address), settings.SITE_URL + reverse("letters:follow-all")
    now = timezone.now()
    return OutgoingMail(
        kind=MailKind.NEWS,
        about=f"{about(announcement)}{email_address.pk}",
        to=email_address.email,
        to_hash=email_address.email_hash,
        priority=Priority.NEWS,
        domain=domain_of(email_address.email),
        subject=text["subject"],
        body=text["body"].replace(STOP, stop).replace(EARLIER_PAGE, page),
        language=language,
        is_news=True,
        case_id=announcement.outcome.case_id,
        unsubscribe_url=stop,
        created_at=now,
        not_before=now,
    )


def without_key(body: str, language: str) -> str:
    """The body as it arrives, but for the key that makes its link an address's own."""
    with translation.override(language):
        stop = settings.SITE_URL + reverse("letters:stop-news", args=[KEY_OF_NOBODY])
    return body.replace(STOP, stop.replace(KEY_OF_NOBODY, "…"))


def about(announcement: Announcement) -> str:
    """What its mails are about; the number of the address stands behind it.

    “telling” is the word that stands in mails from before announcements had their name.
    """
    return f"telling:{announcement.pk}:"


def announcement_and_email_address(mail: OutgoingMail) -> tuple[int, int]:
    """The numbers that a news mail is about."""
    _word, announcement, email_address = mail.about.split(":")
    return int(announcement), int(email_address)
