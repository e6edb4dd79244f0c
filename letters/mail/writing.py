"""Writes a mail as it leaves, from the texts of what it tells of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import translation

from letters.mail import texts
from letters.mail.parts import Part, part_of
from letters.mail.texts import TEXTS, Opening
from letters.models import OutgoingMail


class WrittenMail(NamedTuple):
    subject: str
    body: str
    told: list[OutgoingMail]  # the rows that stand in it


def written(mails: list[OutgoingMail]) -> WrittenMail | None:
    """One mail for all rows that leave together, but for those of which nothing can be told now;
    None if that is all of them.

    News is as it was approved.
    """
    first = mails[0]
    if first.is_news:
        return WrittenMail(first.subject, first.body, [first])
    with translation.override(first.language):
        told = [(mail, part) for mail in mails if (part := part_of(mail))]
        if not told:
            return None
        subject, body = _of_parts(part for _mail, part in told)
        return WrittenMail(subject, body, [mail for mail, _part in told])


def _of_parts(parts: Iterable[Part]) -> tuple[str, str]:
    """Subject and body. What is most important first: it also gives the subject."""
    parts = sorted(parts, key=lambda part: texts.ORDER[part.text])
    first = TEXTS[parts[0].text]
    body = [
        Part(_opening(parts), {}),
        *parts,
        *([Part("private-links", {})] if any(_is_private(part) for part in parts) else []),
        Part("end", {}),
    ]
    common = common_values()
    bodies = [texts.filled(str(TEXTS[part.text].body), common | part.values) for part in body]
    return texts.filled(str(first.subject), common), texts.wrapped("\n\n".join(bodies))


def common_values() -> dict[str, str]:
    """What stands for the words in braces that every text may have."""
    return {
        "organisation": settings.ORGANISATION,
        "site": urlsplit(settings.SITE_URL).netloc,
        "contact_email": settings.CONTACT_EMAIL,
    }


def _opening(parts: list[Part]) -> str:
    """The one that says best why somebody gets it."""
    openings = {TEXTS[part.text].opening for part in parts}
    best_first = [Opening.TO_DELIVER, Opening.WANTED, Opening.TYPED]
    return next(opening for opening in best_first if opening in openings)


def _is_private(part: Part) -> bool:
    return TEXTS[part.text].has_private_link
