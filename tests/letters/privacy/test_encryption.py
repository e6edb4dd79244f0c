from io import StringIO

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from cases.encryption import Unreadable, keyed_hash
from letters.management.commands import rotate_keys
from letters.models import (
    DataRequest,
    Delivery,
    EmailAddress,
    Letter,
    LetterPicture,
    OutgoingMail,
    Pledge,
    Post,
    Reply,
    Signature,
)
from letters.models.email_spelling import email_hash
from tests.factories import make_case_to_write_for, make_letter, make_pledge
from tests.letters.sending import BODY, act, letter_form, send_pledge
from tests.letters.stored import everything
from tests.staff import make_staff

pytestmark = pytest.mark.usefixtures("counts_hold")

TYPED = ["Sam Tester", "Testville", "sam@example.org", "The pastures", "A class of ours", BODY[:20]]


def test_what_was_typed_stands_nowhere_in_plain(client):
    case = make_case_to_write_for()
    form = letter_form(email="sam@example.org")
    client.post(reverse("letters:letter-write", args=[case.slug]), form)
    send_pledge(client, case, name="Sam Tester", group="A class of ours", email="sam@example.org")
    letter = Letter.objects.get()
    act(client, letter, "deliver")

    stored = everything("letters_")

    for text in [*TYPED, letter.key, Pledge.objects.get().key, "Your private link", "/letters/"]:
        assert text not in stored
    assert letter.key_hash in stored


def test_the_client_s_address_stands_nowhere(client):
    case = make_case_to_write_for()
    client.defaults |= {"REMOTE_ADDR": "203.0.113.77", "HTTP_USER_AGENT": "A browser of tests"}
    client.post(reverse("letters:letter-write", args=[case.slug]), letter_form())
    send_pledge(client, case)
    act(client, Letter.objects.get(), "deliver")

    stored = everything()

    assert "203.0.113" not in stored
    assert "A browser of tests" not in stored


def test_equal_texts_are_stored_differently():
    first, second = make_letter(), make_letter()

    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM letters_letter")
        stored = {body for (body,) in cursor.fetchall()}

    assert first.body == second.body
    assert len(stored) == 2


def test_an_encrypted_field_can_be_asked_only_whether_it_is_empty():
    make_letter(name="")

    assert Letter.objects.filter(name="").exists()
    for lookup in [
        {"name": "Sam"},
        {"name__in": ["Sam"]},
        {"name__icontains": "a"},
        {"name__gt": ""},
    ]:
        with pytest.raises(TypeError):
            Letter.objects.filter(**lookup).exists()


def test_a_missing_key_is_said_in_a_sentence(settings):
    make_letter()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(Unreadable, match="A key is missing from ENCRYPTION_KEYS"):
        Letter.objects.get()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sam@Example.org", "sam@example.org"),
        ("sam+news@example.org", "sam@example.org"),
        ("s.a.m@gmail.com", "sam@googlemail.com"),
        (" sam@example.org ", "sam@example.org"),
    ],
)
def test_one_mailbox_has_one_hash(one, other):
    assert email_hash(one) == email_hash(other)


def test_other_mailboxes_have_other_hashes():
    assert len({email_hash(a) for a in ["sam@example.org", "s.am@example.org", "sam@x.org"]}) == 3
    assert email_hash("") == ""


@pytest.mark.parametrize(
    ("text", "purpose", "known"),
    [
        ("sam@example.org", "email", "sUGHHpnvoxIXw7Lna1O6FB7r8CksuCWTt-dheDxXdgo"),
        ("sam@example.org", "link", "jtB9KjJUaKwtLHeH4sRY9dy-zK0zoJ9_gFLFuaNhKfQ"),
        ("sam@example.org", "throttle", "215TCib7VKaJK223VEBDbCiIx4GjnnaFE7ND7s40-go"),
        ("letterkey0000000000001", "link", "cwxwa4XI0TU-c96jf05pGVc3HzGMOAL3MQ4XzhJvaLw"),
        ("", "email", "1vwD8l18PCRm99LTZyqS_IsjIK7Bg67U_CipYfTUMJw"),
    ],
)
def test_a_hash_is_today_what_it_was_and_each_purpose_has_its_own(text, purpose, known):
    """Private links, blocks and whether somebody signs twice hang on these very characters."""
    assert keyed_hash(text, purpose) == known


