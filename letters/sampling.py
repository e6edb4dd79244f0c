"""Plainly invented activity for a development copy: whether there is any."""

import time

from letters.models import Letter, Pledge

ASK_AGAIN_AFTER = 4  # seconds: as old as a reader's page may be

_asked_at: float = float("-inf")
_answer = False


def is_there() -> bool:
    """Whether invented letters or pledges are in the database; asked every few seconds."""
    global _asked_at, _answer
    if time.monotonic() - _asked_at > ASK_AGAIN_AFTER:
        sample = Letter.objects.filter(is_sample=True)
        _answer = sample.exists() or Pledge.objects.filter(is_sample=True).exists()
        _asked_at = time.monotonic()
    return _answer


def forget() -> None:
    """Ask the database the next time."""
    global _asked_at
    _asked_at = float("-inf")
