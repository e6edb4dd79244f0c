"""Whole stories, one person each, in a real browser: with JavaScript, and without.

Whoever is named here is plainly invented.
"""

import base64
import hmac
import re
import struct
import time
from contextlib import ExitStack

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from playwright.sync_api import expect

from cases.models import Case, Stage
from letters.models import Letter, LetterState, OutgoingMail, Pledge
from letters.privacy.antispam import FASTEST
from letters.privacy.limits import KEEP_ON_DEVICE_FOR
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_consent,
    make_edition,
    make_embassy,
    make_full_case,
    make_letter,
    make_model_letter,
    make_outcome,
    make_portrait,
    make_target,
)
from tests.journeys import pages_of, sign_in, sign_out
from tests.served import Served
from tests.staff import PASSWORD, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# In place of the device's own: what was copied is `copied`.
CLIPBOARD = """
    Object.defineProperty(navigator, "clipboard", {value: {writeText: async (text) => {
        window.copied = text;
    }}});
"""


@pytest.mark.supporter
def test_a_reader_promises_writes_and_posts_a_letter(arrive, javascript):
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    make_embassy("NO", "GB", city="London")
    maren = arrive(javascript)

    maren.opens("/")
    maren.sees("No letter has been written here yet.")
    maren.presses("Ana Test")
    maren.sees("Be the first to write for Ana Test")
    assert maren.context.cookies() == []

    maren.presses("Pledge letters")
    maren.fills("How many letters?", "2")
    maren.presses("Make the pledge")
    maren.is_at("Your pledge: 2 letters for Ana Test")
    promise = maren.page.url

    maren.presses("Write for Ana Test")
    maren.answers("Do you, or people close to you, live in Norway", "No")
    maren.presses("Next: you and your name")
    maren.answers("How should your name appear under the letter?", "initials")
    maren.fills("Your name", "Maren Testdal")
    maren.ticks("I agree that you keep this")
    if javascript:
        maren.sees("Your name will appear as: M. T.")
    maren.unfolds("Add your e-mail, town or country")
    maren.fills("Town", "Testville")
    maren.presses("See it as a letter")
    maren.is_at("Written: your letter for Ana Test")
    letter = maren.page.url

    maren.picks("The country you post it from", "United Kingdom")
    maren.presses("Show what I can do from there")
    maren.presses("Post it to the embassy")
    [paper] = pages_of(maren.downloads("A4 (PDF)"))
    assert "c/o Embassy of Tests" in paper
    assert "1 Invented Street" not in paper
    maren.presses("Choose another way")

    maren.presses("Post it myself")
    [paper] = pages_of(maren.downloads("A4 (PDF)"))
    assert "I write to you about the pastures. Please do not build on them." in paper
    assert "1 Invented Street" in paper
    assert "M. T." in paper
    assert "Testdal" not in paper

    maren.presses("I have posted it")
    maren.sees("It is the first action that counts for Ana Test.")
    maren.presses("I have not sent it after all")
    maren.sees("Ready to post: your letter for")
    maren.opens("/cases/ana-test/")
    maren.sees("Be the first to write for Ana Test")

    maren.opens(letter)
    maren.presses("I have posted it")
    maren.sees("It is the first action that counts for Ana Test.")
    maren.opens("/cases/ana-test/")
    maren.sees("1 action so far")
    maren.opens("/cases/")
    maren.sees("1 action so far")
    maren.opens("/")
    maren.sees("1 action has been counted so far.")

    maren.opens(promise)
    maren.sees("1 is on its way", "1 is still to be written")
    assert Letter.objects.get().pledge == Pledge.objects.get(case=case)


@pytest.mark.phone
def test_a_letter_is_opened_in_ones_own_mail_and_counts_once_it_is_sent(arrive, javascript):
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    case.targets.update(email="minister@example.org", checked_on="2025-11-01")
    letter = make_letter(case, subject="The pastures")
    kim = arrive(javascript)
    if javascript:
        kim.context.add_init_script(CLIPBOARD)

    kim.opens(letter.get_absolute_url())
    kim.presses("E-mail it myself")
    kim.sees("minister@example.org", "gets the address and the whole letter at once")
    for name, host in [
        ("My mail program", "mailto:minister@example.org?subject=The%20pastures&body=Dear"),
        ("Gmail", "https://mail.google.com/mail/?view=cm"),
        ("Outlook.com, Hotmail", "https://outlook.live.com/mail/0/deeplink/compose?to="),
        ("Yahoo Mail", "https://compose.mail.yahoo.com/?to="),
    ]:
        link = kim.page.get_by_role("link", name=name, exact=True)
        expect(link).to_have_attribute("href", re.compile(re.escape(host)))
    if javascript:
        kim.presses("Copy subject and letter")
        kim.sees("Copied")
        copied = kim.page.evaluate("copied")
        assert copied.startswith("The pastures\n\nDear Minister,")
    assert Letter.objects.get().counted_on is None

    kim.presses("I have sent it")
    kim.sees("Counted")
    assert Letter.objects.get().state == LetterState.POSTED


