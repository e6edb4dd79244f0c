"""Editions, themes, the figures of earlier years and the running counts."""

from __future__ import annotations

from django.contrib import admin

from cases.admin.histories import HistoryAdmin
from cases.admin.inlines import RoomyMixin
from cases.admin.readonly import ReadOnlyAdmin
from cases.models import ActionCount, Edition, Theme, YearlyFigure


@admin.register(Edition)
class EditionAdmin(RoomyMixin, HistoryAdmin):
    list_display = ["year", "title", "opens_on", "reporting_deadline", "letter_goal"]
    rows = {"introduction": 8, "introduction_fr": 8}
    fields = [
        "year",
        "title",
        "introduction",
        ("opens_on", "reporting_deadline"),
        "letter_goal",
        "title_fr",
        "introduction_fr",
    ]


@admin.register(Theme)
class ThemeAdmin(admin.ModelAdmin):
    list_display = ["name", "name_fr", "slug"]
    fields = ["name", "name_fr", "slug"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(YearlyFigure)
class YearlyFigureAdmin(RoomyMixin, admin.ModelAdmin):
    list_display = ["year", "qualifier", "actions", "countries", "source_url"]
    fields = [
        "year",
        ("qualifier", "actions"),
        ("countries", "countries_note"),
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
