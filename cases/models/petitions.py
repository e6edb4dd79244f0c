import hashlib

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField

from cases.dates import earliest_today
from cases.models.cases import Case
from cases.models.fields import OneToOneOrNoneField
from cases.models.history import History
from cases.models.translation import shown_language


class Petition(models.Model):
    """A text that people put their name to. What was signed is kept as a `PetitionText`."""

    case = OneToOneOrNoneField(Case, models.CASCADE, related_name="petition")
    title = models.CharField(
        _("title"), max_length=160, help_text=_("What is asked, as a heading above the text.")
    )
    text = models.TextField(
        _("text"),
        max_length=3_000,
        help_text=_(
            "What people put their name to. A change applies to new signatures only: earlier "
            "ones are kept with the text that was signed."
        ),
    )
    goal = models.PositiveIntegerField(_("goal"), null=True, blank=True)
    shown_from = models.PositiveIntegerField(
        _("number shown from"),
        default=50,
        help_text=_("With fewer signatures the page shows neither number nor bar."),
    )
    closes_on = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Empty: as long as the case is open.")
    )
    shows_signers = models.BooleanField(
        _("signers may be shown"),
        default=False,
        help_text=_("First name and country of those who ticked that they want to be."),
    )

    i18n = TranslationField(fields=["title", "text"])
    title_i18n: str
    text_i18n: str
    history = History()

    class Meta:
        verbose_name = _("petition")
        verbose_name_plural = _("petitions")
        constraints = [
            models.CheckConstraint(
                name="petition_goal_is_not_zero",
                condition=Q(goal__isnull=True) | Q(goal__gt=0),
                violation_error_code="goal",
                violation_error_message=_(
                    "Leave this empty if there is no goal. A goal is at least 1."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Whether it has not closed yet anywhere; that its case takes actions is asked there."""
        return self.closes_on is None or earliest_today() <= self.closes_on

    @property
    def language(self) -> str:
        """The language of its texts on this page: the page's if translated, else the default."""
        return shown_language(self.i18n, "text")

    @property
    def digest(self) -> str:
        """Tells this title and text, as this page shows them, from any other."""
        text = f"{self.title_i18n}\0{self.text_i18n}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class PetitionText(models.Model):
    """A petition as it was signed: not changed, whatever happens to the petition. Only words that
    endanger somebody are taken out, with a mark: cases/admin/removal.py"""

    petition = models.ForeignKey(Petition, models.PROTECT, related_name="texts")
    digest = models.CharField(max_length=32, editable=False)
    language = models.CharField(_("language"), max_length=12)
    title = models.CharField(_("title"), max_length=160)
    text = models.TextField(_("text"))
    first_signed_at = models.DateTimeField(_("signed since"), default=timezone.now)

    class Meta:
        verbose_name = _("text that was signed")
        verbose_name_plural = _("texts that were signed")
        ordering = ["-first_signed_at"]
        constraints = [
            models.UniqueConstraint(
                name="petition_text_kept_once", fields=["petition", "digest", "language"]
            )
        ]

    def __str__(self) -> str:
        return self.title
