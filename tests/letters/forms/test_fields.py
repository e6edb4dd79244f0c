import pytest
from django import forms
from django.utils import translation

from letters.forms.fields import country_field


@pytest.mark.any_database
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("chosen", [None, "", "FR", "XX", '"><script>'])
def test_countries_are_written_as_django_writes_a_select(language, chosen):
    field = country_field()
    plain = forms.Select(attrs=field.widget.attrs, choices=field.choices)

    with translation.override(language):
        ours = field.widget.render("country", chosen, {"id": "id_country"})
        djangos = plain.render("country", chosen, {"id": "id_country"})

    assert ours.replace("\n", "") == djangos.replace("\n", "")
