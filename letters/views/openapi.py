"""The description of the API that programs read: OpenAPI 3.1, made of the same fields and forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from letters.forms.api import CasesForm, OutcomesForm, QueryForm
from letters.sharing import api, shapes
from letters.sharing.shapes import Shape
from letters.views.api_answers import SENTENCES

VERSION = "1.0"


def document() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": _("Write for Rights"),
            "version": VERSION,
            "description": _(
                "What the pages show, as data and as frames. No key and no account needed."
            ),
            "license": api.LICENCE,
        },
        "servers": _servers(),
        "paths": {
            _path("index"): _get("index", _("What there is, and where."), _index()),
            _path("cases"): _get(
                "cases",
                _("All cases, the newest edition first."),
                _list("cases", "Case"),
                CasesForm,
                {404: "Error"},
            ),
            _path("case", "{slug}"): _get(
                "case",
                _("One case, with its story, demands and sources."),
                _answer(case=_named("WholeCase")),
                errors={404: "Error", 410: "Error"},
                parameters=[_in_path("slug", shapes.SLUG, _("The slug of a case."))],
            ),
            _path("outcomes"): _get(
                "outcomes",
                _("What happened in each case, the newest first."),
                _list("outcomes", "OutcomeOfACase"),
                OutcomesForm,
                {404: "Error"},
            ),
            _path("totals"): _get(
                "totals",
                _("What was done in the current edition."),
                _answer(totals=_named("Totals")),
            ),
        },
        "components": {"schemas": _schemas()},
    }


def _servers() -> list[dict]:
    prefixes = {code: f"/{code}" for code, _name in settings.LANGUAGES}
    prefixes[settings.LANGUAGE_CODE] = ""
    return [
        {"url": settings.SITE_URL + prefixes[code], "description": str(name)}
        for code, name in settings.LANGUAGES
    ]


def _path(name: str, *args: str) -> str:
    """As it is without a language in front: that is in the address of the server."""
    with override(settings.LANGUAGE_CODE):
        made = reverse(f"letters:api-{name}", args=["x" for _arg in args])
    for arg in args:
        made = made.replace("/x/", f"/{arg}/")
    return made


def _get(
    name: str,
    says: str,
    answer: Shape,
    form: type[QueryForm] = QueryForm,
    errors: dict[int, str] | None = None,
    parameters: list[dict] | None = None,
) -> dict:
    kinds = {400: "WrongQuery"} | (errors or {}) | {405: "Error", 429: "Error", 500: "Error"}
    return {
        "get": {
            "operationId": name,
            "summary": says,
            "parameters": (parameters or []) + _filters(form),
            "responses": {
                "200": _response(says, answer),
                "302": {"description": _("A redirect to the usual spelling of the same address.")},
            }
            | {
                str(status): _response(str(SENTENCES[status]), _named(kind))
                for status, kind in sorted(kinds.items())
            },
        }
    }


def _response(says: str, shape: Shape) -> dict:
    return {"description": says, "content": {"application/json": {"schema": shape}}}


def _in_path(name: str, shape: Shape, says: str) -> dict:
    return {"name": name, "in": "path", "required": True, "description": says, "schema": shape}


def _filters(form: type[QueryForm]) -> list[dict]:
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": str(field.help_text),
            "schema": _shape_of(field),
        }
        for name, field in form.base_fields.items()
    ]


def _shape_of(field: forms.Field) -> Shape:
    """What can be typed into this field of a form."""
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        return shapes.one_of(code for code, _label in choices)
    if isinstance(field, forms.IntegerField):
        return shapes.NUMBER | {"minimum": field.min_value, "maximum": field.max_value}
    shape = shapes.SLUG if isinstance(field, forms.SlugField) else shapes.TEXT
    return shape | {"minLength": 1, "maxLength": field.max_length}  # type: ignore[attr-defined]


def _named(name: str) -> Shape:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> dict[str, Shape]:
    return {
        "Case": api.record_of(api.CASE),
        "WholeCase": api.record_of(api.WHOLE_CASE),
        "Outcome": api.record_of(api.OUTCOME),
        "OutcomeOfACase": api.record_of(api.OUTCOME_OF_A_CASE),
        "Totals": api.record_of(api.TOTALS),
        "Error": shapes.record(error=shapes.TEXT),
        "WrongQuery": shapes.record(
            error=shapes.TEXT,
            fields={"type": "object", "additionalProperties": shapes.list_of(shapes.TEXT)},
        ),
    }


def _answer(**told: Shape) -> Shape:
    """What stands around all that is told."""
    licence = shapes.record(name=shapes.TEXT, url=shapes.URL)
    shape = shapes.record(licence=licence, source=shapes.TEXT, language=shapes.TEXT, **told)
    shape["properties"]["sample"] = shapes.TEXT
    return shape


def _list(name: str, kind: str) -> Shape:
    return _answer(
        number=shapes.COUNT,
        pages=shapes.COUNT,
        next=shapes.or_null(shapes.URL),
        previous=shapes.or_null(shapes.URL),
        **{name: shapes.list_of(_named(kind))},
    )


def _index() -> Shape:
    names = ["cases", "outcomes", "totals", "openapi", "explained"]
    return _answer(**dict.fromkeys(names, shapes.URL))
