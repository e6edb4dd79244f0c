"""Plainly invented activity for a development copy: made, found and taken out again."""

from __future__ import annotations

import datetime
import random
import secrets
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.core.cache import caches
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from cases.models import Case, PetitionText
from letters.actions.signatures import keep_text
from letters.actions.transitions import COUNTED_STATES
from letters.models import (
    STARTS_WAITING,
    Format,
    Letter,
    LetterKind,
    Network,
    Pledge,
    Post,
    Reply,
    Route,
    Signature,
    SignatureState,
    TallyKey,
)
from letters.models.letters import LetterState as State
from letters.models.locks import lock
from letters.models.private_links import PrivateLink
from letters.statistics import ledger

ROWS_A_TRANSACTION = 2_000
DAYS = 28  # a campaign's shape is seen, and nothing of it is erased on schedule soon
# How many of each there are for a letter.
SHARES = {"letters": 1, "pledges": 0.1, "messages": 0.2, "signatures": 0.8, "posts": 0.1}
COUNTRIES = ["GB", "", "DE", "FR", "US", "CA", "NL", "PL", "ES", "CH", "NO", "JP", "KE", "ZA", "IS"]
# How far letters come, and how.
WAYS = [
    *[(State.POSTED, Route.POST)] * 12,
    *[(State.POSTED, Route.EMAIL)] * 4,
    *[(State.APPROVED, Route.DELIVER)] * 6,
    (State.SUBMITTED, Route.DELIVER),
    (State.CHANGE_ASKED, Route.DELIVER),
    (State.DRAFTING, Route.UNDECIDED),
    (State.READY, Route.POST),
    (State.REJECTED, Route.DELIVER),
    (State.WITHDRAWN, Route.UNDECIDED),
]
BODIES = [
    "This is an invented letter, made by a program to try out this copy of the site.\n\n"
    "Nobody wrote it and nobody will be sent it.",
    "No person wrote this. It stands here so that lists and counts have something to show.\n\n"
    "It goes again with `manage.py sample_activity --remove`.",
    "An invented letter, as long as many real ones are.\n\n"
    + "It says nothing, in sentences that look like a paragraph from afar. " * 9
    + "\n\nIt asks for nothing, and thanks for nothing.",
]


def add(cases: Sequence[Case], wanted: dict[str, int], seed: int | None = None) -> dict[str, int]:
    """Add invented rows until so many of each kind are there, if a case takes them. How many."""
    takers = {
        "pledges": cases,
        "letters": cases,
        "messages": [case for case in cases if case.takes_messages],
        "signatures": [case for case in cases if case.takes_signatures],
        "posts": [case for case in cases if case.sharing_allowed],
    }
    there, inventor, added = rows(), Inventor(seed), {}
    for what, those in takers.items():
        added[what] = max(0, wanted[what] - there[what].count()) if those else 0
        inventor.insert(what.removesuffix("s"), those, added[what])
    caches["fragments"].clear()
    return added


def remove() -> dict[str, int]:
    """Take all that is invented out of the tables and the counts. How many it were of each kind."""
    gone, counted = {}, Counter[TallyKey]()
    with transaction.atomic():
        # Whoever is about to change one of them waits: each is taken out as it counted.
        lock(Pledge.objects.filter(is_sample=True))
        lock(Letter.objects.filter(Q(is_sample=True) | Q(pledge__is_sample=True)))
        lock(Reply.objects.filter(letter__is_sample=True))
        lock(Signature.objects.filter(is_sample=True))
        lock(Post.objects.filter(is_sample=True))
        # A real letter may have been written for an invented pledge.
        Letter.objects.filter(pledge__is_sample=True, is_sample=False).update(pledge=None)
        for what, invented in rows().items():
            gone[what] = invented.count()
            if what != "pledges":
                counted.update(ledger.by_key(invented))
            invented.delete()
        ledger.add_many({key: -number for key, number in counted.items()})
    PetitionText.objects.filter(signatures=None).delete()
    caches["fragments"].clear()
    return gone


