"""Letters that wait and say the same or nearly the same: one group, read once, decided together."""

import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from letters.delivery import desk, similar_texts
from letters.models import Claim, Decision, Letter, TextGroup, TextGroupBand, TextGroupMember
from letters.privacy import erasure
from tests.factories import make_case_to_write_for, make_letter, make_message
from tests.letters.sending import act, letter_form, send_letter
from tests.staff import make_staff, said, signed_in, text

pytestmark = pytest.mark.usefixtures("counts_hold")

WORDS = (
    "I write to you about the pastures of Testville, where the herds have grazed for as long as "
    "anybody remembers. The company began to build a road in spring without asking those who live "
    "there. Please stop the work, ask them first, and let them come home before winter. {}"
)
BURMESE = "ကခဂဃငစဆဇဈညဋဌဍဎဏတထဒဓန"  # no spaces between words
OTHERS = [
    "Since {n} years the river has been fenced in, and {n} families went away from the shore.",
    "My school of {n} pupils has read about the case; all {n} of us ask for a fair trial now.",
    "Number {n} of the court’s orders says {n} times that the land belongs to who lives on it.",
]


@pytest.fixture
def case():
    return make_case_to_write_for()


def alike_url(letter: Letter) -> str:
    return reverse("admin:letters_letter_desk_alike", args=[letter.pk])


def at_desk(letter: Letter, client: Client | None = None) -> Client:
    """A moderator with the letter on their desk."""
    client = client or signed_in("moderator")
    client.post(reverse("admin:letters_letter_desk_take"), {"letter": letter.pk})
    return client


def groups() -> list[int]:
    """How many letters each has, the largest first."""
    return sorted((group.members.count() for group in TextGroup.objects.all()), reverse=True)


def logged(letter: Letter) -> list[str]:
    entries = LogEntry.objects.filter(object_id=str(letter.pk))
    return [entry.get_change_message() for entry in entries]


def tick(*letters: Letter) -> dict:
    seen = {f"seen-{letter.pk}": letter.changed_at.isoformat() for letter in letters}
    return {"letter": [letter.pk for letter in letters]} | seen


@pytest.mark.slow
def test_thirty_of_two_hundred_that_say_the_same_are_one_group(case):
    for number in range(170):
        body = " ".join(words.format(n=number * 7 + 3) for words in OTHERS[: number % 3 + 1])
        make_letter(case, state="submitted", subject="", body=f"{body} {'x' * (number + 1)} " * 3)
    same = [
        make_letter(case, state="submitted", body=WORDS.format(f"Yours, number {number}."))
        for number in range(30)
    ]

    call_command("work", once=True)

    group = TextGroupMember.objects.get(letter=same[0]).group
    assert set(group.members.values_list("letter", flat=True)) == {one.pk for one in same}
    page = text(at_desk(same[3]).get(f"/admin/letters/letter/desk/{same[3].pk}/"))
    assert "29 other letters say the same: read them together" in page


def test_of_very_many_that_say_the_same_it_is_told_that_there_are_more(case, monkeypatch):
    monkeypatch.setattr("letters.delivery.similar_texts.MAX_COUNTED", 2)
    letters = [make_letter(case, state="submitted", body=WORDS) for _nr in range(4)]
    moderator = at_desk(letters[0])
    page = f"/admin/letters/letter/desk/{letters[0].pk}/"

    many = text(moderator.get(page))
    monkeypatch.setattr("letters.delivery.similar_texts.MAX_COUNTED", 3)
    few = text(moderator.get(page))

    assert "More than 2 other letters say the same: read them together" in many
    assert "3 other letters say the same: read them together" in few
    assert "More than" not in few


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (WORDS, WORDS.upper(), True),
        (WORDS, WORDS.replace("spring", "autumn").replace("Please", "I beg you:"), True),
        (WORDS, WORDS.replace("Please stop the work", "Do not stop the work, but finish it"), True),
        (WORDS, "Please let them come home. " * 12, False),
        (
            "你好，请停止在牧场上修路，让牧民回家。" * 3,
            "你好，请停止在牧场上修路，让牧民回家！" * 3,
            True,
        ),
        (BURMESE * 150, BURMESE.replace("ည", "သ") * 150, True),
        (BURMESE * 2, BURMESE[::-1] * 2, False),
        ("Stay strong.", "Stay strong!", False),
        ("Stay strong.", "  stay   STRONG. ", True),
    ],
)
def test_what_differs_in_few_words_is_alike(case, one, other, alike):
    for body in (one, other):
        make_message(case, state="submitted", body=body)

    similar_texts.group_waiting()

    assert groups() == ([2] if alike else [1, 1])


