"""Plainly invented activity for a development copy: made, found and taken out again.

It is made in bulk, past the models' `save`: a million letters take about a minute.
"""

from __future__ import annotations

import datetime
import math
import random
import secrets
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection, models, transaction
from django.utils import timezone

from cases.models import Case
from letters import counting
from letters.encryption import fernet
from letters.models import (
    COUNTED,
    Letter,
    LetterKind,
    LetterState,
    NameForm,
    OutgoingMail,
    Place,
    Pledge,
    PledgeState,
    Route,
    TallySource,
)

ASK_AGAIN_AFTER = 4  # seconds: as old as a reader's page may be
AT_ONCE = 20_000  # rows a transaction

# So long that a campaign's shape is seen, so short that nothing of it is erased on schedule soon.
DAYS = 28
MOMENTS = 20_000
NAMES = 500
COUNTRIES = {
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
WAYS = {
    (LetterState.POSTED, Route.POST): 46,
    (LetterState.POSTED, Route.EMAIL): 17,
    (LetterState.SUBMITTED, Route.DELIVER): 4,
    (LetterState.APPROVED, Route.DELIVER): 21,
    (LetterState.READY, Route.POST): 3,
    (LetterState.DRAFTING, Route.UNDECIDED): 6,
    (LetterState.REJECTED, Route.DELIVER): 1,
    (LetterState.WITHDRAWN, Route.UNDECIDED): 2,
}
NAME_FORMS = {NameForm.FULL: 70, NameForm.FIRST: 15, NameForm.INITIALS: 9, NameForm.NONE: 6}
OF_A_PLEDGE = 0.3  # of the letters
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

_asked_at: float = float("-inf")
_answer = False


def is_there() -> bool:
    """Whether invented letters or pledges are in the database; asked every few seconds."""
    global _asked_at, _answer
    if time.monotonic() - _asked_at > ASK_AGAIN_AFTER:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM letters_letter WHERE is_sample)"
                " OR EXISTS (SELECT 1 FROM letters_pledge WHERE is_sample)"
            )
            _answer = bool(cursor.fetchone()[0])
        _asked_at = time.monotonic()
    return _answer


def forget() -> None:
    """Ask the database the next time."""
    global _asked_at
    _asked_at = float("-inf")


def add(cases: Sequence[Case], *, letters: int, pledges: int, seed: int | None = None) -> None:
    """Add so many invented pledges and letters, over the cases, the last weeks and countries."""
    inventor = _Inventor(cases, random.Random(seed))  # noqa: S311 - nothing secret is drawn
    for size in _parts(pledges):
        with transaction.atomic():
            _insert(Pledge, [inventor.pledge() for _ in range(size)])
    inventor.read_open_pledges(pledges)
    for size in _parts(letters):
        with transaction.atomic():
            _insert(Letter, [inventor.letter() for _ in range(size)])
            counting.add_many(inventor.counted_since_asked())
    forget()


def remove() -> tuple[int, int]:
    """Take all invented letters and pledges out of the tables and the counts. How many it were."""
    with transaction.atomic():
        # Whoever is about to change one of them waits, so that each is taken out as it counted.
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE letters_letter IN SHARE ROW EXCLUSIVE MODE")
        letters = Letter.objects.filter(is_sample=True)
        pledges = Pledge.objects.filter(is_sample=True)
        for thing, rows in [("letter", letters), ("pledge", pledges)]:
            with_mail = rows.exclude(email_hash="").values_list("pk", flat=True)
            about = [f"{thing}:{key}" for key in with_mail]
            OutgoingMail.objects.filter(about__in=about).delete()
        taken = counting.by_place(letters)
        counting.add_many({place: -number for place, number in taken.items()})
        numbers = letters._raw_delete(letters.db), 0
        # A real letter may have been written for an invented pledge.
        Letter.objects.filter(pledge__is_sample=True).update(pledge=None)
        numbers = numbers[0], pledges._raw_delete(pledges.db)
    forget()
    return numbers


@dataclass
class _OpenPledge:
    pk: int
    left: int


class _Inventor:
    """Draws rows, as the database keeps them.

    Equal texts are encrypted once, and all rows hold one key, which opens none of them: there is
    nobody whose link it would be.
    """

    def __init__(self, cases: Sequence[Case], chance: random.Random) -> None:
        self.chance = chance
        self.today = timezone.localdate()
        # Some cases move more people than others, and more write from day to day.
        self.case = _Draw({case: 1 / (1 + nr / 3) for nr, case in enumerate(cases)}, chance)
        self.moment = _Draw(self._moments(), chance)
        self.country = _Draw(COUNTRIES, chance)
        self.way = _Draw({(str(s), str(r)): n for (s, r), n in WAYS.items()}, chance)
        self.name_form = _Draw({str(form): n for form, n in NAME_FORMS.items()}, chance)
        self.name = _Draw(
            {_encrypted(f"Sample Writer {nr}"): 1 for nr in range(1, NAMES + 1)}, chance
        )
        self.body = _Draw({_encrypted(body): 1 for body in BODIES}, chance)
        self.subject, self.group = _encrypted(SUBJECT), _encrypted(GROUP)
        self.key = _encrypted(secrets.token_urlsafe(16))
        self.open_pledges: dict[int, list[_OpenPledge]] = {}
        self.counts: Counter[tuple] = Counter()

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
        case, country = self.case(), self.country()
        (state, route), (moment, day) = self.way(), self.moment()
        counts = state in COUNTED
        if counts:
            self.counts[case.pk, day, country] += 1
        return {
            "key": self.key,
            "key_hash": secrets.token_urlsafe(32),
            "created_at": moment,
            "changed_at": moment,
            "case_id": case.pk,
            "pledge_id": self.pledge_for(case),
            "route": route,
            "state": state,
            "counted_on": str(day) if counts else None,
            "rejection_reason": REASON if state == LetterState.REJECTED else "",
            "subject": self.subject,
            "body": self.body(),
            "name_form": self.name_form(),
            "name": self.name(),
            "country": country,
            "is_sample": True,
        }

    def pledge_for(self, case: Case) -> int | None:
        waiting = self.open_pledges.get(case.pk)
        if not waiting or self.chance.random() > OF_A_PLEDGE:
            return None
        pledge = waiting[-1]
        pledge.left -= 1
        if not pledge.left:
            waiting.pop()
        return pledge.pk

    def counted_since_asked(self) -> dict[Place, int]:
        counts, self.counts = self.counts, Counter()
        return {
            Place(case, LetterKind.APPEAL.value, TallySource.ONLINE.value, day, country): number
            for (case, day, country), number in counts.items()
        }


class _Draw:
    """Draws a thing as often as its weight says; many at a time, which is ten times as fast."""

    def __init__(self, weights: dict, chance: random.Random) -> None:
        self.things, self.weights, self.chance = list(weights), list(weights.values()), chance
        self.drawn: list = []

    def __call__(self):
        if not self.drawn:
            self.drawn = self.chance.choices(self.things, self.weights, k=AT_ONCE)
        return self.drawn.pop()


def _encrypted(text: str) -> str:
    return fernet().encrypt(text.encode()).decode()


def _parts(number: int) -> Iterator[int]:
    for start in range(0, number, AT_ONCE):
        yield min(AT_ONCE, number - start)


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
