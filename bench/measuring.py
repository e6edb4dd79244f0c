"""What is asked, in turns, and how it is said what it cost."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.load import http, load
from bench.servers import CPU, Server


@dataclass
class Subject:
    """One kind of request to one server, and what it cost."""

    name: str
    server: Server
    requests: list[bytes]
    expected: int = 200
    a_slice: int = 0  # requests a turn; 0: all of them, every time
    costs: list[CPU] = field(default_factory=list)  # of a request, one a round

    def take_turn(self, is_warming_up: bool) -> None:
        if self.a_slice:
            now, self.requests = self.requests[: self.a_slice], self.requests[self.a_slice :]
        else:
            now = self.requests
            load(self.server.port, now[:4])  # renders the page anew, if it is time
        before = self.server.cpu()
        load(self.server.port, now, self.expected)
        if not is_warming_up:
            self.costs.append(self.server.cpu().since(before).each(len(now)))

    @property
    def milliseconds(self) -> float:
        return median_of(self.costs, lambda cost: cost.total)

    @property
    def a_second(self) -> float:
        return 1000 / self.milliseconds

    def ratio_to(self, other: "Subject") -> float:
        """How many requests this serves in the time in which the other serves one."""
        pairs = zip(self.costs, other.costs, strict=True)
        return statistics.median(theirs.total / ours.total for ours, theirs in pairs)


def median_of(costs: list[CPU], part: Callable[[CPU], float]) -> float:
    """In milliseconds."""
    return statistics.median(map(part, costs)) * 1000


def get(path: str, number: int, coding: str = "identity") -> list[bytes]:
    return [http("GET", path, Accept_Encoding=coding)] * number


def measure(subjects: list[Subject], rounds: int) -> None:
    for turn in range(rounds + 1):
        for subject in subjects:
            subject.take_turn(is_warming_up=turn == 0)


class Report:
    def __init__(self):
        self.reached: list[bool] = []

    def heading(self, text: str) -> None:
        print(f"\n{text:<36} requests per   CPU a     of it the")
        print(f"{'':<36}  CPU second   request     database", flush=True)

    def row(self, name: str, costs: list[CPU]) -> None:
        total = median_of(costs, lambda cost: cost.total)
        database = median_of(costs, lambda cost: cost.database)
        print(f"{name:<36}{1000 / total:12.0f}{total:9.2f} ms{database:9.2f} ms")

    def target(self, what: str, value: float, least: float = 0, most: float = 0) -> None:
        is_reached = value >= least if least else value <= most
        self.reached.append(is_reached)
        wanted = f"≥ {least:g}" if least else f"≤ {most:g}"
        print(
            f"  {what:<58}{value:8.2f}   {wanted:<7} {'reached' if is_reached else 'NOT REACHED'}"
        )

    def remark(self, what: str, value: float) -> None:
        print(f"  {what:<58}{value:8.2f}")
