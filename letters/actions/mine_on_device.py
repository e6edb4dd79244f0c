"""What the owner of a device does with all that stands on its list: a file, no mails, erasure.

It is of these things alone; what else hangs on an address comes by mail: `data_requests`.
"""

from django.db.models import QuerySet

from letters.actions import data_requests, erasure
from letters.actions.mine import Things
from letters.models import (
    EmailAddress,
    Follow,
    FollowState,
    Letter,
    Pledge,
    Post,
    Signature,
    SignatureState,
)
from letters.privacy import erasure as old_age
from letters.privacy import personal_data


def rows_of(things: Things) -> dict[str, QuerySet]:
    """All that is told of them: the words of letters, too."""
    addresses = EmailAddress.objects.filter(pk__in=[one.pk for one in things.addresses])
    by_address = {"email_address__in": addresses}
    signatures = Signature.objects.filter(**by_address)
    follows = Follow.objects.filter(**by_address)
    rows = personal_data.with_all_told(
        letters=Letter.objects.filter(pk__in=[one.pk for one in things.letters]),
        pledges=Pledge.objects.filter(pk__in=[one.pk for one in things.pledges]),
        signatures=signatures.exclude(state=SignatureState.UNCONFIRMED),
        follows=follows.exclude(state=FollowState.UNCONFIRMED),
    )
    posts = Post.objects.filter(pk__in=[one.pk for one in things.posts])
    return rows | {
        "posts": posts.select_related("case__edition").order_by("-pk"),
        "email_addresses": addresses,
    }


def proven_addresses(things: Things) -> set[str]:
    """The hashes of those of which somebody who reads mail there said that they are theirs."""
    given: list[Letter | Pledge] = [*things.letters, *things.pledges]
    proven = {one.email_hash for one in given if one.email_proven_on}
    return proven | {address.email_hash for address in things.addresses}


def stop_all_mails(things: Things) -> None:
    for address in sorted(proven_addresses(things)):
        data_requests.stop_all_mails(address)


def erase_all(things: Things) -> None:
    """Letters first: those of a promise stay otherwise. Pressed again, it does what is left."""
    old_age.erase_letters(Letter.objects.filter(pk__in=[one.pk for one in things.letters]))
    old_age.erase_pledges(Pledge.objects.filter(pk__in=[one.pk for one in things.pledges]))
    old_age.erase_posts(Post.objects.filter(pk__in=[one.pk for one in things.posts]))
    addresses = EmailAddress.objects.filter(pk__in=[one.pk for one in things.addresses])
    erasure.erase_email_addresses(addresses)
