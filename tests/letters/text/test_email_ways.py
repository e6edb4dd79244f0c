"""The ways to e-mail a letter to an official: which are offered, and what is in their links."""

import tomllib
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree.ElementTree import Element

import pytest
from django.conf import settings
from django.test import Client

from letters.models import Letter
from letters.text import email_ways
from tests.factories import make_case_to_write_for, make_letter
from tests.reading import page, words

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
MAILTO, GMAIL, OUTLOOK, YAHOO = "My mail program", "Gmail", "Outlook.com, Hotmail", "Yahoo Mail"


def letter_by_email(body: str = "Please do not build there.", **fields) -> Letter:
    case = make_case_to_write_for()
    case.targets.update(email="minister+post@example.org", checked_on="2025-11-01")
    fields = {"subject": "The pastures & more", "state": "ready", "route": "email"} | fields
    return make_letter(case, body=body, **fields)


def ways(client: Client, letter: Letter) -> dict[str, Element]:
    shown = page(client.get(letter.get_absolute_url()))
    return {words(link): link for link in shown.all("a") if "button-small" in link.get("class", "")}


def offered(client: Client, letter: Letter) -> list[str]:
    names = ways(client, letter)
    return [name for name in (MAILTO, GMAIL, OUTLOOK, YAHOO) if name in names]


def test_a_letter_opens_in_a_mail_program_and_in_three_webmails(client):
    letter = letter_by_email()

    links = {name: urlsplit(link.get("href")) for name, link in ways(client, letter).items()}

    text = (
        "Dear Minister,\n\nPlease do not build there.\n\nYours faithfully,\n\n"
        f"{letter.signed_name}\n"
    )
    assert links[MAILTO].path == "minister%2Bpost@example.org"
    assert parse_qs(links[MAILTO].query) == {
        "subject": ["The pastures & more"],
        "body": [text.replace("\n", "\r\n")],
    }
    assert {name: links[name].hostname for name in (GMAIL, OUTLOOK, YAHOO)} == {
        GMAIL: "mail.google.com",
        OUTLOOK: "outlook.live.com",
        YAHOO: "compose.mail.yahoo.com",
    }
    filled = {"to": ["minister+post@example.org"], "body": [text]}
    assert parse_qs(links[GMAIL].query) == filled | {
        "view": ["cm"],
        "fs": ["1"],
        "su": ["The pastures & more"],
    }
    assert parse_qs(links[OUTLOOK].query) == filled | {"subject": ["The pastures & more"]}
    assert parse_qs(links[YAHOO].query) == filled | {"subject": ["The pastures & more"]}
    assert not [link.query for link in links.values() if "+" in link.query]


def test_a_webmail_does_not_learn_which_page_one_came_from(client):
    found = ways(client, letter_by_email())

    rels = {name: found[name].get("rel") for name in (MAILTO, GMAIL, OUTLOOK, YAHOO)}

    safe = "noopener noreferrer"
    assert rels == {MAILTO: None, GMAIL: safe, OUTLOOK: safe, YAHOO: safe}


@pytest.mark.parametrize(
    ("characters", "expected"),
    [
        (1_000, [MAILTO, GMAIL, OUTLOOK, YAHOO]),
        (2_500, [GMAIL, OUTLOOK]),
        (3_300, [GMAIL]),
        (5_000, []),
    ],
)
def test_a_way_is_offered_only_if_the_whole_letter_fits(client, characters, expected):
    assert offered(client, letter_by_email("a" * characters)) == expected


@pytest.mark.parametrize(
    ("word", "bytes_each"), [("سلام", 2), ("ငြိမ်းချမ်း", 3)], ids=["Arabic", "Burmese"]
)
def test_what_counts_is_the_length_as_it_is_sent(client, word, bytes_each):
    encoded = len(word) * bytes_each * 3
    short, long = word * (1_200 // encoded), word * (2_200 // encoded)

    assert offered(client, letter_by_email(short)) == [MAILTO, GMAIL, OUTLOOK, YAHOO]
    assert len(long) < email_ways.MAX_YAHOO_CHARACTERS / 3
    assert offered(client, letter_by_email(long)) == [GMAIL, OUTLOOK]


@pytest.mark.parametrize("characters", [2_500, 5_000])
def test_a_longer_letter_is_pasted_into_a_mail_that_has_address_and_subject(client, characters):
    shown = page(client.get(letter_by_email("a" * characters).get_absolute_url()))

    [link] = [link for link in shown.links if link.startswith("mailto:")]
    assert unquote(link) == "mailto:minister+post@example.org?subject=The pastures & more"


def test_subject_and_letter_are_copied_together_or_apart(client):
    shown = page(client.get(letter_by_email().get_absolute_url()))

    copied = {
        words(button): "".join(element.itertext())
        for button in shown.all("button")
        for element in shown.root.iter()
        if element.get("id") and element.get("id") == button.get("data-copy")
    }

    assert copied["Copy the subject"] == "The pastures & more"
    assert copied["Copy the letter"].startswith("Dear Minister,\n\nPlease")
    assert (
        copied["Copy subject and letter"] == f"The pastures & more\n\n{copied['Copy the letter']}"
    )


def test_without_an_address_or_a_subject_the_letter_can_still_be_copied(client):
    letter = letter_by_email(subject="")
    letter.case.targets.update(email="")

    shown = page(client.get(letter.get_absolute_url()))

    assert offered(client, letter) == []
    assert [link for link in shown.links if link.startswith("mailto:")] == []
    assert [text for text in shown.texts("button") if text.startswith("Copy")] == [
        "Copy the letter",
        "Copy the link",
    ]


def test_the_page_says_who_gets_the_letter_when_a_webmail_is_pressed(client):
    said = "gets the address and the whole letter at once"

    short, too_long = letter_by_email(), letter_by_email("a" * 5_000)
    with_webmail, without = (client.get(one.get_absolute_url()) for one in (short, too_long))

    assert said in words(page(with_webmail).root)
    assert said not in words(page(without).root)


def test_every_model_letter_that_ships_can_be_opened_in_gmail_and_outlook():
    letter = letter_by_email()
    files = sorted((settings.BASE_DIR / "content").glob("*/*.toml"))
    targets = [
        target for file in files for target in tomllib.loads(file.read_text()).get("targets", [])
    ]
    models = [model for target in targets for model in target.get("model_letters", [])]

    narrow = []
    for model in models:
        letter.subject, letter.body = model["subject"], model["body"]
        if not {GMAIL, OUTLOOK} <= {way.name for way in email_ways.offered(letter)}:
            narrow.append(model["subject"])

    assert len(models) > 10
    assert narrow == []
