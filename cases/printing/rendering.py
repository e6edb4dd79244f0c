"""Typst in a process of its own, one for each process that serves pages.

Because in the serving process it would keep some 110 MB for good after a few hundred PDFs and
cards, hold up the readers of that moment, and could not be stopped. `Busy` is raised to whoever
comes while enough others wait: their threads have readers to serve.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore, Lock, Timer, local
from typing import IO, cast

from cases.printing.fonts import FONTS

TEMPLATES = FONTS.parent
ROOT = Path(__file__).resolve().parents[2]

MAX_AT_ONCE = 2  # threads of a process, of four or eight: one in Typst, one that prepares or waits
MAX_SECONDS = 20  # for one rendering; the slowest known, a full card in Burmese, takes half of one


class Busy(Exception):
    """Too much is being rendered just now: ask again in a second or two."""


class CannotBeSet(Exception):
    """Typst refused the text or took too long; says why. A fault of ours, never of the writer."""


# What came of each time it was asked, in this process: only ever more.
asked: Counter[str] = Counter()

_process: subprocess.Popen | None = None
_alone = Lock()
_places = BoundedSemaphore(MAX_AT_ONCE)
_mine = local()


@contextmanager
def turn(patience: float = 0) -> Iterator[None]:
    """Around everything that one rendering costs, the pictures that it shows included.

    Waits `patience` seconds for a place, then raises Busy. A turn within a turn is the same one.
    """
    if getattr(_mine, "is_held", False):
        yield
        return
    if not _places.acquire(timeout=patience):
        asked["busy"] += 1
        raise Busy
    _mine.is_held = True
    try:
        yield
    finally:
        _mine.is_held = False
        _places.release()


def render(
    template: str, format: str, data: str, *, max_seconds: float | None = None, **options: object
) -> list[bytes]:
    """A template of templates/print/, set with this JSON: one file, or one for each page.

    It may take `MAX_SECONDS`, or `max_seconds` where much is set that nobody waits for. `options`
    are those of typst.Compiler.compile. Call it within a turn. Raises CannotBeSet.
    """
    job = {"template": template, "format": format, "data": data, "options": options}
    with _alone:
        try:
            files = _ask(job, MAX_SECONDS if max_seconds is None else max_seconds)
        except CannotBeSet:
            asked["failed"] += 1
            raise
        asked["done"] += 1
        return files


def end() -> None:
    """Let Typst go, with all the memory it has; whoever needs it next starts another."""
    with _alone:
        if _process is not None:
            _stop(_process)


def _ask(job: dict, max_seconds: float) -> list[bytes]:
    process = _running()
    stdin, stdout = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)  # both pipes
    stopwatch = Timer(max_seconds, process.kill)
    stopwatch.start()
    try:
        stdin.write(json.dumps(job).encode() + b"\n")
        stdin.flush()
        answer = json.loads(stdout.readline())
        pages = [stdout.read(size) for size in answer["sizes"]]
    except (OSError, ValueError) as error:  # it was killed, by the stopwatch or from outside
        _stop(process)
        raise CannotBeSet("Typst was stopped in its work.") from error
    except BaseException:  # whoever asks next must not read the answer to this one
        _stop(process)
        raise
    finally:
        stopwatch.cancel()
    if answer["is_last"]:
        process.wait()  # else the next job could go to a process that is about to end
    if answer["problem"]:
        raise CannotBeSet(answer["problem"])
    return pages


def _running() -> subprocess.Popen:
    global _process
    if _process is None or _process.poll() is not None:
        _process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "cases.printing.typst_process", str(TEMPLATES), str(FONTS)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    return _process


def _stop(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()


def _forget() -> None:
    """A forked process starts its own: two that share the pipes would read each other's answers."""
    global _process, _alone, _places
    _process, _alone, _places = None, Lock(), BoundedSemaphore(MAX_AT_ONCE)


os.register_at_fork(after_in_child=_forget)
