"""What is rehearsed: how many arrive when, from where, and what each page may take."""

from dataclasses import dataclass
from pathlib import Path

FORM, POST, PRIVATE, PDF, FILE = "form", "post", "private", "PDF", "file"

# p99 in ms, by kind of page: forms and what is sent may take a second.
PAGES = ["case", "home", "list", "good news", "share", PRIVATE]
FORMS = [FORM, POST]
GOALS = dict.fromkeys(PAGES, 500) | dict.fromkeys(FORMS, 1_000)
KINDS = [*PAGES, *FORMS, PDF, FILE]
RISE, FALL = 0.3, 0.1  # of the time: the morning of 10 December, and its end
CASES = sorted(
    path.stem
    for path in (Path(__file__).parents[2] / "content/2025").glob("*.toml")
    if path.stem not in ("edition", "rules")
)
STEP_SECONDS = 30  # so long each step takes of what is beyond the plan


@dataclass(frozen=True)
class Plan:
    """The rate rises in a third of the time, stays, and falls a little; then, where it is asked
    for, it rises by a tenth every half minute, up to twice as much. Or it is the same all the
    time, until the process that plays the people is told to end (SIGTERM)."""

    minutes: float
    visitors_an_hour: int
    beyond: int = 0  # steps of a tenth
    patience: int = 150  # seconds for the last to finish
    is_steady: bool = False

    @property
    def planned(self) -> float:
        return self.minutes * 60

    @property
    def seconds(self) -> float:
        return self.planned + self.beyond * STEP_SECONDS

    def visitors_a_second(self, now: float) -> float:
        peak = self.visitors_an_hour / 3600
        if self.is_steady:
            return peak
        if now >= self.planned:
            return peak * (1 + 0.1 * (1 + int((now - self.planned) / STEP_SECONDS)))
        part = now / self.planned
        if part < RISE:
            return peak * (0.2 + 0.8 * part / RISE)
        return peak * (1 if self.beyond or part < 1 - FALL else 0.7)


def address_of(number: int) -> str:
    """An address of its own for each of many people, from networks all over."""
    spread = number * 2_654_435_761 % 2**24  # neighbours in time are no neighbours in the net
    return f"{20 + number % 80}.{spread >> 16}.{spread >> 8 & 255}.{spread & 255}"


def is_error(request: list) -> bool:
    """No answer, or none that was to come; a PDF may be told to come later."""
    _at, kind, _took, status = request
    return status not in (200, 302, 304) and not (kind == PDF and status == 503)
