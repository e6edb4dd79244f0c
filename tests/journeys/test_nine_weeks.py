"""A promise that is kept: from a stall on 1 December to the letter about the year, and erased.

Everything that one person does in nine weeks, and every mail that comes of it, with the worker at
work twice a day.
"""

from __future__ import annotations

import datetime
import re

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from cases.models import Case
from letters.models import EmailAddress, Letter, MailedLink, OutgoingMail, Pledge
from letters.models.email_spelling import email_hash
from letters.statistics import ledger
from tests.browser import Visitor
from tests.factories import make_case_to_write_for, make_consent, make_edition, make_letter
from tests.letters.mail.reading import unwrapped
from tests.letters.sending import everyone
from tests.letters.stored import readable
from tests.staff import make_staff
from tests.test_accessibility import findings_on, listed

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.long,
]

ADDRESS = "maren@example.org"
NAME = "Maren Testdal"
WORDS = "Please leave the pastures to the herds and the herders, as they always were."
UTC = datetime.UTC


def at(year: int, month: int, day: int, hour: int) -> datetime.datetime:
    return datetime.datetime(year, month, day, hour, tzinfo=UTC)


class Weeks:
    """The time that goes by, and the mails that leave meanwhile."""

    def __init__(self, clock: time_machine.Coordinates) -> None:
        self.clock = clock
        self.mails: list[tuple[str, str]] = []

    def go_to(self, month: int, day: int, hour: int = 12) -> None:
        """The worker looks every morning at half past nine and at noon, and once more then."""
        then = at(2025 if month == 12 else 2026, month, day, hour)
        while (now := timezone.now()) < then:
            morning = now.replace(hour=9, minute=30)
            noon = now.replace(hour=12, minute=0)
            next_morning = morning + datetime.timedelta(days=1)
            coming = [moment for moment in (morning, noon, next_morning, then) if moment > now]
            self.clock.move_to(min(coming))
            self.work()

    def work(self) -> None:
        before = len(mail.outbox)
        call_command("work", once=True)
        today = f"{timezone.localdate():%-d %B}"
        for sent in mail.outbox[before:]:
            assert sent.to == [ADDRESS]
            kind = re.match(
                r"Write for Rights: (?:your )?(link|reminder|thank you|news|\w+ \w+)", sent.subject
            )[1]
            self.mails.append((today, kind))

    def newest_mail(self) -> str:
        self.clock.shift(datetime.timedelta(minutes=11))  # a mailbox gets one in ten minutes
        self.work()
        return unwrapped(mail.outbox[-1].body)

    def newest_links(self) -> list[str]:
        return re.findall(r"http\S+", self.newest_mail())


@pytest.fixture
def weeks():
    with time_machine.travel(at(2025, 12, 1, 11), tick=False) as clock:
        yield Weeks(clock)


@pytest.fixture
def cases(site) -> dict[str, Case]:
    """Those that one can write for."""
    make_edition(reporting_deadline=datetime.date(2026, 1, 31))
    cases = {
        name: make_case_to_write_for(display_name=f"{name} Test", slug=f"{name.lower()}-test")
        for name in ["Ana", "Ben", "Cleo"]
    }
    for case in cases.values():
        make_consent(case)
    return cases


def numbers_on(visitor: Visitor) -> dict[str, list[str]]:
    """What counts, as Mine says it: of each row the person's own, and everyone's."""
    rows = visitor.page.locator(".figures tbody tr").all()
    found = [re.split(r"\s*[\t\n]\s*", row.inner_text().strip()) for row in rows]
    return {name: figures for name, *figures in found}


def headings_on(visitor: Visitor) -> list[str]:
    return visitor.page.get_by_role("heading", level=2).all_inner_texts()


# --- what she does


def promises_at_the_stall(maren: Visitor) -> str:
    maren.opens("/pledge/")
    maren.fills("How many letters?", "5")
    maren.fills("By when?", "2025-12-21")
    maren.presses("Make the pledge")
    maren.is_at("Your pledge: 5 letters")
    maren.sees("Write for Rights 2025", "To be written by 21 December 2025.")
    maren.sees("This device remembers it")
    return maren.page.url.partition("#")[0]


