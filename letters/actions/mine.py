"""Mine: what one person promised, wrote, posted and signed, found again without an account.

It is the list of a device, in a cookie that only this site can read; the same list can stand in a
link. No row of ours says what is on which device. See also `letters.actions.data_requests`: the
same by mail.
"""

from __future__ import annotations

import datetime
import json
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from cryptography.fernet import InvalidToken
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from cases.encryption import fernet
from cases.models import Case, Edition
from letters.actions import letters as letter_actions
from letters.models import (
    EmailAddress,
    Follow,
    HandInItem,
    Letter,
    LetterState,
    Pledge,
    Post,
    Route,
    Signature,
)
from letters.privacy.limits import KEEP_ON_MINE_FOR
from letters.text.post_days import LastSafeDay, last_safe_days_of

Thing = Letter | Pledge | Post | EmailAddress
KINDS: dict[str, type[Thing]] = {
    "letter": Letter,
    "pledge": Pledge,
    "post": Post,
    "address": EmailAddress,
}
MARK_CHARACTERS = 8
MAX_THINGS = 100  # a cookie holds 4 kB


class Entry(NamedTuple):
    """One thing of the list. `mark` is the beginning of the hash of its private key: what was
    erased has lost it, and after a backup was restored another thing may have its number.

    What was not made on this device may be of somebody who gave its link, or a list, away.
    """

    kind: str
    number: int
    mark: str
    made_here: bool = False

    @property
    def thing(self) -> tuple[str, int, str]:
        return (self.kind, self.number, self.mark)


@dataclass
class Mine:
    """The list of a device, the newest last."""

    entries: list[Entry] = field(default_factory=list)
    is_off: bool = False  # the device keeps nothing: it belongs to many
    written_at: datetime.datetime | None = None

    @classmethod
    def loads(cls, text: str, keep_for: datetime.timedelta = KEEP_ON_MINE_FOR) -> Mine:
        """What `dumps` wrote; an empty list from a text that can't be read."""
        try:
            stored = fernet().decrypt(text.encode(), ttl=int(keep_for.total_seconds()))
            entries = [Entry(*entry) for entry in json.loads(zlib.decompress(stored))]
        except (InvalidToken, UnicodeEncodeError, TypeError):  # TypeError: of another version
            return cls()
        written_at = datetime.datetime.fromtimestamp(
            fernet().extract_timestamp(text.encode()), tz=datetime.UTC
        )
        return cls([entry for entry in entries if entry.kind in KINDS], written_at=written_at)

    def dumps(self) -> str:
        """As a text that only this site can read."""
        entries = [[*entry.thing, 1] if entry.made_here else entry.thing for entry in self.entries]
        stored = json.dumps(entries, separators=(",", ":")).encode()
        return fernet().encrypt(zlib.compress(stored, 9)).decode()

    def __contains__(self, thing: Thing) -> bool:
        return thing_of(thing) in [entry.thing for entry in self.entries]

    def was_made_here(self, thing: Thing) -> bool:
        return Entry(*thing_of(thing), made_here=True) in self.entries

    def add(self, *things: Thing, made_here: bool = False) -> None:
        """The newest stay; one that is there already becomes the newest."""
        self.add_all(Entry(*thing_of(thing), made_here=made_here) for thing in things)

    def add_all(self, entries: Iterable[Entry]) -> None:
        if self.is_off:
            return
        before = {entry.thing: entry for entry in self.entries}
        for entry in entries:
            old = before.pop(entry.thing, entry)
            before[entry.thing] = entry._replace(made_here=bool(entry.made_here or old.made_here))
        self.entries = list(before.values())[-MAX_THINGS:]

    def remove(self, thing: Thing) -> None:
        self.entries = [entry for entry in self.entries if entry.thing != thing_of(thing)]

    def follow_to_new_key(self, things: Iterable[Letter | Pledge]) -> None:
        """Those that have a new private key since: whoever had the old one has them no more."""
        new = {thing_of(thing)[:2]: thing for thing in things}
        listed = [new.pop(one) for entry in self.entries if (one := entry.thing[:2]) in new]
        keys = [thing_of(thing)[:2] for thing in listed]
        self.entries = [entry for entry in self.entries if entry.thing[:2] not in keys]
        self.add(*listed, made_here=True)

    def letter_with(self, mark: str) -> Letter | None:
        """The one that was made here and whose key has this mark."""
        numbers = [
            entry.number for entry in self.entries if (entry.mark, entry.made_here) == (mark, True)
        ]
        return self.rows("letter").filter(pk__in=numbers, key_hash__startswith=mark).first()

    def rows(self, kind: str) -> QuerySet:
        numbers = [entry.number for entry in self.entries if entry.kind == kind]
        return KINDS[kind].objects.filter(pk__in=numbers)

    def things(self) -> Things:
        """What is on the list and still there."""
        return Things.of(
            letters=self.rows("letter"),
            pledges=self.rows("pledge"),
            posts=self.rows("post"),
            addresses=self.rows("address"),
        ).only(self)


