"""What stands on a page where somebody of the staff reads a letter."""

from __future__ import annotations

from typing import Any

from cases.countries import country_name
from cases.models import Answer
from letters.actions import letters as letter_actions
from letters.admin.desk_forms import language_label
from letters.models import Letter, LetterPicture
from letters.text import checks, composing, printing, redactions


def context(letter: Letter) -> dict[str, Any]:
    """The letter as it will be printed, what the check found, and the rules of its case."""
    redactions.load(letter)
    stands = composing.parts_of(letter)
    problems = checks.problems_of(letter)
    rules = letter.case.safety_rules.filter(applies_to=checks.applies_to(letter))
    return {
        "letter": letter,
        "letter_language": language_label(letter.language),
        "letter_country": country_name(letter.country) if letter.country else "",
        "salutation": stands.salutation,
        "close": stands.close,
        "addressee": letter.case.solidarity_action if letter.is_message else letter.target,
        "picture": LetterPicture.objects.filter(letter=letter).defer("data").first(),
        "may_show": letter_actions.may_be_shown(letter) and letter.shown_on is None,
        "seen": letter.changed_at.isoformat(),
        "problems": problems,
        "unprintable": "" if letter.erased_on else printing.unprintable(letter),
        "subject": pieces(letter, problems, checks.SUBJECT),
        "pieces": pieces(letter, problems, checks.BODY),
        "left_out": redactions.left_out(letter),
        "rules": rules.filter(answer__in=[Answer.NO, Answer.UNKNOWN]),
    }


def pieces(letter: Letter, problems: list[checks.Problem], field: str) -> list[checks.Piece]:
    """Its subject or body with what the check found, and with what is left out."""
    found = checks.pieces(getattr(letter, field), problems, field)
    return redactions.pieces_without(found, redactions.places_in(letter, field))
