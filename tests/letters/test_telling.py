"""An outcome is asked for by one person, approved by another, told to all who wanted to know."""

import datetime

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from cases.models import Case, Freeze, Outcome
from cases.publishing import Refused
from letters import outbox, telling
from letters.models import Follow, FollowState, Mailbox, OutgoingMail, Telling
from tests.factories import make_case, make_edition, make_follow, make_mailbox, make_outcome
from tests.staff import make_staff

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = [datetime.timedelta(**{name: 1}) for name in ["minutes", "hours", "days"]]


def recorded(case: Case | None = None, **fields) -> Outcome:
    """An outcome as the database has it."""
    return Outcome.objects.select_related("case").get(pk=make_outcome(case, **fields).pk)


def follows(case: Case | None, email: str = "", state=FollowState.CONFIRMED, **fields) -> Mailbox:
    """Somebody who wants to be told, by a mailbox of their own."""
    mailbox = make_mailbox(email, **fields)
    make_follow(case, mailbox=mailbox, state=state)
    return mailbox


def approved(outcome: Outcome) -> Telling:
    telling_of = telling.ask(outcome, make_staff())
    telling.approve(telling_of, make_staff())
    telling_of.refresh_from_db()
    return telling_of


def put_all_in_outbox() -> None:
    while telling.put_in_outbox():
        pass


def told(outcome: Outcome) -> list[str]:
    """Whom the outcome is told, by their addresses."""
    return sorted(mailbox.email for mailbox in telling.recipients(outcome))


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
    Mailbox.objects.filter(pk=blocked_once.pk).update(email="")

    assert told(recorded(case)) == ["yes@example.org"]


@pytest.mark.parametrize(
    ("kind", "listed", "is_told"),
    [("released", True, True), ("worse", True, False), ("released", False, False)],
)
def test_who_follows_all_good_news_is_told_what_the_page_of_good_news_shows(kind, listed, is_told):
    follows(None, "good-news@example.org")
    outcome = recorded(make_case(listed=listed), kind=kind)

    assert told(outcome) == (["good-news@example.org"] if is_told else [])
    assert Outcome.objects.good_news().filter(pk=outcome.pk).exists() is is_told


def test_who_follows_twice_is_told_once():
    case = make_case()
    mailbox = follows(case, "sam@example.org")
    make_follow(None, mailbox=mailbox, state=FollowState.CONFIRMED)

    assert told(recorded(case)) == ["sam@example.org"]


# --- what is told


def test_the_mail_tells_the_outcome_and_its_subject_nothing():
    case = make_case(display_name="Ánne <Test> & Co", country="NO")
    outcome = recorded(
        case,
        headline="Free “at last” & home",
        text="On bail; the charges stand.",
        date="2025-02-01",
        date_precision="month",
        conditional=True,
    )

    mail = telling.texts(outcome)["en"]

    assert mail["subject"] == "The news you asked for"
    for said in [
        "news of Ánne <Test> & Co (Norway):\n\nFree “at last” & home\n",
        "\nFebruary 2025 · Released · with conditions\n\nOn bail; the charges stand.\n\n",
        f"\nhttp://testserver{case.get_absolute_url()}\n",
    ]:
        assert said in mail["body"]
    assert mail["body"].startswith("Good day,\n\n")
    assert mail["body"].endswith("\nWrite for Rights\n")
    assert "\n\n\n" not in mail["body"]
    assert "because" not in mail["body"]


@pytest.mark.parametrize("kind", ["no-change-yet", "worse", "died"])
def test_what_is_not_good_is_not_said_to_have_come_after_letters(kind):
    assert "It came after" not in telling.texts(recorded(kind=kind))["en"]["body"]


def test_each_language_has_its_mail_and_says_what_is_not_translated():
    outcome = recorded(headline="Free", headline_fr="Libre", text="At home.")

    texts = telling.texts(outcome)

    assert "Not all of this is translated" not in texts["en"]["body"]
    assert "\nLibre\n" in texts["fr"]["body"]
    assert "At home." in texts["fr"]["body"]
    assert f"/fr/cases/{outcome.case.slug}/" in texts["fr"]["body"]
    outcome.text_fr = "Chez elle."
    assert texts["fr"] != telling.texts(outcome)["fr"]
    assert "At home." not in telling.texts(outcome)["fr"]["body"]


