"""Text as people type and paste it: what Word, PowerPoint, PDF, phones and messengers put in is
taken out or made plain, and the fields of forms that do so.

`plain` takes any text and is asked for what is kept already; `clean` is for what somebody sends,
and refuses what no text can hold or what would show something else than is there.
"""

import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Line ends of Word (a line, a page), of old Macs and mainframes, and those that Unicode has.
LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")

# As Word keeps them in a text: the hyphen that does not break, and the bullets of its symbol faces.
WORD_CHARACTERS = str.maketrans({"\x1e": "-"} | dict.fromkeys("\uf0a7\uf0b7\uf0d8", "•"))

# Nothing stands there: controls but line end and tab; the mark at the head of a file; a place for a
# picture or a note; codes that are no characters; embeddings and isolates, which phones put around
# numbers and messengers around names (each paragraph of ours finds its own direction).
NO_CHARACTER = re.compile(
    "[\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202c\u2066-\u2069\u206a-\u206f"
    "\ufeff\ufff9-\ufffc\ufdd0-\ufdef\ufffe\uffff]"
)

# NUL ends a text for a database, and half a character is none.
NO_TEXT = re.compile("[\0\ud800-\udfff]")
# They make a text read otherwise than it is written: https://www.unicode.org/reports/tr36/
OVERRIDES = re.compile("[\u202d\u202e]")

WORDS_BEFORE = 20  # characters that are quoted to say where a character stands


def plain(text: str) -> str:
    """The text composed (NFC), with plain line ends and without what means nothing in it."""
    text = LINE_ENDS.sub("\n", text).translate(WORD_CHARACTERS)
    return unicodedata.normalize("NFC", NO_CHARACTER.sub("", text))


def clean(text: str) -> str:
    """The same; raises ValidationError, which says what stands where, for what is refused."""
    text = plain(text)
    for refused in (NO_TEXT, OVERRIDES):
        if found := refused.search(text):
            raise ValidationError(_told(text, found), code="unprintable")
    return text


def _told(text: str, found: re.Match[str]) -> str:
    before = " ".join(OVERRIDES.sub("", text[: found.start()]).split())[-WORDS_BEFORE:]
    if found.re is OVERRIDES:
        what = _("There is an invisible sign in it that turns the words around it (%(code)s).")
    else:
        what = _("There is an invisible sign in it that no text can hold (%(code)s).")
    if before:
        where = _("It comes after “%(words)s”: delete what is there and type it again.")
    else:
        where = _("It is at the beginning: delete the first word and type it again.")
    about = {"code": f"U+{ord(found[0]):04X}", "words": NO_TEXT.sub("", before)}
    return f"{what} {where}" % about


class PlainTextField(forms.CharField):
    """Text in composed Unicode (NFC) with plain line ends, without tricks."""

    def to_python(self, value) -> str:
        text = clean(super().to_python(value) or "")
        return text.strip() if self.strip else text

    def widget_attrs(self, widget: forms.Widget) -> dict:
        """No `maxlength`: a browser cuts what is pasted without a word. The error says it."""
        attrs = super().widget_attrs(widget)
        if longest := attrs.pop("maxlength", None):
            attrs["data-longest"] = longest  # static/js/long.js tells it while somebody types
        return attrs


class LineField(PlainTextField):
    """One line of such text."""

    def to_python(self, value) -> str:
        return " ".join(super().to_python(value).split())
