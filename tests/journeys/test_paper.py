"""What the browser itself prints of a letter's own page: somebody presses Ctrl+P there."""

import pytest

from tests.factories import make_case_to_write_for, make_letter, make_message
from tests.journeys import pages_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def printed(visitor, path: str) -> list[str]:
    """With the browser's own head and foot, as it prints unless told otherwise."""
    visitor.opens(path)
    return pages_of(visitor.page.pdf(prefer_css_page_size=True, display_header_footer=True))


def test_letter_is_printed_alone(arrive, javascript):
    case = make_case_to_write_for(display_name="Ana Test")
    letter = make_letter(
        case, route="post", body="Please do not build there.\n\nThink of the herds."
    )

    [paper] = printed(arrive(javascript), f"/letters/{letter.key}/")

    start, _, words = paper.partition("The pastures")
    assert "1 Invented Street" in start
    assert words.split() == [
        "Dear",
        "Minister,",
        "Please",
        "do",
        "not",
        "build",
        "there.",
        "Think",
        "of",
        "the",
        "herds.",
        "Yours",
        "faithfully,",
        "Sam",
        "Tester",
    ]
    for given_away in ["Write for Rights", "Ana Test", letter.key, "http", "Choose another way"]:
        assert given_away not in paper


@pytest.mark.parametrize("form", ["card", "letter"])
def test_message_is_printed_alone(arrive, javascript, form):
    message = make_message(form=form, route="post")

    [paper] = printed(arrive(javascript), f"/letters/{message.key}/")

    assert "You are not forgotten. We think of you and of the herds." in paper
    assert "Sam Tester" in paper
    assert "2 Invented Street" in paper
    for given_away in ["Write for Rights", "Your message", message.key, "http"]:
        assert given_away not in paper


def test_name_never_stands_alone_on_a_printed_page(arrive):
    maren = arrive()
    case = make_case_to_write_for()
    lengths = []

    for paragraphs in range(8, 20):
        body = "\n\n".join(["We ask you once more not to build on these pastures."] * paragraphs)
        pages = printed(maren, f"/letters/{make_letter(case, route='post', body=body).key}/")
        lengths.append(len(pages))
        assert pages[-1].endswith("pastures. Yours faithfully, Sam Tester")

    assert {1, 2} <= set(lengths)
