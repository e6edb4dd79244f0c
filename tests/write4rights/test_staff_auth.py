import datetime
import ipaddress

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from tests.staff import PASSWORD, make_staff, signed_in, text
from write4rights.staff_auth import DEVICE_COOKIE, StaffAdapter

pytestmark = pytest.mark.django_db

SIGN_IN = "/admin/account/sign-in/"


@pytest.fixture(autouse=True)
def _no_attempts_remembered():
    cache.clear()


@pytest.fixture
def second_factor_needed(settings):
    settings.STAFF_NEEDS_SECOND_FACTOR = True


def sign_in(client, person, password: str = PASSWORD, **extra):
    return client.post(SIGN_IN, {"login": person.username, "password": password}, **extra)


def give_app(person) -> str:
    """An authenticator app; returns its secret."""
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(person, secret)
    return secret


def code_now(secret: str) -> str:
    counter = next(totp.yield_hotp_counters_from_time())
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


# --- the way in


def test_the_admin_sends_strangers_to_the_sign_in_page(client):
    response = client.get("/admin/cases/case/", follow=True)

    assert response.redirect_chain[-1][0].startswith(SIGN_IN)
    assert "Staff sign in here" in text(response)


def test_signing_in_leads_on_to_what_was_asked_for(client):
    person = make_staff("editor")

    response = client.post(
        f"{SIGN_IN}?next=/admin/cases/case/",
        {"login": person.username, "password": PASSWORD, "next": "/admin/cases/case/"},
    )

    assert response.url == "/admin/cases/case/"


