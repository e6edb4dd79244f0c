"""All paper of a hand-in in one file, for an organisation with a printer: docs/operations.md."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from zipfile import ZIP_STORED, ZipFile

from letters.models import HandIn, HandInItem, HandInPart


class _Written(io.RawIOBase):
    """Takes what is written, and gives it away: a ZIP is never whole in memory."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.chunks.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self.chunks = b"".join(self.chunks), []
        return taken


def zipped(
    hand_in: HandIn, parts: list[HandInPart], read: Callable[[HandInPart], bytes]
) -> Iterator[bytes]:
    """Part by part. Each is read only when its turn has come: a freeze ends it at once."""
    written = _Written()
    with ZipFile(written, "w", ZIP_STORED) as archive:
        archive.writestr("manifest.json", json.dumps(manifest(hand_in, parts), indent=2))
        for part in parts:
            archive.writestr(part.file_name, read(part))
            yield written.take()
    yield written.take()


def manifest(hand_in: HandIn, parts: list[HandInPart]) -> dict:
    """Numbers and hashes; nobody's name, and not for whom it is."""
    items = HandInItem.objects.open().filter(hand_in=hand_in)
    return {
        "hand_in": hand_in.pk,
        "kind": hand_in.kind,
        "form": hand_in.form,
        "paper": hand_in.paper,
        "count": items.count(),
        "parts": [
            {
                "file": part.file_name,
                "first": part.first,
                "last": part.last,
                "pages": part.pages,
                "sha256": part.sha256,
            }
            for part in parts
        ],
        "numbers": list(items.order_by("number").values_list("number", flat=True)),
    }
