"""Whatever is typed or sent, no page of letters answers with an error of ours."""

from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from letters.models import Letter, Pledge
from letters.privacy import throttle
from tests.factories import (
    make_case_to_write_for,
    make_letter,
    make_petition,
    make_pledge,
    make_signature,
    make_solidarity_action,
)
from tests.letters.sending import BODY, letter_form, message_form, pledge_form, sign_form, token

pytestmark = [pytest.mark.usefixtures("counts_hold"), pytest.mark.timeout(300)]

NASTY = [
    "\0",
    "\ud800",
    "a\u202eb",
    "\u2066",
    "=1+1",
    "@SUM(A1)",
    "'; DROP TABLE letters_letter; --",
    "<script>alert(1)</script>",
    "{{ settings }}{% load x %}",
    "%00%s%(x)s{}",
    "👩‍👩‍👧‍👧" * 40,
    "é" * 2_000,
    "9" * 5_000,
    "-1",
    "٣",
    "²",
    "1e309",
    "0001-01-01",
    "9999-12-31",
    "\r\nBcc: all@example.org",
    "x@" + "a" * 300 + ".org",
    '"\\\x01"@example.org',
    "../../etc/passwd",
    " \t\n ",
    "",
]
TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(codec=None, exclude_categories=()), max_size=60),
    st.integers().map(str),
)
fuzzed = how(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def some(form: dict) -> st.SearchStrategy[dict]:
    """A form of which some fields hold anything, once or several times."""
    anything = st.one_of(TEXT, st.lists(TEXT, max_size=3))
    return st.dictionaries(st.sampled_from(sorted(form)), anything, max_size=len(form)).map(
        lambda changed: form | changed
    )


def wire(form: dict) -> str:
    """As a client that knows no shame sends it: lone surrogates as their three bytes."""
    return urlencode({name: as_bytes(value) for name, value in form.items()}, doseq=True)


def as_bytes(value: str | list[str]) -> bytes | list[bytes]:
    if isinstance(value, list):
        return [as_bytes(one) for one in value]
    return value.encode("utf-8", "surrogatepass")


def post(client: Client, url: str, form: dict) -> HttpResponse:
    return client.post(url, wire(form), "application/x-www-form-urlencoded")


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch):
    monkeypatch.setattr(throttle, "REFUSED_ABOVE", 10**6)
    monkeypatch.setattr(throttle, "REVIEW_ABOVE", 10**6)


@pytest.fixture
def case():
    return make_case_to_write_for()


LETTER = letter_form(website="", under_18="", pledge="", advised="", act="")
MESSAGE = message_form(website="", under_18="", advised="", may_be_shown="", picture="")
PLEDGE = pledge_form(website="", name="", group="", country="", email="")
POSTED = {"token": LETTER["token"], "website": "", "network": "x", "country": ""}


@pytest.mark.slow
@pytest.mark.parametrize("nasty", NASTY, ids=lambda text: ascii(text[:12]))
def test_every_field_of_a_form_takes_what_no_person_types(client, case, nasty):
    for url, form in [
        (reverse("letters:letter-write", args=[case.slug]), LETTER),
        (reverse("letters:pledge", args=[case.slug]), PLEDGE),
        (reverse("letters:posted", args=[case.slug]), POSTED),
        (reverse("letters:share-mastodon", args=[case.slug]), {"server": ""}),
    ]:
        assert post(client, url, dict.fromkeys(form, nasty)).status_code == 200
        for name in ["name", "email"]:  # all else as it should be
            assert post(client, url, form | {name: nasty}).status_code in (200, 302)


TEXTS_OF_PEOPLE = [
    ("letters:letter-write", LETTER, ["subject", "body", "name", "place"]),
    ("letters:message-write", MESSAGE, ["body", "name"]),
    ("letters:pledge", PLEDGE, ["name", "group"]),
]
FIELDS_OF_PEOPLE = [
    pytest.param(page, form, name, id=f"{page.partition(':')[2]}-{name}")
    for page, form, names in TEXTS_OF_PEOPLE
    for name in names
]


@pytest.mark.parametrize("sign", ["\0", "\u202d", "\u202e"], ids=ascii)
@pytest.mark.parametrize(("page", "form", "name"), FIELDS_OF_PEOPLE)
def test_what_no_text_can_hold_or_turns_it_is_an_error_of_its_field(
    client, solidarity, page, form, name, sign
):
    url = reverse(page, args=[solidarity.case.slug])
    typed = f"{BODY} Not{sign} this."

    response = post(client, url, form | {name: typed})

    assert response.status_code == 200
    assert list(response.context["form"].errors) == [name]
    assert response.context["form"][name].value() == typed
    assert not Letter.objects.exists()


