"""The site on several hosts: two for readers, one that works, and what all of them stand on."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from http.client import HTTPConnection
from pathlib import Path

from bench.cluster.database import PORT as DATABASE_PORT
from bench.cluster.database import Server
from bench.cluster.network import NETWORK, Host, make_bridge
from bench.cluster.store import ACCESS, Store
from bench.databases import run_python
from bench.postgresql import binaries
from bench.projects import SITE, fill, manage
from bench.rehearse.plan import Plan
from bench.rehearse.stage import ROOT, nginx_in

NAME = "write.example.org"  # in /etc/hosts of this script alone
ADDRESS = f"https://{NAME}"
ROWS = int(os.environ.get("ROWS", 500))  # letters of the days before
WORK = ["--most-an-hour", "40000", "--most-news-an-hour", "40000", "--first-wait", "10"]
NUMBERS = {
    "people": 2,
    "mail": 3,
    "proxy": 10,
    "web-1": 11,
    "web-2": 12,
    "work-1": 13,
    "work-2": 14,
    "db-1": 21,
    "db-2": 22,
    "redis": 31,
    "store": 41,
}
WEB = ["web-1", "web-2"]


class Site:
    def __init__(self, folder: Path, cases: list[str]) -> None:
        self.folder, self.cases = folder, cases
        self.hand_ins: list[str] = []
        make_bridge()
        self.hosts = {
            name: Host(name, number, folder / f"{name}.log") for name, number in NUMBERS.items()
        }
        for name in ["www", "mail", "store", *WEB, "work-1", "work-2"]:
            (folder / name).mkdir()
        (folder / "data").mkdir()
        subprocess.run(["chown", "postgres", str(folder / "data")], check=True)
        programs = binaries()
        if programs is None:
            raise SystemExit("PostgreSQL's server is not installed.")
        self.primary, self.replica = [
            Server(programs, folder / "data", self.hosts[name]) for name in ("db-1", "db-2")
        ]
        self.store = Store(folder / "store", self.hosts["store"])

    # --- put up

    def put_up(self) -> None:
        self.store.start()
        self.start_redis()
        self.primary.make_primary()
        with self.primary.connect() as connection:
            connection.execute("CREATE DATABASE site")
        self.store.make_bucket()
        # Without https for as long as it is made: invented letters are refused by a site in use.
        making = self.environment(self.hosts["work-1"]) | {"HTTPS": "0"}
        fill(making, ROWS)
        manage(making, "collectstatic", "--no-input")
        self.replica.make_replica_of(self.primary)
        self.primary.wait_for_replica()
        mail = self.hosts["mail"]
        mail_server = [str(self.folder / "mail"), "25", ADDRESS, mail.address]
        mail.start(sys.executable, "-m", "bench.rehearse.mail_server", *mail_server)
        for name in WEB:
            self.start_web(name)
        self.start_worker("work-1")
        upstream = " ".join(f"{self.hosts[name].address}:8000" for name in WEB)
        nginx = nginx_in(self.folder, [f"{NETWORK}.0/24"], HOSTS=NAME, UPSTREAM=upstream)
        self.hosts["proxy"].start(*nginx)
        if not is_soon(lambda: all(map(self.is_ready, WEB)), 90):
            raise SystemExit(f"The web hosts are not ready:\n{self.log_of('web-1')}")

    def environment(self, host: Host) -> dict[str, str]:
        servers = sorted([self.primary.host, self.replica.host])
        both = ",".join(f"{address}:{DATABASE_PORT}" for address in servers)
        database = f"postgres://postgres@{both}/site?target_session_attrs="
        own = self.folder / host.name
        return (
            SITE
            | ACCESS
            | {
                "DATABASE_URL": f"{database}read-write",
                "REPLICA_URL": f"{database}standby",
                "CACHE_URL": f"redis://{self.hosts['redis'].address}:6379/1",
                "MEDIA_ROOT": self.store.place("media"),
                "PRIVATE_ROOT": self.store.place("private"),
                "RENDERED_DIR": self.store.place("rendered"),
                "RUNTIME_DIR": str(own / "runtime"),
                "BACKUP_STORAGE": str(own / "backups"),
                "BENCH_STATIC": str(self.folder / "www/static"),
                "SITE_URL": ADDRESS,
                "ALLOWED_HOSTS": NAME,
                "HTTPS": "1",
                "HSTS_SUBDOMAINS": "False",
                "STAFF_NEEDS_SECOND_FACTOR": "False",
                "EMAIL_URL": f"smtp://{self.hosts['mail'].address}:25",
                "FROM_EMAIL": "Rehearsal <letters@example.org>",
                "CONTACT_EMAIL": "letters@example.org",
                "LOG_LEVEL": "WARNING",
            }
        )

    def start_web(self, name: str) -> None:
        host = self.hosts[name]
        command = ["-m", "gunicorn", "--bind", f"{host.address}:8000", "--workers", "2"]
        host.start(sys.executable, *command, environment=self.environment(host), cwd=ROOT)

    def start_worker(self, name: str) -> None:
        host = self.hosts[name]
        command = [sys.executable, "manage.py", "work", *WORK]
        self.worker_started = time.time()
        host.start(*command, environment=self.environment(host), cwd=ROOT)

    def start_redis(self) -> None:
        host = self.hosts["redis"]
        options = ["--bind", host.address, "--protected-mode", "no", "--save", "", "--dir", "/tmp"]
        host.start("redis-server", *options)

    # --- asked

    def is_ready(self, web: str) -> bool:
        """Whether this host says that it can serve readers."""
        return self.get(web, "/readyz")[0] == 200

    def get(self, web: str, path: str) -> tuple[int, str]:
        """Of one host, as the proxy would ask it; 0 if it gives no answer."""
        headers = {"Host": NAME, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
        return ask(HTTPConnection(self.hosts[web].address, 8000, timeout=2), path, headers)

    def manage(self, *command: str, host: str = "work-1") -> subprocess.CompletedProcess[str]:
        """A command of the site on one of its hosts."""
        there = self.hosts[host]
        return subprocess.run(
            [*there.there, sys.executable, "manage.py", *command],
            env={**os.environ, **self.environment(there)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def log_of(self, host: str) -> str:
        return (self.folder / f"{host}.log").read_text(errors="replace")[-4_000:]

    def mails(self) -> list[dict]:
        """What the mail server took, one line each."""
        return [json.loads(line) for line in (self.folder / "mail/taken").read_text().splitlines()]

    def sends_mail(self) -> bool:
        """Whether a mail has left since the worker was started."""
        mails = self.mails()
        return bool(mails) and mails[-1]["at"] > self.worker_started

    def make_hand_ins(self) -> None:
        self.hand_ins = self.python("-m", "bench.cluster.jobs", "make", *self.cases[:3]).split()

    def hand_ins_are_ready(self) -> bool:
        return self.python("-m", "bench.cluster.jobs", "ready", *self.hand_ins) == "True"

    def python(self, *command: str, given: str = "") -> str:
        """The last line of what it prints."""
        environment = self.environment(self.hosts["work-1"])
        return run_python(environment, *command, cwd=ROOT, given=given).splitlines()[-1]

    def people(self, plan: Plan) -> subprocess.Popen:
        environment = {
            "REHEARSE_SITE": ADDRESS,
            "REHEARSE_MAILS": str(self.folder / "mail"),
            "REHEARSE_CASES": " ".join(self.cases),
            "WRITE": os.environ.get("WRITE", "30"),
        }
        command = [sys.executable, "-m", "bench.rehearse.people", json.dumps(asdict(plan))]
        told = (self.folder / "people.json").open("wb")
        host = self.hosts["people"]
        return host.start(*command, environment=environment, cwd=ROOT, stdout=told)


def is_soon(true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def ask(connection: HTTPConnection, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """Status and text of the answer; 0 if there is none. Closes the connection."""
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except OSError:
        return 0, ""
    finally:
        connection.close()
