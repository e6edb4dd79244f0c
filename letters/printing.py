"""A letter as a PDF, ready to sign, fold and post."""

from django.utils.translation import gettext as _

from cases import fonts, typesetting
from cases.sheets import PAPERS
from letters import starting
from letters.models import Letter

ADDRESS_ROOM = 3  # ruled lines for an address that the writer has to find


def pdf(letter: Letter, *, paper: str) -> bytes:
    """The letter on its sheet; `paper` is "a4" or "letter".

    A letter that is the model as it stands has its translation on a second page. Without a known
    address there are ruled lines for one in the window.
    """
    words = starting.words_of(letter)
    translation = starting.translation_of(letter, list(letter.case.model_letters.all()))
    target = getattr(letter.case, "target", None)
    data: typesetting.Letter = {
        "paper": PAPERS[paper],
        "lang": letter.language,
        "dir": words.direction,
        "date": starting.dated(letter),
        "sender": {"name": letter.signed_name, "place": letter.place},
        "address_lines": target.window_lines if target else [],
        "address_room": 0 if target and target.postal else ADDRESS_ROOM,
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
    }
    return typesetting.pdf("letter", data, made_at=letter.changed_at)


def unprintable(text: str) -> str:
    """Signs of the text that no face of ours has: they would stand as □ on paper."""
    return " ".join(sorted(fonts.missing(text)))