@pytest.mark.parametrize("sign", list("\x01\x03\x1f\x7f\x9f\ufeff\u2066"), ids=ascii)
@pytest.mark.parametrize(("page", "form", "name"), FIELDS_OF_PEOPLE)
def test_what_means_nothing_is_kept_of_no_text(client, solidarity, page, form, name, sign):
    url = reverse(page, args=[solidarity.case.slug])
    pasted = f"We do not {sign}forget you, nor the{sign} herds of yours."

    response = post(client, url, form | {name: pasted})

    assert response.status_code == 302
    kept = Pledge.objects.first() or Letter.objects.get()
    assert getattr(kept, name) == "We do not forget you, nor the herds of yours."


@pytest.mark.slow
@given(form=some(LETTER))
@fuzzed
def test_the_letter_form_takes_anything(client, case, form):
    url = reverse("letters:letter-write", args=[case.slug])

    response = post(client, url, form)

    assert response.status_code in (200, 302)
    if response.status_code == 302:
        for page in ["", "letter.txt", "letter.pdf", "edit/"]:
            assert client.get(response.url + page).status_code == 200


@pytest.mark.slow
@given(form=some(LETTER))
@fuzzed
def test_the_form_for_changes_takes_anything(client, case, form):
    letter = make_letter(case)

    response = post(client, reverse("letters:letter-edit", args=[letter.key]), form)

    assert response.status_code in (200, 302)
    assert client.get(letter.get_absolute_url()).status_code == 200


@pytest.fixture
def solidarity(case):
    return make_solidarity_action(case, takes_drawings=True, shows_messages=True)


@given(form=some(MESSAGE))
@fuzzed
def test_the_form_for_messages_takes_anything(client, solidarity, form):
    response = post(client, reverse("letters:message-write", args=[solidarity.case.slug]), form)

    assert response.status_code in (200, 302)
    if response.status_code == 302:
        for page in ["", "letter.txt", "letter.pdf", "card.pdf", "edit/"]:
            assert client.get(response.url + page).status_code == 200


@given(query=TEXT)
@fuzzed
def test_the_query_of_the_page_of_messages_may_be_anything(client, solidarity, query):
    for name, key in [("message-write", "point"), ("messages", "page")]:
        url = reverse(f"letters:{name}", args=[solidarity.case.slug])
        sent = f"{url}?{wire({key: query})}"
        response = client.get(sent)
        if response.status_code == 302:  # to its one spelling, and from there nowhere else
            assert name == "messages"
            assert response.url.partition("?")[0] == url
            assert response.url != sent
            response = client.get(response.url)
        assert response.status_code == 200


CHECK = {"body": BODY, "subject": "", "language": "en", "about": "appeal", "form": "", "check": "x"}


@pytest.mark.slow
@given(form=some(CHECK))
@fuzzed
def test_the_check_of_a_text_takes_anything(client, case, form):
    for page in ["letters:check-text", "letters:letter-write"]:
        url = reverse(page, args=[case.slug])
        assert post(client, url, form | {"check": "x"}).status_code == 200


@pytest.mark.parametrize("nasty", NASTY, ids=lambda text: ascii(text[:12]))
def test_every_field_of_a_check_takes_what_no_person_types(client, case, nasty):
    for page in ["letters:check-text", "letters:letter-write"]:
        url = reverse(page, args=[case.slug])
        assert post(client, url, dict.fromkeys(CHECK, nasty)).status_code == 200


@given(form=some(PLEDGE))
@fuzzed
def test_the_form_for_promises_takes_anything(client, case, form):
    response = post(client, reverse("letters:pledge", args=[case.slug]), form)

    assert response.status_code in (200, 302)
    if response.status_code == 302:
        assert client.get(response.url).status_code == 200


@given(form=some(POSTED))
@fuzzed
def test_the_form_for_posts_takes_anything(client, case, form):
    response = post(client, reverse("letters:posted", args=[case.slug]), form)

    assert response.status_code in (200, 302)
    if response.status_code == 302:
        assert client.get(response.url).status_code == 200


@given(query=st.dictionaries(st.sampled_from(["url", "format", "maxwidth", "maxheight"]), TEXT))
@fuzzed
def test_the_query_of_oembed_may_be_anything(client, case, query):
    assert client.get(f"/oembed?{wire(query)}").status_code in (200, 400, 404, 501)


@pytest.mark.slow
@given(act=TEXT, number=TEXT, slug=TEXT)
@fuzzed
def test_the_buttons_of_a_promise_take_anything(client, case, act, number, slug):
    pledge = make_pledge(case)

    for form in [
        {"act": act, "number": number, "case": slug},
        {"act": "by-hand", "number": number, "case": slug},
        {"act": "by-hand", "number": number, "case": case.slug},
        {"act": "by-hand", "number": number, "case": case.slug, "token": token()},
        {"act": "by-hand", "number": "2", "case": slug, "token": act, "website": number},
    ]:
        response = post(client, pledge.get_absolute_url(), form)
        assert response.status_code in (200, 302)


