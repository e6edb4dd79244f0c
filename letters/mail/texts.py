"""Every text that mails are made of, as it ships, with the words in braces that are filled in.

A mail has one text for each thing it tells of, between an opening and an end. To add one, add an
entry to `TEXTS`, under its kind of mail, and its name for staff to `MailTextKind`. What stands for
each word in braces is worked out by `letters/mail/parts.py`.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from letters.models import MailKind
from letters.privacy.limits import KEEP_DATA_LINKS_FOR, KEEP_DRAFTS_FOR, KEEP_SENT_LETTERS_FOR

COLUMNS = 72  # of a line: so many fit the window of every mail program

TOKEN = re.compile(r"\{(\w+)\}")
# What begins like this would be taken for a quotation, or for the beginning of another mail.
IS_NO_TEXT = re.compile(r">|From ")
# A mail that has one in its subject never leaves.
NO_HEADER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Token(NamedTuple):
    """A word in braces: what it stands for, told to whoever edits a text, and an example.

    A text that has a `needed` one can't do without it.
    """

    meaning: str | Promise
    example: str | Promise
    needed: bool = False


TOKENS = {
    "organisation": Token(_("the name of the campaign"), "Write for Rights"),
    "site": Token(_("the address of this website"), "www.example.org"),
    "contact_email": Token(_("where people can write to"), "campaign@example.org"),
    "about": Token(
        _(
            "what the mail is about, as others may read it: “a letter for …”, and in a subject "
            "only the name; without the name if it is hidden"
        ),
        _("a letter for Ana Example"),
    ),
    "what": Token(
        _("what the mail is about, as “your letter for …”; without the name if it is hidden"),
        _("your letter for Ana Example"),
    ),
    "number": Token(_("how many were handed over; “a few” if they are not told"), _("1,200")),
    "letters": Token(_("how many letters are pledged"), _("120 letters")),
    "answer": Token(
        _("what we answered"),
        _("Welcome, and thank you for so many letters!"),
        needed=True,
    ),
    "day": Token(_("the day on which it was"), _("3 December 2025")),
    "days": Token(_("how many days the link works, or until it is erased"), "14"),
    "link": Token(_("the link"), "https://www.example.org/mail/example/", needed=True),
    "until": Token(_("the day by which it is due"), _("10 December 2025")),
    "last_day": Token(_("the last safe day to post"), _("28 November 2025")),
    "left": Token(
        _("how many letters are still to be posted"), _("2 letters are still to be posted")
    ),
    "posted": Token(
        _("the link for somebody who has posted what they pledged"),
        "https://www.example.org/mail/example/posted/",
        needed=True,
    ),
    "year": Token(_("the year of the campaign"), "2025"),
    "you": Token(
        _("what its reader did, as a sentence"), _("You sent 3 letters and signed 8 petitions.")
    ),
    "all": Token(
        _("what all did together, as a sentence"),
        _("All of us together sent 12,000 letters and signed 40,000 times."),
    ),
    "after": Token(
        _("what came after, as a list"),
        _("- 3 February 2026: Charges were dropped (Ana Example, Norway)"),
    ),
    "not_me": Token(
        _("the link for somebody who did not ask for anything"),
        "https://www.example.org/mail/example/not-me/",
        needed=True,
    ),
    "name": Token(_("the name of the person"), _("Ana Example")),
    "country": Token(_("the country of the person"), _("Norway")),
    "outcome": Token(
        _("what happened, as it is in the case, with what came later"),
        _("Ana Example is free\n3 December 2025 · Released"),
        needed=True,
    ),
    "story": Token(
        _("“The whole story, and what can be done now:”, or without the last if nothing can"),
        _("The whole story, and what can be done now:"),
    ),
    "done": Token(
        _("a list of what somebody did"),
        _("- your letter for Ana Example: one of about 1,200"),
        needed=True,
    ),
    "stop": Token(
        _("the link that ends such mails"), "https://www.example.org/stop/example/", needed=True
    ),
    "waiting": Token(
        _("a list of what has to be confirmed"),
        _("- the petition for Ana Example (Norway)"),
        needed=True,
    ),
    "change_wanted": Token(
        _("what we ask its writer to change"),
        _("Please leave out the telephone number."),
        needed=True,
    ),
}
EVERYWHERE = ["organisation", "site", "contact_email", "about"]
# Others see a subject over somebody's shoulder: it names the campaign and the person whom the mail
# is about, and neither who took part nor what they did.
IN_SUBJECT = ["organisation", "site", "about"]


class Opening:
    """How a mail begins: it says why somebody gets it."""

    TYPED = "opening-typed"
    TO_DELIVER = "opening-to-deliver"
    WANTED = "opening-wanted"


@dataclass(frozen=True)
class Text:
    """One text of mails: its words as they ship, and which tokens it may have.

    An opening or an end has no subject, and stands in many mails.
    """

    body: str | Promise
    tokens: tuple[str, ...] = ()
    subject: str | Promise = ""
    opening: str = ""
    # Of several in a mail one is made: what stands for this token is put below each other.
    listed: str = ""
    # Whether its link opens a private page: the mail says at the end what that means.
    has_private_link: bool = False
    # Whether it tells what becomes of a letter: at its end the mail has a link that ends that.
    tells_what_becomes: bool = False
    # Of a token whose general example would be wrong in this text.
    examples: Mapping[str, str | Promise] = field(default_factory=dict)

    @property
    def allowed(self) -> list[str]:
        """All that may stand in it, what is special to it first."""
        return [*self.tokens, *EVERYWHERE]

    @property
    def needed(self) -> list[str]:
        return [token for token in self.tokens if TOKENS[token].needed]

    def example(self, token: str) -> str:
        return str(self.examples.get(token, TOKENS[token].example))


_A_LINK = _("{organisation}: your link ({about})")
_NEWS = _("{organisation}: news ({about})")
_A_REMINDER = _("{organisation}: reminder ({about})")
_A_PLEDGE = {
    "what": _("your pledge to write for Ana Example"),
    "about": _("a pledge for Ana Example"),
}
_A_PETITION = {"about": _("the petition for Ana Example (Norway)")}
_PRIVATE_LINK = _("This is the private link to {what}:\n\n{link}")

# What a mail tells first stands first here, and gives it its subject.
TEXTS = {
    MailKind.CONFIRM: Text(
        _(
            "Please confirm:\n\n"
            "{waiting}\n\n"
            "Open this page and press the button. Until you do, nothing counts and we "
            "send no news:\n\n"
            "{link}\n\n"
            "The link works for {days} days. Keep it to yourself.\n\n"
            "Wasn’t it you? Then you don’t need to do anything: it will be deleted "
            "automatically. Or delete it now and, if you like, stop all mail from us:\n\n"
            "{not_me}"
        ),
        ("waiting", "link", "days", "not_me"),
        _("{organisation}: please confirm ({about})"),
        Opening.TYPED,
        examples=_A_PETITION,
    ),
    MailKind.CHANGE_ASKED: Text(
        _(
            "We have read {what}, and changed nothing. Before we can pass it on, we ask you for "
            "this:\n\n"
            "{change_wanted}\n\n"
            "On your private page you can change it and hand it in again, send it yourself, or "
            "take it back. Until then it stays with us as it is:\n\n"
            "{link}"
        ),
        ("what", "change_wanted", "link"),
        _("{organisation}: a question ({about})"),
        Opening.TO_DELIVER,
    ),
    MailKind.LETTER_REJECTED: Text(
        _(
            "We have read {what}, and can’t pass it on as it is. Your private page says "
            "why. There you can change it and hand it in again, or leave it as it is: "
            "then it will be erased after {days} days.\n\n"
            "{link}"
        ),
        ("what", "link", "days"),
        _("{organisation}: please read ({about})"),
        Opening.TO_DELIVER,
        examples={"days": str(KEEP_DRAFTS_FOR.days)},
    ),
    MailKind.DATA_LINK: Text(
        _(
            "This link opens all that we hold under your address. It works for {days} days after "
            "you last used it:\n\n"
            "{link}\n\n"
            "Whoever has it can read and erase everything, so keep it to yourself."
        ),
        ("link", "days"),
        _("{organisation}: your link"),
        Opening.TYPED,
        examples={
            "days": str(KEEP_DATA_LINKS_FOR.days),
            "about": _("what we hold under this address"),
        },
    ),
    MailKind.LETTER_LINK: Text(
        _PRIVATE_LINK,
        ("what", "link"),
        _A_LINK,
        Opening.TYPED,
        has_private_link=True,
    ),
    MailKind.PLEDGE_LINK: Text(
        _PRIVATE_LINK,
        ("what", "link"),
        _A_LINK,
        Opening.TYPED,
        has_private_link=True,
        examples=_A_PLEDGE,
    ),
    MailKind.PLEDGE_ANSWERED: Text(
        _(
            "So many letters are a lot of work, so we had a look at {what}. It is for "
            "{letters}. This is our answer:\n\n"
            "{answer}\n\n"
            "Your private page shows how far your letters have got:\n\n"
            "{link}"
        ),
        ("what", "letters", "answer", "link"),
        _NEWS,
        Opening.TYPED,
        examples=_A_PLEDGE,
    ),
    MailKind.REPLY_CAME: Text(
        _("There is a reply to {what}. You can read it on your private page:\n\n{link}"),
        ("what", "link"),
        _("{organisation}: a reply ({about})"),
        Opening.WANTED,
        tells_what_becomes=True,
    ),
    MailKind.LETTER_HANDED_IN: Text(
        _(
            "We handed over {what} on {day}, as one of {number}. Thank you for writing! Your "
            "private page says what we know:\n\n"
            "{link}"
        ),
        ("what", "day", "number", "link"),
        _NEWS,
        Opening.WANTED,
        tells_what_becomes=True,
    ),
    MailKind.LETTER_RETURNED: Text(
        _(
            "We tried to hand over {what} on {day}. It was not taken, or it came back to us. It "
            "still counts: you wrote it. Your private page says what we know:\n\n"
            "{link}"
        ),
        ("what", "day", "link"),
        _NEWS,
        Opening.WANTED,
        tells_what_becomes=True,
    ),
    "thanks": Text(
        _(
            "Thank you! This is what you did:\n\n"
            "{done}\n\n"
            "Each one counts. See what we have all done together, and what happened next:\n\n"
            "{link}\n\n"
            "To stop these mails, open this link:\n\n"
            "{stop}"
        ),
        ("done", "link", "stop"),
        _("{organisation}: thank you"),
        Opening.WANTED,
        listed="done",
    ),
    MailKind.REMIND_HALF: Text(
        _(
            "Half of the time for {what} is over, and {left} by {until}. Go on here:\n\n"
            "{link}\n\n"
            "Already posted? Then say so here, and it counts:\n\n"
            "{posted}\n\n"
            "To stop the reminders, open this link:\n\n"
            "{stop}"
        ),
        ("what", "left", "until", "last_day", "link", "posted", "stop"),
        _A_REMINDER,
        Opening.WANTED,
        examples=_A_PLEDGE,
    ),
    MailKind.REMIND_LAST: Text(
        _(
            "There is still time for {what}: please post by {last_day} at the latest. As far "
            "as we know, {left}. Go on here:\n\n"
            "{link}\n\n"
            "Already posted? Then say so here, and it counts:\n\n"
            "{posted}\n\n"
            "To stop the reminders, open this link:\n\n"
            "{stop}"
        ),
        ("what", "left", "until", "last_day", "link", "posted", "stop"),
        _A_REMINDER,
        Opening.WANTED,
        examples=_A_PLEDGE,
    ),
    MailKind.REMIND_AFTER: Text(
        _(
            "You wanted to keep {what} by {until}. As far as we know, {left}. Already posted? "
            "Then say so here, and it counts:\n\n"
            "{posted}\n\n"
            "If not, you can go on, or cancel the pledge. That is all right:\n\n"
            "{link}\n\n"
            "This was the last reminder for that day. To stop all reminders, open this "
            "link:\n\n"
            "{stop}"
        ),
        ("what", "left", "until", "link", "posted", "stop"),
        _A_REMINDER,
        Opening.WANTED,
        examples=_A_PLEDGE,
    ),
    "news": Text(
        _(
            "There is news of {name} ({country}):\n\n"
            "{outcome}\n\n"
            "Thank you for not looking away.\n\n"
            "{story}\n\n"
            "{link}\n\n"
            "To stop this news, open this link. It can do nothing else:\n\n"
            "{stop}"
        ),
        ("name", "country", "outcome", "story", "link", "stop"),
        _("{organisation}: news of {about}"),
        Opening.WANTED,
        examples={"about": _("Ana Example")},
    ),
    "news-bad": Text(
        _(
            "There is news of {name} ({country}):\n\n"
            "{outcome}\n\n"
            "We are sorry to bring you this news. Thank you for not looking away.\n\n"
            "{story}\n\n"
            "{link}\n\n"
            "To stop this news, open this link. It can do nothing else:\n\n"
            "{stop}"
        ),
        ("name", "country", "outcome", "story", "link", "stop"),
        _("{organisation}: news of {about}"),
        Opening.WANTED,
        examples={
            "about": _("Ana Example"),
            "outcome": _("Ana Example is in prison again\n3 December 2025 · Arrested again"),
        },
    ),
    MailKind.YEAR: Text(
        _(
            "This is the one letter about the year that you asked us for.\n\n"
            "{you}\n\n"
            "{all}\n\n"
            "What has happened since, as far as we know:\n\n"
            "{after}\n\n"
            "More about each person, and what comes next:\n\n"
            "{link}\n\n"
            "What you wrote and sent yourself is erased {days} days after you sent it; what you "
            "gave us to deliver, half a year after we delivered it. Only the numbers stay. Within "
            "two months we also forget that you asked for this letter. We won’t write to you "
            "about another year unless you ask us to.\n\n"
            "To stop all such mails now:\n\n"
            "{stop}"
        ),
        ("year", "you", "all", "after", "link", "days", "stop"),
        _("{organisation}: looking back at {about}"),
        Opening.WANTED,
        examples={
            "about": _("the campaign of 2025"),
            "days": str(KEEP_SENT_LETTERS_FOR.days),
        },
    ),
    "confirm-nothing": Text(
        _(
            "There is nothing left for you to confirm. What you signed and follow is on "
            "this page. There you can take it back, or start it again:\n\n"
            "{link}\n\n"
            "The link works for {days} days. Keep it to yourself.\n\n"
            "Wasn’t it you? Then you don’t need to do anything. Or stop all mail from us "
            "here:\n\n"
            "{not_me}"
        ),
        ("link", "days", "not_me"),
        _("{organisation}: nothing left to confirm"),
        Opening.TYPED,
        examples={"about": _("what was signed or followed")},
    ),
    Opening.TO_DELIVER: Text(
        _(
            "Hello,\n\n"
            "This mail is from {organisation}, about {about}. You get it because you "
            "asked us on {site} to deliver something you wrote."
        ),
    ),
    Opening.WANTED: Text(
        _(
            "Hello,\n\n"
            "This mail is from {organisation}, about {about}. You get it because you "
            "asked for it on {site}."
        ),
    ),
    Opening.TYPED: Text(
        _(
            "Hello,\n\n"
            "This mail is from {organisation}, about {about}. You get it because "
            "somebody, probably you, typed this e-mail address on {site}."
        ),
    ),
    "private-links": Text(
        _(
            "With a private link you can read, change, take back or erase what it opens. "
            "Keep it to yourself. If you did not ask for it, somebody mistyped their "
            "address: open the link and tell us, or do nothing."
        ),
    ),
    "end-such-mails": Text(
        _("To stop these mails, open this link:\n\n{stop}"),
        ("stop",),
    ),
    "end": Text(_("{organisation}\n{contact_email}")),
}
ORDER = {kind: place for place, kind in enumerate(TEXTS)}


class Words(NamedTuple):
    """A text in one language."""

    subject: str
    body: str


def shipped(kind: str) -> Words:
    """In the language that is active."""
    return Words(str(TEXTS[kind].subject), str(TEXTS[kind].body))


def problems(kind: str, words: Words) -> dict[str, list[str]]:
    """Why a text can't be used, as sentences beside what they are about: "subject" or "body"."""
    text = TEXTS[kind]
    body = _unknown(words.body, text.allowed)
    for token in text.needed:
        if f"{{{token}}}" not in words.body:
            missing = gettext("{%(token)s} is missing: without it the mail is of no use.")
            body.append(missing % {"token": token})
    subject = _unknown(words.subject, IN_SUBJECT) if text.subject else []
    if text.subject and "{organisation}" not in words.subject:
        subject.append(gettext("{organisation} is missing: it says who the mail is from."))
    if text.subject and NO_HEADER.search(words.subject):
        subject.append(gettext("It has to be one line, without tabs and the like."))
    return {"subject": subject, "body": body}


