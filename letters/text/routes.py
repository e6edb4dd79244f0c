"""How a letter to an official travels on paper: straight, or through an embassy; what that costs.

Nobody's country is guessed: the writer says which one they post from, or is asked. What is known of
embassies and prices may be half, old or wrong: only what may be printed comes from here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from cases.countries import country_name
from cases.models import Case, Embassy, Postage, PostalNote
from letters.models import Letter
from letters.text import composing


@dataclass(frozen=True)
class ByPost:
    """What somebody who posts a letter from `origin` can choose, and has to know."""

    origin: str  # empty if they have not said
    note: PostalNote | None  # on the post of the country it goes to
    postage: Postage | None  # today's price of a letter straight to the target
    embassy: Embassy | None  # one through which it can go
    embassy_postage: Postage | None  # of a letter to it, if it is in another country
    check_url: str  # where the post of the origin says what stops it
    operator: str

    @property
    def is_domestic(self) -> bool:
        """Whether the embassy is in the country it is posted from."""
        return self.embassy is not None and self.embassy.in_country == self.origin

    @property
    def is_embassy_first(self) -> bool:
        return bool(self.embassy and self.note and self.note.embassy_first)


def embassy_for(letter: Letter, origin: str) -> Embassy | None:
    """The embassy through which it can go, or that can get a copy, if it is posted there."""
    state = _state(letter)
    return Embassy.objects.offered_from(origin, state) if origin and state else None


def by_post(letter: Letter, origin: str) -> ByPost:
    """What is known for who posts it from there; of its destination only, if `origin` is empty.

    Of a letter whose writer has chosen an embassy it is about that one: meanwhile another may be
    offered first.
    """
    embassy = letter.via_embassy or letter.copied_to or embassy_for(letter, origin)
    destination = (letter.target and letter.target.postal_country) or letter.case.country
    abroad = embassy.in_country if embassy and embassy.in_country != origin else ""
    prices = Postage.objects.filter(country=origin)
    checked = prices.exclude(check_url="").first() if origin else None
    return ByPost(
        origin=origin,
        note=PostalNote.objects.filter(country=_state(letter) or destination).first(),
        postage=Postage.objects.to_show(origin, destination) if origin else None,
        embassy=embassy,
        embassy_postage=Postage.objects.to_show(origin, abroad) if abroad else None,
        check_url=checked.check_url if checked else "",
        operator=checked.operator if checked else "",
    )


def _state(letter: Letter) -> str:
    return letter.case.state_of(letter.target) if letter.target else ""


@dataclass(frozen=True)
class Ways:
    """How a letter for a case can leave from one country."""

    post: bool
    embassy: bool  # one there, or one that covers it
    email: bool
    deliver: bool

    @property
    def by_post(self) -> bool:
        return self.post or self.embassy

    @property
    def names(self) -> list[str]:
        ways = {
            _("by post"): self.post,
            _("through an embassy"): self.embassy,
            _("by e-mail"): self.email,
            _("handed in by us"): self.deliver,
        }
        return [name for name, is_open in ways.items() if is_open]

    @property
    def are_none(self) -> bool:
        return not (self.by_post or self.email or self.deliver)


def ways_from(origin: str, cases: Iterable[Case]) -> dict[int, Ways]:
    """By the key of each case, with its targets: the same as its `routes` say, for one country."""
    offered = Embassy.objects.offered() if origin else Embassy.objects.none()
    embassies = offered.values_list("of_country", "in_country", "covers")
    states = {of for of, there, covered in embassies if origin in (there, *covered)}
    return {
        case.pk: Ways(
            post=any(target.postal_lines for target in case.open_targets),
            embassy=any(case.state_of(target) in states for target in case.open_targets),
            email=any(target.checked_email for target in case.open_targets),
            deliver=case.offers_delivery,
        )
        for case in cases
    }


def envelope_lines(letter: Letter, copy: bool = False) -> list[str]:
    """What the envelope shows, as its writer chose; empty if no address may be printed."""
    if copy:
        return _lines_of(letter.copied_to, letter.posted_from) if letter.copied_to else []
    if letter.via_embassy:
        name, *rest = _lines_of(letter.via_embassy, letter.posted_from)
        return [*addressee_lines(letter), f"c/o {name}", *rest]
    return letter.target.window_lines if letter.target and letter.target.postal_lines else []


def addressee_lines(letter: Letter) -> list[str]:
    """Name and office of whom it is for."""
    return letter.target.addressee_lines if letter.target else []


def copy_note(letter: Letter, copy: bool = False) -> str:
    """Under the letter, that an embassy gets a copy of it; under the copy, of what it is one."""
    if letter.copied_to is None:
        return ""
    with composing.in_language(letter.language):
        if copy:
            addressee = ", ".join(addressee_lines(letter))
            return _("Copy of a letter to: %(addressee)s") % {"addressee": addressee}
        return _("Copy to: %(embassy)s") % {"embassy": letter.copied_to.postal_lines[0]}


def _lines_of(embassy: Embassy, origin: str) -> list[str]:
    """Its address on an envelope; with the country, as the post reads it, only from another one."""
    if embassy.in_country == origin:
        return embassy.postal_lines
    return [*embassy.postal_lines, country_name(embassy.in_country, "en").upper()]
