"""Whether what is stored can be read with the keys of the environment: else these are not its keys,
and what is written from now on would not be read with the right ones."""

from collections.abc import Iterator
from itertools import chain

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.apps import apps
from django.db import models

from cases.encryption import EncryptedTextField, Unreadable, fernet
from letters.models import EmailAddress, Letter, OutgoingMail, Pledge
from letters.models.email_spelling import email_hash
from write4rights.health.results import Result, ok, red

A_FEW = 5  # of the newest rows, and of the oldest
HASHED = [
    (EmailAddress, "email", "email_hash"),
    (Letter, "email", "email_hash"),
    (Pledge, "email", "email_hash"),
    (OutgoingMail, "to", "to_hash"),
]


def encryption_keys() -> Result:
    unreadable = [name for name, is_read in _read() if not is_read]
    if not unreadable:
        return ok("ENCRYPTION_KEYS", "What is stored can be read.")
    said = f"Of {', '.join(sorted(set(unreadable)))}, something can’t be read."
    cure = "A key is missing: put the ones it was written with back behind the first, and restart."
    return red("ENCRYPTION_KEYS", said, cure)


def _read() -> Iterator[tuple[str, bool]]:
    """A few texts of each table, and whether they can be decrypted."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield str(model._meta.verbose_name_plural), _is_readable(model, field.attname)
    for factor in Authenticator.objects.filter(type=Authenticator.Type.TOTP)[:A_FEW]:
        try:
            fernet().decrypt(factor.data["secret"].encode())
        except InvalidToken:
            yield "second factors", False


def _is_readable(model: type[models.Model], field: str) -> bool:
    rows = model._default_manager.exclude(**{field: ""}).values_list(field, flat=True)
    try:
        list(chain(rows.order_by("pk")[:A_FEW], rows.order_by("-pk")[:A_FEW]))
    except Unreadable:
        return False
    return True


def hash_key() -> Result:
    """Whether an address has the hash that stands beside it."""
    for model, email, hashed in HASHED:
        rows = model._default_manager.exclude(**{email: ""}).exclude(**{hashed: ""})
        try:
            few = list(rows.order_by("-pk").values_list(email, hashed)[:A_FEW])
        except Unreadable:  # which is said above
            continue
        if few and not any(email_hash(address) == stored for address, stored in few):
            said = "Addresses have other hashes than those that are stored."
            cure = "HASH_KEY is not the one they were stored with: put that back."
            return red("HASH_KEY", said, cure)
    return ok("HASH_KEY", "Addresses have the hashes that are stored.")
