"""What a request costs, in seconds of the server's processor: `make bench`.

Each server is a gunicorn with one worker of four threads. What is counted is the time that the
worker itself spent on a processor: the load generator's share does not count, nor PostgreSQL's.
The machine may be busy with other things, so the servers take turns in short slices, and what
is reported is the median over all rounds, ratios likewise. No time is a failure of the run.

    ROWS=1000000    compares pages with so many letters to the same pages with a thousand
    ROUNDS=20       how often each server has its turn
    DATABASE_URL    a PostgreSQL server, on which databases are made and removed; else SQLite
"""

import json
import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from bench.databases import fill, scratch_database
from bench.load import http, load
from bench.servers import Server
from bench.visitors import filled_in

CASE = "ellinor-guttorm-utsi"
PAGES = {"home": "/", "list": "/cases/", "case": f"/cases/{CASE}/"}
IMPACT = {"impact": "/impact/"}  # sums and charts; no target of its own
FEW_LETTERS = 1_000
ROWS = int(os.environ.get("ROWS", 0))
ROUNDS = int(os.environ.get("ROUNDS", 20))

LETTER = """I am writing to you after reading about the Fosen peninsula, where wind turbines were
built on land that Sámi families need for their reindeer.

Please see to it that the ruling of the Supreme Court is carried out, and that those who live from
this land have a say in what happens to it.
"""

BARE_LETTER = {
    "case": CASE,
    "subject": "Fosen",
    "body": LETTER,
    "name": "A Writer",
    "country": "NL",
}
PLEDGE = {"number": "3", "name": "A Writer", "country": "NL"}
APPEAL = {"subject": "Fosen", "body": LETTER, "name": "A Writer", "country": "NL", "ties": "no"}
SIGNATURE = {"name": "A Writer", "country": "NL", "email": "writer-{visitor}@example.org"}

# What is to be reached; the reasons are in the issue "Speed and languages, from the first day".
CACHED_TO_BARE = 0.85
CACHED_TO_WHITENOISE = 1.5
UNCACHED_TO_BARE_VIEW = 0.5
PLEDGE_TO_BARE_INSERT = 0.8
LETTER_TO_BARE_INSERT = 0.6
COST_OF_MANY_LETTERS = 1.2
MEMORY = 150  # MB


@dataclass
class Subject:
    """One kind of request to one server, and what it cost."""

    name: str
    server: Server
    requests: list[bytes]
    expected: int = 200
    a_slice: int = 0  # requests a turn; 0: all of them, every time
    cpu: list[float] = field(default_factory=list)  # seconds a request, one number a round
    took: list[float] = field(default_factory=list)

    def take_turn(self, is_warming_up: bool) -> None:
        if self.a_slice:
            now, self.requests = self.requests[: self.a_slice], self.requests[self.a_slice :]
        else:
            now = self.requests
            load(self.server.port, now[:4])  # renders the page anew, if it is time
        before = self.server.cpu_seconds()
        took = load(self.server.port, now, self.expected)
        if not is_warming_up:
            self.cpu.append((self.server.cpu_seconds() - before) / len(now))
            self.took += took

    def ratio_to(self, other: "Subject") -> float:
        """How many requests this serves in the time in which the other serves one."""
        pairs = zip(self.cpu, other.cpu, strict=True)
        return statistics.median(theirs / ours for ours, theirs in pairs)


def get(path: str, number: int, coding: str = "identity") -> list[bytes]:
    return [http("GET", path, Accept_Encoding=coding)] * number


def posts(name: str, server: Server, path: str, answers: dict[str, str]) -> Subject:
    a_slice = 20
    requests = filled_in(server.port, path, a_slice * (ROUNDS + 1), answers)
    return Subject(name, server, requests, expected=302, a_slice=a_slice)


def record(port: int, folder: Path) -> None:
    """Keep the pages as the site answers them, for those who shall answer with the same bytes."""
    for name, path in PAGES.items():
        for coding, suffix in [("identity", ".html"), ("br", ".html.br")]:
            connection = HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", path, headers={"Accept-Encoding": coding})
            answer = connection.getresponse()
            (folder / f"{name}{suffix}").write_bytes(answer.read())
            connection.close()
            if answer.status != 200 or answer.getheader("ETag") is None:
                raise SystemExit(f"{path} is not kept by the page cache: {answer.getheaders()}")
        written_by_gunicorn = {"Server", "Date", "Connection"}
        headers = [header for header in answer.getheaders() if header[0] not in written_by_gunicorn]
        (folder / f"{name}.json").write_text(json.dumps(headers))


def measure(subjects: list[Subject]) -> None:
    for turn in range(ROUNDS + 1):
        for subject in subjects:
            subject.take_turn(is_warming_up=turn == 0)


class Report:
    def __init__(self):
        self.reached: list[bool] = []

    def heading(self, text: str) -> None:
        print(f"\n{text:<34} requests per  CPU a    p50     p99")
        print(f"{'':<34}  CPU second  request  (latency, ms)")

    def row(self, subject: Subject) -> None:
        cpu = statistics.median(subject.cpu)
        took = statistics.quantiles(subject.took, n=100)
        print(
            f"{subject.name:<34}{1 / cpu:12.0f}{cpu * 1000:7.2f} ms"
            f"{took[49] * 1000:7.1f}{took[98] * 1000:8.1f}"
        )

    def target(self, what: str, value: float, least: float = 0, most: float = 0) -> None:
        is_reached = value >= least if least else value <= most
        self.reached.append(is_reached)
        wanted = f"≥ {least:g}" if least else f"≤ {most:g}"
        print(
            f"  {what:<58}{value:8.2f}   {wanted:<7} {'reached' if is_reached else 'NOT REACHED'}"
        )

    def remark(self, what: str, value: float) -> None:
        print(f"  {what:<58}{value:8.2f}")


