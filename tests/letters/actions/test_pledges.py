import datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from letters.actions import pledges
from letters.actions.pledges import MAX_UNREVIEWED
from letters.models import Letter, OutgoingMail, Pledge, PledgeState
from letters.privacy import antispam, erasure
from tests import reading
from tests.factories import make_case, make_case_to_write_for, make_letter, make_pledge
from tests.letters.sending import (
    act,
    by_hand,
    everyone,
    pledge_form,
    send_letter,
    send_pledge,
    token,
)
from tests.staff import said, signed_in, text

pytestmark = pytest.mark.usefixtures("counts_hold")


def test_a_promise_for_a_case_opens_its_private_page(client):
    case = make_case(display_name="Test Person of the North")

    response = send_pledge(client, case, number="5")

    pledge = Pledge.objects.get()
    assert response.status_code == 302
    assert response.url == pledge.get_absolute_url() + "#now"
    assert (pledge.case, pledge.edition, pledge.number) == (case, case.edition, 5)
    page = client.get(response.url)
    assert "Your pledge: 5 letters" in page.content.decode()
    assert "Test Person of the North" in page.content.decode()
    assert page["Cache-Control"] == "no-store, private"


def test_a_promise_for_the_edition_can_be_kept_with_any_case(client):
    first, second = make_case(), make_case()

    response = send_pledge(client)

    page = client.get(response.url).content.decode()
    assert Pledge.objects.get().case is None
    assert first.display_name in page
    assert second.display_name in page


def test_a_promise_sent_twice_is_one_and_another_on_the_same_page_is_another(client):
    case = make_case()
    form = pledge_form(number="3", name="Sam Tester", group="3b")
    url = reverse("letters:pledge", args=[case.slug])

    first = client.post(url, form)
    again = client.post(url, form)
    other = client.post(url, form | {"number": "4", "name": "Kim Young"})

    assert first.url == again.url != other.url
    assert list(Pledge.objects.order_by("pk").values_list("number", "name")) == [
        (3, "Sam Tester"),
        (4, "Kim Young"),
    ]


def test_a_promise_that_was_begun_or_given_back_is_not_what_the_same_form_makes(client):
    case = make_case()
    form = pledge_form()
    url = reverse("letters:pledge", args=[case.slug])
    first = client.post(url, form)
    act(client, Pledge.objects.get(), "release")

    with time_machine.travel(timezone.now() + 2 * antispam.DOUBLE_CLICK):
        assert client.post(url, form).url != first.url


@pytest.mark.parametrize(("days", "status"), [(-2, 200), (0, 302), (366, 302), (367, 200)])
def test_a_promise_is_for_today_or_a_day_within_a_year(client, days, status):
    day = timezone.localdate() + datetime.timedelta(days=days)

    answer = send_pledge(client, make_case(), due_on=day.isoformat())

    assert answer.status_code == status
    assert Pledge.objects.count() == (status == 302)


def test_a_promise_counts_nothing_until_letters_do(client):
    case = make_case()

    send_pledge(client, case, number="500")

    assert everyone(case) == 0


def test_a_promise_shows_what_is_done(client):
    pledge = make_pledge(number=2)
    make_letter(pledge.case, pledge=pledge, state="posted")

    page = client.get(pledge.get_absolute_url()).content.decode()
    assert "1 is on its way" in page

    make_letter(pledge.case, pledge=pledge, state="submitted")
    page = client.get(pledge.get_absolute_url()).content.decode()
    assert "Pledge done" in page


def test_a_letter_can_be_written_for_a_promise(client):
    case = make_case_to_write_for()
    pledge = make_pledge(case)
    [link] = [
        one for one in reading.page(client.get(pledge.get_absolute_url())).links if "pledge=" in one
    ]
    sheet = client.get(link)

    send_letter(client, case, pledge=sheet.context["form"]["pledge"].value())

    assert Letter.objects.get().pledge == pledge
    assert pledge.key not in link
    for start in reading.page(sheet).links:  # another beginning keeps the promise
        assert "?start=" not in start or link.partition("?")[2] in start


@pytest.mark.parametrize("is_there", [True, False])
def test_old_link_with_the_key_of_a_promise_leads_to_one_without(client, is_there):
    case = make_case_to_write_for()
    key = make_pledge(case).key if is_there else "A" * 22
    url = reverse("letters:letter-write", args=[case.slug])

    response = client.get(url, {"start": "blank", "pledge": key})

    assert response.status_code == 302
    assert key not in response.url
    sheet = client.get(response.url)
    assert bool(sheet.context["form"]["pledge"].value()) == is_there
    assert sheet.context["start"] == "blank"


