"""What other sites show in a frame: plain HTML with a style sheet of its own and no script."""

from collections.abc import Callable
from functools import wraps

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_exempt

from cases.http_caching import Gone, View, public_page
from cases.models import Case, Edition
from letters.views.posts import shared_or_410

POLICY = {
    "default-src": [NONE],
    "style-src": [SELF],
    "img-src": [SELF],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": ["*"],
}


def embed(view: Callable[..., HttpResponse]) -> View:
    """A reader's page that any site may put into a frame.

    What is not there, or no longer, says so in the frame: an error page of the site is refused one.
    """

    @public_page()
    @xframe_options_exempt
    @csp(POLICY)
    @wraps(view)
    def embedded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            response = render(request, "letters/embeds/nothing.html", status=404)
        except Gone:
            response = render(request, "letters/embeds/nothing.html", status=410)
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        response["X-Robots-Tag"] = "noindex"
        return response

    return embedded


@embed
def card(request: HttpRequest, slug: str) -> HttpResponse:
    """A case in a few lines, and the way to its page."""
    rows = Case.objects.for_cards().prefetch_related(None).prefetch_related("targets")
    case = shared_or_410(rows, slug)
    return render(request, "letters/embeds/card.html", {"case": case})


@embed
def counter(request: HttpRequest) -> HttpResponse:
    """How many actions there are in the current edition."""
    edition = Edition.objects.current()
    listed = Case.objects.listed().filter(edition=edition) if edition else Case.objects.none()
    cases = list(listed.with_count())
    context = {
        "edition": edition,
        "total": sum(case.total_count for case in cases),
    }
    return render(request, "letters/embeds/counter.html", context)
