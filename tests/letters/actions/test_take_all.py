"""Take all: through all open cases, with the details typed once and kept on the device."""

import datetime
import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.models import Case
from letters.actions.take_all import MAX_CASES
from letters.models import Letter, Signature
from letters.privacy import consent
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_edition,
    make_letter,
    make_petition,
    make_solidarity_action,
)
from tests.letters.sending import publish, sign_form, token_in, yesterday
from tests.letters.stored import everything
from tests.reading import Page, words
from tests.reading import page as parsed

pytestmark = pytest.mark.usefixtures("counts_hold")

COOKIE = "take-all-en"


def begin(client: Client, case: Case, **typed):
    """Sign for the first: that is when details are typed."""
    return client.post(step(case), sign_form(case.petition, **typed))


def skip(client: Client, case: Case):
    return client.post(step(case), {"act": "skip"})


def step(case: Case) -> str:
    return reverse("letters:take-all-case", args=[case.slug])


def next_to(case: Case) -> str:
    return step(case) + "?after#now"


def write_letter(client: Client, case: Case, send: str = "deliver", **fields):
    """Send the letter as it stands in the form, with the answer that is asked for each country."""
    url = reverse("letters:take-all-letter", args=[case.slug])
    form = client.get(url).context["form"]
    filled = {name: form[name].value() or "" for name in form.fields} | {"ties": "no"}
    return client.post(url, filled | {"send": send} | fields)


def write_message(client: Client, case: Case):
    url = reverse("letters:take-all-message", args=[case.slug])
    form = client.get(url).context["form"]
    filled = {name: form[name].value() or "" for name in form.fields if name != "picture"}
    words = {"body": "You are not forgotten.", "ties": "no", "send": "deliver"}
    return client.post(url, filled | words)


def as_it_stands(page) -> dict:
    """The form as a browser sends it if somebody only presses the button."""
    form = page.context["form"]
    return {name: form[name].value() or "" for name in form.fields} | {"act": "sign"}


def asked(page: Page) -> set[str]:
    """The names of the fields that somebody sees."""
    fields = [*page.all("input"), *page.all("select"), *page.all("textarea")]
    return {field.get("name") for field in fields if field.get("type") != "hidden"} - {"website"}


def said(page: Page) -> str:
    """What was done last."""
    return words(page.one("p", id="now"))


def case_to_sign(**fields) -> Case:
    return make_petition(make_case_to_write_for(**fields)).case


@pytest.fixture(autouse=True)
def _no_haste(monkeypatch):
    monkeypatch.setattr("letters.privacy.antispam.FASTEST", -1)


def test_the_first_page_is_a_person_and_a_petition(client):
    needy = case_to_sign(display_name="Anne Testlund")

    page = parsed(client.get("/take-all/"))

    assert page.texts("h1") == ["Anne Testlund"]
    assert "Sign" in page.texts("button")
    assert asked(page) == {"name", "country", "email", "consent", "keep"}
    assert needy.petition.text.splitlines()[0] in words(page.one("main"))
    assert COOKIE not in client.cookies  # whoever looks keeps nothing


def test_who_has_signed_once_signs_the_next_with_one_button(client):
    cases = [case_to_sign() for _nr in range(8)]

    answer = client.get("/take-all/")
    answer = begin(client, answer.context["case"], country="NO")
    for _nr in range(7):
        page = client.get(answer.url.partition("#")[0])
        assert "Signing as Sam Tester, Norway" in words(parsed(page).one("main"))
        answer = client.post(page.context["request"].path, as_it_stands(page))

    assert answer.url == reverse("letters:take-all-done") + "?after#now"
    signed = [(one.name, one.country) for one in Signature.objects.all()]
    assert signed == [("Sam Tester", "NO")] * len(cases)
    assert not Signature.objects.filter(needs_review=True).exists()


def test_nobody_is_too_quick_for_one_button(client, monkeypatch):
    monkeypatch.setattr("letters.privacy.antispam.FASTEST", 3)
    one, two = case_to_sign(), case_to_sign()
    begin(client, one)

    client.post(step(two), as_it_stands(client.get(step(two))))

    assert Signature.objects.filter(needs_review=False).count() == 2


def test_what_was_done_last_is_said_and_leads_to_a_letter_for_the_same_person(client):
    one, two = case_to_sign(display_name="Anne Testlund"), case_to_sign()

    begin(client, one)

    page = parsed(client.get(f"{step(two)}?after"))
    assert said(page) == "You signed for Anne Testlund"
    assert reverse("letters:take-all-letter", args=[one.slug]) in page.links


