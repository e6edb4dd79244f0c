"""Plainly invented activity for a development copy: made, found and taken out again.

It is made in bulk, past the models' `save`: a million letters take about a minute.
"""

from __future__ import annotations

import datetime
import math
import random
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.core.cache import caches
from django.db import connection, models, transaction
from django.utils import timezone

from cases.encryption import fernet
from cases.models import Case, PetitionText, Target
from letters.actions import signatures as signature_actions
from letters.models import (
    COUNTED,
    ActionKind,
    Format,
    Letter,
    LetterKind,
    LetterState,
    NameForm,
    Network,
    OutgoingMail,
    Pledge,
    PledgeState,
    Post,
    PostState,
    Route,
    Signature,
    SignatureState,
    TallyKey,
    TallySource,
    letter_source,
)
from letters.statistics import ledger

ROWS_A_TRANSACTION = 20_000  # rows a transaction

# So long that a campaign's shape is seen, so short that nothing of it is erased on schedule soon.
DAYS = 28
MOMENTS = 20_000
NAMES = 500
COUNTRY_WEIGHTS = {
    "GB": 16,
    "DE": 12,
    "FR": 11,
    "US": 11,
    "CA": 8,
    "NL": 7,
    "PL": 6,
    "ES": 5,
    "IT": 5,
    "CH": 4,
    "NO": 4,
    "SE": 3,
    "AU": 3,
    "BR": 3,
    "JP": 2,
    "KE": 2,
    "IN": 2,
    "MX": 2,
    "ZA": 1,
    "IS": 1,
    "": 12,
}
# How far letters come: (state, route) and how many of a hundred.
OUTCOME_WEIGHTS = {
    (LetterState.POSTED, Route.POST): 46,
    (LetterState.POSTED, Route.EMAIL): 17,
    (LetterState.SUBMITTED, Route.DELIVER): 4,
    (LetterState.APPROVED, Route.DELIVER): 21,
    (LetterState.READY, Route.POST): 3,
    (LetterState.DRAFTING, Route.UNDECIDED): 6,
    (LetterState.REJECTED, Route.DELIVER): 1,
    (LetterState.WITHDRAWN, Route.UNDECIDED): 2,
}
# A message of support is posted, or handed in with others; nobody e-mails it.
MESSAGE_OUTCOME_WEIGHTS = {
    (LetterState.POSTED, Route.POST): 34,
    (LetterState.SUBMITTED, Route.DELIVER): 4,
    (LetterState.APPROVED, Route.DELIVER): 51,
    (LetterState.READY, Route.POST): 3,
    (LetterState.DRAFTING, Route.UNDECIDED): 5,
    (LetterState.REJECTED, Route.DELIVER): 1,
    (LetterState.WITHDRAWN, Route.UNDECIDED): 2,
}
FORM_WEIGHTS = {Format.CARD: 60, Format.LETTER: 40}
# What becomes of signatures that are there longer than their mail takes.
CONFIRMATION_WEIGHTS = {
    SignatureState.CONFIRMED: 96,
    SignatureState.WITHDRAWN: 3,
    SignatureState.INVALID: 1,
}
SHARE_SHOWN = 0.3  # of those who sign
NETWORK_WEIGHTS = {
    Network.WHATSAPP: 30,
    Network.FACEBOOK: 20,
    Network.BLUESKY: 15,
    Network.X: 12,
    Network.MASTODON: 9,
    Network.EMAIL: 8,
    Network.TELEGRAM: 3,
    Network.SIGNAL: 2,
    Network.OTHER: 1,
}
POST_WEIGHTS = {PostState.POSTED: 97, PostState.WITHDRAWN: 3}
# How many of the others there are for a letter.
SHARES_OF_LETTERS = {"pledges": 0.1, "messages": 0.2, "signatures": 0.8, "posts": 0.1}
NAME_FORM_WEIGHTS = {NameForm.FULL: 70, NameForm.FIRST: 15, NameForm.INITIALS: 9, NameForm.NONE: 6}
SHARE_FOR_A_PLEDGE = 0.3  # of the letters
SUBJECT = "An invented letter"
GROUP = "Sample Group"
BODIES = [
    "This is an invented letter, made by a program to try out this copy of the site.\n\n"
    "Nobody wrote it and nobody will be sent it.",
    "No person wrote this. It stands here so that lists and counts have something to show.\n\n"
    "It goes again with `manage.py sample_activity --remove`.",
    "An invented letter, as long as many real ones are.\n\n"
    + "It says nothing, in sentences that look like a paragraph from afar. " * 9
    + "\n\nIt asks for nothing, and thanks for nothing.",
]
REASON = "An invented reason."


