"""Everything the site sets in type: letters, case sheets, social cards.

A template is a Typst file in templates/print/. It is given plain data, one dict as described by
`Letter`, `Message`, `Sheet` and `Card` below, and shows people's words as text: nothing a visitor
writes is ever read as markup. Faces come from the repository alone, and nothing outside
templates/print/ can be read by a template.

    typesetting.pdf("letter", {...}, made_at=letter.updated_at)
    typesetting.png("card", {...})
    typesetting.pages("message", {...})
"""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from io import BytesIO
from threading import Lock
from typing import Any, Literal, NotRequired, TypedDict

import qrcode
import typst
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from PIL import Image

from cases.fonts import FONTS, printable

TEMPLATES = FONTS.parent
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

    The address stands in the window of an envelope: on A4 one of DL, C6/5 or UK DL with the window
    on the left, on US Letter a No. 10. The sheet is folded at the two marks.
    """

    paper: Paper
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
    translation: NotRequired[Translation | None]
    picture: NotRequired[Picture | None]  # shown whole, on a page of its own


class Message(TypedDict):
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
    lines: list[str]  # may be empty; then `note` says why
    note: NotRequired[str]
    email: NotRequired[str]
    salutation: NotRequired[str]
    close: NotRequired[str]


class Solidarity(TypedDict):
    lines: list[str]
    note: NotRequired[str]
    phrases: NotRequired[list[str]]


class Check(TypedDict):
    """Leads from paper back to the site, where it is known whether the sheet is still right."""

    qr: bytes  # qr(url)
    url: str  # short, as a person types it: example.org/check/ABC123/
    code: str
    made_on: str  # a date as a reader writes it


class Sheet(TypedDict):
    """sheet.typ: the printed brief of a case. Front: who this is. Back: what to do."""

    paper: Paper
    large_print: bool  # 18 points and more, one column, more pages
    lang: str
    dir: Direction
    campaign: str  # "Write for Rights 2025"
    name: str
    country: str
    headline: str
    content_note: NotRequired[str]
    picture: NotRequired[Picture | None]
    story: list[dict]  # cases.text.as_blocks(story)
    demands: list[str]
    target: Recipient
    rules: list[str]  # how to write safely, one sentence each
    solidarity: NotRequired[Solidarity | None]
    check: Check
    credit: NotRequired[str]  # licence of the text


class Card(TypedDict):
    """card.typ: 1200 × 630 pixels, shown where a link to a case is shared."""

    lang: str
    dir: Direction
    campaign: str  # "Write for Rights"
    name: str
    country: str
    headline: str
    picture: NotRequired[Picture | None]


# Words that belong to a template and not to a case, in the language that is active.
LABELS: dict[str, dict[str, Promise]] = {
    "letter": {"title": _("Letter")},  # of the file, if the letter has no subject
    "message": {"title": _("Card")},
    "sheet": {
        "kind": _("Case sheet"),
        "content_note": _("Before you read"),
        "demands": _("What we ask"),
        "target": _("Write to"),
        "no_address": _("There is no address for this letter."),
        "email": _("E-mail"),
        "salutation": _("Begin with"),
        "close": _("End with"),
        "rules": _("How to write"),
        "solidarity": _("Show solidarity"),
        "solidarity_address": _("Send a card or a letter to"),
        "phrases": _("You could write"),
        "check": _("Is this sheet still right?"),
        "check_why": _("Facts and addresses change. Look before you write or print it again."),
        "code": _("Sheet"),
        "made_on": _("made on"),
    },
}


def pdf(template: str, data: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """A tagged PDF that screen readers can follow (PDF/UA-1).

    Same data and time, same bytes: give the time of the row it is made from, not now.
    """
    inputs, timestamp = _inputs(template, data), int(made_at.timestamp())
    compiler, lock = _compiler(template)
    with lock:
        return compiler.compile(
            format="pdf", sys_inputs=inputs, timestamp=timestamp, pdf_standards="ua-1"
        )


def png(template: str, data: Mapping[str, Any], *, page: int = 1, ppi: float = 72) -> bytes:
    """One page as a picture; at 72 points an inch a card is 1200 × 630 pixels."""
    inputs = _inputs(template, data)
    compiler, lock = _compiler(template)
    with lock:
        pages = compiler.compile(format="png", sys_inputs=inputs, ppi=ppi)
    return pages[page - 1] if isinstance(pages, list) else pages


def pages(template: str, data: Mapping[str, Any]) -> int:
    """How many pages it takes."""
    inputs = _inputs(template, data)
    compiler, lock = _compiler(template)
    with lock:
        drawn = compiler.compile(format="svg", sys_inputs=inputs)
    return len(drawn) if isinstance(drawn, list) else 1


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


@cache
def _compiler(template: str) -> tuple[typst.Compiler, Lock]:
    """One a process and template, made when first needed: it keeps its fonts and what it parsed."""
    compiler = typst.Compiler(
        TEMPLATES / f"{template}.typ",
        root=TEMPLATES,
        font_paths=_fonts(),
        ignore_system_fonts=True,
    )
    return compiler, Lock()


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


def _inputs(template: str, data: Mapping[str, Any]) -> dict[str, str]:
    labelled = {"labels": LABELS.get(template, {}), **data}
    return {"data": json.dumps(_plain(labelled), ensure_ascii=False)}


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
