"""The model letters to a target. The target itself is changed on the page of its case."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect

from cases.admin.history_admin import HistoryAdmin
from cases.admin.inlines import ModelLetterInline, WideFieldsMixin
from cases.admin.pages import PartOfCaseMixin
from cases.admin.versions import VersionCheckMixin
from cases.models import Target


@admin.register(Target)
class TargetAdmin(PartOfCaseMixin, VersionCheckMixin, WideFieldsMixin, HistoryAdmin):
    inlines = [ModelLetterInline]
    fields = readonly_fields = ("case", "name", "office", "asked")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def response_post_save_change(self, request: HttpRequest, obj: Target) -> HttpResponseRedirect:
        return redirect("admin:cases_case_change", obj.case_id)
