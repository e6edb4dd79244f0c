"""What a reader notices while many ask for case sheets and cards that nobody has rendered yet."""

import itertools
import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection

AT_ONCE = 50


@dataclass
class Burst:
    answers: Counter  # how many of the requests were answered with which status
    reader: list[float]  # milliseconds for a page from memory, one after the other meanwhile
    seconds: float

    @property
    def median(self) -> float:
        return statistics.median(self.reader)

    @property
    def worst(self) -> float:
        return max(self.reader)


def unrendered(cases: list[str]) -> list[str]:
    """Addresses of renderings, each another one: sheets by language, paper and size, and cards."""
    sheets = itertools.product(["", "/fr"], cases, ["", "?paper=letter", "?size=large"])
    cards = itertools.product(["", "/fr"], cases)
    return [
        *(f"{language}/cases/{case}/sheet.pdf{query}" for language, case, query in sheets),
        *(f"{language}/cases/{case}/card.jpg" for language, case in cards),
    ]


def burst(port: int, paths: list[str], page: str) -> Burst:
    """All paths asked for, `AT_ONCE` at a time, while one reader asks for a page over and over."""
    reader: list[float] = []
    with ThreadPoolExecutor(AT_ONCE) as threads:
        began = time.perf_counter()
        asked = [threads.submit(_status, port, path) for path in paths]
        while not reader or not all(request.done() for request in asked):
            before = time.perf_counter()
            _status(port, page)
            reader.append((time.perf_counter() - before) * 1000)
        seconds = time.perf_counter() - began
    return Burst(Counter(request.result() for request in asked), reader, seconds)


def _status(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status
