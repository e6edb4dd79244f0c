"""What a letter can start from, and how it stands on its sheet."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from urllib.parse import quote

from django.conf.locale import LANG_INFO
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from cases.countries import language_name
from cases.models import Case, ModelLetter, Target
from letters.models import Letter

# What mail programs and browsers pass on for certain; longer links are cut without a word.
LONGEST_MAILTO = 1_900
RIGHT_TO_LEFT = {"ar", "fa", "he", "ku", "ps", "ur"}


@dataclass(frozen=True)
class Words:
    """The parts of a letter in one language."""

    language: str
    salutation: str
    body: str
    close: str

    @property
    def direction(self) -> str:
        return direction(self.language)

    @property
    def language_name(self) -> str:
        return language_name(self.language, "en")


def direction(language: str) -> str:
    """Which way its letters run, as the attribute `dir` has it."""
    return "rtl" if language.split("-")[0] in RIGHT_TO_LEFT else "ltr"


def languages(case: Case) -> list[tuple[str, str]]:
    """The languages a letter for the case can be written in: those we have a salutation in."""
    target = getattr(case, "target", None)
    codes = [target.language, target.local_language] if target else ["en"]
    return [(code, language_name(code)) for code in codes if code]


def model_in(models: list[ModelLetter], language: str) -> ModelLetter | None:
    """The model letter in the language, else the first there is."""
    by_language = {model.language: model for model in models}
    return by_language.get(language) or next(iter(models), None)


def body_from_points(model: ModelLetter, chosen: set[int]) -> str:
    """The ticked points as paragraphs, in their order."""
    return "\n\n".join(point.text for point in model.points.all() if point.pk in chosen)


def salutation_and_close(case: Case, language: str) -> tuple[str, str]:
    """As they stand around a letter to the case's target, or neutral ones if there is none."""
    target: Target | None = getattr(case, "target", None)
    if target is None:
        with override(_known(language)):  # the letter's, which need not be the page's
            return _("Dear Sir or Madam,"), _("Yours faithfully,")
    return target.salutation_in(language)


def translation_of(letter: Letter, models: list[ModelLetter]) -> Words | None:
    """The same letter in the writer's language, for a second page.

    Only a letter that is the model as it stands has one: nobody translates own words here.
    """
    by_language = {} if letter.is_message else {model.language: model for model in models}
    model = by_language.get(letter.language)
    other = by_language.get("en" if letter.language != "en" else "")
    if not model or not other or letter.body.split() != model.body.split():
        return None
    return Words(other.language, *_around(letter.case, other.language, other.body))


def _around(case: Case, language: str, body: str) -> tuple[str, str, str]:
    salutation, close = salutation_and_close(case, language)
    return salutation, body, close


def words_of(letter: Letter) -> Words:
    """Around a message stands nothing that its writer has not written."""
    if letter.is_message:
        return Words(letter.language, "", letter.body, "")
    return Words(letter.language, *_around(letter.case, letter.language, letter.body))


def dated(letter: Letter) -> str:
    """The date as the letter's language writes it: today until it is posted, then that day."""
    return date_in(letter.language, letter.counted_on or timezone.localdate())


def date_in(language: str, day: datetime.date) -> str:
    with override(_known(language)):
        return date_format(day, "DATE_FORMAT")


def _known(language: str) -> str:
    """The language if Django knows it. Each that is made active is kept in memory for good."""
    return language if language in LANG_INFO else "en"


def as_text(letter: Letter) -> str:
    """The whole letter as plain text, to copy or to mail."""
    words = words_of(letter)
    parts = [words.salutation, words.body.strip(), words.close, letter.signed_name]
    return "\n\n".join(part for part in parts if part) + "\n"


def mailto(letter: Letter) -> str | None:
    """A link that opens a mail with the letter in it; None if we know no address."""
    target = getattr(letter.case, "target", None)
    if target is None or not target.email:
        return None
    body = quote(as_text(letter).replace("\n", "\r\n"))
    return f"mailto:{quote(target.email)}?subject={quote(letter.subject)}&body={body}"
