"""The desk for answers that writers tell us of: the oldest first, one after the other."""

import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, Freeze
from letters.models import Claim, Decision, Letter, Reply, ReplyState
from tests.factories import make_case_to_write_for, make_letter, make_reply
from tests.staff import said, signed_in, text

pytestmark = pytest.mark.django_db

DESK = "/admin/letters/reply/desk/"
WORDS = "The ministry thanks you."


def told(case: Case | None = None, **fields) -> Reply:
    """What a writer told us of."""
    letter = make_letter(case or make_case_to_write_for(), state="posted", route="post")
    return make_reply(letter.case, letter=letter, entered_by=None, **{"text": WORDS} | fields)


def take(client: Client, **sent):
    return client.post(f"{DESK}take/", sent, follow=True)


def on_desk(response) -> Reply | None:
    return response.context.get("reply")


def decide(client: Client, reply: Reply, act: str, **sent):
    sent = {"act": act, "seen": reply.changed_at.isoformat()} | sent
    return client.post(reverse("admin:letters_reply_desk_act", args=[reply.pk]), sent, follow=True)


def undo(client: Client, decision: Decision | None = None):
    decision = decision or Decision.objects.latest("pk")
    return client.post(f"{DESK}undo/", {"decision": decision.pk}, follow=True)


def state_of(reply: Reply) -> str:
    return Reply.objects.get(pk=reply.pk).state


def private_page(client: Client, reply: Reply) -> str:
    """What it says of the answer."""
    page = client.get(Letter.objects.get(replies=reply).get_absolute_url()).content.decode()
    return page.split('id="replies"')[1].split("<form")[0]


def test_the_desk_says_how_many_wait_and_since_when_and_begins_with_the_oldest():
    old = told(created_at=timezone.now() - datetime.timedelta(days=9))
    told()
    make_reply(text="Entered by staff, who have read it.")
    client = signed_in("delivery")

    page = client.get(DESK)
    first = take(client)

    assert "2 wait. The oldest has waited for 1 week, 2 days." in " ".join(text(page).split())
    assert WORDS not in text(page)
    assert f"{DESK}decisions/" in text(page)
    assert on_desk(first) == old
    assert WORDS in text(first)
    assert Letter.objects.get(replies=old).key not in text(first)
    assert LogEntry.objects.filter(object_id=str(old.pk), change_message="Read.").exists()


def test_what_is_on_a_desk_is_read_on_no_other_page():
    reply, mo, mia = told(picture="AAAA"), signed_in("delivery", username="mo"), signed_in("lead")
    take(mo)
    page = f"/admin/letters/reply/{reply.pk}/"

    elsewhere = text(mia.get(f"{page}change/"))

    assert "It is on the desk of mo until" in elsewhere
    assert WORDS not in elsewhere
    assert "Put it on my desk" not in elsewhere
    assert mia.get(f"{page}picture/").status_code == 403
    assert not LogEntry.objects.filter(user=mia.person).exists()
    assert WORDS in text(mo.get(f"{page}change/"))
    assert mo.get(f"{page}picture/").status_code == 200


def test_after_each_act_the_next_is_there():
    replies = [told() for _ in range(4)]
    client = signed_in("moderator")

    take(client)
    second = decide(client, replies[0], "read")
    third = decide(client, replies[1], "skip")
    last = decide(client, replies[2], "share", shown_text="Thanks.", shown_language="en")
    done = decide(client, replies[3], "read")

    assert [on_desk(page) for page in [second, third, last]] == replies[1:]
    assert said(second) == [f"Reply {replies[0].pk} is marked as read."]
    assert said(last) == [f"Reply {replies[2].pk} is shared: its writer can read it now."]
    assert said(done)[-1] == "Nothing more waits for you here."
    assert [state_of(reply) for reply in replies] == ["read", "unread", "shared", "read"]
    assert not Claim.objects.exists()


def test_an_answer_on_a_desk_is_nobody_elses_for_ten_minutes(still_clock):
    first, second = told(), told()
    mo, mia = signed_in("moderator"), signed_in("delivery")

    assert on_desk(take(mo)) == first
    assert on_desk(take(mia)) == second
    refused = decide(mia, first, "read")
    theirs = text(mia.get(reverse("admin:letters_reply_desk_read", args=[first.pk])))
    still_clock.shift(datetime.timedelta(minutes=11))

    assert "Somebody else has it on their desk: nothing was changed." in said(refused)
    assert state_of(first) == "unread"
    assert WORDS not in theirs
    assert on_desk(take(mia)) == first


