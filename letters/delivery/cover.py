"""What lies on top of a hand-in: what it is, from where it came, and a list for the delegation.

Nobody's name stands there, and no country from which only a few came: docs/safety.md 19.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from cases.countries import country_name
from letters.models import ActionKind, HandIn, HandInPart, NameForm
from letters.statistics.disclosure import suppress_small_cells
from letters.text.hand_in_paper import number, open_items, texts_of, typeset


def pdf(part: HandInPart) -> bytes:
    """As it is now. Raises rendering.Busy or CannotBeSet."""
    with override(part.hand_in.page_language):
        return typeset("hand_in_cover", _cover(part.hand_in), part)


def _cover(hand_in: HandIn) -> dict[str, Any]:
    by_country = _by_country(hand_in)
    origins = _origins(by_country)
    texts = texts_of(hand_in) if hand_in.is_of_signatures else []
    return {
        "campaign": hand_in.case.edition.title_i18n,
        "heading": _what(hand_in, sum(map(len, by_country.values()))),
        "about": [_("for %(name)s") % {"name": hand_in.case.display_name}],
        "to": _to(hand_in),
        "from": _from(len([country for country in by_country if country])),
        "countries": [(name, number(len(numbers))) for name, numbers in origins],
        "names": [] if hand_in.is_of_signatures else _names(hand_in),
        "texts": [
            {
                "heading": _("Text %(letter)s") % {"letter": letter}
                if len(texts) > 1
                else _("The text that was signed"),
                "title": text.title,
                "body": text.text,
            }
            for text, letter in texts
        ],
        "note": _(
            "Each has its number on the paper. A number that is missing was taken back by its "
            "writer, or taken out, before it was printed."
        ),
        "labels": {
            "to": _("To"),
            "from": _("Where they come from"),
            "names": _("How their names appear on them"),
            "list": _("List for the delegation"),
            "list_why": _(
                "The numbers by country, for those who carry them. There is no name and no address "
                "on this list, and no country from which fewer than five came."
            ),
        },
        "list": [
            (f"{name} ({number(len(numbers))})", _spans(numbers)) for name, numbers in origins
        ],
    }


def _origins(by_country: dict[str, list[int]]) -> list[tuple[str, list[int]]]:
    """The numbers of each country that may be named, the largest first; then of all others."""
    sizes = {country: len(numbers) for country, numbers in by_country.items() if country}
    shown = suppress_small_cells(sizes).parts
    origins = [(country_name(country), by_country[country]) for country in shown]
    origins.sort(key=lambda origin: (-len(origin[1]), origin[0]))
    rest = [by_country[country] for country in by_country if country not in shown]
    if rest:
        others = _("Other countries, or not said") if shown else _("All of them")
        origins.append((others, sorted(chain.from_iterable(rest))))
    return origins


def _from(count: int) -> str:
    if not count:
        return _("Nobody said from which country they write.")
    come = ngettext(
        "They come from %(number)s country.", "They come from %(number)s countries.", count
    )
    return come % {"number": number(count)}


def _what(hand_in: HandIn, count: int) -> str:
    counted = {"number": number(count)}
    if hand_in.kind == ActionKind.SIGNATURE:
        return ngettext("%(number)s signature", "%(number)s signatures", count) % counted
    if hand_in.kind == ActionKind.SOLIDARITY:
        return (
            ngettext("%(number)s message of support", "%(number)s messages of support", count)
            % counted
        )
    return ngettext("%(number)s letter", "%(number)s letters", count) % counted


def _to(hand_in: HandIn) -> list[str]:
    if hand_in.target:
        return hand_in.target.addressee_lines
    solidarity = hand_in.case.solidarity_action
    is_for_the_person = hand_in.kind == ActionKind.SOLIDARITY
    return [solidarity.recipient] if solidarity and is_for_the_person else []


def _by_country(hand_in: HandIn) -> dict[str, list[int]]:
    """The numbers of each country; of none those who did not say."""
    thing = "signature" if hand_in.is_of_signatures else "letter"
    rows = open_items(hand_in).order_by("number").values_list(f"{thing}__country", "number")
    found: dict[str, list[int]] = {}
    for country, each in rows.iterator():
        found.setdefault(country or "", []).append(each)
    return found


def _names(hand_in: HandIn) -> list[tuple[str, str]]:
    forms = open_items(hand_in).order_by().values_list("letter__name_form").annotate(Count("pk"))
    shown = suppress_small_cells(Counter(dict(forms)))
    labels = {
        NameForm.FULL.value: _("the full name"),
        NameForm.FIRST.value: _("the first name"),
        NameForm.INITIALS.value: _("initials"),
        NameForm.NONE.value: _("no name"),
    }
    rows = [(labels[form], number(count)) for form, count in shown.parts.items()]
    return rows + ([(_("another form"), number(shown.suppressed))] if shown.suppressed else [])


def _spans(numbers: Iterable[int]) -> str:
    """1–12, 14, 17–2099"""
    spans: list[list[int]] = []
    for each in numbers:
        if spans and spans[-1][1] == each - 1:
            spans[-1][1] = each
        else:
            spans.append([each, each])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)