def rows() -> dict[str, QuerySet]:
    """All that is invented, in the order in which it can go: a letter points at its pledge."""
    letters = Letter.objects.filter(is_sample=True)
    return {
        "letters": letters.filter(kind=LetterKind.APPEAL),
        "messages": letters.filter(kind=LetterKind.SOLIDARITY),
        "signatures": Signature.objects.filter(is_sample=True),
        "posts": Post.objects.filter(is_sample=True),
        "pledges": Pledge.objects.filter(is_sample=True),
    }


class Inventor:
    """Draws rows: some cases move more people than others, and more act from day to day."""

    def __init__(self, seed: int | None) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - nothing secret is drawn
        self.text = lru_cache(keep_text)  # of a petition, as it is signed today
        self.promised: dict[int, list[Pledge]] = {}  # by case: a pledge for each letter still open

    def insert(self, what: str, cases: Sequence[Case], number: int) -> None:
        weights = [1 / (1 + nr / 3) for nr in range(len(cases))]
        for start in range(0, number, ROWS_A_TRANSACTION):
            size = min(ROWS_A_TRANSACTION, number - start)
            chosen = self.chance.choices(cases, weights, k=size)
            with transaction.atomic():
                made = [self.dated(getattr(self, what)(case)) for case in chosen]
                type(made[0]).objects.bulk_create(made)
                ledger.add_many(Counter(row.tally_key for row in made if row.counted_on))

    def dated(self, row: Any) -> Any:
        """With all that rows of every kind have; it counts if its state does."""
        at = timezone.now() - datetime.timedelta(days=self.chance.expovariate(1 / 9) % DAYS)
        counts = row.state in COUNTED_STATES.get(type(row), [])
        row.created_at = row.changed_at = row.supporter_changed_at = at
        row.counted_on = timezone.localdate(at) if counts else None
        row.name = f"Sample Writer {self.chance.randint(1, 500)}"
        row.country = COUNTRIES[int(len(COUNTRIES) * self.chance.random() ** 2)]  # the first most
        row.is_sample = True
        if isinstance(row, PrivateLink):
            row.key = secrets.token_urlsafe(16)
            row.set_key_hash()
        if isinstance(row, Letter) and row.state in STARTS_WAITING:
            row.waiting_since = at
        return row

    def pledge(self, case: Case) -> Pledge:
        number = self.chance.choice([1, 2, 3, 5, 8, 30])
        due_on = timezone.localdate() + datetime.timedelta(days=self.chance.randint(1, 40))
        pledge = Pledge(case=case, edition=case.edition, number=number, due_on=due_on)
        self.promised.setdefault(case.pk, []).extend([pledge] * number)
        return pledge

    def letter(self, case: Case) -> Letter:
        letter = self.written(case, subject="An invented letter")
        letter.target = self.chance.choice([*case.targets.all()] or [None])
        if (pledges := self.promised.get(case.pk)) and self.chance.random() < 0.3:
            letter.pledge = pledges.pop()
        return letter

    def message(self, case: Case) -> Letter:
        form = self.chance.choice(list(Format))
        message = self.written(case, kind=LetterKind.SOLIDARITY, form=form)
        if message.route == Route.EMAIL:  # nobody e-mails one
            message.route = Route.POST
        return message

    def written(self, case: Case, **fields) -> Letter:
        ways = WAYS if case.takes_deliveries else [one for one in WAYS if one[1] != Route.DELIVER]
        state, route = self.chance.choice(ways)
        reason = "An invented reason." if state == State.REJECTED else ""
        wanted = "An invented wish." if state == State.CHANGE_ASKED else ""
        fields |= {"body": self.chance.choice(BODIES), "rejection_reason": reason}
        fields["change_wanted"] = wanted
        return Letter(case=case, state=state, route=route, **fields)

    def signature(self, case: Case) -> Signature:
        state = self.chance.choice([*COUNTED_STATES[Signature] * 30, SignatureState.WITHDRAWN])
        text, shown = self.text(case.petition), "Sample" if self.chance.random() < 0.3 else ""
        return Signature(petition=case.petition, text=text, state=state, shown_name=shown)

    def post(self, case: Case) -> Post:
        return Post(case=case, network=self.chance.choice(list(Network)))
