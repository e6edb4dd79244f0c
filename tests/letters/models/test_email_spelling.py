"""One mailbox is one mailbox, however its address is spelt; two are never one."""

import re

import pytest
from django.core import mail
from django.core.management import call_command
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from letters.actions import email_addresses
from letters.forms.fields import AddressField
from letters.models import EmailAddress, Letter, Pledge, Signature
from letters.models.email_spelling import NotAnAddress, compared, deliverable, email_hash, is_plain
from tests.factories import make_case_to_write_for, make_email_address, make_petition
from tests.letters.sending import ask_to_be_told, send_letter, send_pledge, sign
from tests.staff import signed_in

pytestmark = pytest.mark.usefixtures("counts_hold")

IGNORED = ["\u00ad", "\u200b", "\u2060", "\ufeff", "\ufe0f"]  # UTS 46 takes them out of a domain
DOTS = [".", "\u3002", "\uff0e", "\uff61"]
NAMES = ["münchen", "straße", "strasse", "bücher", "example", "пример", "例え", "muenchen", "faß"]
ATOM = "abcxyzABCXYZ0189_-'!#"

SHAPE = re.compile(r"[^\s\"\\()<>,;:@\[\]\x00-\x1f\x7f-\U0010ffff]+@[a-z0-9.-]+\.[a-z0-9-]+")


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@st.composite
def spellings(draw) -> tuple[str, str, str]:
    """A mailbox as the one that is compared, and two ways to type it, made without our code."""
    local = draw(st.text(ATOM, min_size=1, max_size=8))
    labels = [*draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=2)), "de"]

    def spelt() -> str:
        change = draw(st.sampled_from([str, str.upper, str.lower]))
        tag = draw(st.sampled_from(["", "+", "+news", "+a.b"]))
        written = [in_a_domain(draw, label) for label in labels]
        dots = [draw(st.sampled_from(DOTS)) for _label in labels[1:]]
        domain = written[0] + "".join(
            dot + label for dot, label in zip(dots, written[1:], strict=True)
        )
        blank = draw(st.sampled_from(["", " ", "\n"]))
        return f"{blank}{change(local)}{tag}@{domain}{blank}"

    ascii_labels = [punycoded(label) for label in labels]
    return f"{local.lower()}@{'.'.join(ascii_labels)}", spelt(), spelt()


def punycoded(label: str) -> str:
    """As RFC 3492 has it; all of NAMES are in lower case and composed already."""
    return label if label.isascii() else "xn--" + label.encode("punycode").decode()


def in_a_domain(draw, label: str) -> str:
    way = draw(st.integers(0, 4))
    if way == 1:
        return punycoded(label).upper()
    if way == 2:  # a capital ß is one only since 2008, and "ß".upper() is SS: another name
        return label if "ß" in label else label.upper()
    if way == 3 and label.isascii():
        return full_width(label)
    if way == 4:
        at = draw(st.integers(0, len(label)))
        return label[:at] + draw(st.sampled_from(IGNORED)) + label[at:]
    return label


@given(spellings())
def test_no_two_spellings_that_reach_one_mailbox_have_two_hashes(made):
    email_address, one, other = made

    assert compared(one) == compared(other) == email_address
    assert email_hash(one) == email_hash(other)


@pytest.mark.slow
@given(spellings(), spellings())
def test_no_two_mailboxes_have_one_hash(one, other):
    assert (email_hash(one[1]) == email_hash(other[1])) is (one[0] == other[0])


@pytest.mark.slow
@given(spellings())
def test_what_is_mailed_to_is_what_was_hashed(made):
    _email_address, typed, _other = made
    mailed = deliverable(typed)

    assert mailed.isascii()
    assert deliverable(mailed) == mailed
    assert email_hash(mailed) == email_hash(typed)
    assert AddressField().clean(typed) == mailed


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_is_typed_is_an_address_of_one_form_or_none_at_all(local, domain):
    try:
        mailed = deliverable(f"{local}@{domain}")
    except NotAnAddress:
        return
    assert SHAPE.fullmatch(mailed)
    assert compared(mailed) == compared(mailed.swapcase()) == compared(compared(mailed))


