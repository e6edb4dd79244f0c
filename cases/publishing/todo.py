"""What is left to do for cases: lines of the staff's first page, and a filter of their list."""

from collections.abc import Callable

from django.db.models import Q
from django.utils import timezone

from cases.models import Case, CaseQuerySet, ConsentBasis, Freeze, Stage, Target
from cases.publishing import consents


def not_verified() -> Q:
    """Cases of which we hold no consent of our own, only that the organiser told them."""
    given = Case.objects.filter(
        consents__basis=ConsentBasis.GIVEN, consents__withdrawn_on=None
    ).values("pk")
    return ~Q(pk__in=given)


def _published(cases: CaseQuerySet, *of: Q, **fields) -> CaseQuerySet:
    return cases.filter(*of, stage=Stage.PUBLISHED, **fields)


TODO: dict[str, Callable[[CaseQuerySet], CaseQuerySet]] = {
    "draft": lambda cases: cases.filter(stage=Stage.DRAFT),
    "in-review": lambda cases: cases.filter(stage=Stage.IN_REVIEW),
    "may-be-over": CaseQuerySet.that_may_be_over,
    "review-due": lambda cases: cases.past_gate().filter(review_by__lte=timezone.localdate()),
    "unchecked": lambda cases: _published(cases, facts_checked_on=None),
    "unverified": lambda cases: _published(cases, not_verified()),
    "target": lambda cases: _published(
        cases, pk__in=Target.objects.filter(checked_on=None).values("case")
    ),
    "frozen": lambda cases: cases.exclude(freeze=Freeze.NONE),
    "unfreezing": lambda cases: cases.exclude(unfreeze_asked_by=None),
    "consent-ended": lambda cases: consents.ended(cases).exclude(freeze=Freeze.WITHDRAWN),
    "consent-ending": consents.ending_soon,
}
