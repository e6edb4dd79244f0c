"""The pair of keys of the backups (age, age-encryption.org): whoever has the public one, which the
server needs, can write a backup; only the identity opens one, and it lies somewhere else."""

import os
import sys
from pathlib import Path

import pyrage
from django.conf import settings

from write4rights.backup import BackupError


def recipients() -> list[pyrage.x25519.Recipient]:
    """Whose identities open what is written now."""
    keys = [key for key in settings.BACKUP_KEY.replace(",", " ").split() if key]
    if not keys:
        raise BackupError(
            "Set BACKUP_KEY: the public key of the backups. "
            "`manage.py backup --new-key FILE` makes a pair."
        )
    try:
        return [pyrage.x25519.Recipient.from_str(key) for key in keys]
    except pyrage.RecipientError:
        raise BackupError("BACKUP_KEY is no public key of age: one begins with age1.") from None


def identities(file: str | None = None) -> list[pyrage.x25519.Identity]:
    """Those in a file (- is standard input), or in BACKUP_IDENTITY."""
    if file:
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text()
        except OSError as error:
            raise BackupError(f"{file} can't be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise BackupError(f"{file} can't be read: it is no text.") from None
    else:
        text = os.environ.get("BACKUP_IDENTITY", "")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    try:
        found = [
            pyrage.x25519.Identity.from_str(line) for line in lines if not line.startswith("#")
        ]
    except pyrage.IdentityError:
        raise BackupError("This is no identity of age: one begins with AGE-SECRET-KEY-1.") from None
    if not found:
        raise BackupError(
            "Give the identity that opens the backups: --identity FILE, or BACKUP_IDENTITY."
        )
    return found


def make_pair(file: str) -> str:
    """Write a new identity to a file that only you can read; returns its public key."""
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BackupError(f"{file} can't be made: {error.strerror}.") from None
    with open(handle, "w") as output:
        output.write(f"# public key: {public}\n{identity}\n")
    return public
