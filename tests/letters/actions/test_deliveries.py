"""“Hand it to us” is offered where staff mark the case as taking it, and the site offers it."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from cases.publishing import gate
from letters.actions import letters
from letters.models import Letter
from tests.factories import (
    make_case_to_write_for,
    make_full_case,
    make_letter,
    make_message,
    make_solidarity_action,
)
from tests.letters.sending import letter_form
from tests.reading import page, words
from tests.write4rights.test_every_answer import FOR_READERS

pytestmark = pytest.mark.django_db

OFFER = "Hand it to the campaign"
# What a page says of letters that we take to hand them in; signatures are handed in anywhere.
OF_DELIVERY = re.compile(
    r"hand (it|them|the letter|the message) to (us|the campaign)|handed to (us|the campaign)"
    r"|letters can be handed in|letters are handed in|deliver",
    re.IGNORECASE,
)


@pytest.fixture
def marked():
    return make_case_to_write_for()


@pytest.fixture
def unmarked():
    return make_case_to_write_for(takes_deliveries=False)


def says(response) -> str:
    assert response.status_code == 200
    return words(page(response).one("body"))


def test_only_a_case_that_staff_mark_offers_it(client, marked, unmarked):
    both = [marked, unmarked]
    drafts = {case: make_letter(case, state="drafting", route="") for case in both}

    pages = {case: says(client.get(draft.get_absolute_url())) for case, draft in drafts.items()}
    cases = {case: says(client.get(case.get_absolute_url())) for case in both}

    assert OFFER in pages[marked]
    assert OFFER not in pages[unmarked]
    assert "Post it myself" in pages[unmarked]
    assert "Handed to us, for a day when letters can be handed in" in cases[marked]
    assert not OF_DELIVERY.search(cases[unmarked])
    assert not OF_DELIVERY.search(says(client.get(f"/cases/{unmarked.slug}/write/")))
    ways = client.get(f"/api/v1/cases/{unmarked.slug}/").json()["case"]["ways"]
    assert (ways["post"], ways["deliver"]) == (True, False)


def test_a_button_of_an_old_page_hands_nothing_in(client, unmarked):
    letter = make_letter(unmarked, state="drafting", route="")

    client.post(letter.get_absolute_url(), {"act": "deliver"})

    assert Letter.objects.get().state == "drafting"


def test_what_was_handed_in_before_is_read_and_approved_as_ever(client, marked):
    letter = make_letter(marked, state="submitted", route="deliver")
    marked.takes_deliveries = False
    marked.save()

    letters.approve(letter)

    assert Letter.objects.get().state == "approved"
    assert "Read by us: your letter for" in says(client.get(letter.get_absolute_url()))


def test_a_rejected_letter_takes_another_way_and_staff_look_before_it_counts(client, unmarked):
    letter = make_letter(unmarked, state="rejected", rejection_reason="Too angry.")
    url = letter.get_absolute_url()
    assert "Hand it in again" not in says(client.get(url))

    for act in ["undo", "post", "posted"]:
        client.post(url, {"act": act})

    letter.refresh_from_db()
    assert (letter.state, letter.needs_review, letter.counted_on) == ("posted", True, None)


def test_nor_does_a_rejected_letter_count_that_was_withdrawn_and_taken_up_again(client, marked):
    letter = make_letter(marked, state="rejected", rejection_reason="Too angry.")

    for act in ["withdraw", "undo", "post", "posted"]:
        client.post(letter.get_absolute_url(), {"act": act})

    letter.refresh_from_db()
    assert (letter.state, letter.needs_review, letter.counted_on) == ("posted", True, None)


def test_a_rejected_letter_goes_no_other_way_where_it_can_be_handed_in_again(client, marked):
    letter = make_letter(marked, state="rejected", rejection_reason="Too angry.")

    client.post(letter.get_absolute_url(), {"act": "undo"})

    assert Letter.objects.get().state == "rejected"
    assert "Hand it in again" in says(client.get(letter.get_absolute_url()))


def test_who_takes_all_actions_posts_it(client, unmarked):
    url = reverse("letters:take-all-letter", args=[unmarked.slug])
    assert not OF_DELIVERY.search(says(client.get(url)))

    client.post(url, letter_form(send="deliver", told="Sam Tester"))

    letter = Letter.objects.get()
    assert (letter.state, letter.route) == ("ready", "post")


@pytest.mark.parametrize("visibility", ["public", "on-request", "staff-only"])
def test_a_message_is_written_only_if_there_is_a_way_for_it(client, unmarked, visibility):
    make_solidarity_action(unmarked, address_visibility=visibility, postal="PO Box 1")
    url = reverse("letters:message-write", args=[unmarked.slug])

    text = says(client.get(url))

    may_write = visibility != "staff-only"
    assert ("Who will read it" in text) is may_write
    assert ("No messages are sent at the moment" in text) is not may_write
    case = type(unmarked).objects.get(pk=unmarked.pk)
    cannot = "Nobody can write messages of support"
    assert any(cannot in remark for remark in gate.remarks(case)) is not may_write
    assert case.takes_messages is may_write
    assert type(case).objects.taking_messages().exists() is may_write


@pytest.mark.slow
def test_where_it_is_turned_off_no_page_mentions_it(client, settings, tmp_path):
    settings.DELIVERY_OFFERED, settings.MEDIA_ROOT = False, tmp_path
    case = make_full_case(slug="anne-testlund")
    make_letter(case, state="posted", route="post")
    private = [
        make_letter(case, state="drafting", route="").get_absolute_url(),
        make_message(case, state="drafting", route="").get_absolute_url(),
    ]

    found = {}
    for url in [*FOR_READERS, *private]:
        response = client.get(url, follow=True)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if response.status_code == 200 and is_page and not url.startswith("/fr/"):
            found[url] = OF_DELIVERY.search(says(response))

    assert len(found) > 25
    assert {"/", "/how-it-works/", "/privacy/", "/take-all/anne-testlund/letter/"} <= found.keys()
    assert {url: match for url, match in found.items() if match} == {}
