"""What people do in `make rehearse` is what the pages ask for: else it rehearses nothing."""

import re

import pytest
from django.core import mail
from django.test import Client
from time_machine import Traveller

from bench.rehearse.visits import Answer, Tally, Visit
from cases.models import Case
from letters.mail import outbox
from letters.models import Letter, LetterState, Post, Signature, SignatureState
from tests.factories import make_case_to_write_for, make_petition

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


class DjangoVisit(Visit):
    """Gets its pages from Django, and waits for nobody."""

    def __init__(self, number: int, cases: list[str], clock: Traveller) -> None:
        super().__init__(number, cases, Tally())
        self.clock = clock
        self.client = Client(enforce_csrf_checks=True)

    def fetch(self, method: str, path: str, kind: str, data: str | None) -> Answer:
        form = "application/x-www-form-urlencoded"
        got = self.client.generic(method, path, data or "", content_type=form)
        is_text = got.headers.get("Content-Type", "").startswith("text/html")
        location = got.headers.get("Location", "").partition("#")[0]
        return Answer(got.status_code, got.text if is_text else "", location)

    def pause(self, seconds: float) -> None:
        self.clock.shift(seconds)  # who is too quick is taken for a machine

    def link_in_mail(self, patience: float) -> str:
        outbox.send_due()
        return re.findall(r"^https?://[^/]+(/\S+)", mail.outbox[-1].body, re.MULTILINE)[0]


def test_whoever_writes_signs_shares_and_takes_all_leaves_rows_behind(still_clock):
    cases = [make_case_to_write_for().slug for _nr in range(2)]
    for case in Case.objects.all():
        make_petition(case)
    writer, taker = [DjangoVisit(number, cases, still_clock) for number in (1, 2)]

    writer.writes_a_letter(f"/fr/cases/{cases[0]}/write/")
    writer.signs(cases[0], "/fr")
    writer.shares(cases[0], "/fr")
    writer.reads_on("/fr")
    taker.takes_all("")

    assert not writer.tally.wrong
    assert not taker.tally.wrong
    assert [Letter.objects.count(), Post.objects.count()] == [1, 1]
    assert Letter.objects.get().state in (LetterState.READY, LetterState.POSTED)
    confirmed = Signature.objects.filter(state=SignatureState.CONFIRMED)
    assert confirmed.count() == 1 + taker.tally.done["signatures"] == 3
