"""The ledger that every count is a sum of."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.readonly import ReadOnlyAdmin
from cases.countries import country_name
from cases.models import Case
from letters.admin.filters import VisibleCaseFilter
from letters.admin.keyset import KeysetAdmin
from letters.models import Tally
from letters.statistics.disclosure import SMALLEST_SHOWN


@admin.register(Tally)
class TallyAdmin(KeysetAdmin, ReadOnlyAdmin):
    readonly_fields = ["day", "case", "kind", "source", "from_where", "number"]
    fields = [*readonly_fields]
    list_display = [*readonly_fields]
    list_filter = [VisibleCaseFilter, "kind", "source"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        hidden = Case.objects.hidden_from(request.user)
        return super().get_queryset(request).exclude(case__in=hidden).select_related("case")

    @admin.display(description=gettext_lazy("country"))
    def from_where(self, tally: Tally) -> str:
        if tally.number < SMALLEST_SHOWN:
            return _("too few to tell")
        return country_name(tally.country) if tally.country else _("not said")
