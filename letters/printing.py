"""A letter or message as a PDF, ready to sign, fold and post."""

import json
from hashlib import sha256

from django.utils.translation import gettext as _

from cases import fonts, typesetting
from cases.sheets import PAPERS
from letters import drawings, starting
from letters.models import Letter

ADDRESS_ROOM = 3  # ruled lines for an address that the writer has to find
CARDS = ["a6", "a5"]
# No card takes so many letters, whatever their script: the densest is Arabic with all its vowels,
# of which 2,300 and 4,100 go on the back in the smallest type.
TOO_MANY_LETTERS = {"a6": 2_500, "a5": 4_500}

_fitting: dict[bytes, bool] = {}  # whether the words of this digest fit on the card they are for
MOST_KNOWN = 2_000


def pdf(letter: Letter, *, paper: str) -> bytes:
    """The letter on its sheet; `paper` is "a4" or "letter".

    A letter that is the model as it stands has its translation on a second page, and a message its
    picture. Without a known address there are ruled lines for one in the window.
    """
    words = starting.words_of(letter)
    translation = starting.translation_of(letter, list(letter.case.model_letters.all()))
    addressee = getattr(letter.case, "solidarity_action" if letter.is_message else "target", None)
    has_to_be_found = not (addressee and addressee.postal) or (
        letter.is_message and addressee.is_given_on_request
    )
    data: typesetting.Letter = {
        "paper": PAPERS[paper],
        "lang": letter.language,
        "dir": words.direction,
        "date": starting.dated(letter),
        "sender": {"name": "" if letter.is_message else letter.signed_name, "place": letter.place},
        "address_lines": addressee.window_lines if addressee else [],
        "address_room": ADDRESS_ROOM if has_to_be_found else 0,
        "subject": letter.subject,
        "salutation": words.salutation,
        "body": letter.body,
        "close": words.close,
        "name": letter.signed_name,
        "translation": translation
        and {
            "lang": translation.language,
            "dir": translation.direction,
            "heading": _("Translation into %(language)s") % {"language": translation.language_name},
            "salutation": translation.salutation,
            "body": translation.body,
            "close": translation.close,
        },
        "picture": _picture(letter) if letter.is_message else None,
    }
    return typesetting.pdf("letter", data, made_at=letter.changed_at)


def card_pdf(message: Letter, *, paper: str) -> bytes:
    """The message as a card, "a6" or "a5"; on the larger one if its words do not fit."""
    if paper not in card_papers(message):
        paper = CARDS[-1]
    data = _card(message, paper)
    solidarity = getattr(message.case, "solidarity_action", None)
    data |= {
        "address_lines": solidarity.window_lines if solidarity else [],
        "picture": _picture(message),
    }
    return typesetting.pdf("message", data, made_at=message.changed_at)


def card_papers(message: Letter) -> list[str]:
    """The cards on which the words fit, the smallest first; on the largest all do that are kept."""
    *smaller, largest = CARDS
    return [paper for paper in smaller if fits(message, paper)] + [largest]


def fits(message: Letter, paper: str) -> bool:
    """Whether the words do on the back of a card.

    They are set in type: that takes 20 ms, and half a second for many words in Burmese. So what no
    card takes is not tried, and what was tried lately is known by its digest.
    """
    if len(message.body) > TOO_MANY_LETTERS[paper]:
        return False
    card = _card(message, paper)
    digest = sha256(json.dumps(card).encode()).digest()
    known = _fitting.get(digest)
    if known is None:
        known = typesetting.pages("message", card) == 2
        if len(_fitting) >= MOST_KNOWN:
            _fitting.clear()
        _fitting[digest] = known
    return known


def _card(message: Letter, paper: str) -> typesetting.Message:
    """The card with its words alone: neither picture nor address takes room from them."""
    return {
        "paper": paper,
        "lang": message.language,
        "dir": starting.words_of(message).direction,
        "body": message.body,
        "name": message.signed_name,
        "address_lines": [],
    }


def _picture(message: Letter) -> typesetting.Picture | None:
    data = drawings.jpeg(message)
    return data and {"data": data, "alt": _("The picture that comes with these words")}


def unprintable(text: str) -> str:
    """Signs of the text that no face of ours has: they would stand as □ on paper."""
    return " ".join(sorted(fonts.missing(text)))