def gives_an_address(maren: Visitor, weeks: Weeks, promise: str) -> None:
    maren.opens(promise)
    maren.fills("E-mail", ADDRESS)
    maren.ticks("I agree that you keep this")
    maren.presses("Mail me the link")
    maren.sees("It is not confirmed yet")
    [link] = weeks.newest_links()
    maren.opens(link)
    maren.ticks("Send me one letter")
    maren.presses("Yes, open it")
    maren.sees("Your e-mail address is confirmed.")
    maren.presses("Remind me by e-mail")
    maren.sees("We remind you by e-mail, next on 11 December 2025.")


def writes(visitor: Visitor, promise: str, name: str, email: str = "") -> str:
    visitor.opens(promise)
    visitor.presses(f"Write for {name} Test")
    visitor.answers("Do you, or people close to you", "No")
    visitor.fills("Your letter", WORDS)
    visitor.presses("Next: you and your name")
    visitor.fills("Your name", NAME)
    visitor.unfolds("Add your e-mail, town or country")
    visitor.fills("E-mail", email)
    visitor.ticks("I agree that you keep this")
    visitor.presses("See it as a letter")
    visitor.is_at(f"Written: your letter for {name} Test")
    return visitor.page.url.partition("#")[0]


def says_that_the_address_is_hers(visitor: Visitor, weeks: Weeks, name: str) -> None:
    [link] = weeks.newest_links()
    visitor.opens(link)
    visitor.presses("Yes, open it")
    visitor.is_at(f"Written: your letter for {name} Test")


def hands_it_to_the_campaign(phone: Visitor, reminder: list[str], weeks: Weeks) -> str:
    go_on, _posted, _stop = reminder
    phone.opens(go_on)
    phone.presses("Yes, open it")
    phone.is_at("Your pledge: 5 letters")
    letter = writes(phone, phone.page.url, "Cleo", ADDRESS)
    says_that_the_address_is_hers(phone, weeks, "Cleo")
    phone.ticks("Mail me a thank-you, and tell me what happens next")
    phone.presses("Hand it to the campaign")
    phone.sees("Handed to us: your letter for")
    return letter


def puts_under_her_address(visitor: Visitor, weeks: Weeks) -> str:
    """What was done on this device without one."""
    visitor.opens("/mine/")
    visitor.fills("E-mail", ADDRESS)
    visitor.presses("Send me the link")
    visitor.sees("Check your mailbox")
    [link] = weeks.newest_links()
    visitor.opens(link)
    visitor.sees("On this device, without an address", "A letter for Ben Test")
    visitor.ticks("I agree that you keep this")
    visitor.presses("Put what is ticked under this address")
    visitor.does_not_see("without an address")
    return link


def marks_as_sent(visitor: Visitor, name: str) -> None:
    visitor.opens("/mine/")
    visitor.ticks(f"A letter for {name} Test")
    visitor.presses("I have sent them")
    visitor.sees("1 letter is marked as sent", "Posted. It counts.")


def gives_one_back(visitor: Visitor, promise: str) -> None:
    visitor.opens(promise)
    visitor.unfolds("Another day, fewer letters")
    visitor.fills("How many letters do you want to pledge now, in total?", "4")
    visitor.presses("Cancel a part")
    visitor.is_at("Done: you pledge 4 letters")
    visitor.sees("1 is still to be written by 21 December 2025.")


def has_posted_one_by_hand(visitor: Visitor, reminder: list[str]) -> None:
    posted, _go_on, _stop = reminder
    visitor.opens(posted)
    visitor.is_at("Have you posted it?")
    visitor.picks("Who for", "Ana Test")
    visitor.presses("I have posted them")
    visitor.is_at("Pledge done")
    visitor.sees("All 4 letters are on their way. Thank you.")


def erases_all(visitor: Visitor, weeks: Weeks) -> None:
    visitor.opens("/mine/")
    visitor.fills("E-mail", ADDRESS)
    visitor.presses("Send me the link")
    visitor.sees("Check your mailbox")
    [link] = weeks.newest_links()
    visitor.opens(link)
    visitor.sees("4 letters", "Done. Thank you.", "Posted. It counts.", "Handed in. It counts.")
    visitor.presses("Erase all of it")
    visitor.presses("Erase it for good")
    visitor.is_at("It is erased")
    visitor.opens("/mine/")
    visitor.sees("This device remembers nothing yet.")


# --- what staff do


