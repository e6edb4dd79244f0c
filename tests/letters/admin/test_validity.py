"""What staff find not to be real is taken out of the count, kept, marked, and put back."""

import datetime

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Case
from letters.actions import letters as letter_actions
from letters.actions import posts
from letters.delivery import moderation
from letters.models import Letter, Post, Tally
from letters.privacy import erasure
from letters.statistics import ledger
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_letter,
    make_message,
    make_post,
    make_solidarity_action,
)
from tests.letters.sending import act, counted, everyone
from tests.staff import said, signed_in, text

pytestmark = pytest.mark.usefixtures("counts_hold")

LETTERS, POSTS = "/admin/letters/letter/", "/admin/letters/post/"
NOVEMBER = datetime.datetime(2025, 11, 20, 14, 30, tzinfo=datetime.UTC)


def judge(client, thing: str, *rows: Letter | Post, reason: str = "All in one second."):
    """Choose rows in the list, and give the reason on the page that follows."""
    url = LETTERS + "?state=all" if isinstance(rows[0], Letter) else POSTS
    keys = [row.pk for row in rows]
    asked = client.post(url, {"action": thing, "_selected_action": keys})
    return client.post(asked.url, {"reason": reason}, follow=True)


def between(**fields) -> dict:
    return {
        "since": "2025-11-20T14:00",
        "until": "2025-11-20T15:00",
        "act": "invalidate",
    } | fields


def posts_of(case: Case) -> int:
    return counted(case, "posts")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "route"),
    [
        ("posted", "post"),
        ("posted", "email"),
        ("posted", "by-hand"),
        ("submitted", "deliver"),
        ("approved", "deliver"),
    ],
)
def test_a_letter_of_any_route_is_taken_out_and_put_back_on_its_day(state, route):
    day = datetime.date(2025, 11, 20)
    letter = make_letter(
        make_case_to_write_for(), state=state, route=route, counted_on=day, country="NO"
    )
    client = signed_in("moderator")

    answer = judge(client, "invalidate", letter)

    assert said(answer) == ["1 was taken out of the count."]
    assert everyone(letter.case) == 0
    kept = Letter.objects.get(pk=letter.pk)
    assert (kept.state, kept.counts, kept.body) == (state, False, letter.body)

    assert said(judge(client, "revalidate", letter)) == ["1 is valid again."]
    assert everyone(letter.case) == 1
    [tally] = Tally.objects.filter(number__gt=0)
    assert (tally.day, tally.country) == (day, "NO")


def test_a_post_is_taken_out_and_put_back():
    first, second = make_post(), make_post(needs_review=True)
    client = signed_in("moderator")

    answer = judge(client, "invalidate", first, second)

    assert said(answer) == ["2 were taken out of the count."]
    assert posts_of(first.case) == 0
    assert "to look at" not in text(client.get("/admin/"))
    shown = client.get(f"{POSTS}?valid=no").context["cl"].result_list
    assert {post.pk for post in shown} == {first.pk, second.pk}

    judge(client, "revalidate", first, second)
    assert posts_of(first.case) == 1
    assert posts_of(second.case) == 0
    assert "1 post to look at" in text(client.get("/admin/"))


def test_who_did_it_and_why_stands_at_each_row():
    letters = [make_letter(state="posted") for _nr in range(3)]
    client = signed_in("moderator")

    judge(client, "invalidate", *letters, reason="Three in one second.")

    entries = LogEntry.objects.filter(user=client.person)
    assert sorted(int(entry.object_id) for entry in entries) == [row.pk for row in letters]
    assert {entry.change_message for entry in entries} == {
        "Not valid, taken out of the count. Three in one second."
    }
    page = text(client.get(f"{LETTERS}{letters[0].pk}/change/"))
    assert "Three in one second." in page
    assert "not valid: it does not count" in page
    post = make_post()
    judge(client, "invalidate", post, reason="A robot’s.")
    assert "A robot’s." in text(client.get(f"{POSTS}{post.pk}/change/"))


