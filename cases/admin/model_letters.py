"""A model letter with its points; it is reached from the page of its case."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect

from cases.admin.history_admin import HistoryAdmin
from cases.admin.inlines import ListInline, WideFieldsMixin
from cases.admin.pages import PartOfCaseMixin
from cases.admin.versions import VersionCheckMixin
from cases.models import ModelLetter, Point


class PointInline(ListInline):
    model = Point
    rows = {"text": 3}


@admin.register(ModelLetter)
class ModelLetterAdmin(PartOfCaseMixin, VersionCheckMixin, WideFieldsMixin, HistoryAdmin):
    inlines = [PointInline]
    fields = ["target", "language", "subject", "body"]
    rows = {"body": 16}

    def get_readonly_fields(self, request: HttpRequest, obj: ModelLetter | None = None):
        return ["target"] if obj is not None else []

    def response_post_save_change(
        self, request: HttpRequest, obj: ModelLetter
    ) -> HttpResponseRedirect:
        return redirect("admin:cases_target_change", obj.target_id)
