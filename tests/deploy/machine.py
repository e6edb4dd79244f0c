"""A machine on which the scripts of deploy/ run as they are: its folders lie below another one, and
what needs root or the network (systemd, nginx, PostgreSQL, packages) is played by small scripts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings

PROGRAMS = {
    "id": "echo 0",
    "git": 'cat "$2/version"',
    "df": "echo 9000000",
    "openssl": 'case $1 in rand) echo 0a1b2c3d ;; req) echo "$@" > {root}/certificate ;; esac',
    "pg_lsclusters": "echo 15 main 5432",
    "psql": "echo 1",
    "install": 'set -- $(echo " $*" | sed "s/ -[og] [a-z0-9]*//g"); exec /usr/bin/install "$@"',
    # The site's user may neither enter a folder that has a file `closed`, nor read what is in it.
    "runuser": """
        while [ "$1" != -- ]; do shift; done
        shift
        if [ "$1" = test ] && { [ -e "$3/closed" ] || [ -e "${3%/*}/closed" ]; }; then exit 1; fi
        exec "$@\"""",
    # The folder `running` has a file for each service that was started.
    "systemctl": """
        does=$1 && shift
        for unit; do
            case $does,$unit in
                restart,*) touch "{root}/running/$unit" ;;
                stop,*) rm -f "{root}/running/$unit" ;;
            esac
        done""",
    "nginx": """
        if [ -e {root}/nginx-fails ] && grep -q -- "$1" {root}/nginx-fails; then exit 1; fi
        [ "$1" != -s ] || cp {root}/etc/nginx/write4rights/upstream.conf {root}/turned-to""",
    # The web server of a release whose code has a file `fails-web` never answers.
    "curl": """
        while [ "$1" != --unix-socket ]; do shift; done
        colour=$(basename "$2" .sock)
        [ -e {root}/running/write4rights-web@$colour ] &&
            [ ! -e {root}/opt/write4rights/$colour/fails-web ]""",
    "python3": """
        [ "$2" = venv ] || exec {python} "$@"
        mkdir -p "$3/bin"
        cp {root}/bin/manage "$3/bin/python"
        cp {root}/bin/true "$3/bin/pip\"""",
    # manage.py of a release whose code has a file `fails-COMMAND` fails with that command.
    "manage": """
        release=$(dirname "$0")/../..
        echo "$@" >> {root}/commands
        case $2 in
            collectstatic) mkdir -p "$release/var/static" ;;
            restore) cat "$4" || exit ;;
        esac
        [ ! -e "$release/fails-$2" ]""",
}
NOTHING = "apt-get chown createdb pg_ctlcluster sleep systemd-tmpfiles true"


class Machine:
    def __init__(self, root: Path) -> None:
        self.root, self.code, self.base = root, root / "code", root / "opt/write4rights"
        self.env = root / "etc/write4rights/env"
        folders = ["etc/nginx", "etc/systemd/system", "etc/tmpfiles.d", "run/systemd/system"]
        for name in ["bin", "running", "usr/local/bin", *folders]:
            (root / name).mkdir(parents=True)
        (root / "etc/nginx/nginx.conf").write_text("# as Debian has it\n")
        for name, script in (dict.fromkeys(NOTHING.split(), "exit 0") | PROGRAMS).items():
            script = script.replace("{root}", str(root)).replace("{python}", sys.executable)
            (root / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
            (root / "bin" / name).chmod(0o755)
        for name in [".env.example", "write4rights/__init__.py", "write4rights/make_env.py"]:
            (self.code / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(settings.BASE_DIR / name, self.code / name)
        for name in ["var", "locale"]:
            (self.code / name).mkdir()
        shutil.copytree(settings.BASE_DIR / "deploy", self.code / "deploy")
        for path in (self.code / "deploy").rglob("*"):
            if path.is_file() and path.read_text().startswith(("#!", "# What deploy/")):
                folders_of_it = r"(?<![\w.}\]])/(opt|etc|srv|run|var|usr/local)/"
                path.write_text(re.sub(folders_of_it, rf"{root}/\1/", path.read_text()))

    def run(
        self, script: str, *arguments: str, typed: str = "", folder: Path | None = None
    ) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.code / "deploy" / script, *arguments],
            cwd=folder,
            env={"PATH": f"{self.root}/bin:{os.environ['PATH']}"},
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def install(self, *arguments: str, typed="", version="0-installed"):
        self.version(version)
        return self.run("install", "--env", "-", *arguments, typed=typed)

    def version(self, name: str, fails: str = "") -> None:
        """The next release has this name, and the part of it that is named fails."""
        (self.code / "version").write_text(name)
        for path in self.code.glob("fails-*"):
            path.unlink()
        if fails:
            (self.code / f"fails-{fails}").touch()

    def readers_get(self) -> str:
        """The release that nginx turns them to; and no other runs."""
        colour = re.findall(r"web/(\w)\.sock", (self.root / "turned-to").read_text())[0]
        running = [path.name for path in (self.root / "running").glob("write4rights-web@*")]
        assert running == [f"write4rights-web@{colour}"]
        assert (self.base / "colour").read_text().strip() == colour
        release = (self.base / colour).readlink()
        assert (self.base / "current").readlink() == release
        return release.name.split("-", 2)[2]
