"""Reminds those who asked for it of letters they have promised: at half time, before the last safe
day to post, and after the day they chose.

Each of these steps is taken once for a day, and for a later day once more. It moves in the
transaction that queues its mail, so a worker that is killed leaves nothing half done. A step whose
time comes while nothing may be mailed (the case is frozen or closed, the address not proven, all
letters are written) is left out, and is asked once more when its mail leaves.
"""

import datetime

from django.db import transaction
from django.utils import timezone, translation

from cases.dates import earliest_today
from cases.models import Case, PostalNote
from letters.mail import links
from letters.mail.pace import MORNING, domain_of
from letters.models import MailKind, OutgoingMail, Pledge, Priority, ReminderStep
from letters.models.locks import delete_locked
from letters.models.mail import REMINDERS
from letters.text.post_days import last_safe_day, notes_on_all

KINDS = {
    ReminderStep.HALF: MailKind.REMIND_HALF,
    ReminderStep.LAST_DAYS: MailKind.REMIND_LAST,
    ReminderStep.AFTER: MailKind.REMIND_AFTER,
}
DAY = datetime.timedelta(days=1)
HALF_TIME_OF = 14 * DAY  # what is due sooner has no half time
# A day more than is needed: before the last day of a campaign more are due than may leave in a day.
BEFORE_LAST_DAY = 4 * DAY
AFTER_ITS_DAY = 2 * DAY
PLEDGES_A_BATCH = 100


def next_day(pledge: Pledge) -> datetime.date | None:
    """When its writer is reminded next, from tomorrow on."""
    if pledge.is_released or not pledge.wants_reminders:
        return None
    return _next(pledge, _days(pledge))


def queue_batch() -> int:
    """Queue the next reminders, and return how many pledges were looked at."""
    with transaction.atomic():
        due = Pledge.objects.filter(next_reminder_on__lte=timezone.localdate())
        pledges = list(
            due.select_related("case__edition", "edition")
            .order_by("pk")
            .select_for_update(of=["self"], skip_locked=True)[:PLEDGES_A_BATCH]
        )
        if not pledges:
            return 0
        steps = {pledge.pk: _take(pledge) for pledge in pledges}
        changed = ["reminder_step", "reminded_for", "reminded_anew", "next_reminder_on"]
        Pledge.objects.bulk_update(pledges, changed)
        reminded = [pledge for pledge in pledges if steps[pledge.pk]]
        links.keep_to_stop_reminders(reminded)
        _forget_earlier(reminded)
        mails = [_mail(KINDS[step], pledge) for pledge in reminded if (step := steps[pledge.pk])]
        OutgoingMail.objects.bulk_create(mails, ignore_conflicts=True)
    return len(pledges)


def look_again() -> None:
    """Work out anew when everybody is reminded next: since it was, the deadline of a case may have
    been moved, or a delivery time noted."""
    notes, key = notes_on_all(), 0
    while last := _look_again_after(key, notes):
        key = last


def _look_again_after(key: int, notes: dict[str, PostalNote]) -> int | None:
    """At the next batch; returns the last key of it."""
    today = timezone.localdate()
    with transaction.atomic():
        later = Pledge.objects.filter(next_reminder_on__gt=today, pk__gt=key)
        pledges = list(
            later.select_related("case__edition", "edition")
            .prefetch_related("case__targets")
            .defer("name", "group", "email")
            .order_by("pk")
            .select_for_update(of=["self"], skip_locked=True)[:PLEDGES_A_BATCH]
        )
        changed = []
        for pledge in pledges:
            days = _days(pledge, notes)
            day = today if _is_due(pledge, ReminderStep.LAST_DAYS, days) else _next(pledge, days)
            if day != pledge.next_reminder_on:
                pledge.next_reminder_on = day
                changed.append(pledge)
        Pledge.objects.bulk_update(changed, ["next_reminder_on"])
    return pledges[-1].pk if pledges else None


def is_wanted(pledge: Pledge, kind: str) -> bool:
    """Whether a reminder that was queued is still to leave: all is as it was then."""
    step = next(step for step, its_kind in KINDS.items() if its_kind == kind)
    is_of_this_day = (pledge.reminder_step, pledge.reminded_for) == (step, pledge.due_on)
    return is_of_this_day and _is_timely(pledge, step) and _may_be_reminded(pledge, step)