@pytest.mark.supporter
def test_mistakes_are_named_beside_their_fields_and_nothing_typed_is_lost(arrive, javascript):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive(javascript)

    tore.opens("/cases/ana-test/write/?start=blank")
    tore.fills("Subject", "My pastures")
    tore.presses("Next: you and your name")
    tore.sees("There is a problem", "The sheet is empty.", "Answer yes or no.")
    assert tore.page.title().startswith("Error: Step 1 of 2")
    expect(tore.field("Subject")).to_have_value("My pastures")
    follow_the_list_of_errors(tore, 2, javascript)

    tore.fills("Your letter", "Please think of the herds before you build.")
    tore.answers("Do you, or people close to you", "No")
    tore.presses("Next: you and your name")
    tore.fills("Your name", "Tore Testdal")
    tore.unfolds("Add your e-mail, town or country")
    tore.fills("E-mail", "tore at example")
    tore.presses("See it as a letter")
    tore.sees("There is a problem")
    assert tore.page.title().startswith("Error: Step 2 of 2")
    expect(tore.field("Your name")).to_have_value("Tore Testdal")
    expect(tore.field("E-mail")).to_have_value("tore at example")
    follow_the_list_of_errors(tore, 2, javascript)
    assert not Letter.objects.exists()

    tore.presses("Back to the letter")
    expect(tore.field("Your letter")).to_have_value("Please think of the herds before you build.")
    tore.presses("Next: you and your name")
    expect(tore.field("Your name")).to_have_value("Tore Testdal")


def follow_the_list_of_errors(visitor, number: int, javascript: bool) -> None:
    if javascript:
        visitor.has_focus_on("error-summary")
    links = visitor.page.locator("#error-summary").get_by_role("link")
    expect(links).to_have_count(number)
    for link in links.all():
        link.click()
        visitor.has_focus_on(link.get_attribute("href").removeprefix("#"))


@pytest.mark.phone
def test_ties_to_the_country_bring_advice_that_may_be_decided_against(arrive, javascript):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive(javascript)

    tore.opens("/cases/ana-test/write/")
    tore.answers("Do you, or people close to you", "Yes, or I would rather not say")
    tore.sees("Sign with your initials or without a name")
    tore.presses("Next: you and your name")
    tore.sees("Sign with your initials or without a name")
    expect(tore.page.get_by_label("initials")).to_be_checked()
    tore.answers("How should your name appear under the letter?", "full name, as I type it")
    tore.fills("Your name", "Tore Testdal")
    tore.ticks("I agree that you keep this")
    tore.presses("See it as a letter")
    tore.sees("As you have ties to the country, we advise you to choose initials")
    assert not Letter.objects.exists()

    tore.presses("See it as a letter")
    tore.is_at("Written: your letter for Ana Test")
    assert Letter.objects.get().signed_name == "Tore Testdal"


@pytest.mark.phone
def test_a_promise_of_no_letters_is_asked_again(arrive, javascript):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive(javascript)

    tore.opens("/cases/ana-test/pledge/")
    tore.fills("How many letters?", "0")
    tore.fills("E-mail", "tore@")
    tore.presses("Make the pledge")

    tore.sees("There is a problem")
    links = tore.page.locator("#error-summary").get_by_role("link")
    expect(links).to_have_count(3)
    named = [link.get_attribute("href") for link in links.all()]
    assert named == ["#id_number", "#id_email", "#id_consent"]  # as on the page
    expect(tore.field("E-mail")).to_have_value("tore@")
    assert not Pledge.objects.exists()


def begin_a_draft(visitor, words: str) -> None:
    visitor.opens("/cases/ana-test/write/?start=blank")
    visitor.field("Your letter").click()
    visitor.types(words)
    visitor.sees("A draft is kept on this device only.")


def write_a_letter(visitor, body: str = "Please think of the herds before you build.") -> str:
    """From the case page to the private page of a letter; its address."""
    visitor.opens("/cases/ana-test/write/?start=blank")
    visitor.fills("Subject", "The pastures")
    visitor.fills("Your letter", body)
    visitor.answers("Do you, or people close to you", "No")
    visitor.presses("Next: you and your name")
    visitor.answers("How should your name appear under the letter?", "no name")
    visitor.presses("See it as a letter")
    visitor.is_at("Written: your letter for Ana Test")
    return visitor.page.url.partition("#")[0]


@pytest.mark.phone
def test_a_double_click_makes_one_letter(arrive, javascript):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive(javascript)

    tore.opens("/cases/ana-test/write/?start=model")
    tore.answers("Do you, or people close to you", "No")
    tore.presses("Next: you and your name")
    tore.answers("How should your name appear under the letter?", "no name")
    tore.control("See it as a letter").dblclick()
    tore.is_at("Written: your letter for Ana Test")
    tore.page.reload()
    tore.is_at("Written: your letter for Ana Test")

    assert Letter.objects.count() == 1


@pytest.mark.phone
def test_a_letter_whose_answer_was_lost_is_found_again_and_changed(arrive, javascript):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive(javascript)

    tore.opens("/cases/ana-test/write/?start=model")
    tore.answers("Do you, or people close to you", "No")
    tore.presses("Next: you and your name")
    tore.answers("How should your name appear under the letter?", "no name")
    form = tore.page.locator("form[method=post]")
    fields = form.evaluate("form => Object.fromEntries(new FormData(form))")
    place, headers = tore.page.url, {"Referer": tore.page.url}
    # Nobody sees the answer.
    tore.context.request.post(place, form=fields, headers=headers, max_redirects=0)
    assert Letter.objects.get().body.startswith("I write to you about the pastures.")

    tore.presses("Back to the letter")
    tore.is_at("Change your letter for Ana Test")
    tore.fills("Your letter", "Please think of the herders before you build.")
    tore.answers("Do you, or people close to you", "No")  # the answer is not kept
    tore.presses("Next: you and your name")
    tore.presses("Keep the changes")
    tore.is_at("Written: your letter for Ana Test")
    tore.sees("Please think of the herders before you build.")
    assert Letter.objects.get().body == "Please think of the herders before you build."


