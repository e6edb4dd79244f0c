"""Files of hand-ins: encrypted, in a storage of their own, which no web server serves."""

from __future__ import annotations

from hashlib import sha256

from cryptography.fernet import InvalidToken
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from cases.encryption import fernet
from letters.models import HandInPart

FOLDER = "hand-ins"


class Unreadable(Exception):
    """The file is not there, was changed, or its key is missing from ENCRYPTION_KEYS."""


def storage() -> Storage:
    return storages["private"]


def save(part: HandInPart, pdf: bytes) -> str:
    """Its path. A worker that was killed may have left half of one there."""
    path = f"{FOLDER}/{part.hand_in_id}/{part.index:04}-{part.version}"  # see delete_all_of
    storage().delete(path)
    return storage().save(path, ContentFile(fernet().encrypt(pdf)))


def read(part: HandInPart) -> bytes:
    """The PDF, if it is the one that was made. Raises Unreadable."""
    try:
        with storage().open(part.path) as file:
            pdf = fernet().decrypt(file.read())
    except (OSError, InvalidToken) as error:
        raise Unreadable(part.path) from error
    if sha256(pdf).hexdigest() != part.sha256:
        raise Unreadable(part.path)
    return pdf


def delete(path: str) -> None:
    storage().delete(path)


def delete_all_of(part: HandInPart) -> None:
    """Also what a worker left that was killed while it made an earlier version."""
    folder = f"{FOLDER}/{part.hand_in_id}"
    _folders, names = storage().listdir(folder)
    for name in names:
        if name.startswith(f"{part.index:04}-"):
            storage().delete(f"{folder}/{name}")


def encrypted_anew(path: str) -> str:
    """The path of another file, of which nobody knows yet, with the first of the ENCRYPTION_KEYS.

    Raises InvalidToken if none of them can read the old one.
    """
    with storage().open(path) as file:
        return storage().save(path, ContentFile(fernet().rotate(file.read())))
