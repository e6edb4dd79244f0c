"""What a device remembers, as a file, erased all at once, and without mails."""

import datetime
import json

import pytest
from django.test import Client
from django.utils import timezone

from cases.models import Case
from letters.actions.mine import Mine
from letters.models import EmailAddress, Follow, Letter, Pledge, Post, Signature
from letters.models.email_spelling import email_hash
from tests.factories import (
    make_case_to_write_for,
    make_email_address,
    make_follow,
    make_letter,
    make_petition,
    make_pledge,
    make_post,
    make_signature,
)
from tests.letters.sending import everyone, send_letter
from tests.letters.stored import everything
from tests.staff import text

pytestmark = pytest.mark.usefixtures("counts_hold")

DAY = datetime.timedelta(days=1)
SAM = "sam@example.org"


def of(email: str = SAM, *, proven: bool = True) -> dict:
    proven_on = timezone.localdate() if proven else None
    return {"email": email, "email_hash": email_hash(email), "email_proven_on": proven_on}


def device_with(*things) -> Client:
    client, mine = Client(), Mine()
    mine.add(*things, made_here=True)
    client.cookies["mine"] = mine.dumps()
    return client


def files(client: Client) -> tuple[str, dict]:
    [as_text, as_json] = [client.get(f"/mine/mine.{end}") for end in ("txt", "json")]
    for response in (as_text, as_json):
        assert response["Cache-Control"] == "no-store, private"
        assert response["Content-Disposition"].startswith("attachment")
    return as_text.content.decode(), json.loads(as_json.content)


def test_a_file_has_what_is_on_the_list_with_ones_own_words_and_nothing_else():
    case = make_case_to_write_for()
    letter = make_letter(case, body="My own words.", name="Sam Tester", **of())
    make_letter(case, body="Not on the list.", name="Zora Tester", **of())
    address = make_email_address(SAM)
    signature = make_signature(make_petition(case), email_address=address, name="Sam Signed")
    make_signature(make_petition(), name="Zora Signed")
    client = device_with(letter, make_pledge(case, group="Class 7"), make_post(case), address)

    as_text, as_json = files(client)

    for one in (as_text, str(as_json)):
        for told in ["My own words.", "Sam Tester", "Class 7", SAM, signature.name]:
            assert told in one
        for untold in ["Not on the list", "Zora", letter.key]:
            assert untold not in one
    kinds = ["letters", "pledges", "signatures", "posts", "email_addresses"]
    assert {kind: len(rows) for kind, rows in as_json.items()} == dict.fromkeys(kinds, 1)


def test_a_device_without_a_list_gets_an_empty_file_and_nothing_to_erase(client):
    make_letter(make_case_to_write_for())

    assert files(client) == ("", {})
    assert client.get("/mine/erase/").url == "/mine/"
    client.post("/mine/erase/")
    assert Letter.objects.exists()


def test_a_case_that_is_taken_down_is_named_in_no_file():
    case = make_case_to_write_for(display_name="Ana Test")
    asked = {"state": "asked", "route": "deliver", "change_wanted": "Ana is the name."}
    things = [make_letter(case, **asked), make_pledge(case), make_post(case)]
    client = device_with(*things)
    Case.objects.filter(pk=case.pk).update(freeze="hidden", freeze_reason="A test.")

    as_text, as_json = files(client)

    assert "Ana" not in as_text + str(as_json)


def test_all_on_the_list_is_erased_by_a_button_and_looking_erases_nothing():
    case = make_case_to_write_for()
    posted = make_letter(case, state="posted", body="My own words.", **of())
    pledge, address = make_pledge(case, **of()), make_email_address(SAM)
    post, draft = make_post(case), make_letter(case, pledge=pledge)
    make_signature(make_petition(case), email_address=address)
    other = make_letter(case, **of("kim@example.org"))
    client = device_with(posted, pledge, draft, post, address)
    counted = everyone(case)

    asked = client.get("/mine/erase/")
    there = Letter.objects.filter(erased_on=None).count()
    answers = [client.post("/mine/erase/").url for _twice in range(2)]

    assert "Erase all 5 things on this list?" in text(asked)
    assert "not made on this device" not in text(asked)
    assert there == 3
    assert answers == ["/erased/"] * 2
    assert list(Letter.objects.filter(erased_on=None)) == [other]
    assert not Pledge.objects.exists()
    assert not EmailAddress.objects.exists()
    assert not Signature.objects.exclude(email_address=None).exists()
    assert Post.objects.get().key == ""
    assert everyone(case) == counted
    assert email_hash(SAM) not in everything()
    assert client.cookies["mine"].value == ""


def test_who_erases_all_is_told_of_what_was_not_made_here(client):
    giver = Client()
    send_letter(giver, make_case_to_write_for())
    client.post(giver.get("/mine/").context["list_url"], {"act": "keep"})

    assert "1 of them was not made on this device." in text(client.get("/mine/erase/"))


def test_all_mails_are_stopped_to_proven_addresses_alone():
    case = make_case_to_write_for()
    kim = "kim@example.org"
    proven = make_pledge(case, wants_reminders=True, **of())
    unproven = make_pledge(case, wants_reminders=True, **of(kim, proven=False))
    for email in [SAM, kim]:
        make_follow(case, email_address=make_email_address(email))
    client = device_with(proven, unproven)

    answer = client.post("/mine/", {"act": "stop-mails"})
    client.post("/mine/", {"act": "stop-mails"})

    assert "Done: we send no news" in text(client.get(answer.url))
    wanting = Pledge.objects.filter(wants_reminders=True)
    assert list(wanting) == [unproven]
    states = dict(Follow.objects.values_list("email_address__email", "state"))
    assert states == {SAM: "ended", kim: "confirmed"}


def test_the_button_that_stops_mails_is_there_only_for_a_proven_address():
    case = make_case_to_write_for()
    without = device_with(make_letter(case), make_letter(case, **of(proven=False)))

    assert "Stop all mails" not in text(without.get("/mine/"))
    assert "Stop all mails" in text(device_with(make_letter(case, **of())).get("/mine/"))
