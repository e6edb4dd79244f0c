"""How staff sign in, and for how long. Nobody else has an account.

allauth brings the pages; here stand the rules of docs/safety.md 13 that it has no setting for.
"""

import datetime
import ipaddress
import logging
import secrets
from collections.abc import Callable

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model, logout
from django.contrib.auth.views import redirect_to_login
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from cases.encryption import fernet
from cases.http_caching import come_back_soon
from letters.privacy import day_key
from letters.privacy.throttle import client_network
from write4rights import unsaved
from write4rights.staff_sessions import STAFF_PAGES

logger = logging.getLogger(__name__)

STORES = {"boto3", "botocore"}  # whose errors those of a store are; of a folder they are OSError

LONGEST_SESSION = datetime.timedelta(hours=12)  # a working day; docs/safety.md 13
# It says nothing of its owner to anybody but this site, and opens nothing.
DEVICE_COOKIE = "__Host-staff-device" if settings.HTTPS else "staff-device"
DEVICE_SALT = "staff.device"
DEVICE_LASTS = datetime.timedelta(days=180)
SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]

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
        return pseudonym_ip(client_network(request))

    def pre_authenticate(self, request: HttpRequest, **credentials) -> None:
        """Wrong passwords for a name slow down strangers, not who signed in here before.

        A browser from which somebody signed in has tries of its own for their name: others, who
        use up those of the name, do not keep them out (OWASP: device cookies).
        """
        name = credentials.get("username", "")
        if device := _known_device(request, name):
            credentials["username"] = f"{name} {device}"
        super().pre_authenticate(request, **credentials)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials) -> str:
        """The name alone. allauth adds the host as the request spells it, and with each made-up
        port there would be another five tries."""
        return credentials.get("username", "").lower()

    def post_login(self, request: HttpRequest, user, **options) -> HttpResponse:
        response = super().post_login(request, user, **options)
        response.set_signed_cookie(
            DEVICE_COOKIE,
            f"{user.pk}:{secrets.token_urlsafe(16)}",
            salt=DEVICE_SALT,
            max_age=DEVICE_LASTS,
            secure=settings.HTTPS,
            httponly=True,
            samesite="Strict",
        )
        return response


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps are encrypted at rest like all that is personal."""

    def encrypt(self, text: str) -> str:
        return fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return fernet().decrypt(encrypted_text.encode()).decode()


def staff_pages(get_response: Handler) -> Handler:
    """End old sessions, ask for a second factor, let nothing be stored: below ADMIN_PATH only."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not STAFF_PAGES.match(request.path_info):
            return get_response(request)
        was_signed_in = request.user.is_authenticated
        response = _turned_away(request) or get_response(request)
        add_never_cache_headers(response)
        if was_signed_in and not request.user.is_authenticated:
            # Not "cookies": that would sign people out of all that the organisation runs.
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    def process_view(request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        if not STAFF_PAGES.match(request.path_info):
            return None
        if not request.user.is_authenticated:
            is_kept = request.method == "POST" and unsaved.keep(request)
            return _sign_in_first(request) if is_kept else None
        if not needs_second_factor(request):
            return unsaved.offered(request)
        page = request.resolver_match
        if page is not None and page.url_name in WITHOUT_SECOND_FACTOR:
            return None
        messages.info(request, _("Set up a second factor first: a passkey or an app."))
        return redirect("mfa_index")

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Attempts to sign in are counted in CACHE_URL. While Redis is away nobody can try. While
        a store is, no picture can be saved."""
        of = type(error).__module__.partition(".")[0]
        is_of_staff = request.method == "POST" and STAFF_PAGES.match(request.path_info)
        if is_of_staff and (isinstance(error, OSError) or of in STORES):
            logger.error("A file can't be stored.", exc_info=error)
            return unsaved.not_saved(request)
        if of != "redis":
            return None
        logger.error("The cache of CACHE_URL does not answer: %s", type(error).__name__)
        return come_back_soon(request)

    middleware.process_view = process_view  # type: ignore[attr-defined]
    middleware.process_exception = process_exception  # type: ignore[attr-defined]
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
    request.session.modified = True  # it is saved, and lasts for another half hour
    now = timezone.now()
    began = request.session.setdefault("began_at", now.isoformat())
    if now - datetime.datetime.fromisoformat(began) < LONGEST_SESSION:
        return None
    logout(request)
    messages.info(request, _("You were signed in for twelve hours. Please sign in again."))
    if request.method == "POST":
        unsaved.keep(request)
    return _sign_in_first(request)


def csrf_failure(request: HttpRequest) -> HttpResponse | None:
    """Whoever signed in again in another window sends an old form: its text is not lost."""
    if not STAFF_PAGES.match(request.path_info):
        return None
    if request.user.is_authenticated:
        return unsaved.refused(request)
    return _sign_in_first(request) if unsaved.keep(request) else None


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))


def _known_device(request: HttpRequest, name: str) -> str:
    """What tells this browser apart, if the person of that name signed in from it before."""
    try:
        value = request.get_signed_cookie(DEVICE_COOKIE, salt=DEVICE_SALT, max_age=DEVICE_LASTS)
    except (KeyError, BadSignature):
        return ""
    number, _colon, device = str(value).partition(":")
    is_theirs = get_user_model().objects.filter(pk=number, username__iexact=name).exists()
    return device if is_theirs else ""


def pseudonym_ip(network: str) -> str:
    """An address of no network (fd00::/8) that tells senders apart for a day and is nobody's."""
    digest = day_key.hidden(f"staff-address {network}").encode()
    return str(ipaddress.IPv6Address(b"\xfd" + digest[:15]))
