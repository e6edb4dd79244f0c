"""Ways to e-mail a letter to an official from one's own mailbox: links that open a mail with the
text in it. A link that is too long is cut without a word, so each way is offered up to its length.
"""

from typing import NamedTuple
from urllib.parse import quote

from django.utils.translation import gettext as _

from letters.models import Letter
from letters.text import composing

# In percent-encoded characters: a letter takes one to three of them, Arabic six, Burmese nine.
# Windows hands on 2,083 to a mail program (INTERNET_MAX_URL_LENGTH of wininet.h), less the quotes.
MAX_MAILTO_CHARACTERS = 2_000
# Google answers 413 from 6,400 on (github.com/defund12/defund12.org/issues/893); who has to sign in
# first brings it along encoded twice, as five for each three.
MAX_GMAIL_CHARACTERS = 3_800
# The page takes 31,000 (github.com/InteractionDesignFoundation/add-event-to-calendar-docs/pull/65);
# that where one signs in first may take what Microsoft's web servers do by default
# (maxUrl of IIS: 4,096), with the address in it as Base64.
MAX_OUTLOOK_CHARACTERS = 3_000
# Yahoo has told nobody, and nobody has measured it: as much as every browser and server takes.
MAX_YAHOO_CHARACTERS = 2_000


class EmailWay(NamedTuple):
    name: str
    url: str
    is_webmail: bool = True


def email_to(letter: Letter) -> str:
    """The checked address of the official; empty if there is none."""
    return letter.target.checked_email if letter.target else ""


def about(letter: Letter) -> dict:
    """What its private page needs to have it e-mailed."""
    to, text = email_to(letter), composing.as_text(letter)
    ways = offered(letter) if to else []
    return {
        "email_to": to,
        "email_ways": ways,
        "has_webmail": any(way.is_webmail for way in ways),
        "mail_program_takes_it": any(not way.is_webmail for way in ways),
        "empty_mail": without_text(letter),
        "plain_text": text,
        "subject_and_text": f"{letter.subject}\n\n{text}" if letter.subject else text,
    }


def offered(letter: Letter) -> list[EmailWay]:
    """Those that take the whole letter."""
    to, subject = quote(email_to(letter), safe="@"), quote(letter.subject, safe="")
    text = quote(composing.as_text(letter), safe="")
    gmail = f"https://mail.google.com/mail/?view=cm&fs=1&to={to}&su={subject}&body={text}"
    fields = f"to={to}&subject={subject}&body={text}"
    outlook = f"https://outlook.live.com/mail/0/deeplink/compose?{fields}"
    yahoo = f"https://compose.mail.yahoo.com/?{fields}"
    ways = [
        (EmailWay(_("My mail program"), mailto(letter), False), MAX_MAILTO_CHARACTERS),
        (EmailWay("Gmail", gmail), MAX_GMAIL_CHARACTERS),
        (EmailWay("Outlook.com, Hotmail", outlook), MAX_OUTLOOK_CHARACTERS),
        (EmailWay("Yahoo Mail", yahoo), MAX_YAHOO_CHARACTERS),
    ]
    return [way for way, most in ways if len(way.url) <= most]


def mailto(letter: Letter) -> str:
    """As RFC 6068 has it, whose lines end with CRLF."""
    text = quote(composing.as_text(letter).replace("\n", "\r\n"), safe="")
    return f"{without_text(letter)}&body={text}"


def without_text(letter: Letter) -> str:
    """A mail with the address and the subject, to paste the text into.

    The @ stays as it is: some mail programs do not decode it.
    """
    return f"mailto:{quote(email_to(letter), safe='@')}?subject={quote(letter.subject, safe='')}"
