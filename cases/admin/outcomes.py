"""Outcomes in one list, to see what the last weeks brought."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from cases.admin.filters import CountryOfCaseFilter
from cases.admin.histories import HistoryAdmin
from cases.admin.inlines import RoomyMixin
from cases.admin.searching import FindsCases
from cases.models import GOOD_NEWS, Outcome


class GoodNewsFilter(admin.SimpleListFilter):
    title = _("good news")
    parameter_name = "good"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [("yes", _("yes")), ("no", _("no, or not yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "yes":
                return queryset.filter(kind__in=GOOD_NEWS)
            case "no":
                return queryset.exclude(kind__in=GOOD_NEWS)
        return queryset


@admin.register(Outcome)
class OutcomeAdmin(FindsCases, RoomyMixin, HistoryAdmin):
    case_field = "case"
    list_display = ["headline", "case", "kind", "date_known", "has_source", "recorded_at"]
    list_filter = [
        GoodNewsFilter,
        "kind",
        "conditional",
        CountryOfCaseFilter,
        ("case__edition", admin.RelatedOnlyFieldListFilter),
        "date_precision",
    ]
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_help_text = _("Name, other spelling or country of the case")
    ordering = ["-recorded_at", "-pk"]
    rows = {"text": 4, "text_fr": 4}
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "case",
                    ("kind", "conditional"),
                    ("date", "date_precision"),
                    "headline",
                    "text",
                    ("quote", "quote_by"),
                    "source_url",
                    ("actions_count", "actions_note"),
                ]
            },
        ),
        (_("In French"), {"classes": ["collapse"], "fields": ["headline_fr", "text_fr"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("case")

    def get_readonly_fields(self, request: HttpRequest, obj: Outcome | None = None):
        return ["case"] if obj is not None else []

    @admin.display(description=_("date"), ordering="date")
    def date_known(self, outcome: Outcome) -> str:
        """As finely as it is known, never finer."""
        return outcome.date_text or _("not known")

    @admin.display(description=_("source"))
    def has_source(self, outcome: Outcome) -> str:
        if not outcome.source_url:
            return _("none")
        host = (urlsplit(outcome.source_url).hostname or "").removeprefix("www.")
        link = '<a href="{}" rel="noopener noreferrer">{}</a>'
        return format_html(link, outcome.source_url, host)
