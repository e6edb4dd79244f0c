"""Promises to write, kept or given back. A pledge never counts; only letters do."""

import secrets

from django.db import IntegrityError, transaction
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
        made = Pledge.objects.by_key(key).get()
        for name, value in promise.items():
            setattr(made, name, value)
        made.save(update_fields=list(promise))


def done(pledge: Pledge) -> int:
    """How many of its letters count."""
    return pledge.letters.filter(counted_on__isnull=False).count()


def settle(pledge: Pledge) -> None:
    """Say that it is kept once as many letters count as were promised, and open again if not."""
    if pledge.state == PledgeState.RELEASED:
        return
    state = PledgeState.KEPT if done(pledge) >= pledge.number else PledgeState.OPEN
    Pledge.objects.filter(pk=pledge.pk).exclude(state=PledgeState.RELEASED).update(state=state)


def post_by_hand(pledge: Pledge, case: Case, number: int) -> int:
    """Count letters that were written on paper for the pledge, at most those still promised.

    Returns how many were counted.
    """
    with transaction.atomic():
        pledge = Pledge.objects.select_for_update().get(pk=pledge.pk)
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
        counting.count(letters[0], number)
        settle(pledge)
    return number


def take_back_by_hand(pledge: Pledge) -> bool:
    """Take the newest letter written on paper out of the count: it was not posted after all."""
    with transaction.atomic():
        Pledge.objects.select_for_update().get(pk=pledge.pk)
        letter = pledge.letters.filter(route=Route.BY_HAND).order_by("-pk").first()
        if letter is None:
            return False
        counting.uncount(letter, letter.counted_on)
        letter.delete()
        settle(pledge)
    return True


def release(pledge: Pledge) -> None:
    """Give the promise back: nobody has to write."""
    Pledge.objects.filter(pk=pledge.pk).update(state=PledgeState.RELEASED)


def reopen(pledge: Pledge) -> None:
    Pledge.objects.filter(pk=pledge.pk).update(state=PledgeState.OPEN)
    pledge.state = PledgeState.OPEN
    settle(pledge)