def numbers() -> dict[str, int]:
    """How many invented rows of each kind there are."""
    return {what: rows.count() for what, rows in _rows().items()}


def can_have(cases: Sequence[Case]) -> set[str]:
    """What the cases take besides letters and pledges."""
    return {what for what, ask in TAKES.items() if any(map(ask, cases))}


def add(
    cases: Sequence[Case],
    *,
    letters: int = 0,
    pledges: int = 0,
    messages: int = 0,
    signatures: int = 0,
    posts: int = 0,
    seed: int | None = None,
) -> None:
    """Add so many invented rows, over the cases that take them, the last weeks and countries."""
    generator = DemoGenerator(cases, random.Random(seed))  # noqa: S311 - nothing secret is drawn
    generator.insert(Pledge, generator.pledge, pledges)
    generator.read_open_pledges(pledges)
    generator.insert(Letter, generator.letter, letters)
    generator.insert(Letter, generator.message, messages)
    generator.insert(Signature, generator.signature, signatures)
    generator.insert(Post, generator.post, posts)
    caches["fragments"].clear()


def remove() -> dict[str, int]:
    """Take all that is invented out of the tables and the counts. How many it were of each kind."""
    with transaction.atomic():
        # Whoever is about to change one of them waits, so that each is taken out as it counted.
        if connection.vendor == "postgresql":
            tables = ", ".join(model._meta.db_table for model in (Letter, Signature, Post))
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")
        rows = _rows()
        for what in ["letters", "messages", "pledges"]:
            with_mail = rows[what].exclude(email_hash="").values_list("pk", flat=True)
            thing = "pledge" if what == "pledges" else "letter"
            about = [f"{thing}:{key}" for key in with_mail]
            OutgoingMail.objects.filter(about__in=about).delete()
        # A real letter may have been written for an invented pledge.
        Letter.objects.filter(pledge__is_sample=True, is_sample=False).update(pledge=None)
        counted = [ledger.by_key(these) for what, these in rows.items() if what != "pledges"]
        ledger.add_many(
            {place: -number for numbers in counted for place, number in numbers.items()}
        )
        gone = {what: these._raw_delete(these.db) for what, these in rows.items()}
        PetitionText.objects.filter(signatures=None).delete()
    caches["fragments"].clear()
    return gone


def _rows() -> dict[str, models.QuerySet]:
    """In the order in which they can be taken out: a letter points at its pledge."""
    letters = Letter.objects.filter(is_sample=True)
    return {
        "letters": letters.filter(kind=LetterKind.APPEAL),
        "messages": letters.filter(kind=LetterKind.SOLIDARITY),
        "signatures": Signature.objects.filter(is_sample=True),
        "posts": Post.objects.filter(is_sample=True),
        "pledges": Pledge.objects.filter(is_sample=True),
    }


TAKES: dict[str, Callable[[Case], bool]] = {
    "messages": lambda case: case.takes_messages,
    "signatures": lambda case: case.takes_signatures,
    "posts": lambda case: case.sharing_allowed,
}


@dataclass
class _OpenPledge:
    pk: int
    left: int


