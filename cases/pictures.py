"""Pictures of cases: what is uploaded made clean, in the sizes shown, and served.

Only renditions are public. Their names begin with the case, so that serving one can ask how far
the case is frozen, and hold the picture's hash, so that what a name stands for never changes.
"""

import hashlib
import re
from io import BytesIO
from pathlib import PurePosixPath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.http import FileResponse, Http404, HttpResponse, HttpResponseGone
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from cases.models import Case, Freeze, Portrait

TAKEN = ["JPEG", "PNG", "WEBP"]
MAX_BYTES = 15_000_000
MAX_PIXELS = 40_000_000  # 160 MB while it is worked on
MAX_SIDE = 16_000  # WebP holds 16,383
MIN_WIDTH = 800

WIDTHS = [400, 800, 1200, 1600]
KINDS = {  # name in Portrait.renditions: format, options, widths
    "avif": ("AVIF", {"quality": 60, "speed": 8}, WIDTHS),  # speed 6, the default: 3 times as long
    "webp": ("WEBP", {"quality": 78, "method": 4}, WIDTHS),
    "jpeg": ("JPEG", {"quality": 82, "progressive": True, "optimize": True}, [1200]),
}
SUFFIXES = {"avif": "avif", "webp": "webp", "jpeg": "jpg"}
# Counted up when `clean` or `KINDS` change: names must never stand for other bytes.
RECIPE = b"1"

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

SERVED_TYPES = {
    "avif": "image/avif",
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "png": "image/png",
}
RENDITION = re.compile(r"portraits/(?P<case>[0-9]{1,18})/[0-9a-f]{20}-[0-9]{3,4}\.(avif|webp|jpg)")
ORIGINAL = re.compile(r"portraits/[0-9a-f]{20}(_[0-9A-Za-z]{7})?\.(jpg|png)")


def clean(upload: File) -> ContentFile:
    """The picture encoded anew: upright, in sRGB, and without a word of where it was taken.

    Raises ValidationError with a sentence for who uploaded it. What the file is called does not
    matter; it comes out named by its content.
    """
    data = _bytes_of(upload)
    image = _opened(data)
    taken_as = image.format
    image = _decoded(image)
    if image.width < MIN_WIDTH:
        raise ValidationError(
            _("This picture is %(width)s pixels wide; at least %(limit)s are needed."),
            code="too_narrow",
            params={"width": image.width, "limit": MIN_WIDTH},
        )
    encoded = BytesIO()
    if image.mode == "RGBA" or taken_as == "PNG":
        image.save(encoded, "PNG")
    else:
        image.save(encoded, "JPEG", quality=90, optimize=True)
    suffix = "png" if image.mode == "RGBA" or taken_as == "PNG" else "jpg"
    return ContentFile(encoded.getvalue(), name=f"{fingerprint(data)}.{suffix}")


def decoded(upload: File) -> Image.Image:
    """The picture itself: upright, in sRGB, and with nothing else of the file; or ValidationError
    as `clean` raises it."""
    return _decoded(_opened(_bytes_of(upload)))


def fingerprint(data: bytes) -> str:
    return hashlib.sha256(RECIPE + data).hexdigest()[:20]


def source_fingerprint(portrait: Portrait) -> str:
    """The fingerprint of the upload that `clean` made the portrait's picture of."""
    return PurePosixPath(portrait.image.name or "").stem.split("_")[0]  # storage adds _… if taken


def render(portrait: Portrait) -> None:
    """Make the files a page shows and name them in `portrait.renditions`; the caller saves.

    Files the portrait names already are left as they are. Asks no database, so threads may
    render side by side.
    """
    with portrait.image.open("rb") as file:
        data = file.read()
    stem = f"portraits/{portrait.case_id}/{fingerprint(data)}"
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


def remove(portrait: Portrait) -> None:
    """Delete the portrait's files once the transaction is through, if no row names them then."""
    names = {portrait.image.name, *_rendition_names(portrait)}
    same = Q(case_id=portrait.case_id) | Q(image=portrait.image.name)

    def delete() -> None:
        in_use: set[str] = set()
        for row in Portrait.objects.filter(same):
            in_use |= {row.image.name, *_rendition_names(row)}
        for name in names - in_use:
            default_storage.delete(name)

    transaction.on_commit(delete)


def url(portrait: Portrait, kind: str = "jpeg", width: int = 1200) -> str:
    """The address of the rendition nearest to a width, or "" if there is none."""
    renditions = portrait.renditions.get(kind, {})
    nearest = min(renditions, key=lambda known: abs(int(known) - width), default=None)
    return default_storage.url(renditions[nearest]) if nearest else ""


def srcset(portrait: Portrait, kind: str) -> str:
    """For `<source srcset>`: each rendition of a kind with its width."""
    return ", ".join(
        f"{default_storage.url(name)} {width}w"
        for width, name in portrait.renditions.get(kind, {}).items()
    )


