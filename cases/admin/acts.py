"""What staff do with a case: one table for the buttons of its page and the actions of the list."""

from __future__ import annotations

from typing import NamedTuple

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import publishing
from cases.models import Case, Edition, Freeze, Stage

PUBLISH, FREEZE = "cases.publish_case", "cases.freeze_case"


class Act(NamedTuple):
    """`label` stands on the button, `done` is the sentence after it."""

    name: str
    label: str
    done: str
    permission: str


ACTS = {
    act.name: act
    for act in [
        Act(
            "send-to-review",
            gettext_lazy("Send to review"),
            gettext_lazy("%(case)s waits for review."),
            "cases.change_case",
        ),
        Act(
            "publish",
            gettext_lazy("Publish"),
            gettext_lazy("%(case)s is published."),
            PUBLISH,
        ),
        Act(
            "close",
            gettext_lazy("Close: no more letters"),
            gettext_lazy("%(case)s is closed: its page stays, letters are no longer asked for."),
            PUBLISH,
        ),
        Act(
            "ask-to-unfreeze",
            gettext_lazy("Ask to unfreeze"),
            gettext_lazy("Somebody else has to confirm that %(case)s is unfrozen."),
            FREEZE,
        ),
        Act(
            "confirm-unfreeze",
            gettext_lazy("Confirm unfreezing"),
            gettext_lazy("%(case)s is no longer frozen."),
            FREEZE,
        ),
    ]
}


def possible(user, case: Case) -> list[Act]:
    """The acts that make sense now and that this person may do."""
    return [ACTS[name] for name in _sensible(user, case) if user.has_perm(ACTS[name].permission)]


def _sensible(user, case: Case) -> list[str]:
    names = {
        Stage.DRAFT: ["publish", "send-to-review"],
        Stage.IN_REVIEW: ["publish"],
        Stage.PUBLISHED: ["close"],
        Stage.CLOSED: ["publish"],
    }[Stage(case.stage)]
    if case.freeze == Freeze.NONE:
        return names
    if case.unfreeze_asked_by_id is None:
        return [*names, "ask-to-unfreeze"]
    # Unfreezing takes two.
    return names if case.unfreeze_asked_by_id == user.pk else [*names, "confirm-unfreeze"]


def do(request: HttpRequest, name: str, case: Case) -> bool:
    """Do it, and say in a message how it went."""
    try:
        match name:
            case "publish":
                publishing.publish(case)
            case "close":
                publishing.close(case)
            case "send-to-review":
                publishing.send_to_review(case)
            case "ask-to-unfreeze":
                publishing.ask_to_unfreeze(case, request.user)
            case "confirm-unfreeze":
                publishing.confirm_unfreeze(case, request.user)
    except publishing.Refused as error:
        report(request, case, error)
        return False
    messages.success(request, ACTS[name].done % {"case": case})
    return True


def freeze(request: HttpRequest, case: Case, how_far: str, reason: str) -> bool:
    try:
        publishing.freeze(case, how_far, reason, request.user)
    except publishing.Refused as error:
        report(request, case, error)
        return False
    label = Freeze(how_far).label
    messages.success(request, _("%(case)s: %(freeze)s.") % {"case": case, "freeze": label})
    return True


def clone(request: HttpRequest, case: Case, edition: Edition) -> Case | None:
    try:
        draft = publishing.clone(case, edition)
    except publishing.Refused as error:
        report(request, case, error)
        return None
    words = {"case": case, "edition": edition}
    messages.success(request, _("A draft of %(case)s is in the edition %(edition)s.") % words)
    return draft


def report(request: HttpRequest, case: Case, error: publishing.Refused) -> None:
    messages.warning(request, f"{case}: {error}")
