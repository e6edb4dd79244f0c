"""The proof of the ledger: thousands of acts, undos and withdrawals of every kind, in parallel.

`LEDGER_ACTS=100000` makes it a long one, and with `LEDGER_HANDS=10` more happens in one moment.
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
from django.db.models import Q, Sum
from django.utils import timezone

from cases.models import ActionCount, Case
from cases.publishing.acts import Refused
from letters.actions import (
    email_addresses,
    follows,
    pledges,
)
from letters.actions import erasure as erasure_actions
from letters.actions import letters as letter_actions
from letters.actions import posts as post_actions
from letters.actions import signatures as signature_actions
from letters.delivery import alarms, moderation
from letters.models import (
    ActionKind,
    Alarm,
    EmailAddress,
    Follow,
    Letter,
    LetterKind,
    PaperCount,
    Pledge,
    Post,
    Signature,
    Tally,
)
from letters.privacy import erasure
from letters.statistics import ledger, paper_counts, surges
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
HANDS = int(os.environ.get("LEDGER_HANDS", "4"))
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
        letter_actions.write(
            key=secrets.token_urlsafe(16),
            case=self.case,
            pledge_id=None,
            needs_review=self.is_held,
            page_language="en",
            go_along=False,
            sender="",
            follow=False,
            drawing=None,
            kind=self.chance.choice(LetterKind.values),
            country=self.country,
            body="A letter of a test.",
        )

    def _act(self, name: str):
        letters = Letter.objects.exclude(route="by-hand")
        return self.that(letters, lambda letter: letter_actions.act(letter, name))

    def do_send(self):
        return self._act(self.chance.choice(["deliver", "post"]))

    def do_posted(self):
        return self._act("posted")

    def do_undo(self):
        return self._act("undo")

    def do_withdraw(self):
        return self._act("withdraw")

    def do_revise(self):
        return self.that(Letter, lambda letter: letter_actions.revise(letter, country=self.country))

    def do_approve(self):
        return self.that(Letter.objects.awaiting_moderation(), letter_actions.approve)

    def do_reject(self):
        return self.that(Letter, lambda letter: letter_actions.reject(letter, "other", "A reason."))

    def do_release(self):
        return self.that(Letter.objects.filter(needs_review=True), letter_actions.clear_review)

    def do_erase(self):
        def erase(letter):
            return erasure.erase_letters(Letter.objects.filter(pk=letter.pk)) > 0

        return self.is_held and self.that(Letter, erase)

    # --- taken out of the count by staff

    def _judge(self, act: Callable, **which):
        rows = self.chance.choice([Letter, Post]).objects.filter(case=self.case, **which)
        newest = list(rows.order_by("-pk").values_list("pk", flat=True)[:3])
        return self.chance.random() < 0.5 and act(rows.filter(pk__in=newest)) != []

    def do_invalidate_many(self):
        return self._judge(moderation.invalidate)

    def do_revalidate_many(self):
        return self._judge(moderation.revalidate, invalid_on__isnull=False)

    def do_release_many(self):
        return self._judge(moderation.clear_review, needs_review=True)

    def do_settle(self):
        """Ceilings are low here: alarms are raised all the time."""

        def settle(alarm):
            is_genuine = self.is_held
            done = alarms.settle(
                alarm, is_genuine=is_genuine, by=self.chance.choice(self.staff), raised_to=20
            )
            act = moderation.clear_review if is_genuine else moderation.invalidate
            return act(alarms.waiting(alarm)) != [] or done

        return self.that(Alarm.objects.filter(case__isnull=False), settle)

    # --- written by hand

    def do_by_hand(self):
        def write(pledge):
            number, key = self.chance.randint(1, 9), secrets.token_urlsafe(16)
            return pledges.post_by_hand(pledge, pledge.case, number, key=key) > 0

        return self.that(Pledge.objects.select_related("case"), write)

    def do_not_by_hand(self):
        return self.that(Pledge, pledges.take_back_by_hand)

    def do_not_what_waits(self):
        return self.is_held and self.that(Pledge, pledges.take_back_waiting)

    # --- signatures

    def do_sign(self):
        signature_actions.sign(
            petition=self.case.petition,
            email=self.chance.choice(ADDRESSES),
            follow=self.is_held,
            needs_review=self.is_held,
            name="Sam Tester",
            country=self.country,
            shown_name="",
        )

    do_sign_too = do_sign

    def _signature(self, act: Callable):
        return self.that(Signature.objects.select_related("petition__case", "email_address"), act)

    def do_confirm(self):
        return self._signature(signature_actions.confirm)

    do_confirm_too = do_confirm

    def do_withdraw_signature(self):
        return self._signature(signature_actions.withdraw)

    def do_restore(self):
        return self._signature(signature_actions.restore)

    def do_invalidate(self):
        return self.is_held and self._signature(signature_actions.invalidate)

    def do_revalidate(self):
        return self._signature(signature_actions.revalidate)

    def do_release_signature(self):
        return self._signature(signature_actions.clear_review)

    def do_not_me(self):
        return self.is_held and self.that(
            EmailAddress, lambda box: email_addresses.not_me(box, block=False)
        )

    def do_confirm_follow(self):
        return self.that(Follow.objects.select_related("case"), follows.confirm)

    def do_erase_email_address(self):
        def erase(email_address):
            return (
                erasure_actions.erase_email_addresses(
                    EmailAddress.objects.filter(pk=email_address.pk)
                )
                > 0
            )

        return self.is_held and self.that(EmailAddress, erase)

    def do_erase_expired(self):
        if not self.is_held:
            return False
        long_ago = timezone.now() - datetime.timedelta(days=400)
        for model in [Letter, Signature]:
            if row := self.one(model):
                then = {"changed_at": long_ago, "supporter_changed_at": long_ago}
                model.objects.filter(pk=row.pk).update(**then)
        return sum(erasure.erase_expired().values()) > 0

    # --- posts

    def do_post(self):
        post_actions.post(
            key=secrets.token_urlsafe(16),
            case=self.case,
            network="bluesky",
            country=self.country,
            needs_review=self.is_held,
        )

    def _post(self, act: Callable):
        return self.that(Post.objects.select_related("case"), act)

    def do_take_back(self):
        return self._post(post_actions.take_back)

    def do_post_again(self):
        return self._post(post_actions.post_again)

    def do_release_post(self):
        return self._post(post_actions.clear_review)

    # --- on paper

    def do_enter(self):
        paper_counts.enter(
            case=self.case,
            kind=self.chance.choice(paper_counts.KINDS).value,
            number=self.chance.choice([1, 7, 30, 800, 9_000]),
            country=self.country,
            day=timezone.localdate(),
            source=f"Test School {self.chance.randint(1, 40)}",
            evidence="A scan",
            by=self.chance.choice(self.staff),
        )

    def _paper(self, act: Callable, **more):
        def do(paper):
            seen, by = paper_counts.version(paper), self.chance.choice(self.staff)
            return act(paper, seen=seen, by=by, **more) is not False

        return self.that(PaperCount, do)

    def do_correct(self):
        changed = {
            "case": self.case,
            "number": self.chance.choice([2, 40, 700]),
            "country": self.country,
        }
        return self._paper(paper_counts.correct, reason="A slip.", **changed)

    def do_take_out(self):
        return self.is_held and self._paper(paper_counts.take_out, reason="Twice.")

    def do_release_paper(self):
        return self._paper(paper_counts.clear_review)


def make_cases() -> list[Case]:
    cases = []
    for _nr in range(CASES):
        case = make_case_to_write_for()
        make_solidarity_action(case)
        make_petition(case)
        make_pledge(case, number=400, country="NO", looked_at=timezone.now())
        cases.append(Case.objects.select_related("petition", "solidarity_action").get(pk=case.pk))
    return cases


def go_on_until_each_was_done(hands: list[Hands]) -> Counter:
    """Some acts are rare: what chance has left out so far comes in the end, one after another."""
    for _more in range(100):
        done = +sum((hand.done for hand in hands), Counter())
        if len(done) == len(hands[0].acts):
            break
        hands[0].go_on(100)
    return done


@pytest.mark.slow
def test_whatever_many_do_at_once_the_counts_are_the_rows_to_the_unit(monkeypatch):
    monkeypatch.setattr(surges, "ALWAYS_AN_HOUR", 5)
    cases, staff = make_cases(), [make_staff("counter") for _nr in range(3)]
    hands = [Hands(seed, cases, staff) for seed in range(HANDS)]

    def look() -> list:
        """While they are at it, too."""
        return [difference for _again in range(5) for difference in ledger.differences()]

    *_nothing, seen_meanwhile = at_once(
        *[lambda hand=hand: hand.go_on(ACTS // HANDS) for hand in hands], look
    )

    assert seen_meanwhile == []
    assert set(hands[0].acts) == set(go_on_until_each_was_done(hands))
    assert ledger.differences() == []
    call_command("recount")
    # Counted once more, by other means.
    rows = {
        kind: Letter.objects.filter(kind=kind, counted_on__isnull=False).count()
        for kind in LetterKind.values
    }
    invalid = Letter.objects.exclude(invalid_on=None)
    assert not invalid.filter(counted_on__isnull=False).exists()
    signatures = Signature.objects.filter(state="confirmed", needs_review=False).count()
    rows[ActionKind.SIGNATURE] = signatures
    posts = Post.objects.filter(state="posted", needs_review=False, invalid_on=None)
    rows[ActionKind.SOCIAL] = posts.count()
    for paper in PaperCount.objects.filter(state="counted"):
        rows[paper.kind] += paper.number
    tally = dict(Tally.objects.values_list("kind").annotate(sum=Sum("number")))
    assert {kind: tally.get(kind, 0) for kind in rows} == rows
    letters = Letter.objects.filter(counted_on__isnull=False)
    by_hand, posted = Q(route="by-hand"), Q(state="posted")
    sources = {
        "by-hand": letters.filter(by_hand).count(),
        "said": letters.filter(posted & ~by_hand).count() + posts.count(),
        "online": letters.exclude(posted).count() + signatures,
    }
    told_apart = Tally.objects.exclude(source="staff").values_list("source")
    assert dict(told_apart.annotate(sum=Sum("number"))) == sources
    assert all(sources.values())
    totals = {
        kind: ActionCount.objects.aggregate(sum=Sum(column))["sum"]
        for kind, column in ledger.TOTALS.items()
    }
    assert totals == rows
    assert all(rows.values())
