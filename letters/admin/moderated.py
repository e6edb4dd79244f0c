"""Rows that moderators read one by one, and that a trap or a limit may have flagged."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.pages import ExtraPagesMixin
from cases.admin.readonly import ReadOnlyAdmin
from cases.admin.row_numbers import row_number
from letters.admin.keyset import KeysetAdmin
from letters.models.counted import CountedAction


class ModeratedAdmin(ExtraPagesMixin, KeysetAdmin, ReadOnlyAdmin):
    """Seen by who may moderate it, and found by its number alone."""

    found_by: str | Promise = ""  # the sentence for who searches by something else
    empty_value_display = ""
    search_fields = ["pk"]

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.permission)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str):
        if not search_term:
            return queryset, False
        number = row_number(search_term.strip().lstrip("#"))
        if number is None:
            messages.info(request, str(self.found_by))
            return queryset.none(), False
        return queryset.filter(pk=number), False

    @admin.display(description=gettext_lazy("needs review"))
    def review(self, thing: CountedAction) -> str:
        if getattr(thing, "invalid_on", None):
            return _("not valid")
        return _("needs review") if thing.needs_review else ""
