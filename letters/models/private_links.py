from typing import Self, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.encryption import EncryptedTextField, keyed_hash

Row = TypeVar("Row", bound=models.Model)


def hash_of(key: str) -> str:
    return keyed_hash(key, "link")


class PrivateLinkQuerySet(models.QuerySet[Row]):
    def by_key(self, key: str) -> Self:
        return self.by_keys([key])

    def by_keys(self, keys: list[str]) -> Self:
        return self.filter(key_hash__in=[hash_of(key) for key in keys])


class PrivateLink(models.Model):
    """A row that its writer reaches by a link that nobody can guess, without an account.

    The database holds the key encrypted and finds it by its hash: a copy of the database opens
    no link.
    """

    key = EncryptedTextField(editable=False)
    key_hash = models.CharField(max_length=43, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), editable=False)

    class Meta:
        abstract = True

    def save(self, *args, **kwargs) -> None:
        self.set_key_hash()
        super().save(*args, **kwargs)

    def set_key_hash(self) -> None:
        """For rows made in bulk, which `save` does not see."""
        self.key_hash = hash_of(self.key)