def test_what_was_skipped_is_free_for_others_and_comes_back_to_nobody_at_once(still_clock):
    reply = told()
    mo, mia = signed_in("moderator"), signed_in("delivery")
    take(mo)

    skipped = decide(mo, reply, "skip")

    assert said(skipped) == ["Nothing more waits for you here."]
    assert on_desk(take(mo)) is None
    assert on_desk(take(mia)) == reply


@pytest.mark.parametrize(
    ("act", "words"), [("read", {}), ("share", {"shown_text": WORDS, "shown_language": "en"})]
)
def test_each_act_is_undone_and_its_writer_reads_what_they_read_before(client, act, words):
    reply = told(text="As it came.")
    before = private_page(client, reply)
    mo = signed_in("moderator")
    take(mo)
    decide(mo, reply, act, **words)
    assert private_page(client, reply) != before
    assert (WORDS in private_page(client, reply)) == (act == "share")

    back = undo(mo)

    assert on_desk(back) == reply
    assert "Undone: reply" in said(back)[0]
    assert private_page(client, reply) == before
    assert state_of(reply) == "unread"
    decide(mo, on_desk(back), "read")
    assert state_of(reply) == "read"


def test_after_an_hour_only_who_leads_can_undo(still_clock):
    reply = told()
    mo, mia, lead = signed_in("moderator"), signed_in("delivery"), signed_in("lead")
    take(mo)
    decide(mo, reply, "read")

    by_another = undo(mia)
    still_clock.shift(datetime.timedelta(minutes=61))
    for client in [mo, mia, lead]:
        client.force_login(client.person)  # nobody stays signed in so long
    late = undo(mo)
    listed = text(lead.get(f"{DESK}decisions/"))

    for refused in [by_another, late]:
        assert said(refused)[0].startswith(
            "Only the person who decided it can undo it within an hour"
        )
    assert state_of(reply) == "read"
    assert f"Reply {reply.pk}: read" in listed
    assert on_desk(undo(lead)) == reply
    assert state_of(reply) == "unread"


def test_what_was_changed_since_is_not_undone():
    reply = told()
    client = signed_in("delivery")
    take(client)
    decide(client, reply, "read")
    decision = Decision.objects.get()
    reply.refresh_from_db()
    words = {"act": "share", "seen": reply.changed_at.isoformat()}
    words |= {"shown_text": WORDS, "shown_language": "en"}
    client.post(reverse("admin:letters_reply_act", args=[reply.pk]), words)

    refused = undo(client, decision)

    assert said(refused)[-1:] == ["It can’t be undone: it was changed since."]
    assert state_of(reply) == ReplyState.SHARED


def test_what_its_writer_took_back_meanwhile_is_gone_and_the_next_is_there(client):
    reply, following = told(), told()
    letter = Letter.objects.get(replies=reply)
    mo = signed_in("moderator")
    take(mo)
    url = reverse("letters:letter-reply", args=[letter.key])
    client.post(url, {"act": "take-back", "what": reply.pk})

    response = decide(mo, reply, "read")

    assert said(response) == ["It is gone: whoever wrote it took it back."]
    assert on_desk(response) == following


def test_no_words_are_shared_that_nobody_wrote_and_the_answer_stays_on_the_desk():
    reply, client = told(), signed_in("moderator")
    take(client)

    response = decide(client, reply, "share", shown_text=" ", shown_language="en")

    assert response.context["share_form"].errors["shown_text"] == ["Write what they may read."]
    assert "Write what they may read." in text(response)
    assert on_desk(response) == reply
    assert state_of(reply) == "unread"


@pytest.mark.parametrize("freeze", [Freeze.PAUSED, Freeze.HIDDEN, Freeze.WITHDRAWN])
def test_an_answer_for_a_frozen_case_is_read_and_not_shared(freeze):
    reply, client = told(), signed_in("moderator")
    Case.objects.update(freeze=freeze, freeze_reason="A test.")

    page = take(client)
    shared = decide(client, reply, "share", shown_text=WORDS, shown_language="en")

    is_visible = Case.objects.get().is_visible
    assert ("share" in page.context["acts"]) == is_visible
    assert (state_of(reply) == "shared") == is_visible
    assert shared.status_code == 200


def test_the_desk_asks_as_often_for_thirty_as_for_three(
    django_assert_num_queries, django_assert_max_num_queries
):
    client, case = signed_in("moderator"), make_case_to_write_for()
    for _ in range(3):
        told(case)
    with django_assert_max_num_queries(15) as few:
        client.get(DESK)
    for _ in range(27):
        told(case)

    with django_assert_num_queries(len(few)):
        assert len(client.get(DESK).context["rows"]) == 30
