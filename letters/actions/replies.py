"""A writer tells us of the answer that came to their letter."""

from __future__ import annotations

import datetime
from base64 import b64encode
from collections.abc import Iterable

from django.db import transaction

from cases.models import ErasureAct, ErasureEntry
from letters.models import Letter, Reply, ReplyFrom
from letters.text import pictures

MAX_REPLIES_A_LETTER = 5  # that its writer tells us of


def may_tell(letter: Letter, replies: Iterable[Reply]) -> bool:
    """Whether its writer can tell us of an answer; `replies` are those that there are."""
    told = sum(reply.is_told_by_writer for reply in replies)
    return letter.has_left and letter.erased_on is None and told < MAX_REPLIES_A_LETTER


def tell(
    letter: Letter,
    *,
    text: str,
    received_on: datetime.date,
    drawing: pictures.Drawing | None = None,
) -> bool:
    """Keep what its writer got, for staff to read. The same once more changes nothing.

    False if its writer can't tell us of any more, or the letter has gone meanwhile.
    """
    picture = b64encode(drawing.jpeg).decode() if drawing else ""
    with transaction.atomic():
        current = Letter.objects.select_for_update().filter(pk=letter.pk).first()
        if current is None or current.erased_on:
            return False
        told = list(Reply.objects.told_by_writers().filter(letter=letter))
        if any((reply.text, reply.picture) == (text, picture) for reply in told):
            return True
        if not may_tell(current, told):
            return False
        Reply.objects.create(
            case_id=letter.case_id,
            letter=letter,
            sender=ReplyFrom.PERSON if letter.is_message else ReplyFrom.TARGET,
            received_on=received_on,
            text=text,
            picture=picture,
            language=letter.language,
        )
    return True


def take_back(letter: Letter, pk: int) -> bool:
    """Erase what its writer told us, also if it was read meanwhile: it is theirs."""
    told = Reply.objects.told_by_writers().filter(letter=letter, pk=pk)
    with transaction.atomic():
        keys = told.values_list("pk", flat=True)
        ErasureEntry.objects.note(ErasureAct.WITHDRAWN, Reply, keys)
        return bool(told.delete()[0])