@pytest.mark.phone
def test_a_letter_posted_in_two_tabs_counts_once(arrive, javascript):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive(javascript)
    letter = write_a_letter(tore)
    tore.presses("Post it myself")
    first_tab = tore.page
    tore.opens_another_tab()
    tore.opens(letter)

    tore.presses("I have posted it")
    tore.sees("It is the first action that counts")
    tore.page = first_tab
    tore.presses("I have posted it")
    tore.sees("It is the first action that counts")
    tore.page.reload()

    tore.opens("/cases/ana-test/")
    tore.sees("1 action so far")


@pytest.mark.phone
def test_the_list_is_filtered_and_searched_with_a_slip(arrive, javascript):
    make_case(display_name="Ingrid Testvík", country="NO")
    make_case(display_name="Rosa Muestra", country="EC")
    make_case(display_name="Luz Muestra", country="EC", stage="draft")
    olu = arrive(javascript)

    olu.opens("/cases/")
    olu.unfolds("Search and filter")
    olu.picks("Country", "Ecuador")
    olu.presses("Show")
    olu.sees("1 case", "Rosa Muestra")
    olu.does_not_see("Ingrid Testvík", "Luz Muestra")

    olu.presses("Clear the filters")
    olu.unfolds("Search and filter")
    olu.fills("Name or word", "ingrd testvik")
    olu.presses("Show")
    olu.sees("1 case", "Ingrid Testvík")
    olu.does_not_see("Rosa Muestra")

    olu.fills("Name or word", "nobody of that name")
    olu.presses("Show")
    olu.sees("Nobody is found under this")
    assert olu.context.cookies() == []


@pytest.mark.phone
def test_an_erased_letter_is_gone_and_its_number_stays(arrive, javascript):
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    sent = make_letter(case, state=LetterState.POSTED, route="post", name="Maren Testdal")
    maren = arrive(javascript)

    maren.opens(sent.get_absolute_url())
    maren.presses("Erase my data")
    maren.is_at("Erase this letter?")
    maren.presses("Erase it for good")
    maren.is_at("It is erased")

    assert maren.opens(sent.get_absolute_url()).status == 404
    maren.opens("/cases/ana-test/")
    maren.sees("1 action so far")
    left = Letter.objects.get()
    assert (left.name, left.body, left.place, left.email, left.key) == ("", "", "", "", "")


@pytest.mark.phone
def test_the_mailed_link_opens_the_letter(arrive, javascript):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    maren = arrive(javascript)

    maren.opens("/cases/ana-test/write/?start=model")
    maren.answers("Do you, or people close to you", "No")
    maren.presses("Next: you and your name")
    maren.fills("Your name", "Maren Testdal")
    maren.ticks("I agree that you keep this")
    maren.unfolds("Add your e-mail, town or country")
    maren.fills("E-mail", "maren@example.org")
    maren.presses("See it as a letter")
    maren.sees("We also mail a link to this page to the address you gave.", "within ten minutes")
    assert OutgoingMail.objects.get().sent_at is None

    call_command("work", once=True)
    [sent] = mail.outbox
    assert sent.to == ["maren@example.org"]
    at_home = arrive(javascript)
    at_home.opens(re.search(r"http\S+", sent.body)[0])
    at_home.is_at("Was this you?")
    at_home.presses("Yes, open it")
    at_home.is_at("Written: your letter for Ana Test")
    at_home.sees("Maren Testdal")


def test_a_moderator_reads_what_is_to_be_delivered(arrive, javascript):
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    moderator = make_staff("moderator", username="moderator")
    maren, tore, mia = arrive(javascript), arrive(javascript), arrive(javascript)

    letter = write_a_letter(maren, "Please leave the pastures to the herds and herders.")
    maren.presses("Hand it to the campaign")
    maren.sees("Handed to us: your letter for", "It is the first action that counts for Ana Test.")
    other = write_a_letter(tore, "You are a fool, and the pastures are not yours.")
    tore.presses("Hand it to the campaign")
    tore.sees("2 actions now count for Ana Test, yours among them.")

    sign_in(mia, moderator)
    mia.presses("2 letters to read")
    approved, refused = Letter.objects.order_by("pk")
    mia.presses("Read the first that is free")
    mia.sees("Please leave the pastures to the herds and herders.")
    mia.presses("Approve")
    mia.sees(f"Letter {approved.pk} is approved.", "You are a fool")
    mia.page.get_by_text("Reject…").click()
    mia.presses("Reject")
    mia.sees("There is a problem", "Choose why.")
    mia.ticks("It insults somebody")
    mia.fills("What would have to change?", "Please take out the first sentence.")
    mia.presses("Reject")
    mia.sees(f"Letter {refused.pk} is rejected.")

    maren.opens(letter)
    maren.sees("Read by us: your letter for Ana Test")
    maren.sees("It is the first action that counts for Ana Test.")
    tore.opens(other)
    tore.sees("We could not pass this letter on", "Please take out the first sentence.")
    tore.presses("Change the letter")
    tore.fills("Your letter", "The pastures belong to the herders. Please ask them first.")
    tore.answers("Do you, or people close to you", "No")
    tore.presses("Next: you and your name")
    tore.presses("Keep the changes")
    tore.sees("The pastures belong to the herders. Please ask them first.")
    tore.presses("Hand it in again")
    tore.sees("2 actions now count for Ana Test, yours among them.")

    mia.opens("/admin/")
    mia.sees("1 letter to read")
    assert list(case.letters.order_by("pk").values_list("state", flat=True)) == [
        LetterState.APPROVED,
        LetterState.SUBMITTED,
    ]


