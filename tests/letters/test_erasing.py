import datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from letters import emails, erasing
from letters.encryption import email_hash
from letters.models import (
    Follow,
    Letter,
    LetterPicture,
    Mailbox,
    OutgoingMail,
    Pledge,
    Signature,
    SocialAction,
    Throttle,
)
from tests.factories import (
    make_case_to_write_for,
    make_follow,
    make_letter,
    make_mailbox,
    make_petition,
    make_pledge,
    make_post,
    make_signature,
)
from tests.letters.sending import everyone, letter_form
from tests.letters.stored import column, everything

pytestmark = pytest.mark.usefixtures("counts_hold")

DAY = datetime.timedelta(days=1)
ADDRESS = "sam@example.org"


def make_full_letter(**fields) -> Letter:
    """A letter with everything in it that tells of its writer."""
    fields = {
        "name": "Sam Tester",
        "place": "Testville",
        "country": "NO",
        "email": ADDRESS,
        "email_hash": email_hash(ADDRESS),
    } | fields
    letter = make_letter(make_case_to_write_for(), **fields)
    emails.queue_letter_link(letter)
    return letter


def test_an_erased_letter_is_gone_and_its_number_stays(client):
    letter = make_full_letter(state="posted", pledge=make_pledge())
    url = reverse("letters:erase", args=[letter.key])
    assert "Erase this letter?" in client.get(url).content.decode()

    response = client.post(url)

    assert response.url == reverse("letters:erased")
    assert client.get(response.url).status_code == 200
    assert everyone(letter.case) == 1
    for page in ["letter", "edit", "text", "erase"]:
        assert client.get(reverse(f"letters:{page}", args=[letter.key])).status_code == 404
    left = Letter.objects.get()
    assert (left.subject, left.body, left.name, left.place, left.email) == ("",) * 5
    assert (left.key, left.email_hash, left.pledge, left.name_form) == ("", "", None, "none")
    assert left.created_at.time() == left.changed_at.time() == datetime.time(0)
    assert (left.country, left.state, left.erased_on) == ("NO", "posted", timezone.localdate())
    assert not OutgoingMail.objects.exists()


def test_looking_at_the_page_erases_nothing(client):
    letter = make_full_letter()

    client.get(reverse("letters:erase", args=[letter.key]))
    client.head(reverse("letters:erase", args=[letter.key]))

    assert Letter.objects.get().body != ""


def test_a_letter_that_counts_nowhere_is_deleted(client):
    letter = make_full_letter(state="drafting")

    client.post(reverse("letters:erase", args=[letter.key]))

    assert not Letter.objects.exists()


def test_two_letters_can_be_erased():
    make_full_letter(state="posted")
    make_full_letter(state="submitted")

    assert erasing.erase_letters(Letter.objects.all()) == 2
    assert Letter.objects.exclude(erased_on=None).count() == 2


def test_erasing_takes_only_the_mails_of_its_letter():
    first, second = make_full_letter(), make_full_letter()

    erasing.erase_letters(Letter.objects.filter(pk=first.pk))

    assert OutgoingMail.objects.get().about == f"letter:{second.pk}"


def test_the_page_sent_again_after_erasing_makes_a_new_letter(client):
    case = make_case_to_write_for()
    form, url = letter_form(), reverse("letters:write", args=[case.slug])
    client.post(url, form)
    client.post(reverse("letters:erase", args=[Letter.objects.get().key]))

    client.post(url, form)

    assert Letter.objects.get().body == form["body"]


@pytest.mark.parametrize(
    ("state", "days"),
    [
        ("drafting", 30),
        ("ready", 30),
        ("rejected", 30),
        ("withdrawn", 30),
        ("posted", 90),
        ("submitted", 365),
        ("approved", 365),
    ],
)
def test_every_letter_is_erased_on_its_day_and_not_before(state, days):
    reason = "A reason." if state == "rejected" else ""
    letter = make_full_letter(state=state, rejection_reason=reason)
    before = everyone(letter.case)

    Letter.objects.update(changed_at=timezone.now() - days * DAY + DAY / 24)
    assert erasing.erase_expired()["letters"] == 0

    Letter.objects.update(changed_at=timezone.now() - days * DAY - DAY / 24)
    assert erasing.erase_expired()["letters"] == 1
    assert erasing.erase_expired()["letters"] == 0
    assert not Letter.objects.exclude(body="").exists()
    assert everyone(letter.case) == before


