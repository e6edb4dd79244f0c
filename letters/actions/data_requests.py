"""The link to all that we hold under an address: mailed to it, to whoever typed it."""

import secrets

from django.db import transaction

from cases.encryption import keyed_hash
from letters.mail import messages
from letters.models import DataRequest
from letters.models.email_spelling import email_hash


def ask_for_link(email: str, *, is_suspect: bool = False, sender: str = "") -> None:
    """Mail the link to all that hangs on the address; also if that is nothing.

    Known and unknown addresses cost and look the same. While a mail with a link waits, no second
    one is made; what a robot seems to have asked for waits longest.
    """
    request = DataRequest(email_hash=email_hash(email))
    key = secrets.token_urlsafe(16)
    request.key_hash = keyed_hash(key, "data")
    with transaction.atomic():
        request.save()
        messages.queue_data_link(request, key, email, trapped=is_suspect, sender=sender)
