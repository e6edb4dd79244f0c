import datetime

from django.db import models
from django.utils import timezone

ONLY = 1  # the key of the one row


class WorkerPulseQuerySet(models.QuerySet["WorkerPulse"]):
    def beat(self) -> None:
        now = timezone.now()
        if not self.filter(pk=ONLY).update(at=now):
            self.bulk_create([WorkerPulse(pk=ONLY, at=now)], ignore_conflicts=True)

    def age(self) -> datetime.timedelta | None:
        """How long ago a worker was last heard of; None if none ever was."""
        last = self.values_list("at", flat=True).first()
        return None if last is None else timezone.now() - last


class WorkerPulse(models.Model):
    """When a worker last said that it lives: one row, which all of them share."""

    at = models.DateTimeField()

    objects = WorkerPulseQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"
