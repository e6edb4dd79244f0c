"""What is said to fit on a page does, on real sheets."""

import re
from pathlib import Path

import pytest

from cases import typesetting
from letters import fitting, printing
from letters.models import Letter
from tests.cases.test_typesetting import ARABIC, BURMESE, KHMER, make_letter

WORDS = {
    "en": "I am writing to you about the herders of the north, whose summer pastures are needed.",
    "es": "Le escribo para pedirle que se investigue con imparcialidad la muerte del defensor.",
    "ru": "Я пишу вам о людях, которые защищают свою землю и просят, чтобы их выслушали.",
    "ar": ARABIC,
    "my": BURMESE,
    "km": KHMER,
}
NARROWER = 0.88  # an estimate may be off by that much


def is_one_page(body: str, language: str, on: str) -> bool:
    if on == "card":
        card = Letter(kind="solidarity", form="card", body=body, language=language, name="Sam T.")
        return printing.fits(card, "a5")
    data = make_letter(
        body=body,
        lang=language,
        dir="rtl" if language == "ar" else "ltr",
        paper="us-letter" if on == "us_letter" else "a4",
    )
    return typesetting.pages("letter", data) == 1


def written(words: str, paragraphs: int, letters: int) -> str:
    """So many paragraphs of such words, that have so many letters together."""
    each = letters // paragraphs
    return "\n\n".join([(f"{words} " * (each // len(words) + 1))[:each].strip()] * paragraphs)


@pytest.mark.parametrize("on", ["a4", "us_letter", "card"])
@pytest.mark.parametrize("paragraphs", [1, 4])
@pytest.mark.parametrize("language", WORDS)
def test_the_estimate_agrees_with_the_page(language, paragraphs, on):
    words = WORDS[language]
    longest = max(
        letters
        for letters in range(200, 4_000, 20)
        if fitting.fits_one_page(written(words, paragraphs, letters), on)
    )

    less = int(longest * NARROWER)
    more = int(longest / NARROWER) + paragraphs * 100  # about a line more in each
    assert is_one_page(written(words, paragraphs, less), language, on)
    assert not is_one_page(written(words, paragraphs, more), language, on)


def test_the_page_says_the_same_while_somebody_writes():
    script = (Path(__file__).parents[2] / "static" / "js" / "fit.js").read_text()
    numbers = [float(number) for number in re.findall(r"^const [A-Z]+ = ([\d.]+);", script, re.M)]

    assert numbers == [*fitting.LATIN.a4, fitting.BREAK]
