"""Sums over the ledger, and what stands beside them: all that the figures of /impact/ are made of.

They are those of the cases that readers find in lists: one that is taken down is in no sum.
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import Count, Sum

from cases.models import Case, Edition, Outcome, YearlyFigure
from letters.breakdowns import broken_down
from letters.models import ActionKind, Tally, TallySource
from letters.regions import REGION_OF

NOT_SAID = ""  # in the place of a country and of a region
# What `CaseQuerySet.with_count` calls the number of a kind.
COUNTS = {
    ActionKind.APPEAL: "letter_count",
    ActionKind.SOLIDARITY: "message_count",
    ActionKind.SIGNATURE: "signature_count",
    ActionKind.SOCIAL: "post_count",
}


@dataclass
class Sums:
    edition: Edition | None
    cases: list[Case]
    by_kind: Counter[str] = field(default_factory=Counter)
    by_case: Counter[int] = field(default_factory=Counter)
    by_day: Counter[datetime.date] = field(default_factory=Counter)
    by_source: Counter[str] = field(default_factory=Counter)
    by_region: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    outcomes: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    years: list[YearlyFigure] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.by_kind.total()

    @property
    def on_paper(self) -> int:
        """How many of them staff entered; 0 also where they are too few to be told apart."""
        return broken_down(self.by_source).parts.get(TallySource.STAFF.value, 0)


def read() -> Sums:
    """What was done in the current edition, and what is known of all, in six statements."""
    listed = Case.objects.listed()
    edition = Edition.objects.current()
    sums = Sums(edition, list(listed.filter(edition=edition).with_count()))
    for case in sums.cases:
        for kind, name in COUNTS.items():
            sums.by_kind[kind.value] += getattr(case, name)
            sums.by_case[case.pk] += getattr(case, name)
    ledger = Tally.objects.filter(case__in=[case.pk for case in sums.cases], number__gt=0)
    for day, source, number in _summed(ledger, "day", "source"):
        sums.by_day[day] += number
        sums.by_source[source] += number
    for country, number in _summed(ledger, "country"):
        region = REGION_OF.get(country, NOT_SAID)
        sums.by_region[region][country if region else NOT_SAID] += number
    outcomes = Outcome.objects.filter(case__in=listed.values("pk")).order_by()
    for kind, year, number in outcomes.values_list("kind", "date__year").annotate(Count("pk")):
        sums.outcomes[kind, year] = number
    sums.years = list(YearlyFigure.objects.order_by("-year"))
    return sums


def _summed(ledger, *names: str):
    return ledger.order_by().values_list(*names).annotate(Sum("number"))
