"""Posts that people say they made. One that looked like a robot's counts once it is released."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.readonly import ReadOnlyAdmin
from cases.countries import country_name
from letters import posting
from letters.admin.filters import CaseFilter
from letters.admin.keyset import KeysetAdmin
from letters.models import SocialAction


@admin.register(SocialAction)
class PostAdmin(KeysetAdmin, ReadOnlyAdmin):
    list_display = ["number", "case", "network", "state", "hold", "from_where", "created_at"]
    list_filter = ["held", "state", CaseFilter, "network"]
    fields = ["case", "network", "state", "hold", "from_where", "counted_on", "created_at"]
    readonly_fields = fields
    empty_value_display = ""
    actions = ["release"]

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("letters.moderate_letter")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("case").defer("key")

    @admin.display(description=gettext_lazy("post"))
    def number(self, action: SocialAction) -> str:
        return str(action.pk)

    @admin.display(description=gettext_lazy("held"))
    def hold(self, action: SocialAction) -> str:
        return _("held") if action.held else ""

    @admin.display(description=gettext_lazy("country"))
    def from_where(self, action: SocialAction) -> str:
        return country_name(action.country) if action.country else ""

    @admin.action(description=gettext_lazy("Not spam: let it count"), permissions=["moderate"])
    def release(self, request: HttpRequest, queryset: QuerySet) -> None:
        released = 0
        for action in queryset:
            if posting.release_hold(action):
                self.log_change(request, action, _("No longer held."))
                released += 1
        messages.success(request, _("No longer held: %(number)s.") % {"number": released})
