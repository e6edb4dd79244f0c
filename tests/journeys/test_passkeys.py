"""A passkey from its making to the next sign-in, in a real browser under the real policy."""

import re

import pytest
from playwright.sync_api import expect

from tests.staff import make_staff

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
    ines.page.get_by_label("Username").fill(person.username)
    ines.page.get_by_label("Password").fill("a long password for tests")
    ines.page.get_by_role("button", name="Sign in", exact=True).click()
    expect(ines.page).to_have_url(re.compile("/admin/account/second-factor/$"))

    ines.opens("/admin/account/second-factor/webauthn/add/")
    if "/confirm/" in ines.page.url:
        ines.page.get_by_label("Password").fill("a long password for tests")
        ines.page.get_by_role("button", name="Confirm").click()
    ines.page.get_by_label("Passwordless").check()
    ines.page.get_by_role("button", name="Add").click()
    expect(ines.page).to_have_url(re.compile("/recovery-codes/$"))

    ines.opens("/admin/account/sign-out/")
    ines.page.get_by_role("button", name="Sign Out").click()
    expect(ines.page).to_have_url(re.compile("/sign-in/$"))
    ines.page.get_by_role("button", name="Sign in with a passkey").click()

    expect(ines.page.get_by_role("heading", level=1)).to_have_text("Today")
