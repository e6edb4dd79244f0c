"""Who changed what, readable: the history of a case with that of its parts."""

import datetime
from collections import Counter
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from simple_history.utils import get_history_manager_for_model, get_history_model_for_model

from cases.models import Case, Freeze, ModelLetter, Target
from cases.models.translation import field_and_language
from cases.permissions import HIDDEN_FIELDS, may_see
from cases.publishing import consents

MAX_CHANGES = 200  # of the newest changes of each part: further back nobody reads on
# Not of an editor's making.
SILENT = {
    "cloned_from",
    "id",
    "case",
    "target",
    "created_at",
    "updated_at",
    "recorded_at",
    "consent_ends_on",
    "loaded_digest",
    "width",
    "height",
    "renditions",
}
CONTEXT_WORDS = 6  # words left standing around a change, so that one sees where it is
# Steps of comparing two texts, at most a tenth of a second; longer ones are compared by lines.
MAX_COMPARED = 1_000_000

ADDED, CHANGED, DELETED = "+", "~", "-"


class Span(NamedTuple):
    """A run of words: "same", "cut" (left out here), "del" or "ins"."""

    kind: str
    text: str


class Change(NamedTuple):
    field: str
    before: str
    after: str

    @property
    def highlighted(self) -> list[Span]:
        return highlight_changes(self.before, self.after)


class Entry(NamedTuple):
    at: datetime.datetime
    by: str
    act: str
    part: str  # "demand", or "" for the thing itself
    name: str
    reason: str
    changes: list[Change]
    model: str
    version: int | None  # as it stood before a change, or when it was deleted


def parts_of(thing: models.Model) -> dict[type[models.Model], str]:
    """The models of its parts, each with how it leads to the thing."""
    if isinstance(thing, Target):
        return {ModelLetter: "target"}
    if not isinstance(thing, Case):
        return {}
    related = [relation.field.model for relation in Case._meta.related_objects]
    # A case is related to that of a later edition.
    return {model: "case" for model in related if model is not Case} | {ModelLetter: "target__case"}


def historical_models(thing: models.Model) -> dict[str, type[models.Model]]:
    """The models whose history belongs to the thing's: its own and its parts'."""
    found = [type(thing), *(model for model in parts_of(thing) if hasattr(model, "history"))]
    return {model.__name__.lower(): model for model in found}


def records_of(thing: models.Model, model: type[models.Model]) -> models.QuerySet:
    """The versions of the thing, or of its parts of this model, deleted ones too."""
    versions = get_history_manager_for_model(model)
    if model is type(thing):
        return versions.filter(id=thing.pk)
    if model is ModelLetter and isinstance(thing, Case):  # of all targets it ever had
        targets = Target.history.filter(case_id=thing.pk)
        return versions.filter(target_id__in=targets.values("id"))
    return versions.filter(**{f"{parts_of(thing)[model]}_id": thing.pk})


def entries(thing: models.Model, user: User | AnonymousUser) -> list[Entry]:
    """All that was changed about it and that this person may see, the newest first."""
    found = []
    for model in historical_models(thing).values():
        if may_see(user, model):
            part = "" if model is type(thing) else str(model._meta.verbose_name)
            found += _entries_of(model, records_of(thing, model), part, user)
    found.sort(key=lambda entry: entry.at, reverse=True)
    return _merge_alike(found)


def frozen_since(case: Case) -> datetime.datetime | None:
    """When the freeze began that the case is in; None if it is not frozen."""
    if case.freeze == Freeze.NONE:
        return None
    versions = case.history.order_by("history_id")
    free = versions.filter(freeze=Freeze.NONE).order_by("-history_id").first()
    began = (versions.filter(history_id__gt=free.history_id) if free else versions).first()
    return began.history_date if began else None


def _merge_alike(found: list[Entry]) -> list[Entry]:
    """Parts of one kind that came at once (a new case brings 22 rules) as one entry."""
    merged = []
    for _key, group in groupby(
        found, key=lambda entry: (entry.at.replace(microsecond=0), entry.by, entry.act, entry.part)
    ):
        alike = list(group)
        if len(alike) < 3 or any(entry.changes or entry.version for entry in alike):
            merged += alike
            continue
        rest = len(alike) - 1
        name = ngettext("%(name)s and %(rest)s more", "%(name)s and %(rest)s more", rest)
        merged.append(alike[0]._replace(name=name % {"name": alike[0].name, "rest": rest}))
    return merged


def _entries_of(
    model: type[models.Model], versions: models.QuerySet, part: str, user: User | AnonymousUser
) -> list[Entry]:
    records = list(
        versions.select_related("history_user", *_relations(model)).order_by(
            "-history_date", "-history_id"
        )[: MAX_CHANGES + 1]
    )
    older_ones = _with_older(records)
    found = []
    for record, older in older_ones[:MAX_CHANGES]:
        changes, version = [], None
        is_site = record.history_change_reason == consents.CHANGE_REASON
        if record.history_type == DELETED:
            version = record.history_id
        elif record.history_type == CHANGED and older is not None:
            changes = changed(model, older, record, user)
            if not changes and not record.history_change_reason:
                continue  # saved with nothing changed in it
            version = older.history_id
        found.append(
            Entry(
                at=record.history_date,
                by=str(
                    record.history_user or (_("the site itself") if is_site else _("a command"))
                ),
                act=record.history_type,
                part=part,
                name=str(record.instance) if part else "",
                reason="" if is_site else record.history_change_reason or "",
                changes=changes,
                model=model.__name__.lower(),
                version=version,
            )
        )
    return found


