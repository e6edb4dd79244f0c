"""What every answer carries, and in which language it is."""

from collections.abc import Callable
from threading import BoundedSemaphore
from time import monotonic

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import translation

from cases.http_caching import come_back_soon
from write4rights.staff_sessions import STAFF_PAGES

# Those that Django adds too stand here for its refusal of a host, which it answers without them.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
    "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), "
    "browsing-topics=(), interest-cohort=()",
    "X-Permitted-Cross-Domain-Policies": "none",
}
OTHER_LANGUAGES = {code for code, _name in settings.LANGUAGES} - {settings.LANGUAGE_CODE}

Handler = Callable[[HttpRequest], HttpResponse]

# Of the four connections and eight threads of a process (settings.py, gunicorn.conf.py).
WRITERS = BoundedSemaphore(3)
WAIT_FOR_OTHERS = 2  # seconds: far more than three forms take on a busy day


def security_headers(get_response: Handler) -> Handler:
    """Add the headers of docs/safety.md 4 that Django has no setting for; nobody keeps an error."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if response.status_code >= 400:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def measured(get_response: Handler) -> Handler:
    """Count the answer for /metrics, if anybody may ask for that."""
    if not settings.METRICS_TOKEN:
        raise MiddlewareNotUsed
    from write4rights import metrics

    def middleware(request: HttpRequest) -> HttpResponse:
        began = monotonic()
        response = get_response(request)
        metrics.note(request, response.status_code, monotonic() - began)
        return response

    return middleware


def refuse_unknown_methods(get_response: Handler) -> Handler:
    """Answer 405 to what a view does not do, before CSRF is checked.

    See `cases.http_caching.only`.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        methods = getattr(view, "methods", ["GET", "HEAD", "POST"])
        return None if request.method in methods else HttpResponseNotAllowed(methods)

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware


def leave_room_for_staff(get_response: Handler) -> Handler:
    """Let supporters' forms take no more than three connections of a process at once.

    While PostgreSQL waits for a standby that is away, whoever writes waits, for hours if it must.
    Would they all, staff who want to freeze a case got no page. So whoever comes then is asked to
    come back. SQLite waits for nobody.
    """
    if connection.vendor != "postgresql":
        raise MiddlewareNotUsed

    def middleware(request: HttpRequest) -> HttpResponse:
        try:
            return get_response(request)
        finally:
            if getattr(request, "is_one_of_the_writers", False):
                WRITERS.release()

    def process_view(request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        # What was sent has arrived by now, for its CSRF token: no slow line takes a place.
        if request.method != "POST" or STAFF_PAGES.match(request.path_info):
            return None
        if not WRITERS.acquire(timeout=WAIT_FOR_OTHERS):
            return come_back_soon(request)
        request.is_one_of_the_writers = True  # type: ignore[attr-defined]
        return None

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware


def read_as_utf8(get_response: Handler) -> Handler:
    """Read every request as UTF-8, whatever encoding it names.

    Every page of ours sends UTF-8. Django follows the name, and some of Python's codecs make signs
    of it that no answer can be written with, or fail: that would be an error of ours.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if "charset" in (request.content_params or {}):
            request.encoding = "utf-8"
        return get_response(request)

    return middleware


def language_of(path: str) -> str:
    first = path.split("/", 2)[1] if "/" in path else ""
    return first if first in OTHER_LANGUAGES else settings.LANGUAGE_CODE


def language_from_url(get_response: Handler) -> Handler:
    """The path's prefix decides the language, and nothing else does: no cookie, no header.

    Django's LocaleMiddleware would make every page vary on Accept-Language.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        language = language_of(request.path_info)
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = get_response(request)
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response.render()  # while its language is set
        response.headers.setdefault("Content-Language", language)
        return response

    return middleware
