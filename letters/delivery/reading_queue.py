"""What waits to be read, in the order in which somebody of the staff reads it.

First what is in their own languages, then the rest; of each first what was handed in again because
staff asked for a change, then the longest waiting. No table is counted, and a page begins where the
last one ended: as fast at a million letters as at ten.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from letters.delivery import similar_texts
from letters.models import Letter
from letters.models.letters import LetterQuerySet

COUNT_UP_TO = 1_000  # "more than 1,000": enough to know how much there is
PAGE = 50

# No names, addresses or words: what a list shows, it need not decrypt.
LISTED = [
    "case__display_name",
    "kind",
    "form",
    "state",
    "route",
    "language",
    "needs_review",
    "is_answer",
    "waiting_since",
]


class Page(NamedTuple):
    letters: list[Letter]
    next: int | None  # the letter after which the next page begins


class Head(NamedTuple):
    number: int
    has_more: bool
    oldest: datetime.datetime | None

    @property
    def days(self) -> int:
        return (timezone.now() - self.oldest).days if self.oldest else 0


def head(queue: QuerySet, since: str) -> Head:
    """How many wait, and since when the first does: its field `since`."""
    number = queue[: COUNT_UP_TO + 1].count()
    oldest = queue.values_list(since, flat=True).first() if number else None
    return Head(min(number, COUNT_UP_TO), number > COUNT_UP_TO, oldest)


def parts(queue: LetterQuerySet, languages: list[str]) -> list[QuerySet[Letter]]:
    """The queue as they read it: each part in its order, one after the other."""
    mine, others = Q(language__in=languages), ~Q(language__in=languages)
    of_languages = [mine, others] if languages else [Q()]
    return [
        queue.filter(of, is_answer=is_answer) for of in of_languages for is_answer in [True, False]
    ]


def page(queue: LetterQuerySet, languages: list[str], after: int | None = None) -> Page:
    """The letters after the one of that number, or the first ones."""
    ordered = parts(queue, languages)
    fields = ["waiting_since", "language", "is_answer"]
    last = Letter.objects.only(*fields).filter(pk=after or 0).first()
    if last is not None and last.waiting_since is not None:
        is_others = bool(languages) and last.language not in languages
        ordered = ordered[2 * is_others + (not last.is_answer) :]
        ordered[0] = _after(ordered[0], last)
    found: list[Letter] = []
    for part in ordered:
        listed = part.select_related("case").only(*LISTED)
        found += listed.annotate(is_alike=similar_texts.is_alike())[: PAGE + 1 - len(found)]
    return Page(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)


def _after(part: QuerySet[Letter], last: Letter) -> QuerySet[Letter]:
    """Written so that the database begins in its index where the last page ended."""
    since = Q(waiting_since__gte=last.waiting_since)
    return part.filter(since).exclude(waiting_since=last.waiting_since, pk__lte=last.pk)
