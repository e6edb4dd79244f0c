"""Mail arrives when it is waited for: what leaves first, what leaves together, and who waits."""

import datetime
import re
from collections import Counter

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.models import Case
from letters.actions import letters
from letters.mail import outbox, pace, reminders
from letters.models import EmailAddress, OutgoingMail, Priority, Signature
from letters.models.email_spelling import email_hash
from letters.privacy import senders
from tests.factories import (
    make_case_to_write_for,
    make_email_address,
    make_letter,
    make_petition,
    make_pledge,
    make_solidarity_action,
)
from tests.letters.mail.test_outbox import make_mail
from tests.letters.sending import (
    ask_to_be_told,
    say_yes,
    send_letter,
    send_message,
    send_pledge,
    sign,
    token,
)
from tests.staff import signed_in, text

pytestmark = pytest.mark.usefixtures("counts_hold")

MINUTE, HOUR, DAY = [datetime.timedelta(**{name: 1}) for name in ["minutes", "hours", "days"]]
AT_TEN = datetime.datetime(2026, 12, 10, 10, 0, 30, tzinfo=datetime.UTC)


@pytest.fixture
def clock():
    with time_machine.travel(AT_TEN, tick=False) as clock:
        yield clock


def work(*options: str) -> None:
    call_command("work", "--once", *options)


def sent_to() -> list[str]:
    return [message.to[0] for message in mail.outbox]


def of_sender(address: str) -> Client:
    return Client(REMOTE_ADDR=address)


def ask_for_data(client: Client, **fields) -> None:
    client.post(reverse("letters:mine-by-mail"), {"token": token()} | fields)


# --- what must be confirmed


def kind_of(message) -> str:
    """By how its subject begins."""
    [kind] = re.findall(r"^Write for Rights: (?:please |your )?(confirm|link)\b", message.subject)
    return kind


def test_a_confirmation_is_there_at_once_whatever_else_was_asked_for(client, clock):
    case = make_case_to_write_for()
    petition = make_petition(case)
    sam = "sam@example.org"
    arrived = []

    def minutes_later(minutes: int, act) -> None:
        clock.shift(minutes * MINUTE)
        act()
        before = len(mail.outbox)
        work()
        arrived.append([kind_of(message) for message in mail.outbox[before:]])

    minutes_later(0, lambda: send_pledge(client, case, email=sam))
    minutes_later(9, lambda: send_letter(client, case, email=sam, follow="on"))
    minutes_later(4, lambda: send_letter(client, case, email=sam))
    minutes_later(14, lambda: sign(client, petition, email=sam))

    assert arrived == [["link"], ["confirm"], [], ["confirm"]]
    # The letter's link came with the mail that was waited for, and the second's with the next.
    assert [message.body.count("the private link to your letter") for message in mail.outbox] == [
        0,
        1,
        1,
    ]
    assert not OutgoingMail.objects.filter(sent_at=None).exists()


def test_what_must_be_confirmed_leaves_before_links_that_wait_longer(clock):
    for nr in range(4):
        make_mail(f"sam{nr}@example{nr}.org")
    clock.shift(MINUTE)
    ask_to_be_told(Client(), email="kim@example.org")

    outbox.send_due(pace.MailPace(most_an_hour=4))

    assert sent_to()[0] == "kim@example.org"


def test_a_quarter_of_the_hour_is_left_for_confirmations(clock):
    for nr in range(10):
        make_mail(f"sam{nr}@example{nr}.org")
    eight = pace.MailPace(most_an_hour=8)
    outbox.send_due(eight)
    assert len(mail.outbox) == 6

    for nr in range(3):
        ask_to_be_told(of_sender(f"192.0.2.{nr}"), email=f"kim{nr}@example{nr}.net")
    outbox.send_due(eight)

    assert sent_to()[6:] == ["kim0@example0.net", "kim1@example1.net"]


