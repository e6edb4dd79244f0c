"""What a letter can start from, and how it stands on its sheet."""

import datetime
import re
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale, UnknownLocaleError, dates
from django.conf.locale import LANG_INFO
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from cases.countries import language_name
from cases.models import ModelLetter, Target
from cases.printing.typesetting import Direction
from letters.models import Letter

# Those CLDR does not know; of the others it says which way they run.
RIGHT_TO_LEFT = re.compile(r"(bal|lrc|pnb|prs)\b|.*-(arab|hebr|thaa)\b")
ENGLISH = Locale("en", "GB")  # day before month, as the pages have it
MONTH_WITHOUT_NAME = re.compile(r"M\d")


@dataclass(frozen=True)
class LetterParts:
    """The parts of a letter in one language."""

    language: str
    salutation: str
    body: str
    close: str

    @property
    def direction(self) -> Direction:
        return direction(self.language)

    @property
    def language_name(self) -> str:
        return language_name(self.language, "en")


def direction(language: str) -> Direction:
    """Which way its letters run, as the attribute `dir` has it."""
    is_rtl = RIGHT_TO_LEFT.match(language.lower()) or (
        (locale := _locale(language)) and locale.character_order == "right-to-left"
    )
    return "rtl" if is_rtl else "ltr"


def chosen_target(targets: list[Target], key: str) -> Target | None:
    """The one with this key, else the first; None if there is none to write to."""
    return next((one for one in targets if one.key == key), targets[0] if targets else None)


def languages(target: Target | None) -> list[tuple[str, str]]:
    """The languages a letter to the target can be written in: those we have a salutation in."""
    codes = target.languages if target else ["en"]
    return [(code, language_name(code)) for code in codes]


def models_to(target: Target | None) -> list[ModelLetter]:
    """The model letters to the target, with their points."""
    return list(target.model_letters.prefetch_related("points")) if target else []


def model_in(models: list[ModelLetter], language: str) -> ModelLetter | None:
    """The model letter in the language, else the first there is."""
    by_language = {model.language: model for model in models}
    return by_language.get(language) or next(iter(models), None)


def body_from_points(model: ModelLetter, chosen: set[int]) -> str:
    """The ticked points as paragraphs, in their order."""
    return "\n\n".join(point.text for point in model.points.all() if point.pk in chosen)


def salutation_and_close(target: Target | None, language: str) -> tuple[str, str]:
    """As they stand around a letter to the target, or neutral ones if there is none."""
    if target is None:
        with in_language(language):
            return _("Dear Sir or Madam,"), _("Yours faithfully,")
    return target.salutation_in(language)


def translation_of(letter: Letter) -> LetterParts | None:
    """The same letter in the writer's language, for a second page.

    Only a letter that is the model as it stands has one: nobody translates own words here.
    """
    models = letter.target.model_letters.all() if letter.target else []
    by_language = {model.language: model for model in models}
    model = by_language.get(letter.language)
    other = by_language.get("en" if letter.language != "en" else "")
    if not model or not other or letter.body.split() != model.body.split():
        return None
    return LetterParts(other.language, *_around(letter.target, other.language, other.body))


def _around(target: Target | None, language: str, body: str) -> tuple[str, str, str]:
    salutation, close = salutation_and_close(target, language)
    return salutation, body, close


def parts_of(letter: Letter) -> LetterParts:
    """Around a message stands nothing that its writer has not written."""
    if letter.is_message:
        return LetterParts(letter.language, "", letter.body, "")
    return LetterParts(letter.language, *_around(letter.target, letter.language, letter.body))


def date_line(letter: Letter) -> str:
    """The date as the letter's language writes it: today until it is posted, then that day."""
    return date_in(letter.language, letter.counted_on or timezone.localdate())


def date_in(language: str, day: datetime.date) -> str:
    """From CLDR, which has more languages than Django; by numbers alone if it has no months."""
    written = dates.format_date(day, "long", _locale(language) or ENGLISH)
    return day.isoformat() if MONTH_WITHOUT_NAME.search(written) else written


@lru_cache(maxsize=256)
def _locale(language: str) -> Locale | None:
    try:
        return ENGLISH if language == "en" else Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return None


def in_language(language: str) -> override:
    """For words of ours in a letter: its language need not be the page's."""
    return override(_known(language))


def _known(language: str) -> str:
    """The language if Django knows it. Each that is made active is kept in memory for good."""
    return language if language in LANG_INFO else "en"


def as_text(letter: Letter) -> str:
    """The whole letter as plain text, to copy or to mail."""
    parts = parts_of(letter)
    texts = [parts.salutation, parts.body.strip(), parts.close, letter.signed_name]
    return "\n\n".join(text for text in texts if text) + "\n"
