from django.db import models


class Throttle(models.Model):
    """How often a sender did a thing in a span of time. `key` is a keyed hash: no address."""

    key = models.CharField(max_length=43, primary_key=True)
    number = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.number} until {self.ends_at}"
