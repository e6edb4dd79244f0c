"""What people do on the site, page by page, however they get their pages.

`bench/rehearse/people.py` gets them over the network, `tests/deploy/test_rehearsal.py` from Django:
so a form that has changed is noticed before the peak day is rehearsed.
"""

import os
import random
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from bench.rehearse.pages import Form, files_of, form_with, link_to
from bench.rehearse.plan import FILE, FORM, PDF, POST, PRIVATE

LANGUAGES = ["", "", "", "/fr"]  # a quarter reads French

# Of 100 who arrive.
WRITE = int(os.environ.get("WRITE", 10))
READ_ON = 35
# Of 100 who write.
TAKE_ALL = 10
SIGN = 30
FETCH = 60
SHARE = 20

READING = (3, 15)  # seconds
TYPING = (8, 25)
MAIL_PATIENCE = 45  # then they look at their mail tomorrow
PDF_TRIES = 5
DOMAINS = 500  # of mailboxes: half of them with one of few would be held up for good reason

LETTER = """I have read about this case on your doorstep of the law, and it did not let me go.

Please see to it that what was promised is done, and that nobody is punished for having asked.
Written on a long evening by reader number {number}, together with a friend.
"""


class Left(Exception):
    """Something went wrong, and whoever met it goes away."""


class Answer(NamedTuple):
    status: int
    text: str  # empty if it is none
    location: str  # without what stands after #


@dataclass
class Tally:
    """What all of them did and met."""

    done: Counter = field(default_factory=Counter)
    wrong: Counter = field(default_factory=Counter)
    # What the site said it has, and when.
    acknowledged: dict = field(default_factory=lambda: defaultdict(list))
    acknowledged_at: dict = field(default_factory=lambda: defaultdict(list))
    sent: dict = field(default_factory=dict)  # who waits for a mail, and since when
    files: dict = field(default_factory=dict)  # of a page: read once for all who open it

    def acknowledge(self, kind: str, what: str | list[str]) -> None:
        self.acknowledged[kind].append(what)
        self.acknowledged_at[kind].append(time.time())


