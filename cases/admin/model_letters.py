"""A model letter with its points; it is reached from the page of its case."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from cases.admin.histories import HistoryAdmin
from cases.admin.inlines import ManyParts, RoomyMixin
from cases.models import ModelLetter, Point


class PointInline(ManyParts):
    model = Point
    rows = {"text": 3}


@admin.register(ModelLetter)
class ModelLetterAdmin(RoomyMixin, HistoryAdmin):
    inlines = [PointInline]
    fields = ["case", "language", "subject", "body"]
    rows = {"body": 16}

    def get_readonly_fields(self, request: HttpRequest, obj: ModelLetter | None = None):
        return ["case"] if obj is not None else []

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # not on the first page: it belongs to its case

    def response_post_save_change(self, request: HttpRequest, obj: ModelLetter) -> HttpResponse:
        return redirect("admin:cases_case_change", obj.case_id)

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        return redirect("admin:cases_case_changelist")
