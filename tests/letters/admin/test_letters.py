import re

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from cases.models import SafetyRule
from letters.models import Letter, MailKind, OutgoingMail
from letters.models.email_spelling import email_hash
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_hand_in,
    make_letter,
    make_pledge,
    make_reply,
    make_solidarity_action,
)
from tests.staff import said, signed_in, text

pytestmark = pytest.mark.django_db

LIST = "/admin/letters/letter/"
FIND = "/admin/letters/letter/find/"


def page(letter: Letter) -> str:
    return reverse("admin:letters_letter_change", args=[letter.pk])


def act(client, letter: Letter, name: str, seen: str | None = None):
    url = reverse("admin:letters_letter_act", args=[letter.pk])
    seen = letter.changed_at.isoformat() if seen is None else seen
    return client.post(url, {"act": name, "seen": seen}, follow=True)


def make_mail(**fields) -> OutgoingMail:
    now = timezone.now()
    fields = {
        "about": "letter:17",
        "kind": MailKind.LETTER_LINK,
        "to": "sam@example.org",
        "to_hash": email_hash("sam@example.org"),
        "subject": "Your private link",
        "body": "https://testserver/letters/secret/",
        "created_at": now,
        "not_before": now,
    } | fields
    return OutgoingMail.objects.create(**fields)


def numbers_in(response) -> list[int]:
    return [letter.pk for letter in response.context["cl"].result_list]


# --- the list


def test_list_opens_with_what_waits_to_be_read():
    waiting = make_letter(state="submitted")
    held = make_letter(state="posted", needs_review=True)
    for state in ("drafting", "posted", "approved"):
        make_letter(state=state)

    response = signed_in("moderator").get(LIST)

    assert numbers_in(response) == [held.pk, waiting.pk]


def test_who_reads_a_letter_is_told_of_boxes_in_name_and_address_too():
    case = make_case_to_write_for()
    case.targets.update(postal="משרד\n0001 Testville")
    letter = make_letter(case, state="submitted", name="สม")
    plain = make_letter(state="submitted")

    shown = text(signed_in("moderator").get(page(letter)))

    assert "cannot print these characters: ส ม (Thai), מ ש ר ד (Hebrew). On paper each" in shown
    assert "On paper each" not in text(signed_in("moderator").get(page(plain)))


def test_list_shows_no_name_address_or_word_of_a_letter():
    make_letter(state="submitted", name="Sam Tester", email="sam@example.org", body="My words.")

    shown = text(signed_in("moderator").get(LIST))

    assert not re.search(r"Sam Tester|sam@example\.org|My words", shown)


def test_list_asks_the_database_as_often_for_thirty_letters_as_for_three(
    django_assert_num_queries, django_assert_max_num_queries
):
    client = signed_in("moderator")
    for _ in range(3):
        make_letter(state="submitted")
    client.get(LIST)
    with django_assert_max_num_queries(15) as few:
        client.get(LIST)
    for _ in range(27):
        make_letter(state="submitted", case=Letter.objects.first().case)

    with django_assert_num_queries(len(few)):
        response = client.get(LIST)

    assert len(numbers_in(response)) == 30


def test_list_counts_nothing(django_assert_max_num_queries):
    client = signed_in("moderator")
    make_letter(state="submitted")

    with django_assert_max_num_queries(15) as asked:
        client.get(LIST)

    assert not [query for query in asked.captured_queries if "COUNT(" in query["sql"]]


def test_pages_of_the_list_go_on_before_the_last_letter():
    case = make_case()
    letters = [make_letter(case, state="submitted") for _ in range(60)]
    client = signed_in("moderator")
    newest = [letter.pk for letter in reversed(letters)]

    first = client.get(LIST)
    older = re.search(r'href="(\?[^"]*before=\d+)" rel="next"', text(first))[1]
    second = client.get(LIST + older.replace("&amp;", "&"))

    assert numbers_in(first) + numbers_in(second) == newest
    assert 'rel="next"' not in text(second)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=approved", ["approved"]),
        ("state=needs_review", ["needs_review"]),
        ("state=all&route__exact=email", ["e-mail"]),
        ("state=all&country=KE", ["Kenya"]),
    ],
)
def test_filters(query, expected):
    letters = {
        "approved": make_letter(state="approved"),
        "needs_review": make_letter(state="submitted", needs_review=True),
        "e-mail": make_letter(state="ready", route="email"),
        "Kenya": make_letter(country="KE"),
    }

    response = signed_in("moderator").get(f"{LIST}?{query}")

    assert numbers_in(response) == [letters[name].pk for name in expected]


