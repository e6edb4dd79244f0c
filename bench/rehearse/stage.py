"""All that stands on one small machine, put up for the run: nginx as it ships, gunicorn as its own
file says, workers, a database of its own, and a mail server that is slow."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress
from http.client import HTTPSConnection
from pathlib import Path

from bench import processes
from bench.databases import Database
from bench.projects import SITE, fill, manage

ROOT = Path(__file__).parents[2]
NGINX = ROOT / "deploy/nginx"
ROWS = int(os.environ.get("ROWS", 10_000))  # letters of the days before
ANY_CERTIFICATE = ssl._create_unverified_context()


def free_ports(number: int) -> list[int]:
    listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in listening]
    for one in listening:
        one.close()
    return ports


def nginx_in(folder: Path, trusted: list[str], **given: str) -> list[str]:
    """nginx as it ships, configured in the folder; how it is started.

    The one who measures is the CDN in front: everybody's address is the one it names.
    """
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        raise SystemExit("nginx is not installed: apt-get install nginx-light")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    command += f" -subj /CN=localhost -keyout {key} -out {certificate}"
    subprocess.run(command.split(), check=True, capture_output=True)
    for page in (NGINX / "www").glob("*.html"):
        shutil.copy(page, folder / "www")
    (folder / "logs").mkdir()
    parts = folder / "etc/write4rights"
    parts.mkdir(parents=True)
    behind_cdn = [f"set_real_ip_from {one};\n" for one in trusted]
    behind_cdn += ["real_ip_header X-Forwarded-For;\n", "real_ip_recursive on;\n"]
    (parts / "real-ip.conf").write_text("".join(behind_cdn))
    all_given = {
        "HOSTS": "localhost",
        "CERTIFICATE": str(certificate),
        "KEY": str(key),
        "WWW": str(folder / "www"),
        "LOGS": str(folder / "logs"),
        "CACHE": str(folder / "cache"),
        "TEMP": str(folder),
        "PID": str(folder / "nginx.pid"),
    }
    configure = [str(NGINX / "configure"), str(folder / "etc")]
    subprocess.run(configure, env=os.environ | all_given | given, check=True)
    return [nginx, "-c", str(folder / "etc/nginx.conf"), "-g", "daemon off;"]


class Stage:
    def __init__(self, folder: Path, database: Database, *, workers: int, worker_options: list):
        self.folder, self.database = folder, database
        self.log = folder / "site.log"
        self.http, self.port, mail_port = free_ports(3)
        self.site = f"https://localhost:{self.port}"
        self.running: dict[str, list[subprocess.Popen]] = defaultdict(list)
        folder.chmod(0o711)  # nginx reads files as www-data
        for name in ["media", "private", "rendered", "mail", "www"]:
            (folder / name).mkdir()
        (folder / "runtime").mkdir(mode=0o700)  # or each process makes a key of the day by itself
        self.mails = folder / "mail"
        # Without https for as long as it is made: invented letters are refused by a site in use.
        making = SITE | {
            "DATABASE_URL": database.url,
            "MEDIA_ROOT": str(folder / "media"),
            "PRIVATE_ROOT": str(folder / "private"),
            "RUNTIME_DIR": str(folder / "runtime"),
            "RENDERED_DIR": str(folder / "rendered"),
            "BENCH_STATIC": str(folder / "www/static"),
        }
        self.environment = making | {
            "SITE_URL": self.site,
            "ALLOWED_HOSTS": "localhost",
            "HTTPS": "1",
            "HSTS_SUBDOMAINS": "False",
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
            "FROM_EMAIL": "Rehearsal <letters@example.org>",
            "CONTACT_EMAIL": "letters@example.org",
            "LOG_LEVEL": "WARNING",
        }
        fill(making, ROWS)
        manage(making, "collectstatic", "--no-input")
        database.analyze()
        mail = ["-m", "bench.rehearse.mail_server", str(self.mails), str(mail_port), self.site]
        self._start("mail server", sys.executable, *mail)
        socket_path = folder / "web.sock"
        gunicorn = ["-m", "gunicorn", "--bind", f"unix:{socket_path}"]
        self._start("gunicorn", sys.executable, *gunicorn)
        for _ in range(workers):
            self._start("worker", sys.executable, "manage.py", "work", *worker_options)
        self._start_nginx(socket_path)
        self._wait()

    def _start(self, name: str, *command: str) -> None:
        process = subprocess.Popen(
            command,
            env={**os.environ, **self.environment},
            cwd=ROOT,
            stdout=self.log.open("ab"),
            stderr=subprocess.STDOUT,
        )
        self.running[name].append(process)

    def _start_nginx(self, upstream: Path) -> None:
        ports = {"HTTP_PORT": str(self.http), "HTTPS_PORT": str(self.port)}
        trusted = ["127.0.0.1", "unix:"]
        command = nginx_in(self.folder, trusted, UPSTREAM=f"unix:{upstream}", **ports)
        self._start("nginx", *command)

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(OSError):
                if self.get("/readyz").status == 200 and not self.ended():
                    return
            time.sleep(0.2)
        self.stop()
        raise SystemExit(
            f"The site did not start; {self.ended()}:\n{self.log.read_text()[-4_000:]}"
        )

    def get(self, path: str, sender: str = "192.0.2.1"):
        connection = HTTPSConnection("localhost", self.port, context=ANY_CERTIFICATE, timeout=60)
        connection.request("GET", path, headers={"X-Forwarded-For": sender})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    def ended(self) -> list[str]:
        return [
            f"the {name} ended with {process.returncode}"
            for name, group in self.running.items()
            for process in group
            if process.poll() is not None and name != "people"
        ]

    def complaints(self) -> list[str]:
        """What ended that should run, and what the site wrote into its log, each once."""
        lines = self.log.read_text(errors="replace").splitlines()
        known = Counter(re.sub(r"\d+", "0", line)[:200] for line in lines if line.strip())
        return self.ended() + [f"{number} × {line}" for line, number in known.most_common(15)]

    def stop(self) -> None:
        everything = [process for group in self.running.values() for process in group]
        for process in everything:
            process.send_signal(signal.SIGTERM)
        for process in everything:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def family(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        with suppress(OSError):
            found += processes.children(one)
    return found


class Usage(threading.Thread):
    """What each part has used of the processors, seen once a second; what ends keeps its own."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(daemon=True)
        self.stage = stage
        self.seconds: dict[str, dict[int, float]] = defaultdict(dict)
        self.before: dict[str, float] = {}
        self.is_over = threading.Event()
        self.look()
        self.before = self.by_part()
        self.busy_before, self.began = busy(), time.monotonic()
        self.start()

    def look(self) -> None:
        for name, group in self.stage.running.items():
            for pid in [one for process in group for one in family(process.pid)]:
                with suppress(OSError):
                    self.seconds[name][pid] = processes.cpu_seconds(pid)
        self.database = self.stage.database.cpu_seconds()

    def by_part(self) -> dict[str, float]:
        parts = {name: sum(seconds.values()) for name, seconds in self.seconds.items()}
        parts["database"] = self.database
        return {name: used - self.before.get(name, 0.0) for name, used in parts.items()}

    def run(self) -> None:
        while not self.is_over.wait(1):
            self.look()

    def end(self) -> tuple[dict[str, float], float]:
        """By part, and of the whole machine."""
        self.is_over.set()
        self.join()
        self.look()
        self.seconds_it_took = time.monotonic() - self.began
        return self.by_part(), busy() - self.busy_before


def busy() -> float:
    """Seconds that the processors of this machine worked, whoever for."""
    numbers = [int(one) for one in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return (sum(numbers) - numbers[3] - numbers[4]) / os.sysconf("SC_CLK_TCK")
