"""Telling others of a case, and saying so: with JavaScript, and without."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases.models import SocialPost
from letters.models import Post
from tests.factories import make_case_to_write_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

# What the device has of its own, for a browser on a machine that has none.
DEVICE = """
    navigator.share = async (shared) => { window.shared = shared; };
    Object.defineProperty(navigator, "clipboard", {value: {writeText: async (text) => {
        window.copied = text;
    }}});
"""


@pytest.mark.supporter
def test_a_supporter_tells_others_says_so_and_takes_it_back(arrive, site, javascript):
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    SocialPost.objects.create(case=case, text="Keep the pastures! #Tests")
    text = f"Keep the pastures! #Tests\n{site}/cases/ana-test/"
    noa = arrive(javascript)
    if javascript:
        noa.context.add_init_script(DEVICE)

    noa.opens("/cases/ana-test/")
    noa.presses("Tell others")
    noa.is_at("Tell others about Ana Test")
    noa.sees("Keep the pastures! #Tests")
    assert noa.context.cookies() == []
    if javascript:
        noa.page.clock.pause_at(timezone.now())  # it is said for two seconds
        noa.presses("Copy the text")
        noa.sees("Copied")
        noa.page.clock.resume()
        noa.presses("Share from this device")
        assert noa.page.evaluate("[copied, shared.text]") == [text, text]
    else:
        noa.does_not_see("Copy the text", "Share from this device")

    noa.presses("Mastodon")
    noa.fills("Your Mastodon server", "nobody")
    noa.presses("Make the link")
    noa.sees("This is not the name of a server.")
    noa.fills("Your Mastodon server", "@noa@social.example.org")
    noa.presses("Make the link")
    link = noa.control("Open it on social.example.org").get_attribute("href")
    assert link.startswith("https://social.example.org/share?text=Keep+the+pastures")

    noa.presses("I posted it")
    noa.presses("Count my post")
    noa.sees("There is a problem", "Choose where you posted.")
    noa.answers("Where did you post?", "Mastodon")
    noa.presses("Count my post")
    noa.sees("It is the first action that counts for Ana Test.")
    mine = noa.page.url
    noa.opens("/cases/ana-test/")
    noa.sees("1 action so far")

    noa.opens(mine)
    noa.presses("I have not posted it after all")
    noa.sees("It is not counted.")
    noa.opens("/cases/ana-test/")
    noa.does_not_see("1 action so far")
    noa.opens(mine)
    noa.presses("I did post it")
    noa.is_at("Thank you: your post counts")
    assert Post.objects.get().counts


@pytest.mark.phone
def test_another_site_shows_the_card_of_a_case_until_it_is_frozen(arrive, site):
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    maker = arrive()
    maker.opens("/cases/ana-test/share/")
    code = maker.page.locator("#embed").inner_text()

    def frame_on_another_site():
        maker.page.route(
            "**/elsewhere",
            lambda route: route.fulfill(
                body=f"<!doctype html><title>Another site</title>{code}", content_type="text/html"
            ),
        )
        maker.opens("/elsewhere")
        return maker.page.frame_locator("iframe")

    frame = frame_on_another_site()
    frame.get_by_role("heading", name="Ana Test").wait_for()
    # Its style sheet arrives, which may be after its words.
    expect(frame.locator("body")).to_have_css("background-color", "rgb(248, 245, 237)")

    case.freeze, case.freeze_reason = "hidden", "A test"
    case.save()
    frame_on_another_site().get_by_text("Nothing is shown here at the moment.").wait_for()
