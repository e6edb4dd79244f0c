"""A passkey from its making to the next sign-in, in a real browser under the real policy."""

import re

import pytest
from playwright.sync_api import expect

from tests.staff import PASSWORD, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def give_key(visitor) -> None:
    """A device that makes and uses passkeys without asking."""
    devtools = visitor.context.new_cdp_session(visitor.page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_made_and_signs_in_alone(arrive, settings):
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    ines = arrive()
    give_key(ines)
    person = make_staff("editor")

    ines.opens("/admin/account/sign-in/")
    ines.fills("Username", person.username)
    ines.fills("Password", PASSWORD)
    ines.presses("Sign in")
    expect(ines.page).to_have_url(re.compile("/admin/account/second-factor/$"))

    ines.opens("/admin/account/second-factor/webauthn/add/")
    if "/confirm/" in ines.page.url:
        ines.fills("Password", PASSWORD)
        ines.presses("Confirm")
    ines.ticks("Passwordless")
    ines.presses("Add")
    expect(ines.page).to_have_url(re.compile("/recovery-codes/$"))

    ines.opens("/admin/account/sign-out/")
    ines.presses("Sign Out")
    expect(ines.page).to_have_url(re.compile("/sign-in/$"))
    ines.presses("Sign in with a passkey")

    ines.is_at("Today")
