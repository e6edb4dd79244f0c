import datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from cases.models import ErasureEntry
from letters.actions import erasure as erasure_actions
from letters.actions import pledges as pledge_actions
from letters.delivery import moderation
from letters.mail import messages, reminders
from letters.models import (
    EmailAddress,
    Follow,
    Letter,
    LetterPicture,
    MailKind,
    OutgoingMail,
    Pledge,
    Post,
    Signature,
    Throttle,
)
from letters.models.email_spelling import email_hash
from letters.privacy import erasure, limits
from tests.factories import (
    make_case_to_write_for,
    make_email_address,
    make_follow,
    make_letter,
    make_petition,
    make_pledge,
    make_post,
    make_signature,
)
from tests.letters.sending import counted, everyone, letter_form, sign
from tests.letters.stored import column, everything
from tests.staff import signed_in

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
    messages.queue_letter_link(letter)
    return letter


@pytest.mark.usefixtures("still_clock")
def test_an_erased_letter_is_gone_and_its_number_stays(client):
    letter = make_full_letter(state="posted", pledge=make_pledge())
    url = reverse("letters:letter-erase", args=[letter.key])
    assert "Erase this letter?" in client.get(url).content.decode()

    response = client.post(url)

    assert response.url == reverse("letters:erased")
    assert client.get(response.url).status_code == 200
    assert everyone(letter.case) == 1
    for page in ["letter", "letter-edit", "letter-text", "letter-erase"]:
        assert client.get(reverse(f"letters:{page}", args=[letter.key])).status_code == 404
    left = Letter.objects.get()
    assert (left.subject, left.body, left.name, left.place, left.email) == ("",) * 5
    assert (left.key, left.email_hash, left.pledge, left.name_form) == ("", "", None, "none")
    moments = [left.created_at, left.changed_at, left.supporter_changed_at]
    assert {moment.time() for moment in moments} == {datetime.time(0)}
    assert (left.country, left.state, left.erased_on) == ("NO", "posted", timezone.localdate())
    assert not OutgoingMail.objects.exists()


def test_looking_at_the_page_erases_nothing(client):
    letter = make_full_letter()

    client.get(reverse("letters:letter-erase", args=[letter.key]))
    client.head(reverse("letters:letter-erase", args=[letter.key]))

    assert Letter.objects.get().body != ""


def test_a_letter_that_counts_nowhere_is_deleted(client):
    letter = make_full_letter(state="drafting")

    client.post(reverse("letters:letter-erase", args=[letter.key]))

    assert not Letter.objects.exists()


@pytest.mark.parametrize(
    ("page", "make"),
    [
        ("letter-erase", lambda: make_full_letter(state="drafting")),
        ("letter-erase", lambda: make_full_letter(state="posted")),
        ("pledge-erase", make_pledge),
        ("email-address-erase", make_email_address),
    ],
    ids=["draft", "posted", "pledge", "email address"],
)
def test_the_button_pressed_twice_says_twice_that_it_is_erased(client, page, make):
    url = reverse(f"letters:{page}", args=[make().key])

    assert [client.post(url).url for _click in range(2)] == [reverse("letters:erased")] * 2
    assert client.get(url).status_code == 404


def test_two_letters_can_be_erased():
    make_full_letter(state="posted")
    make_full_letter(state="submitted")

    assert erasure.erase_letters(Letter.objects.all()) == 2
    assert Letter.objects.exclude(erased_on=None).count() == 2


def test_erasing_takes_only_the_mails_of_its_letter():
    first, second = make_full_letter(), make_full_letter()

    erasure.erase_letters(Letter.objects.filter(pk=first.pk))

    assert OutgoingMail.objects.get().about == f"letter:{second.pk}"


def test_the_page_sent_again_after_erasing_makes_a_new_letter(client):
    case = make_case_to_write_for()
    form, url = letter_form(), reverse("letters:letter-write", args=[case.slug])
    client.post(url, form)
    client.post(reverse("letters:letter-erase", args=[Letter.objects.get().key]))

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
        ("submitted", 730),
        ("asked", 730),
        ("approved", 730),
    ],
)
def test_every_letter_is_erased_on_its_day_and_not_before(state, days):
    reason = "A reason." if state == "rejected" else ""
    letter = make_full_letter(state=state, rejection_reason=reason)
    before = everyone(letter.case)

    def last_changed(moment: datetime.datetime) -> None:
        Letter.objects.update(changed_at=moment, supporter_changed_at=moment)

    last_changed(timezone.now() - days * DAY + DAY / 24)
    assert erasure.erase_expired()["letters"] == 0

    last_changed(timezone.now() - days * DAY - DAY / 24)
    assert erasure.erase_expired()["letters"] == 1
    assert erasure.erase_expired()["letters"] == 0
    assert not Letter.objects.exclude(body="").exists()
    assert everyone(letter.case) == before


