"""Filters of the case list by what is left to do."""

from typing import cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cases.countries import choices_among, country_names
from cases.models import CaseQuerySet
from cases.publishing.todo import TODO

# Who was told no, and until when one may tell, is seen by the safety role only.
CONSENT_FILTERS = [
    ("consent-ended", _("ask for a consent: none is in force")),
    ("consent-ending", _("ask for a consent: it runs out soon")),
]


class TodoFilter(admin.SimpleListFilter):
    title = _("what is left to do")
    parameter_name = "left"
    always_open = True

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [
            ("draft", _("finish the draft")),
            ("in-review", _("review and publish")),
            ("may-be-over", _("close it? Its latest outcome may be what was asked for")),
            ("review-due", _("check again: the day has come")),
            ("unchecked", _("check the facts: none of us has")),
            ("unverified", _("get a consent of our own")),
            ("target", _("check the address")),
            ("frozen", _("decide on the freeze")),
            ("unfreezing", _("confirm the unfreezing")),
            *(CONSENT_FILTERS if request.user.has_perm("cases.view_consent") else []),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        left = TODO.get(self.value() or "")
        return left(cast(CaseQuerySet, queryset)) if left else queryset


class CountryFilter(admin.SimpleListFilter):
    """Only the countries that have cases."""

    title = _("country")
    parameter_name = "country"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        rows = model_admin.get_queryset(request).order_by()
        codes = rows.values_list(self.field, flat=True).distinct()
        return choices_among(codes)

    field = "country"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() in country_names("en"):
            return queryset.filter(**{self.field: self.value()})
        return queryset


class CountryOfCaseFilter(CountryFilter):
    field = "case__country"
