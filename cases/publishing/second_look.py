"""What one person alone can't change: it waits as a PendingChange until a second approves.

| what | while | who approves |
| --- | --- | --- |
| what stands on the envelope to a target, and its e-mail address; of a new target, the address |
  the case is published | who may change targets |
| the address for messages to the person, and who sees it | the case is published | who may
  change it |
| words that stop a letter, of a case or of all | readers can see the case; any case | who may
  change them |
| the address of an embassy that writers are offered | readers can see any case | who may change
  embassies |
| to publish somebody whose case is hidden or withdrawn elsewhere: see
  cases/publishing/same_person.py | – | the safety role |

Whoever holds the name of a colleague's role holds only one of the two looks: the second person is
another account, superuser or not. What takes away (an address emptied, an address shown to fewer,
a word that stops nothing more) is done at once by one: it can be urgent, and diverts no letter.
This holds for every way to a row (docs/safety.md 23): pages, restores and imports call `hold_back`
before they save.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.apps import apps
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from cases.models import (
    AddressVisibility,
    Answer,
    Case,
    Embassy,
    EmbassyUse,
    PendingChange,
    SafetyRule,
    SolidarityAction,
    Target,
    WordList,
)
from cases.publishing.content_version import cases_showing, touch

REVIEWED = {
    Target: [
        "title",
        "name",
        "office",
        "postal",
        "postal_country",
        "address_for_staff_only",
        "email",
    ],
    SolidarityAction: ["recipient", "postal", "postal_country", "address_visibility"],
    SafetyRule: ["applies_to", "answer", "words", "stops"],
    WordList: ["language", "words", "stops"],
    Embassy: ["of_country", "in_country", "city", "kind", "postal", "use", "covers"],
}
ADDRESS = ["postal", "email"]  # of a target
# As what a new row is there at once, until somebody else has looked; one of a model that is not
# named here waits whole.
STORED_AT_ONCE: dict[type[models.Model], dict[str, Any]] = {
    SafetyRule: {"stops": False},  # it warns
    WordList: {"stops": False},
    Embassy: {"use": EmbassyUse.CHECK_FIRST},  # staff see it
    # Its country stays: without it no embassy could be told from one of another state.
    Target: dict.fromkeys(ADDRESS, ""),
}
STAGE = "cases.case"  # the `model` of a request to publish
SEEN_BY_FEWER = [
    AddressVisibility.PUBLIC,
    AddressVisibility.ON_REQUEST,
    AddressVisibility.STAFF_ONLY,
]


Reviewed = Target | SolidarityAction | SafetyRule | WordList | Embassy


class Refused(Exception):
    """An act that may not be done now; its text is a sentence for who tried."""


class Difference(NamedTuple):
    field: str
    before: str
    after: str


def hold_back(row: models.Model, by: User | None) -> PendingChange | None:
    """Ask a second person for what they have to approve of this row, and put it back to what is
    stored. To be called in the transaction that saves the row, before; `by` is None for a command.

    If `row` of the answer is None, all of the row waits, and the caller leaves it unsaved.
    """
    if not isinstance(row, Reviewed) or not _is_public(row):
        return None
    stored = type(row)._default_manager.filter(pk=row.pk).first() if row.pk else None
    if not _needs_second_look(row, stored):
        return None
    if stored is None and (meanwhile := STORED_AT_ONCE.get(type(row))):
        after = {name: getattr(row, name) for name in meanwhile}
        _set(row, meanwhile)
        row.save()
        return ask(row, _reviewed(row), after, by)
    if stored is None:
        values = [one.attname for one in row._meta.concrete_fields if not one.primary_key]
        after = {name: getattr(row, name) for name in values if name != "case_id"}
        return ask(row, {}, after, by)
    before = _reviewed(stored)
    after = {name: getattr(row, name) for name in _changed(row, stored)}
    _set(row, {name: before[name] for name in after})
    return ask(row, before, after, by)


def ask(row: models.Model, before: dict, after: dict, by: User | None) -> PendingChange:
    """The newest request for a row takes the place of an older one.

    It holds as long as all of `before` stands: whoever asks to let words stop, and then writes
    other words, has to ask anew.
    """
    case_id = row.pk if isinstance(row, Case) else getattr(row, "case_id", None)
    label = row._meta.label_lower
    older = PendingChange.objects.filter(model=label, case=case_id, row=row.pk)
    if row.pk or isinstance(row, SolidarityAction):  # of which a case has one
        older.delete()
    return PendingChange.objects.create(
        case_id=case_id, model=label, row=row.pk, before=before, after=after, asked_by=by
    )


def approve(change: PendingChange, by: User) -> None:
    """The second person: it is stored now. Raises Refused if it can't be."""
    with locked(change, by) as now:
        model = model_of(now)
        row: Any
        if now.row is None:
            row = model(case_id=now.case_id) if now.case_id else model()
        else:
            row = model._default_manager.select_for_update().filter(pk=now.row).first()
            if row is None:
                raise Refused(_("It was deleted in the meantime."))
            if any(getattr(row, name) != value for name, value in _python(now, "before").items()):
                raise Refused(_("It was changed in the meantime: please ask for the change again."))
        _set(row, _python(now, "after"))
        row._history_user = by
        row._change_reason = reason(now)
        try:
            row.full_clean()
            with transaction.atomic():
                row.save()
        except ValidationError as error:
            raise Refused(" ".join(error.messages)) from None
        except IntegrityError:
            raise Refused(_("It no longer fits what is stored: ask for it again.")) from None
        touch(cases_showing(row))
        now.delete()


