"""The proof of the ledger: thousands of acts, undos and withdrawals of every kind, in parallel.

`LEDGER_ACTS=100000` makes it a long one.
"""

import datetime
import os
import random
import secrets
from collections import Counter
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import models
from django.db.models import Sum
from django.utils import timezone

from cases.models import ActionCount, Case
from cases.publishing import Refused
from letters import (
    counting,
    erasing,
    following,
    mailboxes,
    pledging,
    posting,
    reporting,
    signing,
    writing,
)
from letters.models import (
    ActionKind,
    Follow,
    Letter,
    LetterKind,
    Mailbox,
    PaperCount,
    Pledge,
    Signature,
    SocialAction,
    Tally,
)
from tests.factories import (
    make_case_to_write_for,
    make_petition,
    make_pledge,
    make_solidarity_action,
)
from tests.letters.at_once import at_once
from tests.staff import make_staff

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

ACTS = int(os.environ.get("LEDGER_ACTS", "2000"))
HANDS = 4
CASES = 3  # few, so that hands meet
COUNTRIES = ["NO", "SE", "FI", ""]
ADDRESSES = [f"tester-{number}@example.org" for number in range(20)]
NEWEST = 12  # of the rows of a kind an act takes one of so many: what is new changes most


class Hands:
    """What anybody may do at any time. Each act is drawn by its name, its rows by chance."""

    def __init__(self, seed: int, cases: list[Case], staff: list) -> None:
        self.chance = random.Random(seed)
        self.cases, self.staff = cases, staff
        self.done: Counter[str] = Counter()
        self.acts: dict[str, Callable] = {
            name.removeprefix("do_"): getattr(self, name)
            for name in dir(self)
            if name.startswith("do_")
        }

    def go_on(self, number: int) -> None:
        for name in self.chance.choices(list(self.acts), k=number):
            try:
                happened = self.acts[name]()
            except Refused:
                happened = False
            self.done[name] += happened is not False

    def one(self, rows: type[models.Model] | models.QuerySet):
        """One of the newest rows, or None."""
        rows = rows.objects.all() if isinstance(rows, type) else rows
        newest = list(rows.order_by("-pk").values_list("pk", flat=True)[:NEWEST])
        return rows.filter(pk=self.chance.choice(newest)).first() if newest else None

    def that(self, rows, act: Callable) -> bool:
        row = self.one(rows)
        return False if row is None else act(row)

    @property
    def case(self) -> Case:
        return self.chance.choice(self.cases)

    @property
    def country(self) -> str:
        return self.chance.choice(COUNTRIES)

    @property
    def is_held(self) -> bool:
        return self.chance.random() < 0.2

    # --- letters and messages

    def do_write(self):
        writing.write(
            key=secrets.token_urlsafe(16),
            case=self.case,
            pledge_id=None,
            held=self.is_held,
            kind=self.chance.choice(LetterKind.values),
            country=self.country,
            body="A letter of a test.",
        )

    def _act(self, name: str):
        return self.that(Letter, lambda letter: writing.act(letter, name))

    def do_send(self):
        return self._act("deliver") or self._act("post")

    def do_posted(self):
        return self._act("posted")

    def do_undo(self):
        return self._act("undo")

    def do_withdraw(self):
        return self._act("withdraw")

    def do_revise(self):
        return self.that(Letter, lambda letter: writing.revise(letter, country=self.country))

    def do_approve(self):
        return self.that(Letter.objects.awaiting_moderation(), writing.approve)

    def do_reject(self):
        return self.that(Letter, lambda letter: writing.reject(letter, "A reason."))

    def do_release(self):
        return self.that(Letter.objects.filter(held=True), writing.release_hold)

    def do_erase(self):
        def erase(letter):
            return erasing.erase_letters(Letter.objects.filter(pk=letter.pk)) > 0

        return self.is_held and self.that(Letter, erase)

    # --- written by hand

    def do_by_hand(self):
        def write(pledge):
            return pledging.post_by_hand(pledge, pledge.case, self.chance.randint(1, 3)) > 0

        return self.that(Pledge.objects.select_related("case"), write)

    def do_not_by_hand(self):
        return self.that(Pledge, pledging.take_back_by_hand)

    # --- signatures

    def do_sign(self):
        signing.sign(
            petition=self.case.petition,
            email=self.chance.choice(ADDRESSES),
            follow=self.is_held,
            held=self.is_held,
            name="Sam Tester",
            country=self.country,
            shows_name=False,
        )

    do_sign_too = do_sign

    def _signature(self, act: Callable):
        return self.that(Signature.objects.select_related("petition__case", "mailbox"), act)

    def do_confirm(self):
        return self._signature(signing.confirm)

    do_confirm_too = do_confirm

    def do_withdraw_signature(self):
        return self._signature(signing.withdraw)

    def do_restore(self):
        return self._signature(signing.restore)

    def do_invalidate(self):
        return self.is_held and self._signature(signing.invalidate)

    def do_revalidate(self):
        return self._signature(signing.revalidate)

    def do_release_signature(self):
        return self._signature(signing.release_hold)

    def do_not_me(self):
        return self.is_held and self.that(Mailbox, lambda box: mailboxes.not_me(box, block=False))

    def do_confirm_follow(self):
        return self.that(Follow.objects.select_related("case"), following.confirm)

    def do_erase_mailbox(self):
        def erase(mailbox):
            return erasing.erase_mailboxes(Mailbox.objects.filter(pk=mailbox.pk)) > 0

        return self.is_held and self.that(Mailbox, erase)

    def do_erase_expired(self):
        if not self.is_held:
            return False
        long_ago = timezone.now() - datetime.timedelta(days=400)
        for model in [Letter, Signature]:
            if row := self.one(model):
                model.objects.filter(pk=row.pk).update(changed_at=long_ago)
        return sum(erasing.erase_expired().values()) > 0

    # --- posts

    def do_post(self):
        posting.post(
            key=secrets.token_urlsafe(16),
            case=self.case,
            network="bluesky",
            country=self.country,
            held=self.is_held,
        )

    def _post(self, act: Callable):
        return self.that(SocialAction.objects.select_related("case"), act)

    def do_take_back(self):
        return self._post(posting.take_back)

    def do_post_again(self):
        return self._post(posting.post_again)

    def do_release_post(self):
        return self._post(posting.release_hold)

    # --- on paper

    def do_enter(self):
        reporting.enter(
            case=self.case,
            kind=self.chance.choice(reporting.KINDS).value,
            number=self.chance.choice([1, 7, 30, 800, 9_000]),
            country=self.country,
            day=timezone.localdate(),
            source=f"Test School {self.chance.randint(1, 40)}",
            evidence="A scan",
            by=self.chance.choice(self.staff),
        )

    def _paper(self, act: Callable, **more):
        def do(paper):
            seen, by = reporting.version(paper), self.chance.choice(self.staff)
            return act(paper, seen=seen, by=by, **more) is not False

        return self.that(PaperCount, do)

    def do_correct(self):
        changed = {
            "case": self.case,
            "number": self.chance.choice([2, 40, 700]),
            "country": self.country,
        }
        return self._paper(reporting.correct, reason="A slip.", **changed)

    def do_take_out(self):
        return self.is_held and self._paper(reporting.take_out, reason="Twice.")

    def do_release_paper(self):
        return self._paper(reporting.release)