def cropped(portrait: Portrait, width: int, height: int) -> bytes:
    """A JPEG of exactly this size for cards and print, cut as `object-position` cuts it."""
    with portrait.image.open("rb") as file:
        image = Image.open(BytesIO(file.read()), formats=TAKEN)
    focal = (portrait.focal_x, portrait.focal_y)
    cut = ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS, centering=focal)
    return _encoded(cut, "JPEG", KINDS["jpeg"][1])


def media_response(name: str, *, to_staff: bool = False) -> HttpResponse:
    """The answer to /media/<name>: 410 for a withdrawn case, 404 for what nobody may see.

    Staff see drafts and originals too. The response has an ETag; the view that calls this only
    has to compare it with the request's.
    """
    if match := RENDITION.fullmatch(name):
        case = Case.objects.only("stage", "freeze").filter(pk=match["case"]).first()
        if case is None or not (case.is_told or to_staff):
            if case and case.is_open_to_readers and case.freeze == Freeze.WITHDRAWN:
                return HttpResponseGone("Gone\n", content_type="text/plain")
            raise Http404
    elif not (to_staff and ORIGINAL.fullmatch(name)):
        raise Http404
    try:
        file = default_storage.open(name)
    except FileNotFoundError:
        raise Http404 from None
    suffix = name.rpartition(".")[2]
    response = FileResponse(file, content_type=SERVED_TYPES[suffix])
    response["ETag"] = f'"{PurePosixPath(name).name}"'
    if to_staff:
        response["Cache-Control"] = "private, no-store"
    else:
        # A browser keeps what it has seen. A cache that others share asks again, so that a
        # withdrawn picture is gone from it as soon as from the page.
        response["Cache-Control"] = (
            f"public, max-age=31536000, s-maxage={settings.PAGE_CACHE_SECONDS}, immutable"
        )
    return response


def _bytes_of(upload: File) -> bytes:
    if upload.size > MAX_BYTES:
        raise ValidationError(
            _("This file has %(size)s MB; a picture may have at most %(limit)s MB."),
            code="too_big",
            params={"size": upload.size // 1_000_000 + 1, "limit": MAX_BYTES // 1_000_000},
        )
    upload.seek(0)
    return upload.read()


def _opened(data: bytes) -> Image.Image:
    """The picture with its header read and nothing decoded, or ValidationError."""
    for beginning, name in OTHER_FORMATS:
        if re.match(beginning, data, re.DOTALL):
            raise ValidationError(
                _("%(format)s files are not taken: please save the picture as JPEG, PNG or WebP."),
                code="other_format",
                params={"format": name},
            )
    try:
        image = Image.open(BytesIO(data), formats=TAKEN)
    except UnidentifiedImageError:
        raise ValidationError(
            _("This file is not a picture: please choose a JPEG, PNG or WebP file."),
            code="no_picture",
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except Exception:  # on a broken header Pillow's parsers raise whatever comes
        raise _damaged() from None
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
        raise _too_many_pixels()
    return image


def _decoded(image: Image.Image) -> Image.Image:
    """RGB, or RGBA if anything in it is transparent; upright; nothing else kept of the file."""
    try:
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        image = _in_srgb(image)
    except Exception:  # see _opened
        raise _damaged() from None
    if image.mode == "RGBA" and image.getextrema()[3][0] == 255:
        image = image.convert("RGB")
    image.info.clear()  # savers write comments, XMP and profiles from here
    return image


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):  # 16 bits of grey; convert() would cut, not scale
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    mode = "RGBA" if image.mode in WITH_ALPHA or "transparency" in image.info else "RGB"
    if profile and image.mode in {"RGB", "RGBA", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            image = ImageCms.profileToProfile(image, source, SRGB, outputMode=mode)
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile says nothing: take the colours as sRGB
    return image if image.mode == mode else image.convert(mode)


def _too_many_pixels() -> ValidationError:
    return ValidationError(
        _(
            "This picture has too many pixels: at most %(limit)s million, and %(side)s on its "
            "longer side, are taken."
        ),
        code="too_many_pixels",
        params={"limit": MAX_PIXELS // 1_000_000, "side": MAX_SIDE},
    )


def _damaged() -> ValidationError:
    return ValidationError(
        _("This picture is damaged or incomplete: please save it again and try once more."),
        code="damaged",
    )


def _widths(original: int, widths: list[int]) -> list[int]:
    """The widths the original is wide enough for; at its end its own, if it is no wider."""
    fitting = [width for width in widths if width < original]
    return fitting if len(fitting) == len(widths) else [*fitting, min(original, widths[-1])]


def _scaled(image: Image.Image, width: int, image_format: str, options: dict) -> bytes:
    height = max(1, round(image.height * width / image.width))
    scaled = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return _encoded(scaled, image_format, options)


def _encoded(image: Image.Image, image_format: str, options: dict) -> bytes:
    if image_format == "JPEG" and image.mode == "RGBA":
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image).convert("RGB")
    encoded = BytesIO()
    image.save(encoded, image_format, **options)
    return encoded.getvalue()


def _rendition_names(portrait: Portrait) -> list[str]:
    return [name for widths in portrait.renditions.values() for name in widths.values()]
