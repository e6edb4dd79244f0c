from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.countries import country_choices, country_name, validate_country
from cases.models.cases import Case
from cases.models.history import History

LANGUAGE_HELP = _("A language code: en, es, fr, ar, my, km …")


class Target(models.Model):
    """The official who is written to. Any part of the address may be missing."""

    case = models.OneToOneField(Case, models.CASCADE, related_name="target")
    name = models.CharField(
        _("name"), max_length=120, blank=True, help_text=_("Leave empty if it is not certain.")
    )
    title = models.CharField(_("title"), max_length=80, blank=True, help_text=_("“H.E.”, “Dr”"))
    office = models.CharField(_("office"), max_length=200)
    salutation = models.CharField(_("salutation"), max_length=120, help_text=_("“Dear …,”"))
    close = models.CharField(_("close"), max_length=120, help_text=_("“Yours faithfully,”"))
    language = models.CharField(
        _("language of these"), max_length=12, default="en", help_text=LANGUAGE_HELP
    )
    local_language = models.CharField(
        _("the target's language"), max_length=12, blank=True, help_text=LANGUAGE_HELP
    )
    local_salutation = models.CharField(_("salutation in it"), max_length=120, blank=True)
    local_close = models.CharField(_("close in it"), max_length=120, blank=True)
    postal = models.TextField(
        _("postal address"),
        blank=True,
        help_text=_("One line as it is printed; without the country. Leave empty if unknown."),
    )
    postal_country = models.CharField(
        _("country of the address"),
        max_length=2,
        blank=True,
        choices=country_choices,
        validators=[validate_country],
    )
    email = models.EmailField(_("e-mail"), blank=True)
    social = models.CharField(_("social handle"), max_length=80, blank=True)
    appeal_deadline = models.DateField(
        _("write until"), null=True, blank=True, help_text=_("After it letters come too late.")
    )
    checked_on = models.DateField(
        _("address and office checked on"), null=True, blank=True, help_text=_("By one of us.")
    )
    source_url = models.URLField(_("source of the address"), max_length=500, blank=True)

    history = History()

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        constraints = [
            models.CheckConstraint(
                name="target_address_has_a_country",
                condition=models.Q(postal="") | ~models.Q(postal_country=""),
            ),
            models.CheckConstraint(
                name="target_local_language_has_salutation_and_close",
                condition=models.Q(local_language="")
                | (~models.Q(local_salutation="") & ~models.Q(local_close="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.office}" if self.name else self.office

    @property
    def full_name(self) -> str:
        return f"{self.title} {self.name}".strip()

    @property
    def postal_lines(self) -> list[str]:
        """The address as printed, the country last; empty if no address is known."""
        lines = [line.strip() for line in self.postal.splitlines() if line.strip()]
        return [*lines, country_name(self.postal_country)] if lines else []

    @property
    def recipient_lines(self) -> list[str]:
        """Name, office and address, as known; neither twice if the address begins with it."""
        postal = self.postal_lines
        head = [line for line in (self.full_name, self.office) if line]
        return [line for line in head if not line.startswith(tuple(postal))] + postal

    @property
    def window_lines(self) -> list[str]:
        """For the envelope, as far as known, the country in capitals.

        The Universal Postal Union asks for the country last and in capitals, in a language that
        the sender's post reads; English serves everywhere. Source: UPU, "How to address mail".
        """
        if not self.postal:
            return self.recipient_lines
        return [*self.recipient_lines[:-1], country_name(self.postal_country, "en").upper()]

    def salutation_in(self, language: str) -> tuple[str, str]:
        """Salutation and close in the language, or those we have."""
        if language and language == self.local_language:
            return self.local_salutation, self.local_close
        return self.salutation, self.close
