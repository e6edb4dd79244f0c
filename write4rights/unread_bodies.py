"""What is left of a body when a page is ready that did not ask for it: a form that is refused."""

from collections.abc import Callable, Iterable
from contextlib import suppress

from write4rights.untrusted import Application

MOST = 25_000_000  # bytes; the proxy takes 20 MB
AT_ONCE = 256_000


def read_whole(application: Application) -> Application:
    """Answer only when nothing of the body is left.

    The proxy sends a body to its end. If the answer comes first, and with it the end of the
    connection, then by chance the proxy sees only that end, and tells the sender that the site is
    away (502). It has the whole body before the site gets any of it, so nobody is waited for.
    """

    def read(environ: dict, start_response: Callable) -> Iterable[bytes]:
        answer = application(environ, start_response)
        body, left = environ["wsgi.input"], MOST
        with suppress(OSError):  # the sender is gone
            while left > 0 and (some := body.read(AT_ONCE)):
                left -= len(some)
        return answer

    return read
