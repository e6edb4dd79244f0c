"""What the web server runs: Django behind the page cache, and that behind what is not believed."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from write4rights.logs import PROBES
from write4rights.pagecache.cache import PageCache
from write4rights.unread_bodies import read_whole
from write4rights.untrusted import Application, without_untrusted

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "write4rights.settings")
application: Application = get_wsgi_application()
if settings.PAGE_CACHE_SECONDS:
    application = page_cache = PageCache(
        application,
        seconds=settings.PAGE_CACHE_SECONDS,
        max_bytes=settings.PAGE_CACHE_BYTES,
        # Who has a picture may keep it while its store fails: that is for Django to say.
        untouched=(settings.STATIC_URL, settings.MEDIA_URL, "/favicon.ico", *PROBES),
    )
    if settings.METRICS_TOKEN:
        from write4rights import metrics

        metrics.page_cache = page_cache
application = without_untrusted(application, behind_proxy=bool(settings.TRUSTED_PROXIES))
if settings.TRUSTED_PROXIES:
    application = read_whole(application)
