"""What stands of a name: all of it, the first name, initials.

Nothing tells for certain which word of a name is the first name: in much of Asia and in Hungary the
family comes first, some people have one name, some write “Family, Given”. So of a name of several
words the rules here only guess, unless a comma tells, and the forms ask which of the `candidates`
it is.
Source: https://www.w3.org/International/questions/qa-personal-names
"""

import re
import unicodedata
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.text import folded

COMMAS = re.compile("[,،，、;؛；]")
GLUED = re.compile(r"\.(?=\w)")  # “Mr.Smith”
TITLES = (
    "dame dipl dott dr dra frau herr hon ing lic mademoiselle madame miss mlle mme monsieur mr mrs "
    "ms mx prof professor rev revd reverend senor senora sir sr sra srta"
)
AFTER_THE_NAME = "ba esq ii iii iv jr llb llm ma md mp msc phd qc sr"

# Letters of those who write the family name first; the last two are Hungarian alone.
HAN_AND_KANA = (
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
UNSPACED = re.compile(f"[{HAN_AND_KANA}{HANGUL}]+")
FAMILY_FIRST = re.compile(f"[{HAN_AND_KANA}{HANGUL}\u1780-\u17ffőűŐŰ]")
VIETNAMESE = re.compile("[ăđơư\u1ea0-\u1ef9]", re.IGNORECASE)
# Frequent family names, in Latin letters, of people who put them first.
VIET_NAM = "bui dang dinh do duong ho huynh le luong ly ngo nguyen pham phan tran truong vo vu"
KOREA = (
    "ahn bae cho choi han hong hwang jang jeon jeong jo jung kang kim ko kwon lee lim moon oh park "
    "seo shin son song yang yoo yoon"
)
CHINA = (  # in the spellings of several places
    "cai cao chan chen cheng cheung chow deng dong feng gao guo han he hu huang jiang lam lau "
    "leung li liang lin liu lu luo ma mao pan peng shen su sun tan tang tsai wang wei wong wu xi "
    "xie xu yan yang yao ye yeung yin yuan zeng zhang zhao zheng zhong zhou zhu zou"
)
HUNGARY = (
    "balogh farkas fekete horvath juhasz kiss kovacs lakatos meszaros molnar nagy nemeth olah "
    "orban papp racz szabo szilagyi takacs toth varga"
)
JAPAN = (
    "fujita goto hasegawa hayashi inoue ishikawa ito kato kimura kobayashi kondo maeda matsumoto "
    "mori murakami nakajima nakamura ogawa okada saito sakamoto sasaki sato shimizu suzuki "
    "takahashi tanaka watanabe yamada yamaguchi yamamoto yamashita yamazaki yoshida"
)
FAMILY_NAMES = frozenset(f"{VIET_NAM} {KOREA} {CHINA} {HUNGARY} {JAPAN}".split())

LETTER_BLANKS = "\u115f\u1160\u3164\uffa0"  # letters for Unicode, nothing for the eye
APOSTROPHES = "'’‘‛ʼʻʾʿ"
BETWEEN = f"{APOSTROPHES}.-\u2010\u2011·・"
JOINERS = "\u200c\u200d"
STACKED_MARKS = re.compile("[\u0300-\u036f]{3}")
MAX_SHOWN_CHARACTERS = 40


class NameForm(models.TextChoices):
    """How a name stands under a letter or message."""

    FULL = "full", _("full name, as I type it")
    FIRST = "first", _("first name only")
    INITIALS = "initials", _("initials")
    NONE = "none", _("no name")


class Parts(NamedTuple):
    words: list[str]  # without titles, the family's last where a comma says so
    given: str
    is_certain: bool


def shown(name: str, form: str) -> str:
    """The name as others see it."""
    match form:
        case NameForm.FULL:
            return " ".join(name.split())
        case NameForm.FIRST:
            return first_name(name)
        case NameForm.INITIALS:
            return initials(name)
    return ""


def first_name(name: str) -> str:
    """The first name as far as it can be told; all of a name of one word."""
    return _parts(name).given


def initials(name: str) -> str:
    firsts = [_first_letter(word) for word in _parts(name).words]
    return " ".join(f"{letter.upper()}." for letter in firsts if letter)


def is_guess(name: str) -> bool:
    """Whether its first name may be another one: then its owner is asked."""
    return bool(name.strip()) and not _parts(name).is_certain


def tells_a_word(name: str) -> bool:
    """Whether a word of it is one sign, so that its initials hold all of that: “王. 小.”."""
    return any(len(word) == 1 and UNSPACED.match(word) for word in _parts(name).words)


def candidates(name: str) -> list[str]:
    """What may be the first name in it, in the order in which it was typed."""
    words = _parts(name).words
    if len(words) == 2 and "".join(words) in name.split():  # one word without a blank
        return [words[1], "".join(words)]
    typed = dict.fromkeys(word for piece in _pieces(name) for word in piece)
    return [word for word in typed if word in words and _letters(word) and not _is_title(word)]


def is_whole(shown: str, name: str) -> bool:
    """Whether somebody who reads `shown` reads all of the name: initials alone tell of nobody."""
    told = [word for word in _parts(shown).words if len(_letters(word)) > 1]
    return bool(told) and _bare(_parts(shown).words) == _bare(_parts(name).words)


def may_be_a_name(text: str) -> bool:
    """Letters of any script with their marks, and what joins the parts of a name."""
    text = unicodedata.normalize("NFC", text)
    if not 0 < len(text) <= MAX_SHOWN_CHARACTERS or STACKED_MARKS.search(text):
        return False
    before = ""
    for sign in text:
        is_letter, is_mark = _is_letter(sign), unicodedata.category(sign) in ("Mn", "Mc")
        if is_mark or sign in JOINERS:  # it leans on a letter, or on the mark of one
            if not before or not (_is_letter(before) or unicodedata.category(before)[0] == "M"):
                return False
        elif not is_letter and sign not in BETWEEN:
            return False
        before = sign
    begins = _is_letter(text[0]) or text[0] in APOSTROPHES
    return begins and bool(_letters(text)) and text[-1] not in JOINERS


def _parts(name: str) -> Parts:
    pieces = _pieces(name)
    is_one_word = sum(map(len, pieces)) == 1
    while len(pieces) > 1 and all(_bare([word]) in AFTER_THE_NAME.split() for word in pieces[-1]):
        pieces.pop()
    if not pieces:
        return Parts([], "", True)
    turned = len(pieces) > 1  # “Family, Given”
    words = [word for piece in [*pieces[1:], pieces[0]] for word in piece]
    while len(words) > 1 and _is_title(words[0]):
        words.pop(0)
    if len(words) == 1:
        return _one_word(words[0], is_one_word)
    if turned:
        return Parts(words, words[0], len(pieces) == 2)
    return Parts(words, _given_after_family(words) or words[0], False)


def _pieces(name: str) -> list[list[str]]:
    """Its words, between commas."""
    pieces = COMMAS.split(GLUED.sub(". ", name))
    return [piece.split() for piece in pieces if piece.strip()]


def _is_title(word: str) -> bool:
    return _bare([word]) in TITLES.split()


def _one_word(word: str, is_all: bool) -> Parts:
    if UNSPACED.fullmatch(word) and len(word) > 1:
        family = 2 if len(word) > 3 else 1
        return Parts([word[:family], word[family:]], word[family:], False)
    return Parts([word], word, is_all)


def _given_after_family(words: list[str]) -> str | None:
    """The first name of a name that may begin with the family's; None if nothing speaks for it."""
    name = " ".join(words)
    if VIETNAMESE.search(name):
        return words[-1]
    capitals = [word for word in words if word.isupper() and len(_letters(word)) > 1]
    if capitals and len(capitals) < len(words):  # “NAGY Anna”, “Anna NAGY”
        return next(word for word in words if word not in capitals)
    if FAMILY_FIRST.search(name) or _bare([words[0]]) in FAMILY_NAMES:
        return words[1]
    return None


def _bare(words: list[str]) -> str:
    return folded(" ".join(words)).replace(".", "")


def _letters(text: str) -> list[str]:
    return [sign for sign in text if _is_letter(sign)]


def _is_letter(sign: str) -> bool:
    return unicodedata.category(sign)[0] == "L" and sign not in LETTER_BLANKS + APOSTROPHES


def _first_letter(word: str) -> str:
    return next(iter(_letters(word)), "")