def test_a_group_is_of_one_case_kind_and_language_and_of_what_waits(case):
    make_letter(case, state="submitted", body=WORDS)
    make_letter(case, state="submitted", body=WORDS, language="no")
    make_message(case, state="submitted", subject="The pastures", body=WORDS)
    make_letter(make_case_to_write_for(), state="submitted", body=WORDS)
    make_letter(case, state="approved", body=WORDS)

    similar_texts.group_waiting()

    assert groups() == [1, 1, 1, 1]


def test_nobody_who_hands_a_letter_in_waits_for_a_comparison(client, case):
    make_letter(case, state="submitted", body=WORDS)
    response = send_letter(client, case, body=WORDS)
    letter = Letter.objects.latest("pk")
    act(client, letter, "deliver")

    assert response.status_code == 302
    assert not TextGroupMember.objects.exists()


def test_they_are_read_together_and_approved_one_by_one(case):
    first = make_letter(case, state="submitted", body=WORDS.format(""))
    second = make_letter(case, state="submitted", body=WORDS.format("Thank you."), name="Tor Test")
    third = make_letter(case, state="submitted", body=WORDS.format(""))
    moderator = at_desk(first)

    page = text(moderator.get(alike_url(first)))
    response = moderator.post(alike_url(first), tick(first, second), follow=True)

    assert "<ins>Thank you.</ins>" in page
    assert "Tor Test" in page
    assert "The same words." in page
    assert "Approve these 3" in page
    assert said(response)[0] == "2 letters are approved."
    assert len(set(Decision.objects.values_list("group", flat=True))) == 1
    states = Letter.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["approved", "approved", "submitted"]
    assert "Approved, read with others." in logged(first)
    assert "Approved, read with others." in logged(second)
    assert "Read with others." in logged(third)


def test_nothing_is_decided_that_was_not_on_the_page_or_was_changed_since(client, case):
    first, second = (make_letter(case, state="submitted", body=WORDS) for _nr in range(2))
    unlike = make_letter(case, state="submitted", body="Quite other words, which nobody saw.")
    moderator = at_desk(first)
    moderator.get(alike_url(first))
    ticked = tick(first, second, unlike)
    form = letter_form(body=WORDS.format("You fools."))
    client.post(reverse("letters:letter-edit", args=[second.key]), form)

    response = moderator.post(alike_url(first), ticked, follow=True)

    assert said(response)[:2] == [
        "1 letter is approved.",
        "2 were changed since: please read them again.",
    ]
    states = Letter.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["approved", "submitted", "submitted"]


def test_what_is_left_out_of_one_is_a_difference_to_the_others(case):
    first, _other = (make_letter(case, state="submitted", body=WORDS) for _nr in range(2))
    moderator = at_desk(first)
    moderator.post(
        reverse("admin:letters_letter_desk_redact", args=[first.pk]),
        {"words": "Testville", "why": "danger", "seen": first.changed_at.isoformat()},
    )

    page = text(moderator.get(alike_url(first)))

    assert "<del>[…],</del>" in page
    assert "<ins>Testville,</ins>" in page


def test_the_page_costs_the_same_for_two_and_for_twenty(case, django_assert_num_queries):
    letter = make_letter(case, state="submitted", body=WORDS)
    make_letter(case, state="submitted", body=WORDS)
    moderator = at_desk(letter)
    moderator.get(alike_url(letter))

    with CaptureQueriesContext(connection) as few:
        moderator.get(alike_url(letter))
    for _nr in range(18):
        make_letter(case, state="submitted", body=WORDS)
    similar_texts.group_waiting()

    with django_assert_num_queries(len(few)):
        page = text(moderator.get(alike_url(letter)))

    assert "Approve these 20" in page


def test_a_group_holds_no_words_and_goes_with_its_last_letter(case):
    letters = [make_letter(case, state="submitted", body=WORDS) for _nr in range(2)]
    similar_texts.group_waiting()
    assert groups() == [2]

    erasure.erase_letters(Letter.objects.filter(pk=letters[0].pk))
    assert groups() == [1]
    erasure.erase_letters(Letter.objects.filter(pk=letters[1].pk))
    assert not TextGroup.objects.exists()
    assert not TextGroupBand.objects.exists()


def test_what_is_decided_leaves_its_group_and_what_is_changed_is_compared_anew(client, case):
    first, second, third = (make_letter(case, state="submitted", body=WORDS) for _nr in range(3))
    similar_texts.group_waiting()
    act(client, first, "withdraw")
    other = "The river is fenced in, and nobody may go there. Please open the shore to all again."
    client.post(reverse("letters:letter-edit", args=[second.key]), letter_form(body=other))

    similar_texts.group_waiting()

    assert groups() == [1, 1]
    third.refresh_from_db()
    assert not similar_texts.alike(third)


