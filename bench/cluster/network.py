"""Hosts of their own on one machine: network namespaces, each with one line to a bridge.

Their addresses exist only there: the script that calls this has a network namespace of its own (and
of mounts and processes: bench/cluster/__main__.py), so no line leads to the machine's own network,
and the kernel takes all of it away when the script ends, however it ends.
"""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

NETWORK = "10.77.0"
BRIDGE = "hosts"


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def make_bridge() -> None:
    """Between all hosts; the one who breaks and mends them has an address there, too."""
    ip("link", "set", "lo", "up")
    ip("link", "add", BRIDGE, "type", "bridge")
    ip("address", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
    ip("link", "set", BRIDGE, "up")


class Host:
    def __init__(self, name: str, number: int, log: Path) -> None:
        self.name, self.address, self.log = name, f"{NETWORK}.{number}", log
        ip("netns", "add", name)
        ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("link", "set", name, "master", BRIDGE, "up")
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "address", "add", f"{self.address}/24", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")

    @property
    def there(self) -> tuple[str, ...]:
        """What a command begins with to run on this host."""
        return ("ip", "netns", "exec", self.name)

    def start(self, *command: str, environment: dict | None = None, **more) -> subprocess.Popen:
        return subprocess.Popen(
            [*self.there, *command],
            env={**os.environ, **(environment or {})},
            **{"stdout": self.log.open("ab"), "stderr": self.log.open("ab")} | more,
        )

    def kill(self) -> None:
        """Every process at once, none in an orderly way."""
        pids = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True)
        for pid in pids.stdout.split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    def cut_off(self) -> None:
        """Nothing comes or goes: who waits for an answer is told nothing, either."""
        ip("link", "set", self.name, "down")

    def connect(self) -> None:
        ip("link", "set", self.name, "up")
