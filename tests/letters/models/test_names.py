"""What stands of a name, in whatever script and order it is written."""

import pytest

from letters.models import Letter, NameForm, names


@pytest.mark.parametrize(
    ("name", "first", "initials", "is_guess"),
    [
        ("", "", "", False),
        (" Sam  Tester ", "Sam", "S. T.", True),
        ("Sam de Tester", "Sam", "S. D. T.", True),
        ("Sam", "Sam", "S.", False),
        ("Anne-Marie O’Neill", "Anne-Marie", "A. O.", True),
        ("ʻAkahi d’Arcy", "ʻAkahi", "A. D.", True),
        ("Meier, Sofia", "Sofia", "S. M.", False),
        ("Meier, Dr. Sofia Anna", "Sofia", "S. A. M.", False),
        ("Sofia Meier, PhD", "Sofia", "S. M.", True),
        ("Dr. Sofia Meier", "Sofia", "S. M.", True),
        ("Prof. Dr. Sofia Meier", "Sofia", "S. M.", True),
        ("Mme Meier", "Meier", "M.", True),
        ("J. R. Tester", "J.", "J. R. T.", True),
        ("王小明", "小明", "王. 小.", True),
        ("홍길동", "길동", "홍. 길.", True),
        ("山田 太郎", "太郎", "山. 太.", True),
        ("Wang Xiaoming", "Xiaoming", "W. X.", True),
        ("Nguyễn Thị Lan", "Lan", "N. T. L.", True),
        ("Nagy Anna", "Anna", "N. A.", True),
        ("NAGY Anna", "Anna", "N. A.", True),
        ("Anna TESTER", "Anna", "A. T.", True),
        ("Erdős Pál", "Pál", "E. P.", True),
        ("សុខា ចាន់", "ចាន់", "ស. ច.", True),
        ("محمد علی‌رضا", "محمد", "م. ع.", True),
        ("अनिल कुमार", "अनिल", "अ. क.", True),
        ("·", "·", "", False),
        ("Петров Иван", "Петров", "П. И.", True),
        ("SMITH JOHN", "SMITH", "S. J.", True),
        ("Smith (John)", "Smith", "S. J.", True),
        ("Smith; John", "John", "J. S.", False),
        ("Mr.Smith", "Smith", "S.", True),
        ("Smith, PhD", "Smith", "S.", True),
    ],
)
def test_first_name_and_initials(name, first, initials, is_guess):
    assert names.first_name(name) == first
    assert names.initials(name) == initials
    assert names.is_guess(name) is is_guess


@pytest.mark.parametrize(
    ("shown", "name", "whole"),
    [
        ("Sam Tester", "Sam Tester", True),
        ("Sam", "Sam", True),
        ("Sam", "Sam Tester", False),
        ("S. T.", "Sam Tester", False),
        ("S. T.", "S. T.", False),
        ("Meier, Sofia", "Dr. Sofia Meier", True),
        ("Meier", "Dr. Meier", True),
        ("小明", "王小明", False),
        ("", "", False),
    ],
)
def test_all_of_a_name_is_known_where_it_stands(shown, name, whole):
    assert names.is_whole(shown, name) is whole


@pytest.mark.parametrize(
    "name",
    [
        "សុខា", "علی‌رضا", "Anne\u2011Marie", "Anne\u2010Marie", "Jean-Luc", "O'Neill", "D’Arcy",
        "ʻAkahi", "שרה", "王小明", "สมชาย", "홍길동", "अनिल", "கண்ணன்", "ნინო", "Արամ", "አበበ", "ကြွေး",
        "Núria·Maria", "St.", "X", "e\u0301lise", "Ŋáŋká", "ᠪᠠᠲᠤ", "ދިވެހި",
    ],
)  # fmt: skip
def test_names_of_every_script_may_be_shown(name):
    assert names.may_be_a_name(name)


@pytest.mark.parametrize(
    "text",
    [
        "", "http://x", "Sam1", "<b>", "@sam", "-Sam", ".", "'", "\u200dSam", "Sam\u200d",
        "\u0301a", "a\u0301\u0302\u0303\u0304\u0305", "\u3164", "\u115f\u1160", "Sam\u202e",
        "a" * 41, "S\u2066", "😀", "١٢", "a_b", "a b", "\u20dd", "a\u20dd",
    ],
)  # fmt: skip
def test_what_is_no_name_is_not_shown(text):
    assert not names.may_be_a_name(text)


@pytest.mark.parametrize(
    ("form", "shown"),
    [("full", "Meier, Sofia"), ("first", "Sofia"), ("initials", "S. M."), ("none", "")],
)
def test_a_letter_is_signed_by_the_same_rules(form, shown):
    assert Letter(name="Meier,  Sofia", name_form=NameForm(form)).signed_name == shown
