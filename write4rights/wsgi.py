"""What the web server runs: Django behind the page cache."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from write4rights.pagecache import PageCache

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "write4rights.settings")
application = get_wsgi_application()
if settings.PAGE_CACHE_SECONDS:
    application = PageCache(
        application,
        seconds=settings.PAGE_CACHE_SECONDS,
        max_bytes=settings.PAGE_CACHE_BYTES,
        session_cookie=settings.SESSION_COOKIE_NAME,
        untouched=(f"/{settings.STATIC_URL.lstrip('/')}",),
    )
