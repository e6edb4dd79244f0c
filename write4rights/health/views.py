"""What machines ask: a load balancer, a monitor, the doctor itself.

They ask by the address of the machine and without TLS, so all of them are answered before a host is
looked at or anybody is sent to https, and leave no line in the log.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache

from cases.http_caching import only
from write4rights.health import proxy
from write4rights.health.readiness import readiness

Handler = Callable[[HttpRequest], HttpResponse]


@only("GET", "HEAD")
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Liveness: this process answers. It asks nobody else: who restarts it would mend nothing."""
    return HttpResponse("ok\n", content_type="text/plain")


@only("GET", "HEAD")
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Readiness: 200 if readers can be served, else 503; and whether somebody has to act. What is
    not well, and for how long, is told to who has METRICS_TOKEN."""
    found = readiness()
    if found is None:
        return JsonResponse({"status": "unready"}, status=503)
    said = found.as_json() if has_token(request) else {"status": found.status}
    return JsonResponse(said, status=200 if found.is_ready else 503)


@only("GET")
@never_cache
def proxy_check(request: HttpRequest) -> HttpResponse:
    """How a question arrives that `manage.py doctor` sends through the proxy."""
    if not proxy.is_from_doctor(request):
        return _not_found()
    return JsonResponse(proxy.arrived(request))


@only("GET")
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Numbers for Prometheus, for who has the token; for all others there is no such page."""
    if not has_token(request):
        return _not_found()
    from write4rights import metrics  # it makes files: not where nobody asks

    return HttpResponse(metrics.exposition(), content_type=metrics.CONTENT_TYPE)


def has_token(request: HttpRequest) -> bool:
    said, token = request.headers.get("authorization", ""), settings.METRICS_TOKEN
    return bool(token) and constant_time_compare(said, f"Bearer {token}")


def _not_found() -> HttpResponse:
    return HttpResponseNotFound("Not found\n", content_type="text/plain")


VIEWS = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics,
    proxy.PATH: proxy_check,
}


def probes(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        view = VIEWS.get(request.path_info)
        return view(request) if view else get_response(request)

    return middleware
