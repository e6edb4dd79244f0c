"""Pictures of cases: what is uploaded made clean, in the sizes shown, and served.

Only renditions are public. Their names begin with the case, so that serving one can ask how far
the case is frozen, and hold the picture's hash, so that what a name stands for never changes.
"""

import datetime
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import PurePosixPath
from threading import BoundedSemaphore

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.http import Http404, HttpResponse, HttpResponseGone, HttpResponseNotModified
from django.urls import reverse
from django.utils import timezone
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps

from cases import image_files
from cases.models import ErasureAct, ErasureEntry, Freeze, Portrait
from cases.stores import LEFT_ALONE_FOR, StoreFails, listed, store, was_written_before

TAKEN = ["JPEG", "PNG", "WEBP"]
MAX_BYTES = 15_000_000
MIN_WIDTH = 800
MAX_KEPT_SIDE = 2_400  # pixels: 300 to the inch on the width of A4; pages show at most 1,600

# A picture takes up to 200 MB and a second of one core while it is worked on.
MAX_AT_ONCE = 2  # of a process
MAX_WAIT = 3  # seconds in which a thread waits for its turn: it serves nobody meanwhile
_turns = BoundedSemaphore(MAX_AT_ONCE)

# 240: in a list on a phone; 640: across a phone, nearly two of its pixels to one of the page
WIDTHS = [240, 400, 640, 900, 1200, 1600]
KINDS = {  # name in Portrait.renditions: format, options, widths
    "avif": ("AVIF", {"quality": 42, "speed": 8}, WIDTHS),  # speed 6, the default: 3 times as long
    "webp": ("WEBP", {"quality": 74, "method": 4}, WIDTHS),
    "jpeg": ("JPEG", {"quality": 82, "progressive": True, "optimize": True}, [1200]),
}
SUFFIXES = {"avif": "avif", "webp": "webp", "jpeg": "jpg"}
# Counted up when `clean` or `KINDS` change: names must never stand for other bytes.
RECIPE = b"6"