def test_filter_by_case_offers_the_cases_that_have_letters():
    case, other = make_case(display_name="Ana Test"), make_case()
    letter = make_letter(case, state="submitted")
    make_letter(other, state="submitted")

    response = signed_in("moderator").get(f"{LIST}?case={case.pk}")

    assert numbers_in(response) == [letter.pk]
    assert "Ana Test" in text(response)


def test_search_finds_a_letter_by_its_number():
    letter = make_letter(state="submitted")
    make_letter(state="submitted")

    assert numbers_in(signed_in("moderator").get(LIST, {"q": f"#{letter.pk}"})) == [letter.pk]


@pytest.mark.parametrize(
    "query",
    [
        "q=sam@example.org",
        "q=%00",
        f"q={'9' * 30}",
    ],
)
def test_search_takes_any_value(query):
    make_letter(state="submitted")

    assert signed_in("moderator").get(f"{LIST}?{query}").status_code == 200


def test_who_searches_by_a_name_is_told_what_a_letter_is_found_by():
    make_letter(state="submitted")

    page = signed_in("moderator").get(LIST, {"q": "Sam Tester"})

    assert said(page) == ["Letters are found here by their number."]
    assert numbers_in(page) == []


# --- finding what somebody wrote


def test_letters_of_an_address_are_found_by_post_only():
    letter = make_letter(email="sam@example.org", email_hash=email_hash("sam@example.org"))
    make_letter(email="kim@example.org", email_hash=email_hash("kim@example.org"))
    make_pledge(email="sam@example.org", email_hash=email_hash("sam@example.org"))
    client = signed_in("moderator")

    found = client.post(FIND, {"email": "Sam+more@EXAMPLE.org"})

    assert [row.pk for row in found.context["letters"]] == [letter.pk]
    assert len(found.context["pledges"]) == 1
    assert "letters" not in client.get(FIND, {"email": "sam@example.org"}).context
    logged = LogEntry.objects.get()
    assert "sam" not in f"{logged.object_repr}{logged.change_message}".lower()


def test_the_list_finds_every_letter_that_an_answer_came_to():
    case = make_solidarity_action(make_case_to_write_for()).case
    one = make_letter(case, state="posted")
    handed_in, left, waits = (make_letter(case, state="approved") for _each in range(3))
    message = make_letter(case, kind="solidarity", state="posted")
    other_case = make_letter(make_case_to_write_for(), state="posted")
    hand_in = make_hand_in(handed_in, left, state="handed-in")
    Letter.objects.filter(pk__in=[handed_in.pk, left.pk]).update(state="delivered")
    hand_in.items.filter(letter=left).update(left_at=timezone.now(), left_because="erased")
    client = signed_in("moderator")

    def found() -> set[int]:
        return set(numbers_in(client.get(f"{LIST}?state=answered")))

    assert found() == set()
    make_reply(case, letter=one, state="read")
    assert found() == {one.pk}
    make_reply(case, hand_in=hand_in, state="shared", shown_text="No.")
    assert found() == {one.pk, handed_in.pk}
    make_reply(other_case.case, sender="person", is_to_all=True, state="read")
    make_reply(case, is_to_all=True, state="read")
    assert found() == {one.pk, handed_in.pk, left.pk}
    assert waits.pk not in found()
    make_reply(case, sender="person", is_to_all=True, state="read")
    assert message.pk in found()


# --- a letter


def test_letter_is_shown_as_its_target_would_read_it_and_no_more():
    letter = make_letter(
        make_case_to_write_for(),
        state="submitted",
        body="First.\n\n<script>alert(1)</script> <b>bold</b>",
        name="Sam Tester",
        name_form="initials",
        email="sam@example.org",
        place="Testville",
    )

    shown = text(signed_in("moderator").get(page(letter)))

    assert "&lt;script&gt;alert(1)&lt;/script&gt; &lt;b&gt;bold&lt;/b&gt;" in shown
    assert "Dear Minister," in shown
    assert "S. T." in shown
    assert not re.search(r"Sam Tester|sam@example\.org|Testville|<script>alert", shown)
    assert letter.key not in shown


def test_each_look_is_logged_with_who_looked():
    letter = make_letter(state="submitted")
    client = signed_in("moderator", username="mo")

    client.get(page(letter))
    shown = text(client.get(page(letter)))

    assert LogEntry.objects.filter(object_id=str(letter.pk), user=client.person).count() == 2
    assert "mo: Read." in shown
    assert "Sam" not in "".join(LogEntry.objects.values_list("object_repr", flat=True))