def test_it_needs_a_reason_and_no_harm_is_done_by_pressing_twice():
    letter = make_letter(state="posted")
    client = signed_in("moderator")

    response = judge(client, "invalidate", letter, reason=" ")
    assert "Say why: others have to understand it later." in text(response)
    assert everyone(letter.case) == 1

    judge(client, "invalidate", letter)
    assert said(judge(client, "invalidate", letter)) == ["0 were taken out of the count."]
    assert LogEntry.objects.filter(change_message__startswith="Not valid").count() == 1
    judge(client, "revalidate", letter)
    assert said(judge(client, "revalidate", letter)) == ["0 are valid again."]
    assert everyone(letter.case) == 1


@pytest.mark.parametrize("role", ["editor", "counter", "safety"])
@pytest.mark.parametrize("page", ["judge/?act=invalidate&row=1", "between/"])
def test_others_judge_nothing(role, page):
    letter, post = make_letter(state="posted"), make_post()
    client = signed_in(role)

    for url, row in [(LETTERS, letter), (POSTS, post)]:
        address = url + page.replace("row=1", f"row={row.pk}")
        assert client.get(address).status_code == 403
        assert client.post(address, {"reason": "A reason."}).status_code == 403
    assert (everyone(letter.case), posts_of(post.case)) == (1, 1)


def test_looking_changes_nothing():
    letter = make_letter(state="posted", created_at=NOVEMBER)
    client = signed_in("moderator")

    client.get(f"{LETTERS}judge/", {"act": "invalidate", "row": letter.pk, "reason": "x"})
    client.get(f"{LETTERS}between/", between(case=letter.case.pk, kind="appeal", reason="x"))

    assert everyone(letter.case) == 1


def test_its_writer_reads_so_in_plain_words_and_can_only_erase_it(client):
    case = make_case_to_write_for()
    letter = make_letter(case, state="approved")
    message = make_message(make_solidarity_action(case).case, state="posted", route="post")
    post = make_post(case)
    for row in [letter, message, post]:
        moderation.invalidate(type(row).objects.filter(pk=row.pk))

    pages = [client.get(row.get_absolute_url()).content.decode() for row in (letter, message, post)]

    told = ["Does not count: your letter", "Does not count: your message"]
    for page, sentence in zip(pages, [*told, "Your post does not count"], strict=True):
        assert sentence in page
        assert "this can be undone" in page
    act(client, letter, "withdraw")
    act(client, message, "undo")
    act(client, post, "take-back")
    client.post(f"{letter.get_absolute_url()}edit/", {"body": "Another one."})
    for row, state in [(letter, "approved"), (message, "posted"), (post, "posted")]:
        row.refresh_from_db()
        assert row.state == state
    assert letter.body != "Another one."


def test_what_is_not_valid_is_neither_approved_rejected_released_nor_shown():
    case = make_solidarity_action(make_case_to_write_for(), shows_messages=True).case
    shown = make_message(
        case, state="approved", may_be_shown=True, shown_on=datetime.date(2025, 11, 20)
    )
    waits = make_letter(case, state="submitted", needs_review=True)
    post = make_post(case, needs_review=True)
    for row in [shown, waits, post]:
        moderation.invalidate(type(row).objects.filter(pk=row.pk))
        row.refresh_from_db()

    assert not Letter.objects.shown().exists()
    assert not letter_actions.show(shown)
    assert not letter_actions.approve(waits)
    assert not letter_actions.reject(waits, "other", "A reason.")
    assert not letter_actions.clear_review(waits)
    assert not posts.clear_review(post)
    assert moderation.clear_review(Letter.objects.all()) == []
    assert not Letter.objects.awaiting_moderation().exists()
    assert everyone(case) == 0


def test_what_was_held_waits_again_when_it_is_valid_after_all():
    letter = make_letter(state="posted", needs_review=True)
    moderation.invalidate(Letter.objects.all())

    moderation.revalidate(Letter.objects.all())

    assert Letter.objects.awaiting_moderation().get() == letter
    assert everyone(letter.case) == 0


