"""Health, and the pages that say what went wrong."""

from django.conf import settings
from django.contrib.sitemaps.views import sitemap as django_sitemap
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases.caching import reader_page
from write4rights.logs import PRIVATE_PLACES
from write4rights.middleware import OTHER_LANGUAGES
from write4rights.sitemaps import SITEMAPS


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 if this process can ask the database, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("no database\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


@reader_page()
def robots(request: HttpRequest) -> HttpResponse:
    """Readers' pages may be searched; forms and private pages say noindex themselves."""
    prefixes = ["", *(f"/{code}" for code in sorted(OTHER_LANGUAGES))]
    private = [f"Disallow: {prefix}/{place}/" for prefix in prefixes for place in PRIVATE_PLACES]
    sitemap = f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}"
    lines = ["User-agent: *", *private, "", sitemap, ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@reader_page()
def sitemap(request: HttpRequest) -> HttpResponse:
    """All pages for search engines, in each language."""
    return django_sitemap(request, SITEMAPS)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form could not be accepted; what was written is shown, so that it is not lost."""
    typed = request.POST.get("body", "")
    response = render(request, "403_csrf.html", {"typed": typed}, status=403)
    patch_cache_control(response, no_store=True, private=True)
    return response
