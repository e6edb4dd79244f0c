from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.cases import Case
from cases.models.history import History


class ConsentBasis(models.TextChoices):
    GIVEN = "given", _("given to us")
    ORGANISER = "organiser", _("featured publicly by the campaign's organiser; not verified by us")


class ConsentQuerySet(models.QuerySet["Consent"]):
    def in_force(self) -> "ConsentQuerySet":
        # See also Consent.is_in_force
        return self.filter(withdrawn_on__isnull=True).exclude(expires_on__lt=timezone.localdate())


class Consent(models.Model):
    """By what right a case is told, and why that helps more than it harms.

    Seen by the safety role only.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="consents")
    basis = models.CharField(
        _("basis"), max_length=10, choices=ConsentBasis.choices, default=ConsentBasis.GIVEN
    )
    given_by = models.CharField(
        _("given by whom"),
        max_length=200,
        blank=True,
        help_text=_("The person, or who may speak for them, and in what capacity."),
    )
    scope = models.TextField(_("scope"), blank=True, help_text=_("Name, picture, story, letters …"))
    page = models.URLField(
        _("page of the organiser"), max_length=500, blank=True, help_text=_("Where it is told.")
    )
    given_on = models.DateField(_("on"), null=True, blank=True)
    expires_on = models.DateField(_("expires"), null=True, blank=True)
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)
    risk_note = models.TextField(
        _("benefit over harm"),
        help_text=_(
            "What telling it can do for the person, what it can do to them, and why it is right."
        ),
    )

    objects = ConsentQuerySet.as_manager()
    history = History()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="consent_says_who_gave_it_or_where_it_is_told",
                condition=~models.Q(given_by="") | ~models.Q(page=""),
                violation_error_code="given_by",
                violation_error_message=_("Say who gave it, or on which page it is told."),
            )
        ]

    def __str__(self) -> str:
        return self.get_basis_display()

    @property
    def is_in_force(self) -> bool:
        # See also ConsentQuerySet.in_force
        today = timezone.localdate()
        return self.withdrawn_on is None and not (self.expires_on and self.expires_on < today)
