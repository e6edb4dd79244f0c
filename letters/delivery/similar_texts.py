"""Letters that wait and say the same or nearly the same: read once, decided together.

They are put into groups by `manage.py work` and when a moderator opens one, never while somebody
hands one in. A group is only of one case, kind, target and language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet

from cases.models import Case
from letters.models import (
    Letter,
    LetterState,
    TextGroup,
    TextGroupBand,
    TextGroupMember,
)
from letters.models.locks import delete_unused, lock
from letters.text import similarity

LETTERS_AT_ONCE = 200  # half a second, in one transaction
MAX_COUNTED = 100  # of those that are alike: nobody needs to know of how many hundreds
MAX_TRIED = 5  # groups with which a letter is compared, those that have most in common with it


def waiting() -> QuerySet[Letter]:
    return Letter.objects.awaiting_moderation().filter(state=LetterState.SUBMITTED)


def group_waiting() -> int:
    """Put all that wait and stand in no group into one. Returns how many."""
    _forget_decided()
    total = 0
    for case in _ungrouped().order_by().values_list("case", flat=True).distinct():
        while number := group_case(case):
            total += number
    return total


def group_case(case: int, most: int = LETTERS_AT_ONCE) -> int:
    """The same for one case, of the first that wait; two who do it wait for each other."""
    first = _ungrouped().filter(case=case).order_by("waiting_since", "pk")
    keys = list(first.values_list("pk", flat=True)[:most])
    if not keys:
        return 0
    with suppress(IntegrityError), transaction.atomic():  # a group was erased just now: next time
        Case.objects.select_for_update(no_key=True).values_list("pk").get(pk=case)
        lock(Letter.objects.filter(pk__in=keys))
        ungrouped = _ungrouped().filter(pk__in=keys).order_by("waiting_since", "pk")
        words = ["case", "kind", "form", "language", "target", "subject", "body", "changed_at"]
        letters = list(ungrouped.only(*words))
        _group(letters)
        return len(letters)
    return 0


def alike(letter: Letter) -> QuerySet[Letter]:
    """The others of its group that wait as they were compared, the longest waiting first."""
    group = TextGroupMember.objects.filter(letter=letter, as_of=letter.changed_at).values("group")
    others = waiting().filter(_is_as_compared(), text_group_member__group__in=group)
    return others.exclude(pk=letter.pk).order_by("waiting_since", "pk")


def count_alike(letter: Letter) -> tuple[int, bool]:
    """How many they are, counted up to a bound, and whether there are more."""
    number = alike(letter).order_by()[: MAX_COUNTED + 1].count()
    return min(number, MAX_COUNTED), number > MAX_COUNTED


def is_alike() -> Exists:
    """Of a query for letters: whether another of its group waits too."""
    others = TextGroupMember.objects.filter(group=OuterRef("text_group_member__group"))
    return Exists(others.exclude(letter=OuterRef("pk")))


def _is_as_compared() -> Q:
    return Q(text_group_member__as_of=F("changed_at"))


def _ungrouped() -> QuerySet[Letter]:
    return waiting().filter(Q(text_group_member=None) | ~_is_as_compared())


def _forget_decided() -> None:
    with transaction.atomic():
        delete_unused(TextGroupMember.objects.exclude(letter__in=waiting().values("pk")))
        delete_unused(TextGroup.objects.filter(members=None))


def _group(letters: list[Letter]) -> None:
    TextGroupMember.objects.filter(letter__in=letters).delete()  # of those that were changed
    texts = {letter.pk: similarity.text_of(letter) for letter in letters}
    known = _Groups(band for text in texts.values() for band in text.bands)
    groups = {letter.pk: known.group_of(texts[letter.pk]) for letter in letters}
    known.keep()
    TextGroupMember.objects.bulk_create(
        TextGroupMember(letter=letter, group=groups[letter.pk].row, as_of=letter.changed_at)
        for letter in letters
    )


@dataclass(eq=False)
class _Group:
    """A group with the terms of its first letter; of a new one with its bands too."""

    row: TextGroup
    terms: list[str]
    bands: list[int] = field(default_factory=list)


class _Groups:
    """Those that have a band in common with some of the texts, and new ones."""

    def __init__(self, bands: Iterable[int]) -> None:
        rows = TextGroupBand.objects.filter(value__in=set(bands)).order_by("group")
        values = list(rows.values_list("value", "group"))
        members = TextGroupMember.objects.filter(group__in={group for _value, group in values})
        firsts = dict(members.order_by().values_list("group").annotate(Min("letter")))
        letters = Letter.objects.only("subject", "body").in_bulk(firsts.values())
        stored = {
            group: _Group(TextGroup(pk=group), similarity.terms_of(letters[letter]))
            for group, letter in firsts.items()
        }
        self.by_band: dict[int, list[_Group]] = {}
        for value, group in values:
            if group in stored:
                self.by_band.setdefault(value, []).append(stored[group])
        self.new: list[_Group] = []

    def group_of(self, text: similarity.Text) -> _Group:
        """The one whose first letter is like it, else a new one."""
        common = Counter(group for band in text.bands for group in self.by_band.get(band, []))
        for group, _number in common.most_common(MAX_TRIED):
            if similarity.are_alike(group.terms, text.terms):
                return group
        group = _Group(TextGroup(), text.terms, text.bands)
        self.new.append(group)
        for band in text.bands:
            self.by_band.setdefault(band, []).append(group)
        return group

    def keep(self) -> None:
        TextGroup.objects.bulk_create(group.row for group in self.new)
        TextGroupBand.objects.bulk_create(
            TextGroupBand(group=group.row, value=band) for group in self.new for band in group.bands
        )