def hide(sofia: Visitor, name: str) -> None:
    sofia.signs_in(make_staff("safety"))
    sofia.opens("/admin/cases/outcome/")
    sofia.presses("Freeze a case…")
    sofia.ticks(f"{name} Test")
    sofia.fills("Why?", "A test asks for it.")
    sofia.presses("Freeze now")
    sofia.sees(f"{name} Test: hidden")


def show_again(sofia: Visitor, samir: Visitor, case: Case) -> None:
    for person in [sofia, samir]:
        person.signs_in(make_staff("safety"))
        person.opens(f"/admin/cases/case/{case.pk}/change/")
    sofia.presses("Ask to unfreeze")
    sofia.sees("Somebody else has to confirm")
    samir.page.reload()
    samir.presses("Confirm unfreezing")
    samir.sees("is no longer frozen.")


def approve_what_waits(mia: Visitor) -> None:
    mia.signs_in(make_staff("moderator"))
    mia.opens("/admin/letters/letter/desk/")
    mia.presses("Read the first that is free")
    mia.sees(WORDS)
    mia.presses("Approve")
    mia.sees("is approved.")


def hand_in(dana: Visitor, weeks: Weeks, number: int) -> None:
    dana.signs_in(make_staff("delivery"))
    dana.opens("/admin/letters/handin/add/")
    dana.page.locator("#content a", has_text="Letters").click()
    dana.sees(f"{number} would be in this hand-in.")
    dana.presses("Make the hand-in")
    dana.sees("is made.")
    weeks.work()
    dana.page.reload()
    with dana.page.expect_download():
        dana.presses("Fetch all files in one (ZIP)")
    dana.presses("All of it is printed")
    dana.sees("is printed.")
    dana.presses("It is on its way")
    dana.sees("is on its way.")
    dana.presses("It was handed in…")
    dana.fills("On which day?", f"{timezone.localdate()}")
    dana.fills("Where?", "Ministry, Testville")
    dana.answers("How did it go?", "It was accepted.")
    dana.presses("Note it")
    dana.sees("is noted.")


def tell_of_the_year(eva: Visitor, emil: Visitor) -> None:
    for person in [eva, emil]:
        person.signs_in(make_staff("editor"))
    eva.opens("/admin/letters/yearletter/of/2025/")
    eva.presses("Ask a second person")
    eva.sees("Somebody else has to approve it now")
    emil.opens("/admin/letters/yearletter/of/2025/")
    emil.presses("Approve and send")
    emil.sees("The mails are on their way.")


# --- and all of it