def test_promise_in_the_address_is_believed_only_if_signed_here(client):
    case = make_case_to_write_for()
    make_pledge(case)

    for wrong in ["1", "1:x", "x", "1:" + "A" * 43, "\0"]:
        sheet = client.get(reverse("letters:letter-write", args=[case.slug]), {"pledge": wrong})

        assert sheet.status_code == 200
        assert not sheet.context["form"]["pledge"].value()


def test_nobody_adds_letters_to_a_promise_without_its_link(client):
    case = make_case_to_write_for()
    pledge = make_pledge(case)

    send_letter(client, case, pledge=str(pledge.pk))

    assert Letter.objects.get().pledge is None


def test_a_promise_is_given_back_and_taken_up_again(client):
    pledge = make_pledge()

    act(client, pledge, "release")
    pledge.refresh_from_db()
    assert pledge.state == PledgeState.RELEASED
    assert "Pledge cancelled" in client.get(pledge.get_absolute_url()).content.decode()

    act(client, pledge, "reopen")
    pledge.refresh_from_db()
    assert pledge.state == PledgeState.OPEN


def test_letters_written_by_hand_count_and_can_be_taken_back(client):
    pledge = make_pledge(number=3, country="FI")

    by_hand(client, pledge, 2)
    assert everyone(pledge.case) == 2
    assert set(pledge.letters.values_list("state", "country")) == {("posted", "FI")}

    act(client, pledge, "take-back")
    assert everyone(pledge.case) == 1

    act(client, pledge, "take-back")
    act(client, pledge, "take-back")
    assert everyone(pledge.case) == 0


def test_by_hand_counts_no_more_than_was_promised(client):
    pledge = make_pledge(number=3)

    response = by_hand(client, pledge, 4)
    assert response.status_code == 200
    assert "There is a problem" in response.content.decode()

    by_hand(client, pledge, 3)
    by_hand(client, pledge, 1)
    assert everyone(pledge.case) == 3


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("", 4, "Only 3 letters of this pledge are left. If you have posted more"),
        ("", 0, "Type a number: 1 or more."),
        ("", 501, "Only 3 letters of this pledge are left. If you have posted more"),
        ("fr", 4, "Il ne reste que 3 lettres à cette promesse."),
        ("fr", 0, "Saisissez un nombre : au moins 1."),
    ],
)
def test_by_hand_says_which_number_is_meant(client, language, number, said):
    pledge = make_pledge(make_case_to_write_for(), number=3)
    url = f"/{language}{pledge.get_absolute_url()}" if language else pledge.get_absolute_url()
    form = {"act": "by-hand", "token": token(), "case": pledge.case.slug, "number": number}

    response = client.post(url, form)

    assert len(response.context["hand_form"].errors["number"]) == 1
    assert said in text(response).replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("number", "said"), [(0, "Type a number: 1 or more."), (501, "Type a number: 500 at most.")]
)
def test_a_promise_says_which_number_is_meant(client, number, said):
    response = send_pledge(client, make_case(), number=str(number))

    assert response.context["form"].errors["number"] == [said]


def test_by_hand_counts_nothing_for_a_case_that_takes_no_letters(client):
    pledge = make_pledge()
    pledge.case.freeze, pledge.case.freeze_reason = "paused", "A test says so."
    pledge.case.save()

    by_hand(client, pledge, 1)

    assert everyone(pledge.case) == 0


def test_the_private_link_of_a_promise_is_mailed_once(client):
    case = make_case()
    form = pledge_form(email="sam@example.org")
    url = reverse("letters:pledge", args=[case.slug])

    client.post(url, form)
    client.post(url, form)

    mail = OutgoingMail.objects.get()
    assert mail.to == "sam@example.org"
    assert mail.about == f"pledge:{Pledge.objects.get().pk}"


def test_an_erased_promise_opens_no_page_and_leaves_its_letters(client):
    pledge = make_pledge(email="sam@example.org")
    letter = make_letter(pledge.case, pledge=pledge, state="posted")
    url = reverse("letters:pledge-erase", args=[pledge.key])
    assert client.get(url).status_code == 200

    response = client.post(url)

    assert response.url == reverse("letters:erased")
    assert client.get(pledge.get_absolute_url()).status_code == 404
    assert Pledge.objects.count() == 0
    letter.refresh_from_db()
    assert letter.pledge is None
    assert everyone(letter.case) == 1


def test_a_day_that_has_passed_is_refused_in_words(client):
    response = send_pledge(client, make_case(), due_on="2020-01-01")

    assert response.status_code == 200
    assert "This day has passed." in response.content.decode()
    assert not Pledge.objects.exists()