class Visit:
    """One person, from the first page to the last."""

    def __init__(self, number: int, cases: list[str], tally: Tally) -> None:
        self.number, self.cases, self.tally = number, cases, tally
        self.dice = random.Random(number)
        self.email = f"person-{number}@mail-{number % DOMAINS}.example"
        self.seen: set[str] = set()

    # --- how they get it: overridden

    def fetch(self, method: str, path: str, kind: str, data: str | None) -> Answer:
        raise NotImplementedError

    def pause(self, seconds: float) -> None:
        raise NotImplementedError

    def link_in_mail(self, patience: float) -> str:
        """Of the mail that came; empty if none did in that time."""
        raise NotImplementedError

    # --- what a browser does

    def ask(
        self, method: str, path: str, kind: str, expected=(200,), data: str | None = None
    ) -> Answer:
        answer = self.fetch(method, path, kind, data)
        if answer.status in expected:
            return answer
        self.tally.wrong[f"{answer.status or 'no answer'} {method} {without_keys(path)}"] += 1
        raise Left

    def opens(self, path: str, kind: str) -> str:
        path = path.partition("#")[0]
        page = self.ask("GET", path, kind).text
        place = urlsplit(path).path
        if kind not in (PRIVATE, POST):
            version = place, hash(page)  # a picture goes with its case, if that is frozen
            if version not in self.tally.files:
                self.tally.files[version] = files_of(page, place)
            for file in self.tally.files[version]:
                if file not in self.seen:
                    self.seen.add(file)
                    self.ask("GET", file, FILE, (200, 304))
        return page

    def sends(self, form: Form | None, path: str, expected=(302,), **answers: str):
        if form is None:
            self.tally.wrong[f"no such form at {path}"] += 1
            raise Left
        return self.ask("POST", form.action or path, POST, expected, form.filled_in(**answers))

    def reads(self, seconds=READING) -> None:
        self.pause(self.dice.uniform(*seconds))

    def does(self, percent: int) -> bool:
        return self.dice.random() * 100 < percent

    # --- what people do

    def visit(self) -> None:
        self.tally.done["visitors"] += 1
        try:
            self.arrives()
        except Left:
            self.tally.done["left because of an error"] += 1

    def arrives(self) -> None:
        case, language = self.dice.choice(self.cases), self.dice.choice(LANGUAGES)
        self.opens(f"{language}/cases/{case}/", "case")
        self.reads()
        chance = self.dice.random() * 100
        if chance < WRITE:
            self.writes(case, language)
        elif chance < WRITE + READ_ON:
            self.reads_on(language)

    def reads_on(self, language: str) -> None:
        ways = [("/cases/", "list"), ("/", "home"), ("/good-news/", "good news")]
        for path, kind in self.dice.sample(ways, self.dice.randint(1, 3)):
            self.opens(language + path, kind)
            self.reads()
        if self.does(50):
            self.opens(f"{language}/cases/{self.dice.choice(self.cases)}/", "case")

    def writes(self, case: str, language: str) -> None:
        if self.does(TAKE_ALL):
            self.takes_all(language)
            return
        self.writes_a_letter(f"{language}/cases/{case}/write/")
        if self.does(SIGN):
            self.signs(case, language)
        if self.does(SHARE):
            self.shares(case, language)

    def writes_a_letter(self, path: str) -> None:
        page = self.opens(path, FORM)
        self.reads(TYPING)
        form = form_with(page, "body")
        words = LETTER.format(number=self.number)
        first = {"body": words, "ties": "no", "step": "2"}
        page = self.sends(form, path, (200,), **first).text
        self.reads(TYPING)
        form = form_with(page, "consent") or form_with(page, "name")
        who = {"name": f"Reader {self.number}", "name_form": "none", "consent": "on"}
        answer = self.sends(form, path, (302, 200), country="NL", **who)
        if answer.status == 200:  # asked once more, as about how a name will appear
            self.tally.done["forms shown once more"] += 1
            self.reads(TYPING)
            answer = self.sends(form_with(answer.text, "consent"), path, country="NL", **who)
        own = answer.location
        self.tally.acknowledge("letters", key_in(own))
        self.tally.done["letters"] += 1
        self.finishes(own)

    def finishes(self, own: str) -> None:
        page = self.opens(own, PRIVATE)
        self.reads()
        if form := form_with(page, "act", "post"):
            self.sends(form, own, act="post", posted_from="NL")
            page = self.opens(own, PRIVATE)
        if self.does(FETCH) and (pdf := link_to(page, r"letter\.pdf")):
            self.fetches(pdf)
            self.reads(TYPING)
            if form := form_with(page, "act", "posted"):
                self.sends(form, own, act="posted")
                self.tally.acknowledge("posted", key_in(own))
                self.opens(own, PRIVATE)

    def fetches(self, path: str) -> None:
        for _time in range(PDF_TRIES):
            if self.ask("GET", path, PDF, (200, 503)).status == 200:
                self.tally.done["PDFs"] += 1
                return
            self.tally.done["PDFs that were not ready (503)"] += 1
            self.pause(2)  # the page asks again by itself
        self.tally.done["PDFs not had"] += 1

    def signs(self, case: str, language: str) -> None:
        path = f"{language}/cases/{case}/sign/"
        form = form_with(self.opens(path, FORM), "email")
        self.reads(TYPING)
        self.tally.sent[self.email] = time.time()
        self.sends(form, path, **self.signature)
        self.tally.acknowledge("signatures", [self.email, case])
        self.tally.done["signatures"] += 1
        self.confirms()

    @property
    def signature(self) -> dict[str, str]:
        name = f"Reader {self.number}"
        return {"name": name, "email": self.email, "country": "NL", "consent": "on"}

    def confirms(self) -> None:
        """By the link in the mail, if it comes in time."""
        if not (link := self.link_in_mail(MAIL_PATIENCE)):
            self.tally.done["mails that did not come in time"] += 1
            return
        page = self.opens(link, PRIVATE)
        form = form_with(page, "act", "confirm", without="what")  # to all of it at once
        self.reads()
        self.sends(form, link, act="confirm")
        self.tally.acknowledge("confirmed", self.email)
        self.tally.done["confirmed"] += 1
        self.opens(link, PRIVATE)

    def takes_all(self, language: str) -> None:
        path = f"{language}/take-all/"
        page = self.opens(path, FORM)
        signed = 0
        for _case in self.cases:
            self.reads(TYPING if not signed else READING)
            form = form_with(page, "act", "sign")
            if form is None:
                break
            self.tally.sent.setdefault(self.email, time.time())
            answer = self.sends(form, path, act="sign", **self.signature)
            if urlsplit(answer.location).query != "closed":  # meanwhile: the next page says so
                self.tally.acknowledge("signatures", [self.email, form.action.split("/")[-2]])
                signed += 1
            path = answer.location
            page = self.opens(path, FORM)
        self.tally.done["taken all"] += 1
        self.tally.done["signatures"] += signed
        self.confirms()

    def shares(self, case: str, language: str) -> None:
        self.opens(f"{language}/cases/{case}/share/", "share")
        path = f"{language}/cases/{case}/posted/"
        form = form_with(self.opens(path, FORM), "network")
        self.reads()
        answer = self.sends(form, path, network="bluesky")
        own = answer.location
        self.tally.acknowledge("posts", key_in(own))
        self.tally.done["shared"] += 1
        self.opens(own, PRIVATE)


def key_in(path: str) -> str:
    return path.rstrip("/").split("/")[-1]


def without_keys(path: str) -> str:
    """A private link is no word for a report."""
    parts = urlsplit(path).path.split("/")
    return "/".join(part if len(part) != 22 else "…" for part in parts)
