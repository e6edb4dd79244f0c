from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.admin.row_numbers import row_number
from cases.countries import choices_among, country_names
from cases.dates import earliest_today
from cases.models import Case, Stage, Target
from letters.models import Letter, LetterState, Reply

NEWEST = 1_000  # rows that are asked which countries to offer: the table itself is too long


Option = tuple[str | Promise, Callable[[], QuerySet]]  # how it reads, and which rows it leaves


class OptionsFilter(admin.SimpleListFilter):
    """Offers options that are known beforehand, by name."""

    options: dict[str, Option]
    opens_with: Option | None = None  # instead of all rows

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [(name, label) for name, (label, _rows) in self.options.items()]

    def choices(self, changelist):
        first, *others = super().choices(changelist)
        return [first | {"display": self.opens_with[0]} if self.opens_with else first, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        option = self.opens_with if value is None else self.options.get(value)
        return queryset & option[1]() if option else queryset


class StateFilter(OptionsFilter):
    """Opens with what waits to be read."""

    title = _("state")
    parameter_name = "state"
    always_open = True
    opens_with = _("to be read"), Letter.objects.awaiting_moderation
    options = {
        "needs_review": (
            _("needs review"),
            lambda: Letter.objects.awaiting_moderation().filter(needs_review=True),
        ),
        **{
            state.value: (state.label, partial(Letter.objects.filter, state=state))
            for state in LetterState
        },
        "answered": (_("a reply came"), Reply.objects.letters),
        "invalid": (_("not valid"), lambda: Letter.objects.exclude(invalid_on=None)),
        "all": (_("all"), Letter.objects.all),
    }


def cases_with_letters() -> QuerySet[Case]:
    """The cases that readers can write for or have written for."""
    counts = Q(action_count__letters__gt=0) | Q(action_count__messages__gt=0)
    to_write_for = Q(stage=Stage.PUBLISHED, edition__opens_on__lte=earliest_today())
    return Case.objects.filter(to_write_for | counts).select_related("edition")


class CaseFilter(admin.SimpleListFilter):
    """The cases that readers can write for or have written for."""

    title = _("case")
    parameter_name = "case"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [(case.pk, case.name_and_year) for case in cases_with_letters()]

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
