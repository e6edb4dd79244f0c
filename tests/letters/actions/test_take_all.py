"""Take all: through all open cases, with the details typed once and kept on the device."""

import datetime
import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from letters.models import Letter
from tests.factories import make_case, make_case_to_write_for, make_letter, make_petition
from tests.letters.sending import publish, sign_form, token_in, yesterday
from tests.letters.stored import everything

pytestmark = pytest.mark.usefixtures("counts_hold")

COOKIE = "take-all-en"
DETAILS = {
    "name": "Sam Tester",
    "name_form": "full",
    "country": "DE",
    "email": "sam@example.org",
    "consent": "on",
}


def begin(client: Client, **details):
    """Type the details, and say yes to how the name will appear."""
    url = reverse("letters:take-all")
    response = client.post(url, DETAILS | details)
    if response.status_code == 200 and "name_form" in response.context["form"].errors:
        told = response.context["form"]["told"].value()
        response = client.post(url, DETAILS | details | {"told": told})
    return response


def step(case) -> str:
    return reverse("letters:take-all-case", args=[case.slug])


def write_letter(client: Client, case, send: str = "deliver"):
    """Send the letter as it stands in the form, nothing typed."""
    url = reverse("letters:take-all-letter", args=[case.slug])
    form = client.get(url).context["form"]
    filled = {name: form[name].value() or "" for name in form.fields}
    return client.post(url, filled | {"send": send})


@pytest.fixture(autouse=True)
def _no_haste(monkeypatch):
    monkeypatch.setattr("letters.privacy.antispam.FASTEST", -1)


def test_details_typed_once_stand_in_every_letter(client):
    cases = [make_case_to_write_for(country=country) for country in ("NO", "TN")]

    begin(client, ties=["TN"], name_form="initials")
    for case in cases:
        write_letter(client, case)

    letters = list(Letter.objects.order_by("pk"))
    assert [letter.name for letter in letters] == ["Sam Tester"] * 2
    assert [letter.signed_name for letter in letters] == ["S. T."] * 2
    assert [letter.state for letter in letters] == ["submitted"] * 2


def test_the_way_leads_from_the_case_that_needs_letters_most_to_the_end(client):
    busy, needy = make_case_to_write_for(), make_case_to_write_for()
    for _letter in range(5):
        make_letter(busy, state="posted", counted_on=yesterday())
    publish()

    first = begin(client)
    second = client.post(first.url)
    end = client.post(second.url)

    assert [first.url, second.url] == [step(needy), step(busy)]
    assert end.url == reverse("letters:take-all-done")


def test_the_order_stays_while_others_write(client):
    one, two = make_case_to_write_for(), make_case_to_write_for()
    begin(client)

    for _nr in range(3):
        make_letter(one, state="posted")

    page = client.get(reverse("letters:take-all"))
    assert [step.case for step in page.context["steps"]] == [one, two]


def test_what_was_done_and_skipped_is_remembered(client):
    one, two = make_case_to_write_for(), make_case_to_write_for()
    begin(client)
    write_letter(client, one, send="post")
    client.post(step(one))
    client.post(step(two))

    steps = client.get(reverse("letters:take-all-done")).context["steps"]

    assert [step.state for step in steps] == ["done", "skipped"]
    assert steps[0].done == {"letter": Letter.objects.get()}
    assert Letter.objects.get().state == "ready"


def test_what_is_typed_for_one_petition_stands_in_the_form_of_the_next(client):
    one, two = make_petition(), make_petition()
    begin(client, name="", email="")
    url, following = [
        reverse("letters:take-all-signature", args=[petition.case.slug]) for petition in [one, two]
    ]

    client.post(url, sign_form(one, name="Ana Test", country="PT", email="ana@example.org"))

    form = client.get(following).context["form"]
    typed = [form[name].value() for name in ("name", "country", "email")]
    assert typed == ["Ana Test", "PT", "ana@example.org"]
    assert "1 signature" in client.get(reverse("letters:take-all-done")).context["you"]
    assert client.get(url).url == step(one.case)


def test_nothing_of_it_is_stored_and_the_cookie_tells_nobody(client):
    make_case_to_write_for()

    cookie = begin(client).cookies[COOKIE]

    assert "Sam Tester" not in cookie.value
    assert "Sam Tester" not in everything("letters_")
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/take-all/")
    assert cookie["max-age"] == ""  # until the browser is closed


def test_it_is_kept_for_thirty_days_only_if_asked(client):
    make_case_to_write_for()

    assert begin(client, keep="on").cookies[COOKIE]["max-age"] == 30 * 24 * 60 * 60


def test_after_thirty_days_a_cookie_is_read_no_more(client):
    make_case_to_write_for()
    begin(client, keep="on")
    url, now = reverse("letters:take-all"), timezone.now()

    has_begun = []
    for days in [29, 31]:
        with time_machine.travel(now + datetime.timedelta(days=days)):
            has_begun.append(client.get(url).context["take_all"].has_begun)

    assert has_begun == [True, False]


