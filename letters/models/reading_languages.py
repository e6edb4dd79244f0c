from __future__ import annotations

from django.conf import settings
from django.db import models


class ReadingLanguagesQuerySet(models.QuerySet["ReadingLanguages"]):
    def of(self, person) -> list[str]:
        found = self.filter(person=person).values_list("codes", flat=True).first()
        return found or []


class ReadingLanguages(models.Model):
    """The languages in which somebody of the staff reads letters: those come to them first."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    codes = models.JSONField(default=list)

    objects = ReadingLanguagesQuerySet.as_manager()

    def __str__(self) -> str:
        return ", ".join(self.codes)