def make_invalid_letter(client, written: datetime.timedelta) -> Letter:
    """Written so long ago, and found not to be valid now."""
    moment = timezone.now() - written
    times = dict.fromkeys(["created_at", "changed_at", "supporter_changed_at"], moment)
    letter = make_full_letter(state="submitted", **times)
    url = f"/admin/letters/letter/judge/?act=invalidate&row={letter.pk}"
    client.post(url, {"reason": "Nobody stands for it."})
    return letter


@pytest.mark.parametrize(("written", "kept"), [(0 * DAY, 365), (360 * DAY, 365), (600 * DAY, 130)])
def test_what_is_found_not_to_be_valid_stays_a_year_from_then_but_two_at_most(written, kept):
    letter = make_invalid_letter(signed_in("moderator"), written)
    assert Letter.objects.get().invalid_on == timezone.localdate()

    with time_machine.travel(timezone.now() + kept * DAY - DAY / 24, tick=False):
        assert erasure.erase_expired()["letters"] == 0
    with time_machine.travel(timezone.now() + (kept + 6) * DAY, tick=False):
        assert erasure.erase_expired()["letters"] == 1

    letter.refresh_from_db()
    assert (letter.body, letter.name) == ("", "")
    assert letter.invalid_on


def test_a_signature_that_is_found_not_to_be_valid_stays_two_years_at_most():
    signature = make_signature()
    written = timezone.now() - 700 * DAY
    Signature.objects.update(created_at=written, changed_at=written, supporter_changed_at=written)
    moderation.invalidate(Signature.objects.filter(pk=signature.pk))
    assert erasure.erase_expired()["signatures"] == 0

    with time_machine.travel(timezone.now() + 31 * DAY, tick=False):
        assert erasure.erase_expired()["signatures"] == 1

    assert Signature.objects.get().name == ""


def test_pledges_mails_and_limits_are_erased_on_their_day():
    today, now = timezone.localdate(), timezone.now()
    make_pledge(due_on=today - 90 * DAY)
    make_pledge(due_on=today - 91 * DAY, email=ADDRESS)
    for about, days, ended in [
        ("letter:1", 6, "sent_at"),
        ("letter:2", 8, "sent_at"),
        ("letter:3", 6, "given_up_at"),
        ("letter:4", 8, "given_up_at"),
    ]:
        OutgoingMail.objects.create(
            about=about,
            kind="letter-link",
            created_at=now,
            not_before=now,
            **{ended: now - days * DAY},
        )
    Throttle.objects.create(key="old", ends_at=now - DAY / 24)
    Throttle.objects.create(key="new", ends_at=now + DAY / 24)

    gone = {what: number for what, number in erasure.erase_expired().items() if number}
    assert gone == {"pledges": 1, "mails": 2, "limits": 1}

    assert Pledge.objects.get().due_on == today - 90 * DAY
    left = OutgoingMail.objects.order_by("about").values_list("about", flat=True)
    assert list(left) == ["letter:1", "letter:3"]
    assert Throttle.objects.get().key == "new"


def test_a_mail_that_waits_is_not_erased_until_it_is_no_news():
    make_full_letter()
    make_full_letter()
    OutgoingMail.objects.update(created_at=timezone.now() - 91 * DAY)
    news = OutgoingMail.objects.first()
    case = Letter.objects.first().case
    OutgoingMail.objects.filter(pk=news.pk).update(is_news=True, case=case)

    assert erasure.erase_expired()["mails"] == 1

    assert not OutgoingMail.objects.filter(pk=news.pk).exists()
    assert OutgoingMail.objects.count() == 1


# --- signatures, follows, posts


@pytest.mark.parametrize(
    ("state", "days", "left"),
    [
        ("unconfirmed", 15, 0),
        ("withdrawn", 30, 0),
        ("confirmed", 730, 1),
        ("invalid", 365, 1),
    ],
)
def test_every_signature_is_erased_on_its_day_and_not_before(state, days, left):
    signature = make_signature(state=state)
    counts = signers(signature.petition)

    def all_of_it_was(moment: datetime.datetime) -> None:
        Signature.objects.update(created_at=moment, changed_at=moment, supporter_changed_at=moment)

    then = timezone.now() - days * DAY
    all_of_it_was(then + DAY / 24)
    assert erasure.erase_expired()["signatures"] == 0

    all_of_it_was(then - DAY / 24)
    assert erasure.erase_expired()["signatures"] == 1
    assert erasure.erase_expired()["signatures"] == 0
    assert Signature.objects.count() == left
    assert not EmailAddress.objects.exists()
    assert signers(signature.petition) == counts


