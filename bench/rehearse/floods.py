"""Floods, and one reader who goes on reading: `make rehearse FLOOD=1`.

Each flood lasts some seconds. Meanwhile somebody opens a case page, which nginx has ready, fifty
times a second. What floods is a process of its own, on the same processors.
"""

import json
import os
import random
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException, HTTPSConnection

from bench.burst import unrendered
from bench.rehearse.plan import address_of

SECONDS = float(os.environ.get("SECONDS", 15))
GOAL = 50  # ms, p99 of the reader
AT_ONCE = 50
SLOW = 1_000
BODY = 15_000_000
LINE = 125_000_000  # bytes a second: what a line of 1 Gbit/s brings
CHUNK = 250_000
ANY_CERTIFICATE = ssl._create_unverified_context()
HEADERS = {"Accept-Encoding": "gzip", "User-Agent": "Mozilla/5.0"}


# --- the reader


def flood(stage, cases: list[str]) -> bool:
    reached = True
    print(
        f"\n{'flood':<18}{'read':>6}{'p50':>8}{'p95':>8}{'p99':>8}{'most':>8} ms"
        "   what the flood was answered"
    )
    for name in ["nothing", *FLOODS]:
        process = None
        if name != "nothing":
            command = [sys.executable, "-m", "bench.rehearse.floods", name, str(stage.port)]
            process = subprocess.Popen([*command, *cases], stdout=subprocess.PIPE)
            time.sleep(2)  # it has begun
        times = sorted(_read(stage.port, f"/cases/{cases[0]}/"))
        told = json.loads(process.communicate()[0]) if process else {}
        shown = [times[int((len(times) - 1) * part)] for part in (0.5, 0.95, 0.99, 1)]
        is_reached = shown[2] <= GOAL
        reached &= is_reached
        answers = ", ".join(f"{number:,} × {what}" for what, number in told.items())
        print(
            f"{name:<18}{len(times):>6}"
            + "".join(f"{one:8.1f}" for one in shown)
            + f"      {'' if is_reached else 'NOT REACHED '}{answers}",
            flush=True,
        )
        time.sleep(3)
    return reached


def _read(port: int, path: str) -> list[float]:
    times = []
    connection = HTTPSConnection("localhost", port, context=ANY_CERTIFICATE, timeout=30)
    until = time.monotonic() + SECONDS
    number = 0
    while time.monotonic() < until:
        number += 1
        before = time.perf_counter()
        connection.request("GET", path, headers=HEADERS | {"X-Forwarded-For": "192.0.2.7"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"The reader was answered {answer.status}.")
        times.append((time.perf_counter() - before) * 1000)
        time.sleep(0.02)
    return times


# --- the floods


class Flood:
    def __init__(self, port: int, cases: list[str]) -> None:
        self.port, self.cases = port, cases
        self.answers: Counter[str] = Counter()
        self.until = time.monotonic() + SECONDS + 4

    def goes_on(self) -> bool:
        return time.monotonic() < self.until

    def at_once(self, act, number: int = AT_ONCE) -> None:
        threads = [
            threading.Thread(target=self._over_and_over, args=(act, at)) for at in range(number)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _over_and_over(self, act, at: int) -> None:
        connection, times = None, 0
        while self.goes_on():
            times += 1
            try:
                connection = connection or self.connect()
                connection.request(*act(at, times))
                answer = connection.getresponse()
                answer.read()
                self.answers[str(answer.status)] += 1
                if answer.will_close:
                    connection.close()
                    connection = None
            except (OSError, HTTPException) as error:
                self.answers[type(error).__name__] += 1
                connection = None

    def connect(self) -> HTTPSConnection:
        return HTTPSConnection("localhost", self.port, context=ANY_CERTIFICATE, timeout=30)

    def from_address(self, number: int) -> dict[str, str]:
        return HEADERS | {"X-Forwarded-For": address_of(number)}

    def one_address(self) -> None:
        """Pages that nobody has ready, from one sender."""
        self.at_once(
            lambda at, times: ("GET", f"/cases/?q=a{at}b{times}", None, self.from_address(1))
        )

    def many_addresses(self) -> None:
        """The form of a case, from a sender of its own each time."""
        self.at_once(
            lambda at, times: (
                *("GET", f"/cases/{self.cases[times % len(self.cases)]}/write/", None),
                self.from_address(at * 100_000 + times),
            )
        )

    def forms(self) -> None:
        """Forms without anything in them, from many senders."""
        self.at_once(
            lambda at, times: (
                *("POST", f"/cases/{self.cases[0]}/sign/", b"name=a"),
                self.from_address(at * 100_000 + times),
            )
        )

    def slow_clients(self) -> None:
        """Connections on which a byte comes now and then, of the head or of the body."""
        head = b"POST /cases/%s/write/ HTTP/1.1\r\nHost: localhost\r\n" % self.cases[0].encode()
        open_ones: list[ssl.SSLSocket] = []
        dice = random.Random(3)
        while self.goes_on():
            while len(open_ones) < SLOW and self.goes_on():
                with suppress(OSError):
                    plain = socket.create_connection(("localhost", self.port), timeout=5)
                    one = ANY_CERTIFICATE.wrap_socket(plain, server_hostname="localhost")
                    sender = address_of(len(open_ones)).encode()
                    one.send(head + b"X-Forwarded-For: " + sender + b"\r\n")
                    if len(open_ones) % 2:
                        one.send(b"Content-Length: 100000\r\n\r\n")
                    open_ones.append(one)
                    self.answers["connections"] += 1
            time.sleep(0.5)
            for one in dice.sample(open_ones, len(open_ones) // 10):
                try:
                    one.send(b"a")
                except OSError:
                    open_ones.remove(one)
                    self.answers["were closed"] += 1

    def big_bodies(self) -> None:
        """Pictures as large as may be, and larger than may be where none is asked for."""
        senders = 20
        a_chunk = CHUNK * senders / LINE  # seconds

        def body() -> Iterator[bytes]:
            for _chunk in range(BODY // CHUNK):
                before = time.monotonic()
                yield b"a" * CHUNK
                time.sleep(max(0.0, a_chunk - (time.monotonic() - before)))

        def act(at: int, times: int) -> tuple:
            kind = "solidarity" if at % 2 else "write"
            headers = self.from_address(at * 100_000 + times) | {"Content-Length": str(BODY)}
            return "POST", f"/cases/{self.cases[0]}/{kind}/", body(), headers

        self.at_once(act, senders)

    def new_pdfs(self) -> None:
        """Case sheets and cards that nobody has rendered yet."""
        paths = unrendered(self.cases)
        self.at_once(
            lambda at, times: (
                "GET",
                paths[(at + times * AT_ONCE) % len(paths)],
                None,
                self.from_address(at * 100_000 + times),
            )
        )


FLOODS = {
    "one address": Flood.one_address,
    "many addresses": Flood.many_addresses,
    "forms": Flood.forms,
    "slow clients": Flood.slow_clients,
    "big bodies": Flood.big_bodies,
    "new PDFs": Flood.new_pdfs,
}

if __name__ == "__main__":
    one = Flood(int(sys.argv[2]), sys.argv[3:])
    FLOODS[sys.argv[1]](one)
    print(json.dumps(one.answers))
