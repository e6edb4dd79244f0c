"""One letter about the year, to those who asked for it, once the campaign is over."""

import datetime
import re

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.dates import earliest_today
from cases.models import Case, Edition, Freeze, Outcome
from letters.actions import erasure as own_erasure
from letters.actions import pledges
from letters.mail import announcements, batches, outbox, parts, year_letters
from letters.models import EmailAddress, Follow, Letter, MailText, OutgoingMail, YearLetter
from letters.models.email_spelling import email_hash
from letters.privacy import erasure, limits
from tests.factories import (
    make_case_to_write_for,
    make_edition,
    make_email_address,
    make_follow,
    make_letter,
    make_outcome,
    make_petition,
    make_pledge,
    make_signature,
)
from tests.letters.mail.reading import unwrapped
from tests.letters.sending import act, say_yes, send_letter, send_pledge
from tests.staff import form_data, signed_in, text

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def teller():
    return signed_in("editor")


def edition() -> Edition:
    return Edition.objects.current()


def wants(email: str = "sam@example.org", **fields) -> EmailAddress:
    email_address = make_email_address(email, **fields)
    make_follow(None, email_address=email_address, edition=edition(), state="confirmed")
    return email_address


def page(of: Edition) -> str:
    return reverse("admin:letters_yearletter_year", args=[of.year])


def press(staff: Client, name: str, of: Edition):
    seen = re.search(r'name="seen" value="([^"]+)"', staff.get(page(of)).content.decode())[1]
    url = reverse("admin:letters_yearletter_act", args=[of.year])
    return staff.post(url, {"act": name, "seen": seen}, follow=True)


def approved(of: Edition | None = None) -> YearLetter:
    of = of or edition()
    press(signed_in("editor"), "ask", of)
    press(signed_in("editor"), "approve", of)
    return YearLetter.objects.get(edition=of)


def tell() -> list[str]:
    """What has left by now."""
    while year_letters.queue_batch():
        pass
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=1), tick=False):
        while outbox.send_due():
            pass
    return [unwrapped(one.body) for one in mail.outbox]


def links(body: str) -> list[str]:
    return re.findall(r"https?://\S+?(/\S+)", body)


# --- who asks for it


@pytest.mark.parametrize("send", [send_letter, send_pledge])
def test_who_ticks_it_where_a_mailed_link_asks_whether_it_was_them_wants_it(client, send):
    send(client, make_case_to_write_for(), email="sam@example.org")
    send(client, Case.objects.get(), email="ana@example.org")
    outbox.send_due()
    by_reader = {one.to[0]: links(one.body)[0] for one in mail.outbox}

    client.post(by_reader["ana@example.org"], {"act": "mine"})
    client.post(by_reader["sam@example.org"], {"act": "mine", "year": "yes"})
    client.post(by_reader["sam@example.org"], {"act": "mine", "year": "yes"})

    [follow] = Follow.objects.all()
    assert (follow.email_address.email, follow.edition) == ("sam@example.org", edition())
    assert follow.state == "confirmed"


def test_who_says_that_it_was_not_them_wants_nothing(client):
    send_letter(client, make_case_to_write_for(), email="sam@example.org")
    outbox.send_due()

    client.post(links(mail.outbox[0].body)[0], {"act": "not-mine", "year": "yes"})

    assert not Follow.objects.exists()


def test_who_confirms_a_signature_can_want_it_and_end_it(client):
    email_address = make_signature(state="unconfirmed").email_address

    say_yes(client, email_address, year="yes")
    shown = text(client.get(email_address.get_absolute_url()))
    follow = Follow.objects.get(edition=edition())
    act(client, email_address, "end", what=f"follow-{follow.pk}")

    assert "The letter about the year 2025" in shown
    assert "One mail, when this year’s campaign is over." in shown
    assert Follow.objects.get().state == "ended"


def test_nobody_is_promised_a_letter_that_has_gone(client):
    case = make_case_to_write_for()
    wants()
    approved()
    send_letter(client, case, email="ana@example.org")
    outbox.send_due()
    [by_mail] = [links(one.body)[0] for one in mail.outbox if one.to == ["ana@example.org"]]
    email_address = make_signature(state="unconfirmed").email_address

    pages = [client.get(by_mail), client.get(email_address.get_absolute_url())]
    client.post(by_mail, {"act": "mine", "year": "yes"})
    say_yes(client, email_address, year="yes")

    assert [b'name="year"' in one.content for one in pages] == [False, False]
    assert [one.email_address.email for one in Follow.objects.all()] == ["sam@example.org"]


