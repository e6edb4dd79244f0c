"""How staff sign in, and for how long. Nobody else has an account.

allauth brings the pages; here stand the rules of SAFETY 13 that it has no setting for.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Callable

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from letters.encryption import fernet, keyed_hash
from letters.throttle import client_network

LONGEST_SESSION = datetime.timedelta(hours=12)  # a working day; see SAFETY 13
SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]

# All that staff see lies below one path: /admin/…, /fr/admin/…
_languages = "|".join(re.escape(code) for code, _name in settings.LANGUAGES)
STAFF_PAGES = re.compile(rf"/(?:(?:{_languages})/)?{re.escape(settings.ADMIN_PATH)}/")

# What somebody may open who has yet to set up a second factor: that, and the way out.
WITHOUT_SECOND_FACTOR = {
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_index",
}

Handler = Callable[[HttpRequest], HttpResponse]


class StaffAdapter(DefaultAccountAdapter):
    """Accounts are for staff, made by staff: nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """A stand-in for the address, the same for a day: allauth stores what it gets here."""
        return stand_in(client_network(request))


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps are encrypted at rest like all that is personal."""

    def encrypt(self, text: str) -> str:
        return fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return fernet().decrypt(encrypted_text.encode()).decode()


def staff_pages(get_response: Handler) -> Handler:
    """End old sessions, ask for a second factor, let nothing be stored: below ADMIN_PATH only.

    Readers' pages never come by here, so that they read no session.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if not STAFF_PAGES.match(request.path_info):
            return get_response(request)
        response = _turned_away(request) or get_response(request)
        add_never_cache_headers(response)
        return response

    def process_view(request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        if not STAFF_PAGES.match(request.path_info) or not needs_second_factor(request):
            return None
        if request.resolver_match.url_name in WITHOUT_SECOND_FACTOR:
            return None
        messages.info(request, _("Set up a second factor first: a passkey or an app."))
        return redirect("mfa_index")

    middleware.process_view = process_view
    return middleware


def needs_second_factor(request: HttpRequest) -> bool:
    return (
        settings.STAFF_NEEDS_SECOND_FACTOR
        and request.user.is_authenticated
        and not is_mfa_enabled(request.user, SECOND_FACTORS)
    )


def _turned_away(request: HttpRequest) -> HttpResponse | None:
    """The sign-in page for whoever is signed in for too long."""
    if not request.user.is_authenticated:
        return None
    now = timezone.now()
    began = request.session.setdefault("began_at", now.isoformat())
    if now - datetime.datetime.fromisoformat(began) < LONGEST_SESSION:
        return None
    logout(request)
    messages.info(request, _("You were signed in for twelve hours. Please sign in again."))
    return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))


def stand_in(network: str) -> str:
    """An address of no network (fd00::/8) that tells senders apart for a day and is nobody's."""
    digest = keyed_hash(f"{network} {timezone.localdate()}", "staff-address").encode()
    return str(ipaddress.IPv6Address(b"\xfd" + digest[:15]))
