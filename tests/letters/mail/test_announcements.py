"""An outcome is asked for by one person, approved by another, told to all who wanted to know."""

import datetime
import re

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from cases.models import Case, Freeze, Outcome
from cases.publishing.acts import Refused
from letters.mail import announcements, outbox
from letters.models import (
    Announcement,
    EmailAddress,
    Follow,
    FollowState,
    MailText,
    OutgoingMail,
)
from tests.factories import make_case, make_edition, make_email_address, make_follow, make_outcome
from tests.letters.mail.test_outbox import make_mail
from tests.staff import make_staff

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = [datetime.timedelta(**{name: 1}) for name in ["minutes", "hours", "days"]]


def recorded(case: Case | None = None, **fields) -> Outcome:
    """An outcome as the database has it."""
    return Outcome.objects.select_related("case").get(pk=make_outcome(case, **fields).pk)


def follows(
    case: Case | None, email: str = "", state=FollowState.CONFIRMED, **fields
) -> EmailAddress:
    """Somebody who wants to be told, by an address of their own."""
    email_address = make_email_address(email, **fields)
    make_follow(case, email_address=email_address, state=state)
    return email_address


def approved(outcome: Outcome) -> Announcement:
    announcement = announcements.ask(outcome, make_staff())
    announcements.approve(announcement, make_staff())
    announcement.refresh_from_db()
    return announcement


def put_all_in_outbox() -> None:
    while announcements.queue_batch():
        pass


def told(outcome: Outcome) -> list[str]:
    """Whom the outcome is told, by their addresses."""
    return sorted(email_address.email for email_address in announcements.recipients(outcome))


# --- who is told


def test_who_follows_the_person_in_any_year_is_told():
    first = make_case(edition=make_edition(2023))
    second = make_case(edition=make_edition(2024), earlier=first)
    third = make_case(edition=make_edition(2025), earlier=second)
    for at, case in enumerate([first, second, third, make_case()]):
        follows(case, f"{at}@example.org")

    for case in [first, second, third]:
        assert told(recorded(case)) == ["0@example.org", "1@example.org", "2@example.org"]


def test_who_did_not_confirm_or_ended_it_or_blocked_us_is_not_told():
    case = make_case()
    follows(case, "yes@example.org")
    follows(case, "not-yet@example.org", state=FollowState.UNCONFIRMED)
    follows(case, "no-more@example.org", state=FollowState.ENDED)
    follows(case, "blocked@example.org", blocked_on="2025-11-01")
    blocked_once = follows(case, "again@example.org")
    EmailAddress.objects.filter(pk=blocked_once.pk).update(email="")

    assert told(recorded(case)) == ["yes@example.org"]


@pytest.mark.parametrize(
    ("kind", "listed", "is_visible"),
    [("released", True, True), ("worse", True, False), ("released", False, False)],
)
def test_who_follows_all_good_news_is_told_what_the_page_of_good_news_shows(
    kind, listed, is_visible
):
    follows(None, "good-news@example.org")
    outcome = recorded(make_case(listed=listed), kind=kind)

    assert told(outcome) == (["good-news@example.org"] if is_visible else [])
    assert Outcome.objects.good_news().filter(pk=outcome.pk).exists() is is_visible


def test_who_follows_twice_is_told_once():
    case = make_case()
    email_address = follows(case, "sam@example.org")
    make_follow(None, email_address=email_address, state=FollowState.CONFIRMED)

    assert told(recorded(case)) == ["sam@example.org"]


# --- what is told


