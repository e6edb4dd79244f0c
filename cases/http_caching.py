"""What a view tells caches about its answer; the page cache in front of Django obeys it too.

A reader's page says `public` and is kept for some seconds; a form or private page says `no-store`.
"""

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from hashlib import sha256
from time import monotonic
from typing import TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import caches
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.utils.encoding import escape_uri_path
from django.views.decorators.http import require_http_methods

from cases import replica
from cases.models import Case, Freeze
from cases.printing.rendering import Busy, turn
from cases.stores import StoreFails

View = Callable[..., HttpResponseBase]
V = TypeVar("V", bound=Callable[..., HttpResponseBase])


class Gone(Exception):
    """The page is taken down for somebody's safety: 410, and nobody keeps a copy."""


def visible_or_410(case: Case) -> Case:
    """The case, if it may be read about; a withdrawn one is gone, any other does not exist."""
    if case.freeze == Freeze.WITHDRAWN and case.is_open_to_readers:
        raise Gone
    if not case.is_visible:
        raise Http404
    return case


# After its age a proxy or CDN may serve a page for so many seconds while it asks for a new one:
# longer than a busy machine takes to make one, and short, because so long it also serves a case
# that was frozen. nginx keeps no 410, so it goes on showing what it has until then.
STALE_WHILE_REVALIDATE = 3
REMEMBERED_FOR = 24 * 3600  # seconds; a sheet says its day, so that a new one comes daily
RETRY_AFTER = 2  # seconds, while others wait for their PDFs


def only(*methods: str) -> Callable[[V], V]:
    """Refuse every other method; with `methods` on the view, middleware does before all else."""

    def decorate(view: V) -> V:
        limited = require_http_methods(list(methods))(view)
        limited.methods = list(methods)  # type: ignore[attr-defined]  # a function takes any
        return limited

    return decorate


def kept_if_quick(view: View) -> View:
    """What took longer than it may be kept is kept by nobody: a case may have been frozen since it
    was looked up."""

    @wraps(view)
    def timed_view(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        began = monotonic()
        response = view(request, *args, **kwargs)
        if 0 < settings.PAGE_CACHE_SECONDS <= monotonic() - began:
            response.headers["Cache-Control"] = "no-store"
        return response

    return timed_view


def public_page(
    *query_names: str, offered: dict[str, str] | None = None, cached: bool = True
) -> Callable[[View], View]:
    """A page that is the same for everybody: no cookie, no session, kept by any cache.

    Only the query string's names given are known, and those in `offered` with their one value; any
    other query is sent on to what is left of it, so that nobody fills a cache with made-up
    addresses, or has a page rendered for each. A view that is asked for something nobody offered
    says `no-store` itself; with `cached=False` every answer does.

    It may be read from a replica of the database, and runs once more if that fails: no such view
    changes anything.
    """

    def decorate(view: View) -> View:
        @only("GET", "HEAD")
        @kept_if_quick
        @wraps(view)
        def reader_view(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
            if cached and (elsewhere := to_known_query(request, query_names, offered)):
                return elsewhere
            try:
                response = replica.read(lambda: view(request, *args, **kwargs))
            except Gone:
                response = render(request, "410.html", status=410)
            except (Busy, StoreFails):
                response = come_back_soon(request)
            is_settled = "no-store" in response.headers.get("Cache-Control", "")
            if cached and response.status_code == 200 and not is_settled:
                patch_cache_control(
                    response,
                    public=True,
                    max_age=settings.PAGE_CACHE_SECONDS,
                    stale_while_revalidate=STALE_WHILE_REVALIDATE,
                )
            else:
                patch_cache_control(response, no_store=True)
            return response

        return reader_view

    return decorate


def rendered_file(view: View) -> View:
    """A file that is rendered once a version; to look it up takes a tenth of a second already.

    So what this process has not handed out yet needs a turn from the beginning: of fifty who come
    at once 48 are told to come back before the database is asked, and no reader waits for them.
    What it has handed out is likely to be there, and is looked for without a turn. Stands below
    `public_page`.
    """

    @wraps(view)
    def file_view(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        key = f"handed-out:{sha256(request.get_full_path().encode()).hexdigest()}"
        with nullcontext() if caches["fragments"].get(key) else turn():
            response = view(request, *args, **kwargs)
        caches["fragments"].set(key, True, REMEMBERED_FOR)
        return response

    return file_view


def to_known_query(
    request: HttpRequest, names: tuple[str, ...] = (), offered: dict[str, str] | None = None
) -> HttpResponse | None:
    """The way to the same page with only what it knows in its query, each in its one spelling.

    None if that is what was asked for. What a form left empty is left out, too.
    """
    known = {
        name: value
        for name, value in request.GET.items()
        if value and (name in names or value == (offered or {}).get(name))
    }
    query = urlencode(known)
    if query == request.META.get("QUERY_STRING", ""):
        return None
    return uncached(redirect(escape_uri_path(request.path) + (f"?{query}" if query else "")))


def uncached(response: HttpResponse) -> HttpResponse:
    """An answer to something that nobody offered: right, but no cache keeps it."""
    patch_cache_control(response, no_store=True)
    return response


def come_back_soon(request: HttpRequest) -> HttpResponse:
    """What was asked for can't be rendered yet; a browser asks again by itself."""
    response = render(request, "503.html", status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    if request.method != "POST":  # what was sent would not be sent again
        response.headers["Refresh"] = str(RETRY_AFTER)
    return response


def private_page(view: View) -> View:
    """A page with a form, or somebody's own: nobody keeps a copy, and no search engine lists it.

    Nor is it compressed: the length of a page that holds both what its address says and what its
    reader typed would tell of that, letter by letter (BREACH). Django's masked CSRF token is safe
    from this; a name or a letter is not. It costs 25 KB for each writing page.
    """

    @only("GET", "HEAD", "POST")
    @wraps(view)
    def form_view(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except (Busy, StoreFails):
            response = come_back_soon(request)
        patch_cache_control(response, no_store=True, private=True)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return form_view
