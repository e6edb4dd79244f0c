"""What is said to fit on a page does, on real sheets."""

import re

import pytest
from django.urls import reverse

from cases.printing import typesetting
from letters.models import Letter
from letters.text import page_fit, printing
from tests.cases.printing.test_typesetting import ARABIC, BURMESE, KHMER, make_letter
from tests.factories import make_case_to_write_for

WORDS = {
    "en": "I am writing to you about the herders of the north, whose summer pastures are needed.",
    "es": "Le escribo para pedirle que se investigue con imparcialidad la muerte del defensor.",
    "ru": "Я пишу вам о людях, которые защищают свою землю и просят, чтобы их выслушали.",
    "ar": ARABIC,
    "my": BURMESE,
    "km": KHMER,
    "my-mixed": f"{BURMESE} I am writing to you about the photojournalist of the north.",
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


@pytest.mark.slow
@pytest.mark.parametrize("on", ["a4", "us_letter", "card"])
@pytest.mark.parametrize("paragraphs", [1, 4])
@pytest.mark.parametrize("language", WORDS)
def test_the_estimate_agrees_with_the_page(language, paragraphs, on):
    words = WORDS[language]
    longest = max(
        letters
        for letters in range(200, 4_000, 20)
        if page_fit.fits_one_page(written(words, paragraphs, letters), on)
    )

    less = int(longest * NARROWER)
    more = int(longest / NARROWER) + paragraphs * 100  # about a line more in each
    assert is_one_page(written(words, paragraphs, less), language, on)
    assert not is_one_page(written(words, paragraphs, more), language, on)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("Stop", "1 word, one page"),
        ("Please stop.", "2 words, one page"),
        (f"{WORDS['en']} " * 40, "640 words, more than a page"),
        (f"{ARABIC} {ARABIC}", f"{len(ARABIC.split()) * 2} words, one page"),
        (KHMER, None),
        (BURMESE, None),
        # Our printing does not have these: no page of them would be one to read.
        ("ช่วยเธอด้วย", "11 characters"),
        ("请停止建设", "5 characters"),
        ("I write for 请停止.", "4 words, one page"),
    ],
)
def test_the_page_says_how_much_stands_on_it(text, said):
    if said is None:  # in these a blank parts sentences
        assert re.fullmatch(r"\d+ characters, one page", page_fit.describe(text))
    else:
        assert page_fit.describe(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("You are not forgotten.", "4 words, one card"),
        ("You are not forgotten. " * 250, "1,000 words, more than a card"),
    ],
)
def test_the_page_says_whether_it_goes_on_a_card(text, said):
    assert page_fit.describe(text, "card") == said


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("letters", [500, 1_380, 3_000])
def test_what_the_page_says_is_what_the_check_says(language, letters):
    text = written(WORDS[language], 3, letters)

    assert ("more than a page" in page_fit.describe(text)) is not page_fit.fits_one_page(text)
    assert ("more than a card" in page_fit.describe(text, "card")) is not page_fit.fits_one_page(
        text, "card"
    )


@pytest.mark.parametrize("between", ["\n", "\n\n"])
@pytest.mark.django_db
def test_of_a_hundred_thousand_lines_those_of_a_page_are_looked_at(client, monkeypatch, between):
    """Nobody needs to have typed them: it took ten seconds, and whoever asks is not counted yet."""
    looked_at = []
    width = page_fit._width
    monkeypatch.setattr(page_fit, "_width", lambda *line: looked_at.append(line) or width(*line))
    case = make_case_to_write_for()

    response = client.post(
        reverse("letters:letter-write", args=[case.slug]), {"body": f"a{between}" * 60_000}
    )

    assert "more than a page" in response.content.decode()
    assert len(looked_at) < 100


def test_the_space_between_paragraphs_takes_room_too():
    short = ["A line of a test."] * 18

    assert page_fit.fits_one_page("\n".join(short))
    assert page_fit.fits_one_page("\n\n".join(short[:13]))
    assert not page_fit.fits_one_page("\n\n".join(short))