# What people have and we don't take, by how its bytes begin: no parser is opened for it.
OTHER_FORMATS = [
    (rb"GIF8", "GIF"),
    (rb"BM", "BMP"),
    (rb"II\*\0|MM\0\*", "TIFF"),
    (rb".{4}ftyp(heic|heix|hevc|mif1|msf1)", "HEIC"),
    (rb".{4}ftypavi[fs]", "AVIF"),
    (rb"%PDF", "PDF"),
    (rb"\s*<(svg|\?xml)", "SVG"),
]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
WITH_ALPHA = {"RGBA", "LA", "PA", "RGBa", "La"}
TURNS = {  # by Exif's orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

SERVED_TYPES = {
    "avif": "image/avif",
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "png": "image/png",
}
FOLDER = "portraits"
UNNAMED_FOR = datetime.timedelta(days=1)  # a row is saved seconds after its files
RENDITION = re.compile(r"portraits/(?P<case>[0-9]{1,18})/[0-9a-f]{20}-[0-9]{3,4}\.(avif|webp|jpg)")
ASKED_OF_A_PICTURE = ["renditions", "case__stage", "case__freeze", "case__edition__opens_on"]
ORIGINAL = re.compile(r"portraits/[0-9a-f]{20}(_[0-9A-Za-z]{7})?\.(jpg|png)")


def clean(upload: File) -> ContentFile:
    """The picture encoded anew: upright, in sRGB, and without a word of where it was taken.

    Raises ValidationError with a sentence for who uploaded it. What the file is called does not
    matter; it comes out named by its content.
    """
    data = _bytes_of(upload)
    with turn():
        image = _decoded(data, MAX_KEPT_SIDE)
        if image.width < MIN_WIDTH:
            raise ValidationError(
                _("This picture is %(width)s pixels wide; at least %(limit)s are needed."),
                code="too_narrow",
                params={"width": image.width, "limit": MIN_WIDTH},
            )
        is_png = image.mode == "RGBA" or data.startswith(image_files.PNG_SIGNATURE)
        if is_png:
            encoded = encode(image, "PNG", {"compress_level": 2})  # a third of the time of 6
        else:
            encoded = encode(image, "JPEG", {"quality": 90})
    suffix = "png" if is_png else "jpg"
    return ContentFile(encoded, name=f"{digest(data)}.{suffix}")


def decoded(upload: File, longest: int) -> Image.Image:
    """The picture itself, its longer side no longer than that: upright, in sRGB, and with nothing
    else of the file; or ValidationError as `clean` raises it. To be asked for in a `turn`."""
    return _decoded(_bytes_of(upload), longest)


@contextmanager
def turn() -> Iterator[None]:
    """Two pictures are worked on at once; who waits too long gets a ValidationError that says so.

    A thread that waits serves no reader meanwhile, so that uploads alone could stop the site.
    """
    if not _turns.acquire(timeout=MAX_WAIT):
        raise ValidationError(
            _("Many pictures are arriving just now: please choose yours again in a minute."),
            code="busy",
        )
    try:
        yield
    finally:
        _turns.release()


def digest(data: bytes) -> str:
    return hashlib.sha256(RECIPE + data).hexdigest()[:20]


def source_digest(portrait: Portrait) -> str:
    """The digest of the upload that `clean` made the portrait's picture of."""
    return PurePosixPath(portrait.image.name or "").stem.split("_")[0]  # storage adds _… if taken


def render(portrait: Portrait) -> None:
    """Make the files a page shows and name them in `portrait.renditions`; the caller saves.

    Files the portrait names already are left as they are. Asks no database, so threads may
    render side by side.
    """
    with portrait.image.open("rb") as file:
        data = file.read()
    stem = f"portraits/{portrait.case_id}/{digest(data)}"
    known = set(_rendition_names(portrait))
    original: Image.Image | None = None
    renditions: dict[str, dict[str, str]] = {}
    for kind, (image_format, options, widths) in KINDS.items():
        renditions[kind] = {}
        for width in _widths(portrait.width, widths):
            name = f"{stem}-{width}.{SUFFIXES[kind]}"
            if name not in known or not default_storage.exists(name):
                if original is None:
                    original = Image.open(BytesIO(data), formats=TAKEN)
                encoded = _scaled(original, width, image_format, options)
                default_storage.delete(name)  # half written, if a process was killed over it
                name = default_storage.save(name, ContentFile(encoded))
            renditions[kind][str(width)] = name
    portrait.renditions = renditions


def lacks_sizes(portrait: Portrait) -> bool:
    """Whether pages show sizes by now that were not made when it was uploaded."""
    return any(
        {str(width) for width in _widths(portrait.width, widths)}
        - portrait.renditions.get(kind, {}).keys()
        for kind, (_format, _options, widths) in KINDS.items()
    )


def remove(portrait: Portrait) -> None:
    """Take the picture from the site, and no restored backup brings it back. Whoever deletes the
    row need not call it."""
    ErasureEntry.objects.note(ErasureAct.ERASED, Portrait, [portrait.pk])
    remove_files(portrait)


@receiver(pre_delete, sender=Portrait)
def _remove_deleted(instance: Portrait, **_signal) -> None:
    # As it is stored: a form may have put another picture into the instance.
    if stored := Portrait.objects.filter(pk=instance.pk).first():
        remove(stored)


def remove_files(portrait: Portrait) -> None:
    """Delete the portrait's files once the transaction is through, if no row names them then.

    Nobody is shown them any more. What the store does not delete now, because it fails, is deleted
    by `erase_unnamed_files`.
    """
    names = {portrait.image.name, *_rendition_names(portrait)}
    same = Q(case_id=portrait.case_id) | Q(image=portrait.image.name)

    def delete() -> None:
        in_use: set[str] = set()
        for row in Portrait.objects.filter(same):
            in_use |= {row.image.name, *_rendition_names(row)}
        for name in names - in_use:
            default_storage.delete(name)

    transaction.on_commit(delete, robust=True)


def erase_unnamed_files() -> int:
    """Those that no row has: what was removed while the store failed, or uploaded by a process
    that was killed. The worker calls it."""
    cases, originals = listed(default_storage, FOLDER)
    paths = [f"{FOLDER}/{name}" for name in originals]
    for case in cases:
        folder = f"{FOLDER}/{case}"
        paths += [f"{folder}/{name}" for name in listed(default_storage, folder)[1]]
    unnamed = set(paths) - names_in_use()
    before = timezone.now() - UNNAMED_FOR
    old = [path for path in unnamed if was_written_before(default_storage, path, before)]
    for path in old:
        default_storage.delete(path)
    return len(old)


def names_in_use() -> set[str]:
    """Of all files that a row names."""
    return {
        name
        for portrait in Portrait.objects.iterator()
        for name in (portrait.image.name, *_rendition_names(portrait))
    }


def url(portrait: Portrait, kind: str = "jpeg", width: int = 1200, *, to_staff=False) -> str:
    """The address of the rendition nearest to a width, or "" if there is none."""
    renditions = portrait.renditions.get(kind, {})
    nearest = min(renditions, key=lambda known: abs(int(known) - width), default=None)
    if not nearest:
        return ""
    return address(renditions[nearest], to_staff=to_staff)


def address(name: str, *, to_staff: bool = False) -> str:
    """Where a file is served: to readers, or to staff even if it belongs to a draft. By us,
    wherever it lies: who may see it hangs on the case."""
    return reverse("staff-media" if to_staff else "media", args=[name])


def srcset(portrait: Portrait, kind: str) -> str:
    """For `<source srcset>`: each rendition of a kind with its width."""
    return ", ".join(
        f"{address(name)} {width}w" for width, name in portrait.renditions.get(kind, {}).items()
    )


def cropped(portrait: Portrait, width: int, height: int) -> bytes:
    """A JPEG of exactly this size for cards and print, cut as `object-position` cuts it. Raises
    StoreFails."""
    with store("default") as storage, storage.open(portrait.image.name) as file:
        data = file.read()
    image = Image.open(BytesIO(data), formats=TAKEN)
    focal = (portrait.focal_x, portrait.focal_y)
    cut = ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS, centering=focal)
    return encode(cut, "JPEG", KINDS["jpeg"][1])


