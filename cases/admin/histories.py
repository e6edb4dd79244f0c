"""Who changed what, readable: the history of a case with that of its parts."""

from __future__ import annotations

import datetime
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

from django.conf import settings
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from simple_history.admin import SimpleHistoryAdmin

from cases.models import Case

MOST = 200  # of the newest changes of each part: further back nobody reads on
# Not of an editor's making.
SILENT = {
    "id",
    "case",
    "created_at",
    "updated_at",
    "recorded_at",
    "loaded_digest",
    "width",
    "height",
    "renditions",
}
AROUND = 6  # words left standing around a change, so that one sees where it is


class HistoryAdmin(SimpleHistoryAdmin):
    """Old versions can be opened; an address that names none leads to no page, not to an error."""

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context=None
    ) -> HttpResponse:
        if not (object_id.isdecimal() and version_id.isdecimal()):
            raise Http404
        return super().history_form_view(request, object_id, version_id, extra_context)


ADDED, CHANGED, DELETED = "+", "~", "-"


class Piece(NamedTuple):
    """A run of words: "same", "cut" (left out here), "del" or "ins"."""

    kind: str
    text: str


class Change(NamedTuple):
    field: str
    pieces: list[Piece]


class Entry(NamedTuple):
    at: datetime.datetime
    by: str
    act: str
    part: str  # "demand", or "" for the case itself
    name: str
    changes: list[Change]
    version: int | None  # of the case, to look at and to go back to


def entries(case: Case, user) -> list[Entry]:
    """All that was changed about the case and that this person may see, the newest first."""
    found = _of_model(Case, {"id": case.pk}, part="")
    for relation in Case._meta.related_objects:
        model = relation.related_model
        if model is Case or not hasattr(model, "history"):  # Case: of a later edition
            continue
        if not user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}"):
            continue
        found += _of_model(model, {"case_id": case.pk}, part=model._meta.verbose_name)
    found.sort(key=lambda entry: entry.at, reverse=True)
    return _told_together(found)


def _told_together(found: list[Entry]) -> list[Entry]:
    """Parts of one kind that came at once (a new case brings 22 rules) as one entry."""
    merged = []
    for _key, group in groupby(
        found, key=lambda entry: (entry.at.replace(microsecond=0), entry.by, entry.act, entry.part)
    ):
        alike = list(group)
        if len(alike) < 3 or any(entry.changes for entry in alike):
            merged += alike
            continue
        rest = len(alike) - 1
        name = ngettext("%(name)s and %(rest)s more", "%(name)s and %(rest)s more", rest)
        merged.append(alike[0]._replace(name=name % {"name": alike[0].name, "rest": rest}))
    return merged


def _of_model(model: type[models.Model], which: dict, part: str) -> list[Entry]:
    records = list(
        model.history.filter(**which)
        .select_related("history_user", *_relations(model))
        .order_by("-history_date", "-history_id")[: MOST + 1]
    )
    found = []
    for place, record in enumerate(records[:MOST]):
        older = next((other for other in records[place + 1 :] if other.id == record.id), None)
        changes = []
        if record.history_type == CHANGED and older is not None:
            changes = _changes(model, older, record)
            if not changes:  # saved with nothing changed in it
                continue
        found.append(
            Entry(
                at=record.history_date,
                by=str(record.history_user or _("a command")),
                act=record.history_type,
                part=str(part),
                name=str(record.instance) if part else "",
                changes=changes,
                version=None if part else record.history_id,
            )
        )
    return found


def _relations(model: type[models.Model]) -> list[str]:
    return [
        field.name
        for field in model.history.model.tracked_fields
        if field.is_relation and field.name not in SILENT
    ]


def _changes(model: type[models.Model], older, newer) -> list[Change]:
    before, after = _values(model, older), _values(model, newer)
    return [
        Change(field, words_changed(before.get(field, ""), after.get(field, "")))
        for field in {**before, **after}
        if before.get(field, "") != after.get(field, "")
    ]


def _values(model: type[models.Model], record) -> dict[str, str]:
    """What each field says to a reader, by its name."""
    values = {}
    for field in record.tracked_fields:
        if field.name in SILENT:
            continue
        value = getattr(record, field.attname)
        if field.name == "i18n":
            values |= _translations(model, value or {})
            continue
        if field.choices:
            value = dict(field.flatchoices).get(value, value)
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        elif isinstance(value, bool):
            value = _("yes") if value else _("no")
        elif field.is_relation and value:
            value = getattr(record, field.name)
        values[str(field.verbose_name)] = "" if value is None else str(value)
    return values


def _translations(model: type[models.Model], stored: dict) -> dict[str, str]:
    languages = dict(settings.LANGUAGES)
    values = {}
    for key, value in stored.items():
        name, _underscore, code = key.rpartition("_")
        label = f"{model._meta.get_field(name).verbose_name} ({languages.get(code, code)})"
        values[label] = value or ""
    return values


def words_changed(old: str, new: str) -> list[Piece]:
    """What became of the words: what was taken out, what was put in, a little of what stayed."""
    before, after = old.split(), new.split()
    pieces = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    codes = matcher.get_opcodes()
    for place, (act, start, end, new_start, new_end) in enumerate(codes):
        if act == "equal":
            pieces += _shortened(before[start:end], place == 0, place == len(codes) - 1)
            continue
        if end > start:
            pieces.append(Piece("del", " ".join(before[start:end])))
        if new_end > new_start:
            pieces.append(Piece("ins", " ".join(after[new_start:new_end])))
    return pieces


def _shortened(words: list[str], is_first: bool, is_last: bool) -> list[Piece]:
    head = [] if is_first else words[:AROUND]
    tail = [] if is_last else words[-AROUND:]
    if len(words) <= len(head) + len(tail) + 2:
        return [Piece("same", " ".join(words))]
    parts = [Piece("same", " ".join(head)), Piece("cut", "…"), Piece("same", " ".join(tail))]
    return [part for part in parts if part.text]
