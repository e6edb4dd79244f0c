"""A case on paper: the case sheet, and the code that tells whether a printed one is still right."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, get_language_bidi, override
from django.utils.translation import gettext as _

from cases import pictures, typesetting
from cases.models import AppliesTo, Case
from cases.text import as_blocks

# Without letters and digits that look alike on paper (I, L, O, 0, 1, U).
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
FINGERPRINT = 6  # signs: one of 700 million; enough to tell two versions of one sheet apart

PAPERS: dict[str, typesetting.Paper] = {"a4": "a4", "letter": "us-letter"}


class SheetState(StrEnum):
    RIGHT, CHANGED, STOP, UNKNOWN = "right", "changed", "stop", "unknown"


def code(case: Case) -> str:
    """The version code of the sheet as it would be printed now: the case, and a fingerprint.

    It is worked out from what the sheet says in the site's own language, so nothing is stored and
    nothing has to be counted up when a text changes.
    """
    with override(settings.LANGUAGE_CODE):  # the name of a country too
        said = json.dumps(_said(case), ensure_ascii=False, sort_keys=True)
    number = int.from_bytes(hashlib.sha256(said.encode()).digest()[:8], "big")
    return f"{_written(case.pk)}-{_written(number)[-FINGERPRINT:]}"


def case_key(code: str) -> int | None:
    """Which case a code is of; None if it can't be one. Small letters are read like capitals."""
    number, dash, fingerprint = code.upper().partition("-")
    if not dash or not 1 <= len(number) <= 10 or len(fingerprint) != FINGERPRINT:
        return None
    if not set(number + fingerprint) <= set(ALPHABET):
        return None
    key = 0
    for sign in number:
        key = key * len(ALPHABET) + ALPHABET.index(sign)
    return key


def state(case: Case | None, printed: str) -> SheetState:
    """Whether a printed sheet with this code may still be used."""
    if case is None or not case.is_open_to_readers:
        return SheetState.UNKNOWN
    target = getattr(case, "target", None)
    deadline = target and target.appeal_deadline
    if not case.takes_actions or (deadline and deadline < timezone.localdate()):
        return SheetState.STOP
    return SheetState.RIGHT if code(case) == printed.upper() else SheetState.CHANGED


def pdf(case: Case, *, paper: str, large_print: bool) -> bytes:
    """The sheet of a case from `Case.objects.for_page()`, in the language that is active."""
    data = _data(case) | {"paper": PAPERS[paper], "large_print": large_print}
    return typesetting.pdf("sheet", data, made_at=case.updated_at)


def card(case: Case) -> bytes:
    """The picture shown where a link to the case is shared: PNG, 1200 × 630."""
    data: typesetting.Card = {
        "lang": get_language() or settings.LANGUAGE_CODE,
        "dir": "rtl" if get_language_bidi() else "ltr",
        "campaign": _("Write for Rights"),
        "name": case.display_name,
        "country": case.country_name,
        "headline": case.headline_i18n,
        "picture": _picture(case),
    }
    return typesetting.png("card", data)


def _data(case: Case) -> dict:
    target = getattr(case, "target", None)
    solidarity = getattr(case, "solidarity_action", None)
    version = code(case)
    return {
        "lang": get_language() or settings.LANGUAGE_CODE,
        "dir": "rtl" if get_language_bidi() else "ltr",
        "campaign": case.edition.title_i18n,
        "name": case.display_name,
        "country": case.country_name,
        "headline": case.headline_i18n,
        "content_note": case.content_note_i18n,
        "picture": _picture(case),
        "story": as_blocks(case.story_i18n),
        "demands": [demand.text_i18n for demand in case.demands.all()],
        "target": {
            "lines": target.recipient_lines if target else [],
            "note": case.address_note_i18n or case.no_target_reason,
            "email": target.email if target else "",
            "salutation": target.salutation if target else "",
            "close": target.close if target else "",
        },
        "rules": [
            rule.why
            for rule in case.safety_rules.all()
            if rule.applies_to == AppliesTo.APPEAL and rule.why
        ],
        "solidarity": solidarity
        and {
            "lines": solidarity.public_lines,
            "note": solidarity.note,
            "phrases": [phrase.text for phrase in case.solidarity_phrases.all()],
        },
        "check": {
            "qr": typesetting.qr(settings.SITE_URL + reverse("cases:check", args=[version])),
            "url": _short(settings.SITE_URL) + reverse("cases:check", args=[version]),
            "code": version,
            "made_on": date_format(timezone.localdate(), "DATE_FORMAT"),
        },
        "credit": _("Text: %(organisation)s.") % {"organisation": settings.ORGANISATION},
    }


def _said(case: Case) -> dict:
    """All that may not change under a printed sheet, in the default language."""
    target = getattr(case, "target", None)
    solidarity = getattr(case, "solidarity_action", None)
    return {
        "name": case.display_name,
        "texts": [case.headline, case.story, case.content_note, case.address_note],
        "demands": [demand.text for demand in case.demands.all()],
        "target": target
        and [
            target.full_name,
            target.office,
            target.salutation,
            target.close,
            target.postal,
            target.postal_country,
            target.email,
        ],
        "rules": [
            [rule.applies_to, rule.topic, rule.answer, rule.why] for rule in case.safety_rules.all()
        ],
        "solidarity": solidarity
        and [
            solidarity.recipient,
            *solidarity.public_lines,
            solidarity.note,
            "\n".join(phrase.text for phrase in case.solidarity_phrases.all()),
        ],
    }


def _picture(case: Case) -> typesetting.Picture | None:
    portrait = getattr(case, "portrait", None)
    if portrait is None:
        return None
    return {
        "data": pictures.cropped(portrait, 1600, 1200),
        "alt": portrait.alt_i18n,
        "credit": portrait.credit,
        "focus": (portrait.focal_x, portrait.focal_y),
    }


def _written(number: int) -> str:
    signs = ""
    while number or not signs:
        number, rest = divmod(number, len(ALPHABET))
        signs = ALPHABET[rest] + signs
    return signs


def _short(url: str) -> str:
    """An address as a person types it, without https://."""
    return url.partition("://")[2]
