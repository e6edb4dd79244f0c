"""The parts of a hand-in as they are printed: letters, cards, or a table of signatures.

Its cover is in letters/delivery/cover.py. Nothing here writes. What has left the hand-in is not on
its paper, and no other gets its number.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.translation import get_language_bidi, override
from django.utils.translation import gettext as _
from PIL import Image

from cases.countries import country_name
from cases.models import PetitionText
from cases.printing import typesetting
from cases.printing.sheets import PAPERS
from letters.models import (
    ActionKind,
    Format,
    HandIn,
    HandInItem,
    HandInPart,
    Letter,
    Signature,
)
from letters.text import composing, pictures, redactions, routes

MAX_PIXELS_A_SIDE = 1_000  # 240 to the inch, half as wide as a card: a hundred of them go in a file
JPEG_QUALITY = 80


def items_of(part: HandInPart) -> QuerySet[HandInItem]:
    """Those that are in it now, by their numbers; but for what was erased since it was printed."""
    span = part.first, part.last
    items = HandInItem.objects.open().filter(hand_in=part.hand_in_id, number__range=span)
    return items.filter(letter__erased_on=None, signature__erased_on=None).order_by("number")


def pdf(part: HandInPart) -> bytes:
    """The part as it is now. Raises rendering.Busy or CannotBeSet."""
    hand_in = part.hand_in
    with override(hand_in.page_language):
        if hand_in.is_of_signatures:
            return typeset("hand_in_signatures", _signatures(part), part)
        template = "hand_in_cards" if hand_in.form == Format.CARD else "hand_in_letters"
        return typeset(template, {"letters": _letters(part)}, part)


def typeset(template: str, data: dict[str, Any], part: HandInPart) -> bytes:
    """With what each paper of a hand-in has, in the language that is active."""
    named = {"number": part.hand_in_id, "first": part.first, "last": part.last}
    title = (
        _("Hand-in %(number)s") % named
        if part.is_cover
        else _("Hand-in %(number)s, numbers %(first)s to %(last)s") % named
    )
    data |= {
        "paper": PAPERS[part.hand_in.paper],
        "title": title,
        "lang": part.hand_in.page_language,
        "dir": "rtl" if get_language_bidi() else "ltr",
    }
    return typesetting.print_run(template, data, made_at=part.hand_in.made_at)


def number(value: int) -> str:
    """How many. The number of one is printed as it is typed: in a list, a comma begins another."""
    return number_format(value, force_grouping=True)


# --- letters and cards


def _letters(part: HandInPart) -> list[dict[str, Any]]:
    related = ["letter__target", "letter__case"]
    if part.hand_in.kind == ActionKind.SOLIDARITY:
        related.append("letter__picture")
    return [
        _letter(item.letter, f"{part.hand_in_id} / {item.number}")
        for item in items_of(part).select_related(*related).prefetch_related("letter__redactions")
        if item.letter
    ]


def _letter(letter: Letter, shown_number: str) -> dict[str, Any]:
    parts, texts = composing.parts_of(letter), redactions.redacted(letter)
    return {
        "number": shown_number,
        "lang": letter.language,
        "dir": parts.direction,
        "date": "" if letter.is_message else composing.date_line(letter),
        "sender": {
            "name": "" if letter.is_message else letter.signed_name,
            "place": letter.place,
        },
        "to": routes.addressee_lines(letter),
        "subject": texts.subject,
        "salutation": parts.salutation,
        "body": texts.body,
        "close": parts.close,
        "name": letter.signed_name,
        "picture": _picture(letter) if letter.is_message else None,
    }


def _picture(message: Letter) -> typesetting.Picture | None:
    data = pictures.jpeg_of(message.picture)
    if data is None:
        return None
    with Image.open(BytesIO(data), formats=["JPEG"]) as image:
        image.thumbnail((MAX_PIXELS_A_SIDE, MAX_PIXELS_A_SIDE))
        smaller = BytesIO()
        image.save(smaller, "JPEG", quality=JPEG_QUALITY)
    return {"data": smaller.getvalue(), "alt": _("The picture that comes with these words")}


# --- signatures


def _signatures(part: HandInPart) -> dict[str, Any]:
    letters = {text.pk: letter for text, letter in texts_of(part.hand_in)}
    items = items_of(part).select_related("signature")
    return {
        "labels": {
            "number": _("No."),
            "name": _("Name"),
            "country": _("Country"),
            "text": _("Text"),
        },
        "signatures": [
            {
                "number": str(item.number),
                "name": item.signature.name,
                "country": country_name(item.signature.country) if item.signature.country else "",
                "text": letters[item.signature.text_id] if len(letters) > 1 else "",
            }
            for item in items
            if item.signature
        ],
    }


def texts_of(hand_in: HandIn) -> list[tuple[PetitionText, str]]:
    """Each text that was signed, with the letter that stands for it in the table: A, B, …"""
    signed = Signature.objects.filter(hand_in_items__in=open_items(hand_in))
    texts = PetitionText.objects.filter(pk__in=signed.values("text")).order_by("pk")
    return [(text, chr(ord("A") + index)) for index, text in enumerate(texts)]


def open_items(hand_in: HandIn) -> QuerySet[HandInItem]:
    return HandInItem.objects.open().filter(hand_in=hand_in)
