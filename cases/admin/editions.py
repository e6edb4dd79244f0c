"""Editions, themes, the figures of earlier years and the running counts."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from cases.admin.history_admin import HistoryAdmin
from cases.admin.inlines import WideFieldsMixin
from cases.admin.readonly import ReadOnlyAdmin
from cases.admin.touch import TouchesCasesMixin
from cases.admin.versions import VersionCheckMixin
from cases.models import ActionCount, Case, Edition, Theme, YearlyFigure
from cases.models.translation import translations_of


@admin.register(Edition)
class EditionAdmin(VersionCheckMixin, TouchesCasesMixin, WideFieldsMixin, HistoryAdmin):
    list_display = ["year", "title", "opens_on", "reporting_deadline", "letter_goal"]
    rows = {"introduction": 8, "launch_text": 8}
    fields = [
        "year",
        "title",
        "introduction",
        ("opens_on", "reporting_deadline"),
        "letter_goal",
        ("launched_on", "launch_source_url"),
        "launch_text",
        *translations_of("title"),
        *translations_of("introduction"),
        *translations_of("launch_text"),
    ]


@admin.register(Theme)
class ThemeAdmin(VersionCheckMixin, TouchesCasesMixin, admin.ModelAdmin):
    list_display = ["name", *translations_of("name"), "slug"]
    fields = ["name", *translations_of("name"), "slug"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(YearlyFigure)
class YearlyFigureAdmin(VersionCheckMixin, WideFieldsMixin, admin.ModelAdmin):
    list_display = ["year", "qualifier", "actions", "countries", "source_url"]
    fields = [
        "year",
        ("qualifier", "actions"),
        ("countries_qualifier", "countries"),
        "countries_note",
        "note",
        "source_url",
    ]


@admin.register(ActionCount)
class ActionCountAdmin(ReadOnlyAdmin):
    list_display = ["case", "letters", "messages", "signatures", "posts"]
    list_select_related = ["case"]
    list_per_page = 50
    show_full_result_count = False
    ordering = ["-letters"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        hidden = Case.objects.hidden_from(request.user)
        return super().get_queryset(request).exclude(case__in=hidden)
