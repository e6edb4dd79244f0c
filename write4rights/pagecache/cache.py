"""Readers' pages from memory, before Django is entered.

The views and this cache speak plain HTTP: an answer to a GET is kept if it says `Cache-Control:
public` and holds nothing that belongs to one reader (`is_cacheable`). Nothing here knows a URL.

A page is never older than `seconds`, counted from when its rendering began; so that is also the
longest that a frozen case can stay, and there is nothing to invalidate. In the last quarter of a
page's life one request renders it anew while the others are served the old body.

What a request says beside the key is no reason for another page: USE_X_FORWARDED_HOST has to stay
off, and `untrusted.without_untrusted` comes first. The key holds the host without its port and in
small letters, so that 65,535 spellings of it are one page.
"""

import re
import threading
from collections.abc import Callable, Iterable
from time import monotonic

from write4rights.pagecache.page import CachedPage, Headers, is_cacheable

Key = tuple[str, str, str, str, str]

PATIENCE = 1.0  # seconds that a request waits for another's rendering before it starts its own
LONGEST_KEY = 2_000  # characters: whatever has a longer URL is rendered each time
LARGEST_SHARE = 8  # one page takes at most an eighth of the memory
MAX_UNCACHEABLE = 2_000  # URLs remembered as not for keeping

PORT = re.compile(r"\.?:[0-9]+\Z|\.\Z")  # and the dot after a name that is spelt out

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
        scheme_header: str = "HTTP_X_FORWARDED_PROTO",  # as in SECURE_PROXY_SSL_HEADER
        untouched: tuple[str, ...] = (),  # path prefixes with a cache of their own: /static/
    ):
        self.application = application
        self.seconds = seconds
        self.max_bytes = max_bytes
        self.scheme_header = scheme_header
        self.untouched = untouched
        self.hits = 0  # answers without a rendering; two at once may count as one
        self._pages: dict[Key, CachedPage] = {}  # in the order of their last rendering
        self._bytes = 0
        self._uncacheable: dict[Key, None] = {}
        self._running: dict[Key, threading.Event] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.application(environ, start_response)
        key = (
            environ["wsgi.url_scheme"],
            environ.get(self.scheme_header, ""),
            PORT.sub("", environ.get("HTTP_HOST", "").lower()),
            environ.get("PATH_INFO", ""),
            environ.get("QUERY_STRING", ""),
        )
        page = self._pages.get(key)
        if page is None or monotonic() >= page.renew_at:
            return self._miss(key, page, environ, start_response)
        self.hits += 1
        return page.answer(environ, start_response)

    def _miss(
        self, key: Key, old: CachedPage | None, environ: dict, start_response: Callable
    ) -> Iterable[bytes]:
        """Render the page, or while somebody else does: answer with the old body or with theirs."""
        usable = old if old is not None and monotonic() < old.expires_at else None
        if environ["REQUEST_METHOD"] == "HEAD" or not self._may_keep(key):
            answer = usable.answer if usable else self.application
            return answer(environ, start_response)
        if key in self._uncacheable:  # forms and the like never wait for each other
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
            self.hits += 1
            return usable.answer(environ, start_response)
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
            if exc_info is None and not returned and is_cacheable(status, headers):
                held = headers
                return body.append
            held = None
            return start_response(status, headers, exc_info)

        cached = False
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
            page = CachedPage(b"".join(body), held, began, self.seconds)
            if not page.is_whole:
                start_response("200 OK", held)
                return body
            cached = True
            self._keep(key, page)
            return page.answer(environ, start_response)
        finally:
            if not cached:
                self._forget(key)

    def _keep(self, key: Key, page: CachedPage) -> None:
        if page.weight > self.max_bytes // LARGEST_SHARE:
            return self._forget(key)
        with self._lock:
            self._uncacheable.pop(key, None)
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
            self._uncacheable[key] = None
            if len(self._uncacheable) > MAX_UNCACHEABLE:
                del self._uncacheable[next(iter(self._uncacheable))]
