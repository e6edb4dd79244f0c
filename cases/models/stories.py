from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField

from cases.models.cases import Case
from cases.models.history import History


class Demand(models.Model):
    """What the authority is asked to do."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="demands")
    text = models.CharField(_("demand"), max_length=300, help_text=_("In the imperative."))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    i18n = TranslationField(fields=["text"])
    history = History()

    class Meta:
        verbose_name = _("demand")
        verbose_name_plural = _("demands")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text


class Quote(models.Model):
    """Words of the person, or of somebody close, that may be shown."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="quotes")
    text = models.TextField(_("quote"))
    speaker = models.CharField(_("who says it"), max_length=120)
    source_url = models.URLField(_("source"), max_length=500, blank=True)
    may_be_shown = models.BooleanField(
        _("consent to show it"), default=False, help_text=_("Without it the page leaves it out.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    i18n = TranslationField(fields=["text"])
    history = History()

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text[:60]


class Source(models.Model):
    """Where a fact on the page comes from."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="sources")
    url = models.URLField(
        _("address"), max_length=700, validators=[URLValidator(schemes=["http", "https"])]
    )
    supports = models.CharField(_("what it supports"), max_length=400)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.supports

    @property
    def host(self) -> str:
        """The site's name, for a link whose address need not be read out."""
        return self.url.split("/")[2].removeprefix("www.")
