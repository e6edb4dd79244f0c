"""What a mail says of each thing that it tells of, worked out when it leaves.

To add a kind of mail, add a function to `PARTS`, and its words to `letters/mail/texts.py`.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import transaction
from django.db.models import Min
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from cases.models import Case, Edition, Freeze, Outcome
from cases.models.translation import marked_text
from letters.mail import links, reminders
from letters.mail.messages import OF_DELIVERY
from letters.mail.texts import TOKENS, Words
from letters.models import (
    DataRequest,
    Delivery,
    EmailAddress,
    Follow,
    FollowState,
    HandInItem,
    Letter,
    LetterState,
    MailKind,
    OutgoingMail,
    Pledge,
    Reply,
    ReplyState,
    Signature,
    SignatureState,
)
from letters.models.locks import lock
from letters.privacy.limits import (
    KEEP_DATA_LINKS_FOR,
    KEEP_DRAFTS_FOR,
    KEEP_SENT_LETTERS_FOR,
    KEEP_UNCONFIRMED_FOR,
)
from letters.statistics import year
from letters.statistics.disclosure import SMALLEST_SHOWN
from letters.text.post_days import last_safe_day

# What nobody said yes to has its time anew if a mail asks for it so shortly before its end.
LAST_DAYS = datetime.timedelta(days=2)


class Part(NamedTuple):
    """One text of a mail, and what stands for its words in braces: see `letters.mail.texts`.

    `about` is what its first sentence names, as `about_of` has each; `names` are of the persons, as
    its subject has them: none if they are hidden. `stop` is a link that ends such mails, if it has
    its place at the end of the mail. `approved` are texts of that mail that stay as they were
    approved.
    """

    text: str
    values: dict[str, str]
    about: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    stop: str = ""
    approved: dict[str, Words] = {}


def part_of(mail: OutgoingMail) -> Part | None:
    """What the mail says of its thing, in the language that is active.

    None if the thing is gone, has another address now, or if it is not so any more.
    """
    return PARTS[mail.kind](mail)


def named(thing: Letter | Pledge) -> str:
    """What it is, in a sentence: “your letter for Ana Test”. A case that is hidden has no name."""
    name = _shown_name(thing.case)
    if isinstance(thing, Pledge):
        if name:
            return _("your pledge to write for %(name)s") % {"name": name}
        return _("your pledge to write letters")
    if not name:
        return _("what you wrote")
    if thing.is_message:
        return _("your message for %(name)s") % {"name": name}
    return _("your letter for %(name)s") % {"name": name}


def about_of(thing: Letter | Pledge) -> str:
    """The same as others may read it: “a letter for Ana Test”, and not whose it is."""
    name = _shown_name(thing.case)
    if isinstance(thing, Pledge):
        return _("a pledge for %(name)s") % {"name": name} if name else _("a pledge")
    if thing.is_message:
        return _("a message for %(name)s") % {"name": name} if name else _("a message")
    return _("a letter for %(name)s") % {"name": name} if name else _("a letter")


def _shown_name(case: Case | None) -> str:
    return case.display_name if case and case.is_visible else ""


def _names(*cases: Case | None) -> tuple[str, ...]:
    """Of those that may be named, each once."""
    return tuple(dict.fromkeys(name for case in cases if (name := _shown_name(case))))


def waits_for_confirmation(mail: OutgoingMail) -> bool:
    """Whether something was asked for with the address that nobody has said yes to."""
    email_address = number_of(mail)
    return (
        Signature.objects.filter(
            email_address=email_address, state=SignatureState.UNCONFIRMED
        ).exists()
        or Follow.objects.filter(
            email_address=email_address, state=FollowState.UNCONFIRMED
        ).exists()
    )


def number_of(mail: OutgoingMail) -> int:
    """The number of the row that the mail is about."""
    return int(mail.about.partition(":")[2])


def letter_of(mail: OutgoingMail) -> Letter | None:
    """The letter that the mail is about, if it still has the address that the mail goes to."""
    letters = Letter.objects.select_related("case__edition", "case__action_count").defer("name")
    return letters.filter(pk=number_of(mail), email_hash=mail.to_hash).first()


def pledge_of(mail: OutgoingMail) -> Pledge | None:
    """The pledge that the mail is about, as above."""
    pledges = Pledge.objects.select_related("case__edition").defer("name")
    return pledges.filter(pk=number_of(mail), email_hash=mail.to_hash).first()


def _letter_link(mail: OutgoingMail) -> Part | None:
    letter = letter_of(mail)
    return _about(mail, letter) if letter else None


def _pledge_link(mail: OutgoingMail) -> Part | None:
    pledge = pledge_of(mail)
    return _about(mail, pledge) if pledge else None


def _pledge_answered(mail: OutgoingMail) -> Part | None:
    """While its case is frozen the mail waits: the answer may say of whom it is."""
    pledge = pledge_of(mail)
    if pledge is None or pledge.is_released or not pledge.looked_at:
        return None
    if pledge.email_proven_on is None:
        return None
    if pledge.case and pledge.case.freeze != Freeze.NONE:
        return None
    return _about(mail, pledge, letters=str(pledge), answer=pledge.told_answer)


def _about(mail: OutgoingMail, thing: Letter | Pledge, **values: str) -> Part:
    values = {"what": named(thing), "link": links.to_thing(thing), **values}
    return Part(mail.kind, values, (about_of(thing),), _names(thing.case))


def _data_link(mail: OutgoingMail) -> Part | None:
    asked = DataRequest.objects.filter(pk=number_of(mail), email_hash=mail.to_hash)
    if not asked.exists():
        return None
    values = {"link": mail.body, "days": str(KEEP_DATA_LINKS_FOR.days)}
    return Part(mail.kind, values, (_("what we hold under this address"),))


def _rejected(mail: OutgoingMail) -> Part | None:
    letter = letter_of(mail)
    if letter is None or letter.state != LetterState.REJECTED:
        return None
    return _about(mail, letter, days=str(KEEP_DRAFTS_FOR.days))


def _change_asked(mail: OutgoingMail) -> Part | None:
    """While its case is frozen the mail waits: what is asked for may say of whom it is."""
    letter = letter_of(mail)
    if letter is None or letter.state != LetterState.CHANGE_ASKED or not letter.is_valid:
        return None
    if letter.case.freeze != Freeze.NONE:
        return None
    return _about(mail, letter, change_wanted=letter.change_wanted)


def _of_delivery(mail: OutgoingMail) -> Part | None:
    """Of a letter that was handed in or came back; None if that is not so any more, or its writer
    does not want to know. While the case is frozen it waits."""
    letter = letter_of(mail)
    if letter is None or not letter.wants_news or letter.case.freeze != Freeze.NONE:
        return None
    items = HandInItem.objects.open().select_related("hand_in__delivery")
    item = items.filter(letter=letter, hand_in__delivery__in=Delivery.objects.handed_in()).first()
    is_so = letter.state == OF_DELIVERY[mail.kind] and letter.is_valid and not letter.erased_on
    if item is None or not is_so:
        return None
    delivery = item.hand_in.delivery
    day, number = _day(delivery.handed_in_on), _number(delivery.number)
    return _what_became(mail, letter, day=day, number=number)


def _reply_came(mail: OutgoingMail) -> Part | None:
    """Of an answer to a letter; None if it is not shared any more, or its writer does not want to
    know. While the case is frozen it waits."""
    letter = letter_of(mail)
    if letter is None or not letter.wants_news or letter.case.freeze != Freeze.NONE:
        return None
    if letter.state == LetterState.POSTED and letter.email_proven_on is None:
        return None
    shared = Reply.objects.of_letter(letter).filter(state=ReplyState.SHARED)
    return _what_became(mail, letter) if shared.exists() else None


def _what_became(mail: OutgoingMail, letter: Letter, **values: str) -> Part:
    return _about(mail, letter, **values)._replace(stop=links.to_end_thanks(letter))


def _reminder(mail: OutgoingMail) -> Part | None:
    """Of what is still to be written; None if nothing is, or its writer wants no reminders. While
    the case is frozen it waits."""
    pledge = pledge_of(mail)
    if pledge is None or not reminders.is_wanted(pledge, mail.kind):
        return None
    return _about(
        mail,
        pledge,
        left=_letters_left(pledge.letters_left()),
        until=_day(pledge.due_on),
        last_day=_day(last_safe_day(pledge).day),
        posted=links.to_say_posted(pledge),
        stop=links.to_stop_reminders(pledge),
    )


def _letters_left(number: int) -> str:
    label = ngettext(
        "%(number)s letter is still to be posted",
        "%(number)s letters are still to be posted",
        number,
    )
    return label % {"number": number}


def _thanks_posted(mail: OutgoingMail) -> Part | None:
    """For a letter that was posted; None if that was undone, or its writer wants no thanks."""
    letter = letter_of(mail)
    if letter is None or not letter.wants_news or letter.email_proven_on is None:
        return None
    if letter.state != LetterState.POSTED or not letter.is_valid:
        return None
    number = letter.case.message_count if letter.is_message else letter.case.letter_count
    return _thanks(mail, letter.case, named(letter), about_of(letter), number)


def _thanks_signed(mail: OutgoingMail) -> Part | None:
    """For a signature that was confirmed; None if it was withdrawn, or its owner wants no
    thanks."""
    wanting = Signature.objects.filter(
        pk=number_of(mail), wants_thanks=True, state=SignatureState.CONFIRMED, erased_on=None
    )
    cases = wanting.select_related("petition__case__edition", "petition__case__action_count")
    signature = cases.filter(email_address__email_hash=mail.to_hash).defer("name").first()
    if signature is None:
        return None
    case = signature.petition.case
    return _thanks(mail, case, _petition(case), _petition(case), case.shown_signatures)


def _thanks(mail: OutgoingMail, case: Case, what: str, about: str, number: int) -> Part | None:
    """What is frozen now is not thanked for later."""
    if not case.is_visible or case.freeze != Freeze.NONE:
        return None
    if number >= SMALLEST_SHOWN:
        what = _("%(what)s: one of about %(number)s") % {"what": what, "number": intcomma(number)}
    link = settings.SITE_URL + reverse("letters:impact")
    values = {"done": f"- {what}", "link": link, "stop": mail.unsubscribe_url}
    return Part("thanks", values, (about,))


def _year(mail: OutgoingMail) -> Part | None:
    """The letter about the year, if its reader still wants it."""
    address = EmailAddress.objects.filter(pk=number_of(mail), email_hash=mail.to_hash).first()
    if address is None:
        return None
    wished = address.follows.confirmed().exclude(edition=None).values("edition")
    approved = Edition.objects.filter(pk__in=wished, year_letter__approved_at__isnull=False)
    edition = approved.select_related("year_letter").order_by("-year").first()
    if edition is None:
        return None
    return _of_year(edition, year.done_by(address, edition), stop=mail.unsubscribe_url)


def example_of_year(edition: Edition) -> Part:
    """The letter about the year as it was asked for, or would be now, for an invented reader."""
    done = year.Done(letters=3, messages=1, signatures=8)
    return _of_year(edition, done, stop=str(TOKENS["stop"].example))


def _of_year(edition: Edition, done: year.Done, *, stop: str) -> Part:
    asked_for = edition.year_letter.texts.get(get_language()) if edition.year_letter else None
    after = outcomes_of_year(edition)
    if asked_for:  # what is new or was changed since, nobody has approved
        after = [outcome for outcome in after if outcome in asked_for["after"]]
    values = {
        "year": str(edition.year),
        "you": _you_did(done, edition),
        "all": _all_did(year.done_by_all(edition)),
        "after": _came_after(after),
        "link": settings.SITE_URL + reverse("cases:edition", args=[edition.year]),
        "days": str(KEEP_SENT_LETTERS_FOR.days),
        "stop": stop,
    }
    words = asked_for["words"] if asked_for else {}
    approved = {text: Words(*subject_and_body) for text, subject_and_body in words.items()}
    about = _("the campaign of %(year)s") % {"year": edition.year}
    return Part(MailKind.YEAR, values, (about,), (about,), approved=approved)


def _you_did(done: year.Done, edition: Edition) -> str:
    told = done.told()
    if not told:
        return _("We don’t keep for long who did what. What counted still counts. Thank you!")
    if year.may_be_erased(edition):
        return _("As far as we still know, you did this, or more: %(done)s. Thank you!") % {
            "done": told
        }
    return _("You did this: %(done)s. Thank you!") % {"done": told}


def _all_did(done: year.Done) -> str:
    if told := done.told():
        return _("All of us together: %(done)s.") % {"done": told}
    return ""


def outcomes_of_year(edition: Edition) -> list[str]:
    """What came after, as its letter tells it, in the language that is active."""
    return [_outcome(outcome) for outcome in year.outcomes_of(edition)]


def _came_after(outcomes: list[str]) -> str:
    if not outcomes:
        return _("- Nothing that we have learned of yet. We don’t give up.")
    return "\n".join(f"- {outcome}" for outcome in outcomes)


def _outcome(outcome: Outcome) -> str:
    case = outcome.case
    told = f"{marked_text(outcome, 'headline')} ({case.display_name}, {case.country_name})"
    if outcome.date_text:
        told = _("%(what)s: %(more)s") % {"what": outcome.date_text, "more": told}
    if outcome.is_good_news:
        for row, _is_later in outcome.later:
            if row.case_id != case.pk:  # of the same edition it is a line of its own
                when = row.date_text or _("date not known")
                told += f". {_('Later:')} {marked_text(row, 'headline')} ({when})"
    return told


def _confirm(mail: OutgoingMail) -> Part | None:
    address = EmailAddress.objects.filter(pk=number_of(mail), email_hash=mail.to_hash).first()
    if address is None:
        return None
    link = links.to_thing(address)
    values = {"link": link, "not_me": f"{link}not-me/", "days": str(_days_to_confirm(address))}
    if waiting := _waiting(address):
        listed = "\n".join(f"- {each}" for each in waiting)
        values |= {"waiting": listed}
        return Part(MailKind.CONFIRM, values, tuple(waiting), _names(*waiting.values()))
    return Part("confirm-nothing", values, (_("what was signed or followed"),))


def _days_to_confirm(address: EmailAddress) -> int:
    """For how many days from now on all that waits can be confirmed: it counts from the first time
    that it was asked for."""
    now = timezone.now()
    begun = [now]
    with transaction.atomic():
        for waiting in (
            address.signatures.filter(state=SignatureState.UNCONFIRMED),
            address.follows.filter(state=FollowState.UNCONFIRMED),
        ):
            ending = lock(waiting.filter(created_at__lt=now - KEEP_UNCONFIRMED_FOR + LAST_DAYS))
            waiting.filter(pk__in=ending).update(created_at=now)
            begun.append(waiting.aggregate(first=Min("created_at"))["first"] or now)
    left = min(begun) + KEEP_UNCONFIRMED_FOR - now
    return min(left, links.CONFIRM_WITHIN).days


def and_more(names: list[str]) -> str:
    """The first, and how many others there are."""
    first, *others = dict.fromkeys(names)
    if not others:
        return first
    return _("%(first)s and %(number)s more") % {"first": first, "number": len(others)}


def _waiting(address: EmailAddress) -> dict[str, Case | None]:
    """What nobody has said yes to, and the case it is about."""
    signatures = address.signatures.filter(state=SignatureState.UNCONFIRMED)
    signatures = signatures.select_related("petition__case__edition").defer("name")
    follows = address.follows.filter(state=FollowState.UNCONFIRMED)
    follows = follows.select_related("case__edition", "edition")
    signed = [signature.petition.case for signature in signatures.order_by("pk")]
    return {_petition(case): case for case in signed} | {
        _news(follow): follow.case for follow in follows.order_by("pk")
    }


def _petition(case: Case) -> str:
    if not case.is_visible:
        return _("a petition that is not shown at the moment")
    return _("the petition for %(name)s (%(country)s)") % _name_and_country(case)


def _news(follow: Follow) -> str:
    case = follow.case
    if follow.edition:
        return _("one letter about the year %(year)s") % {"year": follow.edition}
    if case is None:
        return _("good news of all cases by e-mail")
    if not case.is_visible:
        return _("news that is not sent at the moment")
    return _("news of %(name)s (%(country)s) by e-mail") % _name_and_country(case)


def _name_and_country(case: Case) -> dict[str, str]:
    return {"name": case.display_name, "country": case.country_name}


def _day(day: datetime.date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else ""


def _number(number: int | None) -> str:
    if (number or 0) < SMALLEST_SHOWN:
        return _("a few")
    return str(intcomma(number))


PARTS: dict[str, Callable[[OutgoingMail], Part | None]] = {
    MailKind.CONFIRM: _confirm,
    MailKind.DATA_LINK: _data_link,
    MailKind.LETTER_LINK: _letter_link,
    MailKind.PLEDGE_LINK: _pledge_link,
    MailKind.PLEDGE_ANSWERED: _pledge_answered,
    MailKind.LETTER_REJECTED: _rejected,
    MailKind.CHANGE_ASKED: _change_asked,
    MailKind.LETTER_HANDED_IN: _of_delivery,
    MailKind.LETTER_RETURNED: _of_delivery,
    MailKind.REPLY_CAME: _reply_came,
    MailKind.REMIND_HALF: _reminder,
    MailKind.REMIND_LAST: _reminder,
    MailKind.REMIND_AFTER: _reminder,
    MailKind.THANKS_POSTED: _thanks_posted,
    MailKind.THANKS_SIGNED: _thanks_signed,
    MailKind.YEAR: _year,
}