def _forget_earlier(pledges: list[Pledge]) -> None:
    """A reminder that was queued before stands in the way of one of another day, or it waits for a
    case that the promise is not for any more."""
    about = [links.about(pledge) for pledge in pledges]
    delete_locked(OutgoingMail.objects.filter(about__in=about, kind__in=REMINDERS))


def _take(pledge: Pledge) -> ReminderStep | None:
    """Take the step that is due, and return it if its mail may be sent."""
    days = _days(pledge)
    due = [step for step in days if _is_due(pledge, step, days)]
    taken = None
    if due:
        step = max(due)
        if _is_timely(pledge, step) and _may_be_reminded(pledge, step):
            taken = step
        # Also if no mail leaves: else its writer could have any number of others.
        pledge.reminded_anew = pledge.reminded_anew or step <= pledge.reminder_step
        pledge.reminder_step, pledge.reminded_for = step, pledge.due_on
    pledge.next_reminder_on = next_day(pledge)
    return taken


def _is_due(pledge: Pledge, step: ReminderStep, days: dict[ReminderStep, datetime.date]) -> bool:
    today, first = timezone.localdate(), pledge.next_reminder_on or timezone.localdate()
    if step <= _taken(pledge) or days[step] > today:
        return False
    # What was still to come has come sooner, as a deadline was moved.
    is_missed = step == ReminderStep.LAST_DAYS and first < days[ReminderStep.AFTER]
    return first <= days[step] or is_missed


def _next(pledge: Pledge, days: dict[ReminderStep, datetime.date]) -> datetime.date | None:
    later = [day for step, day in days.items() if step > _taken(pledge)]
    return min((day for day in later if day > timezone.localdate()), default=None)


def _days(
    pledge: Pledge, notes: dict[str, PostalNote] | None = None
) -> dict[ReminderStep, datetime.date]:
    promised_on, until = timezone.localdate(pledge.created_at), pledge.due_on
    last_days = last_safe_day(pledge, notes).day - BEFORE_LAST_DAY
    days = {ReminderStep.LAST_DAYS: last_days, ReminderStep.AFTER: until + AFTER_ITS_DAY}
    half_time = promised_on + (until - promised_on) / 2
    if until - promised_on >= HALF_TIME_OF and half_time < last_days:
        days[ReminderStep.HALF] = half_time
    return days


def _taken(pledge: Pledge) -> int:
    """The last step that was taken for this day, or a later one. Half time comes once, and the
    others twice, however often the day is moved."""
    is_later_day = pledge.reminded_for is not None and pledge.due_on > pledge.reminded_for
    if pledge.reminded_anew or not is_later_day:
        return pledge.reminder_step
    return ReminderStep.HALF


def _may_be_reminded(pledge: Pledge, step: ReminderStep) -> bool:
    is_asked_for = pledge.wants_reminders and pledge.email_proven_on and not pledge.is_released
    return bool(is_asked_for and _is_open(pledge, step) and pledge.letters_left())


def _is_open(pledge: Pledge, step: ReminderStep) -> bool:
    """Whether one can still write for it; after its day: still say that one has posted."""
    if pledge.case is None:
        cases = Case.objects.to_write_for(pledge.edition)
        return (cases if step == ReminderStep.AFTER else cases.taking_letters()).exists()
    if step == ReminderStep.AFTER:
        return pledge.case.takes_actions
    return pledge.case.takes_letters


def _is_timely(pledge: Pledge, step: ReminderStep) -> bool:
    """Whether what it says is still so: a mail may have waited, and the worker may have stood."""
    match step:
        case ReminderStep.LAST_DAYS:
            return not last_safe_day(pledge).is_over
        case ReminderStep.HALF:
            return not pledge.is_over
        case _after:
            return earliest_today() <= pledge.due_on + 2 * 7 * DAY


def _mail(kind: MailKind, pledge: Pledge) -> OutgoingMail:
    """It leaves behind all that somebody waits for, in the morning."""
    now = timezone.now()
    with translation.override(pledge.language):
        stop = links.to_stop_reminders(pledge)
    return OutgoingMail(
        kind=kind,
        about=links.about(pledge),
        to=pledge.email,
        to_hash=pledge.email_hash,
        language=pledge.language,
        case_id=pledge.case_id,
        priority=Priority.NEWS,
        domain=domain_of(pledge.email),
        unsubscribe_url=stop,
        created_at=now,
        not_before=max(
            now, timezone.make_aware(datetime.datetime.combine(timezone.localdate(), MORNING))
        ),
    )
