from __future__ import annotations

from django.db import models

from cases.models.fields import OneToOneOrNoneField
from letters.models.letters import Letter


class TextGroup(models.Model):
    """Letters that wait to be read and have the same words, or nearly: see
    `letters.delivery.similar_texts`. It holds none of the words."""

    def __str__(self) -> str:
        return str(self.pk)


class TextGroupBand(models.Model):
    """A keyed hash that texts like those of the group are likely to have too."""

    group = models.ForeignKey(TextGroup, models.CASCADE, related_name="bands")
    value = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"{self.group}: {self.value}"


class TextGroupMember(models.Model):
    letter = OneToOneOrNoneField(
        Letter, models.CASCADE, primary_key=True, related_name="text_group_member"
    )
    group = models.ForeignKey(TextGroup, models.CASCADE, related_name="members")
    # The letter's `changed_at` when it was compared; what was changed since is compared anew.
    as_of = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.group}: {self.letter}"