class DemoGenerator:
    """Draws rows, as the database keeps them.

    Equal texts are encrypted once, and all rows hold one key, which opens none of them: there is
    nobody whose link it would be.
    """

    def __init__(self, cases: Sequence[Case], chance: random.Random) -> None:
        self.chance = chance
        self.today = timezone.localdate()
        # Some cases move more people than others, and more write from day to day.
        moves = {case: 1 / (1 + nr / 3) for nr, case in enumerate(cases)}
        self.case = WeightedChoice(moves, chance)
        self.case_that_takes = {
            what: WeightedChoice({case: n for case, n in moves.items() if takes(case)}, chance)
            for what, takes in TAKES.items()
        }
        targets: dict[int, list[int]] = {case.pk: [] for case in cases}
        for case_id, pk in Target.objects.filter(case__in=cases).values_list("case", "pk"):
            targets[case_id].append(pk)
        self.targets = targets
        self.moment = WeightedChoice(self._moments(), chance)
        self.country = WeightedChoice(COUNTRY_WEIGHTS, chance)
        self.way = WeightedChoice(
            {(str(s), str(r)): n for (s, r), n in OUTCOME_WEIGHTS.items()}, chance
        )
        self.way_of_message = WeightedChoice(
            {(str(s), str(r)): n for (s, r), n in MESSAGE_OUTCOME_WEIGHTS.items()}, chance
        )
        self.name_form = WeightedChoice(_stored(NAME_FORM_WEIGHTS), chance)
        self.form = WeightedChoice(_stored(FORM_WEIGHTS), chance)
        self.confirmation = WeightedChoice(_stored(CONFIRMATION_WEIGHTS), chance)
        self.network = WeightedChoice(_stored(NETWORK_WEIGHTS), chance)
        self.posted = WeightedChoice(_stored(POST_WEIGHTS), chance)
        self.texts: dict[int, int] = {}  # of petitions, as they are signed today
        self.name = WeightedChoice(
            {_encrypted(f"Sample Writer {nr}"): 1 for nr in range(1, NAMES + 1)}, chance
        )
        self.body = WeightedChoice({_encrypted(body): 1 for body in BODIES}, chance)
        self.subject, self.group = _encrypted(SUBJECT), _encrypted(GROUP)
        self.key = _encrypted(secrets.token_urlsafe(16))
        self.open_pledges: dict[int, list[_OpenPledge]] = {}
        self.counts: Counter[TallyKey] = Counter()

    def _moments(self) -> dict[tuple[str, datetime.date], float]:
        """Moments of the last weeks with their day, and how busy it was."""
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        moments = {}
        for _nr in range(MOMENTS):
            days = self.chance.random() * DAYS
            at = midnight - datetime.timedelta(days=days)
            utc = at.astimezone(datetime.UTC).replace(tzinfo=None, microsecond=0)
            weekend = 1.6 if at.weekday() >= 5 else 1
            moments[str(utc), at.date()] = weekend * math.exp(-days / 9)
        return moments

    def pledge(self) -> dict:
        case = self.case()
        is_group = self.chance.random() < 0.1
        return {
            "key": self.key,
            "key_hash": secrets.token_urlsafe(32),
            "created_at": self.moment()[0],
            "edition_id": case.edition_id,
            "case_id": case.pk,
            "number": self.chance.randint(20, 90) if is_group else self.chance.randint(1, 10),
            "state": str(PledgeState.OPEN if self.chance.random() < 0.95 else PledgeState.RELEASED),
            "name": self.name(),
            "group": self.group if is_group else "",
            "country": self.country(),
            "due_on": str(self.today + datetime.timedelta(days=self.chance.randint(1, 40))),
            "is_sample": True,
        }

    def read_open_pledges(self, newest: int) -> None:
        """Give the letters to come pledges that they can be for."""
        rows = Pledge.objects.filter(is_sample=True, state=PledgeState.OPEN).order_by("-pk")
        for pk, case_id, number in rows.values_list("pk", "case_id", "number")[:newest]:
            self.open_pledges.setdefault(case_id, []).append(_OpenPledge(pk, number))

    def letter(self) -> dict:
        case, (state, route) = self.case(), self.way()
        return self.written(ActionKind.APPEAL, case, state, route) | {
            "target_id": self.chance.choice(self.targets[case.pk] or [None]),
            "pledge_id": self.pledge_for(case),
            "form": str(Format.LETTER),
            "subject": self.subject,
        }

    def message(self) -> dict:
        case, (state, route) = self.case_that_takes["messages"](), self.way_of_message()
        return self.written(ActionKind.SOLIDARITY, case, state, route) | {
            "form": self.form(),
            "subject": "",
        }

    def written(self, kind: ActionKind, case: Case, state: str, route: str) -> dict:
        source = letter_source(state, route)
        return self.counted(kind, case, source, counts=state in COUNTED) | {
            "key": self.key,
            "key_hash": secrets.token_urlsafe(32),
            "case_id": case.pk,
            "kind": str(kind),
            "route": route,
            "state": state,
            "rejection_reason": REASON if state == LetterState.REJECTED else "",
            "body": self.body(),
            "name_form": self.name_form(),
            "name": self.name(),
        }

    def signature(self) -> dict:
        case, state = self.case_that_takes["signatures"](), self.confirmation()
        petition = case.petition
        if petition.pk not in self.texts:
            self.texts[petition.pk] = signature_actions.keep_text(petition).pk
        counts, source = state == SignatureState.CONFIRMED, TallySource.ONLINE.value
        return self.counted(ActionKind.SIGNATURE, case, source, counts) | {
            "petition_id": petition.pk,
            "text_id": self.texts[petition.pk],
            "state": state,
            "name": self.name(),
            "shows_name": self.chance.random() < SHARE_SHOWN,
        }

    def post(self) -> dict:
        case, state = self.case_that_takes["posts"](), self.posted()
        counts, source = state == PostState.POSTED, TallySource.SAID.value
        row = self.counted(ActionKind.SOCIAL, case, source, counts) | {
            "key": self.key,
            "key_hash": secrets.token_urlsafe(32),
            "case_id": case.pk,
            "network": self.network(),
            "state": state,
        }
        del row["changed_at"]  # a post has only one moment
        return row

    def counted(self, kind: ActionKind, case: Case, source: str, counts: bool) -> dict:
        """When and where from, in the tally if it counts."""
        (moment, day), country = self.moment(), self.country()
        if counts:
            self.counts[TallyKey(case.pk, kind.value, source, day, country)] += 1
        return {
            "created_at": moment,
            "changed_at": moment,
            "counted_on": str(day) if counts else None,
            "country": country,
            "is_sample": True,
        }

    def insert(self, model: type[models.Model], invent: Callable[[], dict], number: int) -> None:
        for size in _parts(number):
            with transaction.atomic():
                _insert(model, [invent() for _ in range(size)])
                ledger.add_many(self.counted_since_asked())

    def pledge_for(self, case: Case) -> int | None:
        waiting = self.open_pledges.get(case.pk)
        if not waiting or self.chance.random() > SHARE_FOR_A_PLEDGE:
            return None
        pledge = waiting[-1]
        pledge.left -= 1
        if not pledge.left:
            waiting.pop()
        return pledge.pk

    def counted_since_asked(self) -> dict[TallyKey, int]:
        counts, self.counts = self.counts, Counter()
        return counts