def test_an_editor_completes_publishes_and_tells_what_became_of_a_case(arrive, javascript):
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test", stage="draft")
    make_consent(case)
    make_edition(2026)
    editor = make_staff("editor")
    eva, reader = arrive(javascript), arrive(javascript)
    eva.signs_in(editor)

    eva.opens("/admin/")
    eva.presses("1 draft")
    eva.presses("Ana Test")
    eva.sees(
        "Still missing before this page can be published",
        "Nobody has checked the facts.",
        "It is not answered whether a letter may touch",
    )
    eva.presses("Publish")
    eva.sees("Nobody has checked the facts.")
    assert reader.opens("/cases/ana-test/").status == 404

    eva.fills("Headline", "A fisher whose shore is fenced in")
    eva.fills("Facts checked on", "2025-11-01")
    eva.presses("Save and continue editing")
    eva.sees("Nothing is missing")
    eva.presses("Preview")
    eva.sees("Only staff see this page as it is here.", "A fisher whose shore is fenced in")
    eva.presses("Back to editing")
    eva.presses("Publish")
    eva.sees("Ana Test is published.")
    reader.opens("/cases/ana-test/")
    reader.sees("A fisher whose shore is fenced in", "Be the first to write for Ana Test")

    eva.opens("/admin/cases/outcome/add/")
    eva.picks("Case", "Ana Test (2025)")
    eva.picks("What happened", "protection given")
    eva.fills("Headline", "The shore is open again")
    eva.fills("Date", "2025-11-20")
    eva.presses("Save")
    eva.sees("was added successfully")
    reader.opens("/good-news/")
    reader.sees("The shore is open again", "20 November 2025")
    feed = reader.downloads("Follow by Atom feed")
    assert "The shore is open again" in feed.decode()

    eva.opens(f"/admin/cases/case/{case.pk}/change/")
    eva.presses("Clone to an edition…")
    eva.picks("Into which edition?", "2026")
    eva.presses("Make a draft")
    eva.sees("A draft of Ana Test is in the edition")
    draft = Case.objects.get(edition__year=2026)
    assert (draft.stage, draft.slug) == (Stage.DRAFT, "ana-test-2026")
    assert reader.opens("/cases/ana-test-2026/").status == 404


def test_a_case_is_hidden_in_two_clicks_and_two_people_show_it_again(arrive, javascript):
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    make_consent(case)
    sofia, samir, reader = arrive(javascript), arrive(javascript), arrive(javascript)
    sofia.signs_in(make_staff("safety"))
    samir.signs_in(make_staff("safety"))

    sofia.opens("/admin/cases/outcome/")
    sofia.presses("Freeze a case…")
    sofia.ticks("Ana Test")
    sofia.fills("Why?", "A test asks for it.")
    sofia.presses("Freeze now")
    sofia.sees("Ana Test: hidden")

    reader.opens("/cases/ana-test/")
    reader.is_at("This page is not shown at the moment")
    reader.does_not_see("Ana Test", "pastures", "A test asks for it.")
    assert "Ana" not in reader.page.content()
    reader.opens("/cases/")
    reader.does_not_see("Ana Test")
    assert reader.opens("/cases/ana-test/write/").status == 404

    sofia.opens(f"/admin/cases/case/{case.pk}/change/")
    sofia.presses("Ask to unfreeze")
    sofia.sees("Somebody else has to confirm that Ana Test is unfrozen.")
    expect(sofia.control("Confirm unfreezing")).to_have_count(0)
    reader.opens("/cases/ana-test/")
    reader.is_at("This page is not shown at the moment")

    samir.opens("/admin/")
    samir.presses("1 case whose unfreezing waits for a second person")
    samir.presses("Ana Test")
    samir.presses("Confirm unfreezing")
    samir.sees("Ana Test is no longer frozen.")
    reader.opens("/cases/ana-test/")
    reader.is_at("Ana Test")


@pytest.mark.phone
def test_points_are_put_on_the_sheet(arrive, javascript):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive(javascript)

    tore.opens("/cases/ana-test/write/?start=blank")
    tore.unfolds("Include these points")
    tore.ticks("Nobody asked the herders.")
    tore.ticks("The herds need the land.")
    if javascript:
        tore.sees("Added to the letter.")
    else:
        tore.presses("Begin a new letter with these")
    expected = ["Nobody asked the herders.", "The herds need the land."]
    if not javascript:
        expected.sort(reverse=True)  # in the order of the page, not of ticking
    expect(tore.field("Your letter")).to_have_value("\n\n".join(expected))


