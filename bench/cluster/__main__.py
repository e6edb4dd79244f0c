"""The site on several hosts, broken one after the other while people use it: `make cluster`.

Each host is a network namespace on this machine, which needs root. What people of the peak day saw
meanwhile, what is lost and how it healed is printed as the table of docs/operations.md.

    VISITORS_AN_HOUR=5000   all the time
    WRITE=30                of 100 who come
    ROWS=500                letters that there are before
    ONLY=primary            what is broken: a regular expression for the first column
    KEEP=1                  leave the folder with the logs, until the next run
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import gettempdir

from bench.cluster.breaks import CALM, Break, breaks
from bench.cluster.network import NETWORK
from bench.cluster.shared import look_what_is_shared
from bench.cluster.site import NAME, NUMBERS, Site
from bench.cluster.table import Window, table
from bench.rehearse.plan import CASES, Plan

VISITORS_AN_HOUR = int(os.environ.get("VISITORS_AN_HOUR", 5_000))
ONLY = os.environ.get("ONLY", "")  # a regular expression for what is broken
MOST_MINUTES = 30  # then people come no more, whatever is still to be broken
WARM_UP = 20  # seconds
FROZEN = 2  # cases that are frozen, and that nobody is sent to
PROGRAMS = ["setpriv", "unshare", "ip", "nginx", "redis-server", "psql", "runuser"]
# Whatever becomes of this process, what is apart is killed, and with it all that it started.
APART = ["setpriv", "--pdeathsig", "KILL", "unshare", "--kill-child"]
APART += ["--net", "--mount", "--pid", "--fork", "--mount-proc"]


def main() -> None:
    """Runs itself once more, apart from the machine, and takes the folder away at the end."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    missing = [name for name in PROGRAMS if not shutil.which(name, path=path)]
    if os.getuid() or missing:
        raise SystemExit(f"It needs root and what is missing here: {', '.join(missing) or '-'}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("It was ended."))
    folder = new_folder()
    process = subprocess.Popen(
        [*APART, sys.executable, "-m", "bench.cluster", "apart", str(folder)],
        env={**os.environ, "PATH": path},
    )
    try:
        code = process.wait()
    finally:
        process.kill()
        process.wait()
        if os.environ.get("KEEP"):
            print(f"logs: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(code)


def new_folder() -> Path:
    """It goes away at the end; those of runs that were killed go now."""
    for old in Path(gettempdir()).glob("cluster-[0-9]*"):
        if not Path("/proc", old.name.partition("-")[2]).exists():
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(gettempdir(), f"cluster-{os.getpid()}")
    folder.mkdir(mode=0o711)  # nginx and PostgreSQL are not root
    return folder


def apart(folder: Path) -> None:
    """In namespaces of networks, mounts and processes of its own."""
    Path("/run/netns").mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run/netns"], check=True)
    names = folder / "hosts"
    names.write_text(f"127.0.0.1 localhost\n{NETWORK}.{NUMBERS['proxy']} {NAME}\n")
    subprocess.run(["mount", "--bind", str(names), "/etc/hosts"], check=True)
    began = time.monotonic()
    site = Site(folder, CASES[:-FROZEN])
    site.put_up()
    print(f"put up in {time.monotonic() - began:.0f} s", flush=True)
    found = look_what_is_shared(site)
    people = site.people(Plan(MOST_MINUTES, VISITORS_AN_HOUR, patience=60, is_steady=True))
    time.sleep(WARM_UP)
    played = []
    for one in breaks(site, CASES[-FROZEN:]):
        if ONLY and not re.search(ONLY, one.what):
            continue
        print(f"{time.strftime('%H:%M:%S')} {one.what}", flush=True)
        one.play()
        played.append(one)
        print(f"         healed after {one.healed - one.healing:.1f} s {one.remark}", flush=True)
        if people.poll() is not None:
            raise SystemExit(f"The people have left:\n{site.log_of('people')}")
    time.sleep(CALM)
    people.terminate()
    people.wait(180)
    told = json.loads((folder / "people.json").read_text())
    sys.exit(0 if report(site, played, told, found) else 1)


def report(site: Site, played: list[Break], told: dict, found: list[str]) -> bool:
    ends = [one.began for one in played[1:]] + [float("inf")]
    starts = [0.0, *ends[:-1]]
    parts = [acknowledged(told, a, b) for a, b in zip(starts, ends, strict=True)]
    wait_for_mails(site)
    rows = json.loads(site.python("-m", "bench.rehearse.rows", given=json.dumps(parts)))
    began = told["began"]
    windows = [
        Window(
            f"{one.what} ({one.remark})" if one.remark else one.what,
            one.how,
            *(at - began for at in (one.began, one.healing, one.healed, one.ended)),
            lost=sum(lost.values()),
        )
        for one, lost in zip(played, rows["lost"], strict=True)
    ]
    print("\n" + table(windows, told["requests"]) + "\n")
    for part, lost in zip(parts, rows["lost"], strict=True):
        if any(lost.values()):
            print("lost:", {name: f"{n} of {len(part[name])}" for name, n in lost.items() if n})
    done, wrong = told["done"], told["wrong"]
    print(", ".join(f"{name} {number:,}" for name, number in done.items()))
    print("wrong:", ", ".join(f"{number} × {what}" for what, number in wrong) or "nothing")
    mails = site.mails()
    twice = len(mails) - len({mail["id"] for mail in mails})
    print(f"{len(mails):,} mails left, {twice} of them once more; ", end="")
    print(", ".join(f"{name}: {number}" for name, number in rows.items() if name != "lost"))
    if site.hand_ins:
        print(site.python("-m", "bench.cluster.jobs", "check", *site.hand_ins))
    counts = site.manage("recount")
    print("recount:", (counts.stdout or counts.stderr).strip().splitlines()[-1])
    print(*found, sep="\n")
    return not any(sum(lost.values()) for lost in rows["lost"]) and not counts.returncode


def acknowledged(told: dict, since: float, until: float) -> dict[str, list]:
    return {
        kind: [
            one
            for one, at in zip(what, told["acknowledged_at"][kind], strict=True)
            if since <= at < until
        ]
        for kind, what in told["acknowledged"].items()
    }


def wait_for_mails(site: Site) -> None:
    """Until none has left for some seconds."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        before = len(site.mails())
        time.sleep(5)
        if len(site.mails()) == before:
            return


if __name__ == "__main__":
    if sys.argv[1:2] == ["apart"]:
        apart(Path(sys.argv[2]))
    else:
        main()