def test_a_day_lasts_until_it_is_over_everywhere(client):
    """In Honolulu it is still 9 December when it is 10 December in UTC."""
    case = make_case()
    with time_machine.travel(datetime.datetime(2025, 12, 10, 8, tzinfo=datetime.UTC), tick=False):
        send_pledge(client, case, due_on="2025-12-09")
        assert Pledge.objects.count() == 1
    with time_machine.travel(datetime.datetime(2025, 12, 10, 12, tzinfo=datetime.UTC), tick=False):
        response = send_pledge(client, case, due_on="2025-12-09")

    assert "This day has passed." in response.content.decode()
    assert Pledge.objects.count() == 1


def test_a_case_that_takes_no_letters_takes_no_promise(client):
    case = make_case(stage="closed")
    url = reverse("letters:pledge", args=[case.slug])

    asked, sent = client.get(url), send_pledge(client, case, number="7", name="Sam Tester")

    assert (asked.status_code, asked.url) == (302, case.get_absolute_url())
    assert sent.status_code == 409
    assert "In the meantime letters for this case were stopped." in text(sent)
    assert sent.context["form"]["number"].value() == "7"
    assert reverse("letters:pledge-edition") in reading.page(sent).links
    assert not Pledge.objects.exists()


@pytest.mark.parametrize("freeze", ["hidden", "withdrawn"])
def test_a_case_that_is_not_shown_has_no_form_for_a_promise(client, freeze):
    case = make_case(freeze=freeze, freeze_reason="A test says so.", display_name="Ana Hidden")

    answers = [client.get(reverse("letters:pledge", args=[case.slug])), send_pledge(client, case)]

    assert [answer.status_code for answer in answers] == [404, 409]
    assert "was stopped while you were writing" in text(answers[1])
    assert not Pledge.objects.exists()


# --- written by hand: a handful counts, more waits for a look

PLEDGES = "/admin/letters/pledge/"


def posted_by_hand(pledge: Pledge) -> dict[str, int]:
    """How many of its letters count, and how many wait."""
    letters = pledge.letters.all()
    return {
        "count": letters.filter(counted_on__isnull=False).count(),
        "wait": letters.filter(needs_review=True).count(),
    }


@pytest.mark.parametrize(
    ("number", "counted"), [(MAX_UNREVIEWED, MAX_UNREVIEWED), (MAX_UNREVIEWED + 1, 0), (50, 0)]
)
def test_a_handful_written_by_hand_counts_and_more_waits_for_a_look(client, number, counted):
    pledge = make_pledge(number=50)

    response = by_hand(client, pledge, number)

    assert response.url == pledge.get_absolute_url() + "?done=by-hand#now"
    assert everyone(pledge.case) == counted
    assert pledge.letters.count() == number
    page = " ".join(client.get(response.url).content.decode().split())
    assert (f"{number} written by hand wait for a look." in page) == (not counted)


def test_many_small_numbers_pass_no_more_than_one_large_one(client):
    pledge = make_pledge(number=50)

    for _nr in range(4):
        by_hand(client, pledge, MAX_UNREVIEWED)

    assert posted_by_hand(pledge) == {"count": MAX_UNREVIEWED, "wait": 3 * MAX_UNREVIEWED}


@pytest.mark.slow
def test_what_was_forged_in_the_review_counts_nothing(client):
    """Three pledges of 500 from one address, sent at once, the trap filled in: 1,500 letters."""
    case = make_case()

    for _nr in range(3):
        send_pledge(client, case, number="500", website="http://spam.example")
        by_hand(client, Pledge.objects.latest("pk"), 500)
        by_hand(client, Pledge.objects.latest("pk"), 500, website="http://spam.example")

    assert everyone(case) == 0


