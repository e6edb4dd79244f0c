"""A site of one's own: a database of its own, a folder for the backups, a pair of keys."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from tests import databases as templates
from write4rights.backup import databases, keys


@pytest.fixture
def identity(settings, tmp_path) -> str:
    """The file that opens the backups, which lie in a folder of this test."""
    settings.BACKUP_KEY = keys.make_pair(str(tmp_path / "identity"))
    place = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    place["OPTIONS"] = {"location": tmp_path / "backups"}
    settings.STORAGES = settings.STORAGES | {"backups": place}
    settings.MEDIA_ROOT = tmp_path / "media"
    return str(tmp_path / "identity")


@pytest.fixture
def own_database(transactional_db, tmp_path):
    """A database that the test may replace: a copy of the migrated one, empty."""
    if databases.is_sqlite():
        mine = str(tmp_path / "site.sqlite3")
        templates.copy_sqlite(Path(mine))
    else:
        mine = f"{databases.name()}_own"
        databases.drop(mine)
        template = connection.settings_dict["TEST"]["TEMPLATE"]
        with databases._server() as server:
            server.execute(f'CREATE DATABASE "{mine}" TEMPLATE "{template}"')
    with databases.instead(mine):
        yield mine
    for suffix in ["", databases.BEFORE, databases.RESTORING]:
        databases.drop(mine + suffix)


@pytest.fixture
def restore(identity, capsys):
    """`manage.py restore`, as whoever runs the server types it."""

    def restore(*options: str) -> str:
        call_command("restore", *options, f"--identity={identity}")
        return capsys.readouterr().out

    return restore
