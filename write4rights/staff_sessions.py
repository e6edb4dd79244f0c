"""Sessions, who is signed in, and messages: for staff, and only below the admin's path.

Elsewhere nobody looks at the cookie: a reader's page neither varies on it nor keeps a row for it,
and the page cache serves staff what it serves everybody (docs/safety.md 21).

Staff wait for no standby of the database: their sessions are saved on each page, and whoever wants
to freeze a case has to get there.
"""

import re
from collections.abc import Awaitable

from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from cases import standby

# All that staff see lies below one path: /admin/…, /fr/admin/…
_languages = "|".join(re.escape(code) for code, _name in settings.LANGUAGES)
STAFF_PAGES = re.compile(rf"/(?:(?:{_languages})/)?{re.escape(settings.ADMIN_PATH)}/")


class ForStaffPages(MiddlewareMixin):
    """Passes every other page by."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if not STAFF_PAGES.match(request.path_info):
            return self.get_response(request)
        return super().__call__(request)


class WaitingForNoStandby(MiddlewareMixin):
    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        with standby.waiting_for_none():
            return super().__call__(request)


class SessionMiddleware(ForStaffPages, WaitingForNoStandby, sessions.SessionMiddleware):
    pass


class AuthenticationMiddleware(ForStaffPages, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(ForStaffPages, messages.MessageMiddleware):
    pass
