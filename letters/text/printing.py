"""A letter or message as a PDF, ready to sign, fold and post."""

import json
from functools import lru_cache
from hashlib import sha256
from typing import Literal

from django.utils.translation import gettext as _

from cases.printing import envelopes, fonts, typesetting
from cases.printing.rendering import turn
from cases.printing.sheets import PAPERS
from letters.models import Letter
from letters.text import composing, pictures, routes

ADDRESS_ROOM = 3  # ruled lines for an address that the writer has to find
PostcardSize = Literal["a6", "a5"]
POSTCARD_SIZES: list[PostcardSize] = ["a6", "a5"]
# No card takes so many letters, whatever their script: the densest is Arabic with all its vowels,
# of which 2,300 and 4,100 go on the back in the smallest type.
TOO_MANY_CHARACTERS: dict[PostcardSize, int] = {"a6": 2_500, "a5": 4_500}

# The query of each sheet that is offered, its paper, and where the window of the envelope is. US
# Letter goes into No. 10, which has its window on the left in all countries that use it.
SHEETS: dict[str, tuple[str, envelopes.Window]] = {
    "": ("a4", "left"),
    "paper=letter": ("letter", "left"),
    "window=right": ("a4", "right"),
    "window=none": ("a4", "none"),
    "paper=letter&window=none": ("letter", "none"),
}
ENVELOPES = {"": "DL", "size=c65": "C6/5", "size=c5": "C5", "size=10": "10"}

_fitting: dict[bytes, bool] = {}  # whether the words of this digest fit on the card they are for
MAX_KNOWN_LETTERS = 2_000


@turn()
def pdf(
    letter: Letter, *, paper: str, window: envelopes.Window = "left", copy: bool = False
) -> bytes:
    """The letter on its sheet, or its copy for an embassy; `paper` is "a4" or "letter".

    A letter that is the model as it stands has its translation on a second page, and a message its
    picture. Without a known address there are ruled lines for one in the window.
    """
    parts = composing.parts_of(letter)
    seen = envelopes.always_seen(PAPERS[paper], window)
    data: typesetting.Letter = {
        "paper": PAPERS[paper],
        "window": seen and seen._asdict(),
        "folds": list(envelopes.FOLDS[PAPERS[paper]]),
        "lang": letter.language,
        "dir": parts.direction,
        "date": composing.date_line(letter),
        "sender": {"name": "" if letter.is_message else letter.signed_name, "place": letter.place},
        "address_lines": address_lines(letter, copy),
        "address_room": _address_room(letter, copy),
        "note": routes.copy_note(letter, copy),
        "subject": letter.subject,
        "salutation": parts.salutation,
        "body": letter.body,
        "close": parts.close,
        "name": letter.signed_name,
        "translation": _translation(letter),
        "picture": _picture(letter) if letter.is_message else None,
    }
    return typesetting.pdf("letter", data, made_at=letter.changed_at)


def _translation(letter: Letter) -> typesetting.Translation | None:
    parts = composing.translation_of(letter)
    if parts is None:
        return None
    return {
        "lang": parts.language,
        "dir": parts.direction,
        "heading": _("Translation into %(language)s") % {"language": parts.language_name},
        "salutation": parts.salutation,
        "body": parts.body,
        "close": parts.close,
    }


def offered(letter: Letter, copy: bool = False) -> dict:
    """What its page offers to print of it, or of its copy, for `letters/letters/_to_print.html`.

    The sheets by the window that they are for, each as its query and its paper. One in whose window
    the address would not show whole is not among them.
    """
    lines, room = tuple(address_lines(letter, copy)), _address_room(letter, copy)
    windows: dict[str, list[tuple[str, str]]] = {}
    for query, (paper, window) in SHEETS.items():
        if fits_window(paper, window, lines, room):
            windows.setdefault(window, []).append((query, paper))
    return {
        "windows": windows,
        "is_too_long": sum(map(len, windows.values())) < len(SHEETS),
        "envelopes": ENVELOPES if has_whole_address(letter, copy) else {},
        "is_copy": copy,
    }