@pytest.mark.phone
def test_points_ticked_while_the_page_loads_are_put_on_the_sheet_too(arrive):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive()

    with tore.on_a_slow_line("points.js"):
        tore.page.goto(f"{tore.site}/cases/ana-test/write/?start=points", wait_until="commit")
        tore.page.get_by_label("The herds need the land.").check()

    expect(tore.field("The herds need the land.")).to_be_checked()
    expect(tore.field("Your letter")).to_have_value("The herds need the land.")


@pytest.mark.phone
def test_another_target_ticked_while_the_page_loads_can_be_chosen(arrive):
    case = make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    make_target(case, office="The Office of Tests")
    tore = arrive()

    with tore.on_a_slow_line("targets.js"):
        tore.page.goto(f"{tore.site}/cases/ana-test/write/", wait_until="commit")
        tore.page.locator("summary", has_text="You write to").click()
        tore.page.get_by_label("The Office of Tests").check()
    tore.presses("Write to the one you ticked")

    expect(tore.page.locator(".sheet-address")).to_contain_text("The Office of Tests")
    expect(tore.page.get_by_label("The Office of Tests")).to_be_checked()


@pytest.mark.phone
def test_a_letter_in_spanish_brings_its_translation_on_a_second_page(arrive, javascript):
    case = make_case(display_name="Ana Test", slug="ana-test", country="EC")
    make_target(
        case,
        local_language="es",
        local_salutation="Señor Ministro:",
        local_close="Atentamente,",
    )
    make_model_letter(case)
    make_model_letter(
        case,
        "es",
        subject="Los pastos",
        body="Le escribo sobre los pastos. Pido que no construya allí.",
    )
    maren = arrive(javascript)

    maren.opens("/cases/ana-test/write/")
    maren.presses("español")
    expect(maren.field("Your letter")).to_have_value(re.compile("Le escribo"))
    maren.sees("Señor Ministro:")
    maren.answers("Do you, or people close to you", "No")
    maren.presses("Next: you and your name")
    maren.fills("Your name", "Maren Testdal")
    maren.ticks("I agree that you keep this")
    maren.presses("See it as a letter")
    maren.sees("Second page: the translation")
    maren.presses("Post it myself")

    letter, translation = pages_of(maren.downloads("A4 (PDF)"))
    assert "Señor Ministro:" in letter
    assert "Le escribo sobre los pastos." in letter
    assert "Dear Minister," in translation
    assert "I write to you about the pastures." in translation


@pytest.mark.supporter
def test_a_draft_is_kept_on_the_device_until_it_is_forgotten(arrive):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive()

    begin_a_draft(tore, "What I began to write.")
    tore.page.close()
    tore.opens_another_tab()
    tore.opens("/cases/ana-test/write/?start=blank")
    expect(tore.field("Your letter")).to_have_value("What I began to write.")

    tore.presses("Forget it")
    expect(tore.field("Your letter")).to_have_value("")
    tore.page.reload()
    expect(tore.field("Your letter")).to_have_value("")
    tore.waits_until("localStorage.length === 0")


@pytest.mark.supporter
def test_a_device_that_is_to_keep_nothing_has_no_draft_and_gets_none(arrive):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive()
    begin_a_draft(tore, "What I began to write.")

    tore.opens("/mine/")
    tore.presses("Keep nothing on this device")
    tore.sees("This device keeps nothing that is done on it.")
    tore.waits_until("localStorage.length === 0")

    tore.opens("/cases/ana-test/write/?start=blank")
    tore.field("Your letter").click()
    tore.types("Something else.")
    tore.sees("2 words, one page")  # said by static/js/check.js, later than a draft is kept
    tore.waits_until("localStorage.length === 0")


@pytest.mark.supporter
def test_a_letter_that_began_with_ours_survives_a_reload_and_another_beginning(arrive):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive()

    tore.opens("/cases/ana-test/write/?start=model&pledge=made-up")
    tore.field("Your letter").press("Control+End")
    tore.types(" I am a teacher.")
    tore.page.reload()  # at once: no pause to keep it in
    ours = re.compile(r"^I write to you about the pastures\..* I am a teacher\.$", re.DOTALL)
    expect(tore.field("Your letter")).to_have_value(ours)
    tore.sees("A draft is kept on this device only.")

    tore.presses("a blank sheet")
    expect(tore.field("Your letter")).to_have_value("")
    tore.field("Your letter").click()
    tore.types("Something else.")
    tore.opens("/cases/ana-test/write/?start=model")
    expect(tore.field("Your letter")).to_have_value(ours)
    tore.opens("/cases/ana-test/write/")
    expect(tore.field("Your letter")).to_have_value("Something else.")

    tore.opens("/cases/ana-test/write/?start=model")
    tore.presses("Forget it")
    expect(tore.field("Your letter")).not_to_have_value(ours)


