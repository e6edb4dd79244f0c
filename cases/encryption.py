"""Personal words encrypted at rest, and texts compared without reading them.

Keys come from the environment: `ENCRYPTION_KEYS` (the first encrypts, all decrypt: put a new one
in front to rotate, then run `manage.py rotate_keys`) and `HASH_KEY`, which never changes.
"""

import hmac
from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.models.lookups import Exact


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def fernet() -> MultiFernet:
    return _fernet(tuple(settings.ENCRYPTION_KEYS))


class Unreadable(Exception):
    """A stored text can't be decrypted: its key is missing from ENCRYPTION_KEYS."""


class EncryptedTextField(models.TextField):
    """Text that the database holds encrypted. It can't be searched, sorted or compared there."""

    description = "Encrypted text"

    def get_prep_value(self, value: str | None) -> str | None:
        value = super().get_prep_value(value)
        return fernet().encrypt(value.encode()).decode() if value else value

    def from_db_value(self, value: str | None, expression, connection) -> str | None:
        if not value:
            return value
        try:
            return fernet().decrypt(value.encode()).decode()
        except InvalidToken as error:
            raise Unreadable("A key is missing from ENCRYPTION_KEYS.") from error

    def get_lookup(self, lookup_name: str):
        # Equal texts differ when encrypted, so only "is it there" has an answer.
        lookups = {"isnull": super().get_lookup("isnull"), "exact": IsEmpty}
        if lookup_name not in lookups:
            raise TypeError(f"An encrypted field has no lookup {lookup_name!r}.")
        return lookups[lookup_name]


class IsEmpty(Exact):
    """`field=""`: the one text that an encrypted field can be compared with."""

    def get_prep_lookup(self) -> str:
        if self.rhs != "":
            raise TypeError("An encrypted field can only be compared with an empty text.")
        return ""


def keyed_hash(text: str, purpose: str) -> str:
    """43 characters that tell whether two texts are the same, and nothing else without the key."""
    digest = hmac.digest(settings.HASH_KEY.encode(), f"{purpose}\0{text}".encode(), "sha256")
    return urlsafe(digest)


def urlsafe(digest: bytes) -> str:
    """Base64 for addresses: 22 characters for 128 bits, 43 for 256."""
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
