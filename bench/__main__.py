"""What a request costs, in seconds of the processor, PostgreSQL's counted: `make bench`.

It runs on PostgreSQL if a server answers, in databases that it makes and removes, else on SQLite.
The site is compared with a project that imports nothing of it, in bench/bare/. Each is a gunicorn
with one worker of four threads. What is counted is the time that the worker, what it starts and the
database's processes for it spent on a processor; not that of whoever asks, and not what PostgreSQL
does for all together (checkpoints, vacuum). The machine may be busy with other things, so the
servers take turns in short slices, and what is reported is the median over all rounds, ratios
likewise. No time is a failure of the run.

    ROWS=1000000    the admin's lists, and readers' pages, with so many letters
    HAND_IN=5000    a hand-in of so many letters in four scripts, on its way to paper; and another,
                    while three workers are killed
    ROUNDS=10       how often each server has its turn
    LIGHTHOUSE      how to call Lighthouse (`npx lighthouse`), for its scores of four pages
    DATABASE_URL    another PostgreSQL server than that at 127.0.0.1:5432; `sqlite:` for none
"""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import django

from bench.burst import AT_ONCE, burst, unrendered
from bench.databases import Database, described, find_server, run_python, scratch_database
from bench.first_view import first_views, lighthouse
from bench.measuring import Report, Subject, get, measure
from bench.projects import BARE_FOLDER, bare_on, file_name, manage, record, site_on
from bench.servers import Server
from bench.visitors import Visitor, forms_to_send

CASE = "ellinor-guttorm-utsi"
CASES = sorted(path.stem for path in Path("content/2025").glob("*-*.toml"))
PAGES = {
    "case": f"/cases/{CASE}/",
    "home": "/",
    "list": "/cases/",
    "good news": "/good-news/",
}
OTHERS = {  # no target of their own
    "impact": "/impact/",
    "search": "/cases/?q=land",
    "form to write": f"/cases/{CASE}/write/",
}
FIRST_VIEWS = ["/", "/cases/", f"/cases/{CASE}/write/"]  # beside each case
FEW_LETTERS = 1_000
ROWS = int(os.environ.get("ROWS", 0))
HAND_IN = int(os.environ.get("HAND_IN", 0))
ROUNDS = int(os.environ.get("ROUNDS", 10))
A_SLICE = 20  # forms sent in a turn
GROUPS, GROUP = 5, 5  # of so many who write a letter from its case to the post
TO_WARM_UP = 4  # groups before: each connection to PostgreSQL plans a statement anew three times
WAIT = 4  # seconds; a form sent sooner after it was opened is taken for a machine's

LETTER = """I am writing to you after reading about the Fosen peninsula, where wind turbines were
built on land that Sámi families need for their reindeer.

Please see to it that the ruling of the Supreme Court is carried out, and that those who live from
this land have a say in what happens to it.
"""
WRITER = {"name": "A Writer", "country": "NL"}
BARE_LETTER = WRITER | {"subject": "Fosen", "body": LETTER}
APPEAL = BARE_LETTER | {"name_form": "full", "ties": "no", "consent": "on"}
IN_A_FORTNIGHT = str(date.today() + timedelta(days=14))
PLEDGE = WRITER | {"number": "3", "due_on": IN_A_FORTNIGHT, "consent": "on"}
POST = {"act": "post", "posted_from": "NL"}
POSTED = {"act": "posted"}
SIGNATURE = WRITER | {"email": "writer-{visitor}@example.org", "consent": "on"}

NO_PAGE_CACHE = {"PAGE_CACHE_SECONDS": "0"}
NO_FRAGMENTS = {"BENCH_CACHES_NO_FRAGMENTS": "1"}

