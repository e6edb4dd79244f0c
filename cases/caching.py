"""What a view tells caches about its answer; the page cache in front of Django obeys it too.

A reader's page says `public` and is kept for some seconds; a form or private page says `no-store`.
"""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe

from cases.models import Case, Freeze

View = Callable[..., HttpResponse]


class Gone(Exception):
    """The page is taken down for somebody's safety: 410, and nobody keeps a copy."""


def told_or_gone(case: Case) -> Case:
    """The case, if it may be read about; a withdrawn one is gone, any other does not exist."""
    if case.freeze == Freeze.WITHDRAWN:
        raise Gone
    if not case.is_told:
        raise Http404
    return case


# After its age a CDN may serve a page for so long while it asks for a new one.
STALE_WHILE_REVALIDATE = 10


def reader_page(*query_names: str) -> Callable[[View], View]:
    """A page that is the same for everybody: no cookie, no session, kept by any cache.

    Only the query string's names given are known; with any other the answer is right but not kept,
    so that nobody can fill a cache with made-up addresses.
    """

    def decorate(view: View) -> View:
        @require_safe
        @wraps(view)
        def reader_view(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            try:
                response = view(request, *args, **kwargs)
            except Gone:
                response = render(request, "410.html", status=410)
            if response.status_code == 200 and _names_in_query(request) <= set(query_names):
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


def _names_in_query(request: HttpRequest) -> set[str]:
    # Not request.GET: it has no name for "?&" and "?&&", and so on without end.
    query = request.META.get("QUERY_STRING", "")
    return {part.partition("=")[0] for part in query.split("&")} if query else set()


def form_page(view: View) -> View:
    """A page with a form, or somebody's own: nobody keeps a copy, and no search engine lists it."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def form_view(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        patch_cache_control(response, no_store=True, private=True)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return form_view
