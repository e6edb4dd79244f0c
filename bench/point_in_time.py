"""Nothing that was acknowledged is lost when the database is: `make point-in-time`.

It makes a PostgreSQL server of its own in a folder that goes away, with the site in it; lets many
people write letters and some erase theirs, all at once; kills every process of the server in the
middle, and recovers it on another port from the base backup and the WAL (the log of all changes),
by each of the ways that docs/operations.md describes. Then it looks whether every letter that the
site has acknowledged is there, and whether what was erased stays erased.

    WRITERS=300     how many write at once
    SECONDS=20      for how long, until the server is killed
    FOLDER=…        where (a folder of the system's temporary one)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.databases import run_python
from bench.postgresql import Cluster, binaries, make_folder, started
from bench.projects import SITE, manage

WRITERS = int(os.environ.get("WRITERS", 300))
SECONDS = float(os.environ.get("SECONDS", 20))
PROCESSES = 4  # at most, that the writers are spread over, as threads
ERASED = 10  # one letter in so many is erased by its writer
ARCHIVE_TIMEOUT = 5  # seconds; in production 60
CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = {connections}
shared_buffers = '128MB'
wal_level = replica
archive_mode = on
archive_command = 'cd {folder}/archived && test ! -f %f && cp {folder}/data/%p .%f && mv .%f %f'
archive_timeout = {archive_timeout}
"""
RECOVERY = """
port = {port}
archive_mode = off
synchronous_standby_names = ''
restore_command = 'cp {wal}/%f %p'
"""


def free_port() -> int:
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@contextmanager
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="point-in-time-", dir=os.environ.get("FOLDER")))
    if os.getuid() == 0:
        shutil.chown(path, "postgres")
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path)


def main() -> None:
    programs = binaries()
    if programs is None:
        print("Left out: initdb is not found, which comes with PostgreSQL's server.")
        return
    if not Path("locale/fr/LC_MESSAGES/django.mo").exists():
        run_python(SITE | {"BENCH_STATIC": "var/static"}, "manage.py", "translations", "--compile")
    with folder() as place:
        run(programs, place)


def make_site(environment: dict[str, str], _cluster: Cluster) -> None:
    manage(environment, "migrate")
    manage(environment, "createcachetable")
    manage(environment, "load_campaign")


def run(
    programs: Path,
    place: Path,
    *,
    writers: int = WRITERS,
    seconds: float = SECONDS,
    only_way: int | None = None,
    make_site: Callable[[dict[str, str], Cluster], None] = make_site,
) -> None:
    """Ends with SystemExit if something is lost or back."""
    for name in ("archived", "received"):
        make_folder(place / name)
    cluster = Cluster(programs, place / "data", free_port())
    cluster.run("initdb", "-D", str(cluster.data), "-A", "trust", "--no-sync", "-E", "UTF8")
    with (cluster.data / "postgresql.conf").open("a") as configuration:
        configuration.write(
            CONFIGURATION.format(
                port=cluster.port,
                connections=writers + 30,
                folder=place,
                archive_timeout=ARCHIVE_TIMEOUT,
            )
        )
    receiver = None
    try:
        cluster.start()
        cluster.wait()
        environment = SITE | {
            "DATABASE_URL": f"postgres://postgres@127.0.0.1:{cluster.port}/site",
            "BENCH_STATIC": str(place / "static"),
            "RENDERED_DIR": str(place / "rendered"),
            "DATABASE_POOL": "False",
        }
        with cluster.connect() as connection:
            connection.execute("CREATE DATABASE site")
        make_site(environment, cluster)
        cluster.run(
            "pg_basebackup",
            *("-d", cluster.dsn("postgres"), "-D", str(place / "base"), "-X", "none"),
            "--checkpoint=fast",
        )
        print("The base backup is made; now all of them write.", flush=True)
        receiver = receive(cluster, place)
        acknowledged = write(environment, place, cluster, writers, seconds)
    finally:
        if receiver:
            receiver.terminate()
            receiver.wait()
        cluster.stop()
    letters = sum(kind == "w" for kind, _pk in acknowledged)
    erased = {pk for kind, pk in acknowledged if kind == "e"}
    print(
        f"{writers} writers had {letters:,} letters acknowledged in {seconds:.0f} s, and erased "
        f"{len(erased):,} of them; then all processes of PostgreSQL were killed.\n"
    )
    ways = {
        "WAL as it was received, the disk lost": [place / "received"],
        "WAL as it was archived, and pg_wal saved": [place / "archived", cluster.data / "pg_wal"],
        "WAL as it was archived, the disk lost": [place / "archived"],
    }
    print(
        f"{'recovered from the base backup and':42} {'letters':>8} {'lost':>6} {'back':>5} {'s':>6}"
    )
    failed = False
    for number, (way, sources) in enumerate(ways.items()):
        if only_way not in (None, number):
            continue
        began = time.monotonic()
        lost, back, there, counts_hold = recover(
            programs, place, f"recovered-{number}", sources, environment, acknowledged
        )
        took = time.monotonic() - began
        print(f"{way:42} {there:8,} {lost:6,} {back:5,} {took:6.1f}", flush=True)
        failed |= not counts_hold or (number < 2 and bool(lost or back))
    print(
        "\nlost: acknowledged and not there; back: erased and there again. The last way loses what "
        f"was done since\nthe last archived segment, in the last {ARCHIVE_TIMEOUT} s at most "
        "(archive_timeout); then\n`restore --only-erasure-list` takes out who is back. The counts "
        "equal the rows in each."
    )
    if failed:
        raise SystemExit("Something acknowledged is lost, or something erased is back.")