def test_a_letter_that_somebody_else_reads_is_on_no_other_page(case):
    first, second = (make_letter(case, state="submitted", body=WORDS) for _nr in range(2))
    moderator, other = at_desk(first), at_desk(second)

    page = text(moderator.get(alike_url(first)))
    other_way = moderator.get(alike_url(second))

    assert "Approve this 1" in page
    assert other_way.url == reverse("admin:letters_letter_desk_read", args=[second.pk])
    assert other.get(other_way.url).context["letter"] == second


def test_looking_at_them_takes_none_from_others_who_may_be_faster(case):
    first, second, third = (make_letter(case, state="submitted", body=WORDS) for _nr in range(3))
    moderator = at_desk(first)

    moderator.get(alike_url(first))
    taken = list(Claim.objects.values_list("row", flat=True))
    other = at_desk(second)
    response = moderator.post(alike_url(first), tick(first, second, third), follow=True)

    assert taken == [first.pk]
    assert said(response)[:2] == [
        "2 letters are approved.",
        "1 was changed since: please read it again.",
    ]
    second.refresh_from_db()
    assert second.state == "submitted"
    assert Claim.objects.filter(row=second.pk, by=other.person).exists()


def test_who_reads_them_for_more_than_ten_minutes_approves_them_all_the_same(still_clock, case):
    letters = [make_letter(case, state="submitted", body=WORDS) for _nr in range(3)]
    moderator = at_desk(letters[0])
    moderator.get(alike_url(letters[0]))
    still_clock.shift(datetime.timedelta(minutes=11))

    response = moderator.post(alike_url(letters[0]), tick(*letters), follow=True)

    assert said(response)[0] == "3 letters are approved."
    again = moderator.post(alike_url(letters[0]), tick(*letters), follow=True)  # a second press
    assert said(again) == ["Nothing more waits for you here."]
    assert Decision.objects.count() == 3


def _take(client: Client, letter: Letter) -> None:
    at_desk(letter)


def _decide(client: Client, letter: Letter) -> None:
    desk.decide(Letter.objects.get(pk=letter.pk), "approve", by=make_staff("moderator"))


def _edit(client: Client, letter: Letter) -> None:
    form = letter_form(body=WORDS.format("You fools."))
    client.post(reverse("letters:letter-edit", args=[letter.key]), form)


@pytest.mark.parametrize("meanwhile", [_take, _decide, _edit])
def test_if_the_first_is_not_theirs_any_more_the_others_stay_ticked(
    client, still_clock, case, meanwhile
):
    first, second, third, fourth = (
        make_letter(case, state="submitted", body=WORDS) for _nr in range(4)
    )
    moderator = at_desk(first)
    moderator.get(alike_url(first))
    ticked = tick(first, second, third)
    still_clock.shift(datetime.timedelta(minutes=11))
    meanwhile(client, first)

    page = moderator.post(alike_url(first), ticked, follow=True)

    assert "The others are still ticked" in said(page)[0]
    assert not Decision.objects.filter(by=moderator.person).exists()
    assert page.context["letter"] == second
    shown = {one.letter: one.is_ticked for one in page.context["others"]}
    assert (shown[third], shown[fourth]) == (True, False)
    done = moderator.post(alike_url(second), tick(second, third), follow=True)
    assert said(done)[0] == "2 letters are approved."


def test_each_of_those_that_were_decided_together_is_undone_alone(case):
    first, second = (make_letter(case, state="submitted", body=WORDS) for _nr in range(2))
    moderator = at_desk(first)
    moderator.get(alike_url(first))
    moderator.post(alike_url(first), tick(first, second))

    decision = Decision.objects.get(row=first.pk)
    moderator.post(reverse("admin:letters_letter_desk_undo"), {"decision": decision.pk})

    states = Letter.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["submitted", "approved"]


def test_the_queue_says_and_finds_what_others_say_too(case):
    alike = [make_letter(case, state="submitted", body=WORDS) for _nr in range(2)]
    make_letter(case, state="submitted", body="Quite other words, which nobody else has written.")
    similar_texts.group_waiting()
    moderator = signed_in("moderator")

    every = moderator.get("/admin/letters/letter/desk/").context["rows"]
    found = moderator.get("/admin/letters/letter/desk/?flag=alike").context["rows"]

    assert [row["letter"].is_alike for row in every] == [True, True, False]
    assert [row["letter"] for row in found] == alike
