from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.countries import country_choices, country_name, validate_country
from cases.models.cases import Case
from cases.models.history import History


class AddressVisibility(models.TextChoices):
    PUBLIC = "public", _("public")
    ON_REQUEST = "on-request", _("on request")
    STAFF_ONLY = "staff-only", _("staff only: never printed outside a hand-in")


class SolidarityAction(models.Model):
    """To whom messages of support go, and how."""

    case = models.OneToOneField(Case, models.CASCADE, related_name="solidarity_action")
    recipient = models.CharField(_("recipient"), max_length=160)
    postal = models.TextField(
        _("postal address"), blank=True, help_text=_("One line as it is printed, no country.")
    )
    postal_country = models.CharField(
        _("country of the address"),
        max_length=2,
        blank=True,
        choices=country_choices,
        validators=[validate_country],
    )
    address_visibility = models.CharField(
        _("who sees the address"),
        max_length=10,
        choices=AddressVisibility.choices,
        default=AddressVisibility.STAFF_ONLY,
    )
    languages = models.CharField(_("languages"), max_length=120, blank=True)
    formats = models.CharField(_("letter or card"), max_length=120, blank=True)
    phrases = models.TextField(_("sample messages"), blank=True, help_text=_("One a line."))
    note = models.CharField(_("note"), max_length=400, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)

    history = History()

    class Meta:
        verbose_name = _("solidarity action")
        verbose_name_plural = _("solidarity actions")

    def __str__(self) -> str:
        return self.recipient

    @property
    def public_lines(self) -> list[str]:
        """The address, the country last, if everybody may see it; else nothing."""
        lines = [line.strip() for line in self.postal.splitlines() if line.strip()]
        if not lines or self.address_visibility != AddressVisibility.PUBLIC:
            return []
        return [*lines, country_name(self.postal_country)]