# What is to be reached, and what is only said.
CACHED_TO_WHITENOISE = 1.5
UNCACHED_PAGES = 100  # a second of the processor
PLEDGE_TO_BARE_INSERT = 0.8
LETTER_TO_BARE_INSERT = 0.6
SIGNATURE_TO_BARE_INSERT = 0.4
WHOLE_LETTER = 60  # ms
COST_OF_MANY_LETTERS = 1.2
FIRST_VIEW = 120  # KB of a case page on a phone
FIRST_REQUESTS = 10
PERFORMANCE = 98  # by Lighthouse
LARGEST_PAINT = 1_500  # ms, on Lighthouse's slow phone
READER_MEANWHILE = 50  # ms for a page from memory while fifty ask for new renderings
MAKING_PAPER = 600  # MB of the worker and of Typst beside it, whatever the number of letters
ADMIN_LIST = 100  # ms for each filter of the long lists
MEMORY = 150  # MB


def forms(name: str, server: Server, path: str, answers: dict[str, str]) -> Subject:
    requests = forms_to_send(server.port, path, A_SLICE * (ROUNDS + 1), answers)
    return Subject(name, server, requests, expected=302, a_slice=A_SLICE)


def cached_pages(report: Report, site: Server, bare: Server) -> None:
    report.heading("Reader's page from memory (br)")
    for name, path in PAGES.items():
        ours = Subject(f"{name}: the site", site, get(path, 200, "br"))
        file = Subject(f"{name}: WhiteNoise", bare, get(f"/{file_name(name)}.html", 200, "br"))
        measure([ours, file], ROUNDS)
        report.row(ours.name, ours.costs)
        report.row(file.name, file.costs)
        report.target("of WhiteNoise in a bare project", ours.ratio_to(file), CACHED_TO_WHITENOISE)


def uncached_pages(report: Report, site: Server, forgetful: Server, bare: Server) -> None:
    report.heading("Reader's page, no page cache")
    pages = [Subject(name, site, get(path, 20)) for name, path in (PAGES | OTHERS).items()]
    anew = [
        Subject(f"{name}, no part of it kept", forgetful, get(path, 20))
        for name, path in PAGES.items()
    ]
    bare_page = Subject("bare page, one query", bare, get(PAGES["case"], 40))
    measure([*pages, *anew, bare_page], ROUNDS)
    for subject in [*pages, *anew, bare_page]:
        report.row(subject.name, subject.costs)
    for page in pages:
        if page.name in PAGES:
            report.target(f"{page.name}: a second of the processor", page.a_second, UNCACHED_PAGES)
        report.remark(f"{page.name} of the bare page", page.ratio_to(bare_page))


def sent_forms(report: Report, site: Server, bare: Server) -> None:
    report.heading("Form sent")
    insert = forms("bare insert and its count", bare, f"/cases/{CASE}/write/", BARE_LETTER)
    pledge = forms("pledge", site, f"/cases/{CASE}/pledge/", PLEDGE)
    letter = forms("letter", site, f"/cases/{CASE}/write/", APPEAL)
    signature = forms("signature", site, f"/cases/{CASE}/sign/", SIGNATURE)
    time.sleep(WAIT)
    subjects = [insert, pledge, letter, signature]
    measure(subjects, ROUNDS)
    for subject in subjects:
        report.row(subject.name, subject.costs)
    report.target("pledge of the bare insert", pledge.ratio_to(insert), PLEDGE_TO_BARE_INSERT)
    report.target("letter of the bare insert", letter.ratio_to(insert), LETTER_TO_BARE_INSERT)
    report.target(
        "signature of the bare insert", signature.ratio_to(insert), SIGNATURE_TO_BARE_INSERT
    )


