"""Sums over the ledger, and what stands beside them: all that the figures of /impact/ are made of.

They are those of the cases that readers find in lists: one that is taken down is in no sum.
"""

import datetime
from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count

from cases.models import GOOD_NEWS, Case, Edition, Outcome, YearlyFigure
from letters.models import ActionKind, TallySource
from letters.statistics import published
from letters.statistics.disclosure import Breakdown, Group

# What a case calls the published number of a kind.
COUNTS = {
    ActionKind.APPEAL: "letter_count",
    ActionKind.SOLIDARITY: "message_count",
    ActionKind.SIGNATURE: "signature_count",
    ActionKind.SOCIAL: "post_count",
}


@dataclass
class ImpactTotals:
    """`by_case` is live; by kind, day, country and source it is what was published today."""

    edition: Edition | None
    cases: list[Case]
    published_on: datetime.date | None = None
    by_kind: Counter[str] = field(default_factory=Counter)
    by_case: Counter[int] = field(default_factory=Counter)
    by_day: Breakdown[datetime.date] = field(default_factory=lambda: Breakdown({}, 0))
    by_country: list[Group] = field(default_factory=list)
    by_source: Breakdown[str] = field(default_factory=lambda: Breakdown({}, 0))
    by_state: Breakdown[str] = field(default_factory=lambda: Breakdown({}, 0))
    outcomes: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    years: list[YearlyFigure] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.by_case.total()

    @property
    def good_news(self) -> int:
        return sum(number for (kind, _year), number in self.outcomes.items() if kind in GOOD_NEWS)

    @property
    def on_paper(self) -> int:
        """How many of them staff entered; 0 as well, if these are not told apart."""
        sources = self.by_source
        told_apart = len(sources.parts) > 1 or sources.suppressed
        return sources.parts.get(TallySource.STAFF.value, 0) if told_apart else 0


def load() -> ImpactTotals:
    """What was done in the current edition, and what is known of all, in six statements."""
    listed = Case.objects.listed()
    edition = Edition.objects.current()
    cases = listed.filter(edition=edition).select_related("edition").with_count()
    sums = ImpactTotals(edition, list(cases))
    for case in sums.cases:
        sums.by_case[case.pk] = case.total_count
        for kind, name in COUNTS.items():
            sums.by_kind[kind.value] += getattr(case, name)
    if edition:
        figures = published.read(edition)
        sums.published_on = figures.published_on
        sums.by_day, sums.by_country = figures.by_day, figures.by_country
        sums.by_source, sums.by_state = figures.by_source, figures.by_state
    outcomes = Outcome.objects.filter(case__in=listed.values("pk")).order_by()
    for kind, year, number in outcomes.values_list("kind", "date__year").annotate(Count("pk")):
        sums.outcomes[kind, year] = number
    sums.years = list(YearlyFigure.objects.order_by("-year"))
    return sums
