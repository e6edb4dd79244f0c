"""One file: a tar, encrypted by age as it is written, so that neither needs room nor memory.

It begins with a manifest and ends with a seal under HASH_KEY: a file that was cut off, changed or
made by somebody else is known before anything of it is used.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import BinaryIO

import pyrage
from django.core.files import File

from cases.encryption import keyed_hash
from write4rights.backup import BackupError

PART = 4_000_000  # bytes: what is larger is cut
MANIFEST, SEAL = "manifest.json", "seal"
CUT_OFF = "The backup is cut off or was changed: nothing of it is used."
NOT_OURS = (
    "The backup was made with another HASH_KEY, or by somebody else: nothing of it is used. "
    "Restore the secrets of the site first."
)

Named = tuple[str, bytes]


def write(target: BinaryIO, to: list, manifest: dict, files: Iterable[Named]) -> None:
    """All of these files, in their order."""
    digest = sha256()
    with (
        _piped(lambda source: pyrage.encrypt_io(source, target, to), backwards=False) as pipe,
        tarfile.open(fileobj=pipe, mode="w|") as tar,
    ):
        _add(tar, digest, MANIFEST, json.dumps(manifest).encode())
        for name, data in files:
            _add(tar, digest, name, data)
        _add(tar, sha256(), SEAL, keyed_hash(digest.hexdigest(), "backup").encode())


def read(source: BinaryIO | File, identities: list) -> Iterator[Named]:
    """Its files, the manifest first. Raises BackupError at the end at the latest: what was read
    until then is to be thrown away."""
    digest, sealed = sha256(), b""
    with _piped(lambda sink: pyrage.decrypt_io(source, sink, identities), backwards=True) as pipe:
        try:
            with tarfile.open(fileobj=pipe, mode="r|") as tar:
                for info in tar:
                    member = tar.extractfile(info)
                    data = member.read() if member else b""
                    if len(data) != info.size:
                        raise BackupError(CUT_OFF)
                    if info.name == SEAL:
                        sealed = data
                    else:
                        _note(digest, info.name, data)
                        yield info.name, data
        except tarfile.TarError:
            raise BackupError(CUT_OFF) from None
        while pipe.read(PART):  # to its end, so that all of it is looked at
            pass
    if not sealed:
        raise BackupError(CUT_OFF)
    if sealed != keyed_hash(digest.hexdigest(), "backup").encode():
        raise BackupError(NOT_OURS)


def check(source: BinaryIO | File, identities: list) -> dict:
    """Look at all of it, and return its manifest."""
    manifest: dict = {}
    for name, data in read(source, identities):
        if name == MANIFEST:
            manifest = json.loads(data)
    if not manifest:
        raise BackupError(CUT_OFF)
    return manifest


def parts(name: str, chunks: Iterable[bytes]) -> Iterator[Named]:
    """One long file as several."""
    for number, chunk in enumerate(chunks):
        yield f"{name}/{number:06}", chunk


def in_parts(file: BinaryIO | File) -> Iterator[bytes]:
    while chunk := file.read(PART):
        yield chunk


def _add(tar: tarfile.TarFile, digest, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))
    _note(digest, name, data)


def _note(digest, name: str, data: bytes) -> None:
    digest.update(f"{name}\0{len(data)}\0".encode())
    digest.update(data)


@contextmanager
def _piped(work: Callable[[BinaryIO], None], *, backwards: bool) -> Iterator[BinaryIO]:
    """age reads from a pipe what is written here; `backwards`, it writes what is read here."""
    reading, writing = os.pipe()
    ours, theirs = (reading, writing) if backwards else (writing, reading)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with open(theirs, "wb" if backwards else "rb") as end:
                work(end)
        except BaseException as error:  # told below, in the thread that waits
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        with open(ours, "rb" if backwards else "wb") as end:
            yield end
    except BrokenPipeError:
        pass  # its reader has failed
    except BackupError:
        thread.join()
        if failures and not isinstance(failures[0], BrokenPipeError):
            raise _sentence(failures[0]) from None
        raise
    thread.join()
    if failures:
        raise _sentence(failures[0]) from None


def _sentence(error: BaseException) -> BaseException:
    if isinstance(error, pyrage.DecryptError):
        if "matching" in str(error):
            return BackupError("This identity does not open the backup: it was made for another.")
        return BackupError("This is no backup, or only the beginning of one.")
    if isinstance(error, pyrage.EncryptError):  # what a full disk says, in other words
        return OSError(str(error).removeprefix("OSError: "))
    if isinstance(error, OSError) and "decryption" in str(error):
        return BackupError(CUT_OFF)
    return error
