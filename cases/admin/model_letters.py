"""A model letter with its points; it is reached from the page of its case."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect

from cases.admin.history_admin import HistoryAdmin
from cases.admin.inlines import ListInline, WideFieldsMixin
from cases.admin.versions import VersionCheckMixin
from cases.models import ModelLetter, Point


class PointInline(ListInline):
    model = Point
    rows = {"text": 3}


@admin.register(ModelLetter)
class ModelLetterAdmin(VersionCheckMixin, WideFieldsMixin, HistoryAdmin):
    inlines = [PointInline]
    fields = ["target", "language", "subject", "body"]
    rows = {"body": 16}

    def get_readonly_fields(self, request: HttpRequest, obj: ModelLetter | None = None):
        return ["target"] if obj is not None else []

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # not on the first page: it belongs to its case

    def response_post_save_change(
        self, request: HttpRequest, obj: ModelLetter
    ) -> HttpResponseRedirect:
        return redirect("admin:cases_target_change", obj.target_id)

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return redirect("admin:cases_case_changelist")
