from __future__ import annotations

import datetime
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.countries import country_name
from cases.models import Case
from letters.models.actions import ActionKind


class TallySource(models.TextChoices):
    """How we know that something was done: docs/safety.md 24. See also Letter.tally_key."""

    ONLINE = "online", _("received here or confirmed")
    SAID = "said", _("people say they sent or posted it")
    BY_HAND = "by-hand", _("people say they wrote it by hand")
    STAFF = "staff", _("on paper, entered by staff")


class TallyKey(NamedTuple):
    """Where in the tally an action counts."""

    case_id: int
    kind: str
    source: str
    day: datetime.date
    country: str

    def sentence(self, slugs: dict[int, str]) -> str:
        country = country_name(self.country, "en") if self.country else "no country"
        where = "" if self.source == TallySource.ONLINE else f", {self.source}"
        return f"{slugs[self.case_id]}, {self.kind}{where}, {self.day:%d.%m.%Y}, {country}"


class Tally(models.Model):
    """The one ledger of actions: how many of a kind, for a case, on a day, from a country.

    Every count shown anywhere is a sum over it. Only `letters.statistics.ledger` writes it, in the
    transaction that changes the thing counted; `manage.py recount` proves it against the rows.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="tallies")
    kind = models.CharField(_("kind"), max_length=10, choices=ActionKind.choices)
    source = models.CharField(_("source"), max_length=10, choices=TallySource.choices)
    day = models.DateField(_("day"))
    country = models.CharField(_("country"), max_length=2, blank=True)
    number = models.PositiveIntegerField(_("number"), default=0)

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        constraints = [
            models.UniqueConstraint(
                name="tally_one_row_per_case_kind_source_day_and_country",
                fields=["case", "kind", "source", "day", "country"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.day} {self.country}: {self.number}"

    @property
    def tally_key(self) -> TallyKey:
        return TallyKey(self.case_id, self.kind, self.source, self.day, self.country)
