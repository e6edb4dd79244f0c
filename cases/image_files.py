"""What is inside a JPEG, PNG or WebP file, counted before anything of it is decoded.

A decoder works as long as the file says: some bytes can ask for hours of work. So the file is read
here as a list of parts, refused with a sentence if they ask for too much, and written anew with
nothing but the parts a picture is made of. No parser of metadata ever sees what was uploaded.

Sources: ITU-T T.81 (JPEG), W3C PNG Third Edition, RFC 9649 (WebP), CIPA DC-008 (Exif).
"""

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Cameras and telephones save 12 or 24 million pixels; 25 take about 0.3 s and 200 MB to decode.
MAX_PIXELS = 25_000_000
MAX_WEBP_PIXELS = 10_000_000  # WebP takes about three times as long for a pixel
MAX_SIDE = 16_000  # WebP holds 16,383
MAX_SCANS = 50  # of a JPEG: cameras write 1, progressive ones have about 10
# Of a JPEG: samples of all colours in all scans. A progressive picture of 24 million pixels, as
# savers write it by default, has 192 million; 200 million take at most 0.6 s.
MAX_SAMPLES = 200_000_000
MAX_RAW_BYTES = 75_000_000  # of a PNG: 16 bits a colour and transparency are more work
# Largest numbers seen in honest files of 15 MB: 300 segments of 64 kB, 2,000 chunks of 8 kB.
MAX_SEGMENTS = 1_000
MAX_CHUNKS = 10_000
MAX_PROFILE_BYTES = 1_000_000  # colour profiles of printers have up to that

NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive: all that anybody writes
OTHER_FRAMES = {*range(0xC0, 0xD0)} - FRAMES - {0xC4, 0xC8, 0xCC}
DHT, SOS, DQT, DRI, EOI, TEM = 0xC4, 0xDA, 0xDB, 0xDD, 0xD9, 0x01
APP0, APP1, APP2, APP14 = 0xE0, 0xE1, 0xE2, 0xEE
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
ORIENTATION_TAG = 0x0112


class ImageFile(NamedTuple):
    """A file with the picture and its colour profile alone, and how it is to be turned."""

    data: bytes
    orientation: int  # as Exif counts: 1 is upright


def picture_only(data: bytes) -> ImageFile | None:
    """The file without all else, None if it is none of the three formats.

    Raises ValidationError with a sentence if it is broken, too large, or asks for too much work.
    """
    try:
        if data.startswith(b"\xff\xd8"):
            return _jpeg(data)
        if data.startswith(PNG_SIGNATURE):
            return _png(data)
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError):
        raise damaged() from None
    return None


# --- JPEG


def _jpeg(data: bytes) -> ImageFile:
    kept, orientation, profile_bytes = [b"\xff\xd8"], 1, 0
    frame: bytes | None = None
    scans = samples = at = 0
    for marker, start, end, after in _segments(data):
        body = data[start + 4 : end]
        if marker in OTHER_FRAMES or (marker in FRAMES and frame is not None):
            raise damaged()
        if marker in FRAMES:
            frame = body
            check_size(*struct.unpack(">HH", body[1:5])[::-1])
        elif marker == SOS:
            if frame is None:
                raise damaged()
            scans, samples = scans + 1, samples + _samples(frame, body)
            if scans > MAX_SCANS or samples > MAX_SAMPLES:
                raise too_much_work()
            end = after
        elif marker == APP1 and body.startswith(b"Exif\0\0") and orientation == 1:
            orientation = _orientation(body[6:])
        elif marker == APP2 and body.startswith(b"ICC_PROFILE\0"):
            profile_bytes += len(body)
        is_kept = (
            marker in FRAMES | {DHT, SOS, DQT, DRI}
            or (marker == APP0 and body.startswith(b"JFIF\0"))
            or (marker == APP14 and body.startswith(b"Adobe"))
            or (marker == APP2 and body.startswith(b"ICC_PROFILE\0"))
        )
        if is_kept and profile_bytes <= MAX_PROFILE_BYTES:
            kept.append(data[start:end])
        at = after
    if not scans:
        raise damaged()
    return ImageFile(b"".join(kept) + data[at : at + 2], orientation)


