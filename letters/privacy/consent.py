"""What people agree to when they give a name or an address, and in which version they did.

A change of these texts is a new VERSION: rows keep the one that was on the page.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from cases.models import Case
from letters.models import Letter, Route

VERSION = "2026-11"
POSTED_ONLY = f"{VERSION}p"  # where nobody is offered to hand us a letter: no word of it

LABEL = _("I agree that you keep this with my name and address. It can show my political opinion.")
PURPOSES = {
    "letter": _(
        "So that it can be printed, changed and handed in: for 90 days after you post it, for two "
        "years at most if you hand it to us. You can erase it at any time."
    ),
    "letter-posted-only": _(
        "So that it can be printed and changed: for 90 days after you post it. You can erase it at "
        "any time."
    ),
    "signature": _(
        "So that the signatures can be handed over together: for two years at most. You can erase "
        "it at any time."
    ),
    "pledge": _(
        "So that you can find your pledge again: until 90 days after its day. You can "
        "erase it at any time."
    ),
    "follow": _(
        "By pressing this button you agree that we keep your address, which can show "
        "your political opinion, to send you this news until you stop it. You confirm it "
        "by mail."
    ),
}


def version_for(case: Case, letter: Letter | None = None) -> str:
    """Of what stands beside the box under a letter or message for this case: one that is with us
    stays with us, though no other can be handed to us any more."""
    is_with_us = letter is not None and letter.route == Route.DELIVER
    return VERSION if case.offers_delivery or is_with_us else POSTED_ONLY


def covers(agreed: str, version: str) -> bool:
    """Whether who agreed to the one version need not be asked for the other: a later text says the
    same, but who agreed to a letter that they post did not agree that we hand it in."""
    return bool(agreed) and (_is_posted_only(version) or not _is_posted_only(agreed))


def covers_delivery(letter: Letter) -> bool:
    """Whether it may be handed to us: its writer agreed to that, or it names nobody."""
    return not letter.consent_version or covers(letter.consent_version, VERSION)


def _is_posted_only(version: str) -> bool:
    return version.endswith("p")


def purpose_of(version: str, what: str) -> str:
    """For what, and for how long."""
    posted_only = what == "letter" and _is_posted_only(version)
    return str(PURPOSES["letter-posted-only" if posted_only else what])


def text_of(version: str, what: str) -> str:
    """What stood beside the box, or the button, in that version."""
    if version not in (VERSION, POSTED_ONLY):
        return ""  # only one was ever shown; the next one brings the earlier texts along here
    label = "" if what == "follow" else f"{LABEL} "
    return f"{label}{purpose_of(version, what)}"
