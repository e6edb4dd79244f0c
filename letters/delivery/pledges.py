"""The friendly look of staff at who promises many letters."""

from django.db import transaction
from django.utils import timezone

from letters.actions.pledges import begun
from letters.mail import messages
from letters.models import Pledge


def fewest(pledge: Pledge) -> int:
    """The smallest number that it can be made: what is begun stays promised."""
    return max(1, begun(pledge.letters.only("state", "pledge")))


def answer(pledge: Pledge, *, number: int, words: str) -> bool:
    """Let it stand for this number of letters, and answer its writer.

    Nothing is done if somebody else was faster, its writer gave it back, or began more meanwhile.
    What was written by hand for it is looked at by itself: it can count from now on.
    """
    with transaction.atomic():
        waiting = Pledge.objects.select_for_update().waiting_for_look()
        current = waiting.filter(pk=pledge.pk).first()
        if current is None or not fewest(current) <= number <= current.number:
            return False
        current.number, current.answer, current.looked_at = number, words, timezone.now()
        current.save(update_fields=["number", "answer", "looked_at"])
        messages.queue_pledge_answer(current)
    return True
