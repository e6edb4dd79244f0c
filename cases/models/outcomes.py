from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField

from cases.dates import PartialDateModel
from cases.models.case_parts import SourcedModel
from cases.models.cases import Case, CaseQuerySet
from cases.models.history import History


class Tone(models.TextChoices):
    GOOD = "good", _("good news")
    BAD = "bad", _("bad news")
    NEITHER = "neither", _("neither")


class OutcomeKind(models.TextChoices):
    """What happened; each kind says whether that is good news. A kind without a tone is an error
    when Python reads this."""

    RELEASED = "released", Tone.GOOD, _("released")
    CONDITIONALLY_RELEASED = "conditionally-released", Tone.GOOD, _("conditionally released")
    RELEASED_INTO_EXILE = "released-into-exile", Tone.GOOD, _("freed, and forced into exile")
    ACQUITTED = "acquitted", Tone.GOOD, _("acquitted")
    CHARGES_DROPPED = "charges-dropped", Tone.GOOD, _("charges dropped")
    CONVICTION_OVERTURNED = "conviction-overturned", Tone.GOOD, _("conviction overturned")
    SENTENCE_COMMUTED = "sentence-commuted", Tone.GOOD, _("sentence commuted")
    SENTENCE_REDUCED = "sentence-reduced", Tone.GOOD, _("sentence reduced")
    INVESTIGATION_OPENED = "investigation-opened", Tone.GOOD, _("investigation opened")
    HELD_TO_ACCOUNT = "held-to-account", Tone.GOOD, _("those responsible held to account")
    LAW_CHANGED = "law-changed", Tone.GOOD, _("law changed")
    LAND_OR_WATER_PROTECTED = (
        "land-or-water-protected",
        Tone.GOOD,
        _("land or water right protected"),
    )
    CONDITIONS_IMPROVED = "conditions-improved", Tone.GOOD, _("conditions improved")
    PROTECTION_GIVEN = "protection-given", Tone.GOOD, _("protection given")
    PARTIAL_PROGRESS = "partial-progress", Tone.GOOD, _("partial progress")
    COURT_STEP = "court-step", Tone.NEITHER, _("a step in court")
    TRANSFERRED = "transferred", Tone.NEITHER, _("transferred to another prison")
    NO_CHANGE_YET = "no-change-yet", Tone.NEITHER, _("no change yet")
    ARRESTED_AGAIN = "arrested-again", Tone.BAD, _("arrested again")
    CONVICTED = "convicted", Tone.BAD, _("convicted")
    PROSECUTION_DECLINED = "prosecution-declined", Tone.BAD, _("prosecution declined")
    ACQUITTAL_OF_ACCUSED = "acquittal-of-accused", Tone.BAD, _("the accused acquitted")
    WORSE = "worse", Tone.BAD, _("worse")
    DIED = "died", Tone.BAD, _("died")

    tone: Tone

    def __new__(cls, value: str, tone: Tone) -> OutcomeKind:
        kind = str.__new__(cls, value)
        kind._value_, kind.tone = value, tone
        return kind


TONES = {kind.value: kind.tone for kind in OutcomeKind}
GOOD_NEWS = [kind for kind in OutcomeKind if kind.tone == Tone.GOOD]
# After these, without conditions, there may be nothing left to ask for.
MAY_END_CASE = [
    OutcomeKind.RELEASED,
    OutcomeKind.RELEASED_INTO_EXILE,
    OutcomeKind.ACQUITTED,
    OutcomeKind.CHARGES_DROPPED,
    OutcomeKind.CONVICTION_OVERTURNED,
    OutcomeKind.HELD_TO_ACCOUNT,
    OutcomeKind.LAW_CHANGED,
    OutcomeKind.LAND_OR_WATER_PROTECTED,
    OutcomeKind.DIED,
]
SAY_CONDITIONS = [OutcomeKind.CONDITIONALLY_RELEASED, OutcomeKind.RELEASED_INTO_EXILE]


class Later(NamedTuple):
    """What is told in the same row as an older outcome."""

    outcome: Outcome
    is_surely_later: bool


class OutcomeQuerySet(models.QuerySet["Outcome"]):
    def newest_first(self) -> OutcomeQuerySet:
        """Undated rows last: nobody knows where they belong."""
        return self.order_by(F("date").desc(nulls_last=True), "-pk")

    def by_years(self) -> OutcomeQuerySet:
        """The newest year first, in each the great stories, then the newest."""
        year = F("date__year").desc(nulls_last=True)
        return self.order_by(year, "-is_featured", F("date").desc(nulls_last=True), "-pk")

    def with_changed_at(self) -> OutcomeQuerySet:
        """Adds `changed_at`: when staff last wrote it, a correction too."""
        versions = Outcome.history.filter(id=OuterRef("pk")).order_by("-history_date")
        newest = Subquery(versions.values("history_date")[:1])
        changed = {"changed_at": Coalesce(newest, F("recorded_at"))}
        return self.annotate(**changed)

    def front_page_first(self) -> OutcomeQuerySet:
        """Those that staff chose for it, then the newest."""
        return self.order_by("-on_front_page", F("date").desc(nulls_last=True), "-pk")

    def with_case(self) -> OutcomeQuerySet:
        """With what is shown of its case beside each."""
        return self.select_related("case__portrait").prefetch_related("case__themes")

    def that_may_end_case(self) -> OutcomeQuerySet:
        # See also Outcome.may_end_case
        return self.filter(kind__in=MAY_END_CASE, conditional=False)

    def good_news(self) -> OutcomeQuerySet:
        """Of cases in lists: one that only its link finds must not be found by its outcome."""
        listed = CaseQuerySet(Case).listed()
        return self.filter(kind__in=GOOD_NEWS, case__in=listed.values("pk")).newest_first()