def test_words_to_watch_for_are_pointed_out():
    case = make_case()
    SafetyRule.objects.create(case=case, topic="politics", answer="no", words=["Élection"])
    letter = make_letter(case, state="submitted", body="After the election I write to you.")

    shown = text(signed_in("moderator").get(page(letter)))

    assert "“election” is better left out." in shown
    assert "After the <mark>election</mark> I write to you." in shown


def test_a_moderator_reads_a_message_with_the_rules_of_messages():
    case = make_case()
    SafetyRule.objects.create(case=case, topic="politics", words=["election"])
    SafetyRule.objects.create(
        case=case, topic="religion", applies_to="solidarity", words=["pray"], why="Who knows."
    )
    letter = make_letter(case, kind="solidarity", state="submitted", body="I pray. Election!")

    shown = text(signed_in("moderator").get(page(letter)))

    assert "I <mark>pray</mark>. Election!" in shown
    assert "<strong>Religion</strong>: Who knows." in shown
    assert "politics" not in shown


def test_a_letter_cannot_be_edited():
    letter = make_letter(state="submitted", body="My words.")
    client = signed_in("moderator")

    client.post(page(letter), {"body": "Other words.", "state": "approved"})

    letter.refresh_from_db()
    assert (letter.body, letter.state) == ("My words.", "submitted")
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{letter.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("roles", [[], ["editor"], ["safety"], ["counter"]])
def test_only_moderators_see_letters(roles):
    letter = make_letter(state="submitted", body="My words.")
    client = signed_in(*roles)

    answers = [
        client.get(LIST),
        client.get(page(letter)),
        client.get(FIND),
        act(client, letter, "show"),
    ]

    letter.refresh_from_db()
    assert [answer.status_code for answer in answers] == [403] * 4
    assert letter.state == "submitted"


def test_erased_letter_says_so():
    letter = make_letter(state="posted", body="", subject="", erased_on=timezone.localdate())

    assert "Its writer has erased it" in text(signed_in("moderator").get(page(letter)))


def test_a_number_of_no_letter_is_not_found():
    client = signed_in("moderator")

    assert client.get(f"{LIST}999999/change/").status_code == 404
    assert client.get(f"{LIST}abc/change/").status_code == 404
    assert client.get(f"{LIST}{'9' * 30}/change/").status_code == 404


# --- pledges, tally, mail


def test_pledges_show_no_person():
    make_pledge(name="Sam Tester", email="sam@example.org", group="Class 7b")
    client = signed_in("counter")
    pledge = client.get("/admin/letters/pledge/").context["cl"].result_list[0]

    shown = text(client.get("/admin/letters/pledge/")) + text(
        client.get(f"/admin/letters/pledge/{pledge.pk}/change/")
    )

    assert not re.search(r"Sam Tester|sam@example|Class 7b", shown)


def test_small_numbers_of_the_tally_are_not_broken_down():
    case = make_case()
    for country in ["KE"] * 4 + ["FR"] * 5:
        make_letter(case, state="posted", country=country)

    shown = text(signed_in("counter").get("/admin/letters/tally/"))

    assert "Kenya" not in shown
    assert "France" in shown


@pytest.mark.parametrize("model", ["tally", "pledge", "outgoingmail"])
def test_ledgers_are_read_only_even_for_a_superuser(model):
    client = signed_in(is_superuser=True)

    assert client.get(f"/admin/letters/{model}/").status_code == 200
    assert client.get(f"/admin/letters/{model}/add/").status_code == 403


def test_outbox_shows_neither_address_nor_words():
    mail = make_mail(given_up_at=timezone.now())
    client = signed_in("moderator")

    shown = text(client.get("/admin/letters/outgoingmail/")) + text(
        client.get(f"/admin/letters/outgoingmail/{mail.pk}/change/")
    )

    assert "given up" in shown
    assert not re.search(r"sam@example|secret|Your private link", shown)


def test_a_mail_that_was_given_up_is_sent_again_and_a_sent_one_is_not():
    now = timezone.now()
    given_up = make_mail(given_up_at=now, attempts=8)
    sent = make_mail(about="letter:18", sent_at=now, attempts=1)

    response = signed_in("moderator").post(
        "/admin/letters/outgoingmail/?state=given-up",
        {"action": "send_again", "_selected_action": [given_up.pk, sent.pk]},
        follow=True,
    )

    given_up.refresh_from_db()
    sent.refresh_from_db()
    assert (given_up.given_up_at, given_up.attempts) == (None, 0)
    assert (sent.attempts, sent.sent_at) == (1, now)
    assert said(response) == ["1 mail is tried again."]
