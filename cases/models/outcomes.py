from __future__ import annotations

import datetime

from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField

from cases.dates import PartialDateModel
from cases.models.cases import Case, CaseQuerySet
from cases.models.history import History


class OutcomeKind(models.TextChoices):
    RELEASED = "released", _("released")
    CONDITIONALLY_RELEASED = "conditionally-released", _("conditionally released")
    ACQUITTED = "acquitted", _("acquitted")
    CHARGES_DROPPED = "charges-dropped", _("charges dropped")
    CONVICTION_OVERTURNED = "conviction-overturned", _("conviction overturned")
    SENTENCE_COMMUTED = "sentence-commuted", _("sentence commuted")
    SENTENCE_REDUCED = "sentence-reduced", _("sentence reduced")
    INVESTIGATION_OPENED = "investigation-opened", _("investigation opened")
    HELD_TO_ACCOUNT = "held-to-account", _("those responsible held to account")
    LAW_CHANGED = "law-changed", _("law changed")
    LAND_OR_WATER_PROTECTED = "land-or-water-protected", _("land or water right protected")
    CONDITIONS_IMPROVED = "conditions-improved", _("conditions improved")
    PROTECTION_GIVEN = "protection-given", _("protection given")
    NO_CHANGE_YET = "no-change-yet", _("no change yet")
    WORSE = "worse", _("worse")
    DIED = "died", _("died")


GOOD_NEWS = [
    kind
    for kind in OutcomeKind
    if kind not in (OutcomeKind.NO_CHANGE_YET, OutcomeKind.WORSE, OutcomeKind.DIED)
]


class OutcomeQuerySet(models.QuerySet):
    def newest_first(self) -> OutcomeQuerySet:
        """Undated rows last: nobody knows where they belong."""
        return self.order_by(F("date").desc(nulls_last=True), "-pk")

    def good_news(self) -> OutcomeQuerySet:
        """Of cases in lists: one that only its link finds must not be found by its outcome."""
        listed = CaseQuerySet(Case).listed()
        return self.filter(kind__in=GOOD_NEWS, case__in=listed.values("pk")).newest_first()


class Outcome(PartialDateModel):
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
    quote = models.CharField(_("quote"), max_length=300, blank=True, help_text=_("With consent."))
    quote_by = models.CharField(_("who says it"), max_length=120, blank=True)
    source_url = models.URLField(_("source"), max_length=700, blank=True)
    actions_count = models.PositiveIntegerField(
        _("actions, as the source gives them"), null=True, blank=True
    )
    actions_note = models.CharField(_("how the source says it"), max_length=300, blank=True)
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)

    i18n = TranslationField(fields=["headline", "text"])
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
    def has_conditions_to_name(self) -> bool:
        """Whether it came with conditions that its kind does not say already."""
        return self.conditional and self.kind != OutcomeKind.CONDITIONALLY_RELEASED

    @property
    def is_good_news(self) -> bool:
        return self.kind in GOOD_NEWS

    @property
    def newest_first_key(self) -> tuple:
        # See also OutcomeQuerySet.newest_first
        return (self.date or datetime.date.min, self.pk)


class Milestone(PartialDateModel):
    """A line of the timeline that is no outcome: how it came to this."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="milestones")
    text = models.CharField(_("what happened"), max_length=300)

    i18n = TranslationField(fields=["text"])
    is_outcome = False

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["date", "pk"]

    def __str__(self) -> str:
        return self.text
