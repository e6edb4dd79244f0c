"""What a process of this machine has used: time on a processor, and memory."""

import os
import time
from pathlib import Path

MEGABYTE = 2**20


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its threads: utime + stime of /proc, but exact.

    Linux has a processor clock for every process; its number is made from the process id.
    """
    return time.clock_gettime((~pid << 3) | 2)


def memory(pid: int) -> float:
    """Resident memory in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


def children(pid: int) -> list[int]:
    """The processes that it has started and that still run."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def command(pid: int) -> str:
    """How it was started; empty if there is no such process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return ""
