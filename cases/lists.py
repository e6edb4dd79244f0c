"""Lists of cases and of outcomes: what is asked anew only once anything in them has changed.

The cache named `fragments` holds which rows a list has, in which order, by a key that has the
version of every case in lists (cases/publishing/content_version.py) and the letters published of
it, by which lists are sorted. The rows themselves are asked for each time: a case that was frozen a
moment ago is in no list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import cache
from typing import TypeVar, cast

from django.core.cache import caches
from django.core.cache.utils import make_template_fragment_key
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from cases.dates import earliest_today
from cases.models import Case

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
    "action_count",
]

A_DAY = 24 * 3600  # seconds; the day is in the key

T = TypeVar("T")


def lists_key() -> str:
    """A key that changes whenever any list would show other rows, texts or another order."""
    listed = Case.objects.listed().order_by("pk")
    states = listed.values_list("pk", "content_version", "action_count__shown_letters")
    days = f"{timezone.localdate()}.{earliest_today()}"
    said = f"{get_language()} {days} {list(states)}"
    return hashlib.sha256(said.encode()).hexdigest()


def cached_once(name: str, *vary_on: object, compute: Callable[[], T]) -> T:
    """What `compute` returns, worked out once for each name and what it varies on."""
    key = make_template_fragment_key(name, vary_on)
    return cast(T, caches["fragments"].get_or_set(key, compute, A_DAY))


def lazily(ask: Callable[[], T]) -> T:
    """What `ask` answers, asked when it is looked at."""
    return cast(T, SimpleLazyObject(ask))


def cards(keys: Iterable[int]) -> list[Case]:
    """Those of the cases that are in lists, in this order, with their counts.

    What else their cards show is asked for of all at once, if one of them is not cached.
    """
    light = Case.objects.listed().select_related("edition", "action_count").only(*ASKED_FOR_A_CARD)
    rows = light.in_bulk(list(keys))
    full = cache(lambda: Case.objects.for_cards().in_bulk(list(rows)))

    def card(key: int) -> Case:
        return lazily(lambda: full()[key])

    found = [rows[key] for key in keys if key in rows]
    for case in found:
        case.load_counts()
        case.card = card(case.pk)
    return found
