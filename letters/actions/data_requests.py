"""Mine, by mail: a link to all that we hold under an address goes to it, whoever typed it.

Who opens the link reads mail there. What somebody else may have typed is theirs only once they say
so: until then they are told of what kind it is, and nothing that was typed.
"""

from __future__ import annotations

import datetime
import secrets

from django.db import transaction
from django.utils import timezone

from cases.encryption import keyed_hash
from letters.actions import email_addresses, follows, reminders
from letters.actions.mine import Mine, Things
from letters.mail import messages
from letters.models import DataRequest, EmailAddress, Letter, Pledge, Post
from letters.models.email_spelling import email_hash
from letters.models.locks import lock
from letters.privacy import consent

PUT_UNDER = ["email", "email_hash", "email_proven_on", "consent_version", "key"]
RENEWED_AFTER = datetime.timedelta(days=1)  # so that looking costs a write once a day at most


def ask_for_link(email: str, *, is_suspect: bool = False, sender: str = "") -> None:
    """Mail the link to all that hangs on the address; also if that is nothing.

    Known and unknown addresses cost and look the same. While a mail with a link waits, no second
    one is made; what a robot seems to have asked for waits longest.
    """
    request = DataRequest(email=email, email_hash=email_hash(email))
    key = secrets.token_urlsafe(16)
    request.key_hash = keyed_hash(key, "data")
    with transaction.atomic():
        request.save()
        messages.queue_data_link(request, key, email, trapped=is_suspect, sender=sender)


def renew(request: DataRequest) -> None:
    """Used again, the link lasts longer; not for ever: see `letters.privacy.personal_data`."""
    now = timezone.now()
    if request.used_at < now - RENEWED_AFTER:
        DataRequest.objects.filter(pk=request.pk).update(used_at=now)


def things_of(of: str) -> tuple[Things, list[Letter | Pledge]]:
    """All things of an address, those that nobody has said are theirs apart from the others."""
    things = Things.of(
        letters=Letter.objects.filter(email_hash=of, erased_on=None),
        pledges=Pledge.objects.filter(email_hash=of),
        posts=Post.objects.none(),
        addresses=EmailAddress.objects.filter(email_hash=of),
    )
    both: list[Letter | Pledge] = [*things.pledges, *things.letters]
    unproven = [thing for thing in both if thing.email_proven_on is None]
    things.letters = [letter for letter in things.letters if letter not in unproven]
    things.pledges = [pledge for pledge in things.pledges if pledge not in unproven]
    return things, unproven


def answer(things: list[Letter | Pledge], *, are_mine: bool) -> None:
    """Say of what somebody typed the address for that it is one's own, or that it is not."""
    for thing in things:
        if are_mine:
            email_addresses.prove_address(thing)
        else:
            email_addresses.take_address_off(thing)


def without_address(mine: Mine) -> Things:
    """What a device remembers that stands under no address: letters and promises."""
    things = mine.things()
    return Things(
        letters=[one for one in things.letters if not one.email_hash],
        pledges=[one for one in things.pledges if not one.email_hash],
        posts=[],
        addresses=[],
    )


def put_under(
    request: DataRequest, things: list[Letter | Pledge], version: str
) -> list[Letter | Pledge]:
    """Put them under the address, whose owner agreed to the text of that version for letters. No
    mail has to prove it: the link to this page has.

    Each has another private link from now on, or whoever gave its link away would read the address.
    Returns them as they are now.
    """
    done: list[Letter | Pledge] = []
    pledges = [one.pk for one in things if isinstance(one, Pledge)]
    letters = [one.pk for one in things if isinstance(one, Letter)]
    with transaction.atomic():
        keys = lock(Pledge.objects.filter(pk__in=pledges, email_hash=""))
        for pledge in Pledge.objects.filter(pk__in=keys).only("consent_version"):
            done.append(_put_under(request, pledge, consent.VERSION))
        keys = lock(Letter.objects.filter(pk__in=letters, email_hash="", erased_on=None))
        for letter in Letter.objects.filter(pk__in=keys).only("consent_version"):
            done.append(_put_under(request, letter, version))
    return done


def _put_under(request: DataRequest, thing: Letter | Pledge, version: str) -> Letter | Pledge:
    thing.email, thing.email_hash = request.email, request.email_hash
    thing.email_proven_on = timezone.localdate()
    thing.consent_version = thing.consent_version or version
    thing.key = secrets.token_urlsafe(16)
    thing.save(update_fields=["key_hash", *PUT_UNDER])
    return thing


def stop_all_mails(of: str) -> None:
    """No mail that was asked for with the address comes any more, except private links."""
    reminders.stop(of)
    email_addresses.end_thanks(of)
    for email_address in EmailAddress.objects.filter(email_hash=of):
        follows.end_all(email_address)


def set_language(of: str, language: str) -> None:
    """Our mails come in this language from now on."""
    with transaction.atomic():
        pledges = Pledge.objects.filter(email_hash=of, email_proven_on__isnull=False)
        Pledge.objects.filter(pk__in=lock(pledges)).update(language=language)
        letters = Letter.objects.filter(email_hash=of, email_proven_on__isnull=False)
        Letter.objects.filter(pk__in=lock(letters)).update(page_language=language)
        addresses = EmailAddress.objects.filter(email_hash=of)
        EmailAddress.objects.filter(pk__in=lock(addresses)).update(language=language)
