"""How often one sender does a thing, without keeping who the sender is."""

import datetime
import ipaddress

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from letters.encryption import keyed_hash

# A class of thirty writes from one address, and so does a town hall on the 10th of December.
HELD_ABOVE = 120  # an hour: more are kept, but counted only after somebody had a look
REFUSED_ABOVE = 1_200  # an hour: nobody writes so fast

ADD = """
    INSERT INTO letters_throttle (key, number, ends_at) VALUES (%s, 1, %s)
    ON CONFLICT (key) DO UPDATE SET number = letters_throttle.number + 1
    RETURNING number
"""


def client_network(request: HttpRequest) -> str:
    """The sender's address from the last hop we trust: IPv4 as it is, IPv6 as its /64.

    Only what our own proxies appended to X-Forwarded-For is believed; the rest of that header is
    whatever the sender wrote.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(hops) >= settings.TRUSTED_PROXIES:
            address = hops[-settings.TRUSTED_PROXIES].strip()
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def hit(purpose: str, request: HttpRequest) -> int:
    """Note one more try of this sender, and return how many it were in this hour."""
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    key = keyed_hash(f"{purpose}|{client_network(request)}|{hour:%Y-%m-%dT%H}", "throttle")
    ends_at = connection.ops.adapt_datetimefield_value(hour + datetime.timedelta(hours=2))
    with connection.cursor() as cursor:
        cursor.execute(ADD, [key, ends_at])
        return cursor.fetchone()[0]
