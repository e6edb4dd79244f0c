"""What people agree to when they give a name or an address, and in which version they did.

A change of these texts is a new VERSION: rows keep the one that was on the page.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from cases.models import Case

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


def version_for(case: Case) -> str:
    """Of what stands beside the box under a letter or message for this case."""
    return VERSION if case.offers_delivery else POSTED_ONLY


def text_of(version: str, what: str) -> str:
    """What stood beside the box, or the button, in that version."""
    if version == POSTED_ONLY and what == "letter":
        return f"{LABEL} {PURPOSES['letter-posted-only']}"
    if version != VERSION:
        return ""  # only one was ever shown; the next one brings the earlier texts along here
    label = "" if what == "follow" else f"{LABEL} "
    return f"{label}{PURPOSES[what]}"
