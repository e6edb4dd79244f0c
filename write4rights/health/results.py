"""What a check answers."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Level(enum.IntEnum):
    OK = 0
    WARNING = 1  # it works, and somebody should look soon
    RED = 2  # something does not work


class Result(NamedTuple):
    name: str  # a word or two: what was looked at
    level: Level
    said: str  # a sentence, without secrets and without anything personal
    to_do: str = ""
    number: float | None = None  # what machines read of it: an age in seconds, or how many

    @property
    def is_ok(self) -> bool:
        return self.level == Level.OK


def ok(name: str, said: str, number: float | None = None) -> Result:
    return Result(name, Level.OK, said, number=number)


def warning(name: str, said: str, to_do: str, number: float | None = None) -> Result:
    return Result(name, Level.WARNING, said, to_do, number)


def red(name: str, said: str, to_do: str, number: float | None = None) -> Result:
    return Result(name, Level.RED, said, to_do, number)