def test_after_a_letter_for_who_was_signed_for_the_next_person_is_a_link_away(client):
    one, two = case_to_sign(), case_to_sign()
    begin(client, one)
    write_letter(client, one, name="", email="")

    page = parsed(client.get(f"{step(one)}?after"))

    assert said(page).startswith("Handed to us: your letter for")
    assert "/take-all/" in page.links
    assert client.get("/take-all/").context["case"] == two


@pytest.mark.parametrize(
    ("send", "held", "title", "state"),
    [
        ("deliver", False, "Handed to us", "With us, and waits to be read. It counts."),
        ("deliver", True, "Waiting for a look", "Somebody from the campaign has a look"),
        ("post", False, "Ready to post", "Ready to be printed and posted."),
    ],
)
def test_what_became_of_a_letter_is_said_as_on_its_own_page(client, send, held, title, state):
    case = case_to_sign(display_name="Anne Testlund")
    answer = write_letter(client, case, send=send, website="trap" if held else "")

    page = parsed(client.get(answer.url.partition("#")[0]))

    assert said(page) == f"{title}: your letter for Anne Testlund"
    assert state in words(page.one("main"))
    end = words(parsed(client.get("/take-all/done/")).one("main"))
    assert ("1 of them waits" in end) == held
    assert ("still to be posted" in end) == (send == "post")


def test_what_was_done_last_is_said_once_and_before_no_other_heading(client):
    one, two = case_to_sign(), case_to_sign()
    answer = begin(client, one)

    first = parsed(client.get(answer.url.partition("#")[0]))
    later = [parsed(client.get(url)) for url in ["/take-all/", step(two), step(one)]]

    assert said(first)
    heads = [element.tag for element in first.one("main").iter() if element.tag in ("h1", "h2")]
    assert heads[0] == "h1"
    assert not any(page.all("p", id="now") for page in later)


def test_no_second_letter_is_offered_for_who_was_signed_for(client):
    one, _next = case_to_sign(), case_to_sign()
    write_letter(client, one, name="", email="")

    answer = begin(client, one)

    page = parsed(client.get(answer.url.partition("#")[0]))
    assert said(page).startswith("You signed for")
    assert reverse("letters:take-all-letter", args=[one.slug]) not in page.links


def test_an_error_shows_what_was_typed_and_nothing_is_kept(client):
    case = case_to_sign()

    answer = begin(client, case, name="Ana Test", email="")

    assert list(answer.context["form"].errors) == ["email"]
    assert "Ana Test" in answer.content.decode()
    assert COOKIE not in client.cookies
    assert not Signature.objects.exists()


def test_the_same_button_twice_and_after_a_back_signs_once(client):
    one, two = case_to_sign(), case_to_sign()
    form = sign_form(one.petition)

    answers = [client.post(step(one), form) for _nr in range(3)]

    assert {answer.url for answer in answers} == {next_to(two)}
    assert Signature.objects.count() == 1
    assert "You have signed." in client.get(step(one)).content.decode()


def test_two_tabs_lose_nothing(client):
    one, two, three = [case_to_sign() for _nr in range(3)]
    begin(client, one)
    pages = [client.get(step(case)) for case in (two, three)]

    for case, page in zip((two, three), pages, strict=True):
        client.post(step(case), as_it_stands(page))

    done = client.get(reverse("letters:take-all-done"))
    assert "3 signatures" in done.context["you"]


def test_a_name_typed_for_one_letter_stands_in_the_next(client):
    cases = [case_to_sign(country=country) for country in ("NO", "TN")]

    typed = {"name": "Sam Tester", "name_form": "full", "country": "DE", "consent": "on"}
    write_letter(client, cases[0], **typed)
    write_letter(client, cases[1])

    letters = list(Letter.objects.order_by("pk"))
    assert [letter.name for letter in letters] == ["Sam Tester"] * 2
    assert [letter.country for letter in letters] == ["DE"] * 2
    assert [letter.state for letter in letters] == ["submitted"] * 2


def test_ties_are_asked_for_each_country(client):
    cases = [case_to_sign(country=country) for country in ("NO", "TN")]
    write_letter(client, cases[0])

    answer = write_letter(client, cases[1], ties="")

    assert "ties" in answer.context["form"].errors


def test_who_agreed_to_a_letter_has_not_agreed_to_a_signature(client):
    case = case_to_sign()
    write_letter(client, case, name="Sam Tester", email="sam@example.org", consent="on")

    page = parsed(client.get(step(case)))

    assert "consent" in asked(page)
    assert "Signing as" not in words(page.one("main"))