def test_who_says_yes_gets_the_next_confirmation_at_once_and_who_does_not_waits(clock):
    petition, other = make_petition(), make_petition()
    sign(Client(), petition)
    work()
    sign(Client(), other)
    work()
    assert len(mail.outbox) == 1  # its link shows both

    say_yes(Client(), EmailAddress.objects.get(), what=f"signature-{Signature.objects.first().pk}")
    OutgoingMail.objects.update(not_before=timezone.now())
    work()

    assert len(mail.outbox) == 2


def test_a_second_mail_that_is_not_needed_any_more_does_not_come(clock):
    for _nr in range(2):
        sign(Client(), make_petition())
        work()
    say_yes(Client(), EmailAddress.objects.get())

    clock.shift(11 * MINUTE)
    work()

    assert len(mail.outbox) == 1
    assert not OutgoingMail.objects.filter(sent_at=None).exists()


@pytest.mark.slow
def test_take_all_mails_one_confirmation_and_one_mail_with_all_the_links(client, clock):
    cases = [make_case_to_write_for() for _nr in range(3)]
    for case in cases:
        make_petition(case)
        make_solidarity_action(case)
    for case in cases:
        for name, send in [("letter", send_letter), ("message", send_message), ("case", sign)]:
            browser = OnTakeAllPage(client, f"letters:take-all-{name}", case.slug)
            of = case.petition if name == "case" else case
            assert send(browser, of, email="sam@example.org").status_code == 302
            work()
            clock.shift(20 * datetime.timedelta(seconds=1))
    page = client.get(reverse("letters:take-all-done")).content.decode()
    clock.shift(10 * MINUTE)
    work()
    clock.shift(10 * MINUTE)
    work()

    assert "also go to the address you gave, in one mail." in page
    assert sum(message.body.count("the private link to your") for message in mail.outbox) == 6
    assert [kind_of(message) for message in mail.outbox] == ["confirm"] * 2
    assert not OutgoingMail.objects.filter(sent_at=None).exists()


class OnTakeAllPage:
    """A browser whose forms go to the pages of “take all”."""

    def __init__(self, client: Client, name: str, slug: str) -> None:
        self.client, self.url = client, reverse(name, args=[slug])

    def post(self, _url: str, data: dict):
        return self.client.post(self.url, data)


# --- nobody's mailbox is filled


@pytest.mark.slow
def test_a_bombed_mailbox_gets_six_mails_a_day_of_which_two_are_confirmations(client, clock):
    case = make_case_to_write_for()
    petition = make_petition(case)
    for _hour in range(23):
        send_letter(client, case, email="sam@example.org")
        sign(client, petition, email="sam@example.org")
        ask_to_be_told(client, email="sam+tag@example.org")
        work()
        clock.shift(HOUR)

    assert 2 <= len(mail.outbox) <= 6


@pytest.mark.slow
def test_links_leave_two_places_of_the_day_for_confirmations(client, clock):
    case = make_case_to_write_for()
    for _hour in range(8):
        send_letter(client, case, email="sam@example.org")
        work()
        clock.shift(HOUR)
    assert len(mail.outbox) == 4

    for _hour in range(3):
        ask_to_be_told(client, email="sam@example.org")
        work()
        clock.shift(HOUR)

    assert Counter(map(kind_of, mail.outbox)) == {"link": 4, "confirm": 2}


# --- what nobody waits for


def proven(email: str) -> dict:
    proven_on = timezone.localdate()
    return {"email": email, "email_hash": email_hash(email), "email_proven_on": proven_on}


def make_reminder(nr: int) -> None:
    """That leaves now, of the last days to post."""
    today = timezone.localdate()
    make_pledge(
        Case.objects.first() or make_case_to_write_for(),
        due_on=today + 3 * DAY,
        wants_reminders=True,
        next_reminder_on=today,
        **proven(f"sam@remind{nr}.com"),
    )
    reminders.queue_batch()


def make_thanks(nr: int) -> None:
    """That leave now, and not the next morning."""
    case = Case.objects.first() or make_case_to_write_for()
    ready = {"state": "ready", "route": "post", "wants_news": True}
    letters.act(make_letter(case, **ready, **proven(f"sam@thanks{nr}.com")), "posted")
    OutgoingMail.objects.filter(attempts=0).update(not_before=timezone.now())


