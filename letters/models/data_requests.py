from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.encryption import EncryptedTextField, keyed_hash


class DataRequestQuerySet(models.QuerySet["DataRequest"]):
    def by_key(self, key: str) -> "DataRequestQuerySet":
        return self.filter(key_hash=keyed_hash(key, "data"))


class DataRequest(models.Model):
    """Somebody asked for a link to all that we hold under an address.

    The key is in the mail alone: here stands its hash. The link ends after seven days without use,
    see `letters.privacy.personal_data`.
    """

    key_hash = models.CharField(max_length=43, unique=True, editable=False)
    # So that what stands under no address can be put under this one. Empty once all is erased.
    email = EncryptedTextField(blank=True, default="", editable=False)
    email_hash = models.CharField(max_length=43, db_index=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, db_index=True)
    used_at = models.DateTimeField(default=timezone.now, db_index=True, editable=False)

    objects = DataRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("all data of one person")
        verbose_name_plural = _("all data of one person")
        permissions = [
            ("handle_datarequest", _("Can export and erase everything under one address"))
        ]

    def __str__(self) -> str:
        return _("request %(number)s") % {"number": self.pk}

    @staticmethod
    def url(key: str) -> str:
        return reverse("letters:mine-mailed", args=[key])
