"""What readers are told of hand-ins: how many letters, messages or signatures, and when.

Fewer than five are “a few”, here and in sums: docs/safety.md 19.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from cases.models import Case
from letters.models import ActionKind, Delivery, DeliveryResult
from letters.statistics.disclosure import SMALLEST_SHOWN

FEW = {
    ActionKind.APPEAL.value: lambda: _("A few letters were handed in."),
    ActionKind.SOLIDARITY.value: lambda: _("A few messages of support were handed over."),
    ActionKind.SIGNATURE.value: lambda: _("A few signatures were handed in."),
}
MANY = {
    ActionKind.APPEAL.value: lambda number: ngettext(
        "%(number)s letter was handed in.", "%(number)s letters were handed in.", number
    ),
    ActionKind.SOLIDARITY.value: lambda number: ngettext(
        "%(number)s message of support was handed over.",
        "%(number)s messages of support were handed over.",
        number,
    ),
    ActionKind.SIGNATURE.value: lambda number: ngettext(
        "%(number)s signature was handed in.", "%(number)s signatures were handed in.", number
    ),
}

TAKEN = [DeliveryResult.ACCEPTED, DeliveryResult.RETURNED_IN_PART]


@dataclass(frozen=True)
class HandedIn:
    """A line of the timeline of a case: see Milestone, whose names it has."""

    date: datetime.date
    kind: str
    number: int
    result: str
    is_outcome = False
    source_url = source_link = source_host = ""

    @property
    def date_iso(self) -> str:
        return self.date.isoformat()

    @property
    def date_text(self) -> str:
        return date_format(self.date)

    @property
    def language(self) -> str:
        return get_language() or ""

    @property
    def text_i18n(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        if self.number < SMALLEST_SHOWN:
            said = FEW[self.kind]()
        else:
            said = MANY[self.kind](self.number) % {"number": intcomma(self.number)}
        if self.result == DeliveryResult.REFUSED:
            said += " " + _("They were not accepted.")
        elif self.result == DeliveryResult.RETURNED_IN_PART:
            said += " " + _("Some came back.")
        elif self.result == DeliveryResult.RETURNED:
            said += " " + _("All of them came back.")
        return said


@dataclass(frozen=True)
class Totals:
    """What was handed in for some cases, letters and messages together; what was refused, or came
    back as a whole, is not among it."""

    letters: int
    signatures: int
    last_on: datetime.date | None  # of letters and messages


def of_case(case: Case) -> list[HandedIn]:
    """The oldest first."""
    return _handed_in([case])


def totals(cases: Collection[Case]) -> Totals:
    found = [
        one for one in _handed_in(cases) if one.result in TAKEN and one.number >= SMALLEST_SHOWN
    ]
    written = [one for one in found if one.kind != ActionKind.SIGNATURE]
    numbers = sum(one.number for one in written)
    last_on = max((one.date for one in written), default=None)
    return Totals(numbers, sum(one.number for one in found) - numbers, last_on)


def _handed_in(cases: Collection[Case]) -> list[HandedIn]:
    rows = Delivery.objects.handed_in().filter(hand_in__case__in=cases)
    said = rows.order_by("handed_in_on", "pk").values_list(
        "handed_in_on", "hand_in__kind", "number", "result"
    )
    return [
        HandedIn(day, kind, number, result) for day, kind, number, result in said if day and number
    ]
