"""`{% load letters %}`: what pages show of letters."""

import datetime
import re
from collections.abc import Collection

from django import template
from django.db.models import Model
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from cases.models import Case, Target
from letters.models import Letter, Pledge
from letters.models.demo_data import demo_data_exists
from letters.privacy import personal_data
from letters.statistics import deliveries, waiting
from letters.text import redactions
from letters.text.checks import Piece

register = template.Library()


@register.inclusion_tag("includes/_sample_notice.html")
def sample_notice() -> dict:
    """A line at the top of every page, as long as invented activity is in the database."""
    return {"is_sample": demo_data_exists()}


@register.inclusion_tag("includes/_post_button.html")
def post_button(
    act: str,
    label: str,
    *,
    icon: str = "",
    look: str = "button-link",
    kind: str = "",
    pk: int | None = None,
) -> dict:
    """A form of one button, that posts an act: done to the row of that kind, if a page has many."""
    what = f"{kind}-{pk}" if kind else ""
    return {"act": act, "label": label, "icon": icon, "look": look, "what": what}


@register.inclusion_tag("letters/_next_steps.html")
def next_steps(
    case: Case,
    act: str = "",
    *,
    pledge: Pledge | None = None,
    pledge_token: str = "",
) -> dict:
    """What somebody can do after an act for a case: go back to their pledge, tell others, do
    something else for the same person, go on to who needs letters most in the newest edition.

    `act` is what they did: "letter", "signature", "message" or "share". The private link of
    `pledge` is shown, or with a `pledge_token`, which opens nothing, one to write the next letter
    for it.
    """
    others = Case.objects.listed().taking_letters().exclude(pk=case.pk)
    if pledge and not pledge.case:
        others = others.filter(edition=pledge.edition_id)
    next_case = others.select_related("edition").newest_edition_first().first()
    letters_left = pledge.letters_left() if pledge and not pledge.is_released else 0
    pledged = pledge.case or next_case if pledge and letters_left and pledge_token else None
    return {
        "case": case,
        "pledge": pledge if letters_left and not pledge_token else None,
        "letters_left": letters_left,
        "pledge_token": pledge_token,
        "pledged": pledged if pledged and pledged.takes_letters else None,
        "may_share": act != "share" and case.may_be_shared and case.takes_actions,
        "other": next(iter(_more_for(case, act)), ""),
        "next_case": None if pledged else next_case,
    }


@register.inclusion_tag("letters/letters/_more_for.html")
def more_for(
    case: Case, act: str, *, other_targets: Collection[Target] = (), next_steps: bool = True
) -> dict:
    """What else can be done for a case, without what stands in the `next_steps` on the page."""
    more = _more_for(case, act)
    return {
        "case": case,
        "other_targets": other_targets,
        "more": more[1:] if next_steps else more,
        "may_share": not next_steps and act != "share" and case.may_be_shared,
    }


def _more_for(case: Case, act: str) -> list[str]:
    is_open = {
        "letter": case.takes_letters and case.open_targets,
        "signature": case.takes_signatures,
        "message": case.takes_messages,
    }
    return [one for one, opens in is_open.items() if opens and one != act]


@register.simple_tag
def days_until_read() -> int:
    """How long what is handed to us waits to be read, if that is long."""
    return waiting.days_until_read()


@register.filter
def named(thing: Model) -> str:
    """As buttons and addresses name it: “letter-17”."""
    return personal_data.named(thing)


@register.filter
def waiting_time(since: datetime.datetime | None) -> str:
    """“2 days, 3 hours”; never “0 minutes”."""
    if since and timezone.now() - since < datetime.timedelta(minutes=1):
        return _("less than a minute")
    return timesince(since) if since else ""


@register.simple_tag
def with_hand_ins(case: Case, timeline: list) -> list:
    """The timeline of a case with what was handed in for it, each in its place."""
    rows = [*timeline, *deliveries.of_case(case)]
    return sorted(rows, key=lambda row: (row.date is None, row.date or datetime.date.max))


@register.simple_tag
def handed_in_for(cases: list[Case]) -> deliveries.Totals:
    """What was handed in for some cases, as far as it is enough to be told."""
    return deliveries.totals(cases)


@register.simple_tag
def with_marks(pieces: list[Piece]) -> SafeString:
    """The text as it is, to the last space, with its problems marked and what is left out."""
    return format_html_join("", "{}", ((_shown(piece),) for piece in pieces))


def _shown(piece: Piece) -> str:
    shown = format_html("<mark>{}</mark>", piece.text) if piece.marked else piece.text
    return format_html("<del>{}</del>", shown) if piece.left_out else shown


@register.simple_tag
def with_redactions(letter: Letter, field: str) -> SafeString:
    """All words of its subject or body, struck through where staff leave them out: line by line,
    so that `linebreaks` can follow."""
    whole = Piece(getattr(letter, field), marked=False)
    pieces = redactions.pieces_without([whole], redactions.places_in(letter, field))
    shown = [
        Piece(line, marked=False, left_out=piece.left_out and bool(line.strip()))
        for piece in pieces
        for line in re.split(r"(\r?\n)", piece.text)
    ]
    return with_marks(shown)


@register.simple_tag
def redacted_text(letter: Letter, field: str) -> str:
    """Its subject or body as readers see it."""
    return redactions.text_of(letter, field)


@register.filter
def of_letter(by_key: dict[int, object] | None, letter: Letter) -> object:
    """What a dictionary has of a letter, by its key."""
    return (by_key or {}).get(letter.pk)
