"""What becomes of a case when the consents it is told by end.

Nothing about a person is published without a consent in force (docs/safety.md A):

- One that was **withdrawn** hides the case at once, in the transaction that notes it: the person
  said no.
- One that **ran out** pauses it from the day after its last one: the page stays while staff ask
  again, since nobody said no and a page that goes by itself can hurt too; nobody can act for it.
  `Case.takes_actions` looks at that day itself, so a worker that stands still lets nothing through.

The site freezes, and it takes two people and a consent in force to unfreeze, as always.
"""

import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.models import (
    Case,
    CaseQuerySet,
    Consent,
    ConsentBasis,
    ErasureAct,
    ErasureEntry,
    Freeze,
)
from cases.publishing.content_version import touch

CHANGE_REASON = "consent ended"  # in the history, where the site acts and nobody of the staff
SOON = datetime.timedelta(days=14)  # time enough to reach somebody through others


def in_force(case: Case) -> list[Consent]:
    """The consents by which the case may be told today.

    Who gave us one and took it back is not told on the organiser's word either.
    """
    # See also ended
    consents = list(case.consents.all())
    said_no = any(one.basis == ConsentBasis.GIVEN and one.withdrawn_on for one in consents)
    return [
        one
        for one in consents
        if one.is_in_force and not (said_no and one.basis == ConsentBasis.ORGANISER)
    ]


def ended(cases: CaseQuerySet) -> CaseQuerySet:
    """Those that readers know, and that were told by a consent once but are by none now."""
    # See also in_force
    consents = Consent.objects.filter(case=OuterRef("pk"))
    given = consents.filter(basis=ConsentBasis.GIVEN)
    told_by_somebody = Exists(given.in_force()) | (
        Exists(consents.in_force()) & ~Exists(given.filter(withdrawn_on__isnull=False))
    )
    once = Exists(Consent.history.filter(case_id=OuterRef("pk")))
    return cases.past_gate().filter(~told_by_somebody, once)


def ending_soon(cases: CaseQuerySet) -> CaseQuerySet:
    """Those that readers know, and whose last consent runs out in the next days."""
    today = timezone.localdate()
    return cases.past_gate().filter(consent_ends_on__range=(today, today + SOON))


def freeze_if_ended(case: Case) -> str | None:
    """Freeze the case as far as the end of its consents asks for, and say how far; None if they
    ask for nothing new. To be called in the transaction that changed a consent.
    """
    with transaction.atomic():
        withdrawn = case.consents.filter(withdrawn_on__isnull=False).values_list("pk", flat=True)
        ErasureEntry.objects.note(ErasureAct.WITHDRAWN, Consent, withdrawn)
        return _freeze_if_ended(case)


def _freeze_if_ended(case: Case) -> str | None:
    with transaction.atomic():
        row = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
        # Its day is over, and no worker has come by: a new consent alone opens nothing again.
        was_over = row.is_paused and row.freeze == Freeze.NONE
        ends = [one.expires_on for one in in_force(row)]
        last_day = max(ends, key=lambda day: day or datetime.date.max, default=None)
        if row.consent_ends_on != last_day and ends:
            # No change of the text, so nothing for the history.
            Case.objects.filter(pk=row.pk).update(consent_ends_on=last_day)
            touch(Case.objects.filter(pk=row.pk))
            row.consent_ends_on = case.consent_ends_on = last_day
        has_ended = ended(Case.objects.filter(pk=row.pk)).exists()
        if not has_ended and not was_over:
            return None
        consents = list(row.consents.all())
        said_no = has_ended and (not consents or any(one.withdrawn_on for one in consents))
        how = Freeze.HIDDEN if said_no else Freeze.PAUSED
        if row.freeze in (how, Freeze.HIDDEN, Freeze.WITHDRAWN):
            return None
        with translation.override(None):  # whoever or whatever set it off
            row.freeze_reason = (
                _("A consent was withdrawn, and none is in force.")
                if said_no
                else _("The last consent has run out.")
            )
        ErasureEntry.objects.note(ErasureAct.FROZEN, Case, [row.pk], value=how)
        row.freeze, row.unfreeze_asked_by = how, None
        row._history_user, row._change_reason = None, CHANGE_REASON
        row.save(update_fields=["freeze", "freeze_reason", "unfreeze_asked_by", "updated_at"])
        touch(Case.objects.filter(pk=row.pk))
    case.freeze, case.freeze_reason, case.unfreeze_asked_by = how, row.freeze_reason, None
    return how


def freeze_all_ended() -> int:
    """The same of every case, and how many were frozen: a day has begun, or a row was changed by
    another way than ours."""
    return sum(_freeze_if_ended(case) is not None for case in ended(Case.objects.all()))
