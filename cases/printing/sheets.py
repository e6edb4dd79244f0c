"""A case on paper: the case sheet, and the code that tells whether a printed one is still right."""

import hashlib
import json
from enum import StrEnum
from io import BytesIO

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.formats import date_format
from django.utils.translation import get_language, get_language_bidi, override
from django.utils.translation import gettext as _
from PIL import Image

from cases import pictures
from cases.dates import partial_date_text
from cases.models import AppliesTo, Case, SafetyAdvice, Target
from cases.printing import typesetting
from cases.printing.stored import rendered_once
from cases.text import as_blocks

# Without letters and digits that look alike on paper (I, L, O, 0, 1, U).
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
DIGEST_LENGTH = 4  # one of 800,000: enough to tell two versions of one sheet apart
# Only we can work it out, one of 24 million: who counts through all codes learns nothing.
PROOF_LENGTH = 5

SHARE_SHAPES = {"square": (1080, 1080), "story": (1080, 1920)}  # beside the card
MAX_SHARE_BYTES = 200_000
MAX_CARD_BYTES = 120_000  # it is loaded wherever a link is pasted, and by every message of a group
JPEG_QUALITIES = [86, 78, 70, 60, 50, 40]

PAPERS: dict[str, typesetting.Paper] = {"a4": "a4", "letter": "us-letter"}


class SheetState(StrEnum):
    RIGHT, CHANGED, STOP, UNKNOWN = "right", "changed", "stop", "unknown"


def code(case: Case) -> str:
    """The code of the sheet as it would be printed now: the case, a digest of its text, a proof.

    It is worked out from what the sheet says in the site's own language, so nothing is stored and
    nothing has to be counted up when a text changes.
    """
    with override(settings.LANGUAGE_CODE):  # the name of a country too
        said = json.dumps(_said(case), ensure_ascii=False, sort_keys=True)
    number = int.from_bytes(hashlib.sha256(said.encode()).digest()[:8], "big")
    return _proven(f"{_written(case.pk)}-{_written(number)[-DIGEST_LENGTH:]}")


def _proven(unproven: str) -> str:
    # HASH_KEY stays, when SECRET_KEY is changed: paper lasts.
    proof = salted_hmac("cases.sheets", unproven, secret=settings.HASH_KEY, algorithm="sha256")
    return unproven + _written(int.from_bytes(proof.digest()[:8], "big"))[-PROOF_LENGTH:]


def case_key(code: str) -> int | None:
    """Which case a code is of; None if we never printed it. Small letters are read like capitals.

    So nobody learns from made-up codes which cases there are, unlisted or frozen.
    """
    code = code.upper()
    number, dash, rest = code.partition("-")
    if not dash or not 1 <= len(number) <= 10 or len(rest) != DIGEST_LENGTH + PROOF_LENGTH:
        return None
    if not constant_time_compare(_proven(code[:-PROOF_LENGTH]), code):
        return None
    if not set(number + rest) <= set(ALPHABET):
        return None
    key = 0
    for character in number:
        key = key * len(ALPHABET) + ALPHABET.index(character)
    return key


def state(case: Case | None, printed: str) -> SheetState:
    """Whether a printed sheet with this code may still be used."""
    if case is None or not case.is_open_to_readers:
        return SheetState.UNKNOWN
    if not may_be_used(case):
        return SheetState.STOP
    return SheetState.RIGHT if code(case) == printed.upper() else SheetState.CHANGED


def may_be_used(case: Case) -> bool:
    """Whether its letters may be sent today. If not, no sheet is printed: it says whom to write to,
    and outlasts what the page says."""
    return case.takes_letters


def pdf(case: Case, *, paper: str, large_print: bool) -> bytes:
    """The sheet of a case from `Case.objects.for_page()`, in the language that is active.

    Raises rendering.Busy.
    """
    data = _data(case) | {"paper": PAPERS[paper], "large_print": large_print}
    return rendered_once(
        "sheet",
        data | _picture_said(case),
        lambda: typesetting.pdf(
            "sheet", data | {"picture": _picture(case)}, made_at=case.updated_at
        ),
    )


def card(case: Case) -> bytes:
    """The picture shown where a link to the case is shared: JPEG, 1200 × 630, of 120 KB at most.

    Raises rendering.Busy.
    """
    data = {
        "lang": get_language() or settings.LANGUAGE_CODE,
        "dir": "rtl" if get_language_bidi() else "ltr",
        "campaign": _("Write for Rights"),
        "name": case.display_name,
        "country": case.country_name,
        "headline": case.current_headline,
    }
    return rendered_once(
        "card",
        data | _picture_said(case),
        lambda: _as_small_jpeg(
            typesetting.png("card", data | {"picture": _picture(case)}), MAX_CARD_BYTES
        ),
    )