def _unknown(text: str, allowed: list[str]) -> list[str]:
    known = ", ".join(f"{{{token}}}" for token in allowed)
    found = [
        gettext("{%(token)s} can’t be filled in here. What can: %(known)s.")
        % {"token": token, "known": known}
        for token in dict.fromkeys(TOKEN.findall(text))
        if token not in allowed
    ]
    if re.search(r"[{}]", TOKEN.sub("", text)):
        found.append(gettext("There is a single brace. Write it like this: {organisation}."))
    return found


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with what stands for its words in braces; one that nothing stands for is left."""
    return TOKEN.sub(lambda found: values.get(found[1], found[0]), text)


def wrapped(body: str) -> str:
    """The body as it is mailed: in short lines, and links whole.

    As RFC 3676 has it (`format=flowed`): where a line ends with a space its sentence goes on in the
    next, so a mail program can set the lines anew, as wide as its window.
    """
    lines = (_wrapped_line(line) for line in body.strip().splitlines())
    return "\n".join(lines) + "\n"


def _wrapped_line(line: str) -> str:
    lines = textwrap.wrap(line.strip(), COLUMNS - 1, break_long_words=False, break_on_hyphens=False)
    return " \n".join(f" {each}" if IS_NO_TEXT.match(each) else each for each in lines)
