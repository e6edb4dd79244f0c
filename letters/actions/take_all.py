"""Through all open cases one after another: a signature, a letter, a message, or the next one.

What a supporter typed once and what they did on the way is kept on their device alone: in a cookie
that only these pages are sent, and that only this site can read. No row of ours says who took
which way.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, Literal, get_args

from cryptography.fernet import InvalidToken

from cases.encryption import fernet
from cases.models import Case
from letters.actions import letters
from letters.models import Letter, LetterState

COOKIE_AGE = timedelta(days=30)  # if they want it; otherwise until the browser is closed
# A cookie holds 4 kB: the keys of two letters a case for so many cases, and the details.
MAX_CASES = 30

SENDING_ACTS = ["deliver", "post"]  # how a letter can leave here
Action = Literal["letter", "signature", "message"]
ACTIONS: tuple[Action, ...] = get_args(Action)


# What is typed for one of them, and stands in the form of the next.
DETAILS = ("name", "name_form", "first_name", "under_18", "place", "country", "email")
ABOUT_A_PERSON = ("name", "email")  # of nobody under 18


@dataclass
class TakeAll:
    """Where somebody is on the way."""

    details: dict = field(default_factory=dict)  # initial values for the forms of all cases
    # To what: "letter", "signature", each with the version that was read.
    agreed: list[list[str]] = field(default_factory=list)
    order: list[str] = field(default_factory=list)  # slugs, as they were when they began
    skipped: list[str] = field(default_factory=list)  # slugs; those they are done with, too
    # {slug: {"letter": its private key, "message": key, "signature": ""}}
    done: dict[str, dict[str, str]] = field(default_factory=dict)
    last: list[str] = field(default_factory=list)  # what was done last, and the slug
    keep: bool = False

    @classmethod
    def loads(cls, text: str) -> TakeAll:
        """What `dumps` wrote; a new one from a text that can't be read."""
        try:
            stored = fernet().decrypt(text.encode(), ttl=int(COOKIE_AGE.total_seconds()))
            return cls(**json.loads(zlib.decompress(stored)))
        except (InvalidToken, UnicodeEncodeError, TypeError):  # TypeError: of an earlier version
            return cls()

    def dumps(self) -> str:
        """As a text that only this site can read."""
        stored = json.dumps(asdict(self), separators=(",", ":")).encode()
        return fernet().encrypt(zlib.compress(stored, 9)).decode()

    @property
    def has_begun(self) -> bool:
        return bool(self.order)

    def begin(self, cases: list[Case]) -> None:
        """With the first act: from then on the order stays."""
        if not self.has_begun:
            self.order = [case.slug for case in cases]

    def in_order(self, cases: list[Case]) -> list[Case]:
        """The open cases as they stood when they began; what opened since comes last."""
        places = {slug: place for place, slug in enumerate(self.order)}
        return sorted(cases, key=lambda case: places.get(case.slug, len(places)))[:MAX_CASES]

    def next_case(self, cases: list[Case]) -> Case | None:
        """The first case that they have not skipped; None at the end of the way."""
        return next((case for case in cases if case.slug not in self.skipped), None)

    def has_agreed(self, purpose: str, version: str) -> bool:
        """Whether they have read just this text and said yes to it."""
        return [purpose, version] in self.agreed

    def initial_for(self, purpose: str, version: str) -> dict:
        """What a form begins with that asks for consent to this: "letter" or "signature"."""
        return self.details | ({"consent": True} if self.has_agreed(purpose, version) else {})

    def remember(self, typed: Mapping[str, Any], purpose: str, version: str) -> None:
        """With what was typed here the next form begins; what was left empty stays as it was.
        `version` is empty without consent."""
        self.details |= {name: typed[name] for name in DETAILS if typed.get(name, "") != ""}
        if self.details.get("under_18"):
            self.details |= dict.fromkeys(ABOUT_A_PERSON, "")
        if version and not self.has_agreed(purpose, version):
            self.agreed.append([purpose, version])

    def record(self, case: Case, action: Action, key: str = "") -> None:
        self.done.setdefault(case.slug, {})[action] = key
        self.last = [action, case.slug]

    def send(self, letter: Letter, act: str) -> None:
        """A letter or message is written: send it on its way, by another one if that is closed."""
        if letter.state == LetterState.DRAFTING:  # not if the form came twice
            wanted = act if act in SENDING_ACTS else "deliver"
            is_offered = wanted in letters.allowed_acts(letter)
            letters.act(letter, wanted if is_offered else "post")
        self.record(letter.case, "message" if letter.is_message else "letter", letter.key)

    def skip(self, case: Case) -> None:
        self.pass_on(case)
        self.last = ["skip", case.slug]

    def pass_on(self, case: Case) -> None:
        """The way goes on to the next one."""
        if case.slug not in self.skipped:
            self.skipped.append(case.slug)

    @property
    def arrived(self) -> str:
        """The names of the drafts that the device need not keep any more: see draft.js."""
        return " ".join(f"{act}:{slug}" for slug, done in self.done.items() for act in done)

    def keys(self, action: Action) -> list[str]:
        """The private keys of what was done, to show it once more."""
        return [done[action] for done in self.done.values() if done.get(action)]
