"""Telling all who wanted to know of an outcome: one person asks, another approves, each gets one
mail.

Nothing is sent here. The worker puts the mails into the outbox, and the outbox sends them.
"""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.models import Case, Outcome
from cases.publishing import NotReady, Refused
from letters import news
from letters.models import Follow, Mailbox, MailKind, OutgoingMail, Telling

BATCH = 500  # mails a transaction: a confirmation that is asked for meanwhile waits no longer


class Progress(NamedTuple):
    """How many mails of a telling there are in the outbox, and how far they are."""

    sent: int
    waiting: int
    given_up: int

    @property
    def all(self) -> int:
        return sum(self)


def texts(outcome: Outcome) -> dict[str, dict[str, str]]:
    """The mail as it would be now, in each language: {"en": {"subject": …, "body": …}, …}."""
    found = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found[language] = news.words(outcome)
    return found


def recipients(outcome: Outcome) -> QuerySet[Mailbox]:
    """Who confirmed that they want to be told: of the person, in whichever year, or of all good
    news if it is good and its case is listed."""
    of_person = Case.objects.of_the_same_person(outcome.case)
    wish = Q(case__in=of_person.values("pk"))
    # See also OutcomeQuerySet.good_news
    if outcome.is_good_news and outcome.case.listed:
        wish |= Q(case=None)
    follows = Follow.objects.confirmed().filter(wish)
    reachable = Mailbox.objects.filter(blocked_on=None).exclude(email="")
    return reachable.filter(pk__in=follows.values("mailbox"))


def problems(outcome: Outcome) -> list[str]:
    """Why nobody can be told now, as sentences; nothing: it may be asked for."""
    found = []
    if not outcome.case.is_told:
        found.append(_("The case is not shown now, so nothing is told of it."))
    if not recipients(outcome).exists():
        found.append(_("Nobody follows the case: there is nobody to tell."))
    return found


def ask(outcome: Outcome, by: AbstractBaseUser) -> Telling:
    """The first of the two people it takes. Who asked first stays the one who asked, until the
    outcome is changed: then it has to be asked for anew.

    Raises Refused if it can't be told now, or was told already.
    """
    _refuse_what_may_not_be_told(outcome)
    as_it_is = texts(outcome)
    with transaction.atomic():
        telling, is_new = Telling.objects.select_for_update().get_or_create(
            outcome=outcome, defaults={"texts": as_it_is, "asked_by": by}
        )
        if telling.approved_at:
            raise Refused(_("Those who follow have been told of this outcome."))
        if not is_new and telling.texts != as_it_is:
            telling.texts, telling.asked_by, telling.asked_at = as_it_is, by, timezone.now()
            telling.save(update_fields=["texts", "asked_by", "asked_at"])
    return telling


def approve(telling: Telling, by: AbstractBaseUser) -> None:
    """The second person: from now on the mails go out, as this person has read them.

    Raises Refused if that is not what was asked for, or can't be told now.
    """
    with transaction.atomic():
        rows = Telling.objects.select_related("outcome__case").select_for_update(of=["self"])
        row = rows.filter(pk=telling.pk).first()
        if row is None:
            raise Refused(_("It was taken back meanwhile."))
        if row.approved_at:
            raise Refused(_("It is approved already."))
        if row.asked_by_id == by.pk:
            raise Refused(_("Somebody else than who asked has to approve it."))
        if row.asked_at != telling.asked_at or is_stale(row):
            raise Refused(_("The outcome was changed after this was asked for: ask for it anew."))
        _refuse_what_may_not_be_told(row.outcome)
        row.approved_by, row.approved_at = by, timezone.now()
        row.save(update_fields=["approved_by", "approved_at"])


def is_stale(telling: Telling) -> bool:
    """Whether the mail would be another one now than the one that was asked for."""
    return telling.texts != texts(telling.outcome)


def take_back(telling: Telling) -> bool:
    """Forget that it was asked for; an approved one stays."""
    with transaction.atomic():
        row = Telling.objects.awaiting_approval().select_for_update().filter(pk=telling.pk).first()
        return row is not None and bool(row.delete())


def stop(telling: Telling) -> int:
    """Let no more mails of it leave, and return how many were stopped in the outbox."""
    with transaction.atomic():
        row = Telling.objects.select_for_update().get(pk=telling.pk)
        if row.approved_at is None:
            return 0
        if row.finished_at is None:
            row.finished_at = timezone.now()
            row.save(update_fields=["finished_at"])
        return _mails_of(row).waiting().delete()[0]


def progress(telling: Telling) -> Progress:
    """How far its mails are. The outbox forgets them some days after they were sent."""
    mails = _mails_of(telling)
    is_sent, is_given_up = Q(sent_at__isnull=False), Q(given_up_at__isnull=False)
    counts = mails.aggregate(
        all=Count("pk"),
        sent=Count("pk", filter=is_sent),
        given_up=Count("pk", filter=is_given_up & ~is_sent),
    )
    waiting = counts["all"] - counts["sent"] - counts["given_up"]
    return Progress(counts["sent"], waiting, counts["given_up"])


def put_in_outbox() -> int:
    """Queue the next batch of mails of what was approved, and return how many mailboxes it reached.

    How far it got commits with the mails: a worker that is killed leaves nothing half done, and
    one beside it takes another telling or waits.
    """
    with transaction.atomic():
        telling = (
            Telling.objects.to_be_queued()
            .select_related("outcome__case")
            .select_for_update(of=["self"], skip_locked=True)
            .first()
        )
        if telling is None:
            return 0
        wanting = recipients(telling.outcome).filter(pk__gt=telling.reached)
        mailboxes = list(wanting.order_by("pk")[:BATCH])
        mails = [news.mail(telling, mailbox) for mailbox in mailboxes]
        OutgoingMail.objects.bulk_create(mails, ignore_conflicts=True)
        if mailboxes:
            telling.reached = mailboxes[-1].pk
        if len(mailboxes) < BATCH:
            telling.finished_at = timezone.now()
        telling.save(update_fields=["reached", "finished_at"])
    return len(mailboxes)


def is_wanted(mail: OutgoingMail) -> bool:
    """Whether the address of a news mail wants it still: it may have been unsubscribed, blocked
    or erased since the mail was queued."""
    telling, mailbox = news.telling_and_mailbox(mail)
    outcome = Outcome.objects.select_related("case").filter(telling=telling).first()
    return outcome is not None and recipients(outcome).filter(pk=mailbox).exists()


def _refuse_what_may_not_be_told(outcome: Outcome) -> None:
    if found := problems(outcome):
        raise NotReady(found)


def _mails_of(telling: Telling) -> QuerySet[OutgoingMail]:
    # By the case too: it has an index, the beginning of a text has none on every database.
    return OutgoingMail.objects.filter(
        case=telling.outcome.case_id,
        kind=MailKind.NEWS,
        about__startswith=news.about(telling),
    )