def test_a_mail_holds_the_links_of_its_own_address_in_its_language():
    case = make_case()
    sam = follows(case, "sam@example.org", language="fr")
    follows(case, "kim@example.org")
    approved(recorded(case))

    put_all_in_outbox()

    to_sam = OutgoingMail.objects.get(to_hash=sam.email_hash)
    assert to_sam.to == "sam@example.org"
    assert to_sam.language == "fr"
    assert to_sam.unsubscribe_url == f"http://testserver/fr/mailboxes/{sam.key}/stop/"
    for link in [to_sam.unsubscribe_url, f"http://testserver/fr/mailboxes/{sam.key}/"]:
        assert f"\n{link}\n" in to_sam.body
    others = OutgoingMail.objects.exclude(pk=to_sam.pk).get()
    assert sam.key not in others.body
    assert others.language == "en"


def test_a_mail_can_be_unsubscribed_from_by_one_click():
    case = make_case()
    sam = follows(case)
    approved(recorded(case))
    put_all_in_outbox()

    outbox.send_due()

    made = mail.outbox[0].message()
    assert made["List-Unsubscribe"] == f"<http://testserver/mailboxes/{sam.key}/stop/>"
    assert made["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert made["Auto-Submitted"] == "auto-generated"
    assert made["Subject"] == "The news you asked for"


# --- two people


def test_one_person_asks_and_another_approves():
    outcome = recorded()
    follows(outcome.case)
    ana, ben = make_staff(), make_staff()

    telling_of = telling.ask(outcome, ana)
    telling.approve(telling_of, ben)

    telling_of.refresh_from_db()
    assert (telling_of.asked_by, telling_of.approved_by) == (ana, ben)
    assert telling_of.texts == telling.texts(outcome)


def test_who_asked_cannot_approve():
    outcome = recorded()
    follows(outcome.case)
    ana = make_staff()
    telling_of = telling.ask(outcome, ana)

    with pytest.raises(Refused, match="Somebody else"):
        telling.approve(telling_of, ana)
    with pytest.raises(IntegrityError), transaction.atomic():
        Telling.objects.update(approved_by=ana, approved_at=timezone.now())


def test_an_outcome_is_told_once():
    outcome = recorded()
    follows(outcome.case)
    telling_of = approved(outcome)

    with pytest.raises(Refused, match="have been told"):
        telling.ask(outcome, make_staff())
    with pytest.raises(Refused, match="approved already"):
        telling.approve(telling_of, make_staff())
    assert not telling.take_back(telling_of)
    assert Telling.objects.count() == 1


def test_asking_twice_keeps_who_asked_first():
    outcome = recorded()
    follows(outcome.case)
    ana = make_staff()

    telling.ask(outcome, ana)
    telling.ask(outcome, make_staff())

    assert Telling.objects.get().asked_by == ana


def test_an_outcome_that_was_edited_is_asked_for_anew():
    outcome = recorded(headline="Free")
    follows(outcome.case)
    ana, ben = make_staff(), make_staff()
    read = telling.ask(outcome, ana)
    outcome.headline = "Free on bail"
    outcome.save()

    with pytest.raises(Refused, match="ask for it anew"):
        telling.approve(read, ben)
    anew = telling.ask(outcome, ben)
    with pytest.raises(Refused, match="ask for it anew"):  # ana's page shows the words before
        telling.approve(read, ana)
    telling.approve(anew, ana)

    assert "Free on bail" in Telling.objects.get(approved_by=ana).texts["en"]["body"]


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
    read = telling.ask(outcome, make_staff())

    assert telling.take_back(read)
    with pytest.raises(Refused, match="taken back"):
        telling.approve(read, make_staff())

    put_all_in_outbox()
    assert not OutgoingMail.objects.exists()
    approved(Outcome.objects.get())


@pytest.mark.parametrize("how", [Freeze.HIDDEN, Freeze.WITHDRAWN])
def test_nothing_is_told_of_a_case_that_is_taken_down(how):
    outcome = recorded()
    follows(outcome.case)
    read = telling.ask(outcome, make_staff())
    Case.objects.update(freeze=how, freeze_reason="A test.")

    with pytest.raises(Refused, match="not shown now"):
        telling.approve(read, make_staff())
    with pytest.raises(Refused, match="not shown now"):
        telling.ask(Outcome.objects.get(), make_staff())


def test_without_followers_nobody_is_asked():
    with pytest.raises(Refused, match="nobody to tell"):
        telling.ask(recorded(), make_staff())


# --- into the outbox


def test_mails_are_queued_in_batches_and_each_follower_has_one(monkeypatch):
    monkeypatch.setattr(telling, "BATCH", 2)
    case = make_case()
    for _ in range(5):
        follows(case)
    telling_of = approved(recorded(case))

    reached = [telling.put_in_outbox() for _ in range(4)]

    assert reached == [2, 2, 1, 0]
    telling_of.refresh_from_db()
    assert telling_of.finished_at is not None
    assert OutgoingMail.objects.values("to_hash").distinct().count() == 5
    assert OutgoingMail.objects.count() == 5


def test_a_batch_that_is_begun_again_makes_no_second_mail():
    case = make_case()
    follows(case)
    approved(recorded(case))
    put_all_in_outbox()
    Telling.objects.update(reached=0, finished_at=None)

    put_all_in_outbox()

    assert OutgoingMail.objects.count() == 1


def test_what_nobody_approved_is_not_queued():
    outcome = recorded()
    follows(outcome.case)
    telling.ask(outcome, make_staff())

    assert telling.put_in_outbox() == 0
    assert not OutgoingMail.objects.exists()


def test_news_of_a_frozen_case_waits_until_it_is_told_again():
    outcome = recorded()
    follows(outcome.case)
    approved(outcome)
    Case.objects.update(freeze=Freeze.HIDDEN, freeze_reason="A test.")
    assert telling.put_in_outbox() == 0
    Case.objects.update(freeze=Freeze.NONE, freeze_reason="")
    assert telling.put_in_outbox() == 1

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
    monkeypatch.setattr(telling, "BATCH", 2)
    case = make_case()
    for _ in range(5):
        follows(case)
    telling_of = approved(recorded(case))
    telling.put_in_outbox()
    outbox.send_due()
    telling.put_in_outbox()

    assert telling.stop(telling_of) == 2
    assert telling.stop(telling_of) == 0

    put_all_in_outbox()
    assert outbox.send_due() == 0
    assert telling.progress(telling_of) == (2, 0, 0)


def test_progress_counts_the_mails_of_this_news_only():
    case = make_case()
    for _ in range(4):
        follows(case)
    others = approved(recorded(case))
    telling_of = approved(recorded(case))
    put_all_in_outbox()
    mine = OutgoingMail.objects.filter(about__startswith=f"telling:{telling_of.pk}:")
    first, second, *_rest = mine.order_by("pk")
    now = timezone.now()
    OutgoingMail.objects.filter(pk=first.pk).update(sent_at=now)
    OutgoingMail.objects.filter(pk=second.pk).update(given_up_at=now)

    assert telling.progress(telling_of) == (1, 2, 1)
    assert telling.progress(others) == (0, 4, 0)


# --- on the way out


@pytest.mark.parametrize("change", ["ended", "another is left", "blocked", "erased"])
def test_who_wants_no_more_news_gets_none_though_it_waits_already(change):
    outcome = recorded(kind="no-change-yet")
    mailbox = follows(outcome.case)
    approved(outcome)
    put_all_in_outbox()

    match change:
        case "ended":
            Follow.objects.update(state=FollowState.ENDED)
        case "another is left":
            Follow.objects.update(state=FollowState.ENDED)
            make_follow(make_case(), mailbox=mailbox, state=FollowState.CONFIRMED)
        case "blocked":
            Mailbox.objects.update(blocked_on="2025-11-01")
        case "erased":
            Mailbox.objects.all().delete()

    assert outbox.send_due() == 0
    assert mail.outbox == []
    assert not OutgoingMail.objects.exists()


def test_news_has_an_allowance_of_its_own(caplog):
    outcome = recorded()
    for _ in range(3):
        follows(outcome.case)
    approved(outcome)
    few = outbox.Pace(most_an_hour=0, most_news_an_hour=2)
    with time_machine.travel(timezone.now().replace(minute=10), tick=False) as clock:
        put_all_in_outbox()
        assert outbox.send_due(few) == 2
        assert outbox.send_due(few) == 0
        clock.shift(HOUR)
        assert outbox.send_due(few) == 1

    assert caplog.records == []  # it is no flood


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
                OutgoingMail.objects.create(
                    about="mailbox:1",
                    kind="confirm",
                    to=sam.email,
                    to_hash=sam.email_hash,
                    created_at=timezone.now(),
                    not_before=timezone.now(),
                )
                assert outbox.send_due() == 1

    # Two of the three news in an hour, what was asked for then, the third the day after.
    assert list(sent) == [0, 10, 24 * 60]


def test_what_somebody_waits_for_goes_before_news():
    outcome = recorded()
    follows(outcome.case, "news@example.org")
    approved(outcome)
    put_all_in_outbox()
    OutgoingMail.objects.create(
        about="letter:1",
        kind="letter-link",
        to="sam@example.org",
        to_hash="sam",
        created_at=timezone.now(),
        not_before=timezone.now(),
    )

    assert outbox.send_due() == 2

    assert [message.to for message in mail.outbox] == [["sam@example.org"], ["news@example.org"]]


def test_a_blocked_address_gets_no_mail_of_any_kind():
    blocked = make_mailbox("sam@example.org", blocked_on="2025-11-01")
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