@pytest.mark.supporter
@pytest.mark.parametrize("typed", ["", " I am a teacher."], ids=["ours", "typed"])
def test_back_from_the_letter_leads_into_its_form_and_a_reload_keeps_the_words(arrive, typed):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive()

    tore.opens("/cases/ana-test/write/?start=model")
    tore.field("Your letter").press("Control+End")
    tore.types(typed)
    tore.answers("Do you, or people close to you, live in Norway", "No")
    tore.presses("Next: you and your name")
    tore.sees("Step 2 of 2")
    tore.page.reload()
    words = re.compile(rf"^I write to you about the pastures\..*{re.escape(typed)}$", re.DOTALL)
    expect(tore.field("Your letter")).to_have_value(words)
    tore.answers("Do you, or people close to you, live in Norway", "No")
    tore.presses("Next: you and your name")
    tore.fills("Your name", "Tore Testdal")
    tore.ticks("I agree that you keep this")
    tore.presses("See it as a letter")
    tore.is_at("Written: your letter for Ana Test")

    tore.page.go_back()

    tore.is_at("Change your letter for Ana Test")
    expect(tore.field("Your letter")).to_have_value(words)
    tore.answers("Do you, or people close to you, live in Norway", "No")
    tore.presses("Next: you and your name")
    expect(tore.field("Your name")).to_have_value("Tore Testdal")
    tore.presses("Keep the changes")
    tore.is_at("Written: your letter for Ana Test")
    assert Letter.objects.count() == 1


@pytest.mark.supporter
def test_no_draft_takes_the_place_of_the_letter_that_was_on_the_screen(arrive):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive()
    drafts = [("blank", "A draft from before."), ("model", " I am a teacher.")]
    for number, (start, words) in enumerate(drafts, 1):
        tore.opens(f"/cases/ana-test/write/?start={start}")
        tore.field("Your letter").press("Control+End")
        tore.types(words)
        tore.sees("A draft is kept on this device only.")
        tore.waits_until(f"localStorage.length === {number}")

    tore.opens("/cases/ana-test/write/")
    expect(tore.field("Your letter")).to_have_value(re.compile("I am a teacher"))
    tore.presses("Forget it")
    ours = tore.field("Your letter").input_value()
    assert ours.startswith("I write to you about the pastures.")
    tore.answers("Do you, or people close to you", "No")
    tore.presses("Next: you and your name")
    tore.presses("Back to the letter")
    expect(tore.field("Your letter")).to_have_value(ours)
    tore.presses("Next: you and your name")
    tore.answers("How should your name appear under the letter?", "no name")
    tore.presses("See it as a letter")
    tore.is_at("Written: your letter for Ana Test")

    assert Letter.objects.get().body.split() == ours.split()


@pytest.mark.phone
def test_what_is_typed_before_the_draft_comes_stands_after_it_and_is_kept(arrive):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive()

    for typed in ["What I began to write.", "What I thought of since."]:
        tore.opens_another_tab()
        with tore.on_a_slow_line("draft.js"):
            tore.page.goto(f"{tore.site}/cases/ana-test/write/?start=blank", wait_until="commit")
            tore.page.get_by_label("Your letter").click()
            tore.types(typed)
        tore.sees("A draft is kept on this device only.")

    both = "What I began to write.\n\nWhat I thought of since."
    expect(tore.field("Your letter")).to_have_value(both)
    tore.opens_another_tab()
    tore.opens("/cases/ana-test/write/?start=blank")
    expect(tore.field("Your letter")).to_have_value(both)
    tore.presses("Forget it")
    expect(tore.field("Your letter")).to_have_value("")


@pytest.mark.phone
def test_what_is_typed_into_our_letter_before_its_draft_comes_is_added_to_the_draft(arrive):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive()
    address = "/cases/ana-test/write/?start=model"
    draft = "My own letter.\n\nIt has two paragraphs."

    tore.opens(address)
    tore.fills("Your letter", draft)
    tore.sees("A draft is kept on this device only.")
    tore.opens_another_tab()
    with tore.on_a_slow_line("draft.js"):
        tore.page.goto(tore.site + address, wait_until="commit")
        tore.page.get_by_label("Your letter").click()
        tore.hits("End")
        tore.types("One more.")

    expect(tore.field("Your letter")).to_have_value(f"{draft}\n\nOne more.")


@pytest.mark.phone
@pytest.mark.parametrize("address", ["/cases/other-test/write/", "{letter}"])
def test_a_draft_goes_from_the_device_after_the_days_that_the_privacy_page_names(arrive, address):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    other = make_case_to_write_for(display_name="Other Test", slug="other-test")
    address = address.format(letter=make_letter(other).get_absolute_url())
    tore = arrive()
    days = KEEP_ON_DEVICE_FOR.days
    keep = """([name, days]) => localStorage.setItem(name, JSON.stringify(
        {at: Date.now() - days * 86400000, sent: false, words: {body: "Old words"}}))"""

    tore.opens("/privacy/")
    tore.sees(f"one older than {days} days is deleted when you next open a writing page")
    tore.page.evaluate(keep, ["draft:letter:ana-test?start=model", days + 0.01])
    tore.page.evaluate(keep, ["draft:letter:ana-test", days - 0.01])
    tore.opens(address)

    tore.waits_until("localStorage.length === 1")
    assert tore.page.evaluate("Object.keys(localStorage)") == ["draft:letter:ana-test"]
    tore.opens("/cases/ana-test/write/")
    expect(tore.field("Your letter")).to_have_value("Old words")