@lru_cache(maxsize=1_000)
def fits_window(paper: str, window: envelopes.Window, lines: tuple[str, ...], room: int) -> bool:
    seen = envelopes.always_seen(PAPERS[paper], window)
    if seen is None:
        return True
    address: typesetting.WindowAddress = {
        "address_lines": list(lines),
        "address_room": room,
        "window": seen._asdict(),
    }
    return typesetting.pages("address", address) == 1


@turn()
def envelope_pdf(letter: Letter, *, size: str, copy: bool = False) -> bytes:
    """An envelope with the address on it; `size` is one of envelopes.PLAIN."""
    envelope = envelopes.PLAIN[size]
    data: typesetting.Envelope = {
        "width": envelope.width,
        "height": envelope.height,
        "address_lines": address_lines(letter, copy),
    }
    return typesetting.pdf("envelope", data, made_at=letter.changed_at)


def address_lines(letter: Letter, copy: bool = False) -> list[str]:
    """What the envelope shows; of a letter to nobody's known address whom it is for."""
    if not letter.is_message:
        return routes.envelope_lines(letter, copy) or routes.addressee_lines(letter)
    solidarity = letter.case.solidarity_action
    return solidarity.window_lines if solidarity else []


def has_whole_address(letter: Letter, copy: bool = False) -> bool:
    if not letter.is_message:
        return bool(routes.envelope_lines(letter, copy))
    solidarity = letter.case.solidarity_action
    return bool(solidarity and solidarity.window_lines)


def _address_room(letter: Letter, copy: bool) -> int:
    """Lines for what the writer has to find: nothing is known, or nothing for everybody."""
    if not letter.is_message:
        return 0 if has_whole_address(letter, copy) else ADDRESS_ROOM
    solidarity = letter.case.solidarity_action
    is_kept_back = solidarity and solidarity.is_given_on_request
    return ADDRESS_ROOM if is_kept_back or not (solidarity and solidarity.postal) else 0


@turn()
def card_pdf(message: Letter, *, paper: str) -> bytes:
    """The message as a card, "a6" or "a5"; on the larger one if its words do not fit."""
    data = _card(
        message, next((card for card in card_papers(message) if card == paper), POSTCARD_SIZES[-1])
    )
    data |= {"address_lines": address_lines(message), "picture": _picture(message)}
    return typesetting.pdf("message", data, made_at=message.changed_at)


def card_papers(message: Letter) -> list[PostcardSize]:
    """The cards on which the words fit, the smallest first; on the largest all do that are kept."""
    *smaller, largest = POSTCARD_SIZES
    return [paper for paper in smaller if fits(message, paper)] + [largest]


def fits(message: Letter, paper: PostcardSize) -> bool:
    """Whether the words do on the back of a card.

    They are set in type: that takes 20 ms, and half a second for many words in Burmese. So what no
    card takes is not tried, and what was tried lately is known by its digest.
    """
    if len(message.body) > TOO_MANY_CHARACTERS[paper]:
        return False
    card = _card(message, paper)
    digest = sha256(json.dumps(card).encode()).digest()
    known = _fitting.get(digest)
    if known is None:
        known = typesetting.pages("message", card) == 2
        if len(_fitting) >= MAX_KNOWN_LETTERS:
            _fitting.clear()
        _fitting[digest] = known
    return known


def _card(message: Letter, paper: PostcardSize) -> typesetting.Postcard:
    """The card with its words alone: neither picture nor address takes room from them."""
    return {
        "paper": paper,
        "lang": message.language,
        "dir": composing.parts_of(message).direction,
        "body": message.body,
        "name": message.signed_name,
        "address_lines": [],
    }


def _picture(message: Letter) -> typesetting.Picture | None:
    data = pictures.jpeg(message)
    return {"data": data, "alt": _("The picture that comes with these words")} if data else None


def unprintable(letter: Letter) -> str:
    """For a sentence, the letters on its paper that no face of ours has: boxes stand for them."""
    parts = composing.parts_of(letter)
    texts = [letter.subject, parts.salutation, parts.body, parts.close, letter.signed_name]
    texts += [letter.place, *address_lines(letter)]
    return fonts.in_words(fonts.missing("\n".join(texts)))
