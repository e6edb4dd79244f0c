"""Promises to write, kept or given back. A pledge never counts; only letters do."""

import secrets

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation

from cases.models import Case, Edition
from letters import counting, emails
from letters.models import Letter, LetterState, Pledge, PledgeState, Route


def pledge(*, key: str, edition: Edition, case: Case | None, **promise) -> None:
    """Record a promise, and mail its private link if there is an address.

    The same form sent again changes the promise it made.
    """
    language = translation.get_language() or "en"
    made = Pledge(
        key=key, edition=edition, case=case, created_at=timezone.now(), language=language, **promise
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            emails.queue_pledge_link(made)
    except IntegrityError:
        _change(Pledge.objects.by_key(key), **promise)


def _change(pledges: QuerySet[Pledge], **promise) -> None:
    """Put what was promised anew in the place of what was."""
    with transaction.atomic():
        made = pledges.select_for_update().first()
        if made is None:  # erased this moment
            return
        has_other_address = made.email_hash != promise["email_hash"]
        for name, value in promise.items():
            setattr(made, name, value)
        made.save(update_fields=list(promise))
        if has_other_address:
            emails.forget_other_addresses(made)
            emails.queue_pledge_link(made)


def done(pledge: Pledge) -> int:
    """How many of its letters count."""
    return pledge.letters.filter(counted_on__isnull=False).count()


def post_by_hand(pledge: Pledge, case: Case, number: int) -> int:
    """Count letters that were written on paper for the pledge, at most those still promised.

    Returns how many were counted.
    """
    with transaction.atomic():
        pledge = Pledge.objects.select_for_update().filter(pk=pledge.pk).first()
        if pledge is None:  # erased this moment
            return 0
        number = min(number, pledge.number - done(pledge))
        if number <= 0 or pledge.state == PledgeState.RELEASED or not case.takes_actions:
            return 0
        now, today = timezone.now(), timezone.localdate()
        letters = []
        for _nr in range(number):
            letter = Letter(
                key=secrets.token_urlsafe(16),
                case=case,
                pledge=pledge,
                route=Route.BY_HAND,
                state=LetterState.POSTED,
                country=pledge.country,
                counted_on=today,
                created_at=now,
                changed_at=now,
                is_sample=pledge.is_sample,
            )
            letter.set_key_hash()
            letters.append(letter)
        Letter.objects.bulk_create(letters)
        counting.count(letters[0].counts_at, number)
    return number


def take_back_by_hand(pledge: Pledge) -> bool:
    """Take the newest letter written on paper out of the count: it was not posted after all."""
    with transaction.atomic():
        if not Pledge.objects.select_for_update().filter(pk=pledge.pk):  # erased this moment
            return False
        letter = pledge.letters.filter(route=Route.BY_HAND).order_by("-pk").first()
        if letter is None:
            return False
        counting.uncount(letter.counts_at)
        letter.delete()
    return True


def release(pledge: Pledge) -> None:
    """Give the promise back: nobody has to write."""
    Pledge.objects.filter(pk=pledge.pk).update(state=PledgeState.RELEASED)


def reopen(pledge: Pledge) -> None:
    """Take up again what was given back."""
    Pledge.objects.filter(pk=pledge.pk).update(state=PledgeState.OPEN)