def whole_letters(report: Report, site: Server) -> None:
    """All that one letter asks of the server, of somebody without JavaScript."""
    write = f"/cases/{CASE}/write/"
    steps: dict[str, Callable[[Visitor], None]] = {
        "case page": lambda visitor: visitor.open(PAGES["case"]),
        "form": lambda visitor: visitor.open(write),
        "letter sent": lambda visitor: visitor.send(write, APPEAL),
        "its page": lambda visitor: visitor.open(visitor.own_page),
        "'post it myself'": lambda visitor: visitor.send(visitor.own_page, POST),
        "its page, ready": lambda visitor: visitor.open(visitor.own_page),
        "PDF": lambda visitor: visitor.open(f"{visitor.own_page}letter.pdf"),
        "'posted'": lambda visitor: visitor.send(visitor.own_page, POSTED),
        "its page, posted": lambda visitor: visitor.open(visitor.own_page),
    }
    groups = [[Visitor(site.port) for _ in range(GROUP)] for _ in range(TO_WARM_UP + GROUPS)]
    report.heading("One letter, from case to post")
    whole = [0.0] * GROUPS
    for name, act in steps.items():
        if name == "letter sent":
            time.sleep(WAIT)
        costs = []
        for visitors in groups:
            before = site.cpu()
            for visitor in visitors:
                act(visitor)
            costs.append(site.cpu().since(before).each(GROUP))
        del costs[:TO_WARM_UP]
        report.row(name, costs)
        whole = [sum_ + cost.total for sum_, cost in zip(whole, costs, strict=True)]
    report.target("all of it (ms)", statistics.median(whole) * 1000, most=WHOLE_LETTER)


def many_letters(report: Report, few: Server, many: Server) -> None:
    report.heading(f"{FEW_LETTERS:,} letters and {ROWS:,}")
    for name, path in (PAGES | OTHERS).items():
        with_few = Subject(f"{name}: {FEW_LETTERS:,}", few, get(path, 20))
        with_many = Subject(f"{name}: {ROWS:,}", many, get(path, 20))
        measure([with_few, with_many], ROUNDS)
        report.row(with_few.name, with_few.costs)
        report.row(with_many.name, with_many.costs)
        cost = 1 / with_many.ratio_to(with_few)
        if name in PAGES:
            report.target("times the cost with few letters", cost, most=COST_OF_MANY_LETTERS)
        else:
            report.remark("times the cost with few letters", cost)


def renderings(report: Report, site: Server) -> None:
    paths = unrendered(CASES)
    print(f"\n{len(paths)} case sheets and cards that nobody has rendered, {AT_ONCE} at a time")
    first = burst(site.port, paths, PAGES["home"])
    while (again := burst(site.port, paths, PAGES["home"])).answers[503]:
        time.sleep(1)
    for name, one in [("never rendered", first), ("all rendered", again)]:
        answered = ", ".join(f"{number} with {status}" for status, number in one.answers.items())
        print(f"  {name}: {answered}, in {one.seconds:.1f} s")
        report.remark("reader's page meanwhile, worst (ms)", one.worst)
    report.target("reader's page meanwhile, median (ms)", first.median, most=READER_MEANWHILE)


def views_on_a_phone(report: Report, site: Server) -> None:
    address = f"http://127.0.0.1:{site.port}"
    print("\nFirst view on a phone (KB)")
    cases = first_views(address, [f"/cases/{case}/" for case in CASES])
    heaviest = max(view.bytes for view in cases.values())
    report.target("the heaviest case page", heaviest / 1000, most=FIRST_VIEW)
    requests = max(view.requests for view in cases.values())
    report.target("requests of a case page, at most", requests, most=FIRST_REQUESTS)
    for path, view in first_views(address, FIRST_VIEWS).items():
        report.remark(path, view.bytes / 1000)
        report.remark("  requests", view.requests)
    if command := os.environ.get("LIGHTHOUSE"):
        for path in [PAGES["case"], *FIRST_VIEWS]:
            found = {
                name: statistics.median(values)
                for name, values in lighthouse(command, address + path).items()
            }
            report.target(f"{path}: performance", found["performance"], least=PERFORMANCE)
            report.target("  largest paint (ms)", found["LCP"], most=LARGEST_PAINT)
            report.target("  accessibility", found["accessibility"], least=100)
            report.target("  best practices", found["best-practices"], least=100)


