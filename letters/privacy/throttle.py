"""How often one does a thing, without keeping who that is."""

import datetime
import ipaddress
import re

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from cases import standby
from cases.encryption import keyed_hash
from letters.models import Throttle
from letters.models.locks import delete_locked
from letters.privacy import day_key

# A class of thirty writes from one address, and so does a town hall on the 10th of December.
REVIEW_ABOVE = 120  # an hour: more are kept, but counted only after somebody had a look
REFUSED_ABOVE = 1_200  # an hour: nobody writes so fast
# So many times what one sender may, all around them may together: a school or a mobile network has
# many addresses, and so has whoever rents them.
SENDERS_AROUND = 10
# Each of these mails an address that somebody typed. A town hall signs; a flood takes many nets.
MAILS_REFUSED_ABOVE = 400

HOUR = datetime.timedelta(hours=1)
# In these a network that is IPv6 alone names IPv4 senders: RFC 6052, section 2.1.
NAT64 = ipaddress.ip_network("64:ff9b::/96")

ADD = """
    INSERT INTO letters_throttle (key, number, ends_at) VALUES {0}
    ON CONFLICT (key) DO UPDATE SET number = letters_throttle.number + excluded.number
    RETURNING key, number
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
    if parsed in NAT64:
        return str(ipaddress.IPv4Address(int(parsed) & 0xFFFF_FFFF))
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))


def hit(purpose: str, request: HttpRequest, number: int = 1) -> int:
    """Note one more try of this sender, or `number`, and return how many they made in this hour.

    If the networks around theirs do so much more that no sender in them can be told apart, it is
    the share of that: whoever owns a /48 has 65,536 networks. All senders whose address
    can't be read share one allowance: else leaving it out would be the way around every limit.
    """
    network = client_network(request)
    hour = start_of_hour()
    senders = [network, surroundings(network)] if network else ["no address"]
    # Under a key of the day that is in no dump: nobody learns from the rows who it was.
    names = [day_key.hidden(name) for name in senders]
    own, *around = _count(
        [f"{purpose}|{name}|{hour:%Y-%m-%dT%H}" for name in names], hour + 2 * HOUR, number
    )
    all_around = sum(around)
    return max(own, -(-all_around // SENDERS_AROUND))


def hit_thing(purpose: str, key: int) -> int:
    """Note one more try of anybody at a thing, and return how many that makes in this hour.

    Outside of transactions: it waits for no standby, so that nobody does who takes a letter back.
    """
    hour = start_of_hour()
    with standby.waiting_for_none():
        return count(f"{purpose}|{key}|{hour:%Y-%m-%dT%H}", hour + 2 * HOUR)


def count(what: str, ends_at: datetime.datetime) -> int:
    """Count one more, and return how many it are."""
    return _count([what], ends_at, 1)[0]


def _count(whats: list[str], ends_at: datetime.datetime, number: int) -> list[int]:
    """Count so many more of each, in one statement."""
    keys = [keyed_hash(what, "throttle") for what in whats]
    ends = connection.ops.adapt_datetimefield_value(ends_at)
    rows = ", ".join(["(%s, %s, %s)"] * len(keys))
    values = [value for key in keys for value in (key, number, ends)]
    with connection.cursor() as cursor:
        cursor.execute(ADD.format(rows), values)
        found = dict(cursor.fetchall())
    return [found[key] for key in keys]


def surroundings(network: str) -> str:
    """The networks that one owner may well have all of: the /48 of a /64, the /24 of an IPv4."""
    parsed = ipaddress.ip_network(network)
    return str(parsed.supernet(new_prefix=24 if parsed.version == 4 else 48))


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


def free(what: str) -> None:
    """Give back the one place there is."""
    Throttle.objects.filter(key=keyed_hash(f"{what}|0", "throttle")).delete()


def forget(places: dict[str, int]) -> None:
    """Nothing tells any more that these places, so many of each, were taken."""
    whats = [f"{what}|{place}" for what, most in places.items() for place in range(most)]
    keys = [keyed_hash(what, "throttle") for what in whats]
    delete_locked(Throttle.objects.filter(key__in=keys))


def start_of_hour() -> datetime.datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0)


def _without_port(address: str) -> str:
    """Some proxies write 203.0.113.7:51234 or [2001:db8::7]:51234."""
    bracketed = re.fullmatch(r"\[(.+)\](:\d+)?", address)
    if bracketed:
        return bracketed[1]
    return address.split(":")[0] if address.count(":") == 1 else address
