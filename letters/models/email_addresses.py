from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases.encryption import EncryptedTextField
from letters.models.private_links import PrivateLink, PrivateLinkQuerySet


class EmailAddressQuerySet(PrivateLinkQuerySet["EmailAddress"]):
    pass


class EmailAddress(PrivateLink):
    """An address that somebody typed, to sign or to be told.

    A typed address proves nothing. What it asked for waits until its owner presses the button on
    the page that only a mail to the address links to: one page for all that waits.
    """

    email = EncryptedTextField(_("e-mail"), blank=True)  # empty once it is blocked
    email_hash = models.CharField(max_length=43, unique=True, editable=False)
    language = models.CharField(max_length=12, default="en", editable=False)
    # Its owner wants no mail from us; nothing is sent to it, whoever types it.
    blocked_on = models.DateField(_("blocked on"), null=True, blank=True)

    objects = EmailAddressQuerySet.as_manager()

    class Meta:
        db_table = "letters_mailbox"  # as it was called first
        verbose_name = _("e-mail address")
        verbose_name_plural = _("e-mail addresses")

    def __str__(self) -> str:
        return _("e-mail address %(number)s") % {"number": self.pk}

    def get_absolute_url(self) -> str:
        return reverse("letters:email-address", args=[self.key])
