from django.db import models
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField

from cases.models.translation import shown_language


class Theme(models.Model):
    """What a case is about, for filters: “Land rights”."""

    slug = models.SlugField(_("name in the address"), unique=True)
    name = models.CharField(_("name"), max_length=80)

    i18n = TranslationField(fields=["name"])

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def language(self) -> str:
        """The language of its name on this page: the page's if translated, else the default."""
        return shown_language(self.i18n, "name")
