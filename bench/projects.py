"""What is put up for the run: the site and the project that it is compared with."""

import json
import time
import tomllib
from http.client import HTTPConnection
from pathlib import Path

from cryptography.fernet import Fernet

from bench.databases import Database, run_python

SITE = {
    "IGNORE_ENV_FILE": "1",
    "DJANGO_SETTINGS_MODULE": "bench.settings",
    "SECRET_KEY": "of a run that measures and is gone",
    "HASH_KEY": "of a run that measures and is gone",
    "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "ALLOWED_HOSTS": "127.0.0.1",
    "SITE_URL": "http://127.0.0.1",
    "DEBUG": "0",
    "HTTPS": "0",
    "TRUSTED_PROXIES": "1",  # so that X-Forwarded-For makes every letter come from elsewhere
    "LOG_LEVEL": "ERROR",
}
INVENTED = 10_000  # of more letters the database makes copies: it is fifty times as fast
BARE_FOLDER = Path("bench/bare").resolve()
BARE = {"DJANGO_SETTINGS_MODULE": "bare.settings", "SECRET_KEY": SITE["SECRET_KEY"]}


def site_on(database: Database, letters: int, folder: Path) -> dict[str, str]:
    """The environment of the site on that database: its campaign, and so many invented letters."""
    started = time.monotonic()
    environment = SITE | {
        "DATABASE_URL": database.url,
        "RENDERED_DIR": str(folder / f"rendered-{letters}"),
        "BENCH_STATIC": str(folder / "static"),
    }
    fill(environment, letters)
    database.analyze()
    print(f"{letters:,} letters made in {time.monotonic() - started:.0f} s", flush=True)
    return environment


def fill(environment: dict[str, str], letters: int) -> None:
    manage(environment, "migrate")
    manage(environment, "createcachetable")
    manage(environment, "load_campaign")
    invented = min(letters, INVENTED)
    manage(environment, "sample_activity", "--letters", str(invented))
    run_python(environment, "-m", "bench.copies", str(letters // invented - 1))


def manage(environment: dict[str, str], *command: str) -> None:
    run_python(environment, "manage.py", *command)


def bare_on(database: Database, case: str, pages: Path) -> dict[str, str]:
    """The environment of the bare project, with the case that is asked for, in the site's words."""
    environment = BARE | {"DATABASE_URL": database.url, "BENCH_PAGES": str(pages)}
    content = tomllib.loads(Path(f"content/2025/{case}.toml").read_text())
    fields = {name: content[name] for name in ["headline", "summary", "story"]}
    fields |= {"slug": case, "name": content["display_name"]}
    rows = [
        {"model": "bare.case", "pk": 1, "fields": fields},
        {"model": "bare.tally", "pk": 1, "fields": {"case": 1}},
    ]
    django = [environment, "-m", "django"]
    run_python(*django, "migrate", "--run-syncdb", cwd=BARE_FOLDER)
    load = ["loaddata", "--format=json", "-"]
    run_python(*django, *load, cwd=BARE_FOLDER, given=json.dumps(rows))
    database.analyze()
    return environment


def file_name(page: str) -> str:
    return page.replace(" ", "-")


def record(port: int, pages: dict[str, str], folder: Path) -> None:
    """Keep the pages as the site answers them, for whoever shall serve the same bytes."""
    for name, path in pages.items():
        for coding, suffix in [("identity", ".html"), ("br", ".html.br")]:
            connection = HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", path, headers={"Accept-Encoding": coding})
            answer = connection.getresponse()
            (folder / f"{file_name(name)}{suffix}").write_bytes(answer.read())
            connection.close()
            if answer.status != 200 or answer.getheader("ETag") is None:
                raise SystemExit(f"{path} is not kept by the page cache: {answer.getheaders()}")