@pytest.mark.parametrize("caught", [{"website": "filled in"}, {"shown": datetime.timedelta(0)}])
def test_what_a_trap_caught_gets_the_same_answer_and_waits(client, caught):
    caught = {"token": token(**caught)} if "shown" in caught else caught
    honest, other = make_pledge(), make_pledge()

    answers = [by_hand(client, honest, 2), by_hand(client, other, 2, **caught)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert [answer.url for answer in answers] == [
        p.get_absolute_url() + "?done=by-hand#now" for p in (honest, other)
    ]
    assert posted_by_hand(honest) == {"count": 2, "wait": 0}
    assert posted_by_hand(other) == {"count": 0, "wait": 2}


@pytest.mark.parametrize("caught", [{"website": "filled in"}, {"shown": datetime.timedelta(0)}])
def test_a_promise_that_a_trap_caught_is_kept_and_what_comes_for_it_waits(client, caught):
    caught = {"token": token(**caught)} if "shown" in caught else caught
    case = make_case()

    response = send_pledge(client, case, **caught)

    pledge = Pledge.objects.get()
    assert response.url == pledge.get_absolute_url() + "#now"
    by_hand(client, pledge, 1)
    assert posted_by_hand(pledge) == {"count": 0, "wait": 1}


def test_too_many_promises_of_one_sender_are_held(client, monkeypatch):
    monkeypatch.setattr("letters.privacy.throttle.REVIEW_ABOVE", 1)

    for _nr in range(2):
        send_pledge(client, make_case())

    assert list(Pledge.objects.order_by("pk").values_list("needs_review", flat=True)) == [
        False,
        True,
    ]


def test_letters_by_hand_of_one_sender_add_up_over_all_their_pledges(client, monkeypatch):
    monkeypatch.setattr("letters.privacy.throttle.REVIEW_ABOVE", 5)
    first, second = make_pledge(), make_pledge()

    by_hand(client, first, 3)
    by_hand(client, second, 3)

    assert posted_by_hand(first) == {"count": 3, "wait": 0}
    assert posted_by_hand(second) == {"count": 0, "wait": 3}


def test_more_letters_by_hand_than_anybody_writes_in_an_hour_are_refused(client, monkeypatch):
    monkeypatch.setattr("letters.privacy.throttle.REFUSED_ABOVE", 500)
    pledge, other = make_pledge(number=500), make_pledge()

    assert by_hand(client, pledge, 500).status_code == 302
    refused = by_hand(client, other, 1)
    assert refused.status_code == 429
    assert "Too many letters came from here in the last hour." in refused.content.decode()
    assert refused.context["hand_form"]["number"].value() == "1"
    assert not other.letters.exists()


def test_the_buttons_of_one_promise_are_pressed_so_often_an_hour(client, monkeypatch):
    monkeypatch.setattr("letters.views.submitting.MAX_ACTS_AN_HOUR", 2)
    pledge, other = make_pledge(), make_pledge()

    answers = [act(client, pledge, name).status_code for name in ["release", "reopen", "release"]]

    assert answers == [302, 302, 429]
    assert Pledge.objects.get(pk=pledge.pk).state == PledgeState.OPEN
    assert act(client, other, "release").status_code == 302


def test_the_same_form_sent_twice_enters_them_once(client):
    pledge = make_pledge(number=10)
    sent = {"token": token()}

    for _nr in range(2):
        assert by_hand(client, pledge, 2, **sent).status_code == 302

    assert everyone(pledge.case) == 2


def test_an_act_that_comes_after_another_tab_says_that_nothing_was_done(client):
    pledge = make_pledge(number=10)
    sent = {"token": token()}
    by_hand(client, pledge, 2, **sent)

    for response in (
        by_hand(client, pledge, 2, **sent),
        act(client, pledge, "take-back", seen=1),
        act(client, pledge, "take-back-waiting"),
    ):
        page = reading.page(client.get(response.url))
        assert reading.words(page.one("h1")).startswith("Nothing was done this time")
        assert reading.words(page.one("title")).startswith("Nothing was done this time")
        assert "Your pledge: 10 letters" in reading.words(page.one("main"))

    act(client, pledge, "release")
    late = client.get(act(client, pledge, "take-back-waiting").url)
    assert reading.words(reading.page(late).one("h1")) == "Pledge cancelled"


def test_what_waits_fills_the_promise_and_can_be_taken_back(client):
    pledge = make_pledge(number=30)
    by_hand(client, pledge, 30)

    by_hand(client, pledge, 1)
    assert pledge.letters.count() == 30
    act(client, pledge, "take-back")
    assert posted_by_hand(pledge) == {"count": 0, "wait": 29}
    act(client, pledge, "take-back-waiting")
    act(client, pledge, "take-back-waiting")
    assert not pledge.letters.exists()


def test_of_an_erased_promise_nothing_is_taken_back(client):
    pledge = make_pledge(number=30)
    by_hand(client, pledge, 30)
    assert pledges.take_back_by_hand(pledge) is True
    erasure.erase_pledges(Pledge.objects.all())

    assert pledges.take_back_by_hand(pledge) is False
    assert pledges.take_back_waiting(pledge) == 0
    assert pledges.post_by_hand(pledge, pledge.case, 1, key="a key of a test") == 0
    assert Letter.objects.count() == 29


def test_a_class_is_let_count_by_one_click_from_the_first_page(client):
    pledge = make_pledge(number=30)
    make_pledge()
    by_hand(client, pledge, 30)
    staff = signed_in("moderator")
    assert "1 pledge with letters written by hand to look at" in text(staff.get("/admin/"))
    assert "to read" not in text(staff.get("/admin/"))
    [listed] = staff.get(f"{PLEDGES}?by-hand=waiting").context["cl"].result_list
    assert (listed, listed.waiting_letters, listed.counted_letters) == (pledge, 30, 0)

    ticked = {"action": "clear_review", "_selected_action": [pledge.pk]}
    answers = [said(staff.post(PLEDGES, ticked, follow=True)) for _nr in range(2)]

    assert answers == [["30 no longer need review."], ["0 no longer need review."]]
    assert everyone(pledge.case) == 30
    assert "Pledge done" in client.get(pledge.get_absolute_url()).content.decode()
    assert "to look at" not in text(staff.get("/admin/"))


def test_all_of_one_pledge_is_taken_out_marked_and_put_back(client):
    pledge, other = make_pledge(number=40), make_pledge(number=40)
    for one in [pledge, other]:
        by_hand(client, one, 3)
        by_hand(client, one, 30)
    staff = signed_in("moderator")

    def judge(name: str):
        asked = staff.post(PLEDGES, {"action": name, "_selected_action": [pledge.pk]})
        return said(staff.post(asked.url, {"reason": "Nobody knows them."}, follow=True))

    assert judge("invalidate") == ["33 were taken out of the count."]

    assert (everyone(pledge.case), everyone(other.case)) == (0, 3)
    assert pledge.letters.exclude(invalid_on=None).count() == 33
    page = " ".join(client.get(pledge.get_absolute_url()).content.decode().split())
    assert "33 were taken out of the count by the campaign’s staff." in page
    # They stay, they fill the promise, and what comes now waits.
    act(client, pledge, "take-back")
    act(client, pledge, "take-back-waiting")
    assert "There is a problem" in by_hand(client, pledge, 8).content.decode()
    by_hand(client, pledge, 1)
    assert posted_by_hand(pledge)["count"] == 0
    assert pledge.letters.count() == 34

    judge("revalidate")
    assert everyone(pledge.case) == 3
    assert posted_by_hand(pledge)["wait"] == 31


def test_who_counts_on_paper_sees_pledges_and_judges_none(client):
    pledge = make_pledge(number=30)
    by_hand(client, pledge, 30)
    staff = signed_in("counter")

    assert staff.get(PLEDGES).status_code == 200
    staff.post(PLEDGES, {"action": "clear_review", "_selected_action": [pledge.pk]})
    address = f"{PLEDGES}judge/?act=revalidate&row={pledge.pk}"
    assert staff.post(address, {"reason": "A reason."}).status_code == 403
    assert everyone(pledge.case) == 0


def test_what_waits_of_an_erased_promise_is_still_looked_at(client):
    pledge = make_pledge(number=30)
    by_hand(client, pledge, 30)
    staff = signed_in("moderator")
    assert "letters to read" not in text(staff.get("/admin/"))

    client.post(reverse("letters:pledge-erase", args=[pledge.key]))

    assert "30 letters to read" in text(staff.get("/admin/"))
    asked = f"case={pledge.case_id}&kind=appeal&since=2020-01-01T00:00&until=2099-01-01T00:00"
    between = f"/admin/letters/letter/between/?{asked}&act=clear_review"
    staff.post(between, {"reason": "A school wrote them."})
    assert everyone(pledge.case) == 30


def test_nothing_is_entered_by_hand_for_a_promise_given_back(client):
    pledge = make_pledge(number=10)
    act(client, pledge, "release")

    by_hand(client, pledge, 2)
    pledge.refresh_from_db()
    entered = pledges.post_by_hand(pledge, pledge.case, 2, key="a key of a test")

    assert entered == 0
    assert not pledge.letters.exists()
    assert everyone(pledge.case) == 0
    act(client, pledge, "reopen")
    by_hand(client, pledge, 2)
    assert everyone(pledge.case) == 2


def test_the_list_of_pledges_asks_as_often_for_three_as_for_one(
    django_assert_num_queries, django_assert_max_num_queries, client
):
    staff = signed_in("moderator")
    by_hand(client, make_pledge(), 2)
    staff.get(PLEDGES)
    with django_assert_max_num_queries(15) as few:
        staff.get(PLEDGES)
    cost = len(few)
    for _nr in range(2):
        by_hand(client, make_pledge(number=30), 9)

    with django_assert_num_queries(cost):
        staff.get(PLEDGES)
