"""Case sheets and social cards: rendered once for each version and kept on disk.

In Django's file cache `rendered` (settings.CACHES), which bounds its number of files; nobody serves
from its folder, so a case that may not be read about is not found through it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

from django.core.cache import caches

from cases.printing.rendering import TEMPLATES, turn

KEPT_FOR = (
    30 * 24 * 3600
)  # seconds; a sheet says on which day it was made, so a new one comes daily


def rendered_once(name: str, said: Mapping[str, Any], render: Callable[[], bytes]) -> bytes:
    """What `render` made the last time that everything `said` was the same, or makes now.

    `said` is plain data, and must hold everything that is seen in the result; the templates and
    Typst are added here. Raises rendering.Busy.
    """
    written = json.dumps([name, said, _templates()], sort_keys=True, default=str)
    key = f"{name}:{hashlib.sha256(written.encode()).hexdigest()}"
    found = caches["rendered"].get(key)
    if found is None:
        with turn():
            found = render()
        caches["rendered"].set(key, found, KEPT_FOR)
    return found


@cache
def _templates() -> str:
    state = hashlib.sha256(version("typst").encode())
    for path in sorted(TEMPLATES.rglob("*.*")):
        state.update(path.name.encode() + path.read_bytes())
    return state.hexdigest()
