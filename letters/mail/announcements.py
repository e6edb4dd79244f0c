"""Telling all who wanted to know of an outcome: one person asks, another approves, each gets one
mail.

Nothing is sent here. The worker puts the mails into the outbox, and the outbox sends them.
"""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.models import Case, ErasureAct, ErasureEntry, Outcome
from cases.publishing.acts import NotReady, Refused
from letters.mail import links, news
from letters.models import Announcement, EmailAddress, Follow, MailKind, OutgoingMail
from letters.models.locks import delete_locked
from letters.models.mail import OutgoingMailQuerySet

MAILS_A_BATCH = (
    500  # mails a transaction: a confirmation that is asked for meanwhile waits no longer
)


class Progress(NamedTuple):
    """How many mails of an announcement there are in the outbox, and how far they are."""

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
            found[language] = news.subject_and_body(outcome)
    return found


def recipients(outcome: Outcome) -> QuerySet[EmailAddress]:
    """Who confirmed that they want to be told: of the person, in whichever year, or of all good
    news if it is good and its case is listed."""
    of_person = Case.objects.of_the_same_person(outcome.case)
    wish = Q(case__in=of_person.values("pk"))
    # See also OutcomeQuerySet.good_news
    if outcome.is_good_news and outcome.case.listed:
        wish |= Q(case=None, edition=None)
    follows = Follow.objects.confirmed().filter(wish)
    reachable = EmailAddress.objects.filter(blocked_on=None).exclude(email="")
    return reachable.filter(pk__in=follows.values("email_address"))


def problems(outcome: Outcome) -> list[str]:
    """Why nobody can be told now, as sentences; nothing: it may be asked for."""
    found = []
    if not outcome.case.is_visible:
        found.append(_("The case is not shown now, so no news of it is sent."))
    if not recipients(outcome).exists():
        found.append(_("Nobody follows the case: there is nobody to tell."))
    return found


def ask(outcome: Outcome, by: User) -> Announcement:
    """The first of the two people it takes. Who asked first stays the one who asked, until the
    outcome is changed: then it has to be asked for anew.

    Raises Refused if it can't be told now, or was told already.
    """
    _refuse_what_may_not_be_told(outcome)
    as_it_is = texts(outcome)
    with transaction.atomic():
        announcement, is_new = Announcement.objects.select_for_update().get_or_create(
            outcome=outcome, defaults={"texts": as_it_is, "asked_by": by}
        )
        if announcement.approved_at:
            raise Refused(
                _("The people who get news of this case have been told about this outcome.")
            )
        if not is_new and announcement.texts != as_it_is:
            announcement.texts, announcement.asked_by, announcement.asked_at = (
                as_it_is,
                by,
                timezone.now(),
            )
            announcement.save(update_fields=["texts", "asked_by", "asked_at"])
    return announcement


def approve(announcement: Announcement, by: User) -> None:
    """The second person: from now on the mails go out, as this person has read them.

    Raises Refused if that is not what was asked for, or can't be told now.
    """
    with transaction.atomic():
        rows = Announcement.objects.select_related("outcome__case").select_for_update(of=["self"])
        row = rows.filter(pk=announcement.pk).first()
        if row is None:
            raise Refused(_("It has been taken back in the meantime."))
        if row.approved_at:
            raise Refused(_("It is approved already."))
        if row.asked_by_id == by.pk:
            raise Refused(_("Somebody other than the person who asked has to approve it."))
        if row.asked_at != announcement.asked_at or is_stale(row):
            raise Refused(_("The outcome was changed after this was asked for: ask for it again."))
        _refuse_what_may_not_be_told(row.outcome)
        row.approved_by, row.approved_at = by, timezone.now()
        row.save(update_fields=["approved_by", "approved_at"])


def is_stale(announcement: Announcement) -> bool:
    """Whether the mail would be another one now than the one that was asked for."""
    return announcement.texts != texts(announcement.outcome)


def take_back(announcement: Announcement) -> bool:
    """Forget that it was asked for; an approved one stays."""
    with transaction.atomic():
        row = (
            Announcement.objects.awaiting_approval()
            .select_for_update()
            .filter(pk=announcement.pk)
            .first()
        )
        return row is not None and bool(row.delete())


def stop(announcement: Announcement) -> int:
    """Let no more mails of it leave, and return how many were stopped in the outbox."""
    with transaction.atomic():
        row = Announcement.objects.select_for_update().get(pk=announcement.pk)
        if row.approved_at is None:
            return 0
        ErasureEntry.objects.note(ErasureAct.STOPPED, Announcement, [row.pk])
        if row.finished_at is None:
            row.finished_at = timezone.now()
            row.save(update_fields=["finished_at"])
        return delete_locked(_mails_of(row).waiting())


def progress(announcement: Announcement) -> Progress:
    """How far its mails are. The outbox forgets them some days after they were sent."""
    mails = _mails_of(announcement)
    is_sent, is_given_up = Q(sent_at__isnull=False), Q(given_up_at__isnull=False)
    counts = mails.aggregate(
        all=Count("pk"),
        sent=Count("pk", filter=is_sent),
        given_up=Count("pk", filter=is_given_up & ~is_sent),
    )
    waiting = counts["all"] - counts["sent"] - counts["given_up"]
    return Progress(counts["sent"], waiting, counts["given_up"])


def queue_batch() -> int:
    """Queue the next batch of mails of what was approved, and return how many addresses it reached.

    How far it got commits with the mails: a worker that is killed leaves nothing half done, and
    one beside it takes another announcement or waits.
    """
    with transaction.atomic():
        announcement = (
            Announcement.objects.to_be_queued()
            .select_related("outcome__case")
            .select_for_update(of=["self"], skip_locked=True)
            .first()
        )
        if announcement is None:
            return 0
        wanting = recipients(announcement.outcome).filter(pk__gt=announcement.last_email_address_id)
        email_addresses = list(wanting.order_by("pk")[:MAILS_A_BATCH])
        links.keep_to_stop(email_addresses)
        mails = [news.mail(announcement, email_address) for email_address in email_addresses]
        OutgoingMail.objects.bulk_create(mails, ignore_conflicts=True)
        if email_addresses:
            announcement.last_email_address_id = email_addresses[-1].pk
        if len(email_addresses) < MAILS_A_BATCH:
            announcement.finished_at = timezone.now()
        announcement.save(update_fields=["last_email_address_id", "finished_at"])
    return len(email_addresses)


def is_wanted(mail: OutgoingMail) -> bool:
    """Whether the address of a news mail wants it still: it may have been unsubscribed, blocked
    or erased since the mail was queued."""
    announcement, email_address = news.announcement_and_email_address(mail)
    outcome = Outcome.objects.select_related("case").filter(announcement=announcement).first()
    return outcome is not None and recipients(outcome).filter(pk=email_address).exists()


def _refuse_what_may_not_be_told(outcome: Outcome) -> None:
    if found := problems(outcome):
        raise NotReady(found)


def _mails_of(announcement: Announcement) -> OutgoingMailQuerySet:
    # By the case too: it has an index, the beginning of a text has none on every database.
    return OutgoingMail.objects.filter(
        case=announcement.outcome.case_id,
        kind=MailKind.NEWS,
        about__startswith=news.about(announcement),
    )
