"""What writers are told of a case's rules: answers one by one, what is not known in one line."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from cases.models import Case, SafetyRule
from letters.text import checks
from tests.factories import make_full_case

pytestmark = pytest.mark.django_db

LEFT_OUT = "Leave these out too, as we know nothing about them: photographs, religion."


def pdf_text(response) -> str:
    return " ".join(
        " ".join(one.extract_text().split()) for one in PdfReader(BytesIO(response.content)).pages
    )


def page_text(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def case() -> Case:
    """Of letters and of messages alike, two topics are not known and one does not arise."""
    case = make_full_case()
    rules = SafetyRule.objects.filter(case=case)
    rules.filter(topic__in=["religion", "photos"]).update(answer="unknown", why="Not told here.")
    rules.filter(topic="charges").update(answer="n/a", why="Nobody is charged.", words=["guilty"])
    rules.filter(topic="language").update(answer="yes", why="Any language.")
    rules.filter(topic="politics").update(why="Leave politics aside.")
    return case


@pytest.mark.parametrize(
    ("place", "read"),
    [
        ("", page_text),
        ("write/", page_text),
        ("solidarity/", page_text),
        ("sheet.pdf", pdf_text),
        ("sheet.pdf?size=large", pdf_text),
    ],
)
def test_what_is_not_known_is_one_line_and_what_does_not_arise_is_not_told(
    client, case, place, read
):
    shown = read(client.get(f"/cases/{case.slug}/{place}"))

    assert LEFT_OUT in shown
    assert "Any language." in shown
    assert "Leave politics aside." in shown
    for not_told in ["Not told here.", "Nobody is charged.", "The charges"]:
        assert not_told not in shown


def test_line_of_what_is_not_known_is_gone_once_all_is_answered(client, case):
    SafetyRule.objects.filter(answer="unknown").update(answer="no")

    assert "Leave these out too" not in page_text(client.get(f"/cases/{case.slug}/write/"))


def test_words_of_a_topic_that_is_not_told_are_pointed_out_all_the_same(case):
    problems = checks.problems("He is guilty.", case)

    assert "“guilty” is better left out." in [problem.sentence for problem in problems]
