"""What the files tell of people of earlier years, of whom nothing more is asked."""

import tomllib

from cases.content_files.importing import CONTENT
from cases.models import OutcomeKind

FILES = {
    path.stem: tomllib.loads(path.read_text())
    for path in sorted(CONTENT.glob("[0-9]*/*.toml"))
    if path.stem not in {"edition", "rules"}
}
EARLIER = {slug: case for slug, case in FILES.items() if case["stage"] == "closed"}
WITH_CONDITIONS = {OutcomeKind.CONDITIONALLY_RELEASED, OutcomeKind.RELEASED_INTO_EXILE}


def newest(case: dict) -> str:
    return max(outcome.get("date", "") for outcome in case["outcomes"])


def test_earlier_case_says_as_of_when_it_is_told_and_when_staff_look_again():
    assert [
        slug
        for slug, case in EARLIER.items()
        if not newest(case)[:7] <= case["facts_as_of"] < case["review_by"]
    ] == []


def test_every_line_of_an_earlier_case_has_its_source_on_the_page():
    missing = {
        slug: {line["source_url"] for line in [*case["outcomes"], *case.get("milestones", [])]}
        - {source["url"] for source in case["sources"]}
        for slug, case in EARLIER.items()
    }

    assert {slug: urls for slug, urls in missing.items() if urls} == {}


def test_bail_and_exile_are_conditions():
    assert [
        (slug, outcome["headline"])
        for slug, case in FILES.items()
        for outcome in case["outcomes"]
        if outcome["kind"] in WITH_CONDITIONS and not outcome.get("conditional")
    ] == []