def receive(cluster: Cluster, place: Path) -> subprocess.Popen:
    """What is committed lies with the receiver too before it is acknowledged."""
    with cluster.connect() as connection:
        connection.execute("SELECT pg_create_physical_replication_slot('archive', true)")
    where = f"{cluster.dsn('postgres')}?application_name=archive"
    to = ["-d", where, "-D", str(place / "received"), "--slot", "archive", "--synchronous"]
    process = started(cluster.command("pg_receivewal", *to), place / "receiver.log")
    with cluster.connect() as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'archive'")
        connection.execute("SELECT pg_reload_conf()")
    cluster.wait("SELECT bool_or(sync_state = 'sync') FROM pg_stat_replication")
    return process


def write(
    environment: dict, place: Path, cluster: Cluster, number: int, seconds: float
) -> list[tuple[str, int]]:
    """Let them write until the server is killed; what the site acknowledged to them."""
    logs = [place / f"acknowledged-{number}" for number in range(min(PROCESSES, number))]
    share = -(-number // len(logs))
    writers = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.point_in_time", "write", str(share), str(log)],
            env=os.environ | environment,
            stderr=subprocess.DEVNULL,
        )
        for log in logs
    ]
    while sum(log.stat().st_size for log in logs if log.exists()) < number * 4:
        time.sleep(0.1)  # until they are warm
        if any(writer.poll() is not None for writer in writers):
            raise SystemExit("A writer has ended before the server did.")
    time.sleep(seconds)
    cluster.kill()
    for writer in writers:
        writer.wait()
    lines = [line.split() for log in logs for line in log.read_text().splitlines()]
    return [(kind, int(pk)) for kind, pk in lines]


def recover(
    programs: Path,
    place: Path,
    name: str,
    sources: list[Path],
    environment: dict,
    acknowledged: list[tuple[str, int]],
) -> tuple[int, int, int, bool]:
    """On another port: how many letters are lost, how many are back, how many there are."""
    wal = place / f"{name}-wal"
    make_folder(wal)
    for source in sources:
        for path in source.iterdir():
            if path.is_file() and not path.name.startswith("."):
                # What was being received is whole as far as it was acknowledged.
                shutil.copy(path, wal / path.name.removesuffix(".partial"))
    cluster = Cluster(programs, place / name, free_port())
    shutil.copytree(place / "base", cluster.data)
    cluster.data.chmod(0o700)
    with (cluster.data / "postgresql.auto.conf").open("a") as configuration:
        configuration.write(RECOVERY.format(port=cluster.port, wal=wal))
    (cluster.data / "recovery.signal").touch()
    if os.getuid() == 0:
        subprocess.run(["chown", "-R", "postgres", str(cluster.data), str(wal)], check=True)
    try:
        cluster.start()
        cluster.wait("SELECT NOT pg_is_in_recovery()")
        with psycopg.connect(cluster.dsn("site")) as connection:
            rows = connection.execute("SELECT id, erased_on IS NOT NULL FROM letters_letter")
            letters = dict(rows.fetchall())
        url = f"postgres://postgres@127.0.0.1:{cluster.port}/site"
        counts = subprocess.run(
            [sys.executable, "manage.py", "recount"],
            env=os.environ | environment | {"DATABASE_URL": url},
            capture_output=True,
        )
    finally:
        cluster.stop()
        shutil.rmtree(cluster.data)
        shutil.rmtree(wal)
    erased = {pk for kind, pk in acknowledged if kind == "e"}
    written = {pk for kind, pk in acknowledged if kind == "w"}
    back = [pk for pk in erased if letters.get(pk) is False]
    return len(written - letters.keys()), len(back), len(letters), counts.returncode == 0


# --- in a process of the writers


def write_letters(threads: int, log: Path) -> None:
    import django

    django.setup()
    from django.db import DatabaseError, connection

    from cases.models import Case
    from letters.actions import erasure, letters
    from letters.models import Letter

    case = Case.objects.taking_actions().filter(targets__isnull=False).first()
    target = case.targets.first()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def go_on(number: int) -> None:
        done = 0
        while True:
            try:
                letter = letters.write(
                    key=os.urandom(16).hex(),
                    case=case,
                    pledge_id=None,
                    needs_review=False,
                    page_language="en",
                    go_along=False,
                    sender="",
                    follow=False,
                    drawing=None,
                    kind="appeal",
                    target_id=target.pk,
                    subject="The pastures",
                    body=f"Please do not build on them. {number}-{done}",
                    country="NO",
                )
                os.write(output, f"w {letter.pk}\n".encode())
                letters.act(letter, "post")
                letters.act(Letter.objects.get(pk=letter.pk), "posted")
                done += 1
                if letter.pk % ERASED == 0:
                    erasure.erase_one(letter)
                    os.write(output, f"e {letter.pk}\n".encode())
            except DatabaseError:
                return
            finally:
                if connection.connection is not None and connection.connection.closed:
                    connection.close()

    everyone = [threading.Thread(target=go_on, args=[number]) for number in range(threads)]
    for one in everyone:
        one.start()
    for one in everyone:
        one.join()


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write_letters(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        main()
