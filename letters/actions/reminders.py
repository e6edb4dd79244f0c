"""Whether somebody is reminded of what they promised, and when.

`letters/mail/reminders.py` mails it.
"""

from django.db import transaction
from django.db.models import QuerySet

from cases.models import ErasureAct, ErasureEntry
from letters.mail import links, reminders
from letters.models import MailKind, OutgoingMail, Pledge, PledgeState
from letters.models.locks import delete_locked, lock
from letters.models.mail import REMINDERS

OF_ITS_CASE = [*REMINDERS, MailKind.PLEDGE_ANSWERED]  # what waits while its case is frozen


def change(pledges: QuerySet[Pledge], **changes) -> bool:
    """Change the one pledge, and with it when its writer is reminded of it next."""
    with transaction.atomic():
        pledge = pledges.select_for_update().first()
        if pledge is None:
            return False
        note = ErasureEntry.objects.note
        if changes.get("state") == PledgeState.RELEASED:
            note(ErasureAct.WITHDRAWN, Pledge, [pledge.pk])
        elif pledge.is_released and "state" in changes:
            note(ErasureAct.AGAIN, Pledge, [pledge.pk], value=ErasureAct.WITHDRAWN)
        if changes.get("wants_reminders") is False:
            note(ErasureAct.STOPPED, Pledge, [pledge.pk])
        elif changes.get("wants_reminders"):
            note(ErasureAct.AGAIN, Pledge, [pledge.pk], value=ErasureAct.STOPPED)
        for name, value in changes.items():
            setattr(pledge, name, value)
        pledge.next_reminder_on = reminders.next_day(pledge)
        pledge.save(update_fields=[*changes, "next_reminder_on"])
        _let_mails_follow(pledge)
    return True


def _let_mails_follow(pledge: Pledge) -> None:
    """What waits for a case that the promise is not for any more need not wait; and nobody is
    reminded of what was given back."""
    waiting = OutgoingMail.objects.waiting().filter(about=links.about(pledge))
    if pledge.is_released:
        delete_locked(waiting.filter(kind__in=REMINDERS))
        return
    of_another = waiting.filter(kind__in=OF_ITS_CASE).exclude(case=pledge.case_id)
    OutgoingMail.objects.filter(pk__in=lock(of_another)).update(case=pledge.case_id)


def remind(pledge: Pledge, *, wants_reminders: bool) -> bool:
    """Whether its writer wants to be reminded of it by e-mail; nobody without an address."""
    with_address = Pledge.objects.filter(pk=pledge.pk).exclude(email_hash="")
    return change(with_address, wants_reminders=wants_reminders)


def stop(email_hash: str) -> None:
    """No more reminders go to the address, of whatever was promised with it."""
    with transaction.atomic():
        wanted = Pledge.objects.filter(email_hash=email_hash, wants_reminders=True)
        keys = lock(wanted)  # of no other: pressed again, the link leaves no line
        ErasureEntry.objects.note(ErasureAct.STOPPED, Pledge, keys)
        pledges = Pledge.objects.filter(pk__in=keys)
        pledges.update(wants_reminders=False, next_reminder_on=None)
        waiting = OutgoingMail.objects.waiting().filter(to_hash=email_hash)
        delete_locked(waiting.filter(kind__in=REMINDERS))
