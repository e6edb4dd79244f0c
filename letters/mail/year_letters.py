"""The letter about the year: one person asks for it, another approves it, each who wanted it gets
one mail.

Whoever wants it has a `Follow` of the edition, confirmed by a link that was mailed to their
address. It goes with that: the next year nobody is written to who did not ask anew.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.dates import earliest_today
from cases.models import Edition, ErasureAct, ErasureEntry
from cases.publishing.acts import Refused
from letters.mail import batches, links, messages, parts, writing
from letters.models import Follow, MailKind, OutgoingMail, YearLetter
from letters.models.locks import delete_locked


def wishes(edition: Edition) -> QuerySet[Follow]:
    """Of those who get it: they confirmed it, and mail may go to them."""
    confirmed = Follow.objects.confirmed().filter(edition=edition, email_address__blocked_on=None)
    return confirmed.exclude(email_address__email="").select_related("email_address")


def over() -> QuerySet[Edition]:
    """Editions whose campaign is over: after their last day, or after 10 December if they have
    none. As all last days, it lasts until it is over everywhere."""
    today = earliest_today()
    year = today.year if (today.month, today.day) > (12, 10) else today.year - 1
    without_day = Q(reporting_deadline=None, year__lte=year)
    return Edition.objects.filter(Q(reporting_deadline__lt=today) | without_day)


def is_over(edition: Edition) -> bool:
    return over().filter(pk=edition.pk).exists()


def to_ask() -> QuerySet[Edition]:
    """Editions that are over, whose letter somebody wants and nobody of staff has asked for."""
    wanted = Follow.objects.confirmed().filter(edition=OuterRef("pk"))
    return over().filter(Exists(wanted), year_letter=None)


def texts(edition: Edition) -> dict[str, dict]:
    """What two people have to agree on, as it would be now, in each language."""
    found = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            words = writing.current(writing.texts_of_mail(MailKind.YEAR))
            found[language] = {
                "words": {text: list(subject_and_body) for text, subject_and_body in words.items()},
                "after": parts.outcomes_of_year(edition),
            }
    return found


def is_stale(letter: YearLetter) -> bool:
    """Whether the mail would be another one now than the one that was asked for."""
    return letter.texts != texts(letter.edition)


def ask(edition: Edition, by: User) -> YearLetter:
    """The first of the two people it takes. Who asked first stays the one who asked, until what it
    says is changed: then it has to be asked for anew.

    Raises Refused if nobody wants it, the campaign is not over, or it is approved.
    """
    if not is_over(edition):
        raise Refused(_("The campaign is not over: nobody knows yet what the letter will tell."))
    if not wishes(edition).exists():
        raise Refused(_("Nobody has asked for it: there is nobody to write to."))
    as_it_is = texts(edition)
    with transaction.atomic():
        letters = YearLetter.objects.select_for_update(of=["self"])
        letter, is_new = letters.get_or_create(
            edition=edition, defaults={"texts": as_it_is, "asked_by": by}
        )
        if letter.approved_at:
            raise Refused(_("It is approved already."))
        if not is_new and letter.texts != as_it_is:
            letter.texts, letter.asked_by, letter.asked_at = as_it_is, by, timezone.now()
            letter.save(update_fields=["texts", "asked_by", "asked_at"])
    return letter


def approve(letter: YearLetter, by: User) -> None:
    """The second person: from now on the mails go out, as this person has read them.

    Raises Refused if that is not what was asked for.
    """
    with transaction.atomic():
        row = YearLetter.objects.select_for_update(of=["self"]).filter(pk=letter.pk).first()
        if row is None:
            raise Refused(_("It has been taken back in the meantime."))
        if row.approved_at:
            raise Refused(_("It is approved already."))
        if row.asked_by_id == by.pk:
            raise Refused(_("Somebody other than the person who asked has to approve it."))
        if row.asked_at != letter.asked_at or is_stale(row):
            raise Refused(_("What it says was changed after this was asked for: ask for it again."))
        row.approved_by, row.approved_at = by, timezone.now()
        row.tell_after = row.approved_at
        row.save(update_fields=["approved_by", "approved_at", "tell_after"])


def take_back(letter: YearLetter) -> bool:
    """Forget that it was asked for; an approved one stays."""
    with transaction.atomic():
        waiting = YearLetter.objects.awaiting_approval().filter(pk=letter.pk)
        return bool(delete_locked(waiting))


def stop(letter: YearLetter) -> int:
    """Let no more of its mails leave, and return how many were stopped in the outbox."""
    with transaction.atomic():
        row = YearLetter.objects.select_for_update(of=["self"]).get(pk=letter.pk)
        ErasureEntry.objects.note(ErasureAct.STOPPED, YearLetter, [row.pk])
        YearLetter.objects.filter(pk=row.pk).update(tell_after=None)
        return delete_locked(mails(row.edition).waiting()) if row.approved_at else 0


def mails(edition: Edition):
    """Those of its mails that the outbox has."""
    wanted = Follow.objects.filter(edition=edition, email_address__email_hash=OuterRef("to_hash"))
    return OutgoingMail.objects.filter(Exists(wanted), kind=MailKind.YEAR)


def queue_batch() -> int:
    """Queue the next mails, and return how many wishes were looked at."""
    return batches.queue(YearLetter.objects.to_tell(), "told_follow", _queue_some)


def _queue_some(letter: YearLetter, most: int) -> list[int]:
    wanting = wishes(letter.edition).filter(pk__gt=letter.told_follow).order_by("pk")[:most]
    follows = list(wanting)
    addresses = [follow.email_address for follow in follows]
    about = [links.about(address) for address in addresses]
    links.keep_to_stop(addresses)  # first: see “Who waits for whom” in docs/architecture.md
    earlier = OutgoingMail.objects.filter(about__in=about, kind=MailKind.YEAR)
    delete_locked(earlier.exclude(sent_at=None, given_up_at=None))  # of a year before
    queued = []
    for address in addresses:
        with translation.override(address.language):
            queued.append(messages.of_year(address, stop=links.to_stop(address)))
    OutgoingMail.objects.bulk_create(queued, ignore_conflicts=True)
    return [follow.pk for follow in follows]
