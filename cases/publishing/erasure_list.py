"""What was taken down, replayed over a restored backup. See `cases.models.ErasureEntry`."""

from django.apps import apps
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.models import Case, Consent, ErasureAct, ErasureEntry, Portrait
from cases.publishing.acts import MILDEST_FIRST
from cases.publishing.content_version import touch

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
            case ErasureAct.ERASED, "cases.portrait":
                Portrait.objects.filter(pk__in=entry.keys).delete()
            case ErasureAct.ERASED, model:  # earlier versions, of which words were removed for good
                rows = apps.get_model(model)._default_manager.filter(pk__in=entry.keys)
                rows.delete()


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
