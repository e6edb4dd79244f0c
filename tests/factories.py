"""Rows for tests, plainly invented. A test names the fields it is about; the rest is filled in."""

import datetime
import itertools

from django.utils import timezone

from cases.models import (
    Case,
    Consent,
    ConsentBasis,
    Demand,
    Edition,
    ModelLetter,
    Outcome,
    Point,
    SafetyRule,
    Stage,
    Target,
    Theme,
    Topic,
)
from letters import counting
from letters.models import COUNTED, Letter, LetterState, Pledge, Route

numbers = itertools.count(1)


def make_edition(year: int = 2025, **fields) -> Edition:
    fields = {
        "title": f"Write for Rights {year}",
        "introduction": "Letters for people whose rights are violated.",
        "opens_on": datetime.date(year, 11, 1),
    } | fields
    return Edition.objects.get_or_create(year=year, defaults=fields)[0]


def make_theme(slug: str = "land-rights", name: str = "Land rights") -> Theme:
    return Theme.objects.get_or_create(slug=slug, defaults={"name": name})[0]


def make_case(**fields) -> Case:
    """A published case with no target, that takes letters."""
    number = next(numbers)
    themes = fields.pop("themes", [])
    fields = {
        "slug": f"test-person-{number}",
        "display_name": f"Test Person {number}",
        "country": "NO",
        "region": "europe-central-asia",
        "headline": "A herder whose pastures are to be built over",
        "summary": "A plainly invented herder of a test, whose pastures are to be built over.",
        "story": "## The pastures\n\nA plainly *invented* story of a test.",
        "stage": Stage.PUBLISHED,
    } | fields
    if "edition" not in fields:
        fields["edition"] = make_edition()
    case = Case.objects.create(**fields)
    case.themes.set(themes)
    return case


def make_target(case: Case | None = None, **fields) -> Target:
    case = case or make_case()
    fields = {
        "name": "Test Official",
        "office": "Minister of Tests",
        "salutation": "Dear Minister,",
        "close": "Yours faithfully,",
        "postal": "Ministry of Tests\n1 Invented Street\n0001 Testville",
        "postal_country": "NO",
    } | fields
    return Target.objects.create(case=case, **fields)


def make_case_to_write_for(**fields) -> Case:
    """A published case with all that a letter needs: target, demand, model letter with points."""
    case = make_case(**fields)
    make_target(case)
    Demand.objects.create(case=case, text="Stop building on the pastures.")
    make_model_letter(case)
    return case


def make_model_letter(case: Case, language: str = "en", **fields) -> ModelLetter:
    fields = {
        "subject": "The pastures",
        "body": "I write to you about the pastures.\n\nPlease do not build on them.",
    } | fields
    model = ModelLetter.objects.create(case=case, language=language, **fields)
    for position, text in enumerate(["The herds need the land.", "Nobody asked the herders."]):
        Point.objects.create(model_letter=model, text=text, position=position)
    return model


def make_outcome(case: Case | None = None, **fields) -> Outcome:
    fields = {"kind": "released", "headline": "Free after two years", "date": "2025-02-28"} | fields
    return Outcome.objects.create(case=case or make_case(), **fields)


def make_consent(case: Case, **fields) -> Consent:
    fields = {
        "basis": ConsentBasis.GIVEN,
        "given_by": "the person",
        "risk_note": "Being known protects more than it harms.",
    } | fields
    return Consent.objects.create(case=case, **fields)


def answer_all_rules(case: Case, answer: str = "no") -> None:
    for topic in Topic:
        for applies_to in ("appeal", "solidarity"):
            SafetyRule.objects.create(
                case=case, topic=topic, applies_to=applies_to, answer=answer, why="A test says so."
            )


def make_pledge(case: Case | None = None, **fields) -> Pledge:
    number = next(numbers)
    case = case or make_case()
    fields = {
        "key": f"pledgekey{number:013d}",
        "edition": case.edition,
        "case": case,
        "number": 3,
        "due_on": timezone.localdate() + datetime.timedelta(days=10),
        "created_at": timezone.now(),
    } | fields
    return Pledge.objects.create(**fields)


def make_letter(case: Case | None = None, **fields) -> Letter:
    """A letter in any state; one that counts is in the tally too."""
    number = next(numbers)
    now = timezone.now()
    fields = {
        "key": f"letterkey{number:013d}",
        "state": LetterState.DRAFTING,
        "subject": "The pastures",
        "body": "I write to you about the pastures. Please do not build on them.",
        "name": "Sam Tester",
        "created_at": now,
        "changed_at": now,
    } | fields
    if fields["state"] in COUNTED and not fields.get("held"):
        fields.setdefault("counted_on", timezone.localdate())
    if fields["state"] in (LetterState.SUBMITTED, LetterState.APPROVED):
        fields.setdefault("route", Route.DELIVER)
    letter = Letter.objects.create(case=case or make_case(), **fields)
    if letter.counts:
        counting.count(letter)
    return letter