@pytest.mark.phone
def test_what_is_pasted_is_never_cut_and_said_to_be_too_long(arrive, javascript):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive(javascript)

    tore.opens("/cases/ana-test/write/?start=blank")
    pasted = "We think of the herds. " * 300 + "Thank you."
    for name, text in [("Your letter", pasted), ("Subject", "x" * (151 - len("The pastures")))]:
        tore.field(name).click()
        tore.page.keyboard.insert_text(text)
    if javascript:
        tore.sees(f"This is too long by {len(pasted) - 6000} characters.")
        tore.sees("This is too long by one character.", "words, more than a page")
    tore.answers("Do you, or people close to you", "No")
    tore.presses("Next: you and your name")

    tore.sees("There is a problem", "at most 6000 characters")
    expect(tore.field("Your letter")).to_have_value(pasted)
    assert not Letter.objects.exists()


SPOKEN = """() => {
    window.spoken = [];
    const note = (region) => region.textContent.trim() && spoken.push(region.textContent.trim());
    new MutationObserver((changes) => changes.forEach(({ target }) => {
        const region = (target.closest ? target : target.parentElement).closest("[role=status]");
        region && note(region);
    })).observe(document.body, { childList: true, characterData: true, subtree: true });
}"""


def test_typing_is_quiet_and_what_matters_is_read_out(arrive):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive()

    tore.opens("/cases/ana-test/write/?start=blank")
    tore.page.evaluate(SPOKEN)
    tore.field("Your letter").click()
    tore.types("Please think of the herds before you build.")
    tore.sees("8 words, one page")
    assert not [said for said in spoken_by(tore) if "word" in said]

    tore.field("Your letter").fill("We think of the herds before you build. " * 60)
    tore.sees("480 words, more than a page")
    assert "It does not fit any more." in spoken_by(tore)

    for _time in range(2):
        tore.page.evaluate("spoken.length = 0")
        with tore.page.expect_response("**/check-text/"):
            tore.presses("Check my text")
        tore.waits_until("spoken.length")

    tore.page.evaluate("spoken.length = 0")
    tore.answers("Do you, or people close to you", "Yes, or I would rather not say")
    tore.waits_until("spoken.length")
    assert "Then think of those there before you go on." in spoken_by(tore)[0]


def spoken_by(visitor) -> list[str]:
    return visitor.page.evaluate("spoken")


@pytest.mark.phone
def test_a_letter_that_has_arrived_is_no_draft_any_more(arrive):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    tore = arrive()

    begin_a_draft(tore, "What I wrote, and what has arrived by now.")
    tore.fills("Subject", "The pastures")
    tore.answers("Do you, or people close to you", "No")
    tore.presses("Next: you and your name")
    tore.is_at("You and your letter")
    tore.page.reload()
    tore.page.go_back()
    ours = "What I wrote, and what has arrived by now."
    expect(tore.field("Your letter")).to_have_value(ours)
    tore.answers("Do you, or people close to you", "No")
    tore.presses("Next: you and your name")
    tore.answers("How should your name appear under the letter?", "no name")
    tore.presses("See it as a letter")
    tore.is_at("Written: your letter for Ana Test")

    tore.waits_until("localStorage.length === 0")


def go_with_tab_to(visitor, field) -> None:
    """Press Tab until the field has the focus; every stop on the way shows that it has it."""
    for _stop in range(60):
        visitor.hits("Tab")
        assert visitor.focused["outline"] >= 2, visitor.focused
        if field.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not lead to {field}")


@pytest.mark.supporter
def test_a_letter_is_written_and_posted_without_a_mouse(arrive, javascript):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    olu = arrive(javascript)

    olu.opens("/cases/ana-test/")
    olu.hits("Tab")
    expect(olu.control("Skip to the content")).to_be_focused()
    expect(olu.control("Skip to the content")).to_be_in_viewport()
    olu.hits("Enter")
    olu.has_focus_on("content")
    go_with_tab_to(olu, olu.control("Write a letter"))
    olu.hits("Enter")
    olu.is_at("Write for Ana Test")

    go_with_tab_to(olu, olu.field("Subject"))
    go_with_tab_to(olu, olu.field("Your letter"))
    olu.hits("Control+End")
    olu.types(" I think of the herds.")
    ties = olu.page.get_by_role("radiogroup", name="Do you, or people close to you")
    go_with_tab_to(olu, ties.get_by_label("No", exact=True))
    olu.hits("Space")
    go_with_tab_to(olu, olu.control("Next: you and your name"))
    olu.hits("Enter")
    olu.is_at("You and your letter")
    go_with_tab_to(olu, olu.page.get_by_label("full name, as I type it"))
    olu.hits("ArrowDown", times=3)
    go_with_tab_to(olu, olu.control("See it as a letter"))
    olu.hits("Enter")
    olu.is_at("Written: your letter for Ana Test")
    olu.has_focus_on("now")

    go_with_tab_to(olu, olu.control("Post it myself"))
    olu.hits("Enter")
    olu.sees("Ready to post: your letter for")
    olu.has_focus_on("now")
    go_with_tab_to(olu, olu.control("I have posted it"))
    olu.hits("Enter")
    olu.sees("It is the first action that counts for Ana Test.")
    assert Letter.objects.get().signed_name == ""


def test_readers_pages_leave_nothing_in_the_browser(arrive, javascript):
    """No cookie, no storage; that nothing is asked of others and no policy is broken, each
    journey proves at its end."""
    case = make_full_case(display_name="Ana Test", slug="ana-test")
    make_portrait(case)
    make_outcome(make_case(display_name="Rosa Muestra", stage="closed"))
    reader = arrive(javascript)

    for address in READERS_PAGES:
        assert reader.opens(address).status == 200, address
    for address in ("/no-such-page/", "/cases/nobody/", "/fr/cases/nobody/"):
        assert reader.opens(address).status == 404, address

    assert reader.context.cookies() == []
    assert reader.context.storage_state()["origins"] == []


