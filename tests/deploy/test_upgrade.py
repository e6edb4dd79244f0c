"""deploy/upgrade: whatever fails, readers keep the release that served, and --back leads to the one
that served before it. And `write4rights COMMAND`, which runs commands of the one that serves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.machine import Machine

pytestmark = pytest.mark.any_database


@pytest.fixture
def machine(tmp_path) -> Machine:
    """With a release 0-installed that was upgraded to 1-good."""
    machine = Machine(tmp_path)
    told = "BACKUP_KEY=age1x\nEMAIL_URL=consolemail://\nORGANISATION=Us\n"
    told += "CONTACT_EMAIL=us@example.org\nALLOWED_HOSTS=write.example.org\n"
    assert machine.install(typed=told).returncode == 0
    machine.version("1-good")
    assert machine.run("upgrade").returncode == 0
    assert machine.readers_get() == "1-good"
    return machine


@pytest.mark.parametrize("what", ["web", "check", "migrate", "createcachetable"])
def test_back_after_an_upgrade_that_failed_leads_to_the_release_before(machine, what):
    machine.version("2-bad", fails=what)

    assert machine.run("upgrade").returncode == 1
    assert machine.readers_get() == "1-good"

    assert machine.run("upgrade", "--back").returncode == 0
    assert machine.readers_get() == "0-installed"


@pytest.mark.parametrize(
    ("what", "sentence"),
    [("-t", "nginx would not start with the new files"), ("-s", "nginx could not be told")],
)
def test_proxy_that_fails_turns_nobody_and_keeps_its_files(machine, what, sentence):
    nginx = machine.root / "etc/nginx"
    (nginx / "write4rights/real-ip.conf").write_text("# our CDN\n")
    before = files(nginx)
    (machine.root / "nginx-fails").write_text(what)
    with (machine.code / "deploy/nginx/write4rights/headers.conf").open("a") as headers:
        headers.write("# new\n")
    machine.version("2-new")

    done = machine.run("upgrade")

    assert done.returncode == 1
    assert sentence in done.stderr
    assert machine.readers_get() == "1-good"
    assert files(nginx) == before


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_back_after_a_restart_leads_to_the_release_before(machine):
    assert machine.run("upgrade", "--restart").returncode == 0
    assert machine.readers_get() == "1-good"

    assert machine.run("upgrade", "--back").returncode == 0
    assert machine.readers_get() == "0-installed"


def test_back_twice_leads_to_the_newer_release_again(machine):
    for release in ["0-installed", "1-good", "0-installed"]:
        assert machine.run("upgrade", "--back").returncode == 0
        assert machine.readers_get() == release


def test_back_to_a_release_that_does_not_answer_changes_nothing(machine):
    [before] = machine.base.glob("releases/*0-installed")
    (before / "fails-web").touch()

    assert machine.run("upgrade", "--back").returncode == 1
    assert machine.readers_get() == "1-good"

    (before / "fails-web").unlink()
    assert machine.run("upgrade", "--back").returncode == 0
    assert machine.readers_get() == "0-installed"


def test_back_after_installing_again_leads_to_the_release_before(machine):
    assert machine.install(version="2-again").returncode == 0

    assert machine.run("upgrade", "--back").returncode == 0
    assert machine.readers_get() == "1-good"


def test_upgrade_whose_terminal_closes_turns_nobody(machine):
    machine.version("2-new", fails="migrate")
    (machine.root / "bin/sleep").write_text("#!/bin/sh\nkill -HUP $PPID\n")

    assert machine.run("upgrade").returncode == 1
    assert machine.readers_get() == "1-good"


def test_files_of_a_command_are_named_from_where_one_is(machine):
    folder = machine.root / "home of somebody"
    folder.mkdir()
    (folder / "identity.txt").write_text("AGE-SECRET-KEY-1")
    command = machine.root / "usr/local/bin/write4rights"

    done = machine.run(command, "restore", "--identity", "identity.txt", folder=folder)
    assert (done.stdout, done.stderr, done.returncode) == ("AGE-SECRET-KEY-1", "", 0)

    (folder / "closed").touch()  # to the site's user
    for name in ["identity.txt", f"{folder}/identity.txt"]:
        done = machine.run(command, "restore", "--identity", name, folder=folder)
        assert f"may not read {folder}/identity.txt: put it where that user may" in done.stderr
    done = machine.run(command, "doctor", folder=folder)
    assert (done.stderr, done.returncode) == ("", 0)
