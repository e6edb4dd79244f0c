"""What was promised, without who promised it."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cases.admin.readonly import ReadOnlyAdmin
from cases.countries import country_name
from letters.admin.filters import CaseFilter
from letters.admin.keyset import KeysetAdmin
from letters.models import Pledge

UNSEEN = ["key", "name", "group", "email"]


@admin.register(Pledge)
class PledgeAdmin(KeysetAdmin, ReadOnlyAdmin):
    list_display = [
        "key_number",
        "number",
        "what_for",
        "state",
        "due_on",
        "from_where",
        "created_at",
    ]
    list_filter = ["state", CaseFilter]
    fields = ["number", "what_for", "state", "due_on", "from_where", "created_at"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("case", "edition").defer(*UNSEEN)

    @admin.display(description=_("pledge"))
    def key_number(self, pledge: Pledge) -> str:
        return str(pledge.pk)

    @admin.display(description=_("for"))
    def what_for(self, pledge: Pledge) -> str:
        return str(pledge.case or _("any case of %(edition)s") % {"edition": pledge.edition})

    @admin.display(description=_("country"))
    def from_where(self, pledge: Pledge) -> str:
        return country_name(pledge.country) if pledge.country else ""
