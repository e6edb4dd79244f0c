"""The table of docs/operations.md: what was broken, and what readers and writers saw of it."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from bench.rehearse.plan import FILE, FORM, PAGES, PDF, POST, PRIVATE, is_error

READERS = [kind for kind in PAGES if kind != PRIVATE]
WRITERS = [FORM, POST, PRIVATE, PDF]
HEAD = [
    "broken",
    "what readers saw",
    "what writers saw",
    "errors for",
    "lost",
    "how it heals",
    "healed after",
]


@dataclass
class Window:
    """From the break until some seconds after it was healed, in seconds since people came."""

    what: str
    how: str
    began: float
    healing: float
    healed: float
    ended: float
    lost: int = 0


def table(windows: list[Window], requests: list[list]) -> str:
    rows = [HEAD, ["---"] * len(HEAD)]
    for one in windows:
        readers, writers = [seen(one, requests, kinds) for kinds in (READERS, WRITERS)]
        errors = [request for request in requests if is_inside(one, request) and is_error(request)]
        first = min((max(at, one.began) for at, *_ in errors), default=0.0)
        last = max((at + took / 1000 for at, _kind, took, _status in errors), default=0.0)
        healed = max(one.healed, min(last, one.ended)) - one.healing
        rows.append(
            [
                one.what,
                readers,
                writers,
                f"{last - first:.0f} s" if errors else "none",
                f"{one.lost}",
                one.how,
                f"{healed:.0f} s" if one.how else "",
            ]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def is_inside(window: Window, request: list) -> bool:
    """Whether somebody waited for it at some time of the window."""
    at, _kind, took, _status = request
    return at + took / 1000 >= window.began and at < window.ended


def seen(window: Window, requests: list[list], kinds: list[str]) -> str:
    inside = [one for one in requests if is_inside(window, one)]
    asked = [one for one in inside if one[1] in kinds]
    is_for_readers = kinds == READERS
    files = [one for one in inside if one[1] == FILE and is_error(one)] if is_for_readers else []
    wrong = Counter(
        ("no answer" if not status else f"{status}") + (" for a file" if kind == FILE else "")
        for _at, kind, _took, status in [*filter(is_error, asked), *files]
    )
    said = ", ".join(f"{number} × {what}" for what, number in wrong.most_common()) or "no error"
    slowest = max((took for _at, _kind, took, _status in asked), default=0.0) / 1000
    without = longest_without(window, asked)
    return (
        f"{said} of {len(asked)} pages; {without:.1f} s without a good answer, "
        f"the slowest {slowest:.1f} s"
    )


def longest_without(window: Window, asked: list[list]) -> float:
    """Seconds between two good answers; at least as long as nobody asked."""
    good = sorted(at + took / 1000 for at, _kind, took, status in asked if status in (200, 302))
    moments = [window.began, *[one for one in good if one < window.ended], window.ended]
    return max(b - a for a, b in pairwise(moments))
