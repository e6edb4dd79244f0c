from __future__ import annotations

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cases.admin.row_numbers import row_number
from cases.countries import choices_among, country_names
from cases.dates import earliest_today
from cases.models import Case, Stage, Target
from letters.models import Letter, LetterState

NEWEST = 1_000  # rows that are asked which countries to offer: the table itself is too long


class StateFilter(admin.SimpleListFilter):
    """Opens with what waits to be read."""

    title = _("state")
    parameter_name = "state"
    always_open = True
    ALL = "all"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [
            ("needs_review", _("needs review")),
            *LetterState.choices,
            ("invalid", _("not valid")),
            (self.ALL, _("all")),
        ]

    def choices(self, changelist):
        first = {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("to be read"),
        }
        return [first, *list(super().choices(changelist))[1:]]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset & Letter.objects.awaiting_moderation()
        if self.value() == "needs_review":
            return queryset & Letter.objects.awaiting_moderation().filter(needs_review=True)
        if self.value() == "invalid":
            return queryset.exclude(invalid_on=None)
        if self.value() in LetterState.values:
            return queryset.filter(state=self.value())
        return queryset


class CaseFilter(admin.SimpleListFilter):
    """The cases that readers can write for or have written for."""

    title = _("case")
    parameter_name = "case"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        counts = Q(action_count__letters__gt=0) | Q(action_count__messages__gt=0)
        to_write_for = Q(stage=Stage.PUBLISHED, edition__opens_on__lte=earliest_today())
        return list(Case.objects.filter(to_write_for | counts).values_list("pk", "display_name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        case = row_number(self.value() or "")
        return queryset if case is None else queryset.filter(case=case)


class TargetFilter(admin.SimpleListFilter):
    """Of the case that was chosen, if it has several."""

    title = _("target")
    parameter_name = "target"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        case = row_number(request.GET.get("case", ""))
        targets = Target.objects.filter(case=case) if case else Target.objects.none()
        offices = list(targets.values_list("pk", "office"))
        return offices if len(offices) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        target = row_number(self.value() or "")
        return queryset if target is None else queryset.filter(target=target)


class VisibleCaseFilter(CaseFilter):
    """Of these, the cases that this person may see. See cases/permissions.py"""

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        visible = set(Case.objects.visible_to(request.user).values_list("pk", flat=True))
        return [case for case in super().lookups(request, model_admin) if case[0] in visible]


class CountryFilter(admin.SimpleListFilter):
    """The countries that the newest letters or signatures come from."""

    title = _("country of the writer")
    parameter_name = "country"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        newest = model_admin.model.objects.order_by("-pk").values_list("country", flat=True)
        codes = {code for code in newest[:NEWEST] if code}
        return choices_among(codes)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() in country_names("en"):
            return queryset.filter(country=self.value())
        return queryset
