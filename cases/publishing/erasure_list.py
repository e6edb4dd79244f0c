"""What was taken down, replayed over a restored backup. See `cases.models.ErasureEntry`."""

import datetime
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.models import Case, Consent, ErasureAct, ErasureEntry, Freeze
from cases.publishing import consents
from cases.publishing.acts import MILDEST_FIRST
from cases.publishing.content_version import cases_showing, touch
from cases.publishing.shown_less import FEWEST, WORDS

CHANGE_REASON = "restored"  # in the history


def replay(entry: ErasureEntry) -> None:
    """Take it down again: a case as far as it was, if it is not so already."""
    with transaction.atomic():
        match entry.act, entry.model:
            case ErasureAct.FROZEN, _model:
                for case in Case.objects.select_for_update(no_key=True).filter(pk__in=entry.keys):
                    _freeze(case, entry.value)
            case ErasureAct.WITHDRAWN, "cases.consent":
                for consent in Consent.objects.filter(pk__in=entry.keys, withdrawn_on=None):
                    consent.withdrawn_on = timezone.localdate(entry.at)
                    consent._change_reason = CHANGE_REASON  # type: ignore[attr-defined]
                    consent.save(update_fields=["withdrawn_on"])
            case ErasureAct.HIDDEN, model:
                for row in apps.get_model(model)._default_manager.filter(pk__in=entry.keys):
                    _show_less(row, entry.value)
            case ErasureAct.ERASED, model:
                for row in apps.get_model(model)._default_manager.filter(pk__in=entry.keys):
                    _delete(row)


def _show_less(row: Any, what: str) -> None:
    """As `cases.publishing.shown_less` noted it. What can't be so any more hides its case."""
    name, _space, of = what.partition(" ")
    fewest = FEWEST.get(type(row), {})
    if name == WORDS:
        _freeze(row if isinstance(row, Case) else row.case, Freeze.HIDDEN)
        return
    now = getattr(row, name)
    if name == "i18n":
        less: Any = {key: words for key, words in now.items() if key != of}
    elif name == "opens_on":
        less = max(now, datetime.date.fromisoformat(of))
    elif name == "expires_on":
        less = min(now or datetime.date.max, datetime.date.fromisoformat(of))
    else:
        less = fewest.get(name, [] if isinstance(now, list) else "")
    if less == now:
        return
    setattr(row, name, less)
    row._history_user, row._change_reason = None, CHANGE_REASON
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        _freeze(row if isinstance(row, Case) else row.case, Freeze.HIDDEN)
    else:
        _follow(row)


def _delete(row: models.Model) -> None:
    """A part of a case; or an earlier version, of which words were removed for good."""
    of = getattr(row, "case", None)
    try:
        with transaction.atomic():
            row.delete()
    except models.ProtectedError:  # something hangs on it as the backup has it
        if of is None:
            raise
        _freeze(of, Freeze.HIDDEN)
    else:
        _follow(row)


def _follow(row: models.Model) -> None:
    if isinstance(row, Consent):
        consents.freeze_if_ended(row.case)
    touch(cases_showing(row))


def _freeze(case: Case, how: str) -> None:
    with translation.override(None):
        said = _(
            "It was taken down after the backup was made that is restored here: look why "
            "before it is shown again."
        )
    if MILDEST_FIRST.index(how) > MILDEST_FIRST.index(case.freeze):
        case.freeze, case.freeze_reason = how, said
    elif said not in case.freeze_reason:  # frozen so far already, and now for another reason too
        longest = Case._meta.get_field("freeze_reason").max_length
        case.freeze_reason = f"{said} {case.freeze_reason}"[:longest]
    case.unfreeze_asked_by = None  # who asked did not know of this
    case._history_user, case._change_reason = None, CHANGE_REASON
    case.save(update_fields=["freeze", "freeze_reason", "unfreeze_asked_by", "updated_at"])
    touch(Case.objects.filter(pk=case.pk))
