"""Numbers that are broken down, published once a day: see disclosure.py for why.

They hold what counted until the end of the day before. Between two publications nothing that
anybody does moves them.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, QuerySet, Sum
from django.utils import timezone

from cases.models import ActionCount, Case, Edition
from letters.models import FigureTable, Letter, Publication, PublishedFigure, Route, Tally
from letters.models.letters import COUNTED_LETTER
from letters.statistics import ledger as tally_ledger
from letters.statistics import replies
from letters.statistics.disclosure import (
    Breakdown,
    Group,
    absorb_small_cells,
    absorb_small_groups,
    in_steps,
)
from letters.statistics.regions import REGION_OF

NOT_SAID = ""  # in the place of a country and of a region

Part = tuple[str, str, str]  # table, group and key of a PublishedFigure


def publish_once_a_day() -> None:
    """Publish what counted until yesterday, unless that was done today. Several may try at once."""
    today = timezone.localdate()
    if Publication.objects.filter(day=today).exists():
        return
    with transaction.atomic():
        _publication, is_first = Publication.objects.get_or_create(day=today)
        if is_first:
            _publish(today)


@transaction.atomic
def publish_invented() -> None:
    """The same for invented activity of a development copy, which comes and goes within a day."""
    Publication.objects.get_or_create(day=timezone.localdate())
    _publish(timezone.localdate())


def _publish(today: datetime.date) -> None:
    until_yesterday = Tally.objects.filter(day__lt=today, number__gt=0).order_by()
    _publish_kinds(until_yesterday)
    replies.publish()
    if edition := Edition.objects.current():
        cases = Case.objects.listed().filter(edition=edition).values("pk")
        _publish_tables(edition, until_yesterday.filter(case__in=cases), today)


class Figures(NamedTuple):
    """What is published of an edition."""

    published_on: datetime.date | None
    by_day: Breakdown[datetime.date]
    by_country: list[Group]  # within their regions, those with most first
    by_source: Breakdown[str]
    by_state: Breakdown[str]


def read(edition: Edition) -> Figures:
    """In two statements."""
    tables: dict[str, list[PublishedFigure]] = defaultdict(list)
    for row in PublishedFigure.objects.filter(edition=edition).order_by("-number", "key"):
        tables[row.table].append(row)
    days, other_days = _breakdown(tables[FigureTable.DAY])
    return Figures(
        Publication.objects.order_by("-day").values_list("day", flat=True).first(),
        Breakdown({datetime.date.fromisoformat(day): n for day, n in days.items()}, other_days),
        _by_country(tables[FigureTable.COUNTRY]),
        _breakdown(tables[FigureTable.SOURCE]),
        _breakdown(tables[FigureTable.STATE]),
    )


def _breakdown(rows: list[PublishedFigure]) -> Breakdown[str]:
    parts = {row.key: row.number for row in rows}
    suppressed = parts.pop("", 0)
    return Breakdown(parts, suppressed)


def _by_country(rows: list[PublishedFigure]) -> list[Group]:
    within: dict[str, dict[str, int]] = defaultdict(dict)
    rests: Counter[str] = Counter()
    for row in rows:
        if row.key:
            within[row.group][_country(row.key)] = row.number
        else:
            rests[row.group] = row.number
    groups = [
        Group(
            None if name == PublishedFigure.ELSEWHERE else _country(name),
            sum(within[name].values()) + rests[name],
            Breakdown(within[name], rests[name]),
        )
        for name in {row.group for row in rows}
    ]
    return sorted(groups, key=lambda group: (group.name is None, -group.number))


def _publish_kinds(ledger: QuerySet[Tally]) -> None:
    """The running totals of each case, by kind."""
    kinds: dict[int, Counter[str]] = defaultdict(Counter)
    for case, kind, number in ledger.values_list("case", "kind").annotate(Sum("number")):
        kinds[case][kind] += number
    for count in ActionCount.objects.order_by("pk"):
        parts = absorb_small_cells(kinds[count.pk]).parts
        shown = dict.fromkeys((f"shown_{name}" for name in tally_ledger.TOTALS.values()), 0)
        for kind, number in parts.items():
            name = f"shown_{tally_ledger.TOTALS[kind]}"
            shown[name] = in_steps(number, getattr(count, name))
        ActionCount.objects.filter(pk=count.pk).update(**shown)


def _publish_tables(edition: Edition, ledger: QuerySet[Tally], today: datetime.date) -> None:
    published = PublishedFigure.objects.filter(edition=edition)
    before = {(row.table, row.group, row.key): row.number for row in published}
    parts = [*_parts(FigureTable.DAY, "day", ledger), *_parts(FigureTable.SOURCE, "source", ledger)]
    parts += _states(edition, today)
    new = [
        PublishedFigure(edition=edition, table=table, group=group, key=key, number=number)
        for (table, group, key), found in [*parts, *_countries(ledger)]
        if (number := in_steps(found, before.get((table, group, key), 0)))
    ]
    published.delete()
    PublishedFigure.objects.bulk_create(new)


def _parts(table: FigureTable, column: str, ledger: QuerySet[Tally]) -> Iterator[tuple[Part, int]]:
    found = absorb_small_cells(dict(ledger.values_list(column).annotate(Sum("number"))))
    for key, number in [*found.parts.items(), ("", found.suppressed)]:
        yield (table.value, "", f"{key}"), number


def _states(edition: Edition, today: datetime.date) -> Iterator[tuple[Part, int]]:
    """Of the letters and messages that were given to us: how far each has come by now."""
    cases = Case.objects.listed().filter(edition=edition).values("pk")
    with_us = Letter.objects.filter(
        COUNTED_LETTER, case__in=cases, route=Route.DELIVER, counted_on__lt=today
    ).order_by()
    found = absorb_small_cells(dict(with_us.values_list("state").annotate(Count("pk"))))
    for key, number in [*found.parts.items(), ("", found.suppressed)]:
        yield (FigureTable.STATE.value, "", key), number


def _countries(ledger: QuerySet[Tally]) -> Iterator[tuple[Part, int]]:
    by_region: dict[str, Counter[str]] = defaultdict(Counter)
    for country, number in ledger.values_list("country").annotate(Sum("number")):
        region = REGION_OF.get(country, NOT_SAID)
        by_region[region][country if region else NOT_SAID] += number
    for group in absorb_small_groups(by_region):
        name = PublishedFigure.ELSEWHERE if group.name is None else _stored(group.name)
        for country, number in group.within.parts.items():
            yield (FigureTable.COUNTRY.value, name, _stored(country)), number
        yield (FigureTable.COUNTRY.value, name, ""), group.within.suppressed


# A key that is empty stands for all others, so what nobody said has a key of its own.
_NOT_SAID_KEY = "-"


def _stored(name: str) -> str:
    return name or _NOT_SAID_KEY


def _country(key: str) -> str:
    return NOT_SAID if key == _NOT_SAID_KEY else key
