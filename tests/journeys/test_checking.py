"""A text is looked at while it is written, in a real browser: with JavaScript, and without."""

import pytest
from playwright.sync_api import expect

from cases.models import SafetyRule, WordList
from letters.models import Letter
from tests.factories import make_case_to_write_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SELECTED = """() => {
    const { value, selectionStart, selectionEnd } = document.activeElement;
    return value.slice(selectionStart, selectionEnd);
}"""


def test_a_writer_is_told_what_to_look_at_again_and_what_can_not_go(arrive, javascript):
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    SafetyRule.objects.create(case=case, topic="religion", words=["pray*"], why="A test says so.")
    WordList.objects.create(kind="threat", language="en", words=["we will find you"], stops=True)
    maren = arrive(javascript)

    maren.opens("/cases/ana-test/write/?start=model")
    maren.answers("Do you, or people close to you, live in Norway", "No")
    maren.fills(
        "Your letter", "🕯 I spray. I pray, stop building on the pastures. We will find you."
    )
    maren.presses("Check my text")
    maren.sees("3 things to look at again", "“pray” is better left out. A test says so.")
    maren.sees("We cannot print these characters: 🕯")
    maren.does_not_see("There is a problem")
    assert not Letter.objects.exists()

    if javascript:
        maren.page.get_by_role("button", name="Show me where “pray”").click()
        assert maren.page.evaluate(SELECTED) == "pray"
        maren.types("hope")
        maren.sees("2 things to look at again")
        expect(maren.page.locator(".check")).not_to_contain_text("A test says so.")

    maren.presses("Next: you and your name")
    maren.sees("There is a problem", "“We will find you” reads as a threat.")
    assert not Letter.objects.exists()

    maren.fills(
        "Your letter", "Please stop building on the pastures. I am a teacher, and I thank you."
    )
    maren.presses("Next: you and your name")
    maren.field("Your name").press("Enter")
    maren.is_at("Written: your letter for Ana Test")
    maren.does_not_see("Before it leaves")


def test_the_list_of_errors_takes_nobody_from_the_field_they_are_at(arrive):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    maren = arrive()

    maren.opens("/cases/ana-test/write/")
    with maren.on_a_slow_line("errors.js"):
        maren.presses("Next: you and your name")
        maren.page.get_by_label("Your letter").fill("Please stop")

    maren.sees("There is a problem")
    maren.has_focus_on("id_body")


def test_a_new_list_of_what_to_look_at_leaves_the_focus_where_it_was(arrive):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    WordList.objects.create(kind="threat", language="en", words=["we will find you"], stops=True)
    olu = arrive()

    olu.opens("/cases/ana-test/write/")
    olu.fills("Your letter", "Stop it. We will find you.")
    button = olu.page.get_by_role("button", name="Show me where “We will find you”")
    expect(button).to_be_visible()
    olu.fills("Subject", "The pastures 🕯")
    button.focus()
    olu.sees("We cannot print these characters: 🕯")

    expect(button).to_be_focused()
