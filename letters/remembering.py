"""Answers of the database that every request needs and that seldom change."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

ASK_AGAIN_AFTER = 4  # seconds: as old as a reader's page may be

T = TypeVar("T")


class Remembered(Generic[T]):
    """Calls a function without arguments at most every few seconds in a process."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self.ask = ask
        self.__doc__ = ask.__doc__
        self.forget()

    def __call__(self) -> T:
        if time.monotonic() - self.asked_at > ASK_AGAIN_AFTER:
            self.answer = self.ask()
            self.asked_at = time.monotonic()
        return self.answer

    def forget(self) -> None:
        """Ask the database the next time."""
        self.asked_at = float("-inf")