def test_who_blocked_the_address_gets_none(client):
    make_case_to_write_for()
    blocked = make_email_address("sam@example.org", blocked_on=timezone.localdate())
    send_letter(client, Case.objects.get(), email="ana@example.org")
    Letter.objects.update(email="sam@example.org", email_hash=blocked.email_hash)

    assert not year_letters.wishes(edition()).exists()


def test_the_wish_for_it_is_no_wish_for_good_news(client):
    outcome = make_outcome(make_case_to_write_for(), kind="released")
    wants()

    assert not announcements.recipients(outcome).exists()


# --- two people of staff


def test_one_asks_another_approves_and_each_who_wants_it_gets_one(teller, monkeypatch):
    monkeypatch.setattr(batches, "MAILS_A_BATCH", 2)
    make_case_to_write_for(display_name="Ana Test")
    for number in range(5):
        wants(f"sam{number}@example.org")
    make_follow(None, state="confirmed")  # of good news

    asked = press(teller, "ask", edition())
    press(teller, "approve", edition())  # nobody approves their own
    before = tell()[:]
    press(signed_in("editor"), "approve", edition())
    tell()
    tell()

    assert "Somebody else has to approve it now" in text(asked)
    assert before == []
    assert sorted(one.to[0] for one in mail.outbox) == [
        f"sam{number}@example.org" for number in range(5)
    ]


def test_today_asks_for_it_once_the_campaign_is_over_and_names_what_waits(teller):
    make_case_to_write_for()
    wants()
    Edition.objects.update(reporting_deadline=earliest_today())
    too_early = text(teller.get("/admin/"))

    Edition.objects.update(reporting_deadline=earliest_today() - DAY)
    over = text(teller.get("/admin/"))
    press(teller, "ask", edition())
    asked = text(signed_in("editor").get("/admin/"))

    assert "campaign is over" not in too_early
    assert "1 campaign is over, and people wait for the letter about its year" in over
    assert "1 letter about a year that waits for a second person" in asked
    assert "campaign is over" not in asked


def test_it_can_be_taken_back_and_stopped(teller):
    make_case_to_write_for()
    wants()
    press(teller, "ask", edition())
    press(teller, "take-back", edition())
    assert not YearLetter.objects.exists()

    approved()
    while year_letters.queue_batch():
        pass
    press(teller, "stop", edition())

    assert tell() == []
    assert not OutgoingMail.objects.exists()


def change_words(kind: str, body: str) -> None:
    """One editor does it alone."""
    editor = signed_in("editor")
    url = reverse("admin:letters_mailtext_add") + f"?kind={kind}&language=en"
    editor.post(url, form_data(editor.get(url)) | {"body": body})
    assert MailText.objects.filter(kind=kind).exists()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("year", "{you} Down with the tyrant. {link} {stop}"),
        ("opening-wanted", "Down with the tyrant."),
        ("end", "Down with the tyrant."),
    ],
)
def test_words_that_are_changed_once_it_is_approved_do_not_leave_with_it(kind, body):
    make_case_to_write_for()
    wants()
    approved()
    year_letters.queue_batch()

    change_words(kind, body)
    [mailed] = tell()

    assert "tyrant" not in mailed
    assert "This is the one letter about the year that you asked us for." in mailed


def test_words_that_are_changed_while_it_waits_have_to_be_asked_for_anew(teller):
    make_case_to_write_for()
    wants()
    press(teller, "ask", edition())
    change_words("year", "{you} Down with the tyrant. {link} {stop}")
    second = signed_in("editor")

    stale = text(second.get(page(edition())))
    said_no = text(press(second, "approve", edition()))
    press(second, "ask", edition())
    fresh = text(teller.get(page(edition())))
    press(teller, "approve", edition())
    [mailed] = tell()

    assert "What it says was changed after this was asked for" in stale
    assert "tyrant" not in stale
    assert "ask for it again" in said_no
    assert "tyrant" in fresh
    assert "tyrant" in mailed


