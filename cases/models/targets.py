from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField

from cases.countries import CountryField, LanguageField, country_name
from cases.dates import PartialDateField, earliest_today, partial_date_text
from cases.models.cases import Case
from cases.models.embassies import Confidence
from cases.models.history import History
from cases.models.translation import shown_language

PARTIAL_HELP = _("As finely as it is known: 2026-03-02, 2026-03 or 2026.")
MAIN = "main"  # the key of the only target of a case, until somebody chooses another


class TargetQuerySet(models.QuerySet["Target"]):
    def open(self) -> TargetQuerySet:
        # See also Target.is_open
        return self.exclude(appeal_deadline__lt=earliest_today())


class Target(models.Model):
    """An official who is written to. Any part of the address may be missing.

    A case may have several, in the order in which a writer is offered them.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="targets")
    key = models.SlugField(
        _("short name in links"),
        max_length=40,
        default=MAIN,
        help_text=_(
            "A different one for each target of the case, such as “prosecutor”. Letters that were "
            "written keep it."
        ),
    )
    name = models.CharField(
        _("name"), max_length=120, blank=True, help_text=_("Leave empty if it is not certain.")
    )
    title = models.CharField(_("title"), max_length=80, blank=True, help_text=_("“H.E.”, “Dr”"))
    office = models.CharField(_("office"), max_length=200)
    holder_as_of = PartialDateField(_("name and office known as of"), help_text=PARTIAL_HELP)
    asked = models.CharField(
        _("what this target is asked"),
        max_length=300,
        blank=True,
        help_text=_("One sentence. Needed if the case has several targets: the writer chooses."),
    )
    salutation = models.CharField(_("salutation"), max_length=120, help_text=_("“Dear …,”"))
    close = models.CharField(_("close"), max_length=120, help_text=_("“Yours faithfully,”"))
    language = LanguageField(_("language of these"), default="en")
    local_language = LanguageField(_("the target's language"), blank=True)
    local_salutation = models.CharField(_("salutation in it"), max_length=120, blank=True)
    local_close = models.CharField(_("close in it"), max_length=120, blank=True)
    postal = models.TextField(
        _("postal address"),
        blank=True,
        help_text=_("One line as it is printed; without the country. Leave empty if unknown."),
    )
    postal_country = CountryField(_("country of the address"), blank=True)
    address_for_staff_only = models.BooleanField(
        _("address for staff only"),
        default=False,
        help_text=_(
            "Known, but not good enough to print: neither readers nor writers see the postal "
            "address."
        ),
    )
    address_as_of = PartialDateField(_("address known as of"), help_text=PARTIAL_HELP)
    address_confidence = models.CharField(
        _("how sure the address is"), max_length=6, choices=Confidence.choices, blank=True
    )
    email = models.EmailField(
        _("e-mail"),
        blank=True,
        help_text=_("Writers are offered it once the day of the check is filled in below."),
    )
    appeal_deadline = models.DateField(
        _("write until"),
        null=True,
        blank=True,
        help_text=_("The last day on which a letter can help. After it nobody is asked to write."),
    )
    checked_on = models.DateField(
        _("address and office checked on"), null=True, blank=True, help_text=_("By one of us.")
    )
    source_url = models.URLField(_("source of the address"), max_length=500, blank=True)
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("The smallest is offered first.")
    )

    i18n = TranslationField(fields=["asked"])
    asked_i18n: str
    objects = TargetQuerySet.as_manager()
    history = History()

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="target_key_once_in_a_case",
                fields=["case", "key"],
                violation_error_code="key",
                violation_error_message=_(
                    "Another target of this case has this short name: choose another."
                ),
            ),
            models.CheckConstraint(
                name="target_address_has_a_country",
                condition=models.Q(postal="") | ~models.Q(postal_country=""),
                violation_error_code="postal_country",
                violation_error_message=_("Choose the country of the address."),
            ),
            models.CheckConstraint(
                name="target_local_language_has_salutation_and_close",
                condition=models.Q(local_language="")
                | (~models.Q(local_salutation="") & ~models.Q(local_close="")),
                violation_error_code="local_language",
                violation_error_message=_(
                    "Beside this language, write the salutation and the close in it."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.office}" if self.name else self.office

    @property
    def full_name(self) -> str:
        return f"{self.title} {self.name}".strip() if self.name else ""

    @property
    def asked_language(self) -> str:
        return shown_language(self.i18n, "asked")

    @property
    def is_open(self) -> bool:
        """Whether its last day is not over yet everywhere; that its case takes actions is asked
        there."""
        # See also TargetQuerySet.open
        return self.appeal_deadline is None or earliest_today() <= self.appeal_deadline

    @property
    def holder_as_of_text(self) -> str:
        return partial_date_text(self.holder_as_of)

    @property
    def address_as_of_text(self) -> str:
        return partial_date_text(self.address_as_of)

    @property
    def checked_email(self) -> str:
        """The e-mail address, once one of us has checked it; before, only staff see it."""
        return self.email if self.checked_on else ""

    @property
    def postal_lines(self) -> list[str]:
        """The address as printed, the country last; empty if none is known, or none for readers."""
        if self.address_for_staff_only:
            return []
        lines = [line.strip() for line in self.postal.splitlines() if line.strip()]
        return [*lines, country_name(self.postal_country)] if lines else []

    @property
    def recipient_lines(self) -> list[str]:
        """Name, office and address, as known; neither twice if the address begins with it."""
        postal = self.postal_lines
        # Not the town and the country: an office can begin with their names and be another line.
        named = tuple(line.removeprefix("The ") for line in postal[:-2])
        head = [line for line in self.addressee_lines if line not in postal]
        return [line for line in head if not line.startswith(named)] + postal

    @property
    def addressee_lines(self) -> list[str]:
        """Name and office, as far as they are known."""
        return [line for line in (self.full_name, self.office) if line]

    @property
    def window_lines(self) -> list[str]:
        """For the envelope, as far as known, the country in capitals.

        The Universal Postal Union asks for the country last and in capitals, in a language that
        the sender's post reads; English serves everywhere. Source: UPU, "How to address mail".
        """
        if not self.postal_lines:
            return self.recipient_lines
        return [*self.recipient_lines[:-1], country_name(self.postal_country, "en").upper()]

    @property
    def languages(self) -> list[str]:
        """The codes of those we have a salutation in, so that a letter can be written in them."""
        return [code for code in (self.language, self.local_language) if code]

    def salutation_in(self, language: str) -> tuple[str, str]:
        """Salutation and close in the language, or those we have."""
        if language and language == self.local_language:
            return self.local_salutation, self.local_close
        return self.salutation, self.close
