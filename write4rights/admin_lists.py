"""A list of the admin shows what it offers, and answers no other question.

Django lets any field of a row be asked for in the address, whatever the list shows of it: whether
an address begins so, from which country a single act came, what a note says. Here an address is
answered only if the page itself has a link, a box or a page number that makes it.
"""

import re
from urllib.parse import parse_qs

from django.contrib import admin, messages
from django.contrib.admin.exceptions import (
    DisallowedModelAdminLookup,
    DisallowedModelAdminToField,
)
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ALL_VAR, ORDER_VAR, PAGE_VAR, SEARCH_VAR, ChangeList
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

# What beside filters a list may be asked for, and what that looks like.
ASKED = {
    PAGE_VAR: re.compile(r"[0-9]{1,9}"),
    ORDER_VAR: re.compile(r"(-?[0-9]{1,2}(\.-?[0-9]{1,2})*)?"),
    SEARCH_VAR: re.compile(r"(?s).*"),
    ALL_VAR: re.compile(r""),
}

ROW_NUMBER = re.compile(r"[0-9]{1,18}")  # a key has 63 bits, and SQLite fails on more


class NotOffered(Exception):
    """The address asks for what the list does not offer."""


class OfferedFiltersMixin(admin.ModelAdmin):
    """Stands before ModelAdmin among the bases of every admin: `StaffSite.register` sees to it.

    Whatever else is asked for leads to the list as it opens, with a sentence.
    """

    show_facets = admin.ShowFacets.NEVER  # they count a table once for each choice

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return True  # the list itself looks at all of them, see `offered_only`

    def get_changelist(self, request: HttpRequest, **kwargs) -> type[ChangeList]:
        return offered_only(super().get_changelist(request, **kwargs))

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        try:
            return super().get_changelist_instance(request)
        except (
            IncorrectLookupParameters,
            DisallowedModelAdminLookup,
            DisallowedModelAdminToField,
        ):
            raise NotOffered from None

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None):
        if not ROW_NUMBER.fullmatch(str(object_id)):  # no row has it
            return None
        return super().get_object(request, object_id, from_field)

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        ticked = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(map(ROW_NUMBER.fullmatch, ticked)):
            messages.warning(request, _("Nothing was done: the list had no such row. Tick again."))
            return redirect(request.get_full_path())
        try:
            return super().changelist_view(request, extra_context)
        except NotOffered:
            if not request.GET:
                raise
            messages.warning(request, _("This list can’t be filtered like that."))
            return redirect(request.path)


def offered_only(usual: type[ChangeList]) -> type[ChangeList]:
    """The list, made to refuse what none of its filters offers."""

    class OfferedChangeList(usual):  # type: ignore[misc,valid-type]
        def __init__(self, request: HttpRequest, *args, **kwargs) -> None:
            if any(len(values) > 1 for _name, values in request.GET.lists()):
                raise NotOffered
            super().__init__(request, *args, **kwargs)

        def get_filters(self, request: HttpRequest):
            found = super().get_filters(request)
            specs = found[0]
            of_filters = {name for spec in specs for name in spec.expected_parameters()}
            for name in request.GET:
                if name not in of_filters and not self._is_asked(name, request.GET[name]):
                    raise NotOffered
            for spec in specs:
                names = set(spec.expected_parameters()) & set(request.GET)
                chosen = {name: [request.GET[name]] for name in names}
                if chosen and chosen not in self._choices(spec):
                    raise NotOffered
            return found

        def _is_asked(self, name: str, value: str) -> bool:
            if name == SEARCH_VAR and not self.search_fields:
                return False
            if name == ORDER_VAR and self.sortable_by is not None and not self.sortable_by:
                return False
            pattern = ASKED.get(name) or getattr(self, "asked", {}).get(name)
            return bool(pattern and pattern.fullmatch(value))

        def _choices(self, spec: admin.ListFilter) -> list[dict[str, list[str]]]:
            """What the links of a filter ask for."""
            names = spec.expected_parameters()
            links = [choice["query_string"] for choice in spec.choices(self)]
            asked = [parse_qs(link.removeprefix("?"), keep_blank_values=True) for link in links]
            return [{name: one[name] for name in names if name in one} for one in asked]

    return OfferedChangeList
