"""Senders are remembered under a key of the day that no copy of the database holds."""

import concurrent.futures
import datetime
import logging
import subprocess
import sys
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as site_settings
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.test import RequestFactory

from cases.encryption import keyed_hash
from letters.models import Throttle
from letters.privacy import day_key, erasure, throttle
from tests.letters.stored import everything
from write4rights.staff_auth import pseudonym_ip

pytestmark = pytest.mark.django_db

MORNING = datetime.datetime(2025, 12, 10, 9, 30, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
# Of a /22: all that an attacker who knows the region would try.
CANDIDATES = [f"203.0.{third}.{fourth}" for third in range(112, 116) for fourth in range(256)]


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.RUNTIME_DIR = tmp_path / "run"
    day_key.forget()
    yield settings.RUNTIME_DIR
    day_key.forget()


class RedisOfTests(LocMemCache):
    """Known as a Redis by its name, as it is in CACHE_URL; all in one memory."""


class RedisThatForgets(DummyCache):
    """It is full, or away."""


def hit(address: str = "203.0.113.77") -> int:
    return throttle.hit("write", RequestFactory().get("/", REMOTE_ADDR=address))


def test_with_the_database_and_all_keys_of_the_environment_no_sender_is_found():
    with time_machine.travel(MORNING, tick=False):
        hit()
        hour = f"{throttle.start_of_hour():%Y-%m-%dT%H}"
        guesses = {
            keyed_hash(f"{purpose}|{name}|{hour}", "throttle")
            for purpose in ["write", "sign", "pledge"]
            for name in [*CANDIDATES, "203.0.113.0/24"]
        }
        names = [day_key.hidden("203.0.113.77"), day_key.hidden("203.0.113.0/24")]
        with_the_key = {keyed_hash(f"write|{name}|{hour}", "throttle") for name in names}

    stored = set(Throttle.objects.values_list("key", flat=True))
    assert stored & guesses == set()
    assert stored == with_the_key  # what whoever has the file as well would find


def test_the_key_is_in_no_table_and_only_its_owner_reads_the_file(folder):
    with time_machine.travel(MORNING, tick=False):
        hit()
        key = day_key.key()

    [file] = folder.iterdir()
    assert file.read_bytes() == key
    assert len(key) == 32
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    for form in [key.hex(), str(key), repr(key)]:
        assert form not in everything()
    assert not folder.is_relative_to(site_settings.MEDIA_ROOT)


def test_each_day_has_its_own_key_and_the_one_before_is_gone(folder):
    with time_machine.travel(MORNING, tick=False) as clock:
        first = day_key.key()
        clock.shift(DAY)
        second = day_key.key()

    assert first != second
    assert [file.read_bytes() for file in folder.iterdir()] == [second]


def test_rows_of_yesterday_are_erased():
    with time_machine.travel(MORNING, tick=False) as clock:
        hit()
        clock.shift(DAY)

        assert erasure.erase_expired()["limits"] == 2


def test_a_limit_of_an_hour_has_one_key_also_where_midnight_is_not_on_the_hour(settings):
    settings.TIME_ZONE = "Asia/Kathmandu"
    midnight_there = datetime.datetime(2025, 12, 9, 18, 15, tzinfo=datetime.UTC)
    with time_machine.travel(midnight_there - datetime.timedelta(minutes=5), tick=False) as clock:
        assert hit() == 1
        clock.shift(datetime.timedelta(minutes=10))
        assert hit() == 2


def test_a_key_that_could_not_be_shared_is_shared_once_it_can(settings, tmp_path):
    settings.RUNTIME_DIR = tmp_path / "file"
    settings.RUNTIME_DIR.write_text("This is no folder.")
    with time_machine.travel(MORNING, tick=False) as clock:
        mine = day_key.key()
        settings.RUNTIME_DIR = tmp_path / "folder"
        assert (day_key.key(), settings.RUNTIME_DIR.exists()) == (mine, False)

        clock.shift(datetime.timedelta(minutes=1))

        assert day_key.key() == mine
        assert [file.read_bytes() for file in settings.RUNTIME_DIR.iterdir()] == [mine]


def test_a_process_that_starts_anew_counts_on():
    with time_machine.travel(MORNING, tick=False):
        assert hit() == 1
        day_key.forget()
        assert hit() == 2


@pytest.mark.slow
def test_processes_that_begin_a_day_together_have_one_key(folder):
    code = (
        "import django; django.setup(); from django.conf import settings; import pathlib, sys; "
        "settings.RUNTIME_DIR = pathlib.Path(sys.argv[1]); from letters.privacy import day_key; "
        "print(day_key.key().hex())"
    )

    def run(_number: int) -> str:
        command = [sys.executable, "-c", code, str(folder)]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=True,
            cwd=site_settings.BASE_DIR,
            env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""},
        ).stdout

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(run, range(4)))

    assert len(keys) == 1
    assert len(list(folder.iterdir())) == 1


def test_hosts_that_share_a_cache_in_memory_share_the_key(settings, folder):
    settings.CACHES = {
        "default": {"BACKEND": "tests.letters.privacy.test_day_key.RedisOfTests"},
    }
    first = day_key.key()
    day_key.forget()

    assert day_key.key() == first
    assert len(first) == 32
    assert not folder.exists()


def test_a_cache_in_memory_that_keeps_nothing_leaves_each_process_a_key_of_its_own(settings):
    settings.CACHES = {
        "default": {"BACKEND": "tests.letters.privacy.test_day_key.RedisThatForgets"},
    }

    assert len(day_key.key()) == 32


def test_where_nothing_can_be_shared_nobody_is_refused(settings, folder, tmp_path, caplog):
    (tmp_path / "file").write_text("no folder")
    settings.RUNTIME_DIR = tmp_path / "file"

    with caplog.at_level(logging.ERROR):
        assert (hit(), hit()) == (1, 2)

    assert [record.getMessage() for record in caplog.records] == [
        "The key of the day can't be shared: FileExistsError"
    ]


def test_a_folder_that_others_may_read_is_not_used(folder, caplog):
    folder.mkdir(mode=0o755)
    Path(folder).chmod(0o755)

    with caplog.at_level(logging.ERROR):
        hit()

    assert not list(folder.iterdir())
    assert "PermissionError" in caplog.text


def test_the_stand_in_of_staff_hangs_on_the_key_too():
    with time_machine.travel(MORNING, tick=False):
        before = pseudonym_ip("203.0.113.77")
        assert pseudonym_ip("203.0.113.77") == before
        day_key.forget()
        for file in site_settings.RUNTIME_DIR.iterdir():
            file.unlink()

        assert pseudonym_ip("203.0.113.77") != before
