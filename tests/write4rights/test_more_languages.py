"""A language more is an entry in settings.LANGUAGES and a catalogue."""

import os
import subprocess
import sys

import pytest
from django.conf import settings


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_site_takes_languages_it_does_not_have():
    """In a process of its own: models get their fields when Django starts."""
    of_this_run = ("PYTEST", "DATABASE_URL", "DJANGO_SETTINGS_MODULE")
    mine = {name: value for name, value in os.environ.items() if not name.startswith(of_this_run)}
    checks = ["--ds=tests.more_languages.settings", "tests/more_languages/checks.py"]

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *checks],
        cwd=settings.BASE_DIR,
        env=mine | {"DATABASE_URL": "sqlite:///more-languages.sqlite3"},
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stdout
