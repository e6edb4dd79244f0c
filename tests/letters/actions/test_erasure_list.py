"""Nobody is brought back: what was erased, stopped or taken back after a backup was made is so
again once the erasure list is replayed over it."""

import datetime

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from cases.models import ErasureEntry
from cases.models.erasure_list import as_ranges, from_ranges
from letters.actions import data_requests, email_addresses, follows, posts, reminders
from letters.actions import erasure as erasure_actions
from letters.actions import letters as letter_actions
from letters.actions import pledges as pledge_actions
from letters.actions import replies as reply_actions
from letters.actions import signatures as signature_actions
from letters.delivery import desk, moderation, redactions, replies
from letters.mail import announcements, bounces, year_letters
from letters.models import (
    Announcement,
    BounceKind,
    DataRequest,
    Decision,
    EmailAddress,
    Follow,
    HandInItem,
    Letter,
    MailedLink,
    OutgoingMail,
    Pledge,
    Post,
    Reply,
    Signature,
    Undeliverable,
    YearLetter,
)
from letters.models.email_spelling import email_hash
from letters.privacy import limits
from tests.factories import (
    make_case_to_write_for,
    make_edition,
    make_email_address,
    make_follow,
    make_hand_in,
    make_letter,
    make_message,
    make_petition,
    make_pledge,
    make_post,
    make_reply,
    make_signature,
    make_target,
)
from tests.letters.mail.test_announcements import approved, recorded
from tests.letters.privacy.test_personal_data import ADDRESS, address_of, everything_of, traces_of
from tests.letters.sending import everyone, signed
from tests.letters.stored import everything
from tests.staff import make_staff
from tests.write4rights.backup.restored import a_restored_backup

pytestmark = pytest.mark.usefixtures("counts_hold")

DAY = datetime.timedelta(days=1)
PERSONAL = [DataRequest, EmailAddress, Follow, Letter, OutgoingMail, Pledge, Post, Reply]
PERSONAL += [Signature, Undeliverable]


@pytest.fixture(autouse=True)
def locks_are_in_order():
    """Not looked at here: each test is one transaction, and where a list is replayed there is
    nobody else. Each act is looked at in the tests of its own."""


def test_who_erased_all_of_theirs_is_not_brought_back():
    everything_of(ADDRESS)
    everything_of("other@example.org", name="Kim Other")
    traces = traces_of(ADDRESS)
    cases = list(type(make_case_to_write_for()).objects.all())
    numbers = {case: everyone(case) for case in cases}

    with a_restored_backup():
        erasure_actions.erase_person(email_hash(ADDRESS))

    stored = everything()
    assert [trace for trace in traces if trace in stored] == []
    assert {case: everyone(case) for case in cases} == numbers
    assert Letter.objects.filter(email_hash=email_hash("other@example.org")).count() == 3


def test_an_address_that_a_letter_had_before_is_erased_with_its_owner():
    """Its writer put another there after the backup; then the owner of the first erased all."""
    letter = make_letter(state="ready", **address_of())

    with a_restored_backup():
        new = {"email": "kim@example.org", "email_hash": email_hash("kim@example.org")}
        letter_actions.revise(letter, **new)
        erasure_actions.erase_person(email_hash(ADDRESS))

    assert email_hash(ADDRESS) not in everything()
    assert Letter.objects.get().body  # it is its writer's


def test_what_grew_old_since_the_backup_is_erased_again():
    everything_of(ADDRESS)
    make_post(state="posted")
    traces = traces_of(ADDRESS)

    with a_restored_backup(), time_machine.travel(timezone.now() + 731 * DAY):
        call_command("erase_expired")
        left = everything()  # a mail that still waits

    stored = everything()
    assert [trace for trace in traces if trace in stored and trace not in left] == []
    assert not Letter.objects.filter(erased_on=None).exists()


def test_a_pledge_keeps_the_number_of_what_grew_old_and_not_of_what_its_writer_erased():
    pledge = make_pledge(number=2, due_on=timezone.localdate() + 300 * DAY)
    old, young = [
        make_letter(pledge.case, pledge=pledge, state="posted", changed_at=timezone.now() - age)
        for age in (91 * DAY, DAY)
    ]

    with a_restored_backup():
        call_command("erase_expired")
        erasure_actions.erase_one(young)

    pledged = [Letter.objects.get(pk=letter.pk).pledge for letter in (old, young)]
    assert pledged == [pledge, None]
    assert not Letter.objects.filter(erased_on=None).exists()


