"""The worker, `manage.py work`: whether it lives, and whether what it has to do gets done."""

import datetime

from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from letters.delivery import requeue
from letters.models import OutgoingMail, WorkerPulse
from write4rights.health.results import Result, ok, red, warning

MINUTE = datetime.timedelta(minutes=1)
# It says every thirty seconds that it lives, but not while it makes the paper of a hand-in.
DEAD_AFTER = 5 * MINUTE
# A mail that may leave leaves within seconds; a great many, within some minutes.
LATE_AFTER, STUCK_AFTER = 15 * MINUTE, 60 * MINUTE


def pulse() -> Result:
    age = WorkerPulse.objects.age()
    start = _(
        "Start `manage.py work`, and let the service manager restart it when it ends: without it "
        "no mail leaves and nothing is erased."
    )
    if age is None:
        return red("worker", _("No worker has run yet."), start)
    seconds = round(age.total_seconds())
    if age > DEAD_AFTER:
        said = _("No worker has been heard of for %(time)s.") % {"time": _time(age)}
        return red("worker", said, start, seconds)
    said = _("The worker lives: it was heard of %(seconds)d seconds ago.") % {"seconds": seconds}
    return ok("worker", said, seconds)


def oldest_mail() -> Result:
    age = OutgoingMail.objects.longest_due()
    seconds = round(age.total_seconds())
    if age < LATE_AFTER:
        return ok("outbox", _("No mail that may leave waits for long."), seconds)
    said = _("A mail that could have left has waited for %(time)s.") % {"time": _time(age)}
    cure = _("Does the worker run, and does the mail server of EMAIL_URL take mail?")
    return (red if age > STUCK_AFTER else warning)("outbox", said, cure, seconds)


def jobs() -> Result:
    number = requeue.given_up()
    if not number:
        return ok("jobs", _("No job was given up."), 0)
    said = ngettext(
        "%(count)d job was given up: it failed every time.",
        "%(count)d jobs were given up: they failed every time.",
        number,
    )
    cure = _("The page of the hand-in says of which; the log of the worker says why.")
    return warning("jobs", said % {"count": number}, cure, number)


def _time(age: datetime.timedelta) -> str:
    now = timezone.now()
    return timesince(now - age, now, depth=1)
