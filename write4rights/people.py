"""Staff in the admin: who they are, what they may, and help for who lost a telephone.

Replaces what Django and allauth register themselves; the admin's app loads it after them.
"""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

User = get_user_model()

for model in [EmailAddress, Authenticator, UserSession, User]:
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(User)
class PersonAdmin(UserAdmin):
    list_display = ["username", "called", "roles", "is_active", "second_factor", "last_login"]
    list_filter = ["groups", "is_active", "is_superuser"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ["take_second_factor", "sign_out"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (gettext_lazy("Name"), {"fields": [("first_name", "last_name")]}),
        (
            gettext_lazy("What they may do"),
            {"fields": [("is_active", "is_staff", "is_superuser"), "groups"]},
        ),
        (gettext_lazy("When"), {"fields": [("last_login", "date_joined")]}),
    ]
    readonly_fields = ["last_login", "date_joined"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        factors = Authenticator.objects.filter(user=OuterRef("pk")).exclude(
            type=Authenticator.Type.RECOVERY_CODES
        )
        people = super().get_queryset(request).prefetch_related("groups")
        return people.annotate(has_second_factor=Exists(factors))

    @admin.display(description=gettext_lazy("name"))
    def called(self, person) -> str:
        return person.get_full_name()

    @admin.display(description=gettext_lazy("roles"))
    def roles(self, person) -> str:
        names = [group.name for group in person.groups.all()]
        return ", ".join(names) or (_("everything") if person.is_superuser else _("none"))

    @admin.display(description=gettext_lazy("second factor"), boolean=True)
    def second_factor(self, person) -> bool:
        return person.has_second_factor

    @admin.action(
        description=gettext_lazy("Take away the second factor (lost telephone or key)"),
        permissions=["change"],
    )
    def take_second_factor(self, request: HttpRequest, queryset: QuerySet) -> None:
        """They are asked to set one up when they sign in next."""
        for person in queryset:
            Authenticator.objects.filter(user=person).delete()
            self._sign_out(person)
            self.log_change(request, person, "Took away the second factor.")
            messages.success(request, _("%(name)s has no second factor now.") % {"name": person})

    @admin.action(description=gettext_lazy("Sign out everywhere"), permissions=["change"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet) -> None:
        for person in queryset:
            self._sign_out(person)
            self.log_change(request, person, "Signed out everywhere.")
            messages.success(request, _("%(name)s is signed out everywhere.") % {"name": person})

    def _sign_out(self, person) -> None:
        for session in UserSession.objects.filter(user=person):
            session.end()
