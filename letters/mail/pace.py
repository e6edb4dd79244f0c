"""How much may leave, for the whole site, a sender, a domain and a mailbox.

What somebody must confirm goes before all else. Nobody's flood holds up anybody else: a sender and
a domain have a share of what may leave in an hour, and so has what a trap caught.
"""

import datetime
from dataclasses import dataclass
from functools import lru_cache

from django.utils import timezone

from cases.encryption import keyed_hash
from letters.models import OutgoingMail, Priority
from letters.models.mail import ONE_A_DAY, REMINDERS
from letters.privacy import senders, throttle

MORNING = datetime.time(9)  # of the site: nobody is woken by a reminder
HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)

# To one mailbox: nobody's is to be filled, by our forms or by us.
PAUSE = datetime.timedelta(minutes=10)  # what is asked for meanwhile goes along in one mail
MAX_MAILS_A_DAY = 4
MAX_CONFIRMATIONS_MORE = 2  # beside these, for what somebody must confirm: six in all
MAX_NEWS_A_DAY = 2  # of the four

# Half of a campaign's supporters may have theirs with one of these.
LARGE_DOMAINS = [
    "gmail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "icloud.com",
    "me.com", "aol.com", "proton.me", "protonmail.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch",
    "web.de", "t-online.de", "bluewin.ch", "orange.fr", "wanadoo.fr", "free.fr", "sfr.fr",
    "laposte.net", "hotmail.fr", "yahoo.fr", "hotmail.co.uk", "yahoo.co.uk", "btinternet.com",
    "libero.it", "telenet.be", "skynet.be", "ziggo.nl", "mail.ru", "yandex.ru", "qq.com", "163.com",
]  # fmt: skip

# What used up its allowance, as `OutgoingMail.held_up_by` names it.
SITE, LINKS, TRAPPED, SENDER, DOMAIN, NEWS = "site", "links", "trapped", "sender", "domain", "news"
HAND_INS, REMIND = "handins", "remind"
SHARED = [SITE, LINKS, TRAPPED, SENDER, DOMAIN, NEWS, HAND_INS, REMIND]


@dataclass(frozen=True)
class MailPace:
    """How fast the outbox is emptied; `manage.py work` can be told otherwise."""

    lease: datetime.timedelta = datetime.timedelta(minutes=5)  # one sending ends far sooner
    # Doubled each time: ten hours in all, a bad night.
    first_wait: datetime.timedelta = datetime.timedelta(minutes=5)
    most_an_hour: int = 2_000  # for the whole site: more is a flood, or the 10th of December
    # News comes by the thousand, and providers slow down who sends more. It is counted by itself,
    # so that it never takes the place of what somebody waits for.
    most_news_an_hour: int = 5_000

    def share(self, part: float) -> int:
        """Of what may leave in an hour; two at least, so that a small site works too."""
        return max(2, int(self.most_an_hour * part))


USUAL = MailPace()


def domain_of(address: str) -> str:
    """What the database knows of a recipient's domain: a keyed hash of the name that is bought.

    Somebody who owns a domain has any number of names below it. Below a country's short second
    level (co.uk, com.br) names are bought one further down.
    """
    labels = address.rpartition("@")[2].lower().split(".")
    is_short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    domain = ".".join(labels[-3 if is_short else -2 :])
    return _domain_hash("gmail.com" if domain == "googlemail.com" else domain)