def test_the_mail_tells_the_outcome_and_its_subject_only_of_whom():
    case = make_case(display_name="Ánne <Test> & Co", country="NO")
    outcome = recorded(
        case,
        headline="Free “at last” & home",
        text="On bail; the charges stand.",
        date="2025-02-01",
        date_precision="month",
        conditional=True,
    )

    mail = announcements.texts(outcome)["en"]

    assert mail["subject"] == "Write for Rights: news of Ánne <Test> & Co"
    for said in [
        "There is news of Ánne <Test> & Co (Norway):\n\nFree “at last” & home\n",
        "\nFebruary 2025 · Released, with conditions\n\nOn bail; the charges stand.\n\n",
        f"\nhttp://testserver{case.get_absolute_url()}\n",
    ]:
        assert said in mail["body"]
    assert mail["body"].startswith("Hello,\n\n")
    assert mail["body"].endswith("\nWrite for Rights\n")
    assert "\n\n\n" not in mail["body"]
    assert "because you asked for it on testserver." in " ".join(mail["body"].split())


@pytest.mark.parametrize(
    ("kind", "is_sorry"),
    [("released", False), ("court-step", False), ("arrested-again", True), ("died", True)],
)
def test_the_mail_fits_the_news_and_claims_nothing_for_letters(kind, is_sorry):
    body = announcements.texts(recorded(kind=kind))["en"]["body"]

    assert ("We are sorry to bring you this news. Thank you" in body) is is_sorry
    assert "\nThank you for not looking away.\n" in body or is_sorry
    assert "after" not in body.replace("Free after two years", "")


def test_older_news_is_not_told_without_what_came_later():
    case = make_case()
    outcome = recorded(case, headline="Freed", text="At home.", date="2024-01-01")
    before = announcements.texts(outcome)["en"]["body"]
    make_outcome(case, kind="died", headline="Died", date="2025-05-01", date_precision="month")

    body = announcements.texts(outcome)["en"]["body"]

    assert "\n\nAt home.\n\nLater: Died (May 2025) · Died\n\nThank you" in body
    assert "\n\n\n" not in body + before


@pytest.mark.parametrize(
    ("stage", "said"),
    [("published", "The whole story, and what can be done now:"), ("closed", "The whole story:")],
)
def test_the_mail_offers_something_to_do_only_if_there_is(stage, said):
    assert f"\n{said}\n" in announcements.texts(recorded(make_case(stage=stage)))["en"]["body"]


def test_each_language_has_its_mail_and_says_what_is_not_translated():
    outcome = recorded(headline="Free", headline_fr="Libre", text="At home.")

    texts = announcements.texts(outcome)

    assert "not translated yet" not in texts["en"]["body"]
    assert "(Ce qui est marqué [en] est en anglais : ce n’est pas encore traduit.)" in (
        " ".join(texts["fr"]["body"].split())
    )
    assert "\nLibre\n" in texts["fr"]["body"]
    assert "\n[en] At home.\n" in texts["fr"]["body"]
    assert "[en] Libre" not in texts["fr"]["body"]
    assert "[en]" not in texts["en"]["body"]
    assert f"/fr/cases/{outcome.case.slug}/" in texts["fr"]["body"]
    outcome.text_fr = "Chez elle."
    assert texts["fr"] != announcements.texts(outcome)["fr"]
    assert "At home." not in announcements.texts(outcome)["fr"]["body"]


def test_a_mail_holds_the_links_of_its_own_address_in_its_language():
    case = make_case()
    sam = follows(case, "sam@example.org", language="fr")
    follows(case, "kim@example.org")
    approved(recorded(case))

    put_all_in_outbox()

    to_sam = OutgoingMail.objects.get(to_hash=sam.email_hash)
    assert to_sam.to == "sam@example.org"
    assert to_sam.language == "fr"
    assert to_sam.unsubscribe_url.startswith("http://testserver/fr/stop/")
    assert f"\n{to_sam.unsubscribe_url}\n" in to_sam.body
    others = OutgoingMail.objects.exclude(pk=to_sam.pk).get()
    assert to_sam.unsubscribe_url[-24:] not in others.body
    assert sam.key not in to_sam.body + others.body
    assert others.language == "en"


