from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.countries import CountryField, country_name, validate_country
from cases.dates import PartialDateField
from cases.models.history import History


def validate_countries(codes: list[str]) -> None:
    for code in codes:
        validate_country(code)


class EmbassyKind(models.TextChoices):
    EMBASSY = "embassy", _("embassy")
    HIGH_COMMISSION = "high commission", _("high commission")


class EmbassyUse(models.TextChoices):
    YES = "yes", _("yes, offer it to writers")
    CHECK_FIRST = "check first", _("no, check it first: seen by staff only")


class Confidence(models.TextChoices):
    HIGH = "high", _("high: an official page, or two sources that agree")
    MEDIUM = "medium", _("medium: one decent source")
    LOW = "low", _("low: a weak source")


class Researched(models.Model):
    """What somebody found out: of which day, how sure it is, and where it was read."""

    as_of = PartialDateField(
        _("as of"),
        help_text=_(
            "Date of the newest source: 2025, 2025-07 or 2025-07-30. Empty if it has none."
        ),
    )
    confidence = models.CharField(
        _("how sure"), max_length=6, choices=Confidence.choices, default=Confidence.LOW
    )
    sources = models.JSONField(
        _("sources"), default=list, blank=True, help_text=_("One a line. Seen by staff only.")
    )
    staff_note = models.TextField(
        _("note for staff"), blank=True, help_text=_("What is uncertain, what to check. Not shown.")
    )
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        abstract = True


class EmbassyQuerySet(models.QuerySet["Embassy"]):
    def offered(self) -> EmbassyQuerySet:
        """Those whose address may be printed."""
        return self.filter(use=EmbassyUse.YES)

    def origins(self, of_country: str) -> list[str]:
        """The countries in which people can write to that country through one, by their code."""
        rows = self.offered().filter(of_country=of_country).values_list("in_country", "covers")
        return sorted({code for there, covered in rows for code in [there, *covered]})

    def offered_from(self, origin: str, of_country: str) -> Embassy | None:
        """The one through which somebody in `origin` may write to that country: the one there,
        else one elsewhere that covers `origin`."""
        found = list(self.offered().filter(of_country=of_country).order_by("in_country", "city"))
        there = (embassy for embassy in found if embassy.in_country == origin)
        covering = (embassy for embassy in found if origin in embassy.covers)
        return next(there, None) or next(covering, None)


class Embassy(Researched):
    """An embassy through which letters to its country can go, for the price of a letter inside
    the country it is in; and which can be sent copies."""

    of_country = CountryField(_("embassy of"), help_text=_("The country that is written to."))
    in_country = CountryField(
        _("in"),
        help_text=_("The country it is in, where people write from."),
    )
    city = models.CharField(_("city"), max_length=80)
    kind = models.CharField(
        _("kind"), max_length=16, choices=EmbassyKind.choices, default=EmbassyKind.EMBASSY
    )
    postal = models.TextField(
        _("address"),
        help_text=_(
            "Its name first, then its address, one line as it is printed; without the country. "
            "Never half an address: if the street or the town lacks, leave the embassy out."
        ),
    )
    use = models.CharField(
        _("offer it"),
        max_length=12,
        choices=EmbassyUse.choices,
        default=EmbassyUse.CHECK_FIRST,
        help_text=_("“Yes” prints this address on letters: choose it once you have checked it."),
    )
    why = models.CharField(
        _("why check it"),
        max_length=120,
        blank=True,
        help_text=_("What is wrong with the address: “old”, “incomplete”. Seen by staff only."),
    )
    covers = models.JSONField(
        _("also covers"),
        default=list,
        blank=True,
        validators=[validate_countries],
        help_text=_(
            "Countries without an embassy of their own that this one is in charge of, one code a "
            "line: IE, SE. People there can send letters through it, for the price of a letter "
            "abroad."
        ),
    )
    confidence = models.CharField(
        _("how sure"), max_length=6, choices=Confidence.choices, default=Confidence.MEDIUM
    )
    sources = models.JSONField(
        _("sources"),
        default=list,
        blank=True,
        help_text=_("Where the address was read, one a line. Seen by staff only."),
    )

    objects = EmbassyQuerySet.as_manager()
    history = History()

    class Meta:
        verbose_name = _("embassy")
        verbose_name_plural = _("embassies")
        ordering = ["of_country", "in_country", "city"]
        constraints = [
            models.UniqueConstraint(
                name="embassy_of_a_country_once_in_a_city",
                fields=["of_country", "in_country", "city"],
                violation_error_code="city",
                violation_error_message=_(
                    "There is an embassy of this country in this city already: change that one."
                ),
            )
        ]

    def __str__(self) -> str:
        names = {"of": country_name(self.of_country), "in": country_name(self.in_country)}
        return gettext("%(of)s, in %(in)s") % names

    @property
    def postal_lines(self) -> list[str]:
        """Its name and address, without the country."""
        return [line.strip() for line in self.postal.splitlines() if line.strip()]
