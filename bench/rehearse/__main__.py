"""The peak day on this machine, with people instead of requests: `make rehearse`.

Behind nginx as it ships, gunicorn as `gunicorn.conf.py` says, the worker, PostgreSQL and a mail
server that is slow and refuses at random, people arrive on a case page from a link, with all files
of the first view. Some read on. One in ten writes; of these some take all, sign and confirm by the
link in the mail, fetch their PDF, share. They read and type as long as people do at least, so that
no guard of a form is switched off, and each comes from a network of their own. The rate rises as on
10 December. All of them live on the same processors.

    VISITORS_AN_HOUR=100000   at the peak
    MINUTES=10                how long, with the rise
    BEYOND=10                 then it rises by so many tenths, one each half minute: where it breaks
    WORKERS=1                 processes of `manage.py work`
    FLOOD=1                   instead: how fast a reader's page is under floods
    MAIL=1                    instead: 10,000 confirmations an hour, with news waiting behind them
    ROWS=10000                letters that there are before
    SECONDS=15                how long each flood lasts
    KEEP=1                    leave the folder with the logs

What a page took is what somebody waited, from the request (or the connection) to its last byte. The
process that plays the people takes its share of the processors, and what it is late by is said.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from bench.databases import as_psycopg, described, find_server, run_python, scratch_database
from bench.rehearse.plan import (
    CASES,
    FALL,
    FORMS,
    GOALS,
    KINDS,
    PAGES,
    RISE,
    STEP_SECONDS,
    Plan,
    is_error,
)
from bench.rehearse.stage import ROOT, Stage, Usage

MINUTES = float(os.environ.get("MINUTES", 10))
VISITORS_AN_HOUR = int(os.environ.get("VISITORS_AN_HOUR", 100_000))
BEYOND = int(os.environ.get("BEYOND", 0))
WORKERS = int(os.environ.get("WORKERS", 1))
# More than 2,000 an hour is asked for. A run is shorter than the five minutes after which a mail
# that was refused is tried again.
WORK = ["--most-an-hour", "40000", "--most-news-an-hour", "40000", "--first-wait", "10"]


def percentile(times: list[float], part: float) -> float:
    """Of sorted times."""
    return times[min(len(times) - 1, int(len(times) * part))] if times else 0.0


class People:
    """What came out of the process that played them."""

    def __init__(self, stage: Stage, plan: Plan) -> None:
        environment = {
            "REHEARSE_SITE": stage.site,
            "REHEARSE_MAILS": str(stage.mails),
            "REHEARSE_CASES": " ".join(CASES),
        }
        arguments = json.dumps(asdict(plan))
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.rehearse.people", arguments],
            env={**os.environ, **environment},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=stage.log.open("ab"),
        )
        stage.running["people"].append(process)
        usage = Usage(stage)
        told, _ = process.communicate()
        self.cpu, self.machine = usage.end()
        self.measured = usage.seconds_it_took
        if process.returncode:
            raise SystemExit(f"The people did not come:\n{stage.log.read_text()[-4_000:]}")
        self.__dict__ |= json.loads(told)
        self.cpu["people"] = self.__dict__["cpu_of_people"]

    def times(self, kinds: list[str], since=0.0, until=float("inf")) -> list[float]:
        return sorted(
            took
            for at, kind, took, _status in self.requests
            if kind in kinds and since <= at < until
        )


def table(people: People, since: float, until: float) -> bool:
    """By kind of page; whether each reached its goal."""
    print(f"\n{'at the peak':<12}{'asked':>9}{'p50':>8}{'p95':>8}{'p99':>8}{'most':>8} ms   goal")
    reached = True
    for kind in KINDS:
        times = people.times([kind], since, until)
        if not times:
            continue
        shown = [percentile(times, part) for part in (0.5, 0.95, 0.99, 1)]
        goal = GOALS.get(kind, 0)
        is_reached = not goal or shown[2] <= goal
        reached &= is_reached
        said = f"≤ {goal} {'reached' if is_reached else 'NOT REACHED'}" if goal else ""
        print(
            f"{kind:<12}{len(times):>9,}"
            + "".join(f"{one:8.0f}" for one in shown)
            + f"      {said}"
        )
    return reached


def windows(people: People, plan: Plan) -> float | None:
    """How it went half minute by half minute; the rate at which it broke."""
    print(
        f"\n{'second':>8}{'arrive/s':>10}{'requests/s':>12}"
        f"{'p99 page':>10}{'p99 form':>10}{'errors':>8}"
    )
    broke = None
    slow_before = False
    for start in range(0, int(plan.seconds), STEP_SECONDS):
        end = min(start + STEP_SECONDS, plan.seconds)
        inside = [one for one in people.requests if start <= one[0] < end]
        page = percentile(people.times(PAGES, start, end), 0.99)
        form = percentile(people.times(FORMS, start, end), 0.99)
        errors = sum(map(is_error, inside))
        rate = plan.visitors_a_second((start + end) / 2)
        is_slow = page > 500 or form > 1_000 or errors > 0.01 * max(1, len(inside))
        if is_slow and slow_before and broke is None:
            broke = rate
        slow_before = is_slow
        print(
            f"{start:>8}{rate:>10.1f}{len(inside) / (end - start):>12.0f}"
            f"{page:>10.0f}{form:>10.0f}{errors:>8}" + ("   over the goal" if is_slow else "")
        )
    return broke


def seen_by_nginx(log: Path, since: float) -> None:
    """Time from the first byte of a request to the last of its answer, as the proxy's log tells."""
    kinds: dict[str, list[tuple[float, float, int]]] = defaultdict(list)
    kept: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for line in log.read_text().splitlines():
        at, _method, kind, status, _bytes, took, *ups, cache = line.split()
        if datetime.fromisoformat(at).timestamp() < since - 1:
            continue
        name = f"{kind}, sent" if _method == "POST" else kind
        of_site = sum(float(one) for one in "".join(ups).split(",") if one[:1].isdigit())
        kinds[name].append((float(took), of_site, int(status)))
        kept[cache] += 1
        if status in ("429", "413", "502", "504", "503", "499"):
            refused[f"{status} {kind}"] += 1
    print(
        f"\n{'as nginx saw it':<20}{'asked':>9}{'p50':>8}{'p95':>8}{'p99':>8} ms"
        f"{'of the site p99':>18}"
    )
    for name, rows in sorted(kinds.items(), key=lambda one: -len(one[1])):
        times, of_site = sorted(row[0] for row in rows), sorted(row[1] for row in rows)
        shown = [percentile(times, part) * 1000 for part in (0.5, 0.95, 0.99)]
        print(
            f"{name:<20}{len(rows):>9,}"
            + "".join(f"{one:8.0f}" for one in shown)
            + f"{percentile(of_site, 0.99) * 1000:>21.0f}"
        )
    asked = sum(number for cache, number in kept.items() if cache != "-")
    if asked:
        hits = sum(kept[name] for name in ("HIT", "UPDATING", "STALE", "REVALIDATED"))
        print(f"of readers' pages nginx had {100 * hits / asked:.1f} % ready")
    print(
        "refused or unanswered:",
        ", ".join(f"{n} × {what}" for what, n in refused.items()) or "none",
    )


