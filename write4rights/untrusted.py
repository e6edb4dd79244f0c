"""What a request says of itself and nobody here believes; the first thing it meets."""

from collections.abc import Callable, Iterable

from django.utils.http import parse_header_parameters

Application = Callable[[dict, Callable], Iterable[bytes]]


def without_untrusted(application: Application, *, behind_proxy: bool) -> Application:
    """Serve the application requests without what would change the answer for somebody else.

    The page cache and the templates keep what one request made for all that follow
    (docs/safety.md 21), so:

    - the site lies at the root of its host, whatever SCRIPT_NAME says; what the server took from
      the path for it is put back;
    - by https, or not: X-Forwarded-Proto has two values, and none without a proxy of our own;
    - a request is UTF-8, as every page of ours is; Django would follow another `charset`, and fail
      on some of Python's codecs before it could answer;
    - the answer to HEAD has no body.
    """

    def trusted(environ: dict, start_response: Callable) -> Iterable[bytes]:
        environ["PATH_INFO"] = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        environ["SCRIPT_NAME"] = ""
        proto = environ.pop("HTTP_X_FORWARDED_PROTO", None)
        if behind_proxy and proto is not None:
            is_secure = proto.partition(",")[0].strip() == "https"  # as Django reads it
            environ["HTTP_X_FORWARDED_PROTO"] = "https" if is_secure else "http"
        if "CONTENT_TYPE" in environ:
            environ["CONTENT_TYPE"] = without_charset(environ["CONTENT_TYPE"])
        answer = application(environ, start_response)
        return without_body(answer) if environ["REQUEST_METHOD"] == "HEAD" else answer

    return trusted


def without_charset(content_type: str) -> str:
    """The content type as it was, or if it names a charset: with nothing but the boundary."""
    try:
        kind, parameters = parse_header_parameters(content_type)
    except ValueError:
        return ""
    if "charset" not in parameters:
        return content_type
    boundary = parameters.get("boundary")
    return f'{kind}; boundary="{boundary}"' if boundary else kind


def without_body(answer: Iterable[bytes]) -> list[bytes]:
    if hasattr(answer, "close"):
        answer.close()
    return []