@pytest.mark.parametrize(
    ("typed", "mailed"),
    [
        (" Sam+News@Example.ORG ", "Sam+News@example.org"),
        ("sam@straße.de", "sam@xn--strae-oqa.de"),
        ("sam@STRASSE.de", "sam@strasse.de"),
        ("sam@münchen。de", "sam@xn--mnchen-3ya.de"),
        ("sam@mu\u0308nchen.de", "sam@xn--mnchen-3ya.de"),
        ("sam@example.org.", "sam@example.org"),
        ("o'neill@example.co.uk", "o'neill@example.co.uk"),
    ],
)
def test_a_domain_is_kept_as_mail_servers_know_it(typed, mailed):
    assert deliverable(typed) == mailed


@pytest.mark.parametrize(
    "typed",
    [
        '"sam"@example.org',
        r'"s\am"@example.org',
        r"s\am@example.org",
        "sam(me)@example.org",
        "(me)sam@example.org",
        "sam @example.org",
        "sam@(here)example.org",
        "root@localhost",
        "root@LOCALHOST.",
        "sam@localhost.localdomain",
        "sam@printer.local",
        "sam@example",
        "sam@[127.0.0.1]",
        "sam@[IPv6:::1]",
        "sam@127.0.0.1",
        "sam@10.0.0.10",
        "sam@2130706433",
        "sam@0x7f.1",
        "sam@exam_ple.org",
        "sam@-example.org",
        "sam@xn--a.org",
        "sam..m@example.org",
        ".sam@example.org",
        "sam.@example.org",
        "sam@kim@example.org",
        "sam@example..org",
        "sam\r\nBcc: all@example.org",
        "ſam@example.org",
        "sam%kim@",
        "@example.org",
        "sam",
        "a" * 65 + "@example.org",
        "sam@" + "a" * 250 + ".org",
        "sam@" + "ü" * 62 + ".org",
        "sam\0@example.org",
    ],
)
def test_what_is_no_address_or_has_many_spellings_is_refused(client, typed):
    with pytest.raises(NotAnAddress):
        compared(typed)

    response = ask_to_be_told(client, email=typed)

    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["email"]
    assert not EmailAddress.objects.exists()


def test_tags_without_a_name_before_them_are_not_one_mailbox():
    assert compared("+sam@example.org") != compared("+kim@example.org")


def test_only_an_address_without_tag_is_plain():
    assert [is_plain(one) for one in ["SAM@straße.de", "sam+x@straße.de", "s.am@gmail.com"]] == [
        True,
        False,
        False,
    ]


# --- all of the site asks the same


SPELLINGS = ["sam@münchen.de", "SAM+a@xn--mnchen-3ya.de", "sam@MÜNCHEN.de", "sam@mün\u00adchen。de"]


def test_one_mailbox_signs_and_follows_once_and_is_written_to_in_one_form(client):
    petition = make_petition()

    for typed in SPELLINGS:
        sign(client, petition, email=typed, follow="on")
    call_command("work", once=True)

    assert Signature.objects.count() == EmailAddress.objects.count() == 1
    assert [message.to for message in mail.outbox] == [["sam@xn--mnchen-3ya.de"]]


def test_letters_and_promises_of_one_mailbox_are_found_by_any_spelling(client):
    case = make_case_to_write_for()
    send_letter(client, case, email=SPELLINGS[0])
    send_pledge(client, case, email=SPELLINGS[1])

    staff = signed_in("moderator")
    page = staff.post(reverse("admin:letters_letter_find"), {"email": SPELLINGS[3]})

    assert list(page.context["letters"]) == [Letter.objects.get()]
    assert list(page.context["pledges"]) == [Pledge.objects.get()]


def test_a_block_holds_for_every_spelling(client):
    email_addresses.not_me(make_email_address("sam@xn--mnchen-3ya.de"), block=True)

    for typed in SPELLINGS:
        ask_to_be_told(client, email=typed)
    call_command("work", once=True)

    assert mail.outbox == []


def test_two_owners_are_two_mailboxes(client):
    petition = make_petition()

    for typed in ["sam@straße.de", "sam@strasse.de"]:
        sign(client, petition, email=typed)

    assert Signature.objects.count() == EmailAddress.objects.count() == 2
