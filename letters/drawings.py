"""The drawing or photo with a message of support: made anew, encrypted, erased with it."""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from io import BytesIO
from threading import Lock

from django.core.exceptions import ValidationError
from django.core.files import File
from django.utils.translation import gettext as _
from PIL import Image

from cases import pictures
from letters.models import Letter, LetterPicture

LONGEST_SIDE = 1_600  # pixels: 260 to the inch on an A6 card
SHORTEST_SIDE = 200
MOST_AN_HOUR = 200  # of one sender: each takes up to a second to look at

# A picture takes up to 160 MB while it is decoded: one after the other in a process.
_one_at_a_time = Lock()


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
    with _one_at_a_time:
        image = pictures.decoded(upload)
        if min(image.size) < SHORTEST_SIDE:
            raise ValidationError(
                _("This picture is too small to be printed: each side needs %(limit)s pixels."),
                code="too_small",
                params={"limit": SHORTEST_SIDE},
            )
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        if image.mode == "RGBA":
            paper = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(paper, image).convert("RGB")
        encoded = BytesIO()
        image.save(encoded, "JPEG", quality=85, optimize=True)
    return Drawing(encoded.getvalue(), *image.size)


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


def jpeg(letter: Letter) -> bytes | None:
    """The picture of a message, if it has one."""
    picture = LetterPicture.objects.filter(letter=letter).first()
    return b64decode(picture.data) if picture else None
