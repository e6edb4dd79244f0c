"""What staff do with an answer that came back: enter it, read it, let writers read it."""

from __future__ import annotations

import datetime
from typing import TypedDict, Unpack

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from cases.models import Case, ErasureAct, ErasureEntry, Quote
from letters.mail import replies as reply_mails
from letters.mail.pace import PAUSE
from letters.models import HandIn, Letter, Reply, ReplyFrom, ReplyState
from letters.models.locks import lock
from letters.privacy.antispam import DOUBLE_CLICK


class ReplyFields(TypedDict, total=False):
    """What staff fill in."""

    case: Case
    letter: Letter | None
    hand_in: HandIn | None
    sender: str
    received_on: datetime.date
    number: int
    text: str
    picture: str
    language: str


def enter(by: User, **fields: Unpack[ReplyFields]) -> tuple[Reply, bool]:
    """Keep an answer that came to the campaign, and whether it is new: the button pressed twice
    finds the first. Whoever enters it has read it."""
    is_to_all = not fields.get("letter") and not fields.get("hand_in")
    with transaction.atomic():
        Case.objects.select_for_update(of=["self"], no_key=True).get(pk=fields["case"].pk)
        since = timezone.now() - DOUBLE_CLICK
        for there in Reply.objects.filter(entered_by=by, created_at__gt=since):
            if all(getattr(there, name) == value for name, value in fields.items()):
                return there, False
        new = Reply(entered_by=by, state=ReplyState.READ, is_to_all=is_to_all, **fields)
        new.save()
    return new, True


def delete(reply: Reply) -> bool:
    """It is no answer, or was entered by mistake: it counts no more, and no backup brings it back.
    What writers may read is not shared any more first."""
    with transaction.atomic():
        rows = Reply.objects.filter(
            pk=reply.pk, changed_at=reply.changed_at, state=ReplyState.READ, erased_on=None
        )
        keys = lock(rows)
        ErasureEntry.objects.note(ErasureAct.WITHDRAWN, Reply, keys)
        return bool(Reply.objects.filter(pk__in=keys).delete()[0])


def mark_read(reply: Reply) -> bool:
    return reply.state == ReplyState.UNREAD and _change(reply, state=ReplyState.READ)


def mark_unread(reply: Reply) -> bool:
    """As it was before it was read or shared at the desk."""
    return _stop_telling(reply, state=ReplyState.UNREAD)


def share(reply: Reply, shown_text: str, shown_language: str) -> bool:
    """Let the writers that it answers read these words on their private pages. Those who asked for
    it get a mail, ten minutes later and once: other words for the same answer are not told of.

    False if the row was changed or erased since it was read, or its case is not shown.
    """
    if reply.erased_on or not reply.case.is_visible:
        return False
    now = timezone.now()
    _note_words_of_before(reply)
    # Else all were told; or some wait still, because it was not shared any more: see _stop_telling.
    is_to_tell = reply.tell_after is not None or reply.told_letter == 0
    return _change(
        reply,
        state=ReplyState.SHARED,
        shown_text=shown_text,
        shown_language=shown_language,
        tell_after=now + PAUSE if is_to_tell and not reply.is_told_by_writer else None,
    )


def stop_sharing(reply: Reply) -> bool:
    return reply.state == ReplyState.SHARED and _stop_telling(reply, state=ReplyState.READ)


def may_be_quoted(reply: Reply) -> bool:
    """Thanks of the person can stand on the page of the case, in its language, once they agree. Not
    what a writer told us: they were promised that we show it to nobody else."""
    is_ours = reply.shown_language == settings.LANGUAGE_CODE and not reply.is_told_by_writer
    return reply.sender == ReplyFrom.PERSON and reply.is_shared and is_ours


def make_quote(reply: Reply) -> Quote | None:
    """Put the shared words among the quotes of the case, not shown: an editor marks that the person
    agrees, and the page shows it then. None if that can't be, or was done."""
    if not may_be_quoted(reply):
        return None
    case = reply.case
    if case.quotes.filter(text=reply.shown_text).exists():
        return None
    with override(settings.LANGUAGE_CODE):
        speaker = _("%(name)s, to those who wrote") % {"name": case.display_name}
    return Quote.objects.create(
        case=case, text=reply.shown_text, speaker=speaker[:120], position=case.quotes.count()
    )


def _stop_telling(reply: Reply, state: str) -> bool:
    """Nobody is told of it now. Whoever was to be told, and was not, is once it is shared again."""
    with transaction.atomic():
        # As the worker left it, which may be telling of it just now.
        locked = Reply.objects.select_for_update(of=["self"]).filter(pk=reply.pk).first()
        if locked is None or locked.changed_at != reply.changed_at:
            return False
        _note_words_of_before(locked)
        left: dict[str, object] = {"tell_after": locked.tell_after}
        if not locked.is_told_by_writer and (first := reply_mails.first_not_told(locked)):
            left = {
                "tell_after": locked.tell_after or timezone.now(),
                "told_letter": first - 1,
                "told_since": locked.told_since or locked.changed_at,
            }
        return _change(reply, state=state, **left)


def _note_words_of_before(reply: Reply) -> None:
    """No restored backup shows them: perhaps they say too much."""
    if reply.state == ReplyState.SHARED:
        with transaction.atomic():
            ErasureEntry.objects.note(ErasureAct.REREAD, Reply, [reply.pk])


def _change(reply: Reply, **changes) -> bool:
    """Change it, unless somebody did since it was read."""
    now = timezone.now()
    rows = Reply.objects.filter(pk=reply.pk, changed_at=reply.changed_at, erased_on=None)
    return bool(rows.update(**changes, changed_at=now))
