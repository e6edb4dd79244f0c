"""The files in deploy/ agree with the code, and with each other."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as site_settings
from django.core.management import get_commands

from letters.privacy.limits import KEEP_BACKUPS_FOR
from write4rights.make_env import for_server

pytestmark = pytest.mark.any_database

BASE = site_settings.BASE_DIR
DEPLOY = BASE / "deploy"
EXAMPLE = dict(re.findall(r"^([A-Z_]+)=(.*)$", (BASE / ".env.example").read_text(), re.M))
SCRIPTS = [
    "install",
    "upgrade",
    "release",
    "write4rights",
    "lib.sh",
    "nginx/configure",
    "try/run",
]
UNITS = {path.name: path.read_text() for path in (DEPLOY / "systemd").iterdir()}
SERVICES = {name: text for name, text in UNITS.items() if name.endswith(".service")}


@pytest.mark.parametrize("name", SERVICES)
def test_service_runs_what_there_is_and_may_write_where_the_site_writes(name):
    unit = SERVICES[name]
    command = re.search(r"manage\.py (\w+)", unit)
    assert not command or command[1] in get_commands()
    folders = {
        "MEDIA_ROOT": "/srv/write4rights/media",
        "PRIVATE_ROOT": "/srv/write4rights/private",
        "RUNTIME_DIR": "/run/write4rights",
        "RENDERED_DIR": "/var/cache/write4rights",
    }
    assert {setting: EXAMPLE[setting] for setting in folders} == folders
    if "web" not in name:
        folders["BACKUP_STORAGE"] = "/srv/write4rights/backups"
    for folder in [folders["MEDIA_ROOT"], folders["PRIVATE_ROOT"], folders["RUNTIME_DIR"]]:
        assert folder in re.findall(r"^ReadWritePaths=(.+)$", unit, re.M)[0].split()
    lines = ["CacheDirectory=write4rights", "User=write4rights", "ProtectSystem=strict"]
    assert {*lines, "NoNewPrivileges=yes"} <= set(unit.splitlines())


def test_timers_have_a_service_each():
    timers = {name.removesuffix(".timer") for name in UNITS if name.endswith(".timer")}
    assert timers
    assert timers <= {name.removesuffix(".service") for name in SERVICES}


def test_nginx_and_the_web_server_meet_at_one_socket():
    socket = re.search(r"--bind (unix:\S+)", SERVICES["write4rights-web@.service"])
    assert socket
    assert f"d {socket[1][5:].rpartition('/')[0]} " in UNITS["write4rights.conf"]
    upstream = (DEPLOY / "nginx/write4rights/upstream.conf").read_text()
    assert f"server {socket[1].replace('%i', 'a')};" in upstream
    assert socket[1][5:].replace("%i", "$1") in (DEPLOY / "lib.sh").read_text()


def test_scripts_set_and_read_only_settings_that_are_explained():
    words = "".join((DEPLOY / name).read_text() for name in SCRIPTS)
    named = {*re.findall(r'"([A-Z_]+)=\$', words), *re.findall(r"setting ([A-Z_]+)\)", words)}
    assert {"ALLOWED_HOSTS", "ADMIN_PATH", "DATABASE_URL"} <= named <= EXAMPLE.keys()


def test_environment_of_a_server_is_the_example_with_its_values_and_secrets_of_its_own():
    made = for_server({"ORGANISATION": "A # b's “c”", "ALLOWED_HOSTS": "a.example,b.example"})

    assert "\nORGANISATION=A # b's “c”\nCONTACT_EMAIL=" in made.replace(
        "# Who reads what supporters, and those who find a hole, write to; shown on the pages.\n",
        "",
    )
    values = dict(re.findall(r"^([A-Z_]+)=(.*)$", made, re.M))
    assert values.keys() == EXAMPLE.keys()
    for name in ["SECRET_KEY", "ENCRYPTION_KEYS", "HASH_KEY", "METRICS_TOKEN"]:
        assert len(values[name]) > 40
        assert values[name] not in for_server({})
    with pytest.raises(ValueError, match="NOTHING"):
        for_server({"NOTHING": "1"})
    with pytest.raises(ValueError, match="one line"):
        for_server({"ORGANISATION": "A\nDEBUG=True"})


def test_scripts_read_a_value_in_quotes_as_the_site_does(tmp_path):
    env = tmp_path / "env"
    env.write_text(
        "CACHE_URL='redis://10.0.0.3/1'\nSENTRY_DSN=\"https://a@b.example/1\"\n"
        'MEDIA_ROOT="s3://bucket/media"\nBACKUP_STORAGE="/srv/my backups"\nBACKUP_KEY=\'\'\n'
    )
    pip = tmp_path / ".venv/bin/pip"
    pip.parent.mkdir(parents=True)
    pip.write_text('#!/bin/sh\necho "$@" >&2\n')
    pip.chmod(0o755)
    script = f". {DEPLOY}/lib.sh; env_file={env}; packages {tmp_path}; "
    script += "for name in BACKUP_STORAGE BACKUP_KEY; do setting $name; done"

    done = subprocess.run(["sh", "-euc", script], capture_output=True, text=True)

    assert done.stdout.splitlines() == ["/srv/my backups", ""]
    assert re.findall(r"(\w+)\.txt", done.stderr) == ["base", "redis", "s3", "sentry"]


def test_server_gets_its_passwords_by_no_command_line_that_others_could_read():
    """Before anything is needed that a bare Debian lacks."""
    values = {"EMAIL_URL": "smtp://user:a%23b@mail.example.org", "ORGANISATION": "A # b's “c”"}
    lines = "".join(f"{name}={value}\n" for name, value in values.items())

    command = [sys.executable, "-S", "-m", "write4rights.make_env", "--server"]
    made = subprocess.run(command, input=lines, capture_output=True, text=True, cwd=BASE)
    unknown = subprocess.run(command, input="PASWORD", capture_output=True, text=True, cwd=BASE)
    command = [str(DEPLOY / "install"), "--mail", values["EMAIL_URL"]]
    refused = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    assert set(lines.splitlines()) < set(made.stdout.splitlines())
    assert Fernet(re.search(r"^ENCRYPTION_KEYS=(.+)$", made.stdout, re.M)[1])
    assert unknown.stderr == "PASWORD: .env.example does not know of it.\n"
    assert refused.returncode == 1
    assert refused.stderr.startswith("Everybody can read a command line: ")


def test_what_an_upgrade_dumps_unencrypted_is_deleted_when_a_backup_would_be():
    [folder] = re.findall(r"dump=(\S+)/before-", (DEPLOY / "upgrade").read_text())
    folder = folder.replace("$data", "/srv/write4rights")

    lines = UNITS["write4rights.conf"].splitlines()
    assert f"d {folder} 0700 root root m:{KEEP_BACKUPS_FOR.days}d" in lines


def test_scripts_hold_what_shellcheck_asks():
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    paths = [str(DEPLOY / name) for name in SCRIPTS]
    said = subprocess.run(["shellcheck", "-x", *paths], capture_output=True, text=True, cwd=BASE)
    assert not said.stdout


def test_container_starts_what_the_units_start():
    compose = (DEPLOY / "container/compose.yaml").read_text()
    image = (DEPLOY / "container/Containerfile").read_text()
    assert '"manage.py", "work"' in compose
    assert ".venv/bin/gunicorn" in image
    for name in ["MEDIA_ROOT", "PRIVATE_ROOT", "RUNTIME_DIR", "RENDERED_DIR"]:
        assert f"{name}={EXAMPLE[name]}" in image
