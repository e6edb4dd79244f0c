"""The model letters to a target. The target itself is changed on the page of its case."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect

from cases.admin.history_admin import HistoryAdmin
from cases.admin.inlines import ModelLetterInline, WideFieldsMixin
from cases.admin.versions import VersionCheckMixin
from cases.models import Target


@admin.register(Target)
class TargetAdmin(VersionCheckMixin, WideFieldsMixin, HistoryAdmin):
    inlines = [ModelLetterInline]
    fields = readonly_fields = ("case", "name", "office", "asked")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # not on the first page: it belongs to its case

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def response_post_save_change(self, request: HttpRequest, obj: Target) -> HttpResponseRedirect:
        return redirect("admin:cases_case_change", obj.case_id)

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return redirect("admin:cases_case_changelist")
