from django.db import models
from django.db.models import Q
from django.utils import timezone

from cases.encryption import keyed_hash


class LinkPurpose(models.TextChoices):
    """What a mailed link opens, and nothing more."""

    EMAIL_ADDRESS = "mailbox"  # as it stands in the keys of mails that were sent
    LETTER = "letter"
    PLEDGE = "pledge"
    NO_REMINDERS = "noremind"  # ends reminders of pledges; shows nothing of what was promised
    STOP = "stop"  # ends news; shows nothing of what hangs on the address
    THANKS = "thanks"  # ends thanks, and mails on what becomes of letters, as above


# They stop mails to an address, whatever the mail was about that they stood in.
STOPS = [LinkPurpose.NO_REMINDERS, LinkPurpose.STOP, LinkPurpose.THANKS]


class MailedLinkQuerySet(models.QuerySet["MailedLink"]):
    def by_key(self, key: str) -> "MailedLinkQuerySet":
        return self.filter(key_hash=keyed_hash(key, "mailed-link"))

    def valid(self) -> "MailedLinkQuerySet":
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))


class MailedLink(models.Model):
    """A link that stands in a mail: it has a key of its own, which is stored only as a hash.

    It is bound to the address it was mailed to: once a letter has another address, what was mailed
    to the first opens nothing.
    """

    key_hash = models.CharField(max_length=43, primary_key=True)
    purpose = models.CharField(max_length=8, choices=LinkPurpose.choices)
    # "letter:17", as in the outbox.
    about = models.CharField(max_length=40, db_index=True)
    to_hash = models.CharField(max_length=43)
    expires_at = models.DateTimeField(null=True, db_index=True)

    objects = MailedLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.purpose} ({self.about})"

    @property
    def number(self) -> int:
        """Of the letter, pledge or address that it opens."""
        return int(self.about.partition(":")[2])
