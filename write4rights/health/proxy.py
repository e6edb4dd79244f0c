"""The proxy in front of the site: only the doctor asks, by going the way that readers go."""

import datetime
import http.client
import json
import ssl
import time
from contextlib import suppress
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.utils import timezone

from write4rights.health import clock
from write4rights.health.installed import not_done
from write4rights.health.results import Result, ok, red, warning

PATH = "/proxy-check"
SALT = "manage.py doctor"
TOKEN_LASTS = datetime.timedelta(minutes=1)
PATIENCE = 10  # seconds
# What the doctor says it comes from, as a stranger would who wants to hide: RFC 5737.
INVENTED = "192.0.2.123"
SELF_SIGNED = 18  # X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
CERTIFICATE_LEFT = datetime.timedelta(days=14)
ARRIVED = {"scheme", "host", "hops", "kept_what_was_invented"}  # what the site tells of a question


def token() -> str:
    return signing.dumps("asks", salt=SALT)


def is_from_doctor(request: HttpRequest) -> bool:
    said = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        signing.loads(said, salt=SALT, max_age=TOKEN_LASTS)
    except signing.BadSignature:
        return False
    return True


def arrived(request: HttpRequest) -> dict[str, object]:
    """How the doctor's question arrived; no address is told, only how many hops wrote one."""
    line = request.META.get("HTTP_X_FORWARDED_FOR", "")
    hops = [hop.strip() for hop in line.split(",") if hop.strip()]
    after = hops[hops.index(INVENTED) + 1 :] if INVENTED in hops else hops
    return {
        "scheme": request.scheme,
        "host": request.META.get("HTTP_HOST", ""),
        "hops": len(after),
        "kept_what_was_invented": INVENTED in hops,
    }


def check() -> list[Result]:
    """What the proxy hands on, asked through SITE_URL."""
    context = ssl.create_default_context()
    try:
        return _asked(context)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code != SELF_SIGNED:
            said = f"Browsers would refuse the certificate: {error.verify_message}."
            return [red("certificate", said, "Get one for the host of SITE_URL, with its chain.")]
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    said = "The server signed its certificate itself: browsers warn of it."
    cure = "Get one that they know: `deploy/install` says how, and may be run again."
    return [not_done("certificate", said, cure), *_asked(context)]


def _asked(context: ssl.SSLContext) -> list[Result]:
    site = urlsplit(settings.SITE_URL)
    is_tls = site.scheme == "https"
    host, found = site.hostname or "", []
    way = (
        http.client.HTTPSConnection(host, site.port, timeout=PATIENCE, context=context)
        if is_tls
        else http.client.HTTPConnection(host, site.port, timeout=PATIENCE)
    )
    try:
        way.connect()
        if isinstance(way.sock, ssl.SSLSocket) and (certificate := way.sock.getpeercert()):
            found.append(_certificate(certificate))
        way.request(
            "GET", PATH, headers={"Authorization": f"Bearer {token()}", "X-Forwarded-For": INVENTED}
        )
        answer = way.getresponse()
        body, date = answer.read(10_000), answer.headers.get("Date")
        now = time.time()
    except ssl.SSLCertVerificationError:
        raise
    except (OSError, http.client.HTTPException) as error:
        return [*found, _no_answer(error)]
    finally:
        way.close()
    with suppress(ValueError):
        if date:
            theirs = parsedate_to_datetime(date).timestamp()
            found.append(clock.compared("the proxy", theirs - now))
    seen = told(body)
    if answer.status != 200 or seen is None:
        said = f"{settings.SITE_URL} answers with status {answer.status}, and not as this site."
        cure = "Does SITE_URL lead here, and to a site with the same SECRET_KEY and code?"
        return [*found, red("proxy", said, cure)]
    return [*found, *judged(seen, site.scheme, site.netloc)]


def told(body: bytes) -> dict | None:
    """What `arrived` says, if it is this site that answered."""
    try:
        seen = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return seen if isinstance(seen, dict) and seen.keys() == ARRIVED else None


def judged(seen: dict, scheme: str, host: str) -> list[Result]:
    """What is wrong about how the question arrived, or that all is right."""
    trusted, hops = settings.TRUSTED_PROXIES, seen["hops"]
    found = []
    if seen["scheme"] != scheme:
        said = f"The site is asked by {scheme}, and takes it for {seen['scheme']}."
        cure = "Let the proxy set X-Forwarded-Proto, and TRUSTED_PROXIES not be 0."
        found.append(red("proxy: scheme", said, cure))
    if seen["host"] != host:
        said = f"The host arrives as “{seen['host']}” and not as “{host}”: forms are refused."
        cure = "Let the proxy pass on Host as it is, with its port."
        found.append(red("proxy: host", said, cure))
    if hops < trusted:
        said = f"X-Forwarded-For has {hops} entries of proxies, and TRUSTED_PROXIES is {trusted}: "
        said += (
            "senders can name themselves as they like."
            if seen["kept_what_was_invented"]
            else "all senders share one allowance."
        )
        cure = f"Let each proxy append to X-Forwarded-For, or set TRUSTED_PROXIES={hops}."
        found.append(red("proxy: senders", said, cure))
    elif hops > trusted:
        said = f"X-Forwarded-For has {hops} entries of proxies, and TRUSTED_PROXIES is {trusted}: "
        said += "all senders share the allowance of one of them."
        found.append(red("proxy: senders", said, f"Set TRUSTED_PROXIES={hops}, and restart."))
    return found or [ok("proxy", f"It hands on scheme, host and senders ({trusted} trusted).")]


def _certificate(certificate: dict) -> Result:
    ends = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    left = datetime.datetime.fromtimestamp(ends, datetime.UTC) - timezone.now()
    if left < CERTIFICATE_LEFT:
        said = f"The certificate ends in {left.days} days."
        return warning("certificate", said, "Does what renews it still run?")
    return ok("certificate", f"It is good for {left.days} days more.")


def _no_answer(error: Exception) -> Result:
    why = getattr(error, "strerror", None) or type(error).__name__
    said = f"{settings.SITE_URL} does not answer: {why}."
    cure = "Does the name of SITE_URL lead to this machine, and do proxy and gunicorn run?"
    return red("proxy", said, cure)
