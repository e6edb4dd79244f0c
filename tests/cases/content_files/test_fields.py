"""Whatever a model holds, files say it and staff see it, or it is named here why not."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db import models

from cases.content_files.fields import BY_STAFF, IGNORED, compared_fields, fields_in_files
from cases.models import Case, OutcomeKind
from cases.models.outcomes import MAY_END_CASE, SAY_CONDITIONS

FILE_MODELS = [
    apps.get_model("cases", name)
    for name in [
        *("case", "edition", "theme", "yearlyfigure", "wordlist"),
        *("embassy", "postalnote", "postage"),
        *("demand", "milestone", "outcome", "source", "safetyrule", "consent", "target"),
        *("modelletter", "petition", "socialpost", "solidarityaction", "solidarityphrase"),
        "portrait",
    ]
]
# Models of cases that no file fills: who or what does.
NOT_OF_FILES = {
    "actioncount": "the ledger of letters",
    "erasureentry": "what no restored backup may bring back",
    "pendingchange": "what waits for a second person",
    "petitiontext": "a petition as it was signed",
    "point": "the list of points of a model letter in a file",
    "quote": "words of a person, with a consent that is entered in the admin",
}
# On no page of the admin as a field: where staff see it otherwise, or why not.
NOT_ON_A_PAGE = {
    "i18n": "each translation is a field of its own",
    "stage": "buttons beside the gate",
    "freeze": "a page of its own",
    "freeze_reason": "on the page of the freeze, and in the history",
    "consent_ends_on": "worked out from the consents, which are there",
    "loaded_digest": "of use to the load alone",
    "content_version": "counted when anything of the page changes",
    "created_at": "in the history",
    "updated_at": "in the history",
    "recorded_at": "in the list of outcomes",
    "width": "worked out from the picture",
    "height": "worked out from the picture",
    "renditions": "worked out from the picture",
    "id": "a number that says nothing",
}


def own_fields(model: type[models.Model]) -> list[models.Field]:
    return [one for one in model._meta.concrete_fields if not one.is_relation]


def on_a_page(model: type[models.Model]) -> set[str]:
    """The names of the fields that some page of the admin shows of the model."""
    registered = [
        one for key, one in admin.site._registry.items() if key._meta.app_label == "cases"
    ]
    pages = [one for one in registered if one.model is model]
    pages += [inline for page in registered for inline in page.inlines if inline.model is model]
    names = set()
    for page in pages:
        fieldsets = getattr(page, "fieldsets", None) or [(None, {"fields": page.fields or []})]
        names |= set(flatten_fieldsets(fieldsets))
        if not page.fields and not getattr(page, "fieldsets", None):
            names |= {one.name for one in own_fields(model) if one.editable}
    return names


def test_every_model_of_cases_is_of_files_or_it_is_said_who_fills_it():
    of_the_app = {
        model
        for model in apps.get_app_config("cases").get_models()
        if not model._meta.model_name.startswith("historical")
    }

    others = {model._meta.model_name for model in of_the_app - {*FILE_MODELS}}
    assert others == NOT_OF_FILES.keys()


@pytest.mark.parametrize("model", FILE_MODELS, ids=lambda model: model._meta.model_name)
def test_staff_see_every_field(model):
    hidden = {one.name for one in own_fields(model)} - on_a_page(model)

    assert hidden <= NOT_ON_A_PAGE.keys()


@pytest.mark.parametrize("model", FILE_MODELS, ids=lambda model: model._meta.model_name)
def test_staff_see_every_field_that_files_say_in_every_language(model):
    names = {one.name for one in model._meta.get_fields() if hasattr(one, "original_field")}
    translated = {name for name in names if not name.endswith("_en")}

    assert translated - {f"{one.name}_i18n" for one in own_fields(model)} <= on_a_page(model)


def test_exceptions_are_fields_that_there_are():
    there = {one.name for model in FILE_MODELS for one in own_fields(model)}
    labels = {
        f"{model._meta.model_name}.{one.name}" for model in FILE_MODELS for one in own_fields(model)
    }

    assert {*IGNORED, *BY_STAFF} <= there | labels
    assert NOT_ON_A_PAGE.keys() <= there


def test_files_say_what_is_compared_but_for_what_staff_vouch_for():
    said = {one.name for one in fields_in_files(Case)}

    assert {one.name for one in compared_fields(Case)} - said == {"facts_checked_on"}


def test_every_kind_of_outcome_says_whether_there_may_be_nothing_left_to_ask_for():
    """A kind that is new is decided here, as its tone is."""
    goes_on = {
        *("conditionally-released", "sentence-commuted", "sentence-reduced"),
        *("investigation-opened", "conditions-improved", "protection-given", "partial-progress"),
        *("court-step", "transferred", "no-change-yet", "arrested-again", "convicted"),
        *("prosecution-declined", "acquittal-of-accused", "worse"),
    }

    assert {*MAY_END_CASE} | goes_on == {*OutcomeKind}
    assert not {*MAY_END_CASE} & goes_on
    assert {*SAY_CONDITIONS} <= {*OutcomeKind}