def test_who_agreed_where_nothing_is_handed_in_is_asked_where_it_is(client):
    posted_only = make_case_to_write_for(takes_deliveries=False)
    handed_in = make_case_to_write_for()
    typed = {"name": "Sam Tester", "name_form": "full"}
    write_letter(client, posted_only, send="post", **typed, consent="on")

    answer = write_letter(client, handed_in)

    assert "consent" in answer.context["form"].errors
    assert "if you hand it to us" in answer.content.decode()
    write_letter(client, handed_in, consent="on")
    letters = Letter.objects.order_by("pk")
    assert [one.consent_version for one in letters] == [consent.POSTED_ONLY, consent.VERSION]
    third = make_case_to_write_for()
    url = reverse("letters:take-all-letter", args=[third.slug])
    assert client.get(url).context["form"]["consent"].is_hidden  # both were read: no third time


def test_a_letter_under_a_first_name_leaves_the_name_of_a_signature_whole(client):
    one, two = case_to_sign(), case_to_sign()
    begin(client, one, name="Nguyen Van Anh")
    typed = {"name_form": "first", "first_name": "Anh", "consent": "on"}
    write_letter(client, one, **typed)

    assert Letter.objects.get().name == "Anh"
    page = client.get(step(two))
    assert "Signing as Nguyen Van Anh" in words(parsed(page).one("main"))
    write_letter(client, two)
    assert [letter.name for letter in Letter.objects.all()] == ["Anh", "Anh"]


def test_what_a_letter_leaves_empty_stays_for_the_next_signature(client):
    one, two = case_to_sign(), case_to_sign()
    begin(client, one, country="NO")
    write_letter(client, one, name="", email="", country="")

    assert "Signing as Sam Tester, Norway" in words(parsed(client.get(step(two))).one("main"))
    write_letter(client, two, email="")
    assert {letter.name for letter in Letter.objects.all()} == {""}


def test_the_way_leads_from_the_case_that_needs_letters_most_to_the_end(client):
    busy, needy = case_to_sign(), case_to_sign()
    for _letter in range(10):
        make_letter(busy, state="posted", counted_on=yesterday())
    publish()

    first = client.get("/take-all/").context["case"]
    second = skip(client, needy)
    end = skip(client, busy)

    assert (first, second.url) == (needy, next_to(busy))
    assert end.url == reverse("letters:take-all-done") + "?after#now"


def test_the_order_stays_while_others_write(client):
    one, two = case_to_sign(), case_to_sign()
    begin(client, one)

    for _nr in range(3):
        make_letter(one, state="posted")

    page = client.get(reverse("letters:take-all"))
    assert [step.case for step in page.context["steps"]] == [one, two]


def test_what_was_done_and_skipped_is_remembered(client):
    one, two = case_to_sign(), case_to_sign()
    write_letter(client, one, send="post")
    skip(client, one)
    skip(client, two)

    steps = client.get(reverse("letters:take-all-done")).context["steps"]

    assert [step.state for step in steps] == ["done", "skipped"]
    assert steps[0].done == {"letter": Letter.objects.get()}
    assert Letter.objects.get().state == "ready"


def test_nothing_of_it_is_stored_and_the_cookie_tells_nobody(client):
    case = case_to_sign()

    cookie = begin(client, case, name="Sam Tester").cookies[COOKIE]

    assert "Sam Tester" not in cookie.value
    assert "Sam Tester" not in everything("letters_")
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/take-all/")
    assert cookie["max-age"] == ""  # until the browser is closed


def test_it_is_kept_for_thirty_days_only_if_asked(client):
    case = case_to_sign()

    assert begin(client, case, keep="on").cookies[COOKIE]["max-age"] == 30 * 24 * 60 * 60
    assert begin(client, case, keep="").cookies[COOKIE]["max-age"] == ""


def test_after_thirty_days_a_cookie_is_read_no_more(client):
    begin(client, case_to_sign(), keep="on")
    case_to_sign()
    url, now = reverse("letters:take-all"), timezone.now()

    has_begun = []
    for days in [29, 31]:
        with time_machine.travel(now + datetime.timedelta(days=days)):
            has_begun.append(client.get(url).context["take_all"].has_begun)

    assert has_begun == [True, False]


