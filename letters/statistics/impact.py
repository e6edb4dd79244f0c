"""The figures of /impact/: how each is counted, its table, and its drawing.

'How we count' shows the same list, and the CSV files hold the same tables.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.countries import country_name
from cases.dates import next_human_rights_day
from cases.models import GOOD_NEWS, OutcomeKind, Region, YearlyFigure
from cases.models.editions import Qualifier
from letters.models import ActionKind, TallySource
from letters.statistics import charts, totals, world_map
from letters.statistics.disclosure import SMALLEST_PART, Group
from letters.statistics.published import NOT_SAID
from letters.statistics.totals import ImpactTotals

MAX_DAYS = 366  # columns of the chart by day
# So long after the last action Human Rights Day is still on the chart, as what lies ahead.
DAYS_AHEAD = 45


@dataclass(frozen=True)
class Row:
    """A line of a table, and of its chart: the first numbers are its bar."""

    code: str  # the same in every language
    label: str
    cells: tuple[int | str | None, ...]
    url: str = ""
    bar_text: str = ""  # beside the bar; if empty, the first number
    note: str = ""  # in the last column, in the language of the content
    # What the page shows instead of the cells, if a file is to hold more of them.
    said: tuple[int | str | None, ...] = ()

    @property
    def numbers(self) -> list[int]:
        return [cell for cell in self.cells if isinstance(cell, int)]

    @property
    def is_nothing(self) -> bool:
        """Known, and zero: no line of the page. What is not known is one."""
        return bool(self.numbers) and not any(self.numbers)

    @property
    def shown_cells(self) -> tuple[int | str | None, ...]:
        return self.said or self.cells


@dataclass(frozen=True)
class Table:
    heads: list[str]  # of the label, then of each cell
    rows: list[Row]
    # What is to be seen, and where; nothing, if too little is known to be drawn.
    says: str = ""
    drawing: charts.Bars | charts.Columns | WorldMap | None = None
    said_heads: tuple[str, ...] = ()  # of what the rows have said

    @property
    def shown_heads(self) -> list[str]:
        return list(self.said_heads) or self.heads

    @property
    def shown_rows(self) -> list[Row]:
        return [row for row in self.rows if not row.is_nothing]

    @property
    def bars(self) -> Iterable[tuple[Row, charts.Bar]]:
        bars = self.drawing.bars if isinstance(self.drawing, charts.Bars) else []
        return zip(self.shown_rows, bars, strict=True)

    @property
    def has_notes(self) -> bool:
        return any(row.note for row in self.rows)

    @property
    def lines(self) -> Iterable[list[int | str | None]]:
        """All of it, heads first, as a file holds it: with codes, and with addresses if any."""
        addressed = any(row.url for row in self.rows)
        note = [_("Note")] if self.has_notes else []
        address = [_("Address")] if addressed else []
        yield [_("Code"), *self.heads, *note, *address]
        for row in self.rows:
            noted = [row.note] if self.has_notes else []
            yield [
                *(row.code, row.label, *row.cells, *noted),
                *([_whole(row.url)] if addressed else []),
            ]


class Figure(NamedTuple):
    name: str  # of its CSV file
    section: str | Promise
    title: str | Promise
    how: str | Promise  # it is counted
    table: Callable[[ImpactTotals], Table]
    all_rows: str | Promise = ""  # what opens a long table


class Chart(NamedTuple):
    figure: Figure
    table: Table


class Country(NamedTuple):
    """As the map shows it."""

    code: str
    label: str
    number: int
    depth: int  # of its shade
    is_dot: bool


@dataclass(frozen=True)
class WorldMap:
    countries: list[Country]
    shades: list[charts.Shade]


def _whole(url: str) -> str:
    return settings.SITE_URL + url if url.startswith("/") else url


def shown(found: ImpactTotals) -> list[Chart]:
    """The figures of which there is something to be seen."""
    all_charts = [Chart(figure, figure.table(found)) for figure in FIGURES]
    return [chart for chart in all_charts if chart.table.drawing]


def table(name: str) -> Table | None:
    """The table of the figure of that name."""
    return next((each.table(totals.load()) for each in FIGURES if each.name == name), None)


# --- What was done


def by_kind(found: ImpactTotals) -> Table:
    rows = [
        Row(kind.value, capfirst(str(kind.label)), (found.by_kind[kind.value],))
        for kind in ActionKind
    ]
    return _barred([_("Kind of action"), _("Number")], rows)


def by_source(found: ImpactTotals) -> Table:
    parts, suppressed = found.by_source
    rows = [
        Row(source.value, capfirst(str(source.label)), (parts[source.value],))
        for source in TallySource
        if source.value in parts
    ]
    if suppressed:
        rows.append(Row("", _("Not told apart"), (suppressed,)))
    heads = [_("Source"), _("Actions")]
    return _barred(heads, rows) if parts else Table(heads, rows)


def by_case(found: ImpactTotals) -> Table:
    rows = [
        Row(case.slug, case.display_name, (found.by_case[case.pk],), url=case.get_absolute_url())
        for case in sorted(found.cases, key=lambda case: -found.by_case[case.pk])
    ]
    return _barred([_("Case"), _("Actions")], rows)


def by_day(found: ImpactTotals) -> Table:
    last = max(found.by_day.parts, default=datetime.date.min)
    parts = {day: n for day, n in found.by_day.parts.items() if (last - day).days < MAX_DAYS}
    others = found.by_day.suppressed + sum(found.by_day.parts.values()) - sum(parts.values())
    rows = [Row(f"{day}", date_format(day), (parts[day],)) for day in sorted(parts)]
    if others:
        rows.append(Row("", _("Other days together"), (others,)))
    heads = [_("Day"), _("Actions")]
    if not parts:
        return Table(heads, rows)
    most = max(parts, key=lambda day: parts[day])
    says = _("The fullest day was %(day)s, with %(number)s.") % {
        "day": date_format(most),
        "number": intcomma(parts[most]),
    }
    return Table(heads, rows, says, charts.columns(*_with_human_rights_days(parts)))


def _with_human_rights_days(
    numbers: dict[datetime.date, int],
) -> tuple[dict[datetime.date, int], list[datetime.date]]:
    """The days, and each 10 December among them or soon after them."""
    last = max(numbers)
    marked = [next_human_rights_day(min(numbers))]
    while marked[-1] < last:
        marked.append(next_human_rights_day(marked[-1] + datetime.timedelta(days=1)))
    if 0 < (marked[-1] - last).days <= DAYS_AHEAD:
        numbers = numbers | {marked[-1]: 0}
    return numbers, marked


def by_region(found: ImpactTotals) -> Table:
    groups = found.by_country
    rows = [Row(group.name or "", _region(group), (group.number,)) for group in groups]
    heads = [_("Region"), _("Actions")]
    return _barred(heads, rows) if any(group.name for group in groups) else Table(heads, rows)


def by_country(found: ImpactTotals) -> Table:
    groups = found.by_country
    parts = Counter({code: n for group in groups for code, n in group.within.parts.items()})
    not_said = parts.pop(NOT_SAID, 0)
    rows = [Row(code, country_name(code), (number,)) for code, number in parts.most_common()]
    rows += [
        Row("", _elsewhere(group), (group.within.suppressed,))
        for group in groups
        if group.within.suppressed
    ]
    if not_said:
        rows.append(Row("", _("Not said"), (not_said,)))
    heads = [_("Country"), _("Actions")]
    if not parts:
        return Table(heads, rows)
    says = ngettext(
        "%(count)s country has a number of its own: %(most)s, %(number)s.",
        "%(count)s countries have a number of their own. The largest: %(most)s, %(number)s.",
        len(parts),
    ) % {"count": len(parts), "most": rows[0].label, "number": intcomma(rows[0].cells[0])}
    return Table(heads, rows, says, _map(parts))


def _region(group: Group) -> str:
    if group.name is None:
        return _("Elsewhere, or not said")
    return str(Region(group.name).label) if group.name else _("Not said")


def _elsewhere(group: Group) -> str:
    if group.name is None:
        return _("Other countries, or not said")
    return _("Other countries: %(region)s") % {"region": _region(group)}


def _map(numbers: dict[str, int]) -> WorldMap:
    shades = charts.shades(numbers.values(), fewest=SMALLEST_PART)
    elements = world_map.countries()
    drawn = [
        Country(code, country_name(code), n, charts.depth(n, shades), elements[code] == "circle")
        for code, n in numbers.items()
    ]
    return WorldMap(sorted(drawn, key=lambda country: country.is_dot), shades)


# --- Earlier years


def by_year(found: ImpactTotals) -> Table:
    rows = [
        Row(
            str(figure.year),
            str(figure.year),
            (
                *(figure.get_qualifier_display(), figure.actions),
                *(figure.get_countries_qualifier_display(), figure.countries),
            ),
            said=(figure.actions_said or None, figure.countries_said or None),
            url=figure.source_url,
            bar_text=figure.actions_said or _("no total was found"),
            note=_notes(figure),
        )
        for figure in found.years
    ]
    heads = [
        *(_("Year and source"), _("As it is said"), _("Actions")),
        *(_("As it is said"), _("Countries and territories")),
    ]
    said_heads = (_("Year and source"), _("Actions"), _("Countries and territories"))
    known = [figure for figure in found.years if figure.actions]
    if not known:
        return Table(heads, rows, said_heads=said_heads)
    most = max(known, key=lambda figure: figure.actions or 0)
    says = _(
        "The highest figure is that of %(year)s: %(number)s. Where a bar is hatched the figure is "
        "not exact."
    )
    says %= {"year": most.year, "number": most.actions_said}
    drawing = charts.bars(
        (figure.actions or 0, 0)
        if figure.qualifier == Qualifier.EXACT
        else (0, figure.actions or 0)
        for figure in found.years
    )
    return Table(heads, rows, says, drawing, said_heads)


def _notes(figure: YearlyFigure) -> str:
    countries = figure.countries_note and _("Countries and territories: %(note)s") % {
        "note": figure.countries_note
    }
    return " ".join(note for note in [figure.note, countries] if note)


# --- What came after


def by_outcome(found: ImpactTotals) -> Table:
    numbers: Counter[str] = Counter()
    for (kind, _year), number in found.outcomes.items():
        numbers[kind] += number
    labels = dict(OutcomeKind.choices)
    rows = [
        Row(kind, capfirst(str(labels[kind])), (number,)) for kind, number in numbers.most_common()
    ]
    return _barred([_("What happened"), _("Outcomes")], rows)


def by_outcome_year(found: ImpactTotals) -> Table:
    good: Counter[int] = Counter()
    other: Counter[int] = Counter()
    for (kind, year), number in found.outcomes.items():
        (good if kind in GOOD_NEWS else other)[year or 0] += number
    years = sorted(good.keys() | other.keys(), reverse=True)
    rows = [
        Row(
            str(year or ""),
            str(year) if year else _("Year not known"),
            (good[year], other[year]),
            bar_text=intcomma(good[year] + other[year]),
        )
        for year in years
    ]
    heads = [_("Year"), _("Good news"), _("Other news")]
    if not rows:
        return Table(heads, rows)
    most = max(rows, key=lambda row: sum(row.numbers))
    says = _(
        "The most, %(number)s, are of %(year)s. What is hatched is no good news: a setback, a "
        "death, or no change yet."
    )
    says %= {"year": most.label, "number": intcomma(sum(most.numbers))}
    return Table(heads, rows, says, charts.bars((good[year], other[year]) for year in years))


def _barred(heads: list[str], rows: list[Row]) -> Table:
    """A table with a bar for each row that is something, and a sentence on the longest."""
    numbers = {row.label: sum(row.numbers) for row in rows if not row.is_nothing}
    if not numbers:
        return Table(heads, rows)
    most = max(numbers, key=numbers.__getitem__)
    says = _("The most: %(label)s, %(number)s of %(total)s.") % {
        "label": most,
        "number": intcomma(numbers[most]),
        "total": intcomma(sum(numbers.values())),
    }
    return Table(heads, rows, says, charts.bars((number, 0) for number in numbers.values()))


DONE, FROM = gettext_lazy("What was done"), gettext_lazy("From where")
EARLIER, AFTER = gettext_lazy("Earlier years"), gettext_lazy("What came after")
FIGURES = [
    Figure(
        "kinds",
        DONE,
        gettext_lazy("By kind of action"),
        gettext_lazy(
            "A letter and a message of support count once they are sent; a signature once the "
            "owner of the address has confirmed it; a post once somebody says that they posted it. "
            "What was counted on paper and entered by staff is among them. Published once a day, "
            "in steps of five."
        ),
        by_kind,
    ),
    Figure(
        "sources",
        DONE,
        gettext_lazy("How we know"),
        gettext_lazy(
            "Letters that we received are with us, and each signature was confirmed from its own "
            "e-mail address. That a letter was posted, e-mailed or written by hand, or that "
            "somebody posted about a case, we only know from whoever did it. Counts on paper are "
            "entered by staff. Published once a day, in steps of five. What is fewer than ten, "
            "also with others, is counted with the largest number."
        ),
        by_source,
    ),
    Figure(
        "cases",
        DONE,
        gettext_lazy("By case"),
        gettext_lazy(
            "All kinds of action together, for each case of this campaign that readers find here. "
            "When a case is taken down for somebody’s safety it leaves every figure in the same "
            "moment. As of now."
        ),
        by_case,
        gettext_lazy("All cases in a table"),
    ),
    Figure(
        "days",
        DONE,
        gettext_lazy("By day"),
        gettext_lazy(
            "Each action is shown on the day it began to count here; an action on paper, "
            "on the day entered with it. A day with fewer than ten actions has no "
            "column: it is among the other days or, if these have fewer than ten "
            "together, is counted with the fullest day."
        ),
        by_day,
        gettext_lazy("All days in a table"),
    ),
    Figure(
        "countries",
        FROM,
        gettext_lazy("By country"),
        gettext_lazy(
            "The country is what somebody chose to say, or what was entered with a count on "
            "paper. A country with fewer than ten actions has no number of its own: it is among "
            "the other countries of its region or, where these have fewer than ten together, is "
            "counted with the largest one. So nobody can be found, and no other country loses its "
            "number."
        ),
        by_country,
        gettext_lazy("All countries in a table"),
    ),
    Figure(
        "regions",
        FROM,
        gettext_lazy("By region"),
        gettext_lazy(
            "The same countries, in the regions the campaign divides the world into. A region with "
            "fewer than ten actions is shown together with others, or counted with the largest."
        ),
        by_region,
    ),
    Figure(
        "years",
        EARLIER,
        gettext_lazy("By year of the campaign"),
        gettext_lazy(
            "These are not ours. They are what the campaign’s organiser and others printed, with "
            "the words they used. What was counted changed over the years, so one year can’t be "
            "measured against the next."
        ),
        by_year,
        gettext_lazy("All years of the campaign in a table"),
    ),
    Figure(
        "outcomes",
        AFTER,
        gettext_lazy("By what happened"),
        gettext_lazy(
            "Every outcome told on this site, of this year’s cases and of earlier ones. A case can "
            "have several. Most came after people wrote; where one came before, the page of its "
            "case says so. That it is listed does not say that letters did it."
        ),
        by_outcome,
        gettext_lazy("All that happened, in a table"),
    ),
    Figure(
        "outcome-years",
        AFTER,
        gettext_lazy("By year in which it happened"),
        gettext_lazy(
            "The same outcomes, by the year of their date. That nothing has changed is told less "
            "often than good news: so the two can’t be weighed against each other."
        ),
        by_outcome_year,
        gettext_lazy("All years of outcomes in a table"),
    ),
]