READERS_PAGES = [
    "/",
    "/cases/",
    "/cases/ana-test/",
    "/good-news/",
    "/editions/",
    "/editions/2025/",
    "/how-it-works/",
    "/impact/",
    "/how-we-count/",
    "/writing-safely/",
    "/about/",
    "/privacy/",
    "/fr/",
    "/fr/cases/",
    "/fr/cases/ana-test/",
    "/fr/good-news/",
    "/fr/privacy/",
]


def code_of(secret: str) -> str:
    """What an authenticator app shows now for the secret: RFC 6238."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    place = digest[-1] & 15
    number = int.from_bytes(digest[place : place + 4]) & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def test_staff_set_up_an_authenticator_app_and_sign_in_with_it(arrive, javascript, settings):
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    settings.MFA_TOTP_TOLERANCE = 1  # a code may run out between its making and its sending
    person = make_staff("editor")
    eva = arrive(javascript)

    sign_in(eva, person)
    eva.sees("Set up a second factor first: a passkey or an app.")
    eva.opens("/admin/cases/case/")
    eva.sees("Set up a second factor first: a passkey or an app.")
    eva.opens("/admin/account/second-factor/totp/activate/")
    eva.fills("Password", PASSWORD)  # it is asked again before a key is changed
    eva.presses("Confirm")
    secret = eva.field("Authenticator secret").input_value()
    eva.fills("Authenticator code", "000000")
    eva.presses("Activate")
    eva.sees("Incorrect code")
    eva.fills("Authenticator code", code_of(secret))
    eva.presses("Activate")
    eva.sees("Recovery Codes")
    eva.opens("/admin/")
    eva.is_at("Today")
    sign_out(eva)

    sign_in(eva, person)
    eva.sees("Please enter an authenticator code")
    eva.opens("/admin/")
    eva.sees("Please enter an authenticator code")
    cache.clear()  # the code of this half minute may be used once more
    eva.fills("Code", code_of(secret))
    eva.presses("Sign In")
    eva.is_at("Today")


def test_staff_sign_in_with_a_passkey(arrive, settings):
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    person = make_staff("editor")
    eva = arrive()
    devtools = eva.context.new_cdp_session(eva.page)
    devtools.send("WebAuthn.enable")
    key = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": key})

    sign_in(eva, person)
    eva.sees("Set up a second factor first: a passkey or an app.")
    eva.opens("/admin/account/second-factor/webauthn/add/")
    eva.fills("Password", PASSWORD)
    eva.presses("Confirm")
    eva.ticks("Passwordless")
    eva.presses("Add")
    eva.sees("Recovery Codes")
    eva.opens("/admin/")
    sign_out(eva)

    eva.presses("Sign in with a passkey")
    eva.is_at("Today")


@pytest.fixture
def served(tmp_path):
    """The site behind the page cache, with the rows that are in the database now: `served()`."""
    with ExitStack() as running:

        def serve() -> Served:
            served = Served(tmp_path, page_cache_seconds=1)
            rows = tmp_path / "rows.json"
            call_command("dumpdata", "cases", output=rows, verbosity=0)
            served.manage("loaddata", str(rows), "--verbosity=0")
            running.enter_context(served.running())
            return served

        yield serve


def test_kept_pages_are_new_within_seconds(arrive, served):
    make_case_to_write_for(display_name="Ana Test", slug="ana-test")
    make_case_to_write_for(display_name="Rosa Muestra")
    site = served()
    login = site.folder / "login.txt"
    site.manage("create_staff", "sofia", "--role=safety", f"--password-file={login}")
    maren, sofia = arrive(site=site.url), arrive(site=site.url)

    # What takes longer to make than it may be kept, as the first page may, is kept by nobody.
    visits = (maren.opens("/cases/ana-test/") for _time in range(10))
    assert any(answer.header_value("etag") for answer in visits)
    maren.sees("Be the first to write for Ana Test")
    maren.presses("Write a letter")
    maren.answers("Do you, or people close to you", "No")
    maren.presses("Next: you and your name")
    maren.fills("Your name", "Maren Testdal")
    maren.ticks("I agree that you keep this")
    time.sleep(FASTEST + 1)  # who is quicker than any person is taken for a robot
    maren.presses("See it as a letter")
    maren.presses("Post it myself")
    maren.presses("I have posted it")
    maren.sees("It is the first action that counts for Ana Test.")
    time.sleep(2)
    maren.opens("/cases/ana-test/")
    maren.sees("1 action so far")

    sofia.opens("/admin/")
    username, password = login.read_text().split()
    sofia.fills("Username", username)
    sofia.fills("Password", password)
    sofia.presses("Sign in")
    sofia.presses("Freeze a case…")
    sofia.ticks("Ana Test")
    sofia.fills("Why?", "A test asks for it.")
    sofia.presses("Freeze now")
    sofia.sees("Ana Test: hidden")
    time.sleep(2)
    maren.opens("/cases/ana-test/")
    maren.is_at("This page is not shown at the moment")
    maren.opens("/cases/")
    maren.sees("Rosa Muestra")
    maren.does_not_see("Ana Test")
