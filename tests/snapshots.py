"""What a page says to somebody who listens to it, kept in tests/snapshots/ to be read and compared.

`make snapshots` writes the files anew: look at what changed (`git diff tests/snapshots`) as at any
other text of the site.
"""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path

FOLDER = Path(__file__).with_name("snapshots")
# What is made by chance or by this run.
ADDRESS = re.compile(r"http(:|%3A)(//|%2F%2F)localhost(:|%3A)\d+")
KEY = re.compile(r"(?<=/|=)[\w%:-]{20,}=*(?=[/?#\s\"]|$)", re.ASCII)
AGAIN = re.compile(r"[?]again=[\w-]+")
PICTURE = re.compile(r"(?<=/media/portraits/)\d+/[\w-]+")
# A row is numbered by what other tests have made before.
ROW = re.compile(r"\b(letter|message|pledge|signature|post|follow)([- =])\d+\b")


def without_chance(text: str) -> str:
    text = AGAIN.sub("", PICTURE.sub("PICTURE", ADDRESS.sub("", text)))
    return ROW.sub(r"\1\2N", KEY.sub("KEY", text))


class Snapshots:
    """Those of one test, in one file."""

    def __init__(self, name: str) -> None:
        self.path = FOLDER / f"{name}.yaml"
        self._pages: list[str] = []

    def add(self, address: str, heading: str, tree: str) -> None:
        self._pages.append(f"# {without_chance(address)} · {heading}\n{without_chance(tree)}\n")

    def differences(self) -> list[str]:
        """How the pages differ from those that are kept; none if they are to be kept now."""
        if not self._pages:
            return []
        now = "\n".join(self._pages)
        if os.environ.get("WRITE_SNAPSHOTS"):
            FOLDER.mkdir(exist_ok=True)
            self.path.write_text(now)
            return []
        kept = self.path.read_text() if self.path.exists() else ""
        lines = difflib.unified_diff(
            kept.splitlines(), now.splitlines(), self.path.name, "now", lineterm=""
        )
        return list(lines)
