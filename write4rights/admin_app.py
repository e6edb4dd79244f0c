from importlib import import_module

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """Django's admin, opening with what is to do today."""

    default_site = "write4rights.admin_site.StaffSite"

    def ready(self) -> None:
        super().ready()  # every app has registered its models
        import_module("write4rights.staff_admin")