@pytest.mark.parametrize("name", ["account_signup", "account_reset_password", "account_email"])
def test_nobody_signs_up_or_resets_a_password_by_mail(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_sign_up_is_closed():
    assert StaffAdapter().is_open_for_signup(RequestFactory().get("/")) is False


def test_who_is_no_staff_gets_no_further(client):
    person = make_staff(is_staff=False)

    sign_in(client, person)

    assert client.get("/admin/", follow=True).status_code == 403


def test_an_unknown_name_and_a_wrong_password_are_answered_alike(client):
    person = make_staff()

    wrong = sign_in(client, person, "wrong")
    unknown = client.post(SIGN_IN, {"login": "nobody", "password": "wrong"})

    errors = [response.context["form"].errors for response in (wrong, unknown)]
    assert errors[0] == errors[1]
    assert "Error:" in text(wrong)


def from_elsewhere(number: int) -> dict:
    return {"REMOTE_ADDR": f"203.0.113.{number}"}


def test_wrong_passwords_from_anywhere_keep_nobody_out_of_the_browser_they_use(client):
    person = make_staff()
    sign_in(client, person)
    client.post("/admin/account/sign-out/")
    for number in range(9):
        sign_in(Client(), person, "wrong", **from_elsewhere(number))

    sign_in(client, person)

    assert client.get("/admin/").status_code == 200


def test_who_has_a_second_factor_is_not_kept_out_either(client):
    person = make_staff("editor")
    secret = give_app(person)
    sign_in(client, person)
    client.post(reverse("mfa_authenticate"), {"code": code_now(secret)})
    assert client.get("/admin/").status_code == 200
    client.post("/admin/account/sign-out/")
    for number in range(9):
        sign_in(Client(), person, "wrong", **from_elsewhere(number))

    assert sign_in(client, person).url == reverse("mfa_authenticate")


def test_the_password_alone_makes_no_browser_known(client):
    person = make_staff("editor")
    give_app(person)

    sign_in(client, person)

    assert DEVICE_COOKIE not in client.cookies


def test_a_known_browser_has_five_tries_of_its_own(client):
    person = make_staff()
    sign_in(client, person)
    client.post("/admin/account/sign-out/")
    for number in range(5):
        sign_in(client, person, "wrong", **from_elsewhere(number))

    response = sign_in(client, person)

    assert "Too many failed" in text(response)


@pytest.mark.parametrize("of", ["another person", "nobody"])
def test_a_browser_is_known_for_its_own_person_alone(client, of):
    person = make_staff()
    if of == "another person":
        sign_in(client, make_staff())
        client.post("/admin/account/sign-out/")
    else:
        client.cookies[DEVICE_COOKIE] = f"{person.pk}:forged:signature"
    for number in range(5):
        sign_in(client, person, "wrong", **from_elsewhere(number))

    assert "Too many failed" in text(sign_in(client, person))


def test_who_guesses_names_from_one_address_is_stopped(client):
    people = [make_staff() for _ in range(11)]
    for person in people[:10]:
        sign_in(client, person, "wrong")

    assert "Too many failed" in text(sign_in(client, people[10]))


def test_the_cookie_of_a_browser_names_nobody(client):
    person = make_staff("editor", username="evangeline")  # "eva" may well stand in a signature

    sign_in(client, person)

    cookie = client.cookies[DEVICE_COOKIE]
    assert "evangeline" not in cookie.value
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")


def test_after_five_wrong_passwords_the_right_one_waits_too(client):
    person = make_staff()
    for _ in range(5):
        sign_in(client, person, "wrong")

    response = sign_in(client, person)

    assert "Too many failed" in text(response)
    assert not Session.objects.exists() or "_auth_user_id" not in client.session


@pytest.mark.parametrize("host", ["testserver:8443", "TESTSERVER", "testserver."])
def test_another_spelling_of_the_host_gives_no_more_tries(client, host):
    person = make_staff()
    for _ in range(5):
        sign_in(client, person, "wrong")

    assert "Too many failed" in text(sign_in(client, person, HTTP_HOST=host))


def test_made_up_names_do_not_make_the_tries_on_a_real_one_forgotten(client):
    person = make_staff()
    for _ in range(5):
        sign_in(client, person, "wrong")

    for number in range(1_000):
        cache.set(f"attempt-{number}", [0.0], 300)

    assert "Too many failed" in text(sign_in(client, person))


def test_sign_in_page_runs_under_the_strict_policy(client):
    page = client.get(SIGN_IN)

    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert "unsafe" not in page["Content-Security-Policy"]
    assert " style=" not in text(page)
    assert " onclick=" not in text(page)


@pytest.mark.parametrize(
    "name",
    [
        "account_change_password",
        "account_reauthenticate",
        "account_logout",
        "mfa_index",
        "usersessions_list",
        "mfa_list_webauthn",
    ],
)
def test_every_page_of_an_account_opens_and_is_not_stored(name):
    response = signed_in("editor").get(reverse(name))

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


def test_admin_answers_in_french_below_its_prefix():
    assert signed_in("editor").get("/fr/admin/")["Content-Language"] == "fr"


def test_a_new_password_has_fifteen_characters_at_least():
    client = signed_in("editor")

    response = client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": "fourteen chars", "password2": "fourteen chars"},
    )

    assert "15 characters" in text(response)
    client.person.refresh_from_db()
    assert client.person.check_password(PASSWORD)


# --- how long


@pytest.mark.slow
def test_a_session_ends_after_twelve_hours_however_busy():
    start = datetime.datetime(2025, 12, 1, 8, tzinfo=datetime.UTC)
    with time_machine.travel(start, tick=False) as clock:
        client = signed_in("editor")
        for _ in range(36):
            assert client.get("/admin/").status_code == 200
            clock.shift(datetime.timedelta(minutes=20))

        response = client.get("/admin/")

    assert response.url.startswith(SIGN_IN)
    assert "_auth_user_id" not in client.session


def test_a_session_ends_after_half_an_hour_of_nothing():
    start = datetime.datetime(2025, 12, 1, 8, tzinfo=datetime.UTC)
    with time_machine.travel(start, tick=False) as clock:
        client = signed_in("editor")
        client.get("/admin/")
        clock.shift(datetime.timedelta(minutes=31))

        assert client.get("/admin/").status_code == 302


# --- second factor