def test_an_outcome_that_is_new_or_hidden_since_it_was_approved_is_not_told(teller):
    case = make_case_to_write_for(display_name="Ana Test")
    other = make_case_to_write_for(display_name="Zora Test")
    make_outcome(case, headline="The appeal was refused", date="2026-02-28")
    changed = make_outcome(case, headline="The trial began", date="2026-02-28")
    make_outcome(other, headline="Zora is free", date="2026-02-28")
    wants()
    approved()

    make_outcome(case, headline="Write to the king")
    Outcome.objects.filter(pk=changed.pk).update(headline="Write to the queen")
    Case.objects.filter(pk=other.pk).update(freeze=Freeze.HIDDEN, freeze_reason="x")
    [mailed] = tell()

    [told] = re.findall(r"^- .*", mailed, re.MULTILINE)
    assert "The appeal was refused (Ana Test, Norway)" in told


@pytest.mark.parametrize(
    ("now", "last_day", "is_over"),
    [
        ("2025-12-11T11:00Z", None, False),  # somewhere it is the 10th still
        ("2025-12-11T12:00Z", None, True),
        ("2026-01-01T11:00Z", datetime.date(2025, 12, 31), False),
        ("2026-01-01T12:00Z", datetime.date(2025, 12, 31), True),
        ("2026-01-01T12:00Z", datetime.date(2026, 1, 31), False),
    ],
)
def test_nobody_asks_for_it_before_the_campaign_is_over(now, last_day, is_over):
    with time_machine.travel(now, tick=False):
        make_case_to_write_for()
        Edition.objects.update(reporting_deadline=last_day)
        wants()
        staff = signed_in("editor")

        shown = text(staff.get(page(edition())))
        press(staff, "ask", edition())

    assert ("The campaign is not over" in shown) is not is_over
    assert YearLetter.objects.exists() is is_over


def test_nobody_asks_for_what_nobody_wants(teller):
    make_case_to_write_for()

    shown = text(teller.get(page(edition())))
    teller.post(reverse("admin:letters_yearletter_act", args=[edition().year]), {"act": "ask"})

    assert "there is nobody to write to" in shown
    assert not YearLetter.objects.exists()


def test_the_list_tells_no_small_numbers(teller):
    make_case_to_write_for()
    for number in range(5):
        wants(f"sam{number}@example.org")
    make_edition(2024)
    make_follow(None, edition=Edition.objects.get(year=2024), state="confirmed")
    url = reverse("admin:letters_yearletter_changelist")

    shown = text(teller.get(url))

    assert re.search(r"2025</a></th>\s*<td>\s*5\s*</td>", shown)
    assert re.search(r"2024</a></th>\s*<td>\s*fewer than 5\s*</td>", shown)


# --- what it says


def test_it_says_what_its_reader_did_what_all_did_and_what_came_after(teller):
    case = make_case_to_write_for(display_name="Ana Test")
    email_address = wants()
    mine = {"email": email_address.email, "email_hash": email_address.email_hash}
    proven = mine | {"email_proven_on": timezone.localdate()}
    for _ in range(2):
        make_letter(case, state="posted", **proven)
    make_letter(case, state="posted", **mine)  # somebody typed the address
    promise = make_pledge(case, **proven)
    make_letter(case, state="posted", route="by-hand", pledge=promise)
    make_letter(case, state="posted", route="by-hand", pledge=make_pledge(case, **mine))
    make_letter(case, state="drafting", **proven)
    make_letter(make_case_to_write_for(edition=make_edition(2024)), state="posted", **proven)
    make_signature(email_address=email_address)
    make_outcome(case, kind="worse", headline="The appeal was refused", date=timezone.localdate())
    hidden = make_case_to_write_for(
        display_name="Zora Test", freeze=Freeze.HIDDEN, freeze_reason="x"
    )
    make_outcome(hidden, headline="Zora is free")

    approved()
    [body] = tell()

    assert "you did this, or more: 3 letters and 1 signature. Thank you!" in body
    assert "All of us together: 5 letters and 1 signature." in body
    assert "The appeal was refused (Ana Test, Norway)" in body
    assert "Zora" not in body
    assert f"erased {limits.KEEP_SENT_LETTERS_FOR.days} days after you sent it" in body
    assert max(map(len, mail.outbox[0].body.splitlines())) <= 90


def test_it_tells_nothing_from_before_the_campaign_and_no_freedom_without_a_later_arrest():
    case = make_case_to_write_for(display_name="Ana Test")
    make_outcome(case, kind="arrested-again", headline="Held once more", date="2025-10-31")
    make_outcome(
        case,
        kind="court-step",
        headline="The trial began",
        date="2025-01-01",
        date_precision="year",
    )
    make_outcome(case, headline="Free at last", date="2026-02-01")
    clone = make_case_to_write_for(earlier=case, edition=make_edition(2026))
    make_outcome(clone, kind="arrested-again", headline="Taken from home", date="2026-11-20")

    told = parts.outcomes_of_year(case.edition)

    assert told == [
        "1 February 2026: Free at last (Ana Test, Norway). "
        "Later: Taken from home (20 November 2026)",
        "2025: The trial began (Ana Test, Norway)",
    ]


