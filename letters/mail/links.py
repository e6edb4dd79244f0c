"""Links that stand in mails. Whoever gets at a mail later finds no key to a private page in it.

A link to a letter or a pledge first shows a page that names nothing private and asks whose address
it came to: somebody may have mistyped theirs. A link that ends news does that and nothing more.
"""

import datetime
import hmac
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from cases.encryption import keyed_hash, urlsafe
from letters.models import (
    DataRequest,
    EmailAddress,
    Letter,
    LinkPurpose,
    MailedLink,
    Pledge,
    Signature,
)
from letters.models.locks import lock
from letters.privacy.limits import KEEP_UNCONFIRMED_FOR

# What it confirms waits a day longer: so much later than it was asked for, a mail may leave.
CONFIRM_WITHIN = KEEP_UNCONFIRMED_FOR - datetime.timedelta(days=1)

Thing = Letter | Pledge | EmailAddress
PURPOSES: dict[type, LinkPurpose] = {
    Letter: LinkPurpose.LETTER,
    Pledge: LinkPurpose.PLEDGE,
    EmailAddress: LinkPurpose.EMAIL_ADDRESS,
}


def about(thing: Thing | Signature | DataRequest) -> str:
    """As the outbox names it: “letter:17”."""
    return f"{PURPOSES.get(type(thing), thing._meta.model_name)}:{thing.pk}"


def to_thing(thing: Thing) -> str:
    """The address of a link that opens it, in the language that is active."""
    purpose = PURPOSES[type(thing)]
    within = CONFIRM_WITHIN if purpose == LinkPurpose.EMAIL_ADDRESS else None
    _keep([_row(purpose, thing, within)])
    return _address("mailed", _key(purpose, thing))


def to_stop(email_address: EmailAddress) -> str:
    """The address that ends all news to the address; `keep_to_stop` makes it work."""
    return _address("stop-news", _key(LinkPurpose.STOP, email_address))


def keep_to_stop(email_addresses: Iterable[EmailAddress]) -> None:
    _keep_locked([_row(LinkPurpose.STOP, address, None) for address in email_addresses])


def _keep_locked(links: list[MailedLink]) -> None:
    """Of many at once, in the order in which others lock them."""
    with transaction.atomic():
        lock(MailedLink.objects.filter(key_hash__in=[link.key_hash for link in links]))
        _keep(links)


def to_stop_reminders(pledge: Pledge) -> str:
    """The address that ends all reminders to the address of the pledge; `keep_to_stop_reminders`
    makes it work."""
    return _address("stop-news", _key(LinkPurpose.NO_REMINDERS, pledge))


def keep_to_stop_reminders(pledges: Iterable[Pledge]) -> None:
    _keep_locked([_row(LinkPurpose.NO_REMINDERS, pledge, None) for pledge in pledges])


def to_say_posted(pledge: Pledge) -> str:
    """The address of a page where its writer says that they have posted what they promised."""
    _keep([_row(LinkPurpose.PLEDGE, pledge, None)])
    return _address("mailed-posted", _key(LinkPurpose.PLEDGE, pledge))


def to_end_thanks(owner: Letter | EmailAddress) -> str:
    """The address that ends thanks, and mails on what becomes of letters, to an address."""
    _keep([_row(LinkPurpose.THANKS, owner, None)])
    return _address("stop-news", _key(LinkPurpose.THANKS, owner))


def _address(name: str, key: str) -> str:
    return settings.SITE_URL + reverse(f"letters:{name}", args=[key])


def _key(purpose: LinkPurpose, thing: Thing) -> str:
    """The same for every mail to an address about a thing, so that a second copy is the same.

    22 characters, 128 bits; the key of the private page can't be worked out from it.
    """
    message = f"mailed-link\0{purpose}\0{thing.key}\0{thing.email_hash}".encode()
    return urlsafe(hmac.digest(settings.SECRET_KEY.encode(), message, "sha256")[:16])


def _row(purpose: LinkPurpose, thing: Thing, within: datetime.timedelta | None) -> MailedLink:
    return MailedLink(
        key_hash=keyed_hash(_key(purpose, thing), "mailed-link"),
        purpose=purpose,
        about=about(thing),
        to_hash=thing.email_hash,
        expires_at=timezone.now() + within if within else None,
    )


def _keep(links: list[MailedLink]) -> None:
    """A link that is mailed once more lives longer."""
    MailedLink.objects.bulk_create(
        links, update_conflicts=True, unique_fields=["key_hash"], update_fields=["expires_at"]
    )
