from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SecondFactorReset(models.Model):
    """Somebody of the staff lost a telephone or key; one person asks to take it away, another has
    to approve it. See `write4rights.second_factors`."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reset")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)

    class Meta:
        verbose_name = _("reset of a second factor")
        verbose_name_plural = _("resets of second factors")
        default_permissions = ()
        permissions = [
            (
                "approve_secondfactorreset",
                _("Can ask for and approve that a second factor is taken away"),
            )
        ]

    def __str__(self) -> str:
        return str(self.person)