def signers(petition) -> int:
    return counted(petition.case, "signatures")


def test_what_is_left_of_a_signature_is_a_number_from_a_country():
    signature = make_signature(shown_name="Sam")
    Signature.objects.update(supporter_changed_at=timezone.now() - 731 * DAY)

    erasure.erase_expired()

    left = Signature.objects.get()
    assert (left.name, left.email_address, left.shown_name) == ("", None, "")
    moments = [left.created_at, left.changed_at, left.supporter_changed_at]
    assert {moment.time() for moment in moments} == {datetime.time(0)}
    assert (left.country, left.state, left.text) == ("NO", "confirmed", signature.text)
    assert left.erased_on == timezone.localdate()
    assert signers(signature.petition) == 1


def test_nobody_keeps_an_address_here_by_typing_it_again_and_again(client):
    petition = make_petition()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _nr in range(5):
            sign(client, petition, follow="on")
            clock.shift(3 * DAY)
        assert Signature.objects.get().changed_at > timezone.now() - 4 * DAY
        clock.shift(DAY / 24)

        erasure.erase_expired()

    assert not Signature.objects.exists()
    assert not Follow.objects.exists()
    assert not EmailAddress.objects.exists()
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(("state", "days"), [("unconfirmed", 15), ("ended", 30)])
def test_a_wish_for_news_is_erased_on_its_day_and_its_address_with_it(state, days):
    make_follow(state=state)

    then = timezone.now() - days * DAY
    Follow.objects.update(created_at=then + DAY / 24, changed_at=then + DAY / 24)
    assert erasure.erase_expired()["follows"] == 0

    Follow.objects.update(created_at=then - DAY / 24, changed_at=then - DAY / 24)
    gone = erasure.erase_expired()
    assert (gone["follows"], gone["email_addresses"]) == (1, 1)


def test_who_follows_is_told_for_years():
    make_follow()
    Follow.objects.update(changed_at=timezone.now() - 3_000 * DAY)

    erasure.erase_expired()

    assert Follow.objects.exists()
    assert EmailAddress.objects.exists()


def test_a_block_is_kept_two_years_as_a_hash():
    today = timezone.localdate()
    kept = make_email_address(email="", email_hash="kept", blocked_on=today - 730 * DAY)
    make_email_address(email="", email_hash="gone", blocked_on=today - 731 * DAY)

    assert erasure.erase_expired()["email_addresses"] == 1

    assert EmailAddress.objects.get() == kept


def test_an_empty_address_goes_with_its_mail():
    used, empty = make_follow().email_address, make_email_address()
    for email_address in [used, empty]:
        messages.queue_confirm(email_address, email_address.email)

    assert erasure.erase_expired()["email_addresses"] == 1

    assert EmailAddress.objects.get() == used
    assert OutgoingMail.objects.get().about == f"mailbox:{used.pk}"


def test_the_link_of_a_post_goes_and_its_number_stays():
    posted, taken_back = make_post(), make_post(state="withdrawn")
    Post.objects.update(created_at=timezone.now() - 90 * DAY + DAY / 24)
    assert erasure.erase_expired()["posts"] == 0

    Post.objects.update(created_at=timezone.now() - 90 * DAY - DAY / 24)
    assert erasure.erase_expired()["posts"] == 2
    assert erasure.erase_expired()["posts"] == 0

    left = Post.objects.get()
    assert (left.pk, left.key, left.key_hash) == (posted.pk, "", f"erased-{posted.pk}")
    assert left.counts
    assert taken_back.pk != left.pk


def test_a_drawing_is_erased_with_the_words():
    letter = make_full_letter(state="approved", kind="solidarity")
    LetterPicture.objects.create(letter=letter, data="a drawing", width=1, height=1)

    erasure.erase_letters(Letter.objects.all())

    assert Letter.objects.get().erased_on == timezone.localdate()
    assert not LetterPicture.objects.exists()


def test_who_erases_all_leaves_numbers_and_nothing_else():
    now = timezone.now()
    email_address, other = make_email_address(ADDRESS), make_signature().email_address
    closed = make_petition(closes_on=timezone.localdate() - 2 * DAY)
    confirmed = make_signature(closed, email_address=email_address, name="Sam Tester")
    make_signature(email_address=email_address, state="unconfirmed")
    make_follow(email_address=email_address)
    make_follow(confirmed.petition.case, email_address=email_address)
    messages.queue_confirm(email_address, ADDRESS)
    # News that waits, was sent and was given up, as it lies in the outbox.
    for number, ended in enumerate([{}, {"sent_at": now}, {"given_up_at": now}]):
        OutgoingMail.objects.create(
            about=f"telling:{number}",
            kind=MailKind.NEWS,
            is_news=True,
            to=ADDRESS,
            to_hash=email_address.email_hash,
            created_at=now,
            not_before=now,
            **ended,
        )
    traces = [
        column(email_address, "email"),
        column(email_address, "key"),
        column(confirmed, "name"),
    ]
    traces += [email_address.key_hash, email_address.email_hash]
    assert [trace for trace in traces if trace not in everything()] == []

    assert (
        erasure_actions.erase_email_addresses(EmailAddress.objects.filter(pk=email_address.pk)) == 1
    )

    stored = everything()
    assert [trace for trace in traces if trace in stored] == []
    assert EmailAddress.objects.get() == other
    assert signers(confirmed.petition) == 1
    assert not OutgoingMail.objects.exists()
    assert not Follow.objects.exists()


