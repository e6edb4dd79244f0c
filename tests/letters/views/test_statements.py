"""How many statements a request costs, which is what the database is paid for."""

import re
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import SolidarityPhrase
from letters.forms.letters import LetterForm
from letters.models.demo_data import demo_data_exists
from letters.text import checks
from tests.factories import (
    make_case_to_write_for,
    make_letter,
    make_message,
    make_model_letter,
    make_petition,
    make_pledge,
    make_signature,
    make_solidarity_action,
)
from tests.letters.sending import act, letter_form, message_form, pledge_form, say_yes, sign_form

pytestmark = pytest.mark.usefixtures("counts_hold")

DATA = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)


@contextmanager
def statements(most: int):
    """Fails if more statements are made that read or write rows."""
    demo_data_exists(), checks.blocking_rules()  # asked every few seconds, not by every request
    with CaptureQueriesContext(connection) as context:
        yield
    made = [query["sql"] for query in context if DATA.match(query["sql"])]
    assert len(made) <= most, "\n".join(made)


def counted(client, url: str, **query) -> int:
    demo_data_exists()
    with CaptureQueriesContext(connection) as context:
        assert client.get(url, query).status_code == 200
    return len([query for query in context if DATA.match(query["sql"])])


def test_a_promise_costs_four(client):
    case = make_case_to_write_for()
    url, form = reverse("letters:pledge", args=[case.slug]), pledge_form(email="sam@example.org")

    with statements(4):
        assert client.post(url, form).status_code == 302


def test_a_promise_for_the_edition_costs_four(client):
    make_case_to_write_for()
    form = pledge_form(email="sam@example.org")

    with statements(4):
        assert client.post(reverse("letters:pledge-edition"), form).status_code == 302


def test_a_letter_with_address_and_promise_costs_six(client):
    case = make_case_to_write_for()
    pledge = LetterForm.sign_pledge(make_pledge(case))
    form = letter_form(email="sam@example.org", pledge=pledge)

    with statements(6):  # one of them so that nobody erases the promise meanwhile
        assert (
            client.post(reverse("letters:letter-write", args=[case.slug]), form).status_code == 302
        )


def test_a_signature_costs_ten_and_its_yes_seventeen(client):
    petition = make_petition()
    other = make_signature(petition, state="unconfirmed")  # the text is kept already
    say_yes(client, other.email_address)  # in this hour too, which is asked how fast it counts
    url, form = reverse("letters:signature", args=[petition.case.slug]), sign_form(petition)

    with statements(10):
        assert client.post(url, form).status_code == 302
    email_address = petition.signatures.latest("pk").email_address
    with statements(17):  # six of them to see what waits
        assert say_yes(client, email_address).status_code == 302


def test_the_page_of_a_petition_costs_the_same_for_one_signature_and_for_thirty(client):
    petition = make_petition(shows_signers=True)
    costs = []
    for more in [1, 29]:
        for _nr in range(more):
            make_signature(petition, shown_name="Sam")
        costs.append(counted(client, reverse("letters:signature", args=[petition.case.slug])))

    assert costs[0] == costs[1] <= 3


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("drafting", "post"),
        ("drafting", "deliver"),
        ("ready", "posted"),
        ("posted", "undo"),
        ("submitted", "withdraw"),
    ],
)
def test_an_act_costs_seven_also_for_a_promise(client, state, name):
    """One of them counts how fast a case counts; the first of an hour asks two more. One counts
    the buttons pressed. What is taken back is noted in the erasure list by one more."""
    case = make_case_to_write_for()
    act(client, make_letter(case, state="drafting"), "deliver")  # another of this hour
    letter = make_letter(case, state=state, pledge=make_pledge(case))

    with statements(8 if name in ("undo", "withdraw") else 7):
        assert act(client, letter, name).status_code == 302


def test_the_writing_page_costs_the_same_whatever_there_is(client):
    small = make_case_to_write_for()
    large = make_case_to_write_for()
    for language in ["es", "fr", "nb"]:
        make_model_letter(large, language)
    for _nr in range(5):
        make_letter(large, state="posted")

    costs = [
        counted(client, reverse("letters:letter-write", args=[case.slug]), start="model")
        for case in [small, large]
    ]

    assert costs[0] == costs[1] <= 7


def test_the_page_of_a_promise_costs_the_same_for_one_letter_and_for_thirty(client):
    pledge = make_pledge(number=40)
    costs = []
    for more in [1, 29]:
        for _nr in range(more):
            make_letter(pledge.case, pledge=pledge, state="posted")
        costs.append(counted(client, pledge.get_absolute_url()))

    assert costs[0] == costs[1] <= 4


def test_the_page_of_a_letter_costs_the_same_with_one_case_and_with_ten(client):
    letter = make_letter(make_case_to_write_for(), state="posted", route="post")
    costs = []
    for more in [1, 9]:
        for _nr in range(more):
            make_case_to_write_for(edition=letter.case.edition)
        costs.append(counted(client, letter.get_absolute_url()))

    assert costs[0] == costs[1] <= 6


def test_a_message_with_address_costs_six(client):
    case = make_solidarity_action().case
    form = message_form(email="sam@example.org")

    with statements(6):
        url = reverse("letters:message-write", args=[case.slug])
        assert client.post(url, form).status_code == 302


def test_the_pages_of_a_message_cost_the_same_whatever_there_is(client):
    costs = []
    for number in [1, 20]:
        case = make_solidarity_action(make_case_to_write_for()).case
        for _nr in range(number):
            SolidarityPhrase.objects.create(case=case, text="You are not alone.")
            message = make_message(case, state="ready", route="post")
        url = reverse("letters:message-write", args=[case.slug])
        costs.append((counted(client, url), counted(client, message.get_absolute_url())))

    assert costs[0] == costs[1]
    assert costs[0] <= (5, 7)