def test_what_is_released_before_it_was_sent_does_not_count_yet():
    letter, post = make_letter(needs_review=True), make_post(needs_review=True, state="withdrawn")

    assert moderation.clear_review(Letter.objects.all()) == [letter.pk]
    assert moderation.clear_review(Post.objects.all()) == [post.pk]

    letter.refresh_from_db()
    post.refresh_from_db()
    assert (letter.needs_review, letter.counted_on) == (False, None)
    assert (post.needs_review, post.counted_on) == (False, None)


def test_what_was_never_sent_or_was_withdrawn_is_left_alone():
    for state in ["drafting", "ready", "withdrawn"]:
        make_letter(state=state)
    make_post(state="withdrawn")

    assert moderation.invalidate(Letter.objects.all()) == []
    assert moderation.invalidate(Post.objects.all()) == []


# --- many at once


def test_all_of_a_case_between_two_times_are_taken_out_and_put_back():
    case, other = make_case(), make_case()
    forged = [make_letter(case, state="posted", created_at=NOVEMBER) for _nr in range(3)]
    make_letter(case, state="posted", created_at=NOVEMBER + datetime.timedelta(hours=1))
    make_letter(case, state="posted", kind="solidarity", created_at=NOVEMBER)
    make_letter(other, state="posted", created_at=NOVEMBER)
    client = signed_in("moderator")
    asked = between(case=case.pk, kind="appeal")
    page = client.get(f"{LETTERS}between/", asked)
    assert "3 are found" in text(page)

    address = page.wsgi_request.get_full_path()
    answer = client.post(address, {"reason": "One voice."}, follow=True)

    assert said(answer) == ["3 were taken out of the count."]
    invalid = Letter.objects.exclude(invalid_on=None)
    assert {row.pk for row in invalid} == {row.pk for row in forged}
    assert (everyone(case), everyone(other)) == (1, 1)

    address = address.replace("act=invalidate", "act=revalidate")
    client.post(address, {"reason": "A real class."})
    assert everyone(case) == 4


def test_posts_between_two_times_too():
    case = make_case()
    make_post(case, created_at=NOVEMBER)
    make_post(case, created_at=NOVEMBER - datetime.timedelta(hours=1))
    client = signed_in("moderator")
    page = client.get(f"{POSTS}between/", between(case=case.pk))

    client.post(page.wsgi_request.get_full_path(), {"reason": "A robot’s."})

    assert posts_of(case) == 1


def test_a_forger_who_erases_what_was_counted_takes_nothing_out_of_reach(client):
    case = make_case()
    letter = make_letter(case, state="posted", created_at=NOVEMBER)
    post = make_post(case, created_at=NOVEMBER)
    erasure.erase_letters(Letter.objects.all())
    erasure.erase_posts(Post.objects.all())
    staff = signed_in("moderator")

    for url, kind in [(LETTERS, {"kind": "appeal"}), (POSTS, {})]:
        asked = between(case=case.pk, **kind)
        assert "There is none" in text(staff.get(f"{url}between/", asked))
        page = staff.get(f"{url}between/", asked | {"erased": "on"})
        staff.post(page.wsgi_request.get_full_path(), {"reason": "A robot’s."})

    assert (everyone(case), posts_of(case)) == (0, 0)
    judge(staff, "revalidate", letter)
    judge(staff, "revalidate", post)
    assert (everyone(case), posts_of(case)) == (1, 1)


def test_more_than_one_request_can_change_are_changed_in_parts(monkeypatch):
    monkeypatch.setattr(moderation, "MAX_ROWS_AT_ONCE", 2)
    case = make_case()
    for _nr in range(3):
        make_letter(case, state="posted", created_at=NOVEMBER)
    client = signed_in("moderator")
    page = client.get(f"{LETTERS}between/", between(case=case.pk, kind="appeal"))
    assert "And there are more: only 2 are changed at once." in text(page)

    answer = client.post(page.wsgi_request.get_full_path(), {"reason": "Forged."}, follow=True)

    assert everyone(case) == 1
    assert "1 is found" in text(answer)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize(
    ("wrong", "value"), [("since", "0001-01-01T00:00"), ("until", "9999-12-31T23:59")]
)
def test_a_time_that_another_time_zone_does_not_have_is_refused(settings, zone, wrong, value):
    settings.TIME_ZONE = zone
    asked = between(case=make_post().case.pk, erased="on") | {wrong: value}

    page = signed_in("moderator").get(f"{POSTS}between/", asked)

    assert "Write a year like 2026." in text(page)


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["since", "until", "case", "kind", "act"])
def test_whatever_is_asked_for_is_answered(wrong):
    case = make_case()
    client = signed_in("moderator")

    for value in ["", "9" * 40, "2025-11-20T13:00", "\x00", "0001-01-01T00:00", "9999-12-31T23:59"]:
        asked = between(case=case.pk, kind="appeal", erased="on") | {wrong: value}
        assert client.get(f"{LETTERS}between/", asked).status_code == 200
        assert client.post(f"{LETTERS}between/?since={value}", {}).status_code in (200, 302)
    assert client.get(f"{LETTERS}judge/?act=x&row=1").status_code == 302
    assert client.get(f"{LETTERS}judge/?act=invalidate&row=x&row={'9' * 40}").status_code == 302


