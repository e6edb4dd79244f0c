"""Taking out of earlier versions what must never have been written, for good.

An address that was pasted by mistake stays in the history, each time the page was saved. Here the
safety role takes it out of all versions; a mark stays, with who did it, when and why.
"""

import datetime
import re
from typing import NamedTuple

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.admin.history import SILENT, historical_models, parts_of, records_of
from cases.models import Case, ErasureAct, ErasureEntry, Freeze, PetitionText

# The mark begins with a sign that nobody types, so that it is known again.
MARK_BEGINS, MARK_ENDS = "⟦", "⟧"
# In a text that was signed: it goes to whom the petition is for, who need not know who and why.
LEFT_OUT = "[…]"
CONTEXT_CHARACTERS = 40  # characters shown on either side of what is found


class Found(NamedTuple):
    """The words in one field of one version."""

    row: models.Model  # a version, an entry of the log, or what stands today
    at: datetime.datetime | None
    field: str
    label: str
    before: str
    words: str
    after: str


def pattern_of(words: str) -> re.Pattern:
    """Finds the words in any case, however they are broken into lines."""
    return re.compile(r"\s+".join(re.escape(word) for word in words.split()), re.IGNORECASE)


def is_marked(value: object) -> bool:
    return MARK_BEGINS in str(value)


def things_of(thing: models.Model) -> list[models.Model]:
    """What a text may have been copied between: the cases of one person, cloned year by year."""
    if isinstance(thing, Case):
        return list(Case.objects.of_the_same_person(thing))
    return [thing]


def find(thing: models.Model, words: str) -> list[Found]:
    """Where the words stand in earlier versions, in the log of staff and in what was signed, the
    newest first of each."""
    pattern = pattern_of(words)
    found = []
    for one in things_of(thing):
        for model in historical_models(one).values():
            records = records_of(one, model).select_related("history_user")
            keys = set()
            for record in records.order_by("-history_date", "-history_id").iterator(500):
                keys.add(str(record.id))
                found += _found_in(record, pattern, model)
            kind = ContentType.objects.get_for_model(model)
            for entry in LogEntry.objects.filter(content_type=kind, object_id__in=keys):
                found += _found_in(entry, pattern, LogEntry)
        if isinstance(one, Case):
            for text in PetitionText.objects.filter(petition__case=one):
                found += _found_in(text, pattern, PetitionText)
    return found


def find_now(thing: models.Model, words: str) -> list[Found]:
    """Where the words stand today: what readers or staff see, and no removal touches."""
    pattern = pattern_of(words)
    found = []
    for one in things_of(thing):
        for row in [one, *_parts_now(one)]:
            found += _found_in(row, pattern, type(row))
    return found


def remove(thing: models.Model, words: str, by: User, reason: str) -> int:
    """Put a mark in their place everywhere; how many versions had them. Call it in a
    transaction."""
    pattern = pattern_of(words)
    said = _("removed by %(name)s on %(date)s: %(reason)s")
    said %= {"name": by, "date": date_format(timezone.localdate()), "reason": reason}
    mark = f"{MARK_BEGINS}{said}{MARK_ENDS}"
    changed: dict[tuple, tuple[models.Model, set[str]]] = {}
    for one in find(thing, words):
        key = (type(one.row), one.row.pk)
        row, fields = changed.setdefault(key, (one.row, set()))
        if one.field not in fields:
            fields.add(one.field)
            longest = getattr(row._meta.get_field(one.field), "max_length", None)
            left = LEFT_OUT if isinstance(row, PetitionText) else mark
            setattr(row, one.field, _marked(getattr(row, one.field), pattern, left, longest))
    shown_in = {thing.pk} if isinstance(thing, Case) and changed else set()
    for row, fields in changed.values():
        row.save(update_fields=sorted(fields))
        if isinstance(row, PetitionText):  # signatures need it: a restore hides its case
            shown_in.add(row.petition.case_id)
        else:
            ErasureEntry.objects.note(ErasureAct.ERASED, type(row), [row.pk])
    if shown_in:  # a backup may still show them to readers
        ErasureEntry.objects.note(ErasureAct.FROZEN, Case, sorted(shown_in), value=Freeze.HIDDEN)
    return len(changed)


def _parts_now(thing: models.Model) -> list[models.Model]:
    return [
        row
        for model, path in parts_of(thing).items()
        if model._meta.app_label == "cases"
        for row in model._default_manager.filter(**{path: thing})
    ]


def _found_in(row: models.Model, pattern: re.Pattern, model: type[models.Model]) -> list[Found]:
    found = []
    dates = ("history_date", "action_time", "first_signed_at")
    at = next((getattr(row, date) for date in dates if hasattr(row, date)), None)
    for field in row._meta.concrete_fields:
        is_text = isinstance(field, models.CharField | models.TextField | models.JSONField)
        if not is_text or field.name in SILENT or field.choices:
            continue
        for text in _texts(getattr(row, field.attname)):
            if match := pattern.search(text):
                start, end = match.span()
                label = f"{capfirst(model._meta.verbose_name)}: {field.verbose_name}"
                before = text[max(0, start - CONTEXT_CHARACTERS) : start]
                after = text[end : end + CONTEXT_CHARACTERS]
                found.append(Found(row, at, field.name, label, before, match[0], after))
    return found


def _texts(value: object) -> list[str]:
    """All texts in what a field holds: a text, or what JSON can hold."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [text for one in value for text in _texts(one)] if isinstance(value, list) else []


def _marked(value: object, pattern: re.Pattern, mark: str, longest: int | None) -> object:
    if isinstance(value, dict):
        return {key: _marked(one, pattern, mark, longest) for key, one in value.items()}
    if isinstance(value, list):
        return [_marked(one, pattern, mark, longest) for one in value]
    if not isinstance(value, str) or not pattern.search(value):
        return value
    marked = pattern.sub(lambda match: mark, value)
    if longest is None or len(marked) <= longest:
        return marked
    # What stood around it would not fit with the mark: the mark is all that stays.
    return mark if len(mark) <= longest else mark[: longest - 1] + MARK_ENDS
