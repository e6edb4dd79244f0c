"""What the page of a letter or message shows: one panel a state, and none without its template."""

from datetime import date

import pytest
from django.template.loader import get_template

from letters.models import Letter, LetterState

COUNTED, INVALID = {"counted_on": date(2026, 11, 2)}, {"invalid_on": date(2026, 11, 3)}


@pytest.mark.parametrize("folder", ["letters", "messages"])
@pytest.mark.parametrize("needs_review", [False, True])
@pytest.mark.parametrize("more", [{}, COUNTED, INVALID, COUNTED | INVALID])
@pytest.mark.parametrize("state", LetterState.values)
def test_every_letter_has_a_panel_on_its_page(state, more, needs_review, folder):
    letter = Letter(state=state, needs_review=needs_review, **more)

    assert get_template(f"letters/{folder}/state/_{letter.page_state}.html")


@pytest.mark.parametrize(
    ("fields", "page_state"),
    [
        ({"state": LetterState.DRAFTING}, "open"),
        ({"state": LetterState.READY, "needs_review": True}, "open"),
        ({"state": LetterState.POSTED, "needs_review": True}, "in_review"),
        ({"state": LetterState.POSTED} | COUNTED, "counted"),
        ({"state": LetterState.WITHDRAWN, "needs_review": True}, "withdrawn"),
        ({"state": LetterState.REJECTED}, "rejected"),
        ({"state": LetterState.CHANGE_ASKED} | COUNTED, "asked"),
        ({"state": LetterState.WITHDRAWN} | INVALID, "invalid"),
    ],
)
def test_page_says_first_what_matters_most(fields, page_state):
    assert Letter(**fields).page_state == page_state
