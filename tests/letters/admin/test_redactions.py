"""Staff leave words out: who sees what, how it is put back, and when it goes."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from cases.models import SafetyRule
from letters.models import Claim, HandInPart, Letter, Redaction
from letters.models.email_spelling import email_hash
from letters.privacy import erasure, personal_data
from letters.text import redactions
from tests.factories import make_case_to_write_for, make_hand_in, make_letter, make_message
from tests.letters.sending import act, letter_form, state_of
from tests.staff import said, signed_in, text

pytestmark = pytest.mark.django_db

BODY = "I met Ana’s sister in Testville.\n\nAna’s   sister is brave. Please let Ana go."


def redact(client, letter: Letter, words: str, which: str = "", seen: str | None = None, **more):
    letter.refresh_from_db()
    seen = letter.changed_at.isoformat() if seen is None else seen
    url = reverse("admin:letters_letter_desk_redact", args=[letter.pk])
    data = {"words": words, "which": which, "why": "danger", "seen": seen} | more
    return client.post(url, data, follow=True)


def body_of(letter: Letter) -> str:
    return redactions.redacted(Letter.objects.get(pk=letter.pk)).body


@pytest.mark.parametrize(
    ("which", "body"),
    [
        ("", "I met […] in Testville.\n\n[…] is brave. Please let Ana go."),
        ("2", "I met Ana’s sister in Testville.\n\n[…] is brave. Please let Ana go."),
    ],
)
def test_words_are_left_out_wherever_they_stand_or_once(which, body):
    letter = make_letter(state="submitted", body=BODY)
    moderator = signed_in("moderator")

    response = redact(moderator, letter, "Ana’s sister", which)

    assert said(response) == [f"Letter {letter.pk}: the words are left out."]
    assert "<del>Ana’s   sister</del>" in text(response)
    assert body_of(letter) == body
    letter.refresh_from_db()
    assert letter.body == BODY
    assert "sister" not in " ".join(LogEntry.objects.values_list("change_message", flat=True))


def test_what_overlaps_is_one_mark_and_is_put_back_one_by_one():
    letter = make_letter(state="approved", body=BODY)
    moderator = signed_in("moderator")
    redact(moderator, letter, "Ana’s sister in")
    redact(moderator, letter, "sister in Testville")
    assert body_of(letter).startswith("I met […].")

    first = Redaction.objects.earliest("pk")
    response = redact(moderator, letter, "", put_back=first.pk)

    assert said(response) == [f"Letter {letter.pk}: the words are back."]
    assert body_of(letter).startswith("I met Ana’s […].")


@pytest.mark.parametrize(
    ("words", "which", "error"),
    [
        ("", "", "Give the words to leave out."),
        ("her brother", "", "These words are not in the letter."),
        ("Ana", "4", "They are there only 3 times."),
        (BODY, "", "Nothing would be left: reject the letter instead."),
    ],
)
def test_nothing_is_left_out_that_does_not_stand_there(words, which, error):
    letter = make_letter(state="submitted", body=BODY)

    response = redact(signed_in("moderator"), letter, words, which)

    assert "There is a problem" in text(response)
    assert error in text(response)
    assert not Redaction.objects.exists()


def test_what_the_check_found_stands_ready_to_be_left_out_one_after_the_other():
    case = make_case_to_write_for()
    SafetyRule.objects.create(case=case, topic="religion", answer="no", words=["pray"])
    body = "I pray for them. Call +47 22 12 34 56, and please let them go."
    letter = make_letter(case, state="submitted", body=body)
    moderator = signed_in("moderator")

    moderator.post("/admin/letters/letter/desk/take/")
    url = reverse("admin:letters_letter_desk_read", args=[letter.pk])
    pages = [moderator.get(url)]
    pages += [redact(moderator, letter, "pray"), redact(moderator, letter, "+47 22 12 34 56")]

    assert [page.context["redact_form"].initial for page in pages] == [
        {"words": "pray", "why": "rule"},
        {"words": "+47 22 12 34 56", "why": "private"},
        {},
    ]
    assert body_of(letter) == "I […] for them. Call […], and please let them go."


def test_a_letter_that_was_changed_meanwhile_is_read_again_first():
    letter = make_letter(state="submitted", body=BODY)
    moderator, other = signed_in("moderator"), signed_in("moderator")
    as_read = letter.changed_at.isoformat()

    redact(moderator, letter, "Ana’s sister")
    Claim.objects.all().delete()
    late = redact(other, letter, "Testville", seen=as_read)
    approved = other.post(
        reverse("admin:letters_letter_desk_act", args=[letter.pk]),
        {"act": "approve", "seen": as_read},
        follow=True,
    )

    assert "read it again" in said(late)[0]
    assert "read it again" in said(approved)[0]
    letter.refresh_from_db()
    assert (letter.state, letter.redactions.count()) == ("submitted", 2)


@pytest.mark.parametrize("state", ["drafting", "posted", "asked", "rejected"])
def test_only_what_we_deliver_or_show_is_redacted(state):
    letter = make_letter(state=state, body=BODY, rejection_reason="A reason.")

    redact(signed_in("moderator"), letter, "Ana’s sister")

    assert not Redaction.objects.exists()


def test_its_writer_sees_what_is_left_out_and_why_until_they_change_it(client):
    letter = make_letter(make_case_to_write_for(), state="approved", body=BODY)
    redact(signed_in("moderator"), letter, "Ana’s sister in Testville.\n\nAna’s sister")

    page = client.get(letter.get_absolute_url()).content.decode()

    assert "I met <del>Ana’s sister in Testville.</del></p>" in page
    assert "<p><del>Ana’s   sister</del> is brave." in page
    assert "It could put somebody in danger." in page
    own = client.get(reverse("letters:letter-text", args=[letter.key])).content.decode()
    assert BODY in own

    form = letter_form(body=f"{BODY} Thank you.", subject=letter.subject)
    client.post(reverse("letters:letter-edit", args=[letter.key]), form)
    letter.refresh_from_db()
    assert (letter.state, letter.redactions.count()) == ("submitted", 0)


def test_they_stay_as_long_as_no_word_is_changed_and_are_not_in_force_in_a_draft(client):
    letter = make_letter(make_case_to_write_for(), state="submitted", body=BODY)
    redact(signed_in("moderator"), letter, "Ana’s sister")
    form = letter_form(body=BODY, subject=letter.subject, place="Elsewhere")
    client.post(reverse("letters:letter-edit", args=[letter.key]), form)
    letter.refresh_from_db()
    assert (letter.place, letter.redactions.count()) == ("Elsewhere", 2)

    act(client, letter, "undo")
    as_a_draft = client.get(letter.get_absolute_url()).content.decode()
    act(client, letter, "deliver")
    handed_in_again = client.get(letter.get_absolute_url()).content.decode()

    assert ("<del>" in as_a_draft, "<del>" in handed_in_again) == (False, True)


def test_readers_see_a_mark_where_a_message_leaves_something_out(client, django_assert_num_queries):
    message = make_message(state="approved", may_be_shown=True, body=BODY)
    type(message.case.solidarity_action).objects.update(shows_messages=True)
    redact(signed_in("moderator"), message, "Ana’s sister")
    Letter.objects.update(shown_on=timezone.localdate())

    page = client.get(reverse("letters:messages", args=[message.case.slug])).content.decode()

    assert "<p>I met […] in Testville.</p>" in page
    assert "sister" not in page
    assert "Nothing is rewritten." in page


def test_they_are_erased_with_the_letter_and_told_to_whom_it_belongs():
    sam = {"email": "sam@example.org", "email_hash": email_hash("sam@example.org")}
    letter = make_letter(state="approved", body=BODY, **sam)
    redact(signed_in("moderator"), letter, "Testville")
    assert personal_data.export(sam["email_hash"])["letters"][0]["left_out"] == [
        ("Testville", "it could put somebody in danger")
    ]
    assert "left out by us: Testville (it could" in personal_data.as_text(sam["email_hash"])

    erasure.erase_letters(Letter.objects.all())

    assert not Redaction.objects.exists()


def test_staff_see_what_is_left_out_marked_with_what_the_check_found():
    letter = make_letter(
        make_case_to_write_for(), state="submitted", body="Call +47 22 22 22 22 now."
    )
    moderator = signed_in("moderator")

    page = text(redact(moderator, letter, "+47 22 22 22 22 now"))

    assert "<del><mark>+47 22 22 22 22</mark></del><del> now</del>" in page


def test_what_is_left_out_of_a_letter_in_a_hand_in_is_printed_anew():
    case = make_case_to_write_for()
    letters = [make_letter(case, state="approved", body=BODY) for _each in range(2)]
    hand_in = make_hand_in(*letters, parts=2)
    now = timezone.now()
    hand_in.parts.update(made_at=now, fetched_at=now, first_fetched_at=now)
    HandInPart.objects.create(
        hand_in=hand_in, index=0, first=1, last=2, made_at=now, fetched_at=now
    )
    client = signed_in("moderator")

    redact(client, letters[0], "Ana’s sister")

    assert state_of(letters[0]) == "in-hand-in"
    assert "[…] is brave" in body_of(letters[0])
    assert _to_print_anew(hand_in) == [1]
    press = f"/admin/letters/handin/{hand_in.pk}/printed/"
    refused = signed_in("delivery").post(press, follow=True)
    assert "A part was not fetched yet, or is being made again" in said(refused)[0]
    hand_in.parts.update(made_at=now, fetched_at=now)
    put_back = Redaction.objects.earliest("pk").pk
    redact(client, letters[0], "", put_back=put_back)
    assert _to_print_anew(hand_in) == [1]
    assert [part.version for part in hand_in.parts.order_by("index")] == [1, 3, 1]


def test_nothing_is_left_out_of_a_letter_that_is_printed():
    letter = make_letter(make_case_to_write_for(), state="approved", body=BODY)
    hand_in = make_hand_in(letter, state="printed")
    now = timezone.now()
    hand_in.parts.update(made_at=now, fetched_at=now)

    redact(signed_in("moderator"), letter, "Ana’s sister")

    assert not Redaction.objects.exists()
    assert _to_print_anew(hand_in) == []


def _to_print_anew(hand_in) -> list[int]:
    waiting = hand_in.parts.filter(made_at=None, fetched_at=None)
    return list(waiting.order_by("index").values_list("index", flat=True))