def thing_of(thing: Thing) -> tuple[str, int, str]:
    """As an entry names it."""
    kind = next(kind for kind, model in KINDS.items() if isinstance(thing, model))
    return kind, thing.pk, thing.key_hash[:MARK_CHARACTERS]


@dataclass
class Things:
    """What belongs to one person, the newest first; what is late before all else."""

    letters: list[Letter]
    pledges: list[Pledge]
    posts: list[Post]
    addresses: list[EmailAddress]
    signatures: list[Signature] = field(default_factory=list)
    follows: list[Follow] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        *,
        letters: QuerySet[Letter],
        pledges: QuerySet[Pledge],
        posts: QuerySet[Post],
        addresses: QuerySet[EmailAddress],
    ) -> Things:
        """In six statements, however many they are."""
        of_case = ["case__edition", "case__solidarity_action", "target", "embassy"]
        words = ["subject", "body", "name", "place", "email"]
        handed_in = HandInItem.objects.open().filter(letter=OuterRef("pk"))
        handed_in_on = Subquery(handed_in.values("hand_in__delivery__handed_in_on")[:1])
        counted = Count("letters", filter=Q(letters__counted_on__isnull=False))
        by_address = {"email_address__in": addresses.values("pk")}
        return cls(
            letters=list(
                letters.select_related(*of_case, "pledge__edition")
                .annotate(handed_in_on=handed_in_on)
                .defer(*words)
                .order_by("-pk")
            ),
            pledges=list(
                pledges.select_related("case__edition", "edition")
                .annotate(counted_letters=counted)  # type: ignore[no-redef]  # declared there
                .order_by("due_on", "pk")
            ),
            posts=list(posts.select_related("case__edition").order_by("-pk")),
            addresses=list(addresses.order_by("-pk")),
            signatures=list(
                Signature.objects.filter(**by_address)
                .select_related("petition__case__edition", "email_address")
                .defer("name")
                .order_by("-pk")
            ),
            follows=list(
                Follow.objects.filter(**by_address)
                .select_related("case__edition", "edition", "email_address")
                .order_by("-pk")
            ),
        )

    def only(self, mine: Mine) -> Things:
        """Without what has the number of a thing on the list and is not that."""
        self.letters = [thing for thing in self.letters if thing in mine]
        self.pledges = [thing for thing in self.pledges if thing in mine]
        self.posts = [thing for thing in self.posts if thing in mine]
        self.addresses = [thing for thing in self.addresses if thing in mine]
        kept = {address.pk for address in self.addresses}
        self.signatures = [one for one in self.signatures if one.email_address_id in kept]
        self.follows = [one for one in self.follows if one.email_address_id in kept]
        return self

    def __bool__(self) -> bool:
        return any([self.letters, self.pledges, self.posts, self.signatures, self.follows])

    @property
    def late(self) -> list[Pledge]:
        """Promises whose day is over everywhere, and that are not kept."""
        return [one for one in self.pledges if is_open(one) and one.is_over]

    @property
    def current(self) -> list[Pledge]:
        return [one for one in self.pledges if is_open(one) and one not in self.late]

    @property
    def done(self) -> list[Pledge]:
        """Promises that are kept or given back."""
        return [one for one in self.pledges if not is_open(one)]

    @property
    def open_letters(self) -> list[Letter]:
        """Those that wait for their writer and can't be marked: what staff ask for comes first."""
        order = [LetterState.CHANGE_ASKED, LetterState.READY, LetterState.DRAFTING]
        waiting = [
            letter
            for letter in self.letters
            if letter.is_valid and letter.state in order and not may_be_marked(letter)
        ]
        return sorted(waiting, key=lambda letter: order.index(LetterState(letter.state)))

    def last_safe_days(self) -> dict[int, LastSafeDay]:
        """Until when letters have to be posted that have not left, by their keys."""
        to_post = [
            letter
            for letter in self.letters
            if letter.state in (LetterState.DRAFTING, LetterState.READY)
            and letter.route in (Route.UNDECIDED, Route.POST)
            and letter.case.is_visible
        ]
        return last_safe_days_of(to_post)

    @property
    def other_letters(self) -> list[Letter]:
        shown = [*self.markable, *self.open_letters]
        return [letter for letter in self.letters if letter not in shown]

    @property
    def markable(self) -> list[Letter]:
        """Letters of which their writer can say now that they have left."""
        return [letter for letter in self.letters if may_be_marked(letter)]