def test_who_erases_all_stays_blocked():
    email_address = make_email_address(blocked_on=timezone.localdate(), email="")
    make_signature(email_address=email_address)

    erasure_actions.erase_email_addresses(EmailAddress.objects.all())

    assert EmailAddress.objects.get().blocked_on
    assert not Signature.objects.exists()


def test_erasing_goes_on_in_parts_until_all_is_done():
    for _nr in range(5):
        make_full_letter(state="posted", changed_at=timezone.now() - 91 * DAY)
    expired = Letter.objects.filter(erased_on=None)

    assert erasure._in_parts(expired, erasure.erase_letters, size=2) == 5
    assert not expired.exists()


def test_the_command_prints_numbers_only():
    make_full_letter(changed_at=timezone.now() - 31 * DAY)
    out = StringIO()

    call_command("erase_expired", stdout=out)

    assert out.getvalue() == (
        "letters: 1 erased\npledges: 0 erased\nsignatures: 0 erased\nreplies: 0 erased\n"
        "deliveries: 0 erased\nfollows: 0 erased\n"
        "posts: 0 erased\nemail_addresses: 0 erased\nmails: 0 erased\nlinks to all data: 0 erased\n"
        "limits: 0 erased\n"
    )


def test_the_privacy_page_promises_what_is_done(client):
    page = client.get(reverse("letters:privacy")).content.decode()

    for limit in limits.LIMITS:
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

    client.post(reverse("letters:letter-erase", args=[letter.key]))

    stored = everything()
    assert email_hash(ADDRESS) not in stored
    assert [trace for trace in traces if trace in stored] == []


def test_of_many_mails_all_that_are_old_go_and_are_noted(monkeypatch):
    """A worker that stood still for days has more than one statement can name."""
    monkeypatch.setattr(erasure, "MAX_AT_ONCE", 2)
    now = timezone.now()
    for number in range(5):
        OutgoingMail.objects.create(
            about=f"letter:{number}", kind="letter-link", to="", created_at=now, not_before=now
        )
    keys = list(OutgoingMail.objects.order_by("pk").values_list("pk", flat=True))
    OutgoingMail.objects.filter(pk__in=keys[:4]).update(sent_at=now - limits.KEEP_MAIL_FOR * 2)

    assert erasure.erase_expired()["mails"] == 4

    assert list(OutgoingMail.objects.values_list("pk", flat=True)) == keys[4:]
    noted = ErasureEntry.objects.filter(model="letters.outgoingmail")
    assert sorted(key for entry in noted for key in entry.keys) == keys[:4]


@pytest.mark.parametrize("way", ["by post", "by hand"])
def test_a_pledge_that_was_kept_stays_so_when_its_letters_grow_old(client, way):
    """Up to a year: its writer is not reminded of what they did, and writes none of it again."""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        case = make_case_to_write_for()
        proven = {"email_proven_on": timezone.localdate(), "wants_reminders": True}
        address = {"email": ADDRESS, "email_hash": email_hash(ADDRESS)} | proven
        pledge = make_pledge(
            case, number=1, due_on=timezone.localdate() + 300 * DAY, country="NO", **address
        )
        if way == "by hand":
            assert pledge_actions.post_by_hand(pledge, case, 1, key="a" * 22) == 1
        else:
            make_letter(case, pledge=pledge, route="post", state="posted")
        clock.shift(91 * DAY)
        call_command("erase_expired")
        clock.shift(208 * DAY)  # the day before its day
        Pledge.objects.update(next_reminder_on=timezone.localdate())
        reminders.queue_batch()

        page = client.get(pledge.get_absolute_url())

    assert Letter.objects.get().erased_on
    assert (page.context["done"], page.context["remaining"]) == (1, 0)
    assert 'href="/letters//' not in page.content.decode()
    assert not OutgoingMail.objects.exists()
    client.post(reverse("letters:pledge-erase", args=[pledge.key]))
    assert Letter.objects.get().pledge is None
    assert everyone(case) == 1
