"""What every answer below /api/ has in common: it is JSON, and scripts of any site may read it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LANGUAGES = "|".join(re.escape(code) for code, _name in settings.LANGUAGES)
# All below /api/, whether there is something or not; /api/ itself is a page.
API = re.compile(rf"(?:/(?P<language>{LANGUAGES}))?/(?:api/.+|oembed/?)", re.DOTALL)
METHODS = "GET, HEAD, OPTIONS"
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Allow, ETag, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Robots-Tag": "noindex",
}
PREFLIGHT = {
    "Allow": METHODS,
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}
JSON_OPTIONS: dict[str, Any] = {"ensure_ascii": False, "indent": 1}
SENTENCES: dict[int, Promise] = {
    400: _("This request can’t be answered."),
    404: _("There is nothing at this address."),
    405: _("This can only be read: use GET or HEAD."),
    410: _("This was taken down and will not come back."),
    429: _("There were too many requests at once. Try again a little later."),
    500: _("Something went wrong on our side. It is not because of your request."),
    503: _("This is not ready yet. Try again a little later."),
}
KEPT_HEADERS = ["Cache-Control", "Content-Language", "Retry-After"]


def as_json(told: dict, status: int = 200) -> JsonResponse:
    return JsonResponse(told, status=status, json_dumps_params=JSON_OPTIONS)


def api_answers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Turn error pages below /api/ into JSON, and let browsers hand every answer to any script.

    A script that may not read an error, or a redirect, hears of "CORS" and of nothing else.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        asked = API.fullmatch(request.path_info)
        if not asked:
            return get_response(request)
        if request.method == "OPTIONS":
            response = HttpResponse(status=204, headers=PREFLIGHT)
        else:
            response = get_response(request)
        is_json = response.headers.get("Content-Type") == "application/json"
        if response.status_code >= 400 and not is_json:
            response = _error(response, asked["language"] or settings.LANGUAGE_CODE)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    return middleware


def _error(page: HttpResponse, language: str) -> HttpResponse:
    with translation.override(language):
        sentence = SENTENCES.get(page.status_code, SENTENCES[400])
        response = as_json({"error": str(sentence)}, page.status_code)
    for name in KEPT_HEADERS:
        if name in page.headers:
            response.headers[name] = page.headers[name]
    if page.status_code == 405:
        response.headers["Allow"] = METHODS
    return response
