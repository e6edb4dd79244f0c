from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField

from cases.models.cases import Case
from cases.models.fields import OneToOneOrNoneField
from cases.models.history import History

FRACTION = [MinValueValidator(0), MaxValueValidator(1)]


class Portrait(models.Model):
    """The picture of a case, with what must stand beside it.

    `image` is the cleaned original and `renditions` what `cases.pictures` made of it.
    """

    case = OneToOneOrNoneField(Case, models.CASCADE, related_name="portrait")
    image = models.ImageField(
        _("picture"),
        upload_to="portraits/",
        width_field="width",
        height_field="height",
        help_text=_(
            "JPEG, PNG or WebP, at least 800 pixels wide. Where and with what it was taken is "
            "removed from the file. Only with the consent of everybody in it."
        ),
    )
    alt = models.CharField(
        _("text for people who cannot see it"),
        max_length=250,
        help_text=_("What is to be seen, in one sentence."),
    )
    credit = models.CharField(
        _("credit"), max_length=160, help_text=_("“Photo: …”, “Illustration: …”")
    )
    licence = models.CharField(_("licence"), max_length=80)
    is_illustration = models.BooleanField(_("a drawing, not a photograph"), default=False)
    focal_x = models.FloatField(
        _("focal point, from the left"), default=0.5, validators=FRACTION, help_text="0 – 1"
    )
    focal_y = models.FloatField(
        _("focal point, from the top"), default=0.5, validators=FRACTION, help_text="0 – 1"
    )
    width = models.PositiveIntegerField(default=0, editable=False)
    height = models.PositiveIntegerField(default=0, editable=False)
    # {"avif": {"400": "portraits/…"}, "webp": {…}}, see cases.pictures
    renditions = models.JSONField(default=dict, editable=False)

    i18n = TranslationField(fields=["alt"])
    alt_i18n: str
    history = History()

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        constraints = [
            models.CheckConstraint(
                name="portrait_has_credit_and_alt_text",
                condition=~models.Q(alt="") & ~models.Q(credit=""),
                violation_error_code="alt",
                violation_error_message=_(
                    "A picture needs a text for people who cannot see it, and a credit."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.alt