def test_every_row_that_went_is_noted(subtests):
    """Compares the tables before and after: a way to erase that notes nothing is found here."""
    everything_of(ADDRESS)
    make_post(state="posted")
    make_reply(letter=Letter.objects.filter(state="posted").first(), entered_by=None)
    data_requests.ask_for_link(ADDRESS)
    bounces.note(email_hash(ADDRESS), BounceKind.HARD)
    for how in [lambda: erasure_actions.erase_person(email_hash(ADDRESS)), erase_the_old]:
        with transaction.atomic():
            ErasureEntry.objects.all().delete()
            before = {model: set(model.objects.values_list("pk", flat=True)) for model in PERSONAL}
            how()
            noted: dict[str, set[int]] = {}
            for entry in ErasureEntry.objects.exclude(model=""):
                noted.setdefault(entry.model, set()).update(entry.keys)
            for model, keys in before.items():
                with subtests.test(model=model.__name__):
                    gone = keys - set(model.objects.values_list("pk", flat=True))
                    # A mail goes with what it is about, an answer with its letter.
                    if model not in (OutgoingMail, Reply, DataRequest, Undeliverable):
                        assert gone - noted.get(model._meta.label_lower, set()) == set()
            transaction.set_rollback(True)


def erase_the_old() -> None:
    with time_machine.travel(timezone.now() + 731 * DAY):
        call_command("erase_expired")


def test_who_wants_no_mail_gets_none_after_a_restore():
    address = make_email_address(ADDRESS)
    make_follow(email_address=address)

    with a_restored_backup():
        email_addresses.not_me(address, block=True)

    address.refresh_from_db()
    assert address.blocked_on
    assert address.email == ""
    assert Follow.objects.get().state == "ended"


def test_an_address_that_was_first_typed_after_the_backup_stays_blocked():
    with a_restored_backup():
        email_addresses.not_me(make_email_address(ADDRESS), block=True)

    address = EmailAddress.objects.get()
    assert (address.email, address.email_hash) == ("", email_hash(ADDRESS))
    assert address.blocked_on


def stop_mails() -> None:
    data_requests.stop_all_mails(email_hash(ADDRESS))


def report_spam() -> None:
    bounces.note(email_hash(ADDRESS), BounceKind.COMPLAINT)


def say_it_is_not_mine() -> None:
    email_addresses.take_address_off(Letter.objects.get(state="posted"))


@pytest.mark.parametrize(
    ("act", "is_so"),
    [
        (stop_mails, lambda: not Follow.objects.exclude(state="ended").exists()),
        (stop_mails, lambda: not Letter.objects.filter(wants_news=True).exists()),
        (stop_mails, lambda: not Pledge.objects.filter(wants_reminders=True).exists()),
        (report_spam, lambda: Undeliverable.objects.filter(kind=BounceKind.COMPLAINT).exists()),
        (say_it_is_not_mine, lambda: Letter.objects.get(state="posted").email_hash == ""),
        (
            lambda: letter_actions.set_news(Letter.objects.get(state="posted"), False),
            lambda: not Letter.objects.get(state="posted").wants_news,
        ),
        (
            lambda: pledge_actions.release(Pledge.objects.get()),
            lambda: Pledge.objects.get().state == "released",
        ),
        (
            lambda: letter_actions.hide(Letter.objects.get(kind="solidarity")),
            lambda: Letter.objects.get(kind="solidarity").shown_on is None,
        ),
        (
            lambda: follows.end(Follow.objects.get()),
            lambda: Follow.objects.get().state == "ended",
        ),
        (
            lambda: reply_actions.take_back(Letter.objects.get(state="posted"), reply().pk),
            lambda: not Reply.objects.exists(),
        ),
    ],
)
def test_what_was_stopped_stays_stopped(act, is_so):
    case = make_case_to_write_for()
    letter = make_letter(case, state="posted", wants_news=True, **address_of())
    make_reply(letter=letter, entered_by=None)
    make_message(state="approved", may_be_shown=True, shown_on=timezone.localdate())
    make_pledge(case, wants_reminders=True, **address_of())
    make_follow(case, email_address=make_email_address(ADDRESS), state="confirmed")
    assert not is_so()

    with a_restored_backup():
        act()
        assert is_so()

    assert is_so()


def reply() -> Reply:
    return Reply.objects.get()


def test_what_was_taken_back_counts_no_more_and_is_not_handed_in():
    letter = make_letter(state="approved")
    make_hand_in(letter)
    letter.refresh_from_db()
    signature, post = make_signature(), make_post(state="posted")
    pledge = make_pledge()
    by_hand = make_letter(pledge.case, pledge=pledge, route="by-hand", state="posted")

    with a_restored_backup():
        assert letter_actions.act(letter, "withdraw")
        assert signature_actions.withdraw(signature)
        assert posts.take_back(post)
        assert pledge_actions.take_back_by_hand(pledge)

    for row in (letter, signature, post):
        row.refresh_from_db()
        assert (row.state, row.counted_on) == ("withdrawn", None)
    assert not HandInItem.objects.open().exists()
    assert not Letter.objects.filter(pk=by_hand.pk).exists()


