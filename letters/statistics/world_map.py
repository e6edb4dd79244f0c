"""The countries that the map of the world can show: static/img/world.svg, made once.

A page draws all land by one reference to the file and each country that has a number by another,
so a reader loads the shapes once, whatever page needs them.
"""

import re
from functools import cache
from typing import Literal

from django.conf import settings

COUNTRY = re.compile(r'<(path|circle) id="([A-Z]{2})"')


@cache
def countries() -> dict[str, Literal["path", "circle"]]:
    """The element of each country by its code: a shape, or a dot where that would be too small."""
    drawing = (settings.BASE_DIR / "static/img/world.svg").read_text()
    return {code: element for element, code in COUNTRY.findall(drawing)}
