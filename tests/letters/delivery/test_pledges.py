"""Who promises many letters is looked at by staff, in a friendly way, and gets an answer."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from cases.models import Case
from letters.actions import letters as letter_actions
from letters.delivery import pledges
from letters.mail import outbox
from letters.models import Alarm, Letter, MailKind, OutgoingMail, Pledge
from letters.models.email_spelling import email_hash
from letters.models.pledges import BIG_PLEDGE
from letters.privacy import personal_data
from tests import reading
from tests.factories import make_case, make_case_to_write_for, make_letter, make_pledge
from tests.letters.mail.reading import unwrapped
from tests.letters.sending import act, by_hand, everyone, send_letter, send_pledge
from tests.staff import said, signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("counts_hold")]

PLEDGES = "/admin/letters/pledge/"
WELCOME = "Welcome, and thank you for so many letters!"
TODAY = "big pledge waits for a friendly look"


def make_big_pledge(case: Case | None = None, **fields) -> Pledge:
    """At an address that was proven to be its writer's."""
    email = {"email": "sam@example.org", "email_hash": email_hash("sam@example.org")}
    proven = {"email_proven_on": timezone.localdate()}
    return make_pledge(case, **{"number": 200, **email, **proven, **fields})


def answer(staff, pledge: Pledge, name: str, **fields):
    return staff.post(f"{PLEDGES}{pledge.pk}/look/", {"act": name} | fields, follow=True)


def again(pledge: Pledge) -> Pledge:
    return Pledge.objects.get(pk=pledge.pk)


def words_of(client, pledge: Pledge) -> str:
    return reading.words(reading.page(client.get(pledge.get_absolute_url())).root)


@pytest.mark.parametrize(("number", "waits"), [(BIG_PLEDGE, False), (BIG_PLEDGE + 1, True)])
def test_a_big_promise_waits_for_a_look_and_a_smaller_one_for_none(client, number, waits):
    send_pledge(client, make_case(), number=str(number))

    pledge = Pledge.objects.get()
    assert pledge.waits_for_look == waits
    assert list(Pledge.objects.waiting_for_look()) == ([pledge] if waits else [])
    assert ("So many letters!" in words_of(client, pledge)) == waits
    assert (TODAY in text(signed_in("moderator").get("/admin/"))) == waits


def test_until_the_look_nothing_written_by_hand_for_it_counts(client):
    pledge = make_big_pledge()

    by_hand(client, pledge, 1)

    assert everyone(pledge.case) == 0
    assert "1 written by hand waits for a look." in words_of(client, pledge)


def test_letters_that_are_written_here_for_it_count_as_all_others(client):
    case = make_case_to_write_for()
    pledge = make_big_pledge(case)
    page = client.get(pledge.get_absolute_url())

    send_letter(client, case, pledge=page.context["signed"])
    letter = Letter.objects.get()
    letter_actions.act(letter, "post")
    letter_actions.act(letter, "posted")

    assert letter.pledge == pledge
    assert everyone(case) == 1


def test_no_public_page_tells_of_it_or_of_what_waits(client, settings):
    case = make_case_to_write_for()
    pages = ["/", "/cases/", case.get_absolute_url(), "/impact/", f"/api/cases/{case.slug}/"]
    before = [client.get(page).content for page in pages]

    pledge = make_big_pledge(case, number=500)
    by_hand(client, pledge, 400)

    after = [client.get(page).content for page in pages]
    assert before == after


def test_welcoming_it_leaves_its_letters_to_be_looked_at_and_answers_its_writer(client):
    pledge = make_big_pledge()
    by_hand(client, pledge, 30)
    staff = signed_in("moderator")
    [listed] = staff.get(f"{PLEDGES}?look=waiting").context["cl"].result_list
    assert listed == pledge
    assert f"{PLEDGES}{pledge.pk}/look/" in text(staff.get(f"{PLEDGES}?look=waiting"))
    assert "written by hand to look at" not in text(staff.get("/admin/"))

    response = answer(staff, pledge, "welcome")

    assert said(response) == ["Its writer reads your answer."]
    assert again(pledge).number == 200
    assert not again(pledge).waits_for_look
    assert everyone(pledge.case) == 0
    assert WELCOME in words_of(client, pledge)
    today = text(staff.get("/admin/"))
    assert TODAY not in today
    assert "1 pledge with letters written by hand to look at" in today


def test_the_answer_is_not_told_while_its_case_is_hidden_and_is_in_no_log(client):
    words = "Dear class of Ana Test, welcome!"
    of = {"email": "sam@example.org", "email_hash": email_hash("sam@example.org")}
    pledge = make_big_pledge(make_case_to_write_for(display_name="Ana Test"), **of)
    answer(signed_in("moderator"), pledge, "welcome", words=words)

    def told() -> list[bool]:
        export = str(personal_data.export(of["email_hash"]))
        return [words in words_of(client, pledge), words in export]

    shown = told()
    Case.objects.filter(pk=pledge.case_id).update(freeze="hidden", freeze_reason="A test.")

    assert (shown, told()) == ([True, True], [False, False])
    assert "a friendly look" not in words_of(client, pledge)
    assert words not in str(list(LogEntry.objects.values_list("change_message", flat=True)))


