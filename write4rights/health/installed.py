"""What is installed and collected: versions, and the static files."""

import datetime
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import django
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from packaging.requirements import Requirement

from write4rights.health.results import Result, ok, red, warning

NEW_FOR = datetime.timedelta(hours=26)  # a day, and the time to do it in
SOURCES_BESIDE_STATIC = ["requirements/base.txt", "write4rights/static_files.py"]


def not_done(name: str, said: str, to_do: str) -> Result:
    """What a server has not got yet when it was installed, and has to have from its second day."""
    is_new = MigrationRecorder.Migration.objects.filter(
        app="contenttypes", name="0001_initial", applied__gt=timezone.now() - NEW_FOR
    ).exists()
    return (warning if is_new else red)(name, said, to_do)


def static_files() -> Result:
    if static_files_are_old():
        said = "The static files in var/static are missing, or older than those of this code."
        return red("static files", said, "Run `manage.py prepare`, and restart gunicorn.")
    return ok("static files", "They are collected.")


def static_files_are_old() -> bool:
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not manifest.exists():
        return True
    made_at = manifest.stat().st_mtime
    sources = [
        *Path(settings.BASE_DIR / "static").rglob("*"),
        *(settings.BASE_DIR / name for name in SOURCES_BESIDE_STATIC),
    ]
    return any(path.stat().st_mtime > made_at for path in sources)


def versions() -> Result:
    server = ""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            server = f", PostgreSQL {cursor.fetchone()[0].split()[0]}"
    said = f"Python {platform.python_version()}, Django {django.get_version()}{server}."
    return ok("versions", said)


def packages() -> Result:
    """Whether what is installed is what was locked."""
    other = [
        requirement.name
        for requirement in locked(settings.BASE_DIR / "requirements/base.txt")
        if not requirement.specifier.contains(installed(requirement.name) or "0", prereleases=True)
    ]
    if not other:
        return ok("packages", "They are those of requirements/base.txt.")
    said = f"Not as in requirements/base.txt: {', '.join(other)}."
    return warning(
        "packages", said, "`pip install --require-hashes -r requirements/base.txt`, and restart."
    )


def locked(path: Path) -> list[Requirement]:
    lines = path.read_text().splitlines()
    found = [Requirement(line.rstrip("\\ ")) for line in lines if line[:1].isalnum()]
    return [one for one in found if one.marker is None or one.marker.evaluate()]


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