def test_forget_me_takes_all_off_the_device(client):
    begin(client, case_to_sign())
    case_to_sign()

    answer = client.post(reverse("letters:take-all"), {"act": "forget"})

    assert answer.cookies[COOKIE].value == ""
    assert answer.cookies[COOKIE]["path"] == "/take-all/"
    assert not client.get(reverse("letters:take-all")).context["take_all"].has_begun


def test_forget_me_in_one_language_forgets_in_all(client):
    begin(client, case_to_sign())

    client.post("/fr/take-all/", {"act": "forget"})

    assert client.cookies[COOKIE].value == ""


def test_the_end_shows_the_links_that_open_what_was_written(client):
    case = case_to_sign()
    write_letter(client, case, send="post")

    page = client.get(reverse("letters:take-all-done")).content.decode()

    letter = Letter.objects.get()
    assert letter.get_absolute_url() in page
    assert reverse("letters:letter-pdf", args=[letter.key]) in page


@pytest.mark.parametrize("is_followed", [True, False])
@pytest.mark.parametrize("fields", [{}, {"stage": "closed"}, {"freeze": "paused"}])
def test_the_end_keeps_the_links_when_a_case_or_its_edition_is_over(client, fields, is_followed):
    case = case_to_sign(display_name="Anne Testlund")
    write_letter(client, case, send="post")
    begin(client, case)
    Case.objects.filter(pk=case.pk).update(freeze_reason="A test.", **fields)
    if is_followed or not fields:
        case_to_sign(edition=make_edition(2026, opens_on="2026-01-01"))

    page = parsed(client.get(reverse("letters:take-all-done")))

    letter = Letter.objects.get()
    assert {letter.get_absolute_url(), case.get_absolute_url()} <= set(page.links)
    assert "You: 1 letter, 1 signature." in words(page.one("main"))
    assert "1 of them is still to be posted: then it counts." in words(page.one("main"))
    if not is_followed and fields:
        assert client.get("/take-all/").url == reverse("letters:take-all-done")


def test_the_end_names_nobody_who_is_taken_down(client):
    case = case_to_sign(display_name="Anne Testlund")
    write_letter(client, case, send="post")
    Case.objects.update(freeze="hidden", freeze_reason="A test.")

    page = client.get(reverse("letters:take-all-done")).content.decode()

    assert "Anne Testlund" not in page
    assert Letter.objects.get().key not in page


def test_the_pages_name_the_drafts_that_have_arrived_and_no_others(client):
    one, two = case_to_sign(), case_to_sign()
    write_letter(client, one, send="post")
    begin(client, two)

    for url in [step(one), "/take-all/done/"]:
        [mark] = re.findall(r'data-draft-done="(.*?)"', client.get(url).content.decode())
        assert f"letter:{one.slug}" in mark.split()
        assert f"letter:{two.slug}" not in mark.split()


def test_the_same_letter_sent_twice_is_one(client):
    case = case_to_sign()
    url = reverse("letters:take-all-letter", args=[case.slug])
    form = client.get(url).context["form"]
    filled = {name: form[name].value() or "" for name in form.fields}
    filled |= {"send": "deliver", "ties": "no"}

    answers = [client.post(url, filled) for _nr in range(2)]

    assert [answer.url for answer in answers] == [next_to(case)] * 2
    assert Letter.objects.count() == 1


def test_a_letter_that_was_written_is_not_asked_for_again(client):
    case = case_to_sign()
    write_letter(client, case)

    answer = client.get(reverse("letters:take-all-letter", args=[case.slug]))

    assert answer.url == step(case)


def test_an_erased_letter_was_not_written(client):
    write_letter(client, case_to_sign(), send="post")
    Letter.objects.all().delete()

    [step] = client.get(reverse("letters:take-all-done")).context["steps"]

    assert (step.state, step.done) == ("to-do", {})


def test_mistakes_are_named_and_what_was_typed_is_kept(client):
    case = case_to_sign()
    url = reverse("letters:take-all-letter", args=[case.slug])
    token = token_in(client.get(url))

    page = client.post(url, {"token": token, "language": "en", "body": "Too short."})

    assert page.status_code == 200
    assert "Too short." in page.content.decode()
    assert not Letter.objects.exists()


def test_under_18_no_name_and_no_address_goes_on_the_way(client):
    one, two = case_to_sign(), case_to_sign()

    typed = {"name": "Sam Tester", "email": "sam@example.org", "under_18": "on"}
    write_letter(client, one, **typed)
    write_letter(client, two)

    for letter in Letter.objects.all():
        assert (letter.name, letter.email, letter.name_form) == ("", "", "none")
    page = client.get(step(two))
    assert page.context["form"] is None  # nobody of that age is asked to sign
    assert "You told us that you are under 18." in words(parsed(page).one("main"))