def test_what_was_written_by_hand_is_let_count_with_the_welcome_if_staff_say_so(client):
    pledge = make_big_pledge()
    by_hand(client, pledge, 30)

    answer(signed_in("moderator"), pledge, "welcome", by_hand="on")

    assert everyone(pledge.case) == 30
    by_hand(client, pledge, 1)  # more than a handful is looked at as before
    assert everyone(pledge.case) == 30


def test_it_is_made_smaller_with_a_sentence_and_the_rest_is_given_back(client):
    pledge = make_big_pledge(number=500)
    by_hand(client, pledge, 40)
    words = "We think you meant 60: you can promise more afterwards."

    answer(signed_in("moderator"), pledge, "smaller", number="60", words=words)

    now = again(pledge)
    assert (now.number, now.answer, now.waits_for_look) == (60, words, False)
    page = words_of(client, pledge)
    assert words in page
    assert "Your pledge: 60 letters" in page
    assert everyone(pledge.case) == 0
    by_hand(client, pledge, 21)
    assert pledge.letters.count() == 40
    by_hand(client, pledge, 20)
    assert pledge.letters.count() == 60


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"number": "60"}, "words", "Say why: its writer reads it."),
        ({"words": "Fewer."}, "number", "Give a number from 40 to 499."),
        ({"words": "Fewer.", "number": "39"}, "number", "Give a number from 40 to 499."),
        ({"words": "Fewer.", "number": "500"}, "number", "Give a number from 40 to 499."),
        ({"words": "Fewer.", "number": "x"}, "number", "Enter a whole number."),
        ({"words": "x" * 401, "number": "60"}, "words", "Ensure this value has at most 400"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(client, fields, field, said):
    pledge = make_big_pledge(number=500)
    by_hand(client, pledge, 40)

    response = answer(signed_in("moderator"), pledge, "smaller", **fields)

    [error] = response.context["form"].errors[field]
    assert error.startswith(said)
    assert again(pledge).waits_for_look
    assert not OutgoingMail.objects.exists()


def test_a_number_is_not_overlooked_where_it_is_welcomed_as_it_is(client):
    pledge = make_big_pledge()

    response = answer(signed_in("moderator"), pledge, "welcome", number="60")

    [error] = response.context["form"].errors["number"]
    assert error == "Leave it empty, or make the pledge smaller."
    assert again(pledge).waits_for_look


def test_the_second_of_two_answers_changes_nothing(client):
    pledge = make_big_pledge()
    first, second = signed_in("moderator"), signed_in("moderator")
    answer(first, pledge, "welcome", words="Welcome to your school.")

    response = answer(second, pledge, "smaller", number="60", words="Too many.")

    assert said(response) == ["It waits for no answer."]
    assert (again(pledge).number, again(pledge).answer) == (200, "Welcome to your school.")
    assert OutgoingMail.objects.count() == 1


def test_an_answer_to_what_changed_meanwhile_is_asked_for_again():
    pledge = make_big_pledge(number=60)
    for _nr in range(55):
        make_letter(pledge.case, pledge=pledge)

    assert not pledges.answer(pledge, number=54, words="Fewer.")
    assert not pledges.answer(pledge, number=61, words="More.")
    assert again(pledge).waits_for_look


def test_what_its_writer_gave_back_or_made_smaller_needs_no_answer(client):
    released, smaller = make_big_pledge(), make_big_pledge()
    for pledge in (released, smaller):
        by_hand(client, pledge, 30)
    act(client, released, "release")
    act(client, smaller, "smaller", number=str(BIG_PLEDGE))
    staff = signed_in("moderator")

    assert not Pledge.objects.waiting_for_look().exists()
    assert said(answer(staff, released, "welcome")) == ["It waits for no answer."]
    assert set(Pledge.objects.needing_review()) == {released, smaller}


def test_given_back_and_taken_up_again_it_waits_again(client):
    pledge = make_big_pledge()

    act(client, pledge, "release")
    act(client, pledge, "reopen")

    assert again(pledge).waits_for_look


def let_count(staff, pledge: Pledge, way: str) -> None:
    """As staff do who find what was written by hand somewhere else."""
    letters = list(pledge.letters.order_by("pk"))
    ticked = {"action": "clear_review"}
    match way:
        case "its list":
            staff.post(PLEDGES, ticked | {"_selected_action": [pledge.pk]})
        case "one letter":
            url = reverse("admin:letters_letter_desk_act", args=[letters[0].pk])
            seen = letters[0].changed_at.isoformat()
            staff.post(url, {"act": "clear_review", "seen": seen})
        case "an alarm":
            raised = Alarm.objects.create(
                case=pledge.case, kind="appeal", raised_at=timezone.now(), number=3
            )
            pledge.letters.update(alarm=raised)
            form = {"is_genuine": "yes", "raised_to": "1000", "reason": "A school."}
            staff.post(f"/admin/letters/alarm/{raised.pk}/change/", form)


@pytest.mark.parametrize("way", ["its list", "one letter", "an alarm"])
def test_no_other_way_lets_its_letters_count_before_the_look(client, way):
    pledge = make_big_pledge()
    by_hand(client, pledge, 3)
    staff = signed_in("moderator", "safety")

    let_count(staff, pledge, way)
    assert everyone(pledge.case) == 0
    assert again(pledge).waits_for_look

    answer(staff, pledge, "welcome")
    let_count(staff, pledge, way)
    assert everyone(pledge.case) == (1 if way == "one letter" else 3)


# --- its mail


def leaves() -> str:
    OutgoingMail.objects.update(not_before=timezone.now())
    outbox.send_due()
    return unwrapped(mail.outbox[-1].body) if mail.outbox else ""


def test_the_answer_is_mailed_once_and_its_subject_does_not_say_who_pledged(client):
    pledge = make_big_pledge(make_case(display_name="Ana Test"))

    answer(
        signed_in("moderator"), pledge, "smaller", number="60", words="Sixty are plenty, we think."
    )
    body = leaves()

    assert [row.kind for row in OutgoingMail.objects.all()] == [MailKind.PLEDGE_ANSWERED]
    assert mail.outbox[0].to == ["sam@example.org"]
    assert "Sixty are plenty, we think." in body
    assert "It is for 60 letters." in body
    assert "your pledge to write for Ana Test" in body
    assert mail.outbox[0].subject == "Write for Rights: news (Ana Test)"


def test_one_letter_is_told_in_the_singular(client):
    pledge = make_big_pledge()

    answer(signed_in("moderator"), pledge, "smaller", number="1", words="One is fine.")

    assert "It is for 1 letter." in leaves()


@pytest.mark.parametrize("address", [{"email": "", "email_hash": ""}, {}])
def test_who_gave_no_address_or_only_typed_one_reads_the_answer_on_their_page(client, address):
    pledge = make_big_pledge(email_proven_on=None, **address)

    answer(signed_in("moderator"), pledge, "welcome", words="Welcome to your school.")

    assert not OutgoingMail.objects.exists()
    assert "Welcome to your school." in words_of(client, pledge)


def test_in_the_language_of_its_writer_the_welcome_is_theirs(client):
    pledge = make_big_pledge(language="fr")

    answer(signed_in("moderator"), pledge, "welcome")

    assert "Bienvenue, et merci pour tant de lettres !" in leaves().replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_while_its_case_is_frozen_the_answer_waits(client):
    pledge = make_big_pledge(make_case())
    answer(signed_in("moderator"), pledge, "welcome")
    Case.objects.update(freeze="hidden", freeze_reason="A test says so.")

    assert leaves() == ""
    Case.objects.update(freeze="none", freeze_reason="")
    assert WELCOME in leaves()


@pytest.mark.parametrize("had_left", [True, False])
def test_an_answer_says_nothing_of_a_case_that_the_promise_is_not_for_any_more(client, had_left):
    case, _other = make_case_to_write_for(), make_case_to_write_for()
    pledge = make_big_pledge(case)
    answer(signed_in("moderator"), pledge, "welcome", words="We greet you from Ana Test.")
    if had_left:
        assert "Ana Test" in leaves()
    Case.objects.filter(pk=case.pk).update(freeze="hidden", freeze_reason="A test says so.")

    act(client, pledge, "for-others")

    assert again(pledge).case is None
    assert (WELCOME in leaves()) is not had_left
    page = words_of(client, pledge)
    assert WELCOME in page
    assert "Ana Test" not in page


@pytest.mark.parametrize("way", ["cancelled", "erased", "another address"])
def test_an_answer_that_nobody_waits_for_any_more_does_not_leave(client, way):
    pledge = make_big_pledge()
    answer(signed_in("moderator"), pledge, "welcome")
    match way:
        case "cancelled":
            act(client, pledge, "release")
        case "erased":
            client.post(f"{pledge.get_absolute_url()}erase/")
        case "another address":
            act(client, pledge, "no-address")

    assert leaves() == ""


def test_its_answer_is_among_what_its_writer_can_download(client):
    pledge = make_big_pledge()
    answer(signed_in("moderator"), pledge, "welcome", words="Welcome to your school.")

    [told] = personal_data.export(pledge.email_hash)["pledges"]

    assert told["answer"] == "Welcome to your school."
    assert "Welcome to your school." in personal_data.as_text(pledge.email_hash)


def test_who_may_not_moderate_sees_no_page_of_it():
    pledge = make_big_pledge()

    for role in ["editor", "counter"]:
        assert signed_in(role).get(f"{PLEDGES}{pledge.pk}/look/").status_code == 403
