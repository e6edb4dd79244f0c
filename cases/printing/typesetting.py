"""Everything the site sets in type: letters, case sheets, social cards.

A template is a Typst file in templates/print/. It is given plain data, one dict as described by
`Letter`, `Postcard` … below or made in `cases.printing.sheets`, and shows people's words as text:
nothing a visitor writes is ever read as markup. Faces come from the repository alone, and nothing
outside templates/print/ can be read by a template.

    typesetting.pdf("letter", {...}, made_at=letter.updated_at)
    typesetting.png("card", {...})
    typesetting.pages("message", {...})
"""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any, Literal, NotRequired, TypedDict

import qrcode
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from PIL import Image

from cases.printing.fonts import printable
from cases.printing.rendering import MAX_SECONDS, end, render, turn

MAX_SECONDS_OF_A_RUN = 300  # of 500 letters that take 5 on a machine that does nothing else
PICTURES = ["JPEG", "PNG", "WEBP", "GIF"]  # what Typst can read

Direction = Literal["ltr", "rtl"]
Paper = Literal["a4", "us-letter"]


class Picture(TypedDict):
    data: bytes  # a JPEG, PNG, WebP or GIF of about 1600 pixels
    alt: str
    credit: NotRequired[str]
    focus: NotRequired[tuple[float, float]]  # what must stay when it is cut: 0 to 1, from top left


class Sender(TypedDict):
    """Who writes. Both may be empty."""

    name: str
    place: str
    room: NotRequired[int]  # ruled lines for an address that the writer adds by hand


class Translation(TypedDict):
    """The same letter in the writer's language, on a page of its own."""

    lang: str
    dir: Direction
    heading: str  # says what this page is: "Translation into English"
    subject: NotRequired[str]
    salutation: str
    body: str
    close: str


class Letter(TypedDict):
    """letter.typ: an appeal or solidarity letter, ready to sign, fold and post.

    The address stands where the windows of envelopes show it; if there are none, or it is too long
    for them, it is set larger, and the text starts below it. The sheet is folded at the two marks.
    """

    paper: Paper
    window: dict[str, float] | None  # envelopes.always_seen(paper, …), in mm
    folds: list[float]  # envelopes.FOLDS[paper], in mm from the top
    lang: str
    dir: Direction
    date: str  # as it is written in the letter's language
    sender: Sender
    address_lines: list[str]  # name, office, postal lines, country in capitals; what is known
    address_room: NotRequired[int]  # ruled lines after them; 3 if there are no address lines
    subject: str
    salutation: str
    body: str  # plain text; an empty line parts paragraphs
    close: str
    name: str  # under the close; may be empty
    note: NotRequired[str]  # at the very end: who gets a copy
    translation: NotRequired[Translation | None]
    picture: NotRequired[Picture | None]  # shown whole, on a page of its own


class WindowAddress(TypedDict):
    """address.typ: not printed; two pages if the address is too long for the window, else one."""

    address_lines: list[str]
    address_room: int
    window: dict[str, float]  # as that of Letter


class Envelope(TypedDict):
    """envelope.typ: an envelope without a window, for printers that take one."""

    width: float  # in mm
    height: float
    address_lines: list[str]


class Postcard(TypedDict):
    """message.typ: a message of support as a postcard, picture in front and words on its back.

    Short words share the back with the address; longer ones take all of it, and the card goes into
    an envelope. What does not fit even so runs on: `pages` is more than two.
    """

    paper: Literal["a6", "a5"]
    lang: str
    dir: Direction
    body: str  # plain text; an empty line parts paragraphs
    name: str  # may be empty
    address_lines: list[str]  # the country in capitals; may be empty: then lines to write on
    picture: NotRequired[Picture | None]  # shown whole; a candle is drawn if there is none


class Recipient(TypedDict):
    lines: list[str]  # name, office and address, as known
    as_of: NotRequired[str]  # when this was so, as a reader writes it
    asked: NotRequired[str]
    deadline: NotRequired[str]  # the last day to write, as a reader writes it
    email: NotRequired[str]
    salutation: NotRequired[str]
    close: NotRequired[str]


