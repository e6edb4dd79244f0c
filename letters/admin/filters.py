from __future__ import annotations

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cases.countries import country_name, country_names
from cases.models import Case, Stage
from letters.admin.keyset import row_number
from letters.models import LetterState

NEWEST = 1_000  # rows that are asked which countries to offer: the table itself is too long


class StateFilter(admin.SimpleListFilter):
    """Opens with what waits to be read."""

    title = _("state")
    parameter_name = "state"
    always_open = True
    ALL = "all"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [("held", _("held for a look")), *LetterState.choices, (self.ALL, _("all"))]

    def choices(self, changelist):
        first = {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("to be read"),
        }
        return [first, *list(super().choices(changelist))[1:]]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset.awaiting_moderation()
        if self.value() == "held":
            return queryset.awaiting_moderation().filter(held=True)
        if self.value() in LetterState.values:
            return queryset.filter(state=self.value())
        return queryset


class CaseFilter(admin.SimpleListFilter):
    """The cases that take letters or have some."""

    title = _("case")
    parameter_name = "case"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        counts = Q(action_count__letters__gt=0) | Q(action_count__messages__gt=0)
        written_for = Q(stage=Stage.PUBLISHED) | counts
        return list(Case.objects.filter(written_for).values_list("pk", "display_name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        case = row_number(self.value() or "")
        return queryset if case is None else queryset.filter(case=case)


class CountryFilter(admin.SimpleListFilter):
    """The countries that the newest letters or signatures come from."""

    title = _("country of the writer")
    parameter_name = "country"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        newest = model_admin.model.objects.order_by("-pk").values_list("country", flat=True)
        codes = {code for code in newest[:NEWEST] if code}
        return sorted(((code, country_name(code)) for code in codes), key=lambda row: row[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() in country_names("en"):
            return queryset.filter(country=self.value())
        return queryset