def test_what_was_written_by_hand_for_a_promise_of_its_reader_is_theirs():
    case = make_case_to_write_for()
    email_address = wants()
    mine = {"email": email_address.email, "email_hash": email_address.email_hash}
    proven = make_pledge(case, number=5, email_proven_on=timezone.localdate(), **mine)
    pledges.post_by_hand(proven, case, 4, key="k" * 22)
    make_letter(case, pledge=proven, state="posted", email="ana@example.org", email_hash="other")
    typed = make_pledge(case, number=5, **mine)  # by somebody else
    pledges.post_by_hand(typed, case, 3, key="l" * 22)

    approved()
    [body] = tell()

    assert "you did this, or more: 4 letters. Thank you!" in body


def test_of_a_campaign_so_short_ago_that_nothing_is_erased_it_names_the_number():
    case = make_case_to_write_for()
    Edition.objects.update(opens_on=timezone.localdate() - limits.KEEP_SENT_LETTERS_FOR)
    make_signature(make_petition(case), email_address=wants())

    approved()
    [body] = tell()

    assert "You did this: 1 signature. Thank you!" in body


def test_who_did_nothing_that_is_still_known_reads_no_number():
    make_case_to_write_for()
    wants()

    approved()
    [body] = tell()

    assert "We don’t keep for long who did what. What counted still counts." in body
    assert "you did" not in body.lower()


def test_it_comes_in_the_language_of_its_reader():
    make_case_to_write_for()
    wants(language="fr")

    approved()
    [body] = tell()

    assert "Bonjour" in body
    assert "/fr/" in body


def test_who_gets_it_once_more_the_next_year_gets_that_of_the_next_year():
    make_case_to_write_for()
    email_address = wants()
    approved()
    tell()
    next_year = make_edition(2026, reporting_deadline=earliest_today() - DAY)
    make_follow(None, email_address=email_address, edition=next_year, state="confirmed")

    approved(next_year)
    with time_machine.travel(timezone.now() + DAY):
        tell()

    assert "2026" in mail.outbox[-1].body
    assert len(mail.outbox) == 2


# --- and then a clean slate


def test_one_click_of_a_mail_program_ends_it(client):
    make_case_to_write_for()
    wants()
    approved()
    tell()
    headers = mail.outbox[0].extra_headers
    url = re.sub(r"^<https?://[^/]+|>$", "", headers["List-Unsubscribe"])

    answer = client.post(url, {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert Follow.objects.get().state == "ended"


def test_who_ends_it_before_it_leaves_gets_none():
    make_case_to_write_for()
    email_address = wants()
    approved()
    while year_letters.queue_batch():
        pass

    act(Client(), email_address, "end-all")

    assert tell() == []


def test_who_is_erased_before_it_leaves_gets_none():
    make_case_to_write_for()
    wants()
    approved()
    while year_letters.queue_batch():
        pass

    own_erasure.erase_person(email_hash("sam@example.org"))

    assert tell() == []
    assert not Follow.objects.exists()


def test_the_wish_is_erased_with_the_letter_and_the_next_year_nobody_is_written_to():
    make_case_to_write_for()
    wants()
    approved()
    tell()

    with time_machine.travel(timezone.now() + limits.KEEP_YEAR_LETTER_WISHES_FOR - DAY):
        erasure.erase_expired()
        kept = Follow.objects.count()
    with time_machine.travel(timezone.now() + limits.KEEP_YEAR_LETTER_WISHES_FOR + DAY):
        erasure.erase_expired()

    assert kept == 1
    assert not Follow.objects.exists()
    assert not EmailAddress.objects.exists()


def test_a_wish_for_a_letter_that_never_comes_is_erased_after_two_years():
    make_case_to_write_for()
    wants()

    with time_machine.travel(timezone.now() + limits.KEEP_AT_MOST_FOR - DAY):
        erasure.erase_expired()
        kept = Follow.objects.count()
    with time_machine.travel(timezone.now() + limits.KEEP_AT_MOST_FOR + DAY):
        erasure.erase_expired()

    assert (kept, Follow.objects.count()) == (1, 0)