def test_a_mail_can_be_unsubscribed_from_by_one_click():
    case = make_case()
    sam = follows(case)
    approved(recorded(case))
    put_all_in_outbox()

    outbox.send_due()

    made = mail.outbox[0].message()
    raw = made.as_bytes(linesep="\r\n").decode()
    [link] = re.findall(r"\r\nList-Unsubscribe: <http://testserver(/stop/[\w-]{22}/)>\r\n", raw)
    client = Client(enforce_csrf_checks=True)
    client.post(link, {"List-Unsubscribe": "One-Click"})
    assert not sam.follows.confirmed().exists()
    assert made["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert made["Auto-Submitted"] == "auto-generated"
    assert made["Subject"] == f"Write for Rights: news of {case.display_name}"
    assert made["List-Id"] == "<news.testserver>"


# --- two people


def test_one_person_asks_and_another_approves():
    outcome = recorded()
    follows(outcome.case)
    ana, ben = make_staff(), make_staff()

    announcement = announcements.ask(outcome, ana)
    announcements.approve(announcement, ben)

    announcement.refresh_from_db()
    assert (announcement.asked_by, announcement.approved_by) == (ana, ben)
    assert announcement.texts == announcements.texts(outcome)


def test_who_asked_cannot_approve():
    outcome = recorded()
    follows(outcome.case)
    ana = make_staff()
    announcement = announcements.ask(outcome, ana)

    with pytest.raises(Refused, match="Somebody other than"):
        announcements.approve(announcement, ana)
    with pytest.raises(IntegrityError), transaction.atomic():
        Announcement.objects.update(approved_by=ana, approved_at=timezone.now())


def test_an_outcome_is_told_once():
    outcome = recorded()
    follows(outcome.case)
    announcement = approved(outcome)

    with pytest.raises(Refused, match="have been told"):
        announcements.ask(outcome, make_staff())
    with pytest.raises(Refused, match="approved already"):
        announcements.approve(announcement, make_staff())
    assert not announcements.take_back(announcement)
    assert Announcement.objects.count() == 1


def test_asking_twice_keeps_who_asked_first():
    outcome = recorded()
    follows(outcome.case)
    ana = make_staff()

    announcements.ask(outcome, ana)
    announcements.ask(outcome, make_staff())

    assert Announcement.objects.get().asked_by == ana


def test_an_outcome_that_was_edited_is_asked_for_anew():
    outcome = recorded(headline="Free")
    follows(outcome.case)
    ana, ben = make_staff(), make_staff()
    read = announcements.ask(outcome, ana)
    outcome.headline = "Free on bail"
    outcome.save()

    with pytest.raises(Refused, match="ask for it again"):
        announcements.approve(read, ben)
    anew = announcements.ask(outcome, ben)
    with pytest.raises(Refused, match="ask for it again"):  # ana's page shows the words before
        announcements.approve(read, ana)
    announcements.approve(anew, ana)

    assert "Free on bail" in Announcement.objects.get(approved_by=ana).texts["en"]["body"]


def test_what_is_edited_after_the_approval_changes_no_mail():
    outcome = recorded(headline="Free")
    follows(outcome.case)
    approved(outcome)
    Outcome.objects.update(headline="Edited")

    put_all_in_outbox()

    assert "\nFree\n" in OutgoingMail.objects.get().body


def test_what_was_taken_back_is_not_sent_and_can_be_asked_for_again():
    outcome = recorded()
    follows(outcome.case)
    read = announcements.ask(outcome, make_staff())

    assert announcements.take_back(read)
    with pytest.raises(Refused, match="taken back"):
        announcements.approve(read, make_staff())

    put_all_in_outbox()
    assert not OutgoingMail.objects.exists()
    approved(Outcome.objects.get())


@pytest.mark.parametrize("how", [Freeze.HIDDEN, Freeze.WITHDRAWN])
def test_nothing_is_told_of_a_case_that_is_taken_down(how):
    outcome = recorded()
    follows(outcome.case)
    read = announcements.ask(outcome, make_staff())
    Case.objects.update(freeze=how, freeze_reason="A test.")

    with pytest.raises(Refused, match="not shown now"):
        announcements.approve(read, make_staff())
    with pytest.raises(Refused, match="not shown now"):
        announcements.ask(Outcome.objects.get(), make_staff())


def test_without_followers_nobody_is_asked():
    with pytest.raises(Refused, match="nobody to tell"):
        announcements.ask(recorded(), make_staff())


# --- into the outbox


def test_mails_are_queued_in_batches_and_each_follower_has_one(monkeypatch):
    monkeypatch.setattr(announcements, "MAILS_A_BATCH", 2)
    case = make_case()
    for _ in range(5):
        follows(case)
    announcement = approved(recorded(case))

    reached = [announcements.queue_batch() for _ in range(4)]

    assert reached == [2, 2, 1, 0]
    announcement.refresh_from_db()
    assert announcement.finished_at is not None
    assert OutgoingMail.objects.values("to_hash").distinct().count() == 5
    assert OutgoingMail.objects.count() == 5


def test_a_batch_that_is_begun_again_makes_no_second_mail():
    case = make_case()
    follows(case)
    approved(recorded(case))
    put_all_in_outbox()
    Announcement.objects.update(last_email_address_id=0, finished_at=None)

    put_all_in_outbox()

    assert OutgoingMail.objects.count() == 1


def test_what_nobody_approved_is_not_queued():
    outcome = recorded()
    follows(outcome.case)
    announcements.ask(outcome, make_staff())

    assert announcements.queue_batch() == 0
    assert not OutgoingMail.objects.exists()


def test_news_of_a_frozen_case_waits_until_it_is_told_again():
    outcome = recorded()
    follows(outcome.case)
    approved(outcome)
    Case.objects.update(freeze=Freeze.HIDDEN, freeze_reason="A test.")
    assert announcements.queue_batch() == 0
    Case.objects.update(freeze=Freeze.NONE, freeze_reason="")
    assert announcements.queue_batch() == 1

    Case.objects.update(freeze=Freeze.WITHDRAWN, freeze_reason="A test.")
    assert outbox.send_due() == 0
    Case.objects.update(freeze=Freeze.NONE, freeze_reason="")
    assert outbox.send_due() == 1


def test_a_case_that_is_frozen_while_its_news_leaves_holds_the_rest_back(monkeypatch):
    outcome = recorded()
    for _ in range(3):
        follows(outcome.case)
    approved(outcome)
    put_all_in_outbox()
    send = outbox._send

    def send_and_freeze(*arguments) -> bool:
        Case.objects.update(freeze=Freeze.HIDDEN, freeze_reason="A test.")
        return send(*arguments)

    monkeypatch.setattr(outbox, "_send", send_and_freeze)

    assert outbox.send_due() == 1
    assert OutgoingMail.objects.filter(sent_at=None, attempts=0).count() == 2


def test_stopping_takes_out_what_has_not_left(monkeypatch):
    monkeypatch.setattr(announcements, "MAILS_A_BATCH", 2)
    case = make_case()
    for _ in range(5):
        follows(case)
    announcement = approved(recorded(case))
    announcements.queue_batch()
    outbox.send_due()
    announcements.queue_batch()

    assert announcements.stop(announcement) == 2
    assert announcements.stop(announcement) == 0

    put_all_in_outbox()
    assert outbox.send_due() == 0
    assert announcements.progress(announcement) == (2, 0, 0)


def test_progress_counts_the_mails_of_this_news_only():
    case = make_case()
    for _ in range(4):
        follows(case)
    others = approved(recorded(case))
    announcement = approved(recorded(case))
    put_all_in_outbox()
    mine = OutgoingMail.objects.filter(about__startswith=f"telling:{announcement.pk}:")
    first, second, *_rest = mine.order_by("pk")
    now = timezone.now()
    OutgoingMail.objects.filter(pk=first.pk).update(sent_at=now)
    OutgoingMail.objects.filter(pk=second.pk).update(given_up_at=now)

    assert announcements.progress(announcement) == (1, 2, 1)
    assert announcements.progress(others) == (0, 4, 0)


# --- on the way out


@pytest.mark.parametrize("change", ["ended", "another is left", "blocked", "erased"])
def test_who_wants_no_more_news_gets_none_though_it_waits_already(change):
    outcome = recorded(kind="no-change-yet")
    email_address = follows(outcome.case)
    approved(outcome)
    put_all_in_outbox()

    match change:
        case "ended":
            Follow.objects.update(state=FollowState.ENDED)
        case "another is left":
            Follow.objects.update(state=FollowState.ENDED)
            make_follow(make_case(), email_address=email_address, state=FollowState.CONFIRMED)
        case "blocked":
            EmailAddress.objects.update(blocked_on="2025-11-01")
        case "erased":
            EmailAddress.objects.all().delete()

    assert outbox.send_due() == 0
    assert mail.outbox == []
    assert not OutgoingMail.objects.exists()


def test_news_has_an_allowance_of_its_own(caplog):
    outcome = recorded()
    for _ in range(3):
        follows(outcome.case)
    approved(outcome)
    few = outbox.MailPace(most_an_hour=0, most_news_an_hour=2)
    with time_machine.travel(timezone.now().replace(minute=10), tick=False) as clock:
        put_all_in_outbox()
        assert outbox.send_due(few) == 2
        assert outbox.send_due(few) == 0
        clock.shift(HOUR)
        assert outbox.send_due(few) == 1

    assert caplog.records == []  # it is no flood


@pytest.mark.slow
def test_news_leaves_a_place_of_the_day_for_what_somebody_waits_for():
    case = make_case()
    sam = follows(case, "sam@example.org")
    sent = {}
    with time_machine.travel(timezone.now(), tick=False) as clock:
        begun = timezone.now()
        for _ in range(3):
            approved(recorded(case))
        put_all_in_outbox()
        while OutgoingMail.objects.filter(sent_at=None).exists():
            if outbox.send_due():
                sent[(timezone.now() - begun) // MINUTE] = "news"
            clock.shift(5 * MINUTE)
            if (timezone.now() - begun) == HOUR:
                make_mail(sam.email)
                assert outbox.send_due() == 1
                sent[60] = "asked for"

    # Two of the three news in an hour, what was asked for then, the third the day after.
    assert list(sent.items()) == [(0, "news"), (10, "news"), (60, "asked for"), (24 * 60, "news")]


def test_what_somebody_waits_for_goes_before_news():
    outcome = recorded()
    follows(outcome.case, "news@example.org")
    approved(outcome)
    put_all_in_outbox()
    make_mail("sam@example.org")

    assert outbox.send_due() == 2

    assert [message.to for message in mail.outbox] == [["sam@example.org"], ["news@example.org"]]


def test_a_blocked_address_gets_no_mail_of_any_kind():
    blocked = make_email_address("sam@example.org", blocked_on="2025-11-01")
    OutgoingMail.objects.create(
        about="letter:1",
        kind="letter-link",
        to="Sam+other@example.org",
        to_hash=blocked.email_hash,
        created_at=timezone.now(),
        not_before=timezone.now(),
    )

    assert outbox.send_due() == 0

    assert mail.outbox == []
    assert not OutgoingMail.objects.exists()


def test_staff_change_what_stands_around_the_news_and_it_is_asked_for_anew():
    outcome = recorded(make_case(display_name="Ana Test"))
    make_follow(outcome.case)
    asked = announcements.ask(outcome, make_staff())

    body = "Dear friend, {name}:\n\n{outcome}\n\n{link}\n\n{stop}"
    MailText.objects.create(kind="news", language="en", subject="{organisation}: news", body=body)

    assert "Dear friend, Ana Test:\n\n" in announcements.texts(outcome)["en"]["body"]
    assert "{stop}" in announcements.texts(outcome)["en"]["body"]
    assert announcements.is_stale(asked)
