"""The drawing or photo with a message of support: made anew, encrypted, erased with it."""

from base64 import b64decode, b64encode
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.files import File
from django.utils.translation import gettext as _

from cases import pictures
from letters.models import Letter, LetterPicture

MAX_PIXELS_A_SIDE = 1_600  # pixels: 260 to the inch on an A6 card
MIN_PIXELS_A_SIDE = 200
MAX_PICTURES_AN_HOUR = 200  # of one sender: each takes up to a second to look at


@dataclass(frozen=True)
class Drawing:
    """A JPEG with nothing in it but what is to be seen."""

    jpeg: bytes
    width: int
    height: int


def clean(upload: File) -> Drawing:
    """The upload as we keep it, without a word of when, where and with what it was taken.

    Raises ValidationError with a sentence for who uploaded it.
    """
    with pictures.turn():
        image = pictures.decoded(upload, MAX_PIXELS_A_SIDE)
        if min(image.size) < MIN_PIXELS_A_SIDE:
            raise ValidationError(
                _("This picture is too small to be printed: each side needs %(limit)s pixels."),
                code="too_small",
                params={"limit": MIN_PIXELS_A_SIDE},
            )
        jpeg = pictures.encode(image, "JPEG", {"quality": 85, "optimize": True})
    return Drawing(jpeg, *image.size)


def keep(letter: Letter, drawing: Drawing | bool | None) -> None:
    """Put the drawing with the message, in the transaction that writes its words.

    As a form's file field answers: False takes out the one that is there, None leaves it.
    """
    if drawing is None:
        return
    if not isinstance(drawing, Drawing):
        LetterPicture.objects.filter(letter=letter).delete()
        return
    LetterPicture.objects.update_or_create(
        letter=letter,
        defaults={
            "data": b64encode(drawing.jpeg).decode(),
            "width": drawing.width,
            "height": drawing.height,
        },
    )


def is_kept(letter: Letter, drawing: Drawing | bool | None) -> bool:
    """Whether the message has this very drawing, or none as it should."""
    there = jpeg(letter)
    return there == (drawing.jpeg if isinstance(drawing, Drawing) else None)


def jpeg(letter: Letter) -> bytes | None:
    """The picture of a message, if it has one."""
    return jpeg_of(LetterPicture.objects.filter(letter=letter).first())


def jpeg_of(picture: LetterPicture | None) -> bytes | None:
    return b64decode(picture.data) if picture else None