@given(act=TEXT)
@fuzzed
def test_the_buttons_of_a_letter_take_anything(client, case, act):
    letter = make_letter(case)

    assert post(client, letter.get_absolute_url(), {"act": act}).status_code == 302


@given(query=st.dictionaries(st.sampled_from(["start", "language", "point", "pledge"]), TEXT))
@fuzzed
def test_the_query_of_the_writing_page_may_be_anything(client, case, query):
    url = reverse("letters:letter-write", args=[case.slug])

    # A promise that there is not leads to the page without it.
    assert client.get(f"{url}?{wire(query)}", follow=True).status_code == 200


@pytest.fixture
def signature(case):
    return make_signature(make_petition(case, shows_signers=True), state="unconfirmed")


@pytest.mark.slow
@pytest.mark.parametrize("nasty", NASTY, ids=lambda text: ascii(text[:12]))
def test_the_forms_that_are_confirmed_by_mail_take_what_no_person_types(client, signature, nasty):
    petition = signature.petition
    form = sign_form(petition, website="", shows_name="", follow="")
    sign, follow = (
        reverse(f"letters:{name}", args=[petition.case.slug]) for name in ["signature", "follow"]
    )

    assert post(client, sign, dict.fromkeys(form, nasty)).status_code == 200
    for name in ["name", "country", "email", "digest"]:  # all else as it should be
        assert post(client, sign, form | {name: nasty}).status_code in (200, 302)
    for address in [follow, reverse("letters:follow-all")]:
        response = post(client, address, {"token": form["token"], "email": nasty})
        assert response.status_code in (200, 302)


@pytest.mark.slow
@given(form=st.fixed_dictionaries({}, optional=dict.fromkeys(["name", "email", "digest"], TEXT)))
@fuzzed
def test_the_form_to_sign_takes_anything(client, signature, form):
    url = reverse("letters:signature", args=[signature.petition.case.slug])

    response = post(client, url, sign_form(signature.petition) | form)

    assert response.status_code in (200, 302)
    assert client.get(url).status_code == 200
    assert client.get(signature.email_address.get_absolute_url()).status_code == 200


@given(act=TEXT, what=TEXT, seen=TEXT)
@fuzzed
def test_the_buttons_of_an_address_take_anything(client, signature, act, what, seen):
    email_address = signature.email_address
    mine = f"signature-{signature.pk}"

    for form in [
        {"act": act, "what": what, "seen": seen},
        {"act": "confirm", "what": what, "seen": seen},
        {"act": "confirm", "what": mine, "seen": seen},
        {"act": act, "what": mine, "seen": "9999-12-31T23:59:59+00:00"},
    ]:
        assert post(client, email_address.get_absolute_url(), form).status_code == 302
    for name in ["stop", "not-me"]:
        address = reverse(f"letters:{name}", args=[email_address.key])
        form = {"block": act, "List-Unsubscribe": what}
        assert post(client, address, form).status_code in (200, 302)


@given(key=st.text(min_size=1, max_size=30))
@fuzzed
def test_a_made_up_key_opens_nothing(client, key):
    for page in [
        "/letters/{}/",
        "/letters/{}/edit/",
        "/letters/{}/letter.txt",
        "/pledges/{}/",
        "/pledges/{}/pledge.ics",
        "/pledges/{}/evening.ics",
        "/mailboxes/{}/",
    ]:
        assert client.get(page.format(key)).status_code in (301, 404)


@pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "utf-16", "rot13", "idna", "x"])
def test_another_encoding_than_utf_8_is_read_as_it(client, case, charset):
    words = "\\ud800 and more than forty characters of a letter that nobody can print."
    body = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (letter_form() | {"body": words}).items()
    )

    url = reverse("letters:letter-write", args=[case.slug])

    kind = f"multipart/form-data; boundary=x; charset={charset}"
    response = client.generic("POST", url, body + "--x--\r\n", kind)
    assert response.status_code == 302
    assert Letter.objects.get().body == words

    kind = f"text/plain; charset={charset}"
    response = client.generic("GET", f"{url}?start=%5Cud800", b"", kind)
    assert response.status_code == 200


def test_a_huge_body_is_refused(client, case):
    url = reverse("letters:letter-write", args=[case.slug])

    response = client.post(url, letter_form(body="x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)))

    assert response.status_code == 400


def test_a_forged_request_from_another_site_is_refused_and_the_text_is_shown(case):
    client = Client(enforce_csrf_checks=True)

    response = client.post(reverse("letters:letter-write", args=[case.slug]), letter_form())

    assert response.status_code == 403
    assert "Please do not build on them." in response.content.decode()
