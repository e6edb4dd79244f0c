from django.contrib import admin
from django.http import HttpRequest


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that only the code writes, to look at."""

    view_on_site = False  # the page of such a row is its writer's
    permission = ""  # to look at them; if empty, that of Django

    def has_view_permission(self, request: HttpRequest, obj=None) -> bool:
        if self.permission:
            return request.user.has_perm(self.permission)
        return super().has_view_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False
