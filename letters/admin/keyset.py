"""Lists of tables that grow without end: newest first, no counting, no page numbers."""

import re
from collections.abc import Iterable

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Expression, QuerySet
from django.http import HttpRequest

from cases.admin.row_numbers import row_number

BEFORE = "before"  # the key of the last row of the page before


class KeysetChangeList(ChangeList):
    """A page is "the rows before this key": as fast at the end of the table as at its start."""

    asked = {BEFORE: re.compile(r"[0-9]{1,18}")}  # beside filters: see write4rights.admin_lists

    def get_filters_params(self, params=None) -> dict:
        wanted = super().get_filters_params(params)
        before = wanted.pop(BEFORE, [""])[-1]
        self.before = row_number(before)
        return wanted

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list[Expression | str]:
        return ["-pk"]

    def get_results(self, request: HttpRequest) -> None:
        rows = self.queryset if self.before is None else self.queryset.filter(pk__lt=self.before)
        found = list(rows[: self.list_per_page + 1])
        self.result_list = found[: self.list_per_page]
        self.older = found[self.list_per_page - 1].pk if len(found) > self.list_per_page else None
        self.result_count = len(self.result_list)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = bool(self.result_list)
        self.can_show_all = self.multi_page = False
        self.paginator = Paginator(self.result_list, self.list_per_page)

    def get_query_string(
        self, new_params: dict | None = None, remove: Iterable[str] | None = None
    ) -> str:
        # A filter or an action begins at the newest row again.
        return super().get_query_string(new_params, [*(remove or []), BEFORE])

    @property
    def older_url(self) -> str:
        return self.get_query_string({BEFORE: self.older}) if self.older else ""

    @property
    def newest_url(self) -> str:
        return self.get_query_string() if self.before else ""


class KeysetAdmin(admin.ModelAdmin):
    change_list_template = "admin/letters/keyset_list.html"
    list_per_page = 50
    show_full_result_count = False
    preserve_filters = False  # they would be in each link of a page, which takes a fifth longer
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs) -> type[ChangeList]:
        return KeysetChangeList
