"""The desk for what a trap or a limit caught and is short: signatures and posts, many on a page.

For the admin of either. Only what was on the page is decided, each by itself, and can be undone.
"""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.admin.pages import extra_page
from cases.admin.row_numbers import row_number
from cases.permissions import staff
from letters.admin.desks import DeskMixin
from letters.delivery import flagged, reading_queue
from letters.delivery.flagged import Flagged
from letters.models import DeskAct

LOGGED = {
    DeskAct.CLEAR_REVIEW: "Reviewed: it counts.",
    DeskAct.INVALIDATE: "Not valid, taken out of the count.",
}


class ActSelect(forms.RadioSelect):
    """With the keys that choose: static/js/desk.js."""

    keys = {DeskAct.CLEAR_REVIEW.value: "n", DeskAct.INVALIDATE.value: "x"}

    def create_option(self, *args, **kwargs) -> dict:
        option = super().create_option(*args, **kwargs)
        if key := self.keys.get(option["value"]):
            option["attrs"] |= {"data-key": key, "aria-keyshortcuts": key}
        return option


class FlaggedForm(forms.Form):
    """What each of them is; what is left alone stays on the desk."""

    reason = forms.CharField(
        label=gettext_lazy("Why are those not valid that you say are not?"),
        required=False,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Kept in the log for staff: how you know, without a name."),
    )

    def __init__(self, data=None, *, rows: list[Flagged]) -> None:
        super().__init__(data)
        self.rows = rows
        for row in rows:
            self.fields[f"act-{row.pk}"] = forms.ChoiceField(
                label=str(row).capitalize(),
                required=False,
                widget=ActSelect,
                choices=[
                    ("", _("not decided")),
                    (DeskAct.CLEAR_REVIEW.value, _("real: let it count")),
                    (DeskAct.INVALIDATE.value, _("not valid: take it out")),
                ],
            )

    def clean(self) -> None:
        acts = [act for _row, act in self.chosen()]
        if DeskAct.INVALIDATE in acts and not self.cleaned_data.get("reason"):
            error = _("Say why: others have to understand it later.")
            self.add_error("reason", ValidationError(error))

    def chosen(self) -> list[tuple[Flagged, str]]:
        acts = [(row, self.cleaned_data.get(f"act-{row.pk}", "")) for row in self.rows]
        return [(row, act) for row, act in acts if act]

    def with_fields(self) -> list[tuple[Flagged, forms.BoundField, str]]:
        """Each with its field, and with what says how it was when it was read."""
        return [(row, self[f"act-{row.pk}"], seen(row)) for row in self.rows]


def sent_acts(sent: QueryDict) -> dict[int, str]:
    """By the number of each that was on the page: what was chosen, if anything."""
    acts = {row_number(name.removeprefix("act-")): str(act) for name, act in sent.items()}
    return {row: act for row, act in acts.items() if row is not None}


def seen(row: Flagged) -> str:
    changed_at = getattr(row, "changed_at", None)
    return changed_at.isoformat() if changed_at else str(row.state)


class FlaggedDeskMixin(DeskMixin):
    desk_acts = flagged

    @extra_page("desk/")
    def desk_view(self, request: HttpRequest) -> HttpResponse:
        """What one has on one's desk, and how much waits."""
        self._may_decide(request)
        return self._page_of_desk(request, FlaggedForm(rows=self._on_desk(request)))

    @extra_page("desk/take/", methods=("POST",))
    def desk_take_view(self, request: HttpRequest) -> HttpResponse:
        """Put the next ones on one's desk."""
        self._may_decide(request)
        self._take(request)
        return redirect(self._desk_url(request))

    @extra_page("desk/act/", methods=("POST",))
    def desk_act_view(self, request: HttpRequest) -> HttpResponse:
        """Do what was decided about each of those on one's desk; then the next ones are there."""
        self._may_decide(request)
        acts = sent_acts(request.POST)
        flagged.take_back(self.thing, acts, staff(request))
        form = FlaggedForm(request.POST, rows=self._on_desk(request))
        self._warn_of_what_is_gone(request, acts, form)
        if not form.is_valid():
            return self._page_of_desk(request, form)
        done = 0
        for row, act in form.chosen():
            as_read = request.POST.get(f"seen-{row.pk}") == seen(row)
            if as_read and flagged.decide(row, act, by=staff(request)):
                reason = form.cleaned_data["reason"] if act == DeskAct.INVALIDATE else ""
                self.log_change(request, row, f"{LOGGED[DeskAct(act)]} {reason}".strip())
                done += 1
            else:
                message = _("%(one)s was changed since: please look at it again.")
                messages.warning(request, message % {"one": str(row).capitalize()})
        if done:
            message = ngettext("%(number)s is decided.", "%(number)s are decided.", done)
            messages.success(request, message % {"number": done})
        if not self._on_desk(request):
            self._take(request)
        return redirect(self._desk_url(request))

    def _warn_of_what_is_gone(
        self, request: HttpRequest, acts: dict[int, str], form: FlaggedForm
    ) -> None:
        there = {row.pk for row in form.rows}
        if gone := sum(1 for row, act in acts.items() if act and row not in there):
            message = ngettext(
                "%(number)s was not decided: somebody else has it, or has decided about it.",
                "%(number)s were not decided: somebody else has them, or has decided about them.",
                gone,
            )
            messages.warning(request, message % {"number": gone})

    def _on_desk(self, request: HttpRequest) -> list[Flagged]:
        return flagged.on_desk(self.thing, staff(request))

    def _take(self, request: HttpRequest) -> None:
        """Each look is noted."""
        if taken := flagged.take(self.thing, staff(request)):
            rows = flagged.waiting(self.thing).filter(pk__in=taken)
            LogEntry.objects.log_actions(staff(request).pk, rows, CHANGE, "Read.")
        else:
            messages.info(request, _("Nothing more waits for you here."))

    def _page_of_desk(self, request: HttpRequest, form: FlaggedForm) -> HttpResponse:
        title = _("What a trap or a limit caught: %(things)s")
        return self._desk_page(
            request,
            "desk/flagged",
            title % {"things": self.opts.verbose_name_plural},
            form=form,
            thing=self.thing,
            rows=form.with_fields(),
            head=reading_queue.head(flagged.waiting(self.thing), "created_at"),
        )