@pytest.mark.parametrize("act", ["", "sign", "skip"])
def test_a_case_that_is_frozen_on_the_way_is_passed_by_with_a_word(client, act):
    one, two = case_to_sign(), case_to_sign()
    skip(client, two)
    client.get("/take-all/")
    three = case_to_sign()
    one.freeze, one.freeze_reason = "hidden", "A test."
    one.save()

    filled = sign_form(one.petition) | {"act": act}
    answer = client.post(step(one), filled) if act else client.get(step(one))

    assert answer.url == f"{step(three)}?closed#now"
    page = parsed(client.get(answer.url.partition("#")[0]))
    assert said(page) == "That case takes no actions at the moment"
    assert one.display_name not in words(page.one("main"))
    assert not Signature.objects.exists()


@pytest.mark.parametrize("action", ["letter", "message"])
@pytest.mark.parametrize("freeze", ["hidden", "paused"])
def test_the_pages_to_write_on_go_on_with_a_word_from_a_frozen_case(client, action, freeze):
    one, two = make_solidarity_action(case_to_sign()).case, case_to_sign()
    url = reverse(f"letters:take-all-{action}", args=[one.slug])
    typed = {"token": token_in(client.get(url)), "body": "I write to you as a nurse, in peace."}
    one.freeze, one.freeze_reason = freeze, "A test."
    one.save()

    opened = client.get(url)
    sent = client.post(url, typed | {"send": "deliver"})

    assert opened.url == f"{step(two)}?closed#now"
    assert sent.status_code == 409
    assert "I write to you as a nurse, in peace." in sent.content.decode()
    assert (one.display_name in sent.content.decode()) == (freeze == "paused")
    assert not Letter.objects.exists()


def test_a_case_to_which_nobody_writes_any_more_offers_what_is_left(client):
    case = case_to_sign()
    case.targets.update(appeal_deadline=yesterday() - datetime.timedelta(days=1))

    answer = client.get(reverse("letters:take-all-letter", args=[case.slug]))

    assert answer.url == step(case)


def test_a_petition_that_closes_on_the_way_says_so_and_offers_the_letter(client):
    case = case_to_sign()
    case.petition.closes_on = yesterday() - datetime.timedelta(days=1)
    case.petition.save()

    answer = begin(client, case)

    assert answer.status_code == 409
    assert "this petition stopped taking signatures" in answer.content.decode()
    page = parsed(client.get(step(case)))
    assert reverse("letters:take-all-letter", args=[case.slug]) in page.links


@pytest.mark.parametrize(
    "cookie", ["", "nonsense", "gAAAAABrAt2hCsds6TTnkDdO1eFs7KFSKjSevEtz-7S9y"]
)
def test_a_cookie_that_cannot_be_read_is_a_new_beginning(client, cookie):
    case = case_to_sign()
    client.cookies[COOKIE] = cookie

    assert client.get(step(case)).status_code == 200
    assert not client.get(reverse("letters:take-all")).context["take_all"].has_begun


def test_without_open_cases_the_page_says_so(client):
    make_case(stage="closed")

    assert "No case takes actions at the moment" in client.get("/take-all/").content.decode()


def test_many_cases_cost_no_more_queries_than_few(client, django_assert_max_num_queries):
    case_to_sign()
    begin(client, case_to_sign())

    for url in ["/take-all/", "/take-all/done/"]:
        with django_assert_max_num_queries(5) as few:
            client.get(url)
        for _nr in range(4):
            case_to_sign()
        with django_assert_max_num_queries(len(few)):
            client.get(url)


@pytest.mark.any_database
@pytest.mark.slow
def test_the_cookie_of_the_longest_way_fits(client):
    cases = [
        make_solidarity_action(case_to_sign(slug=f"somebody-with-a-long-name-{number}")).case
        for number in range(MAX_CASES)
    ]
    email = f"{'s' * 60}@{'e' * 60}.example"
    for case in cases:
        begin(client, case, name="S" * 120, email=email)
        write_letter(client, case, place="T" * 80, consent="on")
        answer = write_message(client, case)

    size = len(answer.cookies[COOKIE].OutputString())
    assert Letter.objects.count() == 2 * MAX_CASES
    assert size < 4_000
    assert len(re.findall("letter", str(answer.cookies[COOKIE]))) == 0
