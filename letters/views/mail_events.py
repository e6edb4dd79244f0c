"""What the mail provider tells of mails that came back."""

from anymail.signals import AnymailTrackingEvent
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from cases.http_caching import only
from letters.actions import data_requests
from letters.mail import bounces, providers
from letters.mail.pace import domain_of
from letters.models.email_spelling import NotAnAddress, email_hash

# A provider tells of many mails at once: SendGrid sends up to 768 kB.
MAX_BYTES = 2 * 1024**2


@csrf_exempt  # the provider has no cookie: it signs, or knows a password
@never_cache
@only("POST")
def mail_events(request: HttpRequest) -> HttpResponse:
    """Nothing of what is sent goes into a log, and whatever it is, it is no error of ours."""
    webhook = providers.webhook()
    if webhook is None:
        raise Http404
    try:
        _read(request)
        webhook.run_validators(request)
        events = webhook.parse_events(request)
    except RequestDataTooBig:
        return HttpResponse(status=413)
    except Exception:  # not theirs, or not what they say in their documents
        return HttpResponse(status=400)
    for event in events:
        _note(event)
    return HttpResponse(status=204)


def _read(request: HttpRequest) -> None:
    """Its body, which may be larger than what people send to us. Raises RequestDataTooBig."""
    body = request.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise RequestDataTooBig
    request._body = body  # Django's own, with a limit for all pages


def _note(event: AnymailTrackingEvent) -> None:
    recipient, kind = event.recipient, providers.kind_of(event)
    is_unsubscribed = providers.is_unsubscribed(event)
    if not (kind or is_unsubscribed) or not isinstance(recipient, str) or not recipient:
        return
    try:
        of = email_hash(recipient)
    except NotAnAddress:
        return
    if not bounces.is_ours(of):
        return
    if is_unsubscribed:
        data_requests.stop_all_mails(of)
    elif kind:
        bounces.note(of, kind, domain_of(recipient))
