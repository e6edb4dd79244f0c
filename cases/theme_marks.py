"""The drawings of static/img/themes/: what a case without a picture of its own is shown with.

Each is named for the slug of its theme. A theme that has no drawing is shown with the letter.
"""

from collections.abc import Iterable

# A case is shown with the first of these that it has: what is rare tells more than what is common.
DRAWN = [
    "death-penalty",
    "disappearance",
    "lgbti-rights",
    "childrens-rights",
    "displacement-and-migration",
    "indigenous-rights",
    "land-rights",
    "climate-justice",
    "environment",
    "right-to-health-water-food",
    "press-freedom",
    "torture",
    "womens-rights",
    "lawyers-and-defenders",
    "protest",
    "freedom-of-expression",
    "prison-conditions",
    "accountability",
    "discrimination",
    "unfair-trial",
    "arbitrary-detention",
]
OTHER = "letter"


def path(themes: Iterable[str]) -> str:
    """Where the drawing for a case with these themes lies among the static files."""
    slugs = set(themes)
    name = next((slug for slug in DRAWN if slug in slugs), OTHER)
    return f"img/themes/{name}.svg"
