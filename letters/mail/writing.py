"""Writes a mail from the texts of what it tells of: when it leaves, or to show what it would be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from letters.mail import texts
from letters.mail.parts import Part, and_more, part_of
from letters.mail.texts import TEXTS, TOKENS, Opening, Words
from letters.models import MailKind, MailText, OutgoingMail


class WrittenMail(NamedTuple):
    subject: str
    body: str
    told: list[OutgoingMail]  # the rows that stand in it
    stop: str = ""  # the link at its end that ends such mails


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
        parts = [part for _mail, part in told]
        words = of_parts(parts)
        return WrittenMail(
            words.subject, words.body, [mail for mail, _part in told], _stop_of(parts)
        )


def of_parts(parts: Iterable[Part], unsaved: Mapping[str, Words] | None = None) -> Words:
    """The mail with these parts, in the language that is active. What is most important stands
    first, and gives it its subject. `unsaved` words stand in the place of those that are stored."""
    parts = sorted(parts, key=lambda part: texts.ORDER[part.text])
    about = and_more([about for part in parts for about in part.about])
    names = [name for part in parts for name in part.names]
    parts = _listed(parts)
    is_private = any(TEXTS[part.text].has_private_link for part in parts)
    stop = _stop_of(parts)
    all_parts = [
        Part(_opening(parts), {}),
        *parts,
        *([Part("private-links", {})] if is_private else []),
        *([Part("end-such-mails", {"stop": stop})] if stop else []),
        Part("end", {}),
    ]
    words = current({part.text for part in all_parts}) | dict(unsaved or {})
    for part in parts:
        words |= part.approved
    common = common_values() | {"about": about}
    bodies = [texts.filled(words[part.text].body, common | part.values) for part in all_parts]
    in_subject = common | {"about": and_more(names) if names else gettext("the campaign")}
    subject = texts.filled(words[parts[0].text].subject, in_subject)
    return Words(subject, texts.wrapped("\n\n".join(bodies)))


def _stop_of(parts: list[Part]) -> str:
    """One link ends the mails that each of them is: they are to one address."""
    return next((part.stop for part in parts if part.stop), "")


def _listed(parts: Iterable[Part]) -> list[Part]:
    """Several parts of a text that lists things become one, with all of them."""
    found: dict[str, Part] = {}
    others = []
    for part in parts:
        token = TEXTS[part.text].listed
        if not token:
            others.append(part)
        elif part.text in found:
            found[part.text].values[token] += "\n" + part.values[token]
        else:
            found[part.text] = part
    return [*found.values(), *others]


def current(kinds: Iterable[str]) -> dict[str, Words]:
    """Each text as staff changed it, or as it ships, in the language that is active.

    What can't be used any more, because other words can be filled in since, is as it ships.
    """
    words = {kind: texts.shipped(kind) for kind in kinds}
    language = translation.get_language() or settings.LANGUAGE_CODE
    for row in MailText.objects.filter(language=language, kind__in=words):
        changed = Words(row.subject, row.body)
        if not any(texts.problems(row.kind, changed).values()):
            words[row.kind] = changed
    return words


def texts_of_mail(kind: MailKind) -> list[str]:
    """All that a mail which leaves by itself is made of."""
    return [TEXTS[kind].opening, kind, "end"]


def example(kind: str, words: Words) -> Words:
    """A mail that has the text, with invented values, in the language that is active."""
    return of_parts([_example_part(_mail_with(kind))], {kind: words})


def common_values() -> dict[str, str]:
    """What stands for the words in braces that every text may have."""
    return {
        "organisation": settings.ORGANISATION,
        "site": urlsplit(settings.SITE_URL).netloc,
        "contact_email": settings.CONTACT_EMAIL,
    }


def _mail_with(kind: str) -> str:
    """A text that gives a mail its subject, and has this one before or behind it."""
    if TEXTS[kind].opening:
        return kind
    if kind == "end-such-mails":
        return MailKind.REPLY_CAME
    begun = (each for each, text in TEXTS.items() if text.opening == kind)
    return next(begun, MailKind.LETTER_LINK)


def _example_part(kind: str) -> Part:
    text = TEXTS[kind]
    values = {token: text.example(token) for token in text.tokens}
    stop = str(TOKENS["stop"].example) if text.tells_what_becomes else ""
    about = text.example("about")
    name = about if kind == MailKind.YEAR else text.example("name")
    return Part(kind, values, (about,), (name,), stop)


def _opening(parts: list[Part]) -> str:
    """The one that says best why somebody gets it."""
    openings = {TEXTS[part.text].opening for part in parts}
    best_first = [Opening.TO_DELIVER, Opening.WANTED, Opening.TYPED]
    return next(opening for opening in best_first if opening in openings)
