from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.countries import LanguageField
from cases.models.cases import Case
from cases.models.history import History
from cases.models.targets import Target


class ModelLetter(models.Model):
    """A letter to a target that can be sent as it stands, in one language."""

    target = models.ForeignKey(
        Target, models.CASCADE, related_name="model_letters", verbose_name=_("target")
    )
    language = LanguageField(_("language"), default="en")
    subject = models.CharField(_("subject"), max_length=150)
    body = models.TextField(
        _("body"),
        help_text=_("Without salutation, close and name. An empty line between paragraphs."),
    )

    history = History()

    class Meta:
        verbose_name = _("model letter")
        verbose_name_plural = _("model letters")
        ordering = ["language", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="model_letter_one_per_target_and_language",
                fields=["target", "language"],
                violation_error_code="language",
                violation_error_message=_(
                    "There is a letter in this language already: change that one."
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} ({self.language})"

    @property
    def case(self) -> Case:
        return self.target.case


class Point(models.Model):
    """A sentence a writer can tick; it makes sense alone and in any order."""

    model_letter = models.ForeignKey(ModelLetter, models.CASCADE, related_name="points")
    text = models.TextField(_("point"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("point")
        verbose_name_plural = _("points")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text[:60]