def test_the_hash_of_an_address_is_that_of_its_normal_form():
    assert email_hash("Sam+news@Example.org") == "sUGHHpnvoxIXw7Lna1O6FB7r8CksuCWTt-dheDxXdgo"


# --- rotate_keys


def rotate(*options: str) -> str:
    out = StringIO()
    call_command("rotate_keys", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def old_and_new_key(settings):
    """Rows under the old key; afterwards a new one stands in front."""
    letter, pledge = make_letter(place="Testville"), make_pledge(name="Sam Tester")
    old, new = settings.ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, old]
    return letter, pledge, new


def test_after_rotating_the_old_key_can_go(settings, old_and_new_key):
    letter, _pledge, new = old_and_new_key

    said = rotate("--part", "1")

    settings.ENCRYPTION_KEYS = [new]
    assert Letter.objects.get().place == "Testville"
    assert Letter.objects.by_key(letter.key).get() == letter
    assert Pledge.objects.get().name == "Sam Tester"
    assert "letters: 5 texts anew" in said
    assert "pledges: 2 texts anew" in said


def test_rotating_keeps_the_second_factors_of_staff(settings, old_and_new_key):
    *_rows, new = old_and_new_key
    staff = make_staff()
    settings.ENCRYPTION_KEYS, both = settings.ENCRYPTION_KEYS[1:], settings.ENCRYPTION_KEYS
    TOTP.activate(staff, "JBSWY3DPEHPK3PXP")
    codes = RecoveryCodes.activate(staff).get_unused_codes()
    settings.ENCRYPTION_KEYS = both

    assert "second factors: 2 anew" in rotate()

    settings.ENCRYPTION_KEYS = [new]
    stored = Authenticator.objects.get(user=staff, type="totp").data["secret"]
    assert get_adapter().decrypt(stored) == "JBSWY3DPEHPK3PXP"
    codes_then = Authenticator.objects.get(user=staff, type="recovery_codes").wrap()
    assert codes_then.get_unused_codes() == codes


def test_every_secret_that_allauth_encrypts_is_rotated(settings, old_and_new_key):
    """Whatever it calls them: codes of an earlier version are a list of texts."""
    *_rows, new = old_and_new_key
    old = Fernet(settings.ENCRYPTION_KEYS[1])
    data = {
        "migrated_codes": [old.encrypt(code).decode() for code in (b"11112222", b"33334444")],
        "used_mask": 0,
    }
    Authenticator.objects.create(user=make_staff(), type="recovery_codes", data=data)

    rotate()

    settings.ENCRYPTION_KEYS = [new]
    codes = Authenticator.objects.get().wrap()
    assert codes.get_unused_codes() == ["11112222", "33334444"]


def test_rotating_twice_changes_nothing_more(old_and_new_key):
    rotate()

    assert "letters: 0 texts anew" in rotate()


def test_rotating_overwrites_no_text_that_is_written_meanwhile(old_and_new_key):
    letter, _pledge, new = old_and_new_key
    parts = list(rotate_keys.in_parts(Letter, 10))
    Letter.objects.filter(pk=letter.pk).update(body="Words of this very moment.")

    rotating = rotate_keys.Command()
    rotating.newest, rotating.changed, rotating.unreadable = Fernet(new), 0, 0
    for part in parts:
        rotating.rotate(Letter, ["body"], part)

    assert Letter.objects.get().body == "Words of this very moment."


def test_a_text_that_no_key_reads_is_reported(settings):
    make_letter()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(CommandError, match="can't be read with any of the ENCRYPTION_KEYS"):
        rotate()

    settings.ENCRYPTION_KEYS = ["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]
    assert Letter.objects.get().name == "Sam Tester"


def test_no_encrypted_column_is_left_out():
    assert {model: len(columns) for model, columns in rotate_keys.encrypted_columns()} == {
        Letter: 6,
        LetterPicture: 1,
        EmailAddress: 2,
        OutgoingMail: 4,
        Pledge: 4,
        Signature: 2,
        Post: 1,
        Reply: 3,
        Delivery: 3,
        DataRequest: 1,
    }
