"""What is said to fit on a page does, on real sheets."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from cases import typesetting
from letters import fitting
from tests.cases.test_typesetting import ARABIC, BURMESE, KHMER, MADE_AT, make_letter

ENGLISH = "I am writing to you about the herders of the north, whose summer pastures are needed."
SPANISH = "Le escribo para pedirle que se investigue con imparcialidad la muerte del defensor."
RUSSIAN = "Я пишу вам о людях, которые защищают свою землю и просят, чтобы их выслушали."
NARROWER = 0.88  # an estimate may be off by that much


def pages(body: str, language: str, paper: str) -> int:
    data = make_letter(
        body=body,
        lang=language,
        dir="rtl" if language == "ar" else "ltr",
        paper="us-letter" if paper == "letter" else "a4",
    )
    return len(PdfReader(BytesIO(typesetting.pdf("letter", data, made_at=MADE_AT))).pages)


def written(words: str, paragraphs: int, letters: int) -> str:
    """So many paragraphs of such words, that have so many letters together."""
    each = letters // paragraphs
    return "\n\n".join([(f"{words} " * (each // len(words) + 1))[:each].strip()] * paragraphs)


@pytest.mark.parametrize("paper", ["a4", "letter"])
@pytest.mark.parametrize("paragraphs", [1, 4])
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ENGLISH),
        ("es", SPANISH),
        ("ru", RUSSIAN),
        ("ar", ARABIC),
        ("my", BURMESE),
        ("km", KHMER),
    ],
)
def test_the_estimate_agrees_with_the_sheet(language, words, paragraphs, paper):
    longest = max(
        letters
        for letters in range(200, 2_200, 20)
        if fitting.fits_one_page(written(words, paragraphs, letters), paper)
    )

    less = int(longest * NARROWER)
    more = int(longest / NARROWER) + paragraphs * 90  # a line more in each
    assert pages(written(words, paragraphs, less), language, paper) == 1
    assert pages(written(words, paragraphs, more), language, paper) == 2


def test_the_page_says_the_same_while_somebody_writes():
    script = (Path(__file__).parents[2] / "static" / "js" / "fit.js").read_text()
    numbers = [float(number) for number in re.findall(r"^const [A-Z]+ = ([\d.]+);", script, re.M)]

    assert numbers == [fitting.LATIN.in_a_line, fitting.LATIN.a4, fitting.BREAK]