def _segments(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Each segment's marker, where it begins and ends, and where the next marker is."""
    number = 0
    found = NEXT_MARKER.search(data, 2)
    while found and (marker := data[found.end() - 1]) != EOI:
        number += 1
        if number > MAX_SEGMENTS:
            raise too_much_work()
        start = end = found.start()
        if marker != TEM:
            length = int.from_bytes(data[start + 2 : start + 4])
            end = start + 2 + length
            if length < 2 or end > len(data):
                raise damaged()
        found = NEXT_MARKER.search(data, max(end, start + 2))
        if marker != TEM:
            yield marker, start, end, found.start() if found else len(data)


def _samples(frame: bytes, scan: bytes) -> int:
    """How many samples the scan goes through, even if it says nothing about one of them."""
    height, width, number = struct.unpack(">HHB", frame[1:6])
    factors = {
        frame[6 + 3 * n]: (frame[7 + 3 * n] >> 4, frame[7 + 3 * n] & 15) for n in range(number)
    }
    if not factors or not all(map(all, factors.values())):
        raise damaged()
    widest, highest = (max(one) for one in zip(*factors.values(), strict=True))
    units = -(-width // (8 * widest)) * -(-height // (8 * highest))
    total = 0
    for n in range(scan[0]):
        horizontal, vertical = factors.get(scan[1 + 2 * n], (widest, highest))
        total += 64 * units * horizontal * vertical
    return total


def _orientation(exif: bytes) -> int:
    """The one thing of Exif that is needed; 1, upright, if it can't be read."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    try:
        start = struct.unpack_from(f"{order}I", exif, 4)[0] if order else 0
        number = struct.unpack_from(f"{order}H", exif, start)[0] if start else 0
        for n in range(min(number, 100)):
            tag, _type, _count, value = struct.unpack_from(f"{order}HHIH", exif, start + 2 + 12 * n)
            if tag == ORIENTATION_TAG:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


# --- PNG


def _png(data: bytes) -> ImageFile:
    kept, orientation, at = [PNG_SIGNATURE], 1, len(PNG_SIGNATURE)
    for number in range(MAX_CHUNKS):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data) or (number == 0) != (kind == b"IHDR"):
            raise damaged()
        if kind == b"IHDR":
            width, height, bits, colour = struct.unpack_from(">IIBB", data, at + 8)
            check_size(width, height)
            if width * height * bits * PNG_CHANNELS.get(colour, 4) // 8 > MAX_RAW_BYTES:
                raise too_much_work()
        if kind == b"eXIf":
            orientation = _orientation(data[at + 8 : end - 4])
        if kind in {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"} or (
            kind == b"iCCP" and length <= MAX_PROFILE_BYTES
        ):
            kept.append(data[at:end])
        if kind == b"IEND":
            return ImageFile(b"".join(kept), orientation)
        at = end
    raise too_much_work()


# --- WebP


def _webp(data: bytes) -> ImageFile:
    kept, orientation, at, number, pictures = [], 1, 12, 0, 0
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + length]
        number += 1
        if number > MAX_SEGMENTS:
            raise too_much_work()
        if len(body) < length:
            raise damaged()
        if kind in (b"ANIM", b"ANMF"):
            raise ValidationError(
                _("This picture moves: please choose one that does not."), code="moving"
            )
        if kind == b"EXIF":
            orientation = _orientation(body.removeprefix(b"Exif\0\0"))
        if kind == b"VP8X":
            check_size(
                int.from_bytes(body[4:7], "little") + 1,
                int.from_bytes(body[7:10], "little") + 1,
                MAX_WEBP_PIXELS,
            )
            body = bytes([body[0] & ~0b1110]) + body[1:]  # says no more of Exif, XMP, frames
        elif kind == b"VP8 ":
            width, height = struct.unpack_from("<HH", body, 6)
            check_size(width & 0x3FFF, height & 0x3FFF, MAX_WEBP_PIXELS)
        elif kind == b"VP8L":
            sides = int.from_bytes(body[1:5], "little")
            check_size((sides & 0x3FFF) + 1, (sides >> 14 & 0x3FFF) + 1, MAX_WEBP_PIXELS)
        pictures += kind in (b"VP8 ", b"VP8L")
        if kind in (b"VP8X", b"ALPH", b"VP8 ", b"VP8L") or (
            kind == b"ICCP" and length <= MAX_PROFILE_BYTES
        ):
            kept.append(struct.pack("<4sI", kind, length) + body + b"\0" * (length % 2))
        at += 8 + length + length % 2
    if pictures != 1:
        raise damaged()
    chunks = b"".join(kept)
    return ImageFile(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks, orientation)


# --- what is said


def check_size(width: int, height: int, most: int | None = None) -> None:
    most = min(most or MAX_PIXELS, MAX_PIXELS)
    if width * height > most or max(width, height) > MAX_SIDE:
        raise ValidationError(
            _(
                "This picture has too many pixels: at most %(limit)s million, and %(side)s on its "
                "longer side, are taken."
            ),
            code="too_many_pixels",
            params={"limit": most // 1_000_000, "side": MAX_SIDE},
        )


def too_much_work() -> ValidationError:
    return ValidationError(
        _(
            "This picture is saved in a way that takes very long to open: please save it "
            "again as an ordinary JPEG, and smaller."
        ),
        code="too_much_work",
    )


def damaged() -> ValidationError:
    return ValidationError(
        _("This picture is damaged or incomplete: please save it again and try once more."),
        code="damaged",
    )