def sent(kind: str) -> int:
    return OutgoingMail.objects.filter(kind=kind, sent_at__isnull=False).count()


def send_all(at: pace.MailPace) -> None:
    while outbox.send_due(at):
        pass


def test_reminders_have_half_of_the_hour_whatever_else_nobody_waits_for(clock):
    sixteen = pace.MailPace(most_an_hour=16)
    for nr in range(6):
        make_thanks(nr)
    for nr in range(12):
        make_reminder(nr)

    send_all(sixteen)

    assert (sent("remind-last"), sent("thanks-posted")) == (8, 4)
    clock.shift(HOUR)
    send_all(sixteen)
    assert (sent("remind-last"), sent("thanks-posted")) == (12, 6)


def test_a_quarter_of_the_hour_is_left_by_reminders_and_thanks_for_who_waits(clock):
    sixteen = pace.MailPace(most_an_hour=16)
    for nr in range(12):
        make_thanks(nr)
        make_reminder(nr)
    send_all(sixteen)

    for nr in range(6):
        ask_to_be_told(of_sender(f"192.0.2.{nr}"), email=f"kim{nr}@example{nr}.net")
    send_all(sixteen)

    assert sent("confirm") == 4


def test_reminders_that_are_held_up_wait_for_the_morning(clock):
    clock.move_to("2026-12-06T22:30:00Z")
    four = pace.MailPace(most_an_hour=4)
    for nr in range(5):
        make_reminder(nr)

    left = []
    for _hour in range(14):
        send_all(four)
        left.append((timezone.localtime().hour, sent("remind-last")))
        clock.shift(HOUR)

    assert [number for hour, number in left if hour < 9] == [left[1][1]] * 9
    assert left[-1][1] == 5


# --- what a trap caught


def test_six_that_a_trap_caught_leave_after_an_honest_confirmation(client, clock):
    case = make_case_to_write_for()
    petition = make_petition(case)
    robot = {"website": "x"}
    for nr in range(2):
        send_pledge(client, case, email=f"pledge{nr}@example.org", **robot)
        send_letter(client, case, email=f"letter{nr}@example.org", **robot)
        sign(client, petition, email=f"sign{nr}@example.org", **robot)
    clock.shift(HOUR + MINUTE)
    sign(of_sender("192.0.2.7"), petition, email="sam@example.net")

    work("--most-an-hour", "5")

    assert sent_to()[0] == "sam@example.net"
    assert len(mail.outbox) == 3  # two of those that were caught: the others have their own hours
    assert OutgoingMail.objects.filter(priority=Priority.TRAPPED).count() == 6


def test_what_a_trap_caught_waits_an_hour(client, clock):
    case = make_case_to_write_for()
    send_pledge(client, case, email="a@example.org", website="x")
    send_letter(client, case, email="b@example.org", website="x", follow="on")
    send_message(client, make_solidarity_action(case).case, email="c@example.org", website="x")
    ask_to_be_told(client, email="d@example.org", website="x")

    clock.shift(59 * MINUTE)
    work()
    assert mail.outbox == []
    clock.shift(2 * MINUTE)
    work()

    assert sorted(sent_to()) == [f"{name}@example.org" for name in "abcd"]


def test_a_trap_that_waits_never_delays_the_owner_s_own_confirmation(client, clock):
    petition = make_petition()
    sign(client, petition, website="x")
    clock.shift(MINUTE)

    sign(client, petition)
    work()
    sign(client, petition, website="x")  # and none that comes later takes its place

    assert sent_to() == ["sam@example.org"]


def test_a_confirmation_that_waits_does_not_give_way_to_a_trap(client, clock):
    petition = make_petition()
    sign(client, petition)
    sign(client, petition, website="x")

    work()

    assert sent_to() == ["sam@example.org"]


# --- nobody's flood holds up anybody


