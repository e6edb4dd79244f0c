"""What is said in words of how long something is kept is what is done."""

from pathlib import Path

import pytest
from django.conf import settings

from letters.actions import take_all
from letters.forms.take_all import TakeAllSignForm
from letters.mail import links
from letters.privacy import consent, limits

TEMPLATES = Path(settings.BASE_DIR) / "templates"
IN_WORDS = {2: "two days", 730: "two years"}


def in_words(limit) -> str:
    return IN_WORDS.get(limit.days, f"{limit.days} days")


@pytest.mark.parametrize(
    ("template", "limit"),
    [
        ("letters/mailed_links/link_over.html", links.CONFIRM_WITHIN),
        ("letters/mine/ask.html", limits.KEEP_DATA_LINKS_FOR),
        ("letters/mine/mail_sent.html", limits.KEEP_DATA_LINKS_FOR),
        ("admin/letters/retentiondecision/decide.html", limits.KEEP_AT_MOST_FOR),
        ("cases/pages/writing_safely.html", take_all.COOKIE_AGE),
    ],
)
def test_a_page_names_the_limit(template, limit):
    assert in_words(limit) in " ".join((TEMPLATES / template).read_text().lower().split())


@pytest.mark.parametrize(
    ("purpose", "promised"),
    [
        ("letter", [limits.KEEP_SENT_LETTERS_FOR, limits.KEEP_AT_MOST_FOR]),
        ("signature", [limits.KEEP_AT_MOST_FOR]),
        ("pledge", [limits.KEEP_PLEDGES_FOR]),
    ],
)
def test_what_people_agree_to_names_the_limits(purpose, promised):
    """Another limit is another text, and another text is another VERSION."""
    assert consent.VERSION == "2026-11"
    for limit in promised:
        assert in_words(limit) in str(consent.PURPOSES[purpose])


def test_the_box_that_remembers_names_how_long():
    assert in_words(take_all.COOKIE_AGE) in str(TakeAllSignForm.base_fields["keep"].label)
