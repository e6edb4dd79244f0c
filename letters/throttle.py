"""How often one does a thing, without keeping who that is."""

import datetime
import ipaddress
import re

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from letters.encryption import keyed_hash
from letters.models import Throttle

# A class of thirty writes from one address, and so does a town hall on the 10th of December.
HELD_ABOVE = 120  # an hour: more are kept, but counted only after somebody had a look
REFUSED_ABOVE = 1_200  # an hour: nobody writes so fast
# Each of these mails an address that somebody typed. A town hall signs; a flood takes many nets.
MAILS_REFUSED_ABOVE = 400

HOUR = datetime.timedelta(hours=1)

ADD = """
    INSERT INTO letters_throttle (key, number, ends_at) VALUES (%s, 1, %s)
    ON CONFLICT (key) DO UPDATE SET number = letters_throttle.number + 1
    RETURNING number
"""
# A place is free if its time is over, or if this taker has it.
TAKE = """
    INSERT INTO letters_throttle (key, number, ends_at) VALUES (%s, %s, %s)
    ON CONFLICT (key) DO UPDATE SET number = excluded.number, ends_at = excluded.ends_at
    WHERE letters_throttle.ends_at <= %s
       OR (letters_throttle.number = excluded.number AND excluded.number > 0)
    RETURNING number
"""
LARGEST_NUMBER = 2**31


class TooOften(Exception):
    """It was done as often as it may be; `until` is when it may be done again."""

    def __init__(self, what: str, until: datetime.datetime) -> None:
        super().__init__(what)
        self.what, self.until = what, until


def client_network(request: HttpRequest) -> str:
    """The sender's address from the last hop we trust: IPv4 as it is, IPv6 as its /64.

    Only what our own proxies appended to X-Forwarded-For is believed; the rest of that header is
    whatever the sender wrote. Empty if there is no address, as behind a socket without a proxy.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(hops) >= settings.TRUSTED_PROXIES and any(hops):
            address = hops[-settings.TRUSTED_PROXIES]
    try:
        parsed = ipaddress.ip_address(_without_port(address.strip()))
    except ValueError:
        return ""
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped:  # how a socket for both versions names an IPv4 sender
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))


def hit(purpose: str, request: HttpRequest) -> int:
    """Note one more try of this sender, and return how many it were in this hour.

    A sender without address is not counted: all of them would share one allowance.
    """
    network = client_network(request)
    if not network:
        return 1
    hour = start_of_hour()
    return count(f"{purpose}|{network}|{hour:%Y-%m-%dT%H}", hour + 2 * HOUR)


def count(what: str, ends_at: datetime.datetime) -> int:
    """Count one more, and return how many it are."""
    values = [keyed_hash(what, "throttle"), connection.ops.adapt_datetimefield_value(ends_at)]
    with connection.cursor() as cursor:
        cursor.execute(ADD, values)
        return cursor.fetchone()[0]


def take(what: str, *, most: int, every: datetime.timedelta, taker: int = 0) -> None:
    """Take one of the `most` places there are in any such span of time, or raise TooOften.

    A taker with a number gets the place again that it has.
    """
    keys = [keyed_hash(f"{what}|{place}", "throttle") for place in range(most)]
    now = timezone.now()
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute(TAKE, [key, taker % LARGEST_NUMBER, adapt(now + every), adapt(now)])
            if cursor.fetchone():
                return
    first_free = Throttle.objects.filter(key__in=keys).order_by("ends_at").first()
    raise TooOften(what, first_free.ends_at if first_free else now + every)


def start_of_hour() -> datetime.datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0)


def _without_port(address: str) -> str:
    """Some proxies write 203.0.113.7:51234 or [2001:db8::7]:51234."""
    bracketed = re.fullmatch(r"\[(.+)\](:\d+)?", address)
    if bracketed:
        return bracketed[1]
    return address.split(":")[0] if address.count(":") == 1 else address