def media_response(name: str, *, known: str = "", to_staff: bool = False) -> HttpResponse:
    """The picture, for readers or for staff: 410 for a withdrawn case, 404 if it may not be seen.

    It may be as long as a row names it, whatever lies in the store. Staff see drafts and originals
    too. The response has an ETag, for the view to compare. While
    the store fails, a cache that has the picture (`known` is the request's If-None-Match) goes on
    showing it.
    """
    if match := RENDITION.fullmatch(name):
        portraits = Portrait.objects.select_related("case__edition").only(*ASKED_OF_A_PICTURE)
        portrait = portraits.filter(case__pk=match["case"]).first()
        if portrait is None or name not in _rendition_names(portrait):
            raise Http404
        case = portrait.case
        if not (case.is_visible or to_staff):
            if case.is_open_to_readers and case.freeze == Freeze.WITHDRAWN:
                return HttpResponseGone("Gone\n", content_type="text/plain")
            raise Http404
    elif not (
        to_staff and ORIGINAL.fullmatch(name) and Portrait.objects.filter(image=name).exists()
    ):
        raise Http404
    etag = f'"{PurePosixPath(name).name}"'
    try:
        response = _read(name)
    except StoreFails:
        if etag not in parse_etags(known):
            headers = {"Cache-Control": "no-store", "Retry-After": str(LEFT_ALONE_FOR)}
            return HttpResponse("Come back soon\n", "text/plain", status=503, headers=headers)
        response = HttpResponseNotModified()
    response["ETag"] = etag
    if to_staff:
        response["Cache-Control"] = "private, no-store"
    else:
        # A browser keeps what it has seen. A cache that others share asks again, so that a
        # withdrawn picture is gone from it as soon as from the page.
        response["Cache-Control"] = (
            f"public, max-age=31536000, s-maxage={settings.PAGE_CACHE_SECONDS}, immutable"
        )
    return response


