from __future__ import annotations

from django.db import models
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField

from cases.models.history import History
from cases.models.translating import shown_language


class EditionQuerySet(models.QuerySet):
    def current(self) -> Edition | None:
        """The newest edition that has opened; it stays current until the next one opens."""
        return self.opened().order_by("-year").first()

    def opened(self) -> EditionQuerySet:
        return self.filter(opens_on__lte=timezone.localdate())

    def with_case_number(self) -> EditionQuerySet:
        """Adds `case_number`: its cases that readers find in lists."""
        from cases.models.cases import Case

        listed = Case.objects.listed().order_by().values("pk")
        return self.annotate(case_number=Count("cases", filter=Q(cases__in=listed)))


class Edition(models.Model):
    """One year of the campaign, around Human Rights Day, 10 December."""

    year = models.PositiveSmallIntegerField(_("year"), unique=True)
    title = models.CharField(_("title"), max_length=120, help_text=_("Heads the home page."))
    introduction = models.TextField(
        _("introduction"), blank=True, help_text=_("Under the title on the home page. Markdown.")
    )
    opens_on = models.DateField(
        _("opens on"), help_text=_("From this day on it is the current edition.")
    )
    reporting_deadline = models.DateField(
        _("reporting deadline"),
        null=True,
        blank=True,
        help_text=_("Until when groups report what they wrote."),
    )
    letter_goal = models.PositiveIntegerField(_("letter goal"), null=True, blank=True)
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    i18n = TranslationField(fields=["title", "introduction"])
    objects = EditionQuerySet.as_manager()
    history = History()

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        ordering = ["-year"]

    def __str__(self) -> str:
        return str(self.year)

    @property
    def language(self) -> str:
        """The language of its texts on this page: the page's if translated, else the default."""
        return shown_language(self.i18n, "introduction")


class Qualifier(models.TextChoices):
    EXACT = "exact", _("exactly")
    ROUNDED = "rounded", _("about")
    MORE_THAN = "more than", _("more than")
    FEWER_THAN = "fewer than", _("fewer than")
    AT_LEAST = "at least", _("at least")
    NEARLY = "nearly", _("nearly")


class YearlyFigure(models.Model):
    """How many actions a source gives for a year of the whole campaign, as it says it.

    Ways of counting changed over the years: the figures are no series.
    """

    year = models.PositiveSmallIntegerField(_("year"), unique=True)
    actions = models.PositiveIntegerField(_("actions"), null=True, blank=True)
    qualifier = models.CharField(
        _("qualifier"),
        max_length=12,
        choices=Qualifier.choices,
        blank=True,
        help_text=_("Always shown with the figure."),
    )
    countries = models.PositiveSmallIntegerField(
        _("countries and territories"), null=True, blank=True
    )
    countries_note = models.CharField(_("note on the countries"), max_length=300, blank=True)
    note = models.TextField(_("note"), blank=True)
    source_url = models.URLField(_("source"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("yearly figure")
        verbose_name_plural = _("yearly figures")
        ordering = ["year"]
        constraints = [
            models.CheckConstraint(
                name="yearly_figure_has_a_qualifier",
                condition=models.Q(actions__isnull=True) | ~models.Q(qualifier=""),
            )
        ]

    def __str__(self) -> str:
        return str(self.year)
