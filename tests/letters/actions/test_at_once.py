"""Many people, and many presses of one button, in the same moment."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.models import ActionCount
from letters.actions import email_addresses, follows, signatures
from letters.actions import erasure as erasure_actions
from letters.actions import letters as letter_actions
from letters.delivery import pledges as answers_of_staff
from letters.models import (
    EmailAddress,
    Follow,
    Letter,
    OutgoingMail,
    Pledge,
    Post,
    Signature,
)
from letters.models.email_spelling import email_hash
from letters.privacy import erasure
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_follow,
    make_letter,
    make_petition,
    make_pledge,
    make_signature,
    make_solidarity_action,
)
from tests.letters.at_once import at_once
from tests.letters.sending import (
    act,
    by_hand,
    everyone,
    letter_form,
    message_form,
    pledge_form,
    say_yes,
    send_letter,
    sign_form,
    signed,
    token,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("counts_hold")]

HANDS = 6


def test_one_button_pressed_many_times_counts_once():
    letter = make_letter(make_case_to_write_for(), state="ready", route="post")

    answers = at_once(*[lambda: act(Client(), letter, "posted").status_code] * HANDS)

    assert answers == [302] * HANDS
    assert everyone(letter.case) == 1


def test_one_form_sent_many_times_makes_one_letter_and_one_mail():
    case = make_case_to_write_for()
    form = letter_form(email="sam@example.org")
    url = reverse("letters:letter-write", args=[case.slug])

    answers = at_once(*[lambda: Client().post(url, form)] * HANDS)

    letter = Letter.objects.get()
    assert {(answer.status_code, answer.url) for answer in answers} == {
        (302, letter.get_absolute_url() + "#now")
    }
    assert OutgoingMail.objects.count() == 1


@pytest.mark.parametrize("kind", ["letter-write", "message-write", "pledge"])
def test_one_form_sent_by_two_people_many_times_makes_one_thing_for_each(kind):
    case = make_solidarity_action().case
    forms = {"letter-write": letter_form, "message-write": message_form, "pledge": pledge_form}
    form = forms[kind]()
    url = reverse(f"letters:{kind}", args=[case.slug])
    sam, kim = form | {"name": "Sam Tester"}, form | {"name": "Kim Young"}

    answers = at_once(
        *[lambda: Client().post(url, sam)] * 3, *[lambda: Client().post(url, kim)] * 3
    )

    model = Pledge if kind == "pledge" else Letter
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer.url for answer in answers[:3]}) == 1
    assert len({answer.url for answer in answers[3:]}) == 1
    assert sorted(one.name for one in model.objects.all()) == ["Kim Young", "Sam Tester"]


def test_one_post_said_many_times_at_once_counts_once_and_goes_once():
    case = make_case()
    url = reverse("letters:posted", args=[case.slug])
    form = {"token": token(), "network": "x"}

    answers = at_once(*[lambda: Client().post(url, form)] * HANDS)

    post = Post.objects.get()
    assert {(answer.status_code, answer.url) for answer in answers} == {
        (302, f"{post.get_absolute_url()}#now")
    }
    at_once(*[lambda: act(Client(), post, "take-back").status_code] * HANDS)
    assert ActionCount.objects.get().posts == 0


def test_many_who_write_at_once_are_all_counted():
    case = make_case_to_write_for()

    def write_and_deliver():
        client = Client()
        address = send_letter(client, case).url
        return client.post(address, {"act": "deliver"}).status_code

    assert at_once(*[write_and_deliver] * HANDS) == [302] * HANDS
    assert everyone(case) == HANDS


def test_doing_and_undoing_at_once_leaves_a_right_count():
    case = make_case_to_write_for()
    letters = [make_letter(case, state="ready", route="post") for _nr in range(3)]
    deeds = [
        lambda letter=letter, name=name: act(Client(), letter, name).status_code
        for letter in letters
        for name in ["posted", "undo", "posted"]
    ]

    assert set(at_once(*deeds)) == {302}
    assert everyone(case) == Letter.objects.counted().count()


def test_letters_that_change_places_do_not_block_each_other():
    case = make_case_to_write_for()
    here = make_letter(case, state="submitted", country="NO")
    there = make_letter(case, state="submitted", country="SE")

    for _again in range(5):
        at_once(
            lambda: letter_actions.revise(Letter.objects.get(pk=here.pk), country="SE"),
            lambda: letter_actions.revise(Letter.objects.get(pk=there.pk), country="NO"),
            lambda: act(Client(), make_letter_of(case), "deliver"),
        )
        at_once(
            lambda: letter_actions.revise(Letter.objects.get(pk=here.pk), country="NO"),
            lambda: letter_actions.revise(Letter.objects.get(pk=there.pk), country="SE"),
        )

    assert everyone(case) == 7


def make_letter_of(case) -> Letter:
    send_letter(Client(), case, country="SE")
    return Letter.objects.latest("pk")


def test_a_promise_kept_by_many_hands_counts_no_more_than_promised():
    pledge = make_pledge(make_case_to_write_for(), number=4)

    at_once(*[lambda: by_hand(Client(), pledge, 1)] * HANDS)

    assert everyone(pledge.case) == 4


def test_a_promise_made_smaller_while_it_is_kept_holds_all_that_was_written():
    for _again in range(3):
        pledge = make_pledge(make_case_to_write_for(), number=6)

        answers = at_once(
            lambda pledge=pledge: by_hand(Client(), pledge, 4).status_code,
            lambda pledge=pledge: act(Client(), pledge, "smaller", number="3").status_code,
            lambda pledge=pledge: act(Client(), pledge, "smaller", number="2").status_code,
        )

        assert set(answers) <= {200, 302}
        assert pledge.letters.count() <= Pledge.objects.get(pk=pledge.pk).number


def test_a_big_promise_is_answered_once_by_many_hands():
    pledge = make_pledge(
        number=60,
        email="sam@example.org",
        email_hash=email_hash("sam@example.org"),
        email_proven_on=timezone.localdate(),
    )

    done = at_once(
        *[
            lambda number=number: answers_of_staff.answer(pledge, number=number, words="An answer.")
            for number in range(55, 55 + HANDS)
        ],
    )

    assert sum(done) == 1
    assert Pledge.objects.get().number == 55 + done.index(True)
    assert OutgoingMail.objects.count() == 1


def test_a_letter_that_is_erased_while_it_is_sent_leaves_a_right_count():
    case = make_case_to_write_for()
    for _again in range(4):
        letter = make_letter(case, state="ready", route="post")

        at_once(
            lambda letter=letter: act(Client(), letter, "posted"),
            lambda letter=letter: erasure.erase_letters(Letter.objects.filter(pk=letter.pk)),
            lambda letter=letter: Client().post(
                reverse("letters:letter-edit", args=[letter.key]), letter_form()
            ),
        )

        assert Client().get(letter.get_absolute_url()).status_code == 404
    assert not Letter.objects.exclude(body="").exists()


def test_a_promise_that_is_erased_while_it_is_kept_gives_no_error():
    for _again in range(3):
        pledge = make_pledge(make_case_to_write_for(), number=4)

        answers = at_once(
            lambda pledge=pledge: by_hand(Client(), pledge, 2).status_code,
            lambda pledge=pledge: (
                Client().post(reverse("letters:pledge-erase", args=[pledge.key])).status_code
            ),
        )

        assert set(answers) <= {302, 404}


def test_a_signature_confirmed_in_two_tabs_at_once_counts_once():
    signature = make_signature(state="unconfirmed")

    answers = at_once(*[lambda: say_yes(Client(), signature.email_address).status_code] * HANDS)

    assert answers == [302] * HANDS
    assert signed(signature.petition.case) == 1


def test_one_address_typed_many_times_at_once_is_one_signature_and_one_mail():
    petition = make_petition()
    url = reverse("letters:signature", args=[petition.case.slug])
    form = sign_form(petition, follow="on")

    answers = at_once(*[lambda: Client().post(url, form)] * HANDS)

    assert {(answer.status_code, answer.url) for answer in answers} == {
        (302, reverse("letters:signature-sent", args=[petition.case.slug]))
    }
    for model in [EmailAddress, Signature, Follow, OutgoingMail]:
        assert model.objects.count() == 1


def test_saying_yes_and_no_and_signing_again_at_once_leaves_a_right_count():
    petition = make_petition()
    url = reverse("letters:signature", args=[petition.case.slug])
    for _again in range(4):
        signature = make_signature(petition, state="unconfirmed")
        make_follow(petition.case, email_address=signature.email_address, state="unconfirmed")
        form = sign_form(petition, email=signature.email_address.email, follow="on")

        at_once(
            lambda one=signature: say_yes(Client(), one.email_address).status_code,
            lambda one=signature: signatures.withdraw(one),
            lambda one=signature: email_addresses.not_me(one.email_address, block=False),
            lambda form=form: Client().post(url, form).status_code,
            lambda one=signature: follows.end_all(one.email_address),
        )

    assert signed(petition.case) == Signature.objects.filter(counted_on__isnull=False).count()


@pytest.mark.slow
def test_an_address_that_is_erased_while_it_is_typed_gives_no_error():
    petition = make_petition()
    url = reverse("letters:signature", args=[petition.case.slug])
    for _again in range(4):
        email_address = make_signature(petition).email_address
        form = sign_form(petition, email=email_address.email, follow="on")

        answers = at_once(
            lambda form=form: Client().post(url, form).status_code,
            lambda one=email_address: erasure_actions.erase_email_addresses(
                EmailAddress.objects.filter(pk=one.pk)
            ),
            lambda form=form: Client().post(url, form).status_code,
        )

        assert [answers[0], answers[2]] == [302, 302]
