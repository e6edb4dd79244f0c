from __future__ import annotations

from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency, list_currencies
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField

from cases.countries import CountryField, country_name
from cases.dates import PartialDateField
from cases.models.embassies import Researched, validate_countries
from cases.models.history import History
from cases.models.translation import shown_language


def validate_currency(code: str) -> None:
    if code not in list_currencies():
        raise ValidationError(_("“%(code)s” is not the code of a currency."), params={"code": code})


class LettersAccepted(models.TextChoices):
    """What was found, which is less than what is so: no notice is no promise."""

    NO_RESTRICTION = "no restriction found", _("no restriction found")
    NO_SUSPENSION = "no suspension found", _("no suspension found")
    UNCLEAR = "unclear", _("unclear")
    SUSPENDED = "suspended", _("suspended")


class Reliability(models.TextChoices):
    NO_PROBLEM = "no problem found", _("no problem found")
    UNKNOWN = "unknown", _("not known")
    LIMITED = "limited", _("limited")
    UNCERTAIN = "uncertain", _("slow or uncertain")
    AT_RISK = "at risk", _("at risk")


class PostalNote(Researched):
    """What is known of the post in a country that letters go to."""

    country = CountryField(
        _("country"),
        unique=True,
        help_text=_("The country that letters go to."),
    )
    letters_accepted = models.CharField(
        _("are letters to it accepted?"),
        max_length=24,
        choices=LettersAccepted.choices,
        default=LettersAccepted.UNCLEAR,
        help_text=_("Only what you have found. That you found no notice does not mean it works."),
    )
    reliability = models.CharField(
        _("how it works there"),
        max_length=20,
        choices=Reliability.choices,
        default=Reliability.UNKNOWN,
    )
    embassy_first = models.BooleanField(
        _("the embassy is the better way"),
        default=False,
        help_text=_(
            "The post there is slow, uncertain or at risk: who can send it through an embassy is "
            "offered that first."
        ),
    )
    advice = models.CharField(
        _("advice to writers"),
        max_length=300,
        blank=True,
        help_text=_("Shown where somebody chooses how the letter travels. A sentence or two."),
    )
    delivery_days = models.PositiveSmallIntegerField(
        _("working days a letter from abroad takes"),
        null=True,
        blank=True,
        help_text=_("As the post there says it, on average."),
    )
    delivery_as_of = PartialDateField(
        _("said in"),
        help_text=_("When the post said so: 2025, 2025-07 or 2025-07-30."),
    )

    i18n = TranslationField(fields=["advice"])
    history = History()

    class Meta:
        verbose_name = _("note on the post")
        verbose_name_plural = _("notes on the post")
        ordering = ["country"]
        constraints = [
            models.CheckConstraint(
                name="postal_note_says_when_its_days_were_said",
                condition=models.Q(delivery_days__isnull=True) | ~models.Q(delivery_as_of=""),
                violation_error_code="delivery_as_of",
                violation_error_message=_("Write when the post said so: days have a date."),
            )
        ]

    def __str__(self) -> str:
        return country_name(self.country)

    @property
    def advice_language(self) -> str:
        return shown_language(self.i18n, "advice")


class PostageQuerySet(models.QuerySet["Postage"]):
    def to_show(self, origin: str, destination: str) -> Postage | None:
        """Today's price of a letter from one country to the other, as far as it is known.

        Prices are of letters abroad: a letter inside a country has none here.
        """
        if origin == destination:
            return None
        found = self.filter(country=origin, current=True, price__isnull=False).exclude(as_of="")
        return next((one for one in found if one.goes_to(destination)), None)


class Postage(Researched):
    """What a letter abroad costs in a country that people write from, in one zone of its post."""

    country = CountryField(_("posted in"))
    operator = models.CharField(_("post"), max_length=60, help_text=_("“Royal Mail”"))
    zone = models.CharField(
        _("zone"), max_length=60, default="world", help_text=_("As the post calls it: “Europe”.")
    )
    destinations = models.JSONField(
        _("countries"),
        default=list,
        blank=True,
        validators=[validate_countries],
        help_text=_(
            "Those of the zone that letters of this campaign go to, one code a line. Empty if the "
            "price is the same all over the world."
        ),
    )
    price = models.DecimalField(
        _("price"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=_("Of the cheapest letter abroad. Empty if it is not known."),
    )
    currency = models.CharField(
        _("currency"),
        max_length=3,
        blank=True,
        validators=[validate_currency],
        help_text=_("EUR, GBP, USD"),
    )
    max_weight_g = models.PositiveSmallIntegerField(
        _("up to (grams)"), null=True, blank=True, help_text=_("Two sheets and an envelope: 15 g.")
    )
    as_of = PartialDateField(
        _("as of"),
        help_text=_("The day from which the price holds, or of the source."),
    )
    current = models.BooleanField(
        _("today’s price"),
        default=False,
        help_text=_("Only then writers see it, always with its date. Prices rise every year."),
    )
    check_url = models.URLField(
        _("page of the post"),
        max_length=300,
        blank=True,
        help_text=_("Where writers can look up prices, or what stops the post now. Shown to them."),
    )

    objects = PostageQuerySet.as_manager()
    history = History()

    class Meta:
        verbose_name = _("price of a letter")
        verbose_name_plural = _("prices of letters")
        ordering = ["country", "zone"]
        constraints = [
            models.UniqueConstraint(
                name="postage_one_for_each_zone",
                fields=["country", "zone"],
                violation_error_code="zone",
                violation_error_message=_("There is a price for this zone already: change it."),
            ),
            models.CheckConstraint(
                name="postage_price_has_a_currency_and_a_date",
                condition=models.Q(price__isnull=True)
                | (~models.Q(currency="") & ~models.Q(as_of="")),
                violation_error_code="as_of",
                violation_error_message=_("A price needs its currency and its date."),
            ),
        ]

    def __str__(self) -> str:
        return f"{country_name(self.country)}: {self.zone}"

    def goes_to(self, country: str) -> bool:
        return not self.destinations or country in self.destinations

    @property
    def price_text(self) -> str:
        """“€1.25”, as the page's language writes it."""
        locale = Locale.parse((get_language() or "en").replace("-", "_"))
        return format_currency(self.price, self.currency, locale=locale) if self.price else ""