@contextmanager
def locked(change: PendingChange, by: User) -> Iterator[PendingChange]:
    """The request as it stands now, nobody else deciding on it; Refused if `by` may not."""
    with transaction.atomic():
        rows = PendingChange.objects.select_for_update()
        now = rows.filter(pk=change.pk).first()
        if now is None:
            raise Refused(_("Somebody else has decided on it, or asked for something newer."))
        if now.asked_by_id == by.pk:
            raise Refused(_("Somebody other than the person who asked has to approve it."))
        if not may_approve(by, now):
            raise Refused(_("Somebody of another role has to approve it."))
        yield now


def take_back(change: PendingChange) -> bool:
    """Forget that it was asked for; False if it was decided on already."""
    return bool(PendingChange.objects.filter(pk=change.pk).delete()[0])


def may_decide(user: User | AnonymousUser, change: PendingChange) -> bool:
    """Whether this person may see it, and take it back: as who could ask for it."""
    if change.model == STAGE:
        return user.has_perm("cases.freeze_case") or user.has_perm("cases.publish_case")
    return user.has_perm(_change_permission(change))


def may_approve(user: User | AnonymousUser, change: PendingChange) -> bool:
    """Whether this person's role may, and somebody else asked."""
    if change.asked_by_id == user.pk:
        return False
    if change.model == STAGE:
        return user.has_perm("cases.freeze_case")
    return user.has_perm(_change_permission(change))


def model_of(change: PendingChange) -> type[models.Model]:
    return apps.get_model(change.model)


def reason(change: PendingChange) -> str:
    """For the history, where the row's new version stands under the name of who approved."""
    asked = change.asked_by.get_username() if change.asked_by else _("a command")
    return (_("asked for by %(name)s") % {"name": asked})[:100]


def differences(change: PendingChange) -> list[Difference]:
    """What stands there now and what is asked for, for who decides.

    Words are shown though they stay the same: who lets them stop letters has to read them.
    """
    fields = _fields(change)
    found = []
    before, after = _python(change, "before"), _python(change, "after")
    if "words" in before:
        after.setdefault("words", before["words"])
    for name, value in after.items():
        old, new = _said(fields[name], before.get(name)), _said(fields[name], value)
        if old != new or name == "words":
            found.append(Difference(str(fields[name].verbose_name), old, new))
    return found


def _set(row: models.Model, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _changed(row: Reviewed, stored: Reviewed) -> list[str]:
    return [name for name in REVIEWED[type(row)] if getattr(row, name) != getattr(stored, name)]


def _reviewed(row: Reviewed) -> dict[str, Any]:
    return {name: getattr(row, name) for name in REVIEWED[type(row)]}


def _is_public(row: Reviewed) -> bool:
    """Whether readers can see what it belongs to, or will once its edition opens; words that stop,
    and embassies, belong to all cases."""
    cases = Case.objects.past_gate()
    if not isinstance(row, WordList | Embassy):
        cases = cases.filter(pk=row.case_id)
    return cases.exists()


def _needs_second_look(row: Reviewed, stored: Reviewed | None) -> bool:
    if isinstance(row, SafetyRule | WordList):
        return bool(_stopping_words(row) - _stopping_words(stored))
    if isinstance(row, Embassy) and row.use != EmbassyUse.YES:
        return False
    if stored is None:
        return not isinstance(row, Target) or any(getattr(row, name) for name in ADDRESS)
    return not all(_takes_away(name, stored, row) for name in _changed(row, stored))


def _stopping_words(row: Reviewed | None) -> set[tuple[str, str]]:
    """Each with what it is looked for in."""
    match row:
        case WordList() if row.stops:
            return {(row.language, word) for word in row.words}
        case SafetyRule() if row.stops and row.answer != Answer.YES:
            return {(row.applies_to, word) for word in row.words}
    return set()


def _takes_away(name: str, stored: Reviewed, row: Reviewed) -> bool:
    old, new = getattr(stored, name), getattr(row, name)
    if name == "address_visibility":
        return SEEN_BY_FEWER.index(new) > SEEN_BY_FEWER.index(old)
    return new if name == "address_for_staff_only" else not new


def _python(change: PendingChange, which: str) -> dict[str, Any]:
    fields, values = _fields(change), getattr(change, which)
    return {name: fields[name].to_python(value) for name, value in values.items() if name in fields}


def _fields(change: PendingChange) -> dict[str, models.Field]:
    return {one.attname: one for one in model_of(change)._meta.concrete_fields}


def _said(field: models.Field, value: Any) -> str:
    if field.choices:
        return str(dict(field.flatchoices).get(value, value or ""))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value in (None, {}) else str(value)


def _change_permission(change: PendingChange) -> str:
    meta = model_of(change)._meta
    return f"{meta.app_label}.{get_permission_codename('change', meta)}"