def share_picture(case: Case, shape: str) -> bytes:
    """A picture to post about a case, in one of `SHARE_SHAPES`: JPEG, of 200 KB at most.

    Raises rendering.Busy.
    """
    data = {
        "lang": get_language() or settings.LANGUAGE_CODE,
        "dir": "rtl" if get_language_bidi() else "ltr",
        "shape": shape,
        "campaign": _("Write for Rights"),
        "site": _short(settings.SITE_URL),
        "name": case.display_name,
        "country": case.country_name,
        "headline": case.current_headline,
        "credit": case.portrait.credit if case.portrait else "",
    }
    return rendered_once(
        "share",
        data | _picture_said(case),
        lambda: _as_small_jpeg(
            typesetting.png("share", data | {"picture": _picture(case)}), MAX_SHARE_BYTES
        ),
    )


def _as_small_jpeg(png: bytes, most: int) -> bytes:
    """As good as it can be within the weight that networks and phones take at once."""
    with Image.open(BytesIO(png)) as picture:
        for quality in JPEG_QUALITIES:
            options = {"quality": quality, "optimize": True, "progressive": True}
            jpeg = pictures.encode(picture.convert("RGB"), "JPEG", options)
            if len(jpeg) <= most:
                break
    return jpeg


def _data(case: Case) -> dict:
    solidarity = case.solidarity_action
    sheet_code = code(case)
    return {
        "lang": get_language() or settings.LANGUAGE_CODE,
        "dir": "rtl" if get_language_bidi() else "ltr",
        "campaign": case.edition.title_i18n,
        "name": case.display_name,
        "country": case.country_name,
        "headline": case.headline_i18n,
        "content_note": case.content_note_i18n,
        "story": as_blocks(case.story_i18n),
        "as_of": _as_of(case),
        "sources": [
            {"supports": source.supports, "host": source.host} for source in case.sources.all()
        ],
        "demands": [demand.text_i18n for demand in case.demands.all()],
        "targets": [_recipient(target) for target in case.open_targets],
        "address_note": case.address_note_i18n or case.no_target_reason,
        "rules": _rules(case, AppliesTo.APPEAL),
        "solidarity": solidarity
        and {
            "lines": solidarity.public_lines,
            "rules": _rules(case, AppliesTo.SOLIDARITY),
            "note": solidarity.note,
            "phrases": [phrase.text for phrase in case.solidarity_phrases.all()],
        },
        "check": {
            "qr": typesetting.qr(settings.SITE_URL + reverse("cases:check", args=[sheet_code])),
            "url": _short(settings.SITE_URL) + reverse("cases:check", args=[sheet_code]),
            "code": sheet_code,
            "made_on": date_format(timezone.localdate(), "DATE_FORMAT"),
        },
        "credit": _("Text: %(organisation)s.") % {"organisation": settings.ORGANISATION},
    }


def _recipient(target: Target) -> typesetting.Recipient:
    deadline = target.appeal_deadline
    return {
        "lines": target.recipient_lines,
        "as_of": target.holder_as_of_text,
        "asked": target.asked_i18n,
        "deadline": date_format(deadline, "DATE_FORMAT") if deadline else "",
        "email": target.checked_email,
        "salutation": target.salutation,
        "close": target.close,
    }


def _as_of(case: Case) -> str:
    if not case.facts_as_of:
        return ""
    return _("This is what we know as of %(date)s.") % {"date": partial_date_text(case.facts_as_of)}


def _rules(case: Case, applies_to: AppliesTo) -> list[str]:
    """What a letter, or a card, has to keep to: each stands beside the address it is about."""
    rules = SafetyAdvice.of(case, applies_to)
    return [why for why in [*(rule.why for rule in rules.answered), rules.left_out] if why]


def _said(case: Case) -> dict:
    """All that may not change under a printed sheet, in the default language."""
    solidarity = case.solidarity_action
    return {
        "name": case.display_name,
        "texts": [case.headline, case.story, case.content_note, case.address_note],
        "demands": [demand.text for demand in case.demands.all()],
        "targets": [
            [
                *target.recipient_lines,
                *(target.salutation, target.close, target.asked, target.checked_email),
                str(target.appeal_deadline or ""),
            ]
            for target in case.open_targets
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
    portrait = case.portrait
    if portrait is None:
        return None
    return {
        "data": pictures.cropped(portrait, 1600, 1200),
        "alt": portrait.alt_i18n,
        "credit": portrait.credit,
        "focus": (portrait.focal_x, portrait.focal_y),
    }


def _picture_said(case: Case) -> dict:
    """What tells one picture of a case from the next, without reading it."""
    portrait = case.portrait
    if portrait is None:
        return {"picture": None}
    focus = (portrait.focal_x, portrait.focal_y)
    return {"picture": [portrait.image.name, portrait.alt_i18n, portrait.credit, *focus]}


def _written(number: int) -> str:
    characters = ""
    while number or not characters:
        number, rest = divmod(number, len(ALPHABET))
        characters = ALPHABET[rest] + characters
    return characters


def _short(url: str) -> str:
    """An address as a person types it, without https://."""
    return url.partition("://")[2]
