"""What the site stored before one mailbox had one hash, and what it is made into."""

from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import StateApps
from django.utils import timezone

import letters.migrations
from cases.encryption import keyed_hash
from letters.models import EmailAddress, Follow, Letter, OutgoingMail, Pledge, Signature
from letters.models.email_spelling import email_hash
from tests.factories import (
    make_email_address,
    make_follow,
    make_letter,
    make_petition,
    make_pledge,
    make_signature,
)
from tests.letters.mail.test_outbox import make_mail
from tests.letters.sending import signed

pytestmark = pytest.mark.usefixtures("counts_hold")

[FILE] = Path(letters.migrations.__path__[0]).glob("*_one_mailbox_one_hash.py")
ASCII = "sam@xn--mnchen-3ya.de"


@cache
def models_of_that_time() -> StateApps:
    return MigrationLoader(connection).project_state(("letters", FILE.stem)).apps


def compare_anew() -> None:
    module = import_module(f"letters.migrations.{FILE.stem}")
    module.compare_anew(models_of_that_time(), None)


def old_hash(email: str) -> str:
    local, _at, domain = email.strip().casefold().rpartition("@")
    return keyed_hash(f"{local.split('+')[0]}@{domain}", "email")


def old_email_address(email: str, **fields) -> EmailAddress:
    return make_email_address(email, **{"email_hash": old_hash(email)} | fields)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Sam@Example.org", "Sam@example.org"),
        ("sam@münchen.de", ASCII),
        ("sam@straße.de", "sam@xn--strae-oqa.de"),
        ('"sam"@example.org', "sam@example.org"),
        (r'"s\am"@EXAMPLE.org', "sam@example.org"),
        ("+sam@example.org", "+sam@example.org"),
    ],
)
def test_stored_addresses_are_compared_and_mailed_to_as_new_ones_are(old, new):
    old_email_address(old)
    make_letter(email=old, email_hash=old_hash(old))
    make_pledge(email=old, email_hash=old_hash(old))
    make_mail(old, to_hash=old_hash(old))

    for _again in range(2):
        compare_anew()

    found = [
        *EmailAddress.objects.values_list("email", "email_hash"),
        *Letter.objects.values_list("email", "email_hash"),
        *Pledge.objects.values_list("email", "email_hash"),
        *OutgoingMail.objects.values_list("to", "to_hash"),
    ]
    assert found == [(new, email_hash(new))] * 5  # the mail has a letter too


@pytest.mark.parametrize("old", ["root@localhost", "sam@[127.0.0.1]", '"sam kim"@example.org'])
def test_what_is_no_address_any_more_stays_as_it_is(old):
    email_address = old_email_address(old)

    compare_anew()

    assert EmailAddress.objects.values_list("email", "email_hash").get() == (
        old,
        email_address.email_hash,
    )


def test_two_mailboxes_of_one_address_are_put_together_and_count_once():
    both, only_first, only_second = [make_petition() for _nr in range(3)]
    first, second = old_email_address("sam@münchen.de"), old_email_address(ASCII)
    for petition in [both, only_first]:
        make_signature(petition, email_address=first)
    for petition in [both, only_second]:
        make_signature(petition, email_address=second)
    make_follow(both.case, email_address=first)
    make_follow(both.case, email_address=second, state="unconfirmed")
    make_follow(email_address=first)
    make_signature(both)  # of somebody else

    compare_anew()

    kept = EmailAddress.objects.get(email_hash=email_hash(ASCII))
    assert [signed(petition.case) for petition in [both, only_first, only_second]] == [2, 1, 1]
    assert sorted(kept.signatures.values_list("petition", "state")) == [
        (petition.pk, "confirmed") for petition in [both, only_first, only_second]
    ]
    assert set(kept.follows.values_list("case", "state")) == {
        (both.case_id, "confirmed"),
        (None, "confirmed"),
    }
    assert EmailAddress.objects.count() == 2
    spare = Signature.objects.get(email_address=None)
    assert (spare.name, spare.state, spare.counted_on) == ("", "invalid", None)


@pytest.mark.parametrize("confirmed", [0, 1])
def test_the_mailbox_whose_owner_said_yes_is_kept_with_its_address(confirmed):
    typed = ["sam@münchen.de", "sam+tag@xn--mnchen-3ya.de"]
    email_addresses = [old_email_address(email) for email in typed]
    petition = make_petition()
    for nr, email_address in enumerate(email_addresses):
        state = "confirmed" if nr == confirmed else "unconfirmed"
        make_signature(petition, email_address=email_address, state=state)

    compare_anew()

    kept = EmailAddress.objects.get()
    assert kept == email_addresses[confirmed]
    assert kept.email == [ASCII, "sam+tag@xn--mnchen-3ya.de"][confirmed]
    assert signed(petition.case) == 1


def test_a_block_of_either_holds_for_both():
    today = timezone.localdate()
    make_email_address(email_hash=email_hash(ASCII), blocked_on=today)
    EmailAddress.objects.update(email="")
    make_follow(email_address=old_email_address("sam@münchen.de"))

    compare_anew()

    kept = EmailAddress.objects.get()
    assert (kept.email, kept.blocked_on, kept.email_hash) == ("", today, email_hash(ASCII))
    assert not Follow.objects.confirmed().exists()


def test_what_waits_for_both_is_one_mail():
    first, second = old_email_address("sam@münchen.de"), old_email_address(ASCII)
    for email_address in [first, second]:
        make_mail(email_address.email, about=f"mailbox:{email_address.pk}", kind="confirm")

    compare_anew()

    kept = EmailAddress.objects.get()
    assert OutgoingMail.objects.get().about == f"mailbox:{kept.pk}"
