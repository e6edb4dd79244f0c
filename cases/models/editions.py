from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING

from django.apps import apps
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField

from cases.converters import YearConverter
from cases.dates import LAST_OF_ALL, earliest_today
from cases.models.history import History
from cases.models.translation import shown_language

if TYPE_CHECKING:
    from cases.models.cases import CaseQuerySet


class EditionQuerySet(models.QuerySet["Edition"]):
    def current(self) -> Edition | None:
        """The newest opened edition with a case to read of: one that opens empty changes nothing.

        It stays current until a newer one has a case. If none has any, it is the newest opened.
        """
        cases = self._cases().filter(edition=OuterRef("pk"))
        opened = self.opened().annotate(has_cases=Exists(cases))
        return opened.order_by("-has_cases", "-year").first()

    def opened(self) -> EditionQuerySet:
        # See also Edition.has_opened
        return self.filter(opens_on__lte=earliest_today())

    def with_case_number(self) -> EditionQuerySet:
        """Adds `case_number`: its cases that readers find in lists."""
        listed = self._cases().order_by().values("pk")
        return self.annotate(case_number=Count("cases", filter=Q(cases__in=listed)))

    def _cases(self) -> CaseQuerySet:
        """Those in lists. The module of cases imports this one."""
        return apps.get_model("cases", "Case").objects.listed()


class Edition(models.Model):
    """One year of the campaign, around Human Rights Day, 10 December."""

    year = models.PositiveSmallIntegerField(
        _("year"),
        unique=True,
        # The page of any other year has no address.
        validators=[
            RegexValidator(rf"^{YearConverter.regex}\Z", _("Write a year like 2026."), "year")
        ],
    )
    title = models.CharField(_("title"), max_length=120, help_text=_("Heads the home page."))
    introduction = models.TextField(
        _("introduction"), blank=True, help_text=_("Under the title on the home page. Markdown.")
    )
    opens_on = models.DateField(
        _("opens on"),
        help_text=_(
            "Until this day has begun everywhere, about noon in London, nobody sees the edition or "
            "one of its cases, published or not. Once it has a published case, it is what the "
            "home page shows."
        ),
    )
    reporting_deadline = models.DateField(
        _("reporting deadline"),
        null=True,
        blank=True,
        help_text=_(
            "The last day for groups to report what they wrote: shown where they pledge "
            "letters and where they enter them. Nothing is refused after it."
        ),
    )
    letter_goal = models.PositiveIntegerField(
        _("letter goal"),
        null=True,
        blank=True,
        help_text=_("Shown with a bar on the home page, once there are letters."),
    )
    launched_on = models.DateField(
        _("launched on"),
        null=True,
        blank=True,
        help_text=_("The day of the organiser’s launch statement. Before it nothing is shown."),
    )
    launch_text = models.TextField(
        _("what was said at the launch"),
        blank=True,
        help_text=_(
            "In our own words: who launched the campaign, and what they ask of people. On the home "
            "page and the page of the year. Markdown."
        ),
    )
    launch_source_url = models.URLField(_("source of it"), max_length=500, blank=True)
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    i18n = TranslationField(fields=["title", "introduction", "launch_text"])
    title_i18n: str
    objects = EditionQuerySet.as_manager()
    history = History()

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        ordering = ["-year"]

    def __str__(self) -> str:
        return str(self.year)

    def clean(self) -> None:
        # Slips of a year, as when the dates of the edition before are copied.
        is_year = re.fullmatch(YearConverter.regex, str(self.year))
        if is_year and self.opens_on and self.opens_on.year < self.year:
            message = _("This is before the year of the edition: it would be open at once.")
            raise ValidationError({"opens_on": message})
        if self.opens_on and self.reporting_deadline and self.reporting_deadline < self.opens_on:
            message = _("This is before the edition opens.")
            raise ValidationError({"reporting_deadline": message})

    @property
    def has_opened(self) -> bool:
        # See also EditionQuerySet.opened
        return self.opens_on <= earliest_today()

    @property
    def opens_at(self) -> datetime.datetime:
        begins = datetime.datetime.combine(self.opens_on, datetime.time(), LAST_OF_ALL)
        return begins.astimezone(datetime.UTC)

    @property
    def reports_until(self) -> datetime.date | None:
        """The day by which groups are asked to report; None once it is over everywhere."""
        day = self.reporting_deadline
        return day if day and earliest_today() <= day else None

    @property
    def language(self) -> str:
        """The language of its texts on this page: the page's if translated, else the default."""
        return shown_language(self.i18n, "introduction")

    @property
    def launch_language(self) -> str:
        return shown_language(self.i18n, "launch_text")

    @property
    def was_launched(self) -> bool:
        """Whether there is something to tell of its launch, and the day has come."""
        is_over = self.launched_on is None or self.launched_on <= earliest_today()
        return bool(self.launch_text) and is_over


class Qualifier(models.TextChoices):
    EXACT = "exact", _("exactly")
    ROUNDED = "rounded", _("about")
    MORE_THAN = "more than", _("more than")
    FEWER_THAN = "fewer than", _("fewer than")
    AT_LEAST = "at least", _("at least")
    NEARLY = "nearly", _("nearly")
    ONE_SOURCE = "one source", _("one source says")


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
    countries_qualifier = models.CharField(
        _("qualifier of the countries"),
        max_length=12,
        choices=Qualifier.choices,
        blank=True,
        help_text=_("Always shown with the number of countries."),
    )
    countries_note = models.CharField(
        _("note on the countries"),
        max_length=300,
        blank=True,
        help_text=_("Shown next to the number, or in its place: who counts differently, and how."),
    )
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
                violation_error_code="qualifier",
                violation_error_message=_("Choose how exact the number is."),
            )
        ]

    def __str__(self) -> str:
        return str(self.year)

    @property
    def actions_said(self) -> str:
        """As the source says it: “more than 700,000”; nothing if no total was found."""
        return _said(self.actions, self.qualifier, self.get_qualifier_display())

    @property
    def countries_said(self) -> str:
        name = self.get_countries_qualifier_display()
        return _said(self.countries, self.countries_qualifier, name)


def _said(number: int | None, qualifier: str, name: str) -> str:
    if number is None:
        return ""
    is_plain = qualifier in ("", Qualifier.EXACT)
    return intcomma(number) if is_plain else f"{name} {intcomma(number)}"