def test_what_was_stopped_for_an_address_and_wanted_again_for_one_thing_stays_wanted():
    case = make_case_to_write_for()
    pledges = [make_pledge(case, wants_reminders=True, **address_of()) for _nr in range(2)]
    letters = [make_letter(case, state="posted", wants_news=True, **address_of()) for _nr in "12"]
    address = make_email_address(ADDRESS)
    make_signature(make_petition(case=case), email_address=address, wants_thanks=True)

    with a_restored_backup():
        reminders.stop(email_hash(ADDRESS))
        email_addresses.end_thanks(email_hash(ADDRESS))
        assert reminders.remind(pledges[0], wants_reminders=True)
        assert letter_actions.set_news(letters[0], True)

    assert list(Pledge.objects.filter(wants_reminders=True)) == [pledges[0]]
    assert list(Letter.objects.filter(wants_news=True)) == [letters[0]]
    assert not Signature.objects.filter(wants_thanks=True).exists()


@pytest.mark.parametrize("is_wanted", [True, False])
def test_the_last_word_counts(is_wanted):
    """Taken back and wanted again, or the other way round, since the backup was made."""
    case = make_case_to_write_for()
    address = make_email_address(ADDRESS)
    signature = make_signature(make_petition(case=case), email_address=address)
    follow = make_follow(case, email_address=address, state="confirmed")
    letter = make_letter(case, state="posted", wants_news=True, **address_of())
    letter.waiting_since = timezone.now()
    letter.save()
    post, pledge = (
        make_post(case, state="posted"),
        make_pledge(case, wants_reminders=True, **address_of()),
    )
    other = make_email_address("kim@example.org")
    sent = {signature: "confirmed", follow: "confirmed", letter: "posted", post: "posted"}

    with a_restored_backup():
        for wanted in [False, True] if is_wanted else [False, True, False]:
            for row in [signature, follow, letter, post, pledge, other]:
                row.refresh_from_db()
            if wanted:
                assert signature_actions.restore(signature)
                assert follows.confirm(follow)
                assert letter_actions.act(letter, "posted")
                assert letter_actions.set_news(letter, True)
                assert posts.post_again(post)
                email_addresses.unblock(other)
            else:
                assert signature_actions.withdraw(signature)
                assert follows.end(follow)
                assert letter_actions.set_news(letter, False)
                assert letter_actions.act(letter, "undo")
                assert posts.take_back(post)
                email_addresses.not_me(other, block=True)
            assert reminders.remind(pledge, wants_reminders=wanted)

    for row, state in sent.items():
        row.refresh_from_db()
        assert (row.state == state) is is_wanted, row
    for row in (letter, pledge, other):
        row.refresh_from_db()
    assert letter.wants_news is is_wanted
    assert pledge.wants_reminders is is_wanted
    assert bool(other.blocked_on) is not is_wanted


def test_the_last_word_is_not_the_one_of_the_host_whose_clock_is_ahead():
    signature = make_signature()

    with a_restored_backup():
        with time_machine.travel(timezone.now() + DAY):
            assert signature_actions.withdraw(signature)
            assert signature_actions.restore(signature)
        assert signature_actions.withdraw(signature)

    signature.refresh_from_db()
    assert signature.state == "withdrawn"


def redact(letter: Letter) -> None:
    redactions.redact(letter, [("body", 0, 5)], reason="private", by=make_staff())


def hand_in_again(letter: Letter) -> None:
    """With other words, after staff said no to these."""
    letter_actions.reject(letter, "risk")
    letter_actions.revise(letter, body="Other words.")
    letter_actions.act(letter, "deliver")


def ask_for_change(letter: Letter) -> None:
    letter_actions.ask_for_change(letter, "Leave out where she lives.")


def undo_approval(letter: Letter) -> None:
    Letter.objects.filter(pk=letter.pk).update(state="submitted")
    letter.refresh_from_db()
    by = make_staff("moderator")
    desk.decide(letter, "approve", by=by)
    desk.undo(Decision.objects.get(), by=by)


