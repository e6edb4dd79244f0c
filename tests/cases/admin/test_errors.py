"""Errors on the long forms of the admin: listed at the top, in plain words, beside their field."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.forms import ModelForm
from django.urls import reverse

from cases.admin.versions import VersionCheckMixin
from cases.models import Case, Stage, YearlyFigure
from letters.models import PaperCount
from tests.factories import make_case, make_model_letter, make_petition, make_target
from tests.staff import form_data, signed_in, text

pytestmark = pytest.mark.django_db


def change(row) -> str:
    opts = row._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])


def listed(response) -> list[tuple[str, str]]:
    """The errors of the list at the top, each with the id of what it leads to."""
    page = text(response)
    top = page[page.index('id="error-summary"') :]
    top = top[: top.index("</div>")]
    found = re.findall(r'<li><a href="#([^"]+)">(.*?)</a></li>', top, re.DOTALL)
    return [(target, " ".join(words.split())) for target, words in found]


@pytest.mark.slow
def test_every_error_is_listed_at_the_top_with_a_link_to_its_field():
    case = make_case()
    make_target(case)
    client = signed_in("editor")
    wrong = {"headline": "", "targets-0-office": "", "targets-0-source_url": "x y"}

    response = client.post(change(case), form_data(client.get(change(case))) | wrong)

    assert listed(response) == [
        ("id_headline", "Headline: This field is required."),
        ("id_targets-0-office", "Target 1, Office: This field is required."),
        ("id_targets-0-source_url", "Target 1, Source of the address: Enter a valid URL."),
    ]
    for target, _words in listed(response):
        assert f'id="{target}"' in text(response)


@pytest.mark.slow
def test_what_must_never_be_false_is_said_in_plain_words_at_its_field():
    case = make_case(stage=Stage.DRAFT)
    make_target(case)
    make_petition(case)
    client = signed_in("editor")
    wrong = {
        "letter_goal": "0",
        "targets-0-postal_country": "",
        "targets-0-local_language": "fr",
        "petition-0-goal": "0",
        "solidarity_action-0-recipient": "Ana Test",
        "solidarity_action-0-opens_on": "2026-02-02",
        "solidarity_action-0-ends_on": "2026-02-01",
    }
    no_goal = "Leave this empty if there is no goal. A goal is at least 1."
    errors = [
        ("id_letter_goal", no_goal),
        ("id_targets-0-postal_country", "Choose the country of the address."),
        (
            "id_targets-0-local_language",
            "Beside this language, write the salutation and the close in it.",
        ),
        ("id_petition-0-goal", no_goal),
        ("id_solidarity_action-0-ends_on", "The last day must not come before the first."),
    ]

    response = client.post(change(case), form_data(client.get(change(case))) | wrong)

    shown = [(where, said.split(": ", 1)[1]) for where, said in listed(response)]
    assert sorted(shown) == sorted(errors)
    said = [words for _target, words in errors]
    for words in said:  # at the top, and beside each field
        assert text(response).count(words) == 2 * said.count(words)
    assert "Constraint" not in text(response)


@pytest.mark.slow
def test_a_second_letter_in_one_language_is_refused_in_plain_words():
    letter = make_model_letter(make_case(), language="en")
    client = signed_in("editor")
    data = form_data(client.get(reverse("admin:cases_modelletter_add")))
    data |= {"target": letter.target.pk, "language": "en", "subject": "x", "body": "y"}

    response = client.post(reverse("admin:cases_modelletter_add"), data)

    assert listed(response)[-1][0] == "id_language"
    assert "There is a letter in this language already" in text(response)


@pytest.mark.slow
def test_a_figure_without_its_qualifier_is_refused_at_the_field():
    figure = YearlyFigure.objects.create(year=2014)
    client = signed_in("editor")

    response = client.post(
        change(figure), form_data(client.get(change(figure))) | {"actions": "3000"}
    )

    assert listed(response) == [("id_qualifier", "Qualifier: Choose how exact the number is.")]


@pytest.mark.parametrize("year", ["202", "20255", "3025"])
def test_a_slip_in_the_year_of_an_edition_is_refused(client, year):
    edition, editor = make_case().edition, signed_in("editor")

    response = editor.post(change(edition), form_data(editor.get(change(edition))) | {"year": year})

    assert listed(response) == [("id_year", "Year: Write a year like 2026.")]
    for page in ["/editions/", "/sitemap.xml"]:
        assert f"/editions/{edition.year}/" in text(client.get(page))


@pytest.mark.parametrize(
    ("field", "label", "said"),
    [
        ("opens_on", "Opens on", "is before the year of the edition: it would be open at once."),
        ("reporting_deadline", "Reporting deadline", "is before the edition opens."),
    ],
)
def test_a_day_of_an_edition_with_the_year_before_is_refused_at_the_field(field, label, said):
    client = signed_in("editor")
    days = {"opens_on": "2026-10-15", "reporting_deadline": "2027-01-31"}
    slip = days[field].replace("2026", "2025").replace("2027", "2026")
    data = {"year": 2026, "title": "Write for Rights 2026"} | days
    url = reverse("admin:cases_edition_add")
    empty = form_data(client.get(url))

    response = client.post(url, empty | data | {field: slip})

    assert listed(response) == [(f"id_{field}", f"{label}: This {said}")]
    assert client.post(url, empty | data).status_code == 302


def of_forms() -> set[type[models.Model]]:
    """All models whose rows the admin has a form for, under another row too, or that have a form
    made of them elsewhere."""
    admins = [one for one in admin.site._registry.values() if isinstance(one, VersionCheckMixin)]
    written, forms = set(), [ModelForm]
    while forms:
        forms += (form := forms.pop()).__subclasses__()
        written.add(getattr(form, "_meta", None) and form._meta.model)
    rows = {row.model for one in admins for row in one.inlines}
    return {one.model for one in admins} | rows | (written - {None})


def test_every_constraint_that_a_form_can_meet_says_what_to_do_and_where():
    assert {Case, PaperCount} <= of_forms()
    for model in apps.get_models():
        if model not in of_forms() or model._meta.app_label not in ("cases", "letters"):
            continue
        for constraint in model._meta.constraints:
            words = str(constraint.violation_error_message)
            assert words != str(constraint.default_violation_error_message), constraint.name
            assert constraint.name not in words
            model._meta.get_field(constraint.violation_error_code)  # the field it stands beside
