"""Messages of support, from the page of a case to the page where others read them."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from cases.models import SolidarityPhrase
from letters.models import Letter, LetterPicture
from tests.factories import make_case_to_write_for, make_solidarity_action
from tests.journeys import pages_of
from tests.staff import make_staff

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def case():
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    make_solidarity_action(case, recipient="Ana Test", takes_drawings=True, shows_messages=True)
    SolidarityPhrase.objects.create(case=case, language="nb", text="Du er ikke glemt.")
    return case


def drawing() -> dict:
    data = io.BytesIO()
    Image.new("RGB", (600, 400), "gold").save(data, "PNG")
    return {"name": "sun.png", "mimeType": "image/png", "buffer": data.getvalue()}


def writes_a_message(visitor) -> None:
    visitor.opens("/cases/ana-test/")
    visitor.presses("Send words of support")
    visitor.sees("Ana Test, and perhaps somebody who opens the post first", "Step 1 of 3")
    visitor.unfolds("Sentences to start with")
    visitor.ticks("Du er ikke glemt.")
    if visitor.control("Begin the message with these").is_visible():  # without JavaScript
        visitor.presses("Begin the message with these")
    expect(visitor.field("Your message")).to_have_value("Du er ikke glemt.")
    expect(visitor.field("The language you write in")).to_have_value("nb")
    visitor.answers("Do you, or people close to you, live in Norway", "No")
    visitor.presses("Next: you and your name")
    visitor.sees("Step 2 of 3")
    visitor.answers("How should your name appear under the message?", "initials")


@pytest.mark.supporter
def test_a_message_with_a_drawing_is_handed_in_approved_and_shown(arrive, javascript, case):
    maren, mia, reader = arrive(javascript), arrive(javascript), arrive(javascript)

    writes_a_message(maren)
    maren.ticks("My message may be shown on this site")
    maren.unfolds("Add your e-mail or country")
    maren.fills("E-mail", "maren at example")
    maren.presses("Add a drawing")
    maren.sees("There is a problem")
    maren.fills("E-mail", "")
    maren.fills("Your name", "Maren Testdal")
    maren.presses("Add a drawing")
    maren.sees("Tick this, or leave your name")
    maren.ticks("I agree that you keep this")
    maren.presses("Add a drawing")
    maren.is_at("A drawing with your message")
    maren.field("A drawing").set_input_files(drawing())
    maren.presses("See it as it will be")
    maren.is_at("Written: your message for Ana Test")
    expect(maren.page.get_by_alt_text("Your picture")).to_be_visible()
    assert LetterPicture.objects.count() == 1
    maren.presses("Hand it to the campaign")
    maren.sees("Handed to us: your message for", "It is the first action that counts for Ana Test.")
    reader.opens("/cases/ana-test/")
    reader.sees("1 action so far")
    reader.opens("/cases/ana-test/messages/")
    reader.sees("None is shown yet.")

    mia.signs_in(make_staff("moderator"))
    message = Letter.objects.get()
    mia.opens("/admin/letters/letter/desk/")
    mia.presses("Read the first that is free")
    mia.sees("Du er ikke glemt.", "message of support, card", "yes, its writer agrees")
    mia.presses("Approve")
    mia.opens(f"/admin/letters/letter/{message.pk}/change/")
    mia.presses("Show it on the site")
    mia.sees(f"Message {message.pk} is shown on the site.")

    reader.page.reload()
    reader.sees("Du er ikke glemt.", "M. T.")
    reader.does_not_see("Testdal")
    assert reader.context.cookies() == []
    maren.page.reload()
    maren.sees("It is among the messages that readers of this site can read.")
    maren.presses("Withdraw the message")
    maren.sees("Withdrawn: your message for")
    reader.page.reload()
    reader.sees("None is shown yet.")


@pytest.mark.phone
def test_a_card_is_printed_and_posted(arrive, javascript, case):
    tore = arrive(javascript)

    writes_a_message(tore)
    tore.fills("Your name", "Tore Testdal")
    tore.ticks("I agree that you keep this")
    tore.presses("See it as it will be")
    tore.presses("Post it myself")
    front, back = pages_of(tore.downloads("Card A6 (PDF)"))
    assert front == ""
    assert back.startswith("Du er ikke glemt. T. T. Test Person c/o Test House")
    assert len(pages_of(tore.downloads("Card A5 (PDF)"))) == 2

    tore.presses("I have posted it")
    tore.sees("Posted: your message for", "It is the first action that counts for Ana Test.")
    tore.presses("I have not sent it after all")
    tore.sees("Ready to post: your message for")
