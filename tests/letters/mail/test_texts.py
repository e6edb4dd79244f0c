"""The texts that mails are made of."""

import pytest
from django.conf import settings
from django.core import mail
from django.utils import timezone, translation

from letters.actions import data_requests
from letters.mail import links, messages, outbox, parts, texts
from letters.mail.texts import TEXTS
from letters.models import MailKind, OutgoingMail
from letters.models.mail import THANKS
from letters.privacy import limits
from tests.factories import (
    make_case_to_write_for,
    make_email_address,
    make_letter,
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
    make_signature(state="unconfirmed", email_address=address)
    sam = {"email": address.email, "email_hash": address.email_hash}
    messages.queue_pledge_link(make_pledge(case, **sam))
    messages.queue_letter_link(make_letter(case, **sam))
    messages.queue_confirm(address, address.email)

    body = mailed()

    assert mail.outbox[-1].subject == "Write for Rights: please confirm"
    order = [
        "Hello,",
        "because somebody, probably you, typed your address on testserver.",
        "Please confirm:",
        "the private link to your letter for Ana Test:",
        "the private link to your promise to write for Ana Test:",
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


def test_the_lines_of_a_list_are_set_in():
    [first, second] = texts.wrapped("- " + "petition " * 10).splitlines()

    assert first.startswith("- petition")
    assert second.startswith("  petition")


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
