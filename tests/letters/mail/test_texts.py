"""The texts that mails are made of."""

import re

import pytest
from django.conf import settings
from django.core import mail
from django.utils import timezone, translation

from letters.actions import data_requests
from letters.mail import links, messages, outbox, parts, texts, writing
from letters.mail.texts import TEXTS
from letters.models import MailKind, OutgoingMail
from letters.models.mail import THANKS
from letters.privacy import limits
from tests.factories import (
    make_case_to_write_for,
    make_email_address,
    make_letter,
    make_petition,
    make_pledge,
    make_signature,
)
from tests.letters.mail.reading import unwrapped

pytestmark = pytest.mark.usefixtures("counts_hold")

LANGUAGES = [language for language, _name in settings.LANGUAGES]


def mailed() -> str:
    """The one mail that leaves with all that waits."""
    OutgoingMail.objects.update(not_before=timezone.now())
    assert outbox.send_due() == 1
    return mail.outbox[-1].body


def tokens_in(text: str) -> set[str]:
    return set(texts.TOKEN.findall(text))


def test_each_kind_of_mail_but_news_has_its_text():
    kinds = set(MailKind.values) - {MailKind.NEWS}

    assert set(parts.PARTS) == kinds
    assert kinds - set(THANKS) <= set(TEXTS)
    assert "thanks" in TEXTS


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_as_it_ships_has_all_that_it_needs_and_nothing_unknown(kind, language):
    text = TEXTS[kind]

    with translation.override(language):
        body, subject = str(text.body), str(text.subject)

    assert set(text.needed) <= tokens_in(body) <= set(text.allowed)
    assert tokens_in(subject) <= set(texts.IN_SUBJECT)
    assert bool(subject) == bool(text.opening)
    if subject:
        assert "organisation" in tokens_in(subject)


def test_a_mail_of_several_things_names_in_its_subject_the_first_to_be_done(settings):
    settings.CONTACT_EMAIL = "campaign@example.org"
    case = make_case_to_write_for(display_name="Ana Test")
    address = make_email_address("sam@example.org")
    petition = make_petition(make_case_to_write_for(display_name="Bo Test"))
    make_signature(petition, state="unconfirmed", email_address=address)
    make_signature(make_petition(case), state="unconfirmed", email_address=address)
    sam = {"email": address.email, "email_hash": address.email_hash}
    messages.queue_pledge_link(make_pledge(case, **sam))
    messages.queue_letter_link(make_letter(case, **sam))
    messages.queue_confirm(address, address.email)

    body = mailed()

    subject = "Write for Rights: please confirm (Bo Test and 1 more)"
    assert mail.outbox[-1].subject == subject
    order = [
        "Hello,",
        "and 3 more. You get it",
        "because somebody, probably you, typed this e-mail address on testserver.",
        "Please confirm:",
        "the private link to your letter for Ana Test:",
        "the private link to your pledge to write for Ana Test:",
        "With a private link you can read,",
        "Write for Rights\ncampaign@example.org\n",
    ]
    places = [unwrapped(body).find(unwrapped(each)) for each in order]
    assert -1 not in places
    assert places == sorted(places)
    assert body.count("With a private link you can") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lines_of_a_mail_are_short_and_its_links_whole(language):
    name = "Ana Test and the women of the long river valley in the north"
    letter = make_letter(
        make_case_to_write_for(display_name=name), email="sam@example.org", page_language=language
    )
    messages.queue_letter_link(letter)

    body = mailed()

    lines = body.splitlines()
    assert name in unwrapped(body)
    assert all(len(line) <= texts.COLUMNS for line in lines)
    assert [line for line in lines if line.startswith("http")]


def flowed(body: str) -> list[str]:
    """The lines as a mail program of RFC 3676 sets them anew."""
    lines = re.sub(r"^ ", "", body, flags=re.MULTILINE).splitlines()
    whole = [""]
    for line in lines:
        whole[-1] += line
        if not line.endswith(" "):
            whole.append("")
    return whole[:-1]


def test_a_mail_program_sets_the_lines_anew_as_wide_as_its_window():
    paragraph = " ".join(["From time to time > we write. "] * 20).replace("  ", " ").strip()
    body = f"{paragraph}\n\n- {paragraph}\nhttps://example.org/{'x' * 90}/\n- one\n- two"

    wrapped = texts.wrapped(body)

    assert flowed(wrapped) == body.splitlines()
    assert not re.search(r"^(?:>|From )", wrapped, re.MULTILINE)
    long_lines = [line for line in wrapped.splitlines() if len(line) > texts.COLUMNS]
    assert [line[:20] for line in long_lines] == ["https://example.org/"]


def test_a_mail_says_that_its_lines_may_be_set_anew():
    messages.queue_letter_link(make_letter(email="sam@example.org"))
    mailed()

    made = mail.outbox[-1].message()

    assert made.get_param("format") == "flowed"
    assert made.get_content_charset() == "utf-8"


@pytest.mark.parametrize("contact", ["", "campaign@example.org"])
def test_a_mail_can_be_replied_to_if_there_is_an_address_for_it(contact, settings):
    settings.CONTACT_EMAIL = contact
    messages.queue_letter_link(make_letter(email="sam@example.org"))

    mailed()

    assert mail.outbox[-1].message().get("Reply-To", "") == contact


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [kind for kind, text in TEXTS.items() if text.subject])
def test_the_preview_of_a_mail_says_whose_it_is_and_shows_no_key(kind, language):
    with translation.override(language):
        example = writing.example(kind, texts.shipped(kind))
        about = TEXTS[kind].example("about")

    preview = " ".join(example.body.partition("http")[0].split())
    assert len(preview) >= 100
    assert "Write for Rights" in preview[:60]
    assert about in preview


@pytest.mark.parametrize("kind", [kind for kind, text in TEXTS.items() if text.subject])
def test_a_subject_names_the_person_and_never_what_its_reader_did(kind):
    subject = writing.example(kind, texts.shipped(kind)).subject

    assert not re.search(r"\b(letters?|message|petition|pledge|wrote|signed|handed)\b", subject)
    assert subject.isascii()
    of_nobody = ["thanks", "confirm-nothing", MailKind.DATA_LINK, MailKind.YEAR]
    assert ("Ana Example" in subject) == (kind not in of_nobody)


def test_braces_in_a_name_are_not_filled_in():
    values = {"what": "your letter for {link}", "link": "https://example.org/"}

    assert texts.filled("{what}: {link} {unknown}", values) == (
        "your letter for {link}: https://example.org/ {unknown}"
    )


def test_a_mail_names_how_long_its_link_works():
    signature = make_signature(state="unconfirmed")
    messages.queue_confirm(signature.email_address, signature.email_address.email)
    assert f"works for {links.CONFIRM_WITHIN.days} days." in mailed()

    data_requests.ask_for_link("pat@example.org")
    assert f"works for {limits.KEEP_DATA_LINKS_FOR.days} days after you last used it:" in unwrapped(
        mailed()
    )