@pytest.mark.slow
def test_many_addresses_at_one_domain_hold_up_nobody_else(clock):
    twenty = pace.MailPace(most_an_hour=20)
    for nr in range(30):
        ask_to_be_told(of_sender(f"192.0.2.{nr}"), email=f"sam{nr}@sub{nr}.catch-all.example")
    ask_to_be_told(of_sender("198.51.100.1"), email="kim@example.org")

    outbox.send_due(twenty)
    outbox.send_due(twenty)

    assert len(mail.outbox) == 3
    assert sent_to()[2] == "kim@example.org"
    clock.shift(HOUR)
    ask_to_be_told(of_sender("198.51.100.1"), email="ana@example.org")
    outbox.send_due(twenty)
    outbox.send_due(twenty)
    assert len(mail.outbox) == 6
    assert sent_to()[5] == "ana@example.org"


@pytest.mark.slow
def test_one_sender_holds_up_nobody_else(clock):
    twenty = pace.MailPace(most_an_hour=20)
    for nr in range(60):  # more than the worker looks at in one go
        ask_to_be_told(Client(), email=f"sam@example{nr}.org")
    ask_to_be_told(of_sender("198.51.100.1"), email="kim@example.org")

    outbox.send_due(twenty)
    outbox.send_due(twenty)

    assert len(mail.outbox) == 3
    assert sent_to()[2] == "kim@example.org"


@pytest.mark.parametrize("asks", [ask_to_be_told, ask_for_data])
def test_who_types_an_address_beyond_their_share_keeps_its_owner_waiting_for_nothing(clock, asks):
    twenty = pace.MailPace(most_an_hour=20)
    for nr in range(5):
        asks(Client(), email=f"kim@example{nr}.org")
    outbox.send_due(twenty)
    assert len(mail.outbox) < 5

    for nr in range(5):
        asks(of_sender("198.51.100.1"), email=f"kim@example{nr}.org")
        asks(Client(), email=f"kim@example{nr}.org")  # nor takes it back
    outbox.send_due(pace.MailPace(most_an_hour=60))

    assert sorted(sent_to()) == [f"kim@example{nr}.org" for nr in range(5)]


def test_a_large_provider_has_a_large_share(clock):
    twenty = pace.MailPace(most_an_hour=20)
    for nr in range(15):
        address = f"sam{nr}@{'gmail.com' if nr % 2 else 'googlemail.com'}"
        ask_to_be_told(of_sender(f"192.0.2.{nr}"), email=address)

    outbox.send_due(twenty)

    assert len(mail.outbox) == 10


@pytest.mark.parametrize("shared", ["domain", "sender"])
def test_links_of_a_share_leave_room_for_what_must_be_confirmed(clock, shared):
    forty = pace.MailPace(most_an_hour=40)
    case = make_case_to_write_for()
    addresses = {
        "domain": [f"sam{nr}@example.org" for nr in range(7)],
        "sender": [f"sam@example{nr}.org" for nr in range(7)],
    }[shared]
    clients = [of_sender(f"192.0.2.{nr if shared == 'domain' else 1}") for nr in range(7)]
    for client, address in zip(clients[:5], addresses[:5], strict=True):
        send_letter(client, case, email=address)
    outbox.send_due(forty)
    assert len(mail.outbox) == 3

    for client, address in zip(clients[5:], addresses[5:], strict=True):
        ask_to_be_told(client, email=address)
    outbox.send_due(forty)

    assert sent_to()[3:] == addresses[5:6]


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("a@example.org", "a@mail.example.org", True),
        ("a@x.co.uk", "a@y.co.uk", False),
        ("a@x.example.co.uk", "a@y.example.co.uk", True),
        ("a@x.com.br", "a@y.com.br", False),
        ("a@gmail.com", "a@googlemail.com", True),
        ("a@EXAMPLE.org", "a@example.org", True),
    ],
)
def test_names_below_one_that_is_bought_share(one, other, is_one):
    assert (pace.domain_of(one) == pace.domain_of(other)) is is_one


