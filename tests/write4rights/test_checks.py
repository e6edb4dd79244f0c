import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from write4rights.checks import MUST_BE_ON, postgresql_is_durable


class Setting:
    """Stands for a PostgreSQL connection whose server is set so."""

    vendor = "postgresql"

    def __init__(self, **changed):
        self.said = dict.fromkeys(MUST_BE_ON, "on") | changed

    def cursor(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def execute(self, sql, params):
        pass

    def fetchall(self):
        return list(self.said.items())


def sentences(monkeypatch, **changed) -> list[str]:
    monkeypatch.setattr("write4rights.checks.connections", {"default": Setting(**changed)})
    return [message.msg for message in postgresql_is_durable(["default"])]


@pytest.mark.parametrize("name", MUST_BE_ON)
def test_postgresql_that_may_lose_what_was_saved_is_refused(monkeypatch, name):
    assert sentences(monkeypatch, **{name: "off"}) == [f"PostgreSQL runs with {name} = off."]


@pytest.mark.parametrize("value", ["on", "local", "remote_write", "remote_apply"])
def test_postgresql_that_waits_for_its_disk_is_fine(monkeypatch, value):
    assert sentences(monkeypatch, synchronous_commit=value) == []


def test_database_of_this_run_is_durable(db):
    assert postgresql_is_durable(["default"]) == []
    call_command("check", databases=["default"])


def test_check_stops_the_command_that_asks(db, monkeypatch):
    monkeypatch.setattr(
        "write4rights.checks.connections", {"default": Setting(synchronous_commit="off")}
    )

    with pytest.raises(SystemCheckError, match="synchronous_commit = off"):
        call_command("check", databases=["default"])


def test_setting_that_one_session_turned_off_is_found(db):
    if connection.vendor != "postgresql":
        assert postgresql_is_durable(["default"]) == []
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")

    [message] = postgresql_is_durable(["default"])

    assert message.msg == "PostgreSQL runs with synchronous_commit = off."