# Words that belong to a template and not to a case, in the language that is active.
LABELS: dict[str, dict[str, Promise]] = {
    "letter": {"title": _("Letter")},  # of the file, if the letter has no subject
    "address": {"title": _("Address")},
    "envelope": {"title": _("Envelope")},
    "message": {"title": _("Card")},
    "sheet": {
        "kind": _("Case sheet"),
        "content_note": _("Before you read"),
        "sources": _("Sources"),
        "demands": _("What we ask"),
        "target": _("Write to"),
        "no_address": _("There is no address for this letter."),
        "as_of": _("As of"),
        "asked": _("Ask this"),
        "deadline": _("Write until"),
        "email": _("E-mail"),
        "salutation": _("Begin with"),
        "close": _("End with"),
        "rules": _("How to write"),
        "solidarity": _("Show solidarity"),
        "solidarity_address": _("Send a card or a letter to"),
        "phrases": _("You could write"),
        "solidarity_rules": _("Please keep to this"),
        "check": _("Is this sheet still right?"),
        "check_why": _("Facts and addresses change. Look before you write or print it again."),
        "code": _("Sheet"),
        "made_on": _("made on"),
    },
}


def pdf(template: str, data: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """A tagged PDF that screen readers can follow (PDF/UA-1).

    Same data and time, same bytes: give the time of the row it is made from, not now.
    Raises rendering.Busy.
    """
    timestamp = int(made_at.timestamp())
    with turn():
        [file] = render(
            template, "pdf", _json(template, data), timestamp=timestamp, pdf_standards="ua-1"
        )
    return file


def print_run(template: str, data: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """Hundreds of pages for a printer: without the tags of `pdf`, which take most of the memory.

    Takes longer than anybody should wait for. Raises rendering.Busy.
    """
    with turn(patience=MAX_SECONDS):
        [file] = render(
            template,
            "pdf",
            _json(template, data),
            max_seconds=MAX_SECONDS_OF_A_RUN,
            timestamp=int(made_at.timestamp()),
            pdf_tags=False,
        )
        end()  # what it keeps of hundreds of pages is never used again
    return file


def png(template: str, data: Mapping[str, Any], *, page: int = 1, ppi: float = 72) -> bytes:
    """One page as a picture; at 72 points an inch a card is 1200 × 630 pixels.

    Raises rendering.Busy.
    """
    with turn():
        return render(template, "png", _json(template, data), ppi=ppi)[page - 1]


def pages(template: str, data: Mapping[str, Any]) -> int:
    """How many pages it takes. Somebody's words hang on the answer, so it waits for its turn."""
    with turn(patience=MAX_SECONDS):
        return len(render(template, "svg", _json(template, data)))


def qr(url: str) -> bytes:
    """A QR code as SVG, with the quiet zone of four modules that scanners need."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(url)
    rows = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    size = len(rows)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
        f'<path d="{path}"/></svg>'
    )
    return svg.encode()


def _json(template: str, data: Mapping[str, Any]) -> str:
    labelled = {"labels": LABELS.get(template, {}), **data}
    return json.dumps(_plain(labelled), ensure_ascii=False)


def _plain(value: Any) -> Any:
    """What JSON can carry, with texts as they can be printed and pictures as SVG."""
    match value:
        case str() | Promise():
            return printable(str(value))
        case bytes():
            return value.decode()
        case {"data": bytes() as data}:
            rest = {key: _plain(each) for key, each in value.items() if key != "data"}
            return {**rest, **_framed(data)}
        case Mapping():
            return {key: _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case None | bool() | int() | float():
            return value
    raise TypeError(f"a template can't be given {type(value).__name__}")


def _framed(data: bytes) -> dict[str, Any]:
    """A picture inside an SVG, which is text: so it goes to Typst beside the words, and as it is.

    (A path would have to lie in templates/print/; a list of numbers takes forty times as long.)
    """
    with Image.open(BytesIO(data), formats=PICTURES) as picture:
        width, height = picture.size
        kind = Image.MIME[picture.format or ""]
    encoded = base64.b64encode(data).decode()
    return {
        "width": width,
        "height": height,
        "svg": (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
            f'<image width="{width}" height="{height}" href="data:{kind};base64,{encoded}"/></svg>'
        ),
    }