def test_five_letters_of_a_stall_are_written_counted_told_of_and_erased(
    arrive, javascript, weeks, cases
):
    maren, phone = arrive(javascript), arrive(javascript)

    promise = promises_at_the_stall(maren)
    maren.opens("/mine/")
    maren.sees("5 letters", "0 of 5 on their way; due by 21 December 2025.")
    assert numbers_on(maren)["All of yours"] == ["0", "–"]

    weeks.go_to(12, 3, hour=18)
    assert weeks.mails == []
    gives_an_address(maren, weeks, promise)

    weeks.go_to(12, 4, hour=18)
    writes(maren, promise, "Ana", ADDRESS)
    says_that_the_address_is_hers(maren, weeks, "Ana")
    maren.ticks("Mail me a thank-you, and tell me what happens next")
    maren.presses("Post it myself")
    for_ben = writes(maren, promise, "Ben")
    maren.presses("Post it myself")
    maren.opens("/mine/")
    assert headings_on(maren)[:2] == ["Pledges", "Ready to send"]
    maren.sees("0 of 5 on their way", "A letter for Ana Test", "A letter for Ben Test")

    weeks.go_to(12, 6)
    marks_as_sent(maren, "Ana")
    assert numbers_on(maren)["Ana Test"] == ["1", "1"]
    assert everyone(cases["Ana"]) == 1

    weeks.go_to(12, 8)
    assert "your letter for Ana Test" in unwrapped(mail.outbox[-1].body)
    by_mail = puts_under_her_address(maren, weeks)

    weeks.go_to(12, 11, hour=18)
    reminder = weeks.newest_links()
    assert "4 letters are still to be posted by 21 December" in unwrapped(mail.outbox[-1].body)
    for_cleo = hands_it_to_the_campaign(phone, reminder, weeks)
    phone.opens("/mine/")
    phone.sees("2 of 5 on their way", "With us, and waits to be read. It counts.")
    phone.does_not_see("A letter for Ben Test")
    phone.opens(by_mail)
    phone.sees("A letter for Ana Test", "A letter for Ben Test", "A letter for Cleo Test")

    weeks.go_to(12, 12)
    marks_as_sent(maren, "Ben")
    for_ben = Letter.objects.get(case=cases["Ben"]).get_absolute_url()  # a new one, see Mine
    maren.opens(for_ben)
    maren.presses("Mail me a thank-you, and tell me what happens next")
    gives_one_back(maren, promise)
    maren.opens("/mine/")
    maren.sees("3 of 4 on their way")
    assert numbers_on(maren)["All of yours"] == ["3", "–"]

    hide(arrive(javascript), "Ben")
    before = len(mail.outbox)
    weeks.go_to(12, 14)
    for address in ["/mine/", by_mail]:
        maren.opens(address)
        maren.sees("3 of 4 on their way", "A letter for a case that is not shown at the moment")
        maren.does_not_see("Ben Test")
        assert numbers_on(maren)["Cases that are not shown at the moment"] == ["1", "–"]
        assert numbers_on(maren)["All of yours"] == ["3", "–"]
    maren.opens(promise)
    maren.sees("3 are on their way.", "Write for Ana Test")
    maren.does_not_see("Ben Test")

    weeks.go_to(12, 15)
    approve_what_waits(arrive(javascript))
    phone.opens(for_cleo)
    phone.sees("Read by us: your letter for Cleo Test")
    weeks.go_to(12, 18, hour=18)
    [reminder_of_last_days] = [sent.body for sent in mail.outbox[before:]]
    assert "please post by 21 December 2025 at the latest" in unwrapped(reminder_of_last_days)
    assert "Ben" not in reminder_of_last_days

    weeks.go_to(12, 19)
    show_again(arrive(javascript), arrive(javascript), cases["Ben"])
    maren.opens("/mine/")
    maren.sees("A letter for Ben Test")

    weeks.go_to(12, 22)
    maren.opens("/mine/")
    maren.sees("3 of 4 on their way", "Late. Keep writing, say what you have posted")
    assert headings_on(maren)[0] == "Pledges"
    if javascript:
        found = findings_on(maren, ["/mine/", promise])
        assert found == [], listed(found)

    weeks.go_to(12, 23)
    has_posted_one_by_hand(phone, weeks.newest_links())
    maren.opens("/mine/")
    maren.sees("Done. Thank you.")
    maren.does_not_see("Late.")
    assert numbers_on(maren)["Ana Test"] == ["2", "2"]

    weeks.go_to(1, 9)
    for _nr in range(11):
        make_letter(cases["Cleo"], state="approved")
    hand_in(arrive(javascript), weeks, number=12)
    weeks.go_to(1, 9, hour=14)
    told = weeks.newest_mail()
    assert "We handed over your letter for Cleo Test on 9 January 2026, as one of 12." in told
    phone.opens("/mine/")
    phone.sees("Handed in. It counts.")

    weeks.go_to(2, 2)
    tell_of_the_year(arrive(javascript), arrive(javascript))
    year = weeks.newest_mail()
    assert "you did this, or more: 4 letters. Thank you!" in year
    assert "All of us together: 15 letters." in year

    erases_all(maren, weeks)
    phone.opens("/mine/")
    phone.sees("This device remembers nothing yet.")
    for link in [promise, for_ben, for_cleo]:
        assert maren.opens(link).status == 404
    assert [everyone(case) for case in cases.values()] == [2, 1, 12]
    assert ledger.differences() == []
    left = readable()
    for of_hers in [ADDRESS, email_hash(ADDRESS), NAME, WORDS]:
        assert of_hers not in left
    for model in [Pledge, EmailAddress, MailedLink, OutgoingMail]:
        assert not model.objects.exists()

    weeks.go_to(2, 9)
    assert weeks.mails == [
        ("3 December", "link"),
        ("4 December", "link"),
        ("7 December", "thank you"),
        ("8 December", "link"),
        ("11 December", "reminder"),
        ("11 December", "link"),
        ("17 December", "reminder"),
        ("23 December", "reminder"),
        ("9 January", "news"),
        ("2 February", "looking back"),
        ("2 February", "link"),
    ]