def test_forget_me_takes_all_off_the_device(client):
    make_case_to_write_for()
    begin(client)

    answer = client.post(reverse("letters:take-all"), {"act": "forget"})

    assert answer.cookies[COOKIE].value == ""
    assert answer.cookies[COOKIE]["path"] == "/take-all/"
    assert not client.get(reverse("letters:take-all")).context["take_all"].has_begun


def test_forget_me_in_one_language_forgets_in_all(client):
    make_case_to_write_for()
    begin(client)

    client.post("/fr/take-all/", {"act": "forget"})

    assert client.cookies[COOKIE].value == ""


def test_the_end_shows_the_links_that_open_what_was_written(client):
    case = make_case_to_write_for()
    begin(client)
    write_letter(client, case, send="post")

    page = client.get(reverse("letters:take-all-done")).content.decode()

    letter = Letter.objects.get()
    assert letter.get_absolute_url() in page
    assert reverse("letters:letter-pdf", args=[letter.key]) in page


def test_the_same_letter_sent_twice_is_one(client):
    case = make_case_to_write_for()
    begin(client)
    url = reverse("letters:take-all-letter", args=[case.slug])
    form = client.get(url).context["form"]
    filled = {name: form[name].value() or "" for name in form.fields} | {"send": "deliver"}

    answers = [client.post(url, filled) for _nr in range(2)]

    assert [answer.url for answer in answers] == [step(case)] * 2
    assert Letter.objects.count() == 1


def test_a_letter_that_was_written_is_not_asked_for_again(client):
    case = make_case_to_write_for()
    begin(client)
    write_letter(client, case)

    answer = client.get(reverse("letters:take-all-letter", args=[case.slug]))

    assert answer.url == step(case)


def test_an_erased_letter_was_not_written(client):
    case = make_case_to_write_for()
    begin(client)
    write_letter(client, case, send="post")
    Letter.objects.all().delete()

    [step] = client.get(reverse("letters:take-all-done")).context["steps"]

    assert (step.state, step.done) == ("to-do", {})


def test_mistakes_are_named_and_what_was_typed_is_kept(client):
    case = make_case_to_write_for()
    begin(client)
    url = reverse("letters:take-all-letter", args=[case.slug])
    token = token_in(client.get(url))

    page = client.post(url, {"token": token, "language": "en", "body": "Too short."})

    assert page.status_code == 200
    assert "Too short." in page.content.decode()
    assert not Letter.objects.exists()


def test_under_18_no_name_and_no_address_goes_on_the_way(client):
    case = make_case_to_write_for()

    begin(client, under_18="on")
    write_letter(client, case)

    letter = Letter.objects.get()
    assert (letter.name, letter.email, letter.name_form) == ("", "", "none")


def test_a_case_that_closes_on_the_way_is_left_out(client):
    one, two = make_case_to_write_for(), make_case_to_write_for()
    begin(client)
    one.freeze, one.freeze_reason = "hidden", "A test."
    one.save()

    assert client.get(step(one)).url == step(two)
    assert [step.case for step in client.get("/take-all/").context["steps"]] == [two]


@pytest.mark.parametrize(
    "cookie", ["", "nonsense", "gAAAAABrAt2hCsds6TTnkDdO1eFs7KFSKjSevEtz-7S9y"]
)
def test_a_cookie_that_cannot_be_read_is_a_new_beginning(client, cookie):
    case = make_case_to_write_for()
    client.cookies[COOKIE] = cookie

    assert client.get(step(case)).url == reverse("letters:take-all")
    assert client.get(reverse("letters:take-all")).status_code == 200


def test_without_open_cases_the_page_says_so(client):
    make_case(stage="closed")

    assert "No case takes actions at the moment" in client.get("/take-all/").content.decode()


def test_many_cases_cost_no_more_queries_than_few(client, django_assert_max_num_queries):
    make_case_to_write_for()
    begin(client)

    for url in ["/take-all/", "/take-all/done/"]:
        with django_assert_max_num_queries(5) as few:
            client.get(url)
        for _nr in range(4):
            make_case_to_write_for()
        with django_assert_max_num_queries(len(few)):
            client.get(url)


@pytest.mark.slow
def test_the_cookie_of_a_long_way_fits(client):
    cases = [make_case_to_write_for() for _nr in range(12)]
    begin(client, name="S" * 120, place="T" * 80, email=f"{'s' * 60}@{'e' * 60}.example")
    for case in cases:
        answer = write_letter(client, case)

    size = len(answer.cookies[COOKIE].OutputString())

    assert size < 4_000
    assert len(re.findall("letter", str(answer.cookies[COOKIE]))) == 0