def is_open(pledge: Pledge) -> bool:
    return not pledge.is_released and pledge.counted_letters < pledge.number


# --- several at once


def may_be_marked(letter: Letter) -> bool:
    """Its writer sends it, and can say now that they have."""
    is_theirs = letter.route in (Route.POST, Route.EMAIL) and letter.case.is_visible
    return is_theirs and "posted" in letter_actions.allowed_acts(letter)


def mark_posted(letters: list[Letter]) -> list[Letter]:
    """Say of several letters that they have left. Returns those that it was so of: another tab may
    have been there before."""
    return [
        letter
        for letter in letters
        if may_be_marked(letter) and letter_actions.act(letter, "posted")
    ]


def undo_posted(letters: list[Letter]) -> int:
    """They have not left after all. Returns how many."""
    posted = [letter for letter in letters if letter.state == LetterState.POSTED]
    return sum(letter_actions.act(letter, "undo") for letter in posted)


# --- numbers


class Numbers(NamedTuple):
    """What counts: of one person's, for each of its cases, and of everyone's."""

    own: int
    cases: list[tuple[Case, int]]  # each with how much of its own
    untold: int  # for cases that are not shown at the moment
    edition: Edition | None
    everyone: int


def numbers(things: Things) -> Numbers:
    counted = counted_by_case(things)
    cases = Case.objects.filter(pk__in=counted).with_count().select_related("edition")
    told = [(case, counted[case.pk]) for case in cases.order_by("pk") if case.is_visible]
    edition = Edition.objects.current()
    of_edition = Case.objects.listed().filter(edition=edition).with_count()
    return Numbers(
        own=counted.total(),
        cases=told,
        untold=counted.total() - sum(number for _case, number in told),
        edition=edition,
        everyone=sum(case.total_count for case in of_edition) if edition else 0,
    )


def counted_by_case(things: Things) -> Counter[int]:
    """How much of it counts, by the key of its case; what was written for its promises on other
    devices, or by hand, too."""
    counted: Counter[int] = Counter()
    for letter in things.letters:
        counted[letter.case_id] += letter.counts
    for post in things.posts:
        counted[post.case_id] += post.counts
    for signature in things.signatures:
        counted[signature.petition.case_id] += signature.counts
    if things.pledges:
        for_pledges = Letter.objects.counted().filter(pledge__in=things.pledges)
        others = for_pledges.exclude(pk__in=[letter.pk for letter in things.letters])
        by_case = others.order_by().values_list("case").annotate(number=Count("pk"))
        counted.update(dict(by_case))
    return +counted


def counted_for(letter: Letter, mine: Mine) -> int:
    """How much of the list counts for the case of a letter, which need not be on the list."""
    things = mine.things()
    things.letters = [letter, *(one for one in things.letters if one.pk != letter.pk)]
    return counted_by_case(things)[letter.case_id]