def make_cases() -> list[Case]:
    cases = []
    for _nr in range(CASES):
        case = make_case_to_write_for()
        make_solidarity_action(case)
        make_petition(case)
        make_pledge(case, number=40, country="NO")
        cases.append(Case.objects.select_related("petition", "solidarity_action").get(pk=case.pk))
    return cases


def test_whatever_many_do_at_once_the_counts_are_the_rows_to_the_unit():
    cases, staff = make_cases(), [make_staff("counter") for _nr in range(3)]
    hands = [Hands(seed, cases, staff) for seed in range(HANDS)]

    def look() -> list:
        """While they are at it, too."""
        return [difference for _again in range(5) for difference in counting.differences()]

    *_nothing, seen_meanwhile = at_once(
        *[lambda hand=hand: hand.go_on(ACTS // HANDS) for hand in hands], look
    )

    assert seen_meanwhile == []
    assert counting.differences() == []
    call_command("recount")
    # Counted once more, by other means.
    rows = {
        kind: Letter.objects.filter(kind=kind, counted_on__isnull=False).count()
        for kind in LetterKind.values
    }
    rows[ActionKind.SIGNATURE] = Signature.objects.filter(state="confirmed", held=False).count()
    rows[ActionKind.SOCIAL] = SocialAction.objects.filter(state="posted", held=False).count()
    for paper in PaperCount.objects.filter(state="counted"):
        rows[paper.kind] += paper.number
    tally = dict(Tally.objects.values_list("kind").annotate(sum=Sum("number")))
    assert {kind: tally.get(kind, 0) for kind in rows} == rows
    totals = {
        kind: ActionCount.objects.aggregate(sum=Sum(column))["sum"]
        for kind, column in counting.TOTALS.items()
    }
    assert totals == rows
    assert all(rows.values())
    # And every kind of act was among them.
    done = sum((hand.done for hand in hands), Counter())
    assert set(hands[0].acts) - set(done) == set()
