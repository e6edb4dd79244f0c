"""Who of the staff may see what of a case: what a role does not need it does not see.

docs/safety.md 20.

| what | seen by |
| --- | --- |
| names of published cases, their public pages | whoever may see the list of cases |
| everything else: drafts, previews, staff notes, hidden and withdrawn cases, addresses for staff,
  quotes without consent, history | who may change cases: editors and the safety role |
| why a case is frozen | the safety role; an editor sees that it is frozen, and since when |
| consents | the safety role |

Moderators need the names of cases to do their work: they stand beside each letter, message,
signature and post, also when the case was hidden since; so does the name beside an entry on paper
that a counter may have to correct. In lists of numbers a hidden case does not stand for them.
"""

from typing import cast

from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.http import HttpRequest

from cases.models import Case

SEE_ALL = "cases.change_case"
SEE_REASONS = "cases.freeze_case"

# Fields that not everybody sees who may see the rest of their row: the permissions it takes.
HIDDEN_FIELDS = {
    ("cases.case", "freeze_reason"): [SEE_REASONS],
    ("cases.case", "consent_ends_on"): ["cases.view_consent"],
}


def staff(request: HttpRequest) -> User:
    """Who asks, on a page that only people who are signed in get to see."""
    return cast(User, request.user)


def may_see(user: User | AnonymousUser, model: type[models.Model]) -> bool:
    """Whether this person may open rows of the model, with all that stands in them."""
    if model is Case:
        return user.has_perm(SEE_ALL)
    meta = model._meta
    acts = ["view", "change"]
    return any(
        user.has_perm(f"{meta.app_label}.{get_permission_codename(act, meta)}") for act in acts
    )
