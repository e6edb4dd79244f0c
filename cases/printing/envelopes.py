"""Envelopes that letters are made for, and which part of a sheet always shows in their windows.

A folded sheet slides in its envelope, so an address stands where every envelope of its kind shows
it, wherever the sheet lies. In mm. Sources:

Sizes: ISO 269 and DIN 678 (DL, C6/5, C5); US No. 10 is 9 1/2 by 4 1/8 inches.

Windows on the left: DIN 680, which DIN 5008 form B is made for (90 by 45, 20 from the left, 15 from
the bottom of DL and C6/5, 60 from that of C5); British DL (90 by 35, 20 and 18); No. 10 as the USPS
and makers of envelopes recommend it (4 1/2 by 1 1/8 in, 7/8 in from the left, 1/2 in from the
bottom).

Windows on the right: French DL (100 by 35, 20 from the right and the bottom; printing houses ask
for an address 55 to 88 mm from the top, 110 to 195 mm from the left); Swiss C5/6 and C5 (100 by 45,
12 from the right, 21 and 65 from the bottom). Not made for: the rare Swiss window of SN 010130
(90 by 40), which shows a part of the sheet that shows in no other.
"""

from typing import Literal, NamedTuple

Window = Literal["left", "right", "none"]


class Box(NamedTuple):
    """From the left and the top of a sheet or an envelope, in mm."""

    left: float
    top: float
    right: float
    bottom: float


class Size(NamedTuple):
    width: float
    height: float


class Envelope(NamedTuple):
    width: float
    height: float
    window: Box
    folded: float  # height of the folded sheet in it

    def slides(self, sheet_width: float) -> tuple[float, float]:
        """How far a sheet has play to the side, and up and down."""
        return self.width - sheet_width, self.height - self.folded


PLAIN = {
    "DL": Size(220, 110),
    "C6/5": Size(229, 114),
    "C5": Size(229, 162),
    "10": Size(241.3, 104.775),
}
WIDTHS = {"a4": 210, "us-letter": 215.9}
# In three for DL, C6/5 and No. 10. A4 goes into C5 folded once, in the middle.
FOLDS = {"a4": (105, 210), "us-letter": (101.6, 203.2)}
IN_THREE, IN_TWO, IN_THREE_US = 105, 148.5, 101.6


def _with_window(name: str, window: Box, folded: float) -> Envelope:
    return Envelope(*PLAIN[name], window, folded)


WITH_WINDOW: dict[tuple[str, Window], dict[str, Envelope]] = {
    ("a4", "left"): {
        "DL, DIN 680": _with_window("DL", Box(20, 50, 110, 95), IN_THREE),
        "C6/5, DIN 680": _with_window("C6/5", Box(20, 54, 110, 99), IN_THREE),
        "C5, DIN 680": _with_window("C5", Box(20, 57, 110, 102), IN_TWO),
        "DL, British": _with_window("DL", Box(20, 57, 110, 92), IN_THREE),
    },
    ("a4", "right"): {
        "DL, French": _with_window("DL", Box(100, 55, 200, 90), IN_THREE),
        "C5/6, Swiss": _with_window("C6/5", Box(117, 48, 217, 93), IN_THREE),
        "C5, Swiss": _with_window("C5", Box(117, 52, 217, 97), IN_TWO),
    },
    ("us-letter", "left"): {
        "No. 10": _with_window("10", Box(22.225, 63.5, 136.525, 92.075), IN_THREE_US),
    },
}


def always_seen(paper: str, window: Window) -> Box | None:
    """The part of the sheet that shows in each of these envelopes; None if they have no window."""
    if window == "none":
        return None
    seen = [_always_seen(each, WIDTHS[paper]) for each in WITH_WINDOW[paper, window].values()]
    return Box(
        max(box.left for box in seen),
        max(box.top for box in seen),
        min(box.right for box in seen),
        min(box.bottom for box in seen),
    )


def _always_seen(envelope: Envelope, sheet_width: float) -> Box:
    aside, up = envelope.slides(sheet_width)
    left, top, right, bottom = envelope.window
    return Box(left, top, right - aside, bottom - up)
