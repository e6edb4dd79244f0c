"""After somebody was erased nothing tells of them: no table, no file, no cache and no log."""

import datetime
import logging
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.fernet import InvalidToken
from django.core.cache import caches
from django.core.files.storage import storages
from django.core.management import call_command
from pypdf import PdfReader

from cases.encryption import fernet, keyed_hash
from cases.models import ErasureEntry, Petition
from letters.actions import letters as letter_actions
from letters.mail import bounces
from letters.models import BounceKind, EmailAddress, HandInPart, Letter, Pledge, Throttle
from letters.models.email_spelling import email_hash
from tests.factories import make_petition, make_solidarity_action
from tests.letters.delivery.test_hand_ins import make
from tests.letters.privacy.test_personal_data import ADMIN, ask, find
from tests.letters.sending import (
    a_picture,
    act,
    ask_to_be_told,
    everyone,
    say_yes,
    send_letter,
    send_message,
    send_pledge,
    sign,
    signed,
    yesterday,
)
from tests.letters.stored import everything, readable
from tests.staff import said, signed_in

pytestmark = [pytest.mark.usefixtures("counts_hold"), pytest.mark.slow]

ADDRESS = "samantha.tester@example.org"
WORDS = "My grandmother told me of the pastures. Please do not build on them."
TYPED = [ADDRESS, "Samantha Testerson", "Testville-on-Sea", "grandmother"]


@pytest.fixture
def place(settings, tmp_path) -> Path:
    """All files of the site."""
    private = settings.STORAGES["private"] | {"OPTIONS": {"location": tmp_path / "private"}}
    settings.STORAGES = settings.STORAGES | {"private": private}
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path


def in_files(folder: Path) -> str:
    """What stands in each of them, as whoever has the keys reads it."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            with suppress(InvalidToken):
                data = fernet().decrypt(data)
            if data.startswith(b"%PDF"):
                found += [page.extract_text() for page in PdfReader(BytesIO(data)).pages]
            found.append(data.decode(errors="replace"))
    return "\n".join(found)


def in_caches() -> str:
    kept = [storages["rendered"].open(name).read() for name in storages["rendered"].listdir("")[1]]
    return "\n".join(str(caches[name]._cache) for name in ("default", "fragments")) + str(kept)


def do_everything(client) -> None:
    """One person does all that there is, and staff get their letter ready for print."""
    fields = {"email": ADDRESS, "name": TYPED[1], "place": TYPED[2]}
    petition = make_petition()
    case = petition.case
    make_solidarity_action(case)
    for _number in range(2):
        send_letter(client, case, body=WORDS, follow="on", **fields)
    posted, given = Letter.objects.order_by("pk")
    act(client, posted, "post")
    act(client, posted, "posted")
    act(client, given, "deliver")
    send_message(client, case, body=WORDS, picture=a_picture(), **fields)
    send_pledge(client, case, **fields)
    sign(client, petition, email=ADDRESS, name=TYPED[1])
    ask_to_be_told(client, email=ADDRESS)
    say_yes(client, EmailAddress.objects.get())
    ask(client, ADDRESS)
    given.refresh_from_db()
    letter_actions.approve(given)
    make(case)
    call_command("work", "--once")
    bounces.note(email_hash(ADDRESS), BounceKind.SOFT)


def test_nothing_tells_of_who_was_erased_and_the_numbers_stay(client, place, caplog):
    caplog.set_level(logging.DEBUG)
    do_everything(client)
    case = Letter.objects.first().case
    Petition.objects.update(closes_on=yesterday() - datetime.timedelta(days=2))
    numbers = everyone(case), signed(case)
    of = email_hash(ADDRESS)
    hidden = [row.key_hash for row in [*Letter.objects.all(), *Pledge.objects.all()]]
    hidden += [EmailAddress.objects.get().key_hash, of]
    places = ["mail-to", "mail-to-a-day", "confirmations-a-day", "confirmation-to"]
    taken = [keyed_hash(f"{name}|{of}|{place}", "throttle") for name in places for place in (0, 1)]
    assert [text for text in TYPED if text not in readable()] == []
    assert [text for text in hidden if text not in everything()] == []
    assert Throttle.objects.filter(key__in=taken).exists()
    assert "grandmother" in in_files(place)
    staff = signed_in("safety")

    person = find(staff, ADDRESS)
    response = staff.post(f"{ADMIN}erase/", {"person": person, "is_sure": "yes"}, follow=True)
    call_command("work", "--once")

    assert said(response) == ["All of it is erased."]
    everywhere = {
        "table": everything(),
        "decrypted table": readable(),
        "file": in_files(place),
        "cache": in_caches(),
        "log": caplog.text,
    }
    for where, stored in everywhere.items():
        assert [text for text in [*TYPED, *hidden] if text in stored] == [], where
    assert not Throttle.objects.filter(key__in=taken).exists()
    assert not HandInPart.objects.filter(fetched_at__isnull=False).exists()
    assert (everyone(case), signed(case)) == numbers
    # What a restored backup must not bring back: for 30 days, as a hash and keys of rows.
    assert set(ErasureEntry.objects.values_list("email_hash", flat=True)) == {"", of}