def test_the_list_finds_what_came_in_an_hour_or_a_day():
    with time_machine.travel(NOVEMBER, tick=False):
        now, hour, day = timezone.now(), datetime.timedelta(hours=1), datetime.timedelta(days=1)
        rows = {
            name: make_letter(state="posted", created_at=at).pk
            for name, at in [
                ("hour", now),
                ("hour-before", now - hour),
                ("day-before", now - day),
                ("week", now - 5 * day),
                ("older", now - 30 * day),
            ]
        }
        client = signed_in("moderator")

        found = {
            when: {
                row.pk
                for row in client.get(f"{LETTERS}?state=all&when={when}").context["cl"].result_list
            }
            for when in ["hour", "hour-before", "day", "day-before", "week"]
        }

    assert found["hour"] == {rows["hour"]}
    assert found["hour-before"] == {rows["hour-before"]}
    assert found["day"] == {rows["hour"], rows["hour-before"]}
    assert found["day-before"] == {rows["day-before"]}
    assert found["week"] == set(rows.values()) - {rows["older"]}


# --- crossings


def test_an_erased_letter_that_is_not_valid_stays_as_a_mark_that_does_not_count():
    letter = make_letter(state="posted")
    post = make_post()
    moderation.invalidate(Letter.objects.all())
    moderation.invalidate(Post.objects.all())

    erasure.erase_letters(Letter.objects.all())
    erasure.erase_posts(Post.objects.all())

    letter.refresh_from_db()
    post.refresh_from_db()
    assert (letter.body, letter.name, letter.key, post.key) == ("", "", "", "")
    assert letter.invalid_on
    assert post.invalid_on
    call_command("recount")


def test_the_counts_made_anew_leave_out_what_is_not_valid():
    letter = make_letter(state="posted")
    make_letter(letter.case, state="posted")
    moderation.invalidate(Letter.objects.filter(pk=letter.pk))
    Tally.objects.update(number=40)

    call_command("recount", repair=True)

    assert everyone(letter.case) == 1


def test_what_fails_half_way_leaves_row_and_count_as_they_were(monkeypatch):
    letter = make_letter(state="posted")

    def fails(*_anything):
        raise DatabaseError

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "add_many", fails)
        with pytest.raises(DatabaseError):
            moderation.invalidate(Letter.objects.all())

    letter.refresh_from_db()
    assert letter.counts
    assert letter.invalid_on is None


def test_a_page_in_french_says_it_in_french(client):
    letter = make_letter(make_case_to_write_for(), state="posted")
    moderation.invalidate(Letter.objects.all())

    page = Client().get("/fr" + letter.get_absolute_url()).content.decode()

    assert "Non comptée" in page


def test_list_asks_as_often_for_many_that_are_not_valid():
    client = signed_in("moderator")
    first = make_letter(state="posted")
    moderation.invalidate(Letter.objects.all())
    few = [len(_queries(client)) for _again in range(2)][-1]
    for _nr in range(2):
        make_letter(first.case, state="posted")
    moderation.invalidate(Letter.objects.all())

    assert len(_queries(client)) == few


def _queries(client) -> list:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"{LETTERS}?state=invalid").status_code == 200
    return captured.captured_queries