def cached_pages(report: Report, site: Server, bare: Server, whitenoise: Server, files: Server):
    report.heading("Reader's page from memory (br)")
    for name, path in PAGES.items():
        ours = Subject(f"{name}: the site", site, get(path, 200, "br"))
        bytes_ = Subject(f"{name}: bare WSGI", bare, get(f"/{name}.html", 200, "br"))
        as_file = Subject(
            f"{name}: WhiteNoise in Django", whitenoise, get(f"/{name}.html", 100, "br")
        )
        alone = Subject(f"{name}: WhiteNoise alone", files, get(f"/{name}.html", 200, "br"))
        subjects = [ours, bytes_, as_file, alone]
        measure(subjects)
        for subject in subjects:
            report.row(subject)
        report.target("of the bare WSGI app", ours.ratio_to(bytes_), CACHED_TO_BARE)
        report.target(
            "of WhiteNoise as the site runs it", ours.ratio_to(as_file), CACHED_TO_WHITENOISE
        )
        report.remark("of WhiteNoise without Django", ours.ratio_to(alone))


def uncached_pages(report: Report, site: Server, forgetful: Server) -> None:
    report.heading("Reader's page, no page cache")
    pages = [Subject(name, site, get(path, 30)) for name, path in (PAGES | IMPACT).items()]
    changed = Subject("case, its text written anew", forgetful, get(PAGES["case"], 30))
    bare_view = Subject("bare view, one query", site, get(f"/bench/case/{CASE}/", 60))
    measure([*pages, changed, bare_view])
    for subject in [*pages, changed, bare_view]:
        report.row(subject)
    for page in pages:
        ratio = page.ratio_to(bare_view)
        if page.name == "case":
            report.target("case of the bare view", ratio, UNCACHED_TO_BARE_VIEW)
        else:
            report.remark(f"{page.name} of the bare view", ratio)
    report.remark("case written anew of the bare view", changed.ratio_to(bare_view))


def sent_forms(report: Report, site: Server) -> None:
    report.heading("Form sent")
    bare = posts("bare insert and its count", site, "/bench/letter/", BARE_LETTER)
    pledge = posts("pledge", site, f"/cases/{CASE}/pledge/", PLEDGE)
    letter = posts("letter", site, f"/cases/{CASE}/write/", APPEAL)
    signature = posts("signature", site, f"/cases/{CASE}/sign/", SIGNATURE)
    time.sleep(4)  # a form sent sooner after it was opened is taken for a machine's
    subjects = [bare, pledge, letter, signature]
    measure(subjects)
    for subject in subjects:
        report.row(subject)
    report.target("pledge of the bare insert", pledge.ratio_to(bare), PLEDGE_TO_BARE_INSERT)
    report.target("letter of the bare insert", letter.ratio_to(bare), LETTER_TO_BARE_INSERT)
    report.remark("signature of the bare insert", signature.ratio_to(bare))


def many_letters(report: Report, few: Server, many: Server) -> None:
    report.heading(f"{FEW_LETTERS:,} letters and {ROWS:,}")
    for name, path in (PAGES | IMPACT).items():
        with_few = Subject(f"{name}: {FEW_LETTERS:,}", few, get(path, 30))
        with_many = Subject(f"{name}: {ROWS:,}", many, get(path, 30))
        measure([with_few, with_many])
        report.row(with_few)
        report.row(with_many)
        cost = 1 / with_many.ratio_to(with_few)
        if name in PAGES:
            report.target("times the cost with few letters", cost, most=COST_OF_MANY_LETTERS)
        else:
            report.remark("times the cost with few letters", cost)


def main() -> None:
    report = Report()
    with ExitStack() as at_the_end:
        folder = Path(at_the_end.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        pages = folder / "pages"
        pages.mkdir()
        log = folder / "gunicorn.log"

        def database(name: str, letters: int) -> dict[str, str]:
            started = time.monotonic()
            environment = at_the_end.enter_context(scratch_database(name, folder))
            fill(environment, letters)
            print(f"{letters:,} letters made in {time.monotonic() - started:.0f} s")
            return environment | {"BENCH_PAGES": str(pages)}

        def serve(application: str, environment: dict[str, str], **more: str) -> Server:
            server = Server(application, environment | more, log)
            at_the_end.callback(server.stop)
            return server

        few = database("few", FEW_LETTERS)
        site = serve("write4rights.wsgi", few)
        record(site.port, pages)
        without_cache = {"PAGE_CACHE_SECONDS": "0", "DJANGO_SETTINGS_MODULE": "bench.settings"}
        uncached = serve("write4rights.wsgi", few, **without_cache)
        forgetful = serve("write4rights.wsgi", few, **without_cache, BENCH_KEEPS_NOTHING="1")
        bare = serve("bench.wsgi:bare", few)
        files = serve("bench.wsgi:whitenoise", few)

        cached_pages(report, site, bare, uncached, files)
        uncached_pages(report, uncached, forgetful)
        sent_forms(report, uncached)
        if ROWS:
            many = database("many", ROWS)
            many_letters(report, uncached, serve("write4rights.wsgi", many, **without_cache))
        print("\nMemory of a worker after the run (MB)")
        report.target("pages from memory", site.memory(), most=MEMORY)
        report.target("pages and forms without the cache", uncached.memory(), most=MEMORY)
    print(f"\n{sum(report.reached)} of {len(report.reached)} targets reached")


if __name__ == "__main__":
    main()
