from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.countries import CountryField, LanguageField, country_name
from cases.dates import earliest_today
from cases.models.cases import SHOWN_TO_WRITERS, Case
from cases.models.fields import OneToOneOrNoneField
from cases.models.history import History


class AddressVisibility(models.TextChoices):
    PUBLIC = "public", _("public")
    ON_REQUEST = "on-request", _("on request")
    STAFF_ONLY = "staff-only", _("staff only: never printed outside a hand-in")


class RecipientKind(models.TextChoices):
    PERSON = "person", _("the person")
    FAMILY = "family", _("the family")
    GROUP = "group", _("a group or community")


class SolidarityAction(models.Model):
    """To whom messages of support go, how, and from when to when."""

    case = OneToOneOrNoneField(Case, models.CASCADE, related_name="solidarity_action")
    recipient = models.CharField(_("recipient"), max_length=160)
    recipient_kind = models.CharField(
        _("who this is"),
        max_length=8,
        choices=RecipientKind.choices,
        default=RecipientKind.PERSON,
    )
    postal = models.TextField(
        _("postal address"), blank=True, help_text=_("One line as it is printed, no country.")
    )
    postal_country = CountryField(_("country of the address"), blank=True)
    address_visibility = models.CharField(
        _("who sees the address"),
        max_length=10,
        choices=AddressVisibility.choices,
        default=AddressVisibility.STAFF_ONLY,
    )
    languages = models.CharField(_("languages"), max_length=120, blank=True)
    formats = models.CharField(_("letter or card"), max_length=120, blank=True)
    takes_drawings = models.BooleanField(
        _("drawings are welcome"),
        default=False,
        help_text=_("A writer may add one. Whether it may be a photo, the safety rules say."),
    )
    shows_messages = models.BooleanField(
        _("messages may be shown on the site"),
        default=False,
        help_text=_("Each only with its writer's consent and after a moderator chose it."),
    )
    note = models.CharField(_("note"), max_length=400, blank=True)
    opens_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)

    history = History()

    class Meta:
        verbose_name = _("solidarity action")
        verbose_name_plural = _("solidarity actions")
        constraints = [
            models.CheckConstraint(
                name="solidarity_action_opens_before_it_ends",
                condition=models.Q(opens_on=None)
                | models.Q(ends_on=None)
                | models.Q(opens_on__lte=models.F("ends_on")),
                violation_error_code="ends_on",
                violation_error_message=_("The last day must not come before the first."),
            )
        ]

    def __str__(self) -> str:
        return self.recipient

    @property
    def is_given_on_request(self) -> bool:
        """Whether we have an address that is never published, but given to anyone who asks."""
        return bool(self.postal) and self.address_visibility == AddressVisibility.ON_REQUEST

    @property
    def has_address_for_writers(self) -> bool:
        """Printed, or told to who asks us; one that only staff may see never leaves the hand-in."""
        # See also CaseQuerySet.taking_messages
        return bool(self.postal) and self.address_visibility in SHOWN_TO_WRITERS

    @property
    def is_open(self) -> bool:
        """Whether today is within its dates; that its case takes actions is asked there."""
        if self.opens_on and timezone.localdate() < self.opens_on:
            return False
        return not self.is_over

    @property
    def is_over(self) -> bool:
        """Whether its last day has passed, everywhere."""
        return self.ends_on is not None and self.ends_on < earliest_today()

    @property
    def public_lines(self) -> list[str]:
        """The address, the country last, if everybody may see it; else nothing."""
        lines = [line.strip() for line in self.postal.splitlines() if line.strip()]
        if not lines or self.address_visibility != AddressVisibility.PUBLIC:
            return []
        return [*lines, country_name(self.postal_country)]

    @property
    def window_lines(self) -> list[str]:
        """The same for envelope and card, the country in capitals: see Target.window_lines."""
        lines = self.public_lines
        return lines and [*lines[:-1], country_name(self.postal_country, "en").upper()]


class SolidarityPhrase(models.Model):
    """A sentence that a message of support can begin with, in a language its readers read."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="solidarity_phrases")
    language = LanguageField(_("language"), default="en")
    text = models.CharField(_("sentence"), max_length=300)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("sample sentence")
        verbose_name_plural = _("sample sentences for messages of support")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text
