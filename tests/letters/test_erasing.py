import datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from letters import emails, erasing
from letters.encryption import email_hash
from letters.models import Letter, OutgoingMail, Pledge, Throttle
from tests.factories import make_case_to_write_for, make_letter, make_pledge
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

    assert erasing.erase_expired() == {"letters": 0, "pledges": 1, "mails": 1, "limits": 1}

    assert Pledge.objects.get().due_on == today - 90 * DAY
    assert OutgoingMail.objects.get().about == "letter:1"
    assert Throttle.objects.get().key == "new"


def test_a_mail_that_waits_is_not_erased():
    make_full_letter()
    OutgoingMail.objects.update(created_at=timezone.now() - 30 * DAY)

    erasing.erase_expired()

    assert OutgoingMail.objects.count() == 1


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
        "letters: 1 erased\npledges: 0 erased\nmails: 0 erased\nlimits: 0 erased\n"
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