def test_pledges_mails_and_limits_are_erased_on_their_day():
    today, now = timezone.localdate(), timezone.now()
    make_pledge(due_on=today - 90 * DAY)
    make_pledge(due_on=today - 91 * DAY, email=ADDRESS)
    for about, days in [("letter:1", 6), ("letter:2", 8)]:
        OutgoingMail.objects.create(
            about=about,
            kind="letter-link",
            created_at=now,
            not_before=now,
            sent_at=now - days * DAY,
        )
    Throttle.objects.create(key="old", ends_at=now - DAY / 24)
    Throttle.objects.create(key="new", ends_at=now + DAY / 24)

    gone = {what: number for what, number in erasing.erase_expired().items() if number}
    assert gone == {"pledges": 1, "mails": 1, "limits": 1}

    assert Pledge.objects.get().due_on == today - 90 * DAY
    assert OutgoingMail.objects.get().about == "letter:1"
    assert Throttle.objects.get().key == "new"


def test_a_mail_that_waits_is_not_erased_until_it_is_no_news():
    make_full_letter()
    make_full_letter()
    OutgoingMail.objects.update(created_at=timezone.now() - 91 * DAY)
    news = OutgoingMail.objects.first()
    OutgoingMail.objects.filter(pk=news.pk).update(is_news=True)

    assert erasing.erase_expired()["mails"] == 1

    assert not OutgoingMail.objects.filter(pk=news.pk).exists()
    assert OutgoingMail.objects.count() == 1


# --- signatures, follows, posts


@pytest.mark.parametrize(
    ("state", "days", "left"),
    [
        ("unconfirmed", 14, 0),
        ("withdrawn", 30, 0),
        ("confirmed", 365, 1),
        ("invalid", 365, 1),
    ],
)
def test_every_signature_is_erased_on_its_day_and_not_before(state, days, left):
    signature = make_signature(state=state)
    counts = signers(signature.petition)

    Signature.objects.update(changed_at=timezone.now() - days * DAY + DAY / 24)
    assert erasing.erase_expired()["signatures"] == 0

    Signature.objects.update(changed_at=timezone.now() - days * DAY - DAY / 24)
    assert erasing.erase_expired()["signatures"] == 1
    assert erasing.erase_expired()["signatures"] == 0
    assert Signature.objects.count() == left
    assert not Mailbox.objects.exists()
    assert signers(signature.petition) == counts


def signers(petition) -> int:
    cases = type(petition.case).objects.with_count()
    return cases.get(pk=petition.case_id).signature_count


def test_what_is_left_of_a_signature_is_a_number_from_a_country():
    signature = make_signature(shows_name=True)
    Signature.objects.update(changed_at=timezone.now() - 366 * DAY)

    erasing.erase_expired()

    left = Signature.objects.get()
    assert (left.name, left.mailbox, left.shows_name) == ("", None, False)
    assert left.created_at.time() == left.changed_at.time() == datetime.time(0)
    assert (left.country, left.state, left.text) == ("NO", "confirmed", signature.text)
    assert left.erased_on == timezone.localdate()
    assert signers(signature.petition) == 1


def test_after_a_petition_has_closed_its_signatures_are_kept_for_a_season():
    today = timezone.localdate()
    closed = make_signature(make_petition(closes_on=today - 91 * DAY))
    make_signature(make_petition(closes_on=today - 90 * DAY))
    make_signature(make_petition())

    assert erasing.erase_expired()["signatures"] == 1

    assert Signature.objects.exclude(erased_on=None).get() == closed


@pytest.mark.parametrize(("state", "days"), [("unconfirmed", 14), ("ended", 30)])
def test_a_wish_for_news_is_erased_on_its_day_and_its_address_with_it(state, days):
    make_follow(state=state)

    Follow.objects.update(changed_at=timezone.now() - days * DAY + DAY / 24)
    assert erasing.erase_expired()["follows"] == 0

    Follow.objects.update(changed_at=timezone.now() - days * DAY - DAY / 24)
    gone = erasing.erase_expired()
    assert (gone["follows"], gone["mailboxes"]) == (1, 1)


def test_who_follows_is_told_for_years():
    make_follow()
    Follow.objects.update(changed_at=timezone.now() - 3_000 * DAY)

    erasing.erase_expired()

    assert Follow.objects.exists()
    assert Mailbox.objects.exists()


def test_a_block_is_kept_two_years_as_a_hash():
    today = timezone.localdate()
    kept = make_mailbox(email="", email_hash="kept", blocked_on=today - 730 * DAY)
    make_mailbox(email="", email_hash="gone", blocked_on=today - 731 * DAY)

    assert erasing.erase_expired()["mailboxes"] == 1

    assert Mailbox.objects.get() == kept


