"""What waits for a second person: both texts side by side, and the two buttons."""

from typing import NamedTuple

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.admin.pages import ExtraPagesMixin
from cases.admin.readonly import ReadOnlyAdmin
from cases.models import Case, PendingChange
from cases.permissions import staff
from cases.publishing import acts, second_look


class Shown(NamedTuple):
    change: PendingChange
    what: str
    case: Case | None
    asked_by: str
    differences: list[second_look.Difference]
    may_approve: bool


@admin.register(PendingChange)
class PendingChangeAdmin(ExtraPagesMixin, ReadOnlyAdmin):
    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # the first page has a line for it while something waits

    def get_urls(self):
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name="cases_pendingchange_changelist"),
            path("<int:pk>/decide/", wrap(self.decide_view), name="cases_pendingchange_decide"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        shown = pending(request.user)
        return self._page(request, "list", _("What waits for a second person"), pending=shown)

    @method_decorator(require_POST)
    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        change = PendingChange.objects.select_related("case").filter(pk=pk).first()
        act = request.POST.get("act")
        if act not in ("approve", "take-back") or not self.has_view_permission(request):
            raise PermissionDenied
        if change is not None and not second_look.may_decide(request.user, change):
            raise PermissionDenied
        if change is None:
            message = _("Somebody else has decided on it, or asked for something newer.")
            messages.warning(request, message)
        elif act == "take-back":
            if second_look.take_back(change):
                self._log(request, change, _("Took back: %(what)s"))
                messages.success(request, _("It was taken back. Nothing was changed."))
        else:
            try:
                acts.approve(change, staff(request))
            except acts.Refused as error:
                messages.warning(request, str(error))
            else:
                self._log(request, change, _("Approved: %(what)s"))
                messages.success(request, _("It is approved, and holds from now on."))
        return redirect(_back(request))

    def _log(self, request: HttpRequest, change: PendingChange, message: str) -> None:
        if change.case is not None:
            self.log_change(request, change.case, message % {"what": what(change)})


def pending(user: User | AnonymousUser, case: Case | None = None) -> list[Shown]:
    """What waits, of a case or of all, and may be seen by this person."""
    changes = PendingChange.objects.select_related("case", "asked_by")
    if case is not None:
        changes = changes.filter(case=case)
    keys: dict[str, list[int | None]] = {}
    for change in changes:
        keys.setdefault(change.model, []).append(change.row)
    rows = {label: apps.get_model(label).objects.in_bulk(keys[label]) for label in keys}
    return [
        Shown(
            change,
            what(change, rows[change.model].get(change.row)),
            change.case,
            str(change.asked_by) if change.asked_by else _("a command"),
            second_look.differences(change),
            second_look.may_approve(user, change),
        )
        for change in changes
        if second_look.may_decide(user, change)
    ]


def what(change: PendingChange, row: models.Model | None = None) -> str:
    """What it is about, in a word or two."""
    if change.model == second_look.STAGE:
        return _("Publishing")
    named = capfirst(str(second_look.model_of(change)._meta.verbose_name))
    return f"{named}: {row}" if row is not None else named


def say_that_it_waits(request: HttpRequest, model: type[models.Model]) -> None:
    message = _(
        "%(what)s: what was changed there waits for a second person. Until then readers get "
        "what they had."
    )
    messages.warning(request, message % {"what": capfirst(model._meta.verbose_name)})


def _back(request: HttpRequest) -> str:
    """The page the button stood on."""
    where = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(where, {request.get_host()}, request.is_secure())
    return where if is_ours else reverse("admin:cases_pendingchange_changelist")
