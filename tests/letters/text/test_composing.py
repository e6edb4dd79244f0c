"""How a letter stands on its sheet in whatever language: its date, its direction, its mail."""

import datetime

import pytest

from letters.text import composing

DAY = datetime.date(2026, 12, 10)


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "10 December 2026"),
        ("en-us", "December 10, 2026"),
        ("en-gb", "10 December 2026"),
        ("fr", "10 décembre 2026"),
        ("my", "2026 ဒီဇင်ဘာ 10"),
        ("mg", "10 Desambra 2026"),
        ("se", "2026 juovlamánnu 10"),
        ("am", "10 ዲሴምበር 2026"),
        ("ti", "ታሕሳስ 10, 2026"),
        ("ps", "2026 دسمبر 10"),
        ("no", "10. desember 2026"),
        ("ckb", "10ی کانونی یەکەمی 2026"),
        ("dv", "2026-12-10"),
        ("xx", "10 December 2026"),
        ("not a language", "10 December 2026"),
        ("", "10 December 2026"),
    ],
)
def test_a_date_is_written_in_the_language_of_the_letter(language, written):
    assert composing.date_in(language, DAY) == written


@pytest.mark.parametrize(
    "language",
    "ar ckb dv fa he ps sd ug ur yi prs ar-eg ku-arab uz-Arab ks".split(),  # noqa: SIM905
)
def test_these_run_from_right_to_left(language):
    assert composing.direction(language) == "rtl"


@pytest.mark.parametrize(
    "language",
    "en fr ku ku-latn my km mg se am ti no ru zh und xx".split(),  # noqa: SIM905
)
def test_these_run_from_left_to_right(language):
    assert composing.direction(language) == "ltr"