def test_without_a_second_factor_there_is_only_the_page_to_set_one_up(second_factor_needed):
    client = signed_in("editor")

    response = client.get("/admin/cases/case/")

    assert response.url == reverse("mfa_index")
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.get(reverse("account_change_password")).url == reverse("mfa_index")


def test_with_an_authenticator_app_the_admin_opens(second_factor_needed):
    client = signed_in("editor")
    give_app(client.person)

    assert client.get("/admin/").status_code == 200


def test_recovery_codes_alone_are_no_second_factor(second_factor_needed):
    client = signed_in("editor")
    Authenticator.objects.create(user=client.person, type="recovery_codes", data={})

    assert client.get("/admin/").url == reverse("mfa_index")


def test_the_password_alone_does_not_sign_in_who_has_an_app(client):
    person = make_staff("editor")
    give_app(person)

    response = sign_in(client, person)

    assert response.url == reverse("mfa_authenticate")
    assert client.get("/admin/").status_code == 302
    assert "Sign" in text(client.get(reverse("mfa_authenticate")))


def test_an_app_is_set_up_and_its_secret_stored_encrypted(client):
    person = make_staff("editor")
    sign_in(client, person)
    url = reverse("mfa_activate_totp")
    form = client.get(url, follow=True)
    if "secret" not in form.context["form"].__dict__:  # it asks for the password once more
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        form = client.get(url)
    secret = form.context["form"].secret

    response = client.post(url, {"code": code_now(secret)})

    assert response.url == reverse("mfa_view_recovery_codes")
    stored = Authenticator.objects.get(user=person, type="totp").data["secret"]
    assert secret not in stored
    assert client.get(response.url).status_code == 200


# --- what is stored of where somebody is


def test_no_address_is_stored(client):
    sign_in(client, make_staff("editor"), REMOTE_ADDR="198.51.100.7")

    stored = UserSession.objects.get().ip
    assert "198.51.100.7" not in stored
    assert ipaddress.ip_address(stored) in ipaddress.ip_network("fd00::/8")


def test_stand_ins_tell_senders_apart_and_keep_together_who_is_one():
    adapter = StaffAdapter()

    def of(address: str) -> str:
        return adapter.get_client_ip(RequestFactory().get("/", REMOTE_ADDR=address))

    assert of("198.51.100.7") == of("198.51.100.7") != of("198.51.100.8")
    assert of("2001:db8:1:2::a") == of("2001:db8:1:2::b") != of("2001:db8:1:3::a")


# --- roles


def test_the_roles_are_there_with_what_they_may():
    may = {
        group.name: {permission.codename for permission in group.permissions.all()}
        for group in Group.objects.all()
    }

    assert set(may) == {"editor", "moderator", "lead", "safety", "counter", "delivery"}
    assert {"publish_case", "add_case", "change_target"} <= may["editor"]
    assert not {"freeze_case", "view_consent", "delete_case"} & may["editor"]
    assert may["moderator"] == {
        "view_case",
        "view_letter",
        "moderate_letter",
        "view_pledge",
        "view_outgoingmail",
        "change_outgoingmail",
        "view_petition",
        "view_petitiontext",
        "view_wordlist",
        "add_wordlist",
        "change_wordlist",
        "view_signature",
        "moderate_signature",
        "view_post",
        "view_pendingchange",
        "view_alarm",
        "change_alarm",
        "handle_reply",
    }
    assert may["lead"] == may["moderator"] | {"lead_moderation"}
    assert not {"moderate_letter", "freeze_case", "change_case"} & may["delivery"]
    assert {"freeze_case", "view_consent", "change_consent"} <= may["safety"]
    assert "publish_case" not in may["safety"]
    assert not {"moderate_letter", "change_case"} & may["counter"]


@pytest.mark.parametrize("role", ["editor", "moderator", "counter"])
def test_nobody_but_a_superuser_manages_people(role):
    assert signed_in(role).get("/admin/auth/user/").status_code == 403
