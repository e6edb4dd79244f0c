"""What staff do with a case: one table for the buttons of its page and the actions of the list."""

from collections.abc import Callable
from typing import NamedTuple

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Case, Edition, Freeze, Stage
from cases.permissions import staff
from cases.publishing import acts, cloning, same_person

PUBLISH, FREEZE = "cases.publish_case", "cases.freeze_case"


class Transition(NamedTuple):
    """`label` stands on the button, `done` is the sentence after it; False of `act`: it waits."""

    name: str
    label: str | Promise
    done: str | Promise
    permission: str
    act: Callable[[Case, User], bool | None]


ACTS = {
    act.name: act
    for act in [
        Transition(
            "send-to-review",
            gettext_lazy("Send to review"),
            gettext_lazy("%(case)s waits for review."),
            "cases.change_case",
            acts.send_to_review,
        ),
        Transition(
            "publish",
            gettext_lazy("Publish"),
            gettext_lazy("%(case)s is published."),
            PUBLISH,
            acts.publish,
        ),
        Transition(
            "close",
            gettext_lazy("Close: no more letters"),
            gettext_lazy("%(case)s is closed: its page stays, letters are no longer asked for."),
            PUBLISH,
            acts.close,
        ),
        Transition(
            "ask-to-unfreeze",
            gettext_lazy("Ask to unfreeze"),
            gettext_lazy("Somebody else has to confirm that %(case)s is unfrozen."),
            FREEZE,
            acts.ask_to_unfreeze,
        ),
        Transition(
            "confirm-unfreeze",
            gettext_lazy("Confirm unfreezing"),
            gettext_lazy("%(case)s is no longer frozen."),
            FREEZE,
            acts.confirm_unfreeze,
        ),
    ]
}


def available(user: User | AnonymousUser, case: Case) -> list[Transition]:
    """The acts that make sense now and that this person may do."""
    return [ACTS[name] for name in _sensible(user, case) if user.has_perm(ACTS[name].permission)]


def _sensible(user: User | AnonymousUser, case: Case) -> list[str]:
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


def apply(request: HttpRequest, name: str, case: Case) -> bool:
    """Do it, and say in a message how it went."""
    try:
        is_done = ACTS[name].act(case, staff(request)) is not False
    except acts.Refused as error:
        report(request, case, error)
        return False
    if is_done:
        messages.success(request, str(ACTS[name].done) % {"case": case})
    else:
        message = _(
            "%(case)s is hidden or withdrawn elsewhere. Somebody else with the safety "
            "role has to approve this: it is on their first page."
        )
        messages.warning(request, message % {"case": case})
    return is_done


def freeze(request: HttpRequest, case: Case, how_far: str, reason: str) -> bool:
    try:
        acts.freeze(case, how_far, reason, staff(request))
    except acts.Refused as error:
        report(request, case, error)
        return False
    label = Freeze(how_far).label
    messages.success(request, _("%(case)s: %(freeze)s.") % {"case": case, "freeze": label})
    return True


def warn_of_others(request: HttpRequest, case: Case) -> None:
    """Of a case that was just taken down, as far as the same person is shown in others."""
    for sentence in same_person.still_shown(case):
        messages.warning(request, f"{case}: {sentence}")


def clone(request: HttpRequest, case: Case, edition: Edition) -> Case | None:
    try:
        draft = cloning.clone(case, edition)
    except acts.Refused as error:
        report(request, case, error)
        return None
    names = {"case": case, "edition": edition}
    messages.success(request, _("A draft of %(case)s is in the edition %(edition)s.") % names)
    return draft


def report(request: HttpRequest, case: Case, error: acts.Refused) -> None:
    messages.warning(request, f"{case}: {error}")