class Outcome(PartialDateModel, SourcedModel):
    """What became of a case. Rows are added, never overwritten; the newest is its status.

    An outcome is never said to have come because of letters.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="outcomes")
    kind = models.CharField(_("what happened"), max_length=24, choices=OutcomeKind.choices)
    headline = models.CharField(
        _("headline"),
        max_length=120,
        help_text=_("On cards and in the feed. ‘After’, not ‘because of’."),
    )
    text = models.TextField(
        _("text"), blank=True, help_text=_("Limits and setbacks too: “on bail”, “charges stand”.")
    )
    conditional = models.BooleanField(
        _("with conditions"), default=False, help_text=_("Bail, conditions, exile, open charges.")
    )
    actions_count = models.PositiveIntegerField(
        _("actions, as the source gives them"),
        null=True,
        blank=True,
        help_text=_("Shown as “Actions before it, as the source counts: 253,000”."),
    )
    actions_note = models.CharField(
        _("how the source says it"),
        max_length=300,
        blank=True,
        help_text=_("Shown behind the number, or alone: “more than 253,000 letters”."),
    )
    on_front_page = models.BooleanField(
        _("on the front page"),
        default=False,
        help_text=_("Named there before newer ones. Choose one or two that move people."),
    )
    is_featured = models.BooleanField(
        _("featured"),
        default=False,
        help_text=_("Told large among the good news. For the few that move people most."),
    )
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)

    i18n = TranslationField(fields=["headline", "text"])
    headline_i18n: str
    text_i18n: str
    later: list[Later]  # see with_later
    changed_at: datetime.datetime  # see OutcomeQuerySet.with_changed_at
    objects = OutcomeQuerySet.as_manager()
    history = History()

    class Meta:
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")
        ordering = ["date", "pk"]
        indexes = [models.Index(name="outcome_newest_first", fields=["-date", "-id"])]

    def __str__(self) -> str:
        return self.headline

    is_outcome = True

    @property
    def kind_text(self) -> str:
        """Its kind, and that it came with conditions unless the kind says so already."""
        kind = self.get_kind_display()
        if not self.conditional or self.kind in SAY_CONDITIONS:
            return kind
        return gettext("%(kind)s, with conditions") % {"kind": kind}

    @property
    def tone(self) -> Tone:
        return TONES[self.kind]

    @property
    def is_good_news(self) -> bool:
        return self.tone == Tone.GOOD

    @property
    def may_end_case(self) -> bool:
        """Whether there may be nothing left to ask for."""
        # See also OutcomeQuerySet.that_may_end_case
        return self.kind in MAY_END_CASE and not self.conditional

    @property
    def newest_first_key(self) -> tuple:
        # See also OutcomeQuerySet.newest_first
        return (self.date or datetime.date.min, self.pk)

    def is_surely_before(self, other: Outcome) -> bool:
        """Whether it was over when the other came, as far as the dates say."""
        last_day = self.last_day
        if last_day is None or other.date is None:
            return False
        if (self.date, self.date_precision) == (other.date, other.date_precision):
            return self.pk < other.pk  # in the order in which they were written down
        return last_day < other.date


def with_later(
    outcomes: Iterable[Outcome], among: models.QuerySet[Outcome] | None = None
) -> list[Outcome]:
    """The outcomes, each with `later`: what nobody may read it without. One query for all, and one
    more if some have a case in a later edition.

    That is every setback of the same person that is not known to have come before, and the newest
    outcome, if it is another one: so nobody stands as free who has died or is in prison again.
    """
    outcomes = list(outcomes)
    cases = {outcome.case_id: outcome.case for outcome in outcomes}
    among = Outcome.objects.all() if among is None else among
    # Hardly anybody is in more than three editions.
    of_later = Q(case__earlier__in=cases) | Q(case__earlier__earlier__in=cases)
    rows = among.filter(Q(case__in=cases) | of_later).annotate(
        earlier_case=F("case__earlier"), first_case=F("case__earlier__earlier")
    )
    later_cases = {row.case_id for row in rows} - cases.keys()
    cases |= CaseQuerySet(Case).listed().in_bulk(later_cases)
    of_case: dict[int, list[Outcome]] = defaultdict(list)
    for row in rows:
        if row.case_id in cases:
            row.case = cases[row.case_id]
            for case_id in (row.case_id, row.earlier_case, row.first_case):
                of_case[case_id].append(row)
    for outcome in outcomes:
        outcome.later = _later(outcome, of_case[outcome.case_id])
    return outcomes


def _later(outcome: Outcome, rows: list[Outcome]) -> list[Later]:
    rows = sorted(rows, key=lambda row: row.newest_first_key)
    found = []
    for row in rows:
        is_later = outcome.is_surely_before(row)
        is_setback = row.tone == Tone.BAD and not row.is_surely_before(outcome)
        if row != outcome and (is_setback or (is_later and row == rows[-1])):
            found.append(Later(row, is_later))
    return found


class Milestone(PartialDateModel, SourcedModel):
    """A line of the timeline that is no outcome: how it came to this."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="milestones")
    text = models.CharField(_("what happened"), max_length=300)

    i18n = TranslationField(fields=["text"])
    text_i18n: str
    is_outcome = False

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["date", "pk"]

    def __str__(self) -> str:
        return self.text
