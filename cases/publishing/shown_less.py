"""What readers are shown less of is noted on the erasure list, so that no restored backup shows it
again: a row that is deleted, an address that fewer may see, words that are taken out.

One person may do it, at once, since it can be urgent: see cases/publishing/second_look.py. There
are many ways to do it (pages, imports, earlier versions brought back), and all of them save or
delete the row: it is noted there. Words that others took the place of are not noted: what was
written is in the backup, and has to be written anew.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.db import models, transaction
from django.db.models.signals import pre_delete, pre_save

from cases.models import (
    AddressVisibility,
    Case,
    Consent,
    Demand,
    Edition,
    Embassy,
    EmbassyUse,
    ErasureAct,
    ErasureEntry,
    Freeze,
    Milestone,
    ModelLetter,
    Outcome,
    PendingChange,
    Petition,
    Portrait,
    Quote,
    SocialPost,
    SolidarityAction,
    SolidarityPhrase,
    Source,
    Target,
)
from cases.publishing.second_look import SEEN_BY_FEWER

# Shown with a case; each has a `case`. A deleted picture is noted in cases/pictures.py.
PARTS = [Demand, Quote, Source, Milestone, Outcome, SolidarityAction, SolidarityPhrase, SocialPost]
PARTS += [Target, ModelLetter, Petition]
WITH_TEXTS = (Case, Portrait, *PARTS)
# The values with which fewest see what a field lets be seen.
FEWEST: dict[type[models.Model], dict[str, Any]] = {
    Case: {"listed": False, "sharing_allowed": False},
    Quote: {"may_be_shown": False},
    Source: {"hide_url": True},
    Milestone: {"hide_url": True},
    Outcome: {"hide_url": True},
    Petition: {"shows_signers": False},
    SolidarityAction: {
        "address_visibility": AddressVisibility.STAFF_ONLY,
        "shows_messages": False,
    },
    Target: {"address_for_staff_only": True},
    Embassy: {"use": EmbassyUse.CHECK_FIRST},
}
NAMES = ["display_name", "short_name"]  # perhaps of somebody who has to be called otherwise
ADDRESS = ["recipient", "postal"]  # of the person; an old one is nobody's to see
FOR_STAFF = ["staff_note", "freeze_reason"]
WORDS = "words"  # the value of a note: which, nobody notes


def _note_saved(
    sender: type[models.Model], instance: Any, raw: bool, update_fields=None, **kwargs
) -> None:
    fields = [
        field
        for field in sender._meta.concrete_fields
        if not field.primary_key and (update_fields is None or field.name in update_fields)
    ]
    if raw or not instance.pk or not fields:
        return
    stored = sender._base_manager.filter(pk=instance.pk).first()
    if stored is None:
        return
    less = {what for field in fields for what in _less(field, stored, instance)}
    if less and _is_known(stored):
        with transaction.atomic():
            for what in sorted(less):
                ErasureEntry.objects.note(ErasureAct.HIDDEN, sender, [stored.pk], value=what)


def _note_deleted(sender: type[models.Model], instance: Any, origin=None, **kwargs) -> None:
    note, keys = ErasureEntry.objects.note, [instance.pk]
    if sender is PendingChange:  # decided on, or taken back: one person alone could approve it
        note(ErasureAct.ERASED, sender, keys)
    elif sender is Embassy:  # letters name it
        note(ErasureAct.HIDDEN, sender, keys, value="use")
    elif not _is_known(instance):
        return
    elif sender is Case:
        note(ErasureAct.FROZEN, Case, keys, value=Freeze.WITHDRAWN)
    elif getattr(origin, "model", type(origin)) is not Case:
        note(ErasureAct.ERASED, sender, keys)


for model in (*WITH_TEXTS, Consent, Edition, Embassy):
    pre_save.connect(_note_saved, sender=model)
for model in (Case, *PARTS, Consent, Embassy, PendingChange):
    pre_delete.connect(_note_deleted, sender=model)


def _is_known(row: Any) -> bool:
    """Whether readers can see its case, or will once its edition opens."""
    match row:
        case Case():
            return row.is_past_gate
        case Edition() | Embassy():
            return True
    return row.case.is_past_gate


def _less(field: models.Field, stored: models.Model, row: models.Model) -> Iterator[str]:
    """What of it is shown no more, as values of notes."""
    model, name = type(stored), field.name
    old, new = getattr(stored, field.attname), getattr(row, field.attname)
    if old == new:
        return
    if name == "address_visibility":
        if SEEN_BY_FEWER.index(new) > SEEN_BY_FEWER.index(old):
            yield name
    elif name in FEWEST.get(model, {}):
        if new == FEWEST[model][name]:
            yield name
    elif model is Edition and name == "opens_on" and (day := field.to_python(new)) > old:
        yield f"{name} {day}"
    elif model is Consent and name == "expires_on" and (day := field.to_python(new)):
        if old is None or day < old:
            yield f"{name} {day}"
    elif model is SolidarityAction and name in ADDRESS and old:
        yield "address_visibility"
    elif model in WITH_TEXTS and name not in FOR_STAFF and not field.choices:
        yield from _less_text(field, old, new)


def _less_text(field: models.Field, old: Any, new: Any) -> Iterator[str]:
    name = field.name
    match old, new:
        case dict(), dict() if name == "i18n":
            for key, words in old.items():
                if words and not new.get(key):
                    yield f"{name} {key}"
                elif words and _takes_words_out(words, new[key]):
                    yield WORDS
        case list(), list() if set(old) - set(new):
            yield name
        case str(), str() if old and field.editable:
            has_words = type(field) in (models.CharField, models.TextField)  # and no code or date
            if not new:
                yield name
            elif name in NAMES or (has_words and _takes_words_out(old, new)):
                yield WORDS


def _takes_words_out(old: str, new: str) -> bool:
    """Whether it is the same without some words, and has no others."""
    words, kept = (re.findall(r"\w+", text) for text in (old, new))
    rest = iter(words)
    return len(kept) < len(words) and all(word in rest for word in kept)