@pytest.mark.parametrize("printing", [False, True])
@pytest.mark.parametrize(
    ("act", "state"),
    [
        (lambda letter: letter_actions.reject(letter, "risk"), "rejected"),
        (lambda letter: letter_actions.reject(letter, "other", "A test."), "rejected"),
        (lambda letter: letter_actions.revise(letter, body="Other words."), "submitted"),
        (ask_for_change, "submitted"),
        (undo_approval, "submitted"),
        (hand_in_again, "submitted"),
        (redact, "submitted"),
        (lambda letter: moderation.invalidate(Letter.objects.all()), "approved"),
    ],
)
def test_what_is_not_approved_any_more_is_not_handed_in_as_the_backup_has_it(act, state, printing):
    """It may put somebody in danger: staff found that since, or its writer did."""
    letter = make_letter(state="approved", route="deliver", target=make_target())
    if printing:
        make_hand_in(letter)
    letter.refresh_from_db()
    letter.waiting_since = timezone.now()
    letter.save()

    with a_restored_backup():
        act(letter)

    letter.refresh_from_db()
    assert letter.state == state
    assert not Letter.objects.to_hand_in().exists()
    assert not HandInItem.objects.open().exists()
    assert letter.counts is (state == "submitted")
    if state == "rejected":
        assert letter.rejection_code in ("risk", "other")


@pytest.mark.parametrize(
    "act",
    [
        replies.stop_sharing,
        lambda reply: replies.share(reply, "Thank you, all of you.", "en"),
        lambda reply: replies.mark_unread(reply),
    ],
)
def test_words_of_an_answer_that_are_shared_no_more_are_not_shared_again(act):
    """Perhaps they said where somebody lives."""
    reply = make_reply(
        make_case_to_write_for(), state="shared", shown_text="Thank you, from Harbour Street."
    )

    with a_restored_backup():
        assert act(reply)

    assert not Reply.objects.filter(state="shared").exists()


def test_news_that_were_stopped_do_not_go_out():
    make_follow(case := make_case_to_write_for(), state="confirmed")
    announcement, now = approved(recorded(case)), timezone.now()
    year_letter = YearLetter.objects.create(
        edition=make_edition(),
        texts={},
        asked_by=make_staff(),
        approved_by=make_staff(),
        approved_at=now,
        tell_after=now,
    )
    assert Announcement.objects.to_be_queued().exists()
    assert YearLetter.objects.to_tell().exists()

    with a_restored_backup():
        announcements.stop(announcement)
        year_letters.stop(year_letter)

    assert not Announcement.objects.to_be_queued().exists()
    assert not YearLetter.objects.to_tell().exists()


def test_what_staff_found_to_be_nobodys_counts_no_more_unless_they_found_that_it_does():
    case = make_case_to_write_for()
    petition = make_petition(case)
    forged, real = make_signature(petition), make_signature(petition)
    post, real_post = make_post(case), make_post(case)

    with a_restored_backup():
        signature_actions.invalidate(forged)
        signature_actions.invalidate(real)
        signature_actions.revalidate(real)
        moderation.invalidate(Post.objects.all())
        moderation.revalidate(Post.objects.filter(pk=real_post.pk))

    for row in (forged, real, post, real_post):
        row.refresh_from_db()
    assert (forged.state, real.state) == ("invalid", "confirmed")
    assert (post.is_valid, real_post.is_valid) == (False, True)


def test_a_signature_that_ceased_to_count_when_it_was_erased_does_not_count_again():
    signature = make_signature(make_petition(), email_address=make_email_address(ADDRESS))
    case = signature.petition.case
    assert signed(case) == 1

    with a_restored_backup():
        erasure_actions.erase_person(email_hash(ADDRESS))

    assert not Signature.objects.exists()
    assert signed(case) == 0


def test_the_list_is_kept_as_long_as_a_backup():
    letter = make_letter(state="posted", **address_of())
    erasure_actions.erase_one(letter)
    assert ErasureEntry.objects.get().keys == [letter.pk]

    with time_machine.travel(timezone.now() + limits.KEEP_BACKUPS_FOR + DAY):
        call_command("erase_expired")

    assert not ErasureEntry.objects.filter(act="erased", model="letters.letter").exists()


def test_a_list_names_keys_and_a_hash_and_nothing_else():
    everything_of(ADDRESS)
    erasure_actions.erase_person(email_hash(ADDRESS))

    for entry in ErasureEntry.objects.all():
        assert entry.email_hash in ("", email_hash(ADDRESS))
        assert as_ranges(from_ranges(entry.rows)) == entry.rows


@pytest.mark.django_db(transaction=True)
def test_nothing_is_noted_outside_of_the_transaction_that_does_it():
    with pytest.raises(transaction.TransactionManagementError):
        ErasureEntry.objects.note("erased", Letter, [1])


def test_many_keys_take_little_room():
    assert as_ranges([7, 1, 2, 3, 9, 10]) == "1-3,7,9-10"
    assert list(from_ranges("1-3,7,9-10")) == [1, 2, 3, 7, 9, 10]
    assert MailedLink._meta.pk.name == "key_hash"  # no number: such links end by their own day
