"""Outcomes in one list, to see what the last weeks brought."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from cases.admin.filters import CountryOfCaseFilter
from cases.admin.forms import CaseField
from cases.admin.history_admin import HistoryAdmin
from cases.admin.inlines import OUTCOME_FIELDS, WideFieldsMixin, translation_sections
from cases.admin.search import CaseSearchMixin
from cases.admin.touch import TouchesCasesMixin
from cases.admin.versions import VersionCheckMixin
from cases.models import Case, Outcome, OutcomeKind, Tone


class ToneFilter(admin.SimpleListFilter):
    title = _("good or bad")
    parameter_name = "tone"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return Tone.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(kind__in=[one for one in OutcomeKind if one.tone == self.value()])


@admin.register(Outcome)
class OutcomeAdmin(
    VersionCheckMixin, TouchesCasesMixin, CaseSearchMixin, WideFieldsMixin, HistoryAdmin
):
    case_field = "case"
    list_display = ["headline", "case", "kind", "date_known", "has_source", "recorded_at"]
    list_filter = [
        ToneFilter,
        "kind",
        "conditional",
        CountryOfCaseFilter,
        ("case__edition", admin.RelatedOnlyFieldListFilter),
        "date_precision",
    ]
    list_per_page = 50
    show_full_result_count = False
    search_help_text = _("Name, other spelling or country of the case")
    ordering = ["-recorded_at", "-pk"]
    rows = {"text": 4}
    fieldsets = [
        (None, {"fields": ["case", *OUTCOME_FIELDS]}),
        *translation_sections("headline", "text"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("case")

    def formfield_for_foreignkey(self, db_field, request: HttpRequest, **kwargs):
        if db_field.name == "case":
            cases = Case.objects.select_related("edition")
            kwargs |= {"form_class": CaseField, "queryset": cases}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Outcome | None = None):
        return ["case"] if obj is not None else []

    @admin.display(description=_("date"), ordering="date")
    def date_known(self, outcome: Outcome) -> str | Promise:
        """As finely as it is known, never finer."""
        return outcome.date_text or _("not known")

    @admin.display(description=_("source"))
    def has_source(self, outcome: Outcome) -> str | Promise:
        if not outcome.source_url:
            return _("none")
        link = '<a href="{}" rel="noopener noreferrer">{}</a>'
        return format_html(link, outcome.source_url, outcome.source_host)
