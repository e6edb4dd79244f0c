"""What was handed to us and is not delivered: keep it on, or let it go by two people."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from cases.admin.pages import ExtraPagesMixin, extra_page
from cases.admin.readonly import ReadOnlyAdmin
from cases.permissions import staff
from cases.publishing.acts import Refused
from letters.admin.forms import RetentionForm
from letters.models import RetentionDecision
from letters.privacy import retention


@admin.register(RetentionDecision)
class RetentionDecisionAdmin(ExtraPagesMixin, ReadOnlyAdmin):
    """One page with a line for each case and kind that has to be decided."""

    permission = "letters.decide_retentiondecision"

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._page(
            request,
            "decide",
            _("What was handed to us"),
            rows=retention.to_decide(),
            gone_soon=retention.gone_soon(),
            months=retention.MONTHS,
        )

    def change_view(self, request: HttpRequest, object_id: str, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect("admin:letters_retentiondecision_changelist")

    @extra_page("act/", permission="view", methods=("POST",))
    def act_view(self, request: HttpRequest) -> HttpResponse:
        form = RetentionForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("Nothing was changed: choose again."))
            return redirect("admin:letters_retentiondecision_changelist")
        case, kind = form.cleaned_data["case"], form.cleaned_data["kind"]
        try:
            match form.cleaned_data["act"]:
                case "keep":
                    months = form.cleaned_data["months"]
                    decision = retention.keep(case, kind, months=months)
                    message = _("Kept on for %(months)s months.") % {"months": months}
                case "ask":
                    decision = retention.ask_to_let_go(case, kind, staff(request))
                    message = _("Asked to let it go. A second person has to approve it.")
                case "let-go":
                    decision = retention.let_go(case, kind, staff(request))
                    message = _("Let go: it is erased once its time is over.")
                case _take_back:
                    decision = retention.take_back(case, kind)
                    message = _("It is not let go.")
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            self.log_change(request, decision, message)
            messages.success(request, f"{decision}: {message}")
        return redirect("admin:letters_retentiondecision_changelist")