def keep_to(pace: MailPace, mail: OutgoingMail, *, taker: int) -> None:
    """Take what a mail uses up of all allowances, or raise TooOften: then nothing is taken.

    Call it in a transaction that is rolled back by the exception. A later try with the same
    `taker` takes the places again that an earlier one took in the mailbox.
    """
    next_hour = throttle.start_of_hour() + HOUR
    for what, name, most in _shares(pace, mail):
        if throttle.count(f"{name}|{next_hour:%Y-%m-%dT%H}", next_hour) > most:
            raise throttle.TooOften(what, _by_day(next_hour) if what == REMIND else next_hour)
    to = mail.to_hash
    if mail.priority == Priority.CONFIRM:
        throttle.take(_confirmation_to(to), most=1, every=PAUSE, taker=taker)
        # In the order of other mails, so that two workers do not wait for each other.
        throttle.free(f"mail-to|{to}")  # ten minutes begin anew: what is asked for now goes along
        throttle.take(f"mail-to|{to}", most=1, every=PAUSE, taker=taker)
        try:
            most = MAX_CONFIRMATIONS_MORE
            throttle.take(f"confirmations-a-day|{to}", most=most, every=DAY, taker=taker)
        except throttle.TooOften:
            throttle.take(f"mail-to-a-day|{to}", most=MAX_MAILS_A_DAY, every=DAY, taker=taker)
    else:
        if mail.kind in ONE_A_DAY:
            throttle.take(f"thanks-a-day|{to}", most=1, every=DAY, taker=taker)
        most = MAX_NEWS_A_DAY if mail.is_news else MAX_MAILS_A_DAY
        throttle.take(f"mail-to|{to}", most=1, every=PAUSE, taker=taker)
        throttle.take(f"mail-to-a-day|{to}", most=most, every=DAY, taker=taker)


def owner_was_here(to_hash: str) -> None:
    """The owner of a mailbox has used its link: the next confirmation need not wait."""
    throttle.free(_confirmation_to(to_hash))


def forget(to_hash: str) -> None:
    """All of an address is erased: nothing tells that mails went there today."""
    throttle.forget(
        {
            _confirmation_to(to_hash): 1,
            f"mail-to|{to_hash}": 1,
            f"confirmations-a-day|{to_hash}": MAX_CONFIRMATIONS_MORE,
            f"mail-to-a-day|{to_hash}": MAX_MAILS_A_DAY,
            f"thanks-a-day|{to_hash}": 1,
            f"tried-again|{to_hash}": 1,  # letters.mail.bounces
        }
    )


def _by_day(time: datetime.datetime) -> datetime.datetime:
    local = timezone.localtime(time)
    is_night = local.time() < MORNING
    return local.replace(hour=MORNING.hour, minute=0) if is_night else time


def _shares(pace: MailPace, mail: OutgoingMail) -> list[tuple[str, str, int]]:
    """What the mail is counted under: (what, name of the count, how many an hour)."""
    if mail.is_news:
        return [(NEWS, "news-of-the-site", pace.most_news_an_hour)]
    shares = [(SITE, "mails-of-the-site", pace.most_an_hour)]
    if mail.priority == Priority.TRAPPED:
        shares.append((TRAPPED, "mails-trapped", pace.share(1 / 10)))
    elif mail.priority == Priority.NEWS:
        # By the thousand, and nobody waits for it: a quarter of the hour is left for who does.
        what = REMIND if mail.kind in REMINDERS else HAND_INS
        shares = [(what, "mails-of-the-site", pace.share(3 / 4))]
        if what == REMIND:  # they are due on the same days before the end of a campaign
            shares.append((what, "mails-of-reminders", pace.share(1 / 2)))
        else:
            shares.append((what, "mails-of-hand-ins", pace.share(1 / 4)))
    elif mail.priority == Priority.LINK:
        shares.append((LINKS, "mails-with-links", pace.share(3 / 4)))
    # A quarter of each share, too, is left for confirmations.
    most = 1 if mail.priority == Priority.CONFIRM else 3 / 4
    if mail.domain:
        part = 1 / 2 if mail.domain in _large_domains() else 1 / 10
        shares.append((DOMAIN, f"mails-to-domain|{mail.domain}", pace.share(part * most)))
    if mail.sender:
        part = 1 / 2 if mail.sender == senders.UNKNOWN else 1 / 10
        shares.append((SENDER, f"mails-of-sender|{mail.sender}", pace.share(part * most)))
    return shares


def _confirmation_to(to_hash: str) -> str:
    return f"confirmation-to|{to_hash}"


def _domain_hash(domain: str) -> str:
    return keyed_hash(domain, "mail-domain")[:22]


def large_domain(domain: str) -> str:
    """The name of a large provider's domain, which `domain_of` hides; empty for any other."""
    return _large_domains().get(domain, "")


@lru_cache(maxsize=1)
def _large_domains() -> dict[str, str]:
    return {_domain_hash(name): name for name in LARGE_DOMAINS}