class WeightedChoice:
    """Draws a thing as often as its weight says; many at a time, which is ten times as fast."""

    def __init__(self, weights: dict, chance: random.Random) -> None:
        self.things, self.weights, self.chance = list(weights), list(weights.values()), chance
        self.drawn: list = []

    def __call__(self):
        if not self.drawn:
            self.drawn = self.chance.choices(self.things, self.weights, k=ROWS_A_TRANSACTION)
        return self.drawn.pop()


def _stored(weights: dict) -> dict[str, float]:
    """The same by the values that the database holds."""
    return {str(choice): weight for choice, weight in weights.items()}


def _encrypted(text: str) -> str:
    return fernet().encrypt(text.encode()).decode()


def _parts(number: int) -> Iterator[int]:
    for start in range(0, number, ROWS_A_TRANSACTION):
        yield min(ROWS_A_TRANSACTION, number - start)


def _insert(model: type[models.Model], rows: list[dict]) -> None:
    """Insert rows that all name the same columns; the others get their default."""
    names = list(rows[0])
    defaults = {
        field.column: field.get_default()
        for field in model._meta.concrete_fields
        if not field.primary_key and field.column not in rows[0]
    }
    columns = ", ".join(map(connection.ops.quote_name, [*names, *defaults]))
    table = connection.ops.quote_name(model._meta.db_table)
    rest = [str(value) if isinstance(value, str) else value for value in defaults.values()]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Ours are codes, numbers and base64: nothing in them needs to be escaped.
            tail = "".join(f"\t{_NULL if value is None else value}" for value in rest) + "\n"
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    line = [_NULL if value is None else str(value) for value in row.values()]
                    copy.write("\t".join(line) + tail)
            return
        places = ", ".join(["?"] * (len(names) + len(rest)))
        cursor.connection.executemany(
            f"INSERT INTO {table} ({columns}) VALUES ({places})",  # noqa: S608
            ([*row.values(), *rest] for row in rows),
        )


_NULL = "\\N"  # how COPY reads it
