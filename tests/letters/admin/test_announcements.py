"""What staff see and press to tell those who follow."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from cases.models import Case, Outcome
from letters.mail import announcements, outbox
from letters.models import Announcement, OutgoingMail
from tests.factories import make_case, make_follow, make_outcome
from tests.staff import said, signed_in, text

pytestmark = pytest.mark.django_db

ASK, APPROVE, TAKE_BACK, STOP = "ask", "approve", "take-back", "stop"


@pytest.fixture
def outcome():
    """An outcome that six people want to know."""
    outcome = make_outcome(make_case(display_name="Ana Test"), headline="Free & home")
    for _ in range(6):
        make_follow(outcome.case)
    return outcome


def page(outcome: Outcome) -> str:
    return reverse("admin:letters_announcement_tell", args=[outcome.pk])


def act(client, outcome: Outcome, name: str):
    """Press a button of the page, as it stands now."""
    seen = client.get(page(outcome)).context["seen"]
    url = reverse("admin:letters_announcement_act", args=[outcome.pk])
    return client.post(url, {"act": name, "seen": seen}, follow=True)


def buttons(response) -> list[str]:
    return [name for name in (ASK, APPROVE, TAKE_BACK, STOP) if f'value="{name}"' in text(response)]


def test_the_page_of_an_outcome_leads_to_its_news(outcome):
    change = reverse("admin:cases_outcome_change", args=[outcome.pk])

    assert f'href="{page(outcome)}"' in text(signed_in("editor").get(change))
    assert f'href="{page(outcome)}"' not in text(signed_in("counter").get(change))


def test_the_mail_is_shown_in_each_language_before_anybody_is_asked(outcome):
    response = signed_in("editor").get(page(outcome))

    shown = text(response)
    assert "Free &amp; home" in shown
    assert '<h2 id="mail-en">English</h2>' in shown
    assert '<h2 id="mail-fr">French</h2>' in shown
    assert "\nhttp://testserver/fr/stop/…/\n" in shown
    assert "6 addresses" in shown
    assert buttons(response) == [ASK]
    assert not Announcement.objects.exists()


def test_a_few_addresses_are_not_counted():
    outcome = make_outcome()
    for _ in range(4):
        make_follow(outcome.case)

    assert "fewer than 5 addresses" in text(signed_in("editor").get(page(outcome)))


def test_from_asking_to_the_last_mail(outcome):
    ana, ben = signed_in("editor"), signed_in("safety")

    asked = act(ana, outcome, ASK)
    assert "Somebody else has to approve it now" in said(asked)[0]
    assert buttons(asked) == [TAKE_BACK]

    assert buttons(ben.get(page(outcome))) == [APPROVE, TAKE_BACK]
    approved = act(ben, outcome, APPROVE)
    assert said(approved) == ["The mails are on their way."]
    assert "being put into the outbox" in text(approved)

    announcements.queue_batch()
    outbox.send_due()
    OutgoingMail.objects.filter(pk=OutgoingMail.objects.first().pk).update(sent_at=None)
    assert "<dd>5 of 6</dd>" in text(ana.get(page(outcome)))
    OutgoingMail.objects.all().delete()
    assert "erased some days after" in text(ana.get(page(outcome)))

    assert [(entry.user, entry.change_message) for entry in LogEntry.objects.order_by("pk")] == [
        (ana.person, "Asked for the news to be sent."),
        (ben.person, "Approved the news."),
    ]


def test_progress_of_a_few_mails_is_not_counted():
    outcome = make_outcome()
    make_follow(outcome.case)
    act(signed_in("editor"), outcome, ASK)
    act(signed_in("editor"), outcome, APPROVE)
    announcements.queue_batch()

    shown = text(signed_in("editor").get(page(outcome)))

    assert "The mails are leaving." in shown
    assert "of 1" not in shown


def test_who_asked_is_refused_though_they_press_it(outcome):
    ana = signed_in("editor")
    act(ana, outcome, ASK)

    response = act(ana, outcome, APPROVE)

    assert said(response) == ["Somebody other than the person who asked has to approve it."]
    assert Announcement.objects.get().approved_at is None


@pytest.mark.slow
def test_pressing_twice_does_no_harm(outcome):
    ana, ben = signed_in("editor"), signed_in("editor")

    act(ana, outcome, ASK)
    act(ana, outcome, ASK)
    act(ben, outcome, APPROVE)
    again = act(ben, outcome, APPROVE)

    assert said(again) == ["It is approved already."]
    assert Announcement.objects.get().approved_by == ben.person
    assert said(act(ana, outcome, TAKE_BACK)) == ["It is approved already."]


@pytest.mark.slow
def test_an_outcome_that_is_edited_meanwhile_is_shown_and_asked_for_anew(outcome):
    ana, ben = signed_in("editor"), signed_in("editor")
    act(ana, outcome, ASK)
    url = reverse("admin:letters_announcement_act", args=[outcome.pk])
    read = {"act": APPROVE, "seen": ben.get(page(outcome)).context["seen"]}
    Outcome.objects.update(headline="Free on bail")

    assert "ask for it again" in said(ben.post(url, read, follow=True))[0]
    anew = ben.get(page(outcome))
    assert "Free on bail" in text(anew)
    assert buttons(anew) == [ASK, TAKE_BACK]
    act(ben, outcome, ASK)
    # The page that is still open somewhere shows other words than those that wait now.
    assert "read it again" in said(ana.post(url, read, follow=True))[0]
    act(ana, outcome, APPROVE)

    assert "Free on bail" in Announcement.objects.get(approved_by=ana.person).texts["en"]["body"]


def test_not_like_this_sends_nothing_and_leaves_a_trail(outcome):
    act(signed_in("editor"), outcome, ASK)

    response = act(signed_in("safety"), outcome, TAKE_BACK)

    assert said(response) == ["It was taken back. No mail was sent."]
    assert buttons(response) == [ASK]
    assert "Took the news back." in text(response)
    assert not Announcement.objects.exists()


def test_what_has_not_left_can_be_stopped(outcome):
    act(signed_in("editor"), outcome, ASK)
    ben = signed_in("editor")
    approved = act(ben, outcome, APPROVE)
    announcements.queue_batch()

    assert buttons(approved) == [STOP]
    stopped = act(ben, outcome, STOP)

    assert said(stopped) == ["What had not left will not leave."]
    assert buttons(stopped) == []
    assert not OutgoingMail.objects.exists()


def test_why_nobody_can_be_told_is_said(outcome):
    Case.objects.update(freeze="hidden", freeze_reason="A test.")
    client = signed_in("editor")

    response = client.get(page(outcome))

    assert "The case is not shown now, so no news of it is sent." in text(response)
    assert buttons(response) == []
    assert "not shown now" in said(act(client, outcome, ASK))[0]


def test_looking_changes_nothing(outcome):
    client = signed_in("editor")
    act(client, outcome, ASK)
    before = Announcement.objects.values().get()

    for _ in range(3):
        client.get(page(outcome))
        client.head(page(outcome))
    answers = [client.get(reverse("admin:letters_announcement_act", args=[outcome.pk]))]

    assert [answer.status_code for answer in answers] == [405]
    assert Announcement.objects.values().get() == before
    assert LogEntry.objects.count() == 1


@pytest.mark.parametrize("roles", [[], ["moderator"], ["counter"]])
def test_only_who_may_approve_sees_and_presses_it(outcome, roles):
    client = signed_in(*roles)
    url = reverse("admin:letters_announcement_act", args=[outcome.pk])

    assert client.get(page(outcome)).status_code == 403
    assert client.post(url, {"act": ASK}).status_code == 403
    assert client.get("/admin/letters/announcement/").status_code == 403
    assert not Announcement.objects.exists()


@pytest.mark.parametrize("posted", [{}, {"act": "delete"}, {"act": APPROVE}, {"seen": "\0"}])
def test_an_odd_press_is_no_error(outcome, posted):
    url = reverse("admin:letters_announcement_act", args=[outcome.pk])

    assert signed_in("editor").post(url, posted).status_code in (302, 403)
    assert not Announcement.objects.exists()


def test_the_list_leads_to_the_page_and_the_first_page_to_the_list(outcome):
    act(signed_in("editor"), outcome, ASK)
    client = signed_in("safety")
    row = Announcement.objects.get()

    listed = client.get("/admin/letters/announcement/?state=waiting")
    led = client.get(reverse("admin:letters_announcement_change", args=[row.pk]))

    assert [one.pk for one in listed.context["cl"].result_list] == [row.pk]
    assert "Ana Test" in text(listed)
    assert led.url == page(outcome)
    assert "1 piece of news that waits for a second person" in text(client.get("/admin/"))
    assert client.get("/admin/letters/announcement/add/").status_code == 403
    assert client.get("/admin/letters/announcement/x/change/").status_code == 404


def test_a_number_of_no_outcome_is_not_found():
    assert signed_in("editor").get("/admin/letters/announcement/of/999999/").status_code == 404
