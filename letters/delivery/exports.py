"""Files for staff who have the right to each: counts of a year, signatures for the office that the
petition is for, and the letters of a case that were handed to us.

Each has the fewest columns with which its work can be done. No file says who wrote from where: the
letters come without names, the counts without parts under five. What leaves here can't be called
back, so nothing of a frozen case does; if it is frozen on the way, the file ends there and says so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.countries import country_name
from cases.models import Case, Edition, Freeze, PetitionText
from letters.models import (
    READ_STATES,
    ActionKind,
    Letter,
    Route,
    Signature,
    Tally,
    TallySource,
)
from letters.statistics.disclosure import SMALLEST_SHOWN, suppress_small_cells
from letters.statistics.spreadsheets import Cells
from letters.text import redactions

ROWS_A_CHUNK = 1_000


class Stopped(Exception):
    """The case was frozen while the file was on its way."""


def exportable_cases() -> QuerySet[Case]:
    """Of which something may leave: open to readers, and not frozen in any way."""
    return Case.objects.visible().filter(freeze=Freeze.NONE).select_related("edition")


def signatures_of(case: Case) -> QuerySet[Signature]:
    """Those that count and whose names are there still, without what is made up for a look."""
    return Signature.objects.filter(
        petition__case=case, counted_on__isnull=False, erased_on__isnull=True, is_sample=False
    )


def letters_of(case: Case) -> QuerySet[Letter]:
    """What was given to us to hand in and a moderator has read."""
    return Letter.objects.filter(
        case=case,
        state__in=READ_STATES,
        route=Route.DELIVER,
        counted_on__isnull=False,
        erased_on__isnull=True,
        is_sample=False,
    )


# --- the files, row by row


def counts(edition: Edition) -> Iterator[Cells]:
    """How many of a kind, by which way, from which country, for each case of the year."""
    yield [_("Year"), _("Case"), _("What"), _("Way"), _("Country"), _("Code"), _("Number")]
    cases = Case.objects.visible().filter(edition=edition).in_bulk()
    for (case, kind), ways in sorted(_counted(cases).items()):
        before = [str(edition.year), cases[case].display_name, _label(ActionKind, kind)]
        for way, country, number in _without_small_cells(ways):
            where = _country(country)
            shown = number if number >= SMALLEST_SHOWN else _("fewer than five")
            yield [*before, way, where, country or "", shown]


def signatures(case: Case) -> Iterator[Cells]:
    """As the petition told who signed: their name and country go to whom it is for."""
    yield [_("Number"), _("Name"), _("Country"), _("Signed text of")]
    signed = PetitionText.objects.filter(petition__case=case)
    texts = {text.pk: str(timezone.localdate(text.first_signed_at)) for text in signed}
    rows = signatures_of(case).only("pk", "name", "country", "text")
    try:
        for number, signature in enumerate(_in_chunks(rows, case), start=1):
            where = country_name(signature.country) if signature.country else ""
            yield [number, signature.name, where, texts[signature.text_id]]
    except Stopped:
        yield [_stopped()]


def letters(case: Case) -> Iterator[Cells]:
    """What was read by a moderator and waits for its hand-in: the words, and not whose they are."""
    yield [
        *(
            _("Number"),
            _("Date"),
            _("What"),
            _("Language"),
            _("Country"),
            _("How the name appears"),
        ),
        *(_("Subject"), _("Text")),
    ]
    columns = ["created_at", "kind", "language", "country", "name_form", "subject", "body", "state"]
    rows = letters_of(case).only("pk", *columns).prefetch_related("redactions")
    try:
        for letter in _in_chunks(rows, case):
            yield [
                letter.pk,
                str(timezone.localdate(letter.created_at)),
                letter.get_kind_display(),
                letter.language,
                letter.country,
                letter.get_name_form_display(),
                *redactions.redacted(letter),
            ]
    except Stopped:
        yield [_stopped()]


def _stopped() -> str:
    return _("Stopped: the case has been frozen in the meantime. Delete this file.")


def _in_chunks(rows: QuerySet, case: Case) -> Iterator[Any]:
    """All rows by their keys, some at a time: memory holds no more of them, and before each time
    the case is asked for anew."""
    last = 0
    while True:
        if not exportable_cases().filter(pk=case.pk).exists():
            raise Stopped
        chunk = list(rows.filter(pk__gt=last).order_by("pk")[:ROWS_A_CHUNK])
        yield from chunk
        if len(chunk) < ROWS_A_CHUNK:
            return
        last = chunk[-1].pk


# --- counts

Ways = dict[str, Counter[str]]  # by the way it went: how many from a country


def _counted(cases: dict[int, Case]) -> dict[tuple[int, str], Ways]:
    """All that counts for the cases. Only letters know their route; of the rest the ledger tells
    how we know of it."""
    found: dict[tuple[int, str], Ways] = defaultdict(lambda: defaultdict(Counter))
    of_letters = Letter.objects.counted().filter(case__in=cases).order_by()
    by_route = of_letters.values_list("case", "kind", "route", "country").annotate(Count("pk"))
    for case, kind, route, country, number in by_route:
        found[case, kind][_label(Route, route)][country] += number
    others = Q(kind__in=[ActionKind.SIGNATURE, ActionKind.SOCIAL]) | Q(source=TallySource.STAFF)
    in_ledger = Tally.objects.filter(others, case__in=cases).order_by()
    by_source = in_ledger.values_list("case", "kind", "source", "country").annotate(Sum("number"))
    for case, kind, source, country, number in by_source:
        found[case, kind][_label(TallySource, source)][country] += number
    return found


def _without_small_cells(ways: Ways) -> Iterator[tuple[str, str | None, int]]:
    """(way, country, number); what is too few by itself is put together with others, so that
    neither can be worked out: docs/safety.md 19. Its country is None."""
    sums = suppress_small_cells({way: countries.total() for way, countries in ways.items()})
    for way in sums.parts:
        yield from _countries(way, ways[way])
    if sums.suppressed:
        others: Counter[str] = Counter()
        for way in ways.keys() - sums.parts.keys():
            others.update(ways[way])
        yield from _countries(_("Other ways, each too few"), others)


def _countries(way: str, numbers: Counter[str]) -> Iterator[tuple[str, str | None, int]]:
    shown = suppress_small_cells(numbers)
    yield from ((way, country, number) for country, number in shown.parts.items())
    if shown.suppressed:
        yield way, None, shown.suppressed


def _country(code: str | None) -> str:
    if code is None:
        return _("other countries, each too few")
    return country_name(code) if code else _("not said")


def _label(choices: Any, value: str) -> str:
    return capfirst(str(choices(value).label))