def _read(name: str) -> HttpResponse:
    try:
        with store("default") as storage, storage.open(name) as file:
            data = file.read()
    except FileNotFoundError:
        raise Http404 from None
    return HttpResponse(data, SERVED_TYPES[name.rpartition(".")[2]])


def _bytes_of(upload: File) -> bytes:
    if upload.size > MAX_BYTES:
        raise ValidationError(
            _("This file has %(size)s MB; a picture may have at most %(limit)s MB."),
            code="too_big",
            params={"size": upload.size // 1_000_000 + 1, "limit": MAX_BYTES // 1_000_000},
        )
    upload.seek(0)
    return upload.read()


def _opened(data: bytes) -> tuple[Image.Image, int]:
    """The picture with its header read and nothing decoded, and how it is to be turned; or
    ValidationError."""
    for beginning, name in OTHER_FORMATS:
        if re.match(beginning, data, re.DOTALL):
            raise ValidationError(
                _("%(format)s files are not taken: please save the picture as JPEG, PNG or WebP."),
                code="other_format",
                params={"format": name},
            )
    file = image_files.picture_only(data)
    if file is None:
        raise ValidationError(
            _("This file is not a picture: please choose a JPEG, PNG or WebP file."),
            code="no_picture",
        )
    try:
        image = Image.open(BytesIO(file.data), formats=TAKEN)
    except Exception:  # on a broken header Pillow's parsers raise whatever comes
        raise image_files.damaged() from None
    image_files.check_size(*image.size)
    return image, file.orientation


def _decoded(data: bytes, longest: int) -> Image.Image:
    """RGB, or RGBA if anything in it is transparent; upright; nothing else kept of the file."""
    image, orientation = _opened(data)
    try:
        image.draft(None, (longest, longest))  # a JPEG is decoded no larger than is needed
        image.load()
        profile = image.info.get("icc_profile")
        image = _plain_mode(image)
        image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        if orientation in TURNS:
            image = image.transpose(TURNS[orientation])
        image = _in_srgb(image, profile)
    except Exception:  # see _opened
        raise image_files.damaged() from None
    if image.mode == "RGBA" and image.getchannel("A").getextrema()[0] == 255:
        image = image.convert("RGB")
    image.info.clear()  # savers write comments, XMP and profiles from here
    return image


def _plain_mode(image: Image.Image) -> Image.Image:
    """In a mode that can be made smaller without a loss and that colour profiles know."""
    if image.mode.startswith("I"):  # 16 bits of grey; convert() would cut, not scale
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in WITH_ALPHA or "transparency" in image.info:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image if image.mode in {"RGB", "L", "CMYK"} else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            image = ImageCms.profileToProfile(image, source, SRGB, outputMode=mode) or image
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile says nothing: take the colours as sRGB
    return image if image.mode == mode else image.convert(mode)


def _widths(original: int, widths: list[int]) -> list[int]:
    """The widths the original is wide enough for; at its end its own, if it is no wider."""
    fitting = [width for width in widths if width < original]
    return fitting if len(fitting) == len(widths) else [*fitting, min(original, widths[-1])]


def _scaled(image: Image.Image, width: int, image_format: str, options: dict) -> bytes:
    height = max(1, round(image.height * width / image.width))
    scaled = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return encode(scaled, image_format, options)


def encode(image: Image.Image, image_format: str, options: dict) -> bytes:
    """What is transparent stands on white where the format knows nothing of it."""
    if image_format == "JPEG" and image.mode == "RGBA":
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image).convert("RGB")
    encoded = BytesIO()
    image.save(encoded, image_format, **options)
    return encoded.getvalue()


def _rendition_names(portrait: Portrait) -> list[str]:
    return [name for widths in portrait.renditions.values() for name in widths.values()]
