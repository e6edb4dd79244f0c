"""What robots ask for, and the pages that say what went wrong."""

import datetime
import sys
from urllib.parse import quote

from django.conf import settings
from django.contrib.sitemaps.views import sitemap as django_sitemap
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.views import defaults

from cases.http_caching import public_page
from write4rights import staff_auth
from write4rights.logs import PRIVATE_PLACES
from write4rights.middleware import OTHER_LANGUAGES, language_of
from write4rights.sitemaps import SITEMAPS
from write4rights.staff_sessions import STAFF_PAGES

HALF_A_YEAR = datetime.timedelta(days=180)
RETRY_AFTER = 60  # seconds, as the page says


@public_page()
def robots(request: HttpRequest) -> HttpResponse:
    """Readers' pages may be searched; forms and private pages say noindex themselves."""
    prefixes = ["", *(f"/{code}" for code in sorted(OTHER_LANGUAGES))]
    private = [f"Disallow: {prefix}/{place}/" for prefix in prefixes for place in PRIVATE_PLACES]
    sitemap = f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}"
    lines = ["User-agent: *", *private, "", sitemap, ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@public_page()
def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a hole: RFC 9116. It must end, within a year; so it ends half a year on."""
    if not settings.CONTACT_EMAIL:
        raise Http404
    ends = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + HALF_A_YEAR
    languages = ", ".join(code for code, _name in settings.LANGUAGES)
    lines = [
        f"Contact: mailto:{quote(settings.CONTACT_EMAIL, safe='@+')}",
        f"Expires: {ends.isoformat()}",
        f"Preferred-Languages: {languages}",
        f"Canonical: {settings.SITE_URL}{reverse('security-txt')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@public_page()
def sitemap(request: HttpRequest) -> HttpResponse:
    """All pages for search engines, in each language."""
    return django_sitemap(request, SITEMAPS).render()


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error_page(request, "400.html", 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error_page(request, "403.html", 403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; or 503 if it is the database that does not answer, as search engines and caches then
    know that it will again. Nothing is asked of it for this page."""
    response = defaults.server_error(request)
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        response.status_code = 503
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _error_page(request: HttpRequest, template: str, status: int) -> HttpResponse:
    # A request may be refused before its language was read.
    request.LANGUAGE_CODE = language_of(request.path_info)
    with translation.override(request.LANGUAGE_CODE):
        context = {"is_staff_page": bool(STAFF_PAGES.match(request.path_info))}
        return render(request, template, context, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form could not be accepted; what was written is shown, so that it is not lost."""
    if answer := staff_auth.csrf_failure(request):
        return answer
    typed = request.POST.get("body", "")
    response = render(request, "403_csrf.html", {"typed": typed}, status=403)
    patch_cache_control(response, no_store=True, private=True)
    return response
