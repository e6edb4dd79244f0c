"""Lists of cases and of outcomes: what is asked anew only once anything in them has changed.

One statement asks which cases lists have at this moment, with their numbers. The cache named
`fragments` holds all else of a list by a key that is made from its answer: of the version of every
case (cases/publishing/content_version.py), whether it is frozen or closed, and the letters
published of it, by which lists are sorted. A case that was frozen a moment ago is in no list.
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar, cast

from django.core.cache import caches
from django.core.cache.utils import make_template_fragment_key
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from cases.dates import earliest_today
from cases.models import ActionCount, Case

# What a card shows outside what is cached, and a page that begins with it.
ASKED_FOR_A_CARD = [
    "content_version",
    "slug",
    "display_name",
    "sharing_allowed",
    "stage",
    "freeze",
    "consent_ends_on",
    "edition__opens_on",
]
VERSION = ["pk", "content_version", "stage", "freeze", "action_count__shown_letters"]
NUMBERS = [field.name for field in ActionCount._meta.fields if not field.primary_key]

A_DAY = 24 * 3600  # seconds; the day is in the key

T = TypeVar("T")


def lazily(ask: Callable[[], T]) -> T:
    """What `ask` answers, asked when it is looked at."""
    return cast(T, SimpleLazyObject(ask))


class Lists:
    """The cases that are in lists, as they are when this is made."""

    def __init__(self) -> None:
        listed = Case.objects.listed().order_by("pk")
        rows = listed.values_list(*VERSION, *(f"action_count__{name}" for name in NUMBERS))
        versions = [row[: len(VERSION)] for row in rows]
        self._numbers = {row[0]: row[len(VERSION) :] for row in rows}
        days = f"{timezone.localdate()}.{earliest_today()}"
        said = f"{get_language()} {days} {versions}"
        # It changes whenever any list would show other rows, texts or another order.
        self.key = hashlib.sha256(said.encode()).hexdigest()

    def cached_once(
        self, name: str, *vary_on: object, compute: Callable[[], T], using: str = "fragments"
    ) -> T:
        """What `compute` returns, worked out once until lists change, or what it varies on."""
        key = make_template_fragment_key(name, [self.key, *vary_on])
        return cast(T, caches[using].get_or_set(key, compute, A_DAY))

    def cards(self, keys: Sequence[int], using: str = "fragments") -> list[Case]:
        """Those of the cases that are in lists, in this order, with their counts.

        What else their cards show is asked for of all at once, if one of them is not cached.
        """
        cases = self.cached_once("cards", keys, compute=lambda: _cards(keys), using=using)
        full = cache(lambda: Case.objects.for_cards().in_bulk([case.pk for case in cases]))

        def card(key: int) -> Case:
            return lazily(lambda: full()[key])

        for case in cases:
            numbers = zip(NUMBERS, self._numbers.get(case.pk, []), strict=False)
            shown = {name: number or 0 for name, number in numbers}  # None: nothing was done yet
            case.action_count = ActionCount(case_id=case.pk, **shown)
            case.card = card(case.pk)
        return cases


def _cards(keys: Sequence[int]) -> list[Case]:
    light = Case.objects.listed().select_related("edition").only(*ASKED_FOR_A_CARD)
    rows = light.in_bulk(keys)
    return [rows[key] for key in keys if key in rows]