def test_an_empty_mailbox_goes_with_its_mail():
    used, empty = make_follow().mailbox, make_mailbox()
    for mailbox in [used, empty]:
        emails.queue_confirm(mailbox, mailbox.email)

    assert erasing.erase_expired()["mailboxes"] == 1

    assert Mailbox.objects.get() == used
    assert OutgoingMail.objects.get().about == f"mailbox:{used.pk}"


def test_the_link_of_a_post_goes_and_its_number_stays():
    posted, taken_back = make_post(), make_post(state="withdrawn")
    SocialAction.objects.update(created_at=timezone.now() - 90 * DAY + DAY / 24)
    assert erasing.erase_expired()["posts"] == 0

    SocialAction.objects.update(created_at=timezone.now() - 90 * DAY - DAY / 24)
    assert erasing.erase_expired()["posts"] == 2
    assert erasing.erase_expired()["posts"] == 0

    left = SocialAction.objects.get()
    assert (left.pk, left.key, left.key_hash) == (posted.pk, "", f"erased-{posted.pk}")
    assert left.counts
    assert taken_back.pk != left.pk


def test_a_drawing_is_erased_with_the_words():
    letter = make_full_letter(state="approved", kind="solidarity")
    LetterPicture.objects.create(letter=letter, data="a drawing", width=1, height=1)

    erasing.erase_letters(Letter.objects.all())

    assert Letter.objects.get().erased_on == timezone.localdate()
    assert not LetterPicture.objects.exists()


def test_who_erases_all_leaves_numbers_and_nothing_else():
    mailbox, other = make_mailbox(ADDRESS), make_signature().mailbox
    closed = make_petition(closes_on=timezone.localdate() - DAY)
    confirmed = make_signature(closed, mailbox=mailbox, name="Sam Tester")
    make_signature(mailbox=mailbox, state="unconfirmed")
    make_follow(mailbox=mailbox)
    make_follow(confirmed.petition.case, mailbox=mailbox)
    emails.queue_confirm(mailbox, ADDRESS)
    traces = [column(mailbox, "email"), column(mailbox, "key"), column(confirmed, "name")]
    traces += [mailbox.key_hash, mailbox.email_hash]
    assert [trace for trace in traces if trace not in everything()] == []

    assert erasing.erase_mailboxes(Mailbox.objects.filter(pk=mailbox.pk)) == 1

    stored = everything()
    assert [trace for trace in traces if trace in stored] == []
    assert Mailbox.objects.get() == other
    assert signers(confirmed.petition) == 1
    assert not Follow.objects.exists()


def test_who_erases_all_stays_blocked():
    mailbox = make_mailbox(blocked_on=timezone.localdate(), email="")
    make_signature(mailbox=mailbox)

    erasing.erase_mailboxes(Mailbox.objects.all())

    assert Mailbox.objects.get().blocked_on
    assert not Signature.objects.exists()


def test_erasing_goes_on_in_parts_until_all_is_done():
    for _nr in range(5):
        make_full_letter(state="posted", changed_at=timezone.now() - 91 * DAY)
    expired = Letter.objects.filter(erased_on=None)

    assert erasing._in_parts(expired, erasing.erase_letters, size=2) == 5
    assert not expired.exists()


def test_the_command_prints_numbers_only():
    make_full_letter(changed_at=timezone.now() - 31 * DAY)
    out = StringIO()

    call_command("erase_expired", stdout=out)

    assert out.getvalue() == (
        "letters: 1 erased\npledges: 0 erased\nsignatures: 0 erased\nfollows: 0 erased\n"
        "posts: 0 erased\nmailboxes: 0 erased\nmails: 0 erased\nlimits: 0 erased\n"
    )


def test_the_privacy_page_promises_what_is_done(client):
    page = client.get(reverse("letters:privacy")).content.decode()

    for limit in erasing.LIMITS:
        assert str(limit.what) in page
        assert f">{limit.days}<" in page


def test_nothing_of_an_erased_writer_is_in_any_table(client):
    letter = make_full_letter(state="posted")
    traces = [
        value
        for name in ["key", "subject", "body", "name", "place", "email"]
        if (value := column(letter, name))
    ]
    assert len(traces) == 6

    client.post(reverse("letters:erase", args=[letter.key]))

    stored = everything()
    assert email_hash(ADDRESS) not in stored
    assert [trace for trace in traces if trace in stored] == []
