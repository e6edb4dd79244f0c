"""Staff in the admin: who they are, what they may, and help for who lost a telephone.

Replaces what Django and allauth register themselves; the admin's app loads it after them.
"""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks_db.models import DBTaskResult

from cases.admin.versions import VersionCheckMixin
from cases.models import ErasureAct, ErasureEntry
from cases.permissions import staff
from cases.publishing.acts import Refused
from write4rights import second_factors

User = get_user_model()
LOCKED_OUT = ErasureAct.LOCKED_OUT

# What a page of ours shows better, or nobody needs to look at.
for model in [DBTaskResult, EmailAddress, Authenticator, UserSession, User, Group]:
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class PasswordForm(AdminPasswordChangeForm):
    """That somebody has none any more is no change of a password to Django."""

    def save(self, commit: bool = True):
        person = super().save(commit)
        if not person.has_usable_password():
            second_factors.note_changed(person)
        return person


@admin.register(User)
class PersonAdmin(VersionCheckMixin, UserAdmin):
    list_display = [
        "username",
        "called",
        "roles",
        "is_active",
        "second_factor",
        "reset_asked_for",
        "last_login",
    ]
    list_filter = ["groups", "is_active", "is_superuser"]
    show_full_result_count = False
    change_password_form = PasswordForm
    actions = ["ask_for_reset", "approve_reset", "take_back_reset", "sign_out"]
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
        people = super().get_queryset(request).prefetch_related("groups", "reset__asked_by")
        return people.annotate(has_second_factor=Exists(factors))

    def save_model(self, request: HttpRequest, obj, form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and not obj.is_active:
            ErasureEntry.objects.note(LOCKED_OUT, User, [obj.pk])
        for right in ("is_staff", "is_superuser"):
            if change and right in form.changed_data and not getattr(obj, right):
                ErasureEntry.objects.note(LOCKED_OUT, User, [obj.pk], value=right)

    def delete_model(self, request: HttpRequest, obj) -> None:
        ErasureEntry.objects.note(LOCKED_OUT, User, [obj.pk])
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        with transaction.atomic():
            ErasureEntry.objects.note(LOCKED_OUT, User, queryset.values_list("pk", flat=True))
            super().delete_queryset(request, queryset)

    def save_related(self, request: HttpRequest, form, formsets, change: bool) -> None:
        before = set(form.instance.groups.values_list("pk", flat=True))
        super().save_related(request, form, formsets, change)
        for role in before - set(form.instance.groups.values_list("pk", flat=True)):
            lost = f"role {role}"
            ErasureEntry.objects.note(LOCKED_OUT, User, [form.instance.pk], value=lost)

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

    @admin.display(description=gettext_lazy("reset of the second factor"))
    def reset_asked_for(self, person) -> str:
        reset = getattr(person, "reset", None)
        return _("asked for by %(name)s") % {"name": reset.asked_by} if reset else ""

    # --- a lost telephone or key: one person asks, another approves

    def has_reset_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("write4rights.approve_secondfactorreset")

    @admin.action(
        description=gettext_lazy("Lost telephone or key: ask to take away the second factor"),
        permissions=["reset"],
    )
    def ask_for_reset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for person in queryset:
            if second_factors.ask_for_reset(person, staff(request)):
                self.log_change(request, person, "Asked to take away the second factor.")
            words = _("%(name)s: somebody else has to approve it on this page.")
            messages.success(request, words % {"name": person})

    @admin.action(
        description=gettext_lazy("Approve: take away the second factor"), permissions=["reset"]
    )
    def approve_reset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """They are asked to set one up when they sign in next."""
        for person in queryset:
            try:
                second_factors.approve_reset(person, staff(request))
            except Refused as refusal:
                messages.error(request, f"{person}: {refusal}")
            else:
                self.log_change(request, person, "Took away the second factor.")
                words = _("%(name)s has no second factor now.")
                messages.success(request, words % {"name": person})

    @admin.action(
        description=gettext_lazy("Do not take away the second factor"), permissions=["reset"]
    )
    def take_back_reset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for person in queryset:
            if second_factors.take_back_reset(person):
                self.log_change(request, person, "The second factor is not taken away.")
                messages.success(request, _("%(name)s keeps the second factor.") % {"name": person})

    @admin.action(description=gettext_lazy("Sign out everywhere"), permissions=["change"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet) -> None:
        for person in queryset:
            second_factors.sign_out(person)
            self.log_change(request, person, "Signed out everywhere.")
            messages.success(request, _("%(name)s is signed out everywhere.") % {"name": person})


@admin.register(Group)
class RoleAdmin(VersionCheckMixin, GroupAdmin):
    """What a role may do."""

    def save_related(self, request: HttpRequest, form, formsets, change: bool) -> None:
        before = set(form.instance.permissions.values_list("pk", flat=True))
        super().save_related(request, form, formsets, change)
        for right in before - set(form.instance.permissions.values_list("pk", flat=True)):
            ErasureEntry.objects.note(LOCKED_OUT, Group, [form.instance.pk], value=f"right {right}")

    def delete_model(self, request: HttpRequest, obj) -> None:
        ErasureEntry.objects.note(LOCKED_OUT, Group, [obj.pk])
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        with transaction.atomic():
            ErasureEntry.objects.note(LOCKED_OUT, Group, queryset.values_list("pk", flat=True))
            super().delete_queryset(request, queryset)
