"""Hand-ins: made of what waits, printed, and handed in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.pages import ExtraPagesMixin, extra_page
from cases.admin.readonly import ReadOnlyAdmin
from cases.admin.row_numbers import row_number
from cases.permissions import staff
from cases.publishing.acts import Refused
from letters.admin.access_log import access_log_for
from letters.admin.deliveries import DeliveriesMixin, ResultFilter
from letters.admin.filters import CaseFilter, OptionsFilter
from letters.admin.keyset import KeysetAdmin
from letters.delivery import hand_ins
from letters.forms.hand_ins import HandInForm, WhatForm
from letters.models import (
    ActionKind,
    Format,
    HandIn,
    HandInItem,
    HandInPart,
    HandInState,
    LeftBecause,
)
from letters.privacy.limits import KEEP_HAND_IN_FILES_FOR

MAKE, FETCH = "letters.make_handin", "letters.fetch_handin"
NAMES = {
    (ActionKind.APPEAL.value, ""): gettext_lazy("letters"),
    (ActionKind.SOLIDARITY.value, Format.LETTER.value): gettext_lazy("messages, as letters"),
    (ActionKind.SOLIDARITY.value, Format.CARD.value): gettext_lazy("messages, as cards"),
    (ActionKind.SIGNATURE.value, ""): gettext_lazy("signatures"),
}


class HandInStateFilter(OptionsFilter):
    title = gettext_lazy("state")
    parameter_name = "state"
    options = {
        state.value: (state.label, partial(HandIn.objects.filter, state=state))
        for state in HandInState
    }


@admin.register(HandIn)
class HandInAdmin(DeliveriesMixin, ExtraPagesMixin, KeysetAdmin, ReadOnlyAdmin):
    permission = "letters.view_handin"
    list_display = ["number", "case", "what", "numbers", "state", "made_at", "made_by"]
    list_filter = [HandInStateFilter, ResultFilter, CaseFilter]
    empty_value_display = ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAKE)

    def has_fetch_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(FETCH)

    # --- the list

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        # The cover goes to the last number; to count what has left since takes longer than a list.
        cover = HandInPart.objects.filter(hand_in=OuterRef("pk"), index=0)
        related = super().get_queryset(request).select_related("case", "made_by")
        return related.annotate(numbers=Subquery(cover.values("last")[:1]))

    @admin.display(description=gettext_lazy("hand-in"))
    def number(self, hand_in: HandIn) -> str:
        return capfirst(str(hand_in))

    @admin.display(description=gettext_lazy("what"))
    def what(self, hand_in: HandIn) -> str:
        return str(NAMES[hand_in.kind, hand_in.form])

    @admin.display(description=gettext_lazy("numbers"))
    def numbers(self, hand_in: HandIn) -> int:
        return hand_in.numbers  # type: ignore[attr-defined]  # annotated above

    # --- a new one

    def add_view(self, request: HttpRequest, form_url="", extra_context=None) -> HttpResponse:
        """First what, then which of them; how many that is stands there before it is made."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        what = WhatForm(request.GET)
        if not what.is_valid():
            rows = [(row, NAMES[row.kind, row.form]) for row in hand_ins.waiting()]
            return self._page(request, "waiting", _("What waits to be handed in"), rows=rows)
        form = HandInForm(request.POST or None, **what.cleaned_data)
        if form.is_valid() and "make" in request.POST:
            try:
                hand_in, is_new = hand_ins.make_once(
                    form.choice(),
                    key=form.key(),
                    paper=form.cleaned_data["paper"],
                    by=staff(request),
                )
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                if is_new:
                    self.log_addition(request, hand_in, "Made.")
                    messages.success(request, _("%(hand_in)s is made.") % _named(hand_in))
                else:
                    message = _("%(hand_in)s was made with this form already.")
                    messages.info(request, message % _named(hand_in))
                return redirect("admin:letters_handin_change", hand_in.pk)
        choice = form.choice() if form.is_valid() else form.at_first
        return self._page(
            request,
            "make",
            _("Make a hand-in"),
            form=form,
            case=choice.case,
            what=NAMES[choice.kind, choice.form],
            number=None if form.errors else hand_ins.chosen(choice).count(),
            is_stopped=hand_ins.is_stopped(choice.case),
            items_a_part=hand_ins.items_a_part(choice.kind),
        )

    # --- one

    def _hand_in(self, key: str | int) -> HandIn:
        related = ["case", "target", "made_by", "printed_by", "cancelled_by"]
        found = HandIn.objects.select_related(*related)
        return get_object_or_404(found, pk=row_number(str(key)))

    def change_view(self, request: HttpRequest, object_id: str, form_url="", extra_context=None):
        """How far it is, what is in it, and what can be done with it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        hand_in = self._hand_in(object_id)
        items = HandInItem.objects.filter(hand_in=hand_in)
        left = items.exclude(left_at=None).order_by("left_because").values_list("left_because")
        parts = list(hand_in.parts.all())
        made = [part for part in parts if part.is_made]
        is_stopped = hand_ins.is_stopped(hand_in.case)
        may_make = self.has_add_permission(request) and not is_stopped
        is_over = is_stopped or hand_in.state == HandInState.CANCELLED
        may_fetch = self.has_fetch_permission(request) and not is_over
        is_complete = len(made) == len(parts)
        return self._page(
            request,
            "read",
            capfirst(str(hand_in)),
            hand_in=hand_in,
            what=NAMES[hand_in.kind, hand_in.form],
            number=items.printed().count(),
            left=[(LeftBecause(why).label, count) for why, count in left.annotate(Count("pk"))],
            to_take_out=hand_ins.to_take_out(hand_in),
            parts=parts,
            made=len(made),
            pages=sum(part.pages for part in made),
            is_complete=is_complete,
            is_stopped=is_stopped,
            days=KEEP_HAND_IN_FILES_FOR.days,
            may_fetch=may_fetch,
            may_undo_printed=self.has_add_permission(request)
            and hand_in.state == HandInState.PRINTED,
            may_print=may_make
            and hand_in.may_be_cancelled
            and items.open().exists()
            and all(part.is_made or part.fetched_at for part in parts),
            may_make_again=may_make
            and hand_in.may_be_made_again
            and any(part.erased_at or part.failed_at for part in parts),
            may_cancel=self.has_add_permission(request) and hand_in.may_be_cancelled,
            **self.delivery_of(request, hand_in),
            access_log=access_log_for(hand_in),
        )

    @extra_page("<int:pk>/cancel/", permission="add", methods=("POST",))
    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        cancelled = _("%(hand_in)s is cancelled.")
        return self._act(request, pk, hand_ins.cancel, "Cancelled.", cancelled)

    @extra_page("<int:pk>/printed/", permission="add", methods=("POST",))
    def printed_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        printed = _("%(hand_in)s is printed.")
        return self._act(request, pk, hand_ins.mark_printed, "Printed.", printed)

    @extra_page("<int:pk>/undo-printed/", permission="add", methods=("POST",))
    def undo_printed_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        undone = _("%(hand_in)s is not printed: it is as it was before.")
        return self._act(request, pk, hand_ins.undo_printed, "Taken back: not printed.", undone)

    @extra_page("<int:pk>/again/", permission="add", methods=("POST",))
    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        def make_again(hand_in: HandIn, _by: User) -> bool:
            return hand_ins.make_again(hand_in) > 0

        again = _("%(hand_in)s is made again.")
        return self._act(request, pk, make_again, "Made again.", again)

    def _act(
        self,
        request: HttpRequest,
        pk: int,
        act: Callable[[HandIn, User], bool],
        noted: str,
        message: str,
    ) -> HttpResponse:
        """Do it, log it, and say how it went."""
        hand_in = self._hand_in(pk)
        try:
            done = act(hand_in, staff(request))
        except Refused as refusal:
            return self._refused(request, hand_in, refusal)
        if done:
            self.log_change(request, hand_in, noted)
            messages.success(request, message % _named(hand_in))
        else:
            named = _named(hand_in) | {"state": hand_in.get_state_display()}
            messages.warning(request, _("%(hand_in)s is %(state)s: nothing was changed.") % named)
        return redirect("admin:letters_handin_change", hand_in.pk)

    # --- its files

    @extra_page("<int:pk>/fetch/<int:index>/", permission="fetch", methods=("POST",))
    def fetch_view(self, request: HttpRequest, pk: int, index: int) -> HttpResponseBase:
        """One part. By POST, and logged: there are names and letters in it."""
        hand_in = self._hand_in(pk)
        part = get_object_or_404(hand_in.parts, index=index)
        try:
            pdf = hand_ins.fetch(part)
        except Refused as refusal:
            return self._refused(request, hand_in, refusal)
        self.log_change(request, hand_in, f"Fetched {part.file_name}.")
        return _attachment(HttpResponse(pdf, content_type="application/pdf"), part.file_name)

    @extra_page("<int:pk>/fetch/", permission="fetch", methods=("POST",))
    def zip_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """All parts with a manifest, for an organisation's printer."""
        hand_in = self._hand_in(pk)
        try:
            chunks = hand_ins.fetch_all(hand_in)
        except Refused as refusal:
            return self._refused(request, hand_in, refusal)
        self.log_change(request, hand_in, "Fetched all of it.")
        response = StreamingHttpResponse(chunks, content_type="application/zip")
        return _attachment(response, f"hand-in-{hand_in.pk}.zip")


def _attachment(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _named(hand_in: HandIn) -> dict[str, str]:
    return {"hand_in": capfirst(str(hand_in))}
