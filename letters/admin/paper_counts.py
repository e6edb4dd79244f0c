"""Counts on paper: entered, corrected with a trail, and looked at by a second person."""

import datetime
from typing import NamedTuple

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.pages import ExtraPagesMixin, extra_page
from cases.admin.row_numbers import row_number
from cases.countries import country_name
from cases.permissions import staff
from cases.publishing.acts import Refused
from letters.admin.filters import VisibleCaseFilter
from letters.forms.paper_counts import CorrectionForm, EntryForm, ReasonForm
from letters.models import PaperCount, PaperState
from letters.statistics import paper_counts

REVIEW = "letters.review_papercount"
TRACED = ["case", "kind", "number", "country", "day", "source", "evidence", "state"]
# Of what somebody entered last, what the next entry of the same day begins with.
SAME_AGAIN = ["case", "kind", "day", "source", "evidence"]


class Step(NamedTuple):
    """A line of an entry's trail; each change is (field, before, after)."""

    at: datetime.datetime
    by: str
    reason: str
    changes: list[tuple[str, str, str]]


@admin.register(PaperCount)
class PaperCountAdmin(ExtraPagesMixin, admin.ModelAdmin):
    change_list_template = "admin/letters/papercount/change_list.html"
    list_display = ["what", "status", "case", "from_where", "day", "source", "entered"]
    list_filter = [
        "state",
        "kind",
        VisibleCaseFilter,
        ("entered_by", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["case", "entered_by"]
    list_per_page = 50
    show_full_result_count = False
    sortable_by = ()
    actions = None
    # What waits for a second person comes first.
    ordering = [
        models.Case(  # type: ignore[list-item]  # the stubs know of no expressions here
            models.When(state=PaperState.NEEDS_REVIEW, then=0), default=1
        ),
        "-pk",
    ]

    def has_delete_permission(self, request: HttpRequest, obj: PaperCount | None = None) -> bool:
        return False  # it is taken out, with a reason, and its trail stays

    # --- the list

    @admin.display(description=gettext_lazy("count"))
    def what(self, paper: PaperCount) -> str:
        return str(paper)

    @admin.display(description=gettext_lazy("country"))
    def from_where(self, paper: PaperCount) -> str:
        return country_name(paper.country) if paper.country else _("not said")

    @admin.display(description=gettext_lazy("state"))
    def status(self, paper: PaperCount) -> str:
        state = paper.get_state_display().split(":")[0]
        needs_review = paper.state == PaperState.NEEDS_REVIEW
        return format_html('<strong class="frozen">{}</strong>', state) if needs_review else state

    @admin.display(description=gettext_lazy("entered"))
    def entered(self, paper: PaperCount) -> str:
        by, at = paper.entered_by or "–", timezone.localtime(paper.entered_at)
        return f"{date_format(at)}, {by}"

    # --- a count

    def add_view(self, request: HttpRequest, form_url="", extra_context=None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = EntryForm(request.POST or None, initial=_same_again(staff(request)))
        if form.is_valid():
            try:
                paper = paper_counts.enter(
                    by=staff(request), alike=form.known_alike, **form.paper_fields()
                )
            except paper_counts.PossibleDuplicate as error:
                form.ask(error)
            else:
                self.log_addition(request, paper, "Entered.")
                _tell(request, paper, _("Entered: %(count)s for %(case)s."))
                if "and_another" in request.POST:
                    return redirect("admin:letters_papercount_add")
                return redirect("admin:letters_papercount_change", paper.pk)
        return self._page(request, "enter", _("Enter a count"), form=form)

    def change_view(self, request: HttpRequest, object_id: str, form_url="", extra_context=None):
        """The count with its trail, and what can be done with it."""
        paper = self._paper(object_id)
        if not self.has_view_permission(request, paper):
            raise PermissionDenied
        user, needs_review = staff(request), paper.state == PaperState.NEEDS_REVIEW
        may_change = self.has_change_permission(request, paper)
        return self._page(
            request,
            "read",
            capfirst(str(paper)),
            paper=paper,
            seen=paper_counts.version(paper),
            reasons_to_review=paper_counts.reasons_to_review(paper) if needs_review else [],
            trail=_trail(paper),
            may_clear_review=user.has_perm(REVIEW) and paper_counts.may_clear_review(paper, user),
            may_change=may_change and paper.state != PaperState.TAKEN_OUT,
        )

    @extra_page("<int:pk>/correct/")
    def correct_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        paper = self._to_change(request, pk)
        form = CorrectionForm(
            request.POST or None, instance=paper, initial={"seen": paper_counts.version(paper)}
        )
        if form.is_valid():
            try:
                paper = paper_counts.correct(
                    self._paper(pk),
                    seen=form.cleaned_data["seen"],
                    reason=form.cleaned_data["reason"],
                    by=staff(request),
                    **form.paper_fields(),
                )
            except Refused as error:
                form.add_error(None, str(error))
            else:
                self.log_change(request, paper, "Corrected.")
                _tell(request, paper, _("Corrected: %(count)s for %(case)s."))
                return redirect("admin:letters_papercount_change", pk)
        return self._page(request, "correct", _("Correct a count"), form=form, paper=paper)

    @extra_page("<int:pk>/take-out/")
    def take_out_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        paper = self._to_change(request, pk)
        form = ReasonForm(request.POST or None, initial={"seen": paper_counts.version(paper)})
        if form.is_valid():
            try:
                if paper_counts.take_out(paper, by=staff(request), **form.cleaned_data):
                    self.log_change(request, paper, "Taken out.")
            except Refused as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("It is taken out, and no longer counts."))
                return redirect("admin:letters_papercount_change", pk)
        return self._page(request, "take_out", _("Take out a count"), form=form, paper=paper)

    @extra_page("<int:pk>/clear-review/", methods=("POST",))
    def clear_review_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        paper = self._paper(pk)
        if not request.user.has_perm(REVIEW):
            raise PermissionDenied
        try:
            seen = row_number(request.POST.get("seen", "")) or 0
            if paper_counts.clear_review(paper, seen=seen, by=staff(request)):
                self.log_change(request, paper, "Reviewed.")
        except Refused as error:
            messages.warning(request, str(error))
        else:
            messages.success(request, _("It counts."))
        return redirect("admin:letters_papercount_change", pk)

    def _paper(self, key: str | int) -> PaperCount:
        papers = PaperCount.objects.select_related("case", "entered_by")
        return get_object_or_404(papers, pk=row_number(str(key)))

    def _to_change(self, request: HttpRequest, pk: int) -> PaperCount:
        paper = self._paper(pk)
        if not self.has_change_permission(request, paper):
            raise PermissionDenied
        return paper


def _same_again(user: User) -> dict:
    """What an entry begins with: much of what this person entered last."""
    last = PaperCount.objects.filter(entered_by=user).order_by("-pk").first()
    if last is None:
        return {}
    is_of_today = timezone.localdate(last.entered_at) == timezone.localdate()
    names = ["country", *(SAME_AGAIN if is_of_today else [])]
    return {name: getattr(last, name) for name in names}


def _tell(request: HttpRequest, paper: PaperCount, message: str) -> None:
    messages.success(request, message % {"count": paper, "case": paper.case})
    if paper.state == PaperState.NEEDS_REVIEW:
        message = _("It needs review and does not count yet: somebody else has to look at it.")
        messages.warning(request, " ".join([message, *paper_counts.reasons_to_review(paper)]))


def _trail(paper: PaperCount) -> list[Step]:
    """Who did what and why, the newest first."""
    records = list(paper.history.select_related("history_user", "case").order_by("-history_id"))
    return [
        Step(
            at=record.history_date,
            by=str(record.history_user or "–"),
            reason=record.reason,
            changes=_changes(older, record) if older else [],
        )
        for record, older in zip(records, [*records[1:], None], strict=True)
    ]


def _changes(older, newer) -> list[tuple[str, str, str]]:
    return [
        (str(field.verbose_name), was, now)
        for field in PaperCount._meta.fields
        if field.name in TRACED
        and (was := _said(older, field.name)) != (now := _said(newer, field.name))
    ]


def _said(record, name: str) -> str:
    value = getattr(record, f"get_{name}_display", lambda: getattr(record, name))()
    return date_format(value) if isinstance(value, datetime.date) else str(value)
