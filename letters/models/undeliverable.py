from __future__ import annotations

import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

SOFT_BOUNCES_STOP = 5  # days with one, within the time below
SOFT_BOUNCES_WITHIN = datetime.timedelta(days=14)
SOFT_BOUNCES_WAIT = datetime.timedelta(days=7)
ARRIVES_AFTER = datetime.timedelta(days=3)  # a mail that was tried again, and did not come back


class BounceKind(models.TextChoices):
    HARD = "hard", _("there is no such mailbox")
    SOFT = "soft", _("could not be delivered")  # the mailbox is full, our mail server is refused …
    COMPLAINT = "complaint", _("was reported as spam")


SERIOUS: list[str] = [BounceKind.SOFT, BounceKind.HARD, BounceKind.COMPLAINT]  # the worst last


class UndeliverableQuerySet(models.QuerySet["Undeliverable"]):
    def stopped(self) -> UndeliverableQuerySet:
        """Those to which no mail leaves now."""
        has_arrived = Q(tried_on__lte=timezone.localdate() - ARRIVES_AFTER)
        return self.filter(
            Q(kind=BounceKind.COMPLAINT)
            | Q(kind=BounceKind.HARD) & (Q(tried_on=None) | ~has_arrived)
            | Q(kind=BounceKind.SOFT, stopped_until__gt=timezone.now())
        )

    def erasable(self) -> UndeliverableQuerySet:
        """Soft ones that stop nothing any more."""
        since = timezone.localdate() - SOFT_BOUNCES_WITHIN - SOFT_BOUNCES_WAIT
        return self.filter(kind=BounceKind.SOFT, last_on__lt=since)


class Undeliverable(models.Model):
    """Mails to an address come back, or whoever reads them reported one as spam.

    Of the address it has the hash, so that staff see numbers and no addresses.
    """

    email_hash = models.CharField(max_length=43, unique=True, editable=False)
    # Of a large mail provider, which has so many that it tells of nobody; else empty.
    domain = models.CharField(_("mail provider"), max_length=20, blank=True)
    kind = models.CharField(_("kind"), max_length=9, choices=BounceKind.choices)
    number = models.PositiveSmallIntegerField(_("days with one"), default=0)
    first_on = models.DateField(_("first"))
    last_on = models.DateField(_("last"))
    # Of a soft one: when the next mail is tried.
    stopped_until = models.DateTimeField(_("until"), null=True, blank=True)
    # Of a hard one: when a mail was tried again that has not come back since.
    tried_on = models.DateField(_("tried again"), null=True, blank=True)

    objects = UndeliverableQuerySet.as_manager()

    class Meta:
        verbose_name = _("address whose mails come back")
        verbose_name_plural = _("mails that came back")
        indexes = [models.Index(name="undeliverable_by_day", fields=["last_on"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.last_on}"

    def came_back(self, kind: BounceKind) -> None:
        """Note one more. Several on one day are one: reports come more than once."""
        today = timezone.localdate()
        is_new = self.number == 0
        if not is_new and SERIOUS.index(self.kind) > SERIOUS.index(kind):
            return
        if is_new or self.kind != kind or today - self.first_on > SOFT_BOUNCES_WITHIN:
            self.kind, self.first_on, self.number = kind, today, 0
        if self.number == 0 or self.last_on != today:
            self.number += 1
        self.last_on = today
        self.stopped_until = self.tried_on = None
        if kind == BounceKind.SOFT and self.number >= SOFT_BOUNCES_STOP:
            self.stopped_until = timezone.now() + SOFT_BOUNCES_WAIT
