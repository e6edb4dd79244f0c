from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.countries import LanguageField
from cases.models.cases import Case
from cases.models.history import History


class SocialPost(models.Model):
    """A text to post about a case, with the handles it speaks to. The page adds the address."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="social_posts")
    language = LanguageField(_("language"), default="en")
    text = models.TextField(
        _("text"),
        max_length=500,
        help_text=_(
            "Up to 230 characters fit everywhere. Handles as they are written: @name. No link: "
            "the page adds the case's."
        ),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    history = History()

    class Meta:
        verbose_name = _("suggested post")
        verbose_name_plural = _("suggested posts")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text
