"""Files of hand-ins: encrypted, in a storage of their own, which no web server serves."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from hashlib import sha256

from cryptography.fernet import InvalidToken
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from cases.encryption import fernet
from cases.stores import listed, store, was_written_before
from letters.models import HandInPart

FOLDER = "hand-ins"


class Unreadable(Exception):
    """The file is not there, was changed, or its key is missing from ENCRYPTION_KEYS."""


def storage() -> Storage:
    return storages["private"]


def save(part: HandInPart, pdf: bytes) -> str:
    """Its path, which no other file has: two workers may make the same part at once."""
    path = f"{FOLDER}/{part.hand_in_id}/{part.index:04}-{part.version}"  # see delete_all_of
    return storage().save(path, ContentFile(fernet().encrypt(pdf)))


def read(part: HandInPart) -> bytes:
    """The PDF, if it is the one that was made. Raises Unreadable, or StoreFails: then it may be
    there."""
    try:
        with store("private") as private, private.open(part.path) as file:
            encrypted = file.read()
        pdf = fernet().decrypt(encrypted)
    except (FileNotFoundError, InvalidToken) as error:
        raise Unreadable(part.path) from error
    if sha256(pdf).hexdigest() != part.sha256:
        raise Unreadable(part.path)
    return pdf


def delete(path: str) -> None:
    storage().delete(path)


def delete_all_of(part: HandInPart) -> None:
    """Also what a worker left that was killed while it made an earlier version."""
    folder = f"{FOLDER}/{part.hand_in_id}"
    for name in listed(storage(), folder)[1]:
        if name.startswith(f"{part.index:04}-"):
            storage().delete(f"{folder}/{name}")


def written_before(moment: datetime.datetime) -> Iterator[list[str]]:
    """The paths of such files, those of each hand-in together."""
    for hand_in in listed(storage(), FOLDER)[0]:
        folder = f"{FOLDER}/{hand_in}"
        paths = [f"{folder}/{name}" for name in listed(storage(), folder)[1]]
        yield [path for path in paths if was_written_before(storage(), path, moment)]


def encrypted_anew(path: str) -> str:
    """The path of another file, of which nobody knows yet, with the first of the ENCRYPTION_KEYS.

    Raises InvalidToken if none of them can read the old one.
    """
    with storage().open(path) as file:
        return storage().save(path, ContentFile(fernet().rotate(file.read())))