def memory(report: Report, site: Server, uncached: Server) -> None:
    print("\nMemory of a worker after all this (MB)")
    report.target("pages from memory, letters' PDFs, sheets, cards", site.memory(), most=MEMORY)
    report.remark("the process in which Typst runs beside it", site.memory_of_children())
    report.target("pages and forms without the page cache", uncached.memory(), most=MEMORY)


def statements(report: Report, environment: dict[str, str]) -> None:
    print("\nStatements of a page, parts of which may be kept")
    answer = run_python(environment, "-m", "bench.queries", *PAGES.values())
    counts = json.loads(answer.splitlines()[-1])
    for name, path in PAGES.items():
        report.remark(name, counts[path][0])
    more = [abs(number - with_half) for number, with_half in counts.values()]
    report.target("more or fewer with half of the cases and counts", max(more), most=0)


def admin_lists(report: Report, environment: dict[str, str]) -> None:
    took = json.loads(run_python(environment, "-m", "bench.admin_lists").splitlines()[-1])
    print(f"\n{len(took)} filters of the admin's long lists and desks, the slowest (ms)")
    for milliseconds, address in took[:5]:
        report.remark(address, milliseconds)
    report.target("the slowest", took[0][0], most=ADMIN_LIST)


def hand_in(report: Report, environment: dict[str, str], folder: Path) -> None:
    environment |= {"PRIVATE_ROOT": str(folder / "private")}
    answer = run_python(environment, "-m", "bench.hand_ins", str(HAND_IN))
    measured = json.loads(answer.splitlines()[-1])
    print(f"\nA hand-in of {measured.pop('letters'):,} letters")
    for name, number in measured.items():
        report.remark(name, number)
    together = measured["MB at most"] + measured["MB of Typst at most"]
    report.target("MB at most, both", together, most=MAKING_PAPER)


def main() -> None:
    report = Report()
    postgresql = find_server()
    versions = f"Python {platform.python_version()}, Django {django.__version__}"
    print(f"{described(postgresql)}; {versions}")
    with ExitStack() as at_the_end:
        folder = Path(at_the_end.enter_context(TemporaryDirectory(prefix="bench-")))
        pages = folder / "pages"
        pages.mkdir()

        def new_database(name: str) -> Database:
            return at_the_end.enter_context(scratch_database(postgresql, name, folder))

        def serve(application: str, environment: dict[str, str], database: Database, **more):
            server = Server(application, environment, database, folder / "log", **more)
            at_the_end.callback(server.stop)
            return server

        few = new_database("few")
        environment = site_on(few, FEW_LETTERS, folder)
        manage(environment, "collectstatic", "--no-input")
        site = serve("write4rights.wsgi", environment, few)
        uncached = serve("write4rights.wsgi", environment | NO_PAGE_CACHE, few)
        forgetful = serve("write4rights.wsgi", environment | NO_PAGE_CACHE | NO_FRAGMENTS, few)
        record(site.port, PAGES, pages)
        beside = new_database("bare")
        bare = serve("bare.wsgi", bare_on(beside, CASE, pages), beside, folder=BARE_FOLDER)

        cached_pages(report, site, bare)
        uncached_pages(report, uncached, forgetful, bare)
        sent_forms(report, uncached, bare)
        whole_letters(report, site)
        if ROWS:
            many = new_database("many")
            environment_of_many = site_on(many, ROWS, folder)
            run_python(environment_of_many, "-m", "bench.desks")
            many.analyze()
            admin_lists(report, environment_of_many)
            with_many = serve("write4rights.wsgi", environment_of_many | NO_PAGE_CACHE, many)
            many_letters(report, uncached, with_many)
        if HAND_IN:
            hand_in(report, environment | {}, folder)
        renderings(report, site)
        views_on_a_phone(report, site)
        memory(report, site, uncached)
        statements(report, environment)
    print(f"\n{sum(report.reached)} of {len(report.reached)} targets reached")


if __name__ == "__main__":
    main()