def mails(people: People, stage: Stage) -> None:
    taken = [json.loads(line) for line in (stage.mails / "taken").read_text().splitlines()]
    came: dict[str, float] = {}
    for mail in taken:
        came.setdefault(mail["to"], mail["at"])
    waits = sorted(came[to] - at for to, at in people.sent.items() if to in came)
    refused = taken[-1]["refused"] if taken else 0
    print(
        f"\nmails: {len(taken):,} taken, {refused:,} refused on the way; wait for a confirmation: "
        f"p50 {percentile(waits, 0.5):.1f}, p95 {percentile(waits, 0.95):.1f}, "
        f"most {percentile(waits, 1):.1f} s; {len(people.sent) - len(waits)} did not come"
    )


def processors(people: People) -> None:
    cores = os.cpu_count() or 1
    whole = people.measured * cores
    print(f"\nprocessors ({cores}), in {people.measured:.0f} s; % of all")
    of_run = sum(people.cpu.values())
    for name, used in sorted(people.cpu.items(), key=lambda one: -one[1]):
        print(f"  {name:<28}{used:9.1f} s{100 * used / whole:7.1f} %")
    others = max(0.0, people.machine - of_run)
    print(f"  {'PostgreSQL for all, others':<28}{others:9.1f} s{100 * others / whole:7.1f} %")
    print(
        f"  {'idle':<28}{whole - people.machine:9.1f} s{100 * (1 - people.machine / whole):7.1f} %"
    )
    of_site = sum(people.cpu[name] for name in ("gunicorn", "nginx", "database", "worker"))
    visitors, letters = people.done["visitors"], people.done.get("letters", 0)
    print(
        f"  the site: {1000 * of_site / visitors:.1f} ms a visitor, files, forms and mails included"
        + (
            f"; {1000 * of_site / letters:.0f} ms for each letter, if all went for letters"
            if letters
            else ""
        )
    )
    print(
        f"  the people: {1000 * people.cpu['people'] / visitors:.1f} ms a visitor; "
        f"late by {1000 * people.late:.0f} ms at p99"
    )
    if people.late > 0.25:
        print(
            "  ! the people came late: what is measured is partly their own waiting for a processor"
        )
    biggest = max((name for name in people.cpu if name != "people"), key=people.cpu.__getitem__)
    print(
        f"  next bottleneck: {biggest}"
        + (", and the processors themselves" if people.machine > 0.85 * whole else "")
    )


