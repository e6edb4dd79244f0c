"""Readers' pages from memory, before Django is entered.

The views and this cache speak plain HTTP: an answer to a GET is kept if it says `Cache-Control:
public` and holds nothing that belongs to one reader (`may_be_kept`). Nothing here knows a URL.

A page is never older than `seconds`, counted from when its rendering began; so that is also the
longest that a frozen case can stay, and there is nothing to invalidate. In the last quarter of a
page's life one request renders it anew while the others are served the old body.

The key holds the Host header but not X-Forwarded-Host: USE_X_FORWARDED_HOST has to stay off.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from time import monotonic

from write4rights.keptpage import Headers, KeptPage, may_be_kept

Key = tuple[str, str, str, str, str]

PATIENCE = 1.0  # seconds that a request waits for another's rendering before it starts its own
LONGEST_KEY = 2_000  # characters: whatever has a longer URL is rendered each time
LARGEST_SHARE = 8  # one page takes at most an eighth of the memory
MOST_UNKEPT = 2_000  # URLs remembered as not for keeping

# Request headers that ask the application for something other than the whole page.
PARTIAL = {
    "HTTP_ACCEPT_ENCODING",
    "HTTP_IF_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_RANGE",
    "HTTP_IF_UNMODIFIED_SINCE",
    "HTTP_RANGE",
}


class PageCache:
    def __init__(
        self,
        application: Callable,
        *,
        seconds: float,
        max_bytes: int,
        session_cookie: str = "sessionid",
        scheme_header: str = "HTTP_X_FORWARDED_PROTO",  # as in SECURE_PROXY_SSL_HEADER
        untouched: tuple[str, ...] = (),  # path prefixes with a cache of their own: /static/
    ):
        self.application = application
        self.seconds = seconds
        self.max_bytes = max_bytes
        self.session_cookie = f"{session_cookie}="
        self.scheme_header = scheme_header
        self.untouched = untouched
        self._pages: dict[Key, KeptPage] = {}  # in the order of their last rendering
        self._bytes = 0
        self._unkept: dict[Key, None] = {}
        self._running: dict[Key, threading.Event] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or (
            self.session_cookie in environ.get("HTTP_COOKIE", "")
        ):
            return self.application(environ, start_response)
        key = (
            environ["wsgi.url_scheme"],
            environ.get(self.scheme_header, ""),
            environ.get("HTTP_HOST", ""),
            environ.get("PATH_INFO", ""),
            environ.get("QUERY_STRING", ""),
        )
        page = self._pages.get(key)
        if page is None or monotonic() >= page.renew_at:
            return self._miss(key, page, environ, start_response)
        return page.answer(environ, start_response)

    def _miss(
        self, key: Key, old: KeptPage | None, environ: dict, start_response: Callable
    ) -> Iterable[bytes]:
        """Render the page, or while somebody else does: answer with the old body or with theirs."""
        usable = old is not None and monotonic() < old.expires_at
        if environ["REQUEST_METHOD"] == "HEAD" or not self._may_keep(key):
            answer = old.answer if usable else self.application
            return answer(environ, start_response)
        if key in self._unkept:  # forms and the like never wait for each other
            return self._render(key, environ, start_response)

        mine = threading.Event()
        running = self._running.setdefault(key, mine)
        if running is mine:
            try:
                page = self._pages.get(key)
                if page is not None and page is not old:  # it came in since we looked
                    return page.answer(environ, start_response)
                return self._render(key, environ, start_response)
            finally:
                del self._running[key]
                mine.set()
        if usable:
            return old.answer(environ, start_response)
        running.wait(PATIENCE)
        page = self._pages.get(key)
        if page is not None and monotonic() < page.expires_at:
            return page.answer(environ, start_response)
        return self._render(key, environ, start_response)

    def _may_keep(self, key: Key) -> bool:
        path = key[3]
        return (
            self.seconds > 0
            and sum(map(len, key)) <= LONGEST_KEY
            and not path.startswith(self.untouched)
        )

    def _render(self, key: Key, environ: dict, start_response: Callable) -> Iterable[bytes]:
        began = monotonic()
        held: Headers | None = None
        body: list[bytes] = []
        returned = False

        def start(status: str, headers: Headers, exc_info=None) -> Callable:
            """Hold back what may be kept, hand everything else straight to the server."""
            nonlocal held
            body.clear()
            # A generator names its headers only after it has been returned: it is passed on.
            if exc_info is None and not returned and may_be_kept(status, headers):
                held = headers
                return body.append
            held = None
            return start_response(status, headers, exc_info)

        kept = False
        try:
            whole = {name: value for name, value in environ.items() if name not in PARTIAL}
            result = self.application(whole, start)
            returned = True
            if held is None:
                return result
            try:
                for chunk in result:
                    body.append(chunk)
            finally:
                if hasattr(result, "close"):
                    result.close()
            if held is None:  # it failed on its way, and an error page took its place
                return body
            page = KeptPage(b"".join(body), held, began, self.seconds)
            if not page.is_whole:
                start_response("200 OK", held)
                return body
            kept = True
            self._keep(key, page)
            return page.answer(environ, start_response)
        finally:
            if not kept:
                self._forget(key)

    def _keep(self, key: Key, page: KeptPage) -> None:
        if page.weight > self.max_bytes // LARGEST_SHARE:
            return self._forget(key)
        with self._lock:
            self._unkept.pop(key, None)
            if old := self._pages.pop(key, None):
                self._bytes -= old.weight
                page.reuse(old)
            self._pages[key] = page
            self._bytes += page.weight
            while self._bytes > self.max_bytes:
                oldest = self._pages.pop(next(iter(self._pages)))
                self._bytes -= oldest.weight

    def _forget(self, key: Key) -> None:
        """What is now missing, gone, private or broken takes the old page with it."""
        with self._lock:
            if old := self._pages.pop(key, None):
                self._bytes -= old.weight
            self._unkept[key] = None
            if len(self._unkept) > MOST_UNKEPT:
                del self._unkept[next(iter(self._unkept))]
