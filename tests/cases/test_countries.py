import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from cases.countries import (
    country_choices,
    country_name,
    country_names,
    language_name,
    validate_country,
)


@pytest.mark.parametrize(
    ("code", "english", "french"),
    [
        ("NO", "Norway", "Norvège"),
        ("MM", "Myanmar", "Myanmar"),
        ("TN", "Tunisia", "Tunisie"),
        ("KH", "Cambodia", "Cambodge"),
        ("TR", "Türkiye", "Turquie"),
        ("PS", "Palestine", "Palestine"),
        ("XK", "Kosovo", "Kosovo"),
    ],
)
def test_country_is_named_in_the_language_of_the_page(code, english, french):
    assert country_name(code) == english
    with translation.override("fr"):
        assert country_name(code) == french


def test_country_can_be_named_in_another_language_than_the_page():
    assert country_name("NO", "se") == "Norga"
    assert country_name("MG", "mg") == "Madagasikara"


def test_names_are_sorted_as_people_look_for_them():
    with translation.override("fr"):
        names = [name for _code, name in country_choices()]

    assert names.index("Égypte") < names.index("Estonie") < names.index("Zimbabwe")


def test_unknown_code_stands_for_itself():
    assert country_name("??") == "??"
    assert country_name("") == ""
    assert language_name("??") == "??"


@pytest.mark.parametrize("code", ["EU", "ZZ", "UN", "QO", "no", "", "NOR", "419"])
def test_what_is_no_country_is_refused(code):
    with pytest.raises(ValidationError):
        validate_country(code)


def test_every_language_names_the_same_countries():
    assert country_names("en").keys() == country_names("fr").keys()
    assert len(country_names("en")) > 240


@pytest.mark.parametrize(
    ("code", "itself", "in_english"),
    [
        ("en", "English", "English"),
        ("my", "မြန်မာ", "Burmese"),
        ("km", "ខ្មែរ", "Khmer"),
        ("ar", "العربية", "Arabic"),
        ("mg", "Malagasy", "Malagasy"),
    ],
)
def test_language_is_named_in_itself_and_in_others(code, itself, in_english):
    assert language_name(code) == itself
    assert language_name(code, "en") == in_english