def test_what_waits_for_the_next_hour_is_said_on_the_first_page_of_staff(clock, caplog):
    three = pace.MailPace(most_an_hour=3)
    staff = signed_in("moderator", "editor", "safety", "counter", is_superuser=True)
    assert "more is asked for than may leave" not in text(staff.get(reverse("admin:index")))
    for nr in range(5):
        ask_to_be_told(of_sender(f"192.0.2.{nr}"), email=f"sam@example{nr}.org")

    for _again in range(2):
        outbox.send_due(three)

    page = text(staff.get(reverse("admin:index")))
    assert "2 mails wait: more is asked for than may leave in an hour. Is it a flood?" in page
    held_up = reverse("admin:letters_outgoingmail_changelist") + "?state=held-up"
    assert held_up.replace("&", "&amp;") in page
    assert len(staff.get(held_up).context["cl"].result_list) == 2
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1
    clock.shift(HOUR)
    outbox.send_due(three)
    assert "more is asked for than may leave" not in text(staff.get(reverse("admin:index")))


# --- what is known of a sender


def test_a_sender_is_a_share_of_today_and_goes_once_the_mail_has_left(clock, rf):
    request = rf.post("/", REMOTE_ADDR="203.0.113.77")
    today = senders.share_of(request)
    assert len(today) == 3
    clock.shift(DAY)
    assert senders.share_of(request) != today
    assert senders.share_of(rf.post("/", REMOTE_ADDR="")) == senders.UNKNOWN

    ask_to_be_told(of_sender("203.0.113.77"))
    assert OutgoingMail.objects.get().sender == senders.share_of(request)
    work()

    assert OutgoingMail.objects.get().sender == ""


def test_all_networks_that_one_owner_of_ipv6_has_are_one_sender(rf):
    one, same, other = [
        senders.share_of(rf.post("/", REMOTE_ADDR=address))
        for address in ["2001:db8:1:1::9", "2001:db8:1:ffff::9", "2001:db8:2:1::9"]
    ]

    assert one == same != other


# --- what the pages say


def pages_after(client, email: str) -> list[str]:
    """What somebody sees who typed the address into each form."""
    case = make_case_to_write_for()
    seen = [client.get(ask_to_be_told(client, email=email).url)]
    seen += [client.get(send(client, case, email=email).url) for send in (send_pledge, send_letter)]
    return [re.findall(r"[^.>]*(?:mail|leave)[^<]*", page.content.decode()) for page in seen]


@pytest.mark.slow
def test_no_page_tells_whether_mail_goes_to_an_address(client, clock):
    busy, blocked = (
        make_email_address("busy@example.org"),
        make_email_address("blocked@example.org"),
    )
    EmailAddress.objects.filter(pk=blocked.pk).update(blocked_on=timezone.localdate(), email="")
    for _nr in range(7):
        make_mail(busy.email, priority=Priority.CONFIRM)
        outbox.send_due()
        clock.shift(11 * MINUTE)
    made = []
    for address in ["new@example.org", "busy@example.org", "blocked@example.org"]:
        pages = pages_after(client, address)
        work()
        made.append(pages)

    assert made[0] == made[1] == made[2]


def test_the_pages_say_until_when_mail_waits_when_the_hour_is_used_up(client, clock):
    case = make_case_to_write_for()
    for nr in range(3):
        ask_to_be_told(of_sender(f"192.0.2.{nr}"), email=f"sam@example{nr}.org")
    outbox.send_due(pace.MailPace(most_an_hour=2))

    for send in (send_pledge, send_letter):
        page = text(client.get(send(client, case, email="kim@example.org").url))
        assert "yours may not be sent before " in page
    assert "yours may not be sent before " in text(client.get(reverse("letters:mail-sent")))
    clock.shift(HOUR)
    assert "yours may not be sent before " not in text(client.get(reverse("letters:mail-sent")))


def test_who_gave_no_address_is_told_that_no_mail_comes(client):
    case = make_case_to_write_for()

    for send in (send_pledge, send_letter):
        page = text(client.get(send(client, case, email="").url))
        assert "we send no mail: keep this link" in page
        assert "It is usually sent" not in page
