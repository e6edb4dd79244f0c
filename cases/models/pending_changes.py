from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.cases import Case


class PendingChange(models.Model):
    """What one of the staff wants and a second person has to approve.

    See cases/publishing/second_look.py.
    """

    case = models.ForeignKey(Case, models.CASCADE, null=True, related_name="+")
    model = models.CharField(max_length=40)  # "cases.target"
    row = models.BigIntegerField(null=True)  # None: it is still to be made
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    # None: a command. Who is deleted takes their requests along, so that nobody approves their own.
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("change that waits for a second person")
        verbose_name_plural = _("changes that wait for a second person")
        ordering = ["asked_at", "pk"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(
                name="pending_change_one_for_each_row",
                fields=["model", "row"],
                condition=Q(row__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.model.partition(".")[2]