def checked(stage: Stage, acknowledged: dict) -> dict:
    """What the tables hold once the outbox had its time."""
    answer = run_python(
        stage.environment, "-m", "bench.rehearse.rows", given=json.dumps([acknowledged])
    )
    told = json.loads(answer.splitlines()[-1])
    return told | {"lost": told["lost"][0]}


def rehearse(stage: Stage) -> bool:
    plan = Plan(MINUTES, VISITORS_AN_HOUR, BEYOND)
    for case in CASES:  # not the first visitor of the year
        stage.get(f"/cases/{case}/")
    print(
        f"{VISITORS_AN_HOUR:,} visitors an hour at the peak, {MINUTES:g} minutes; "
        f"{os.cpu_count()} processors",
        flush=True,
    )
    people = People(stage, plan)
    until = plan.planned * (1 - FALL) if not BEYOND else plan.planned
    reached = table(people, plan.planned * RISE, until)
    broke = windows(people, plan)
    visitors, letters = people.done["visitors"], people.done.get("letters", 0)
    errors = sum(map(is_error, people.requests))
    print("\n" + ", ".join(f"{name} {number:,}" for name, number in people.done.items()))
    print(
        f"{len(people.requests):,} requests, {errors:,} errors: "
        + (", ".join(f"{n} × {what}" for what, n in people.wrong) or "none")
    )
    hourly = 3600 / people.arrived
    print(
        f"on average {visitors * hourly:,.0f} visitors and {letters * hourly:,.0f} letters an hour"
    )
    time.sleep(6)  # nginx has written all
    seen_by_nginx(stage.folder / "logs/write4rights.log", people.began)
    processors(people)
    mails(people, stage)
    rows = checked(stage, people.acknowledged)
    print(
        "\nacknowledged and not in the database: "
        + ", ".join(
            f"{name} {number} of {len(people.acknowledged.get(name, [])):,}"
            for name, number in rows["lost"].items()
        )
    )
    lost = sum(rows.pop("lost").values())
    print(", ".join(f"{name}: {number}" for name, number in rows.items()))
    counts = subprocess.run(
        [sys.executable, "manage.py", "recount"],
        cwd=ROOT,
        env={**os.environ, **stage.environment},
        capture_output=True,
        text=True,
    )
    print("recount:", (counts.stdout or counts.stderr).strip().splitlines()[-1])
    if BEYOND:
        print(f"it broke at {broke:.0f} visitors a second" if broke else "it did not break")
    return reached and not lost and not counts.returncode


def main() -> None:
    server = find_server()
    if server is None:
        raise SystemExit("A rehearsal needs PostgreSQL: DATABASE_URL=postgres://…")
    print(described(server))
    with psycopg.connect(as_psycopg(server), autocommit=True) as connection:
        names = ["fsync", "synchronous_commit", "shared_buffers"]
        values = [connection.execute(f"SHOW {name}").fetchone()[0] for name in names]
        print(", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True)))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("It was ended."))  # and nothing stays behind
    folder = Path(mkdtemp(prefix="rehearse-"))
    with ExitStack() as at_the_end:
        if os.environ.get("KEEP"):
            print(f"logs: {folder}")
        else:
            at_the_end.callback(shutil.rmtree, folder, ignore_errors=True)
        database = at_the_end.enter_context(scratch_database(server, "rehearse", folder))
        stage = Stage(folder, database, workers=WORKERS, worker_options=WORK)
        at_the_end.callback(stage.stop)
        at_the_end.callback(lambda: print("\nlog:", *stage.complaints(), sep="\n  ", flush=True))
        if os.environ.get("FLOOD"):
            from bench.rehearse.floods import flood

            is_well = flood(stage, CASES)
        elif os.environ.get("MAIL"):
            from bench.rehearse.mails import mail

            is_well = mail(stage, MINUTES)
        else:
            is_well = rehearse(stage)
    if not is_well:
        raise SystemExit("Not all goals were reached.")


if __name__ == "__main__":
    main()
