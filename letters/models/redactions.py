from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from letters.models.letters import Letter


class RedactedField(models.TextChoices):
    SUBJECT = "subject", _("subject")
    BODY = "body", _("letter")


class RedactionReason(models.TextChoices):
    """Why staff leave something out; its writer reads it."""

    DANGER = "danger", _("it could put somebody in danger")
    PRIVATE = "private", _("it is private, about the person or somebody else")
    OWN_DETAILS = "own", _("it tells where you can be found")
    RULE = "rule", _("the safety rules of this case leave it out")
    INSULT = "insult", _("it could be read as an insult or a threat")
    UNCHECKED = "unchecked", _("we could not check that it is true")


class Redaction(models.Model):
    """A place of a letter that is left out wherever we print, show or export it.

    The words stay as their writer wrote them: this row says where, never what. It goes when they
    are changed, and with the letter. `letters.text.redactions` applies it.
    """

    letter = models.ForeignKey(Letter, models.CASCADE, related_name="redactions")
    field = models.CharField(max_length=7, choices=RedactedField.choices)
    # Characters of the field, as Python counts them.
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    reason = models.CharField(_("reason"), max_length=9, choices=RedactionReason.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("redaction")
        verbose_name_plural = _("redactions")
        ordering = ["-field", "start", "pk"]  # the subject stands first
        constraints = [
            models.UniqueConstraint(
                name="redaction_one_of_a_place", fields=["letter", "field", "start", "end"]
            ),
            models.CheckConstraint(
                name="redaction_leaves_something_out", condition=Q(end__gt=F("start"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.letter}: {self.get_field_display()} {self.start}–{self.end}"