def _with_older(records: list) -> list[tuple]:
    """Each record, the newest first, with the one before it of the same row."""
    pairs = []
    newest: dict[int, Any] = {}
    for record in reversed(records):
        pairs.append((record, newest.get(record.id)))
        newest[record.id] = record
    return pairs[::-1]


def _relations(model: type[models.Model]) -> list[str]:
    return [
        field.name
        for field in get_history_model_for_model(model).tracked_fields
        if field.is_relation and field.name not in SILENT
    ]


def changed(model: type[models.Model], older, newer, user: User | AnonymousUser) -> list[Change]:
    """The fields that differ, of those that this person may see."""
    before, after = values(model, older, user), values(model, newer, user)
    return [
        Change(field, before.get(field, ""), after.get(field, ""))
        for field in {**before, **after}
        if before.get(field, "") != after.get(field, "")
    ]


def values(model: type[models.Model], record, user: User | AnonymousUser) -> dict[str, str]:
    """What each field says to a reader, by its name."""
    found: dict[str, str] = {}
    for field in record.tracked_fields:
        if field.name in SILENT:
            continue
        if not user.has_perms(HIDDEN_FIELDS.get((model._meta.label_lower, field.name), [])):
            continue
        value = getattr(record, field.attname)
        if field.name == "i18n":
            found |= _translations(model, value or {})
            continue
        if field.choices:
            value = dict(field.flatchoices).get(value, value)
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        elif isinstance(value, bool):
            value = _("yes") if value else _("no")
        elif field.is_relation and value:
            value = getattr(record, field.name)
        found[str(field.verbose_name)] = "" if value is None else str(value)
    return found


def _translations(model: type[models.Model], stored: dict) -> dict[str, str]:
    languages = dict(settings.LANGUAGES)
    names = {field.name: field.verbose_name for field in model._meta.concrete_fields}
    values = {}
    for key, value in stored.items():
        name, code = field_and_language(key)
        label = f"{names[name]} ({languages.get(code, code)})"
        values[label] = value or ""
    return values


def highlight_changes(old: str, new: str) -> list[Span]:
    """What became of the words: what was taken out, what was put in, a little of what stayed.

    What would take long to compare word by word is compared line by line, or shown as a whole.
    """
    words = old.split(), new.split()
    runs = _runs(*words)
    if runs is None:
        runs = _runs(old.splitlines(), new.splitlines())
    if runs is None:
        runs = _runs(*words, as_a_whole=True) or []
    highlighted = []
    for place, (before, after) in enumerate(runs):
        if before == after:
            same = " ".join(before).split()
            highlighted += _shortened(same, place == 0, place == len(runs) - 1)
            continue
        kinds = [("del", before), ("ins", after)]
        highlighted += [Span(kind, " ".join(run)) for kind, run in kinds if run]
    return highlighted


def _runs(
    before: list[str], after: list[str], as_a_whole: bool = False
) -> list[tuple[list[str], list[str]]] | None:
    """What stood and what stands there now, run by run; None if comparing would take long.

    `as_a_whole` takes what stands between the same beginning and the same end for one change.
    """
    start = _same_at_start(before, after)
    end = _same_at_start(before[start:][::-1], after[start:][::-1])
    head, tail = before[:start], before[len(before) - end :]
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if as_a_whole:
        middle = [(old, new)]
    elif _is_long(old, new):
        return None
    else:
        codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        middle = [(old[i1:i2], new[j1:j2]) for _act, i1, i2, j1, j2 in codes]
    runs = [(head, head), *middle, (tail, tail)]
    return [run for run in runs if any(run)]


def _same_at_start(before: list[str], after: list[str]) -> int:
    pairs = zip(before, after, strict=False)
    differing = (place for place, (old, new) in enumerate(pairs) if old != new)
    return next(differing, min(len(before), len(after)))


def _is_long(before: list[str], after: list[str]) -> bool:
    """Whether comparing could take more than MAX_COMPARED steps: what SequenceMatcher looks at to
    find one run of words, as often as there can be runs."""
    counted = Counter(after)
    steps = sum(number * counted[word] for word, number in Counter(before).items())
    return steps * min(len(before), len(after)) > MAX_COMPARED


def _shortened(words: list[str], is_first: bool, is_last: bool) -> list[Span]:
    head = [] if is_first else words[:CONTEXT_WORDS]
    tail = [] if is_last else words[-CONTEXT_WORDS:]
    if len(words) <= len(head) + len(tail) + 2:
        return [Span("same", " ".join(words))]
    parts = [Span("same", " ".join(head)), Span("cut", "…"), Span("same", " ".join(tail))]
    return [part for part in parts if part.text]
