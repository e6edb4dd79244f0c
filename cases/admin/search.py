"""Finding cases in the admin, forgiving as the search of the site is."""

from django.contrib import admin
from django.db.models import QuerySet

from cases.countries import country_name
from cases.models import Case
from cases.search import matches

MAX_SEARCH_LENGTH = 80  # characters of a search that are looked at


def cases_named(query: str) -> list[int]:
    """The keys of the cases whose name, other spelling or country answers the query."""
    texts = Case.objects.order_by().values_list("pk", "display_name", "other_names", "country")
    return [
        pk
        for pk, name, others, country in texts
        if matches(query[:MAX_SEARCH_LENGTH], " ".join([name, *others, country_name(country)]))
    ]


class CaseSearchMixin(admin.ModelAdmin):
    """For the admin of rows that are, or belong to, a case."""

    search_fields = ["pk"]  # shows the box; what is typed goes to `cases_named`
    case_field = "pk"

    def get_search_results(self, request, queryset: QuerySet, search_term: str):
        if not search_term.strip():
            return queryset, False
        return queryset.filter(**{f"{self.case_field}__in": cases_named(search_term)}), False
