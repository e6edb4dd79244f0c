"""What staff do about an alarm, and how they tell that they expect many before they come."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from cases.models import Case
from letters.models import ActionKind, Alarm, Letter, Pace, Post, Signature
from letters.models.locks import lock
from letters.statistics import surges

MODELS: dict[str, type[Letter] | type[Signature] | type[Post]] = {
    ActionKind.APPEAL: Letter,
    ActionKind.SOLIDARITY: Letter,
    ActionKind.SIGNATURE: Signature,
    ActionKind.SOCIAL: Post,
}


def waiting(alarm: Alarm) -> QuerySet | None:
    """What the alarm flagged; None for that of a sender, whose things name none."""
    if alarm.case_id is None:
        return None
    return MODELS[alarm.kind].objects.filter(alarm=alarm.pk, needs_review=True)


def settle(alarm: Alarm, *, is_genuine: bool | None, by: User, raised_to: int = 0) -> bool:
    """Somebody looked: what comes now counts again. False if it was settled already.

    What waits is then released or marked, by `delivery.moderation`; nothing is added to it any
    more, as whoever had begun to was waited for. If real people came, so many a day are no alarm
    until the end of tomorrow; if not, the hour and the day are counted from nought.
    """
    with transaction.atomic():
        lock(Pace.objects.filter(alarm=alarm.pk))
        now = timezone.now()
        settled = {"settled_at": now, "settled_by": by.pk, "is_genuine": is_genuine}
        if not Alarm.objects.filter(pk=alarm.pk, settled_at=None).update(**settled):
            return False
        changes = (
            {"raised_to": raised_to, "raised_until": end_of_tomorrow()}
            if is_genuine
            else {"of_hour": 0, "of_day": 0}
        )
        Pace.objects.filter(alarm=alarm.pk).update(alarm=None, **changes)
    return True


def expect(cases: Iterable[Case], *, raised_to: int, until: datetime.datetime) -> None:
    """So many a day of each kind are no alarm for these cases until then."""
    with transaction.atomic():
        for case in sorted(cases, key=lambda case: case.pk):
            for kind in ActionKind:
                surges.begin(case.pk, kind)
            Pace.objects.filter(case=case).update(raised_to=raised_to, raised_until=until)


def end_of_tomorrow() -> datetime.datetime:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + datetime.timedelta(days=2)
