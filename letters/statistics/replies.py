"""How many answers came, as readers are told: from officials, and from the person.

Who reads of one more could find the writer whose letter it answers. So, like all that is broken
down, they are published once a day, in fives: docs/safety.md 19.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Sum

from cases.models import ActionCount, Case
from letters.models import Reply, ReplyFrom
from letters.statistics.disclosure import in_steps

SHOWN = {
    ReplyFrom.TARGET.value: "shown_official_replies",
    ReplyFrom.PERSON.value: "shown_person_replies",
}


class Totals(NamedTuple):
    """What is published of some cases."""

    officials: int
    people: int


def totals(cases: Iterable[Case]) -> Totals:
    """Of cases that have their counts."""
    cases = list(cases)
    return Totals(
        sum(case.official_reply_count for case in cases),
        sum(case.person_reply_count for case in cases),
    )


def publish() -> None:
    """What was read until now, of each case."""
    came: dict[int, Counter[str]] = defaultdict(Counter)
    counted = Reply.objects.counted().order_by().values_list("case", "sender")
    for case, sender, number in counted.annotate(Sum("number")):
        came[case][sender] += number
    for count in ActionCount.objects.order_by("pk"):
        shown = {
            name: in_steps(came[count.pk][sender], getattr(count, name))
            for sender, name in SHOWN.items()
        }
        if any(getattr(count, name) != number for name, number in shown.items()):
            ActionCount.objects.filter(pk=count.pk).update(**shown)
